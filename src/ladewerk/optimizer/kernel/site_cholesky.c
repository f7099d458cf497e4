/* Dense Cholesky in blocks of rows: what remains is updated by eight rows at a time, along memory. */
#include <math.h>

#include "site_fast.h"
#include "site_ipm.h"

#define BLOCK 8
#define TINY 1e-30

/* Subtract the outer products of `BLOCK` rows of `u` (from row k on) from the rows behind them. */
SITE_FAST static void update(double *restrict a, const double *restrict u, int from, int n, int stride) {
    for (int i = from; i < n; i++) {
        double *restrict row = a + (int64_t)i * stride;
        const double *r0 = u, *r1 = u + stride, *r2 = u + 2 * (int64_t)stride, *r3 = u + 3 * (int64_t)stride;
        const double *r4 = u + 4 * (int64_t)stride, *r5 = u + 5 * (int64_t)stride, *r6 = u + 6 * (int64_t)stride;
        const double *r7 = u + 7 * (int64_t)stride;
        double c0 = r0[i], c1 = r1[i], c2 = r2[i], c3 = r3[i], c4 = r4[i], c5 = r5[i], c6 = r6[i], c7 = r7[i];
        for (int j = i; j < n; j++)
            row[j] -= c0 * r0[j] + c1 * r1[j] + c2 * r2[j] + c3 * r3[j] + c4 * r4[j] + c5 * r5[j] + c6 * r6[j] + c7 * r7[j];
    }
}

SITE_FAST static void update_one(double *restrict a, const double *restrict u, int from, int to, int n, int stride) {
    for (int i = from; i < to; i++) {
        double *restrict row = a + (int64_t)i * stride;
        double c = u[i];
        for (int j = i; j < n; j++) row[j] -= c * u[j];
    }
}

int ladewerk_site_factor(double *a, int n, int stride) {
    double largest = 0.0;
    for (int i = 0; i < n; i++) largest = fmax(largest, a[(int64_t)i * stride + i]);
    for (int k = 0; k < n; k += BLOCK) {
        int end = k + BLOCK < n ? k + BLOCK : n;
        for (int i = k; i < end; i++) {
            double *row = a + (int64_t)i * stride;
            /* A row that the others say already has nothing left: let its price stand still. */
            if (!(row[i] > TINY * largest)) row[i] = 1e128;
            double inverse = 1.0 / sqrt(row[i]);
            for (int j = i; j < n; j++) row[j] *= inverse;
            update_one(a, row, i + 1, end, n, stride);
        }
        if (end - k == BLOCK) update(a, a + (int64_t)k * stride, end, n, stride);
    }
    return 0;
}

SITE_FAST void ladewerk_site_substitute(const double *u, int n, int stride, double *restrict b) {
    for (int i = 0; i < n; i++) {
        const double *row = u + (int64_t)i * stride;
        double value = b[i] / row[i];
        b[i] = value;
        for (int j = i + 1; j < n; j++) b[j] -= value * row[j];
    }
    for (int i = n - 1; i >= 0; i--) {
        const double *row = u + (int64_t)i * stride;
        double sum = 0.0;
        for (int j = i + 1; j < n; j++) sum += row[j] * b[j];
        b[i] = (b[i] - sum) / row[i];
    }
}
