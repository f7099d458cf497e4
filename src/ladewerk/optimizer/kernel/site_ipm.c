/* A primal-dual interior point method (Mehrotra's predictor and corrector) for site_ipm.h.
 *
 * With x the energies, u their most, m the missing energies, y the prices of the rooms b and s what is left of them:
 *
 *     least  cost x + missing_cost m + square m^2/2 + surcharge g + peak_price p
 *     for each car  sum x + m = wanted,  0 <= x <= u,  0 <= m <= may_miss
 *     for each room  share x - g - hours p + s = b,  s, g, p >= 0
 *
 * A Newton step for the prices: H dy = r with H = A D A' - sum over cars (A d)(A d)'/S + what s, g and p add; D is the
 * diagonal of how far each energy can still move, d the part of one car, S its sum. H is gathered per wiring, because
 * cars of one wiring differ in H by d alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "site_fast.h"
#include "site_ipm.h"

/* Parts of a room that may be missing at the end; behind the last digits of the prices no step makes it less. */
#define FINE 1e-7
#define ROUGH 1e-6

typedef struct {
    double primal, dual; /* largest shares of the step that keep everything above 0 */
    double xz, dxz, xdz, dxdz;
} reach;

typedef struct {
    site_programme *p;
    int rows, stride, T;
    int *row_kind, *row_slot, *row_of; /* row_of: kind x slot, -1 where there is none */
    int64_t pairs;
    double *live, *v, *zl, *zu, *d, *dx, *dzl, *dzu, *cl, *cu;          /* per pair */
    double *nu, *m, *mv, *ml, *mu, *dm, *dml, *dmu, *mcl, *mcu, *S, *lack, *dnu; /* per car */
    double *y, *s, *dy, *ds, *cs, *g, *gz, *dg, *dgz, *cg;           /* per row */
    double peak, peak_z, dpeak, dpeak_z, cpeak;
    double *G, *load, *shift, *dshift; /* per wiring: T x T, T, T, T */
    double *H, *full;
    double mu_now;
    int64_t count;
    void *memory;
} work;

/* --- one car */

/* How far each energy can move, its sum, and the sum of what it would move by itself. */
SITE_FAST static void weigh(int n, const double *restrict x, const double *restrict v, const double *restrict live,
                            const double *restrict zl, const double *restrict zu, const double *restrict price, double nu,
                            double *restrict d, double *sums) {
    double S = 0.0, dr = 0.0;
    for (int j = 0; j < n; j++) {
        double free = live[j] / (zl[j] / x[j] + zu[j] / v[j]);
        d[j] = free;
        S += free;
        dr += free * (nu - price[j]);
    }
    sums[0] = S;
    sums[1] = dr;
}

/* The same sum for the corrector. */
SITE_FAST static double pull(int n, const double *restrict x, const double *restrict v, const double *restrict d,
                             const double *restrict cl, const double *restrict cu, const double *restrict price, double nu,
                             double target, double *restrict move) {
    double dr = 0.0;
    for (int j = 0; j < n; j++) {
        double by = d[j] * (nu - price[j] + (target - cl[j]) / x[j] - (target + cu[j]) / v[j]);
        move[j] = by;
        dr += by;
    }
    return dr;
}

SITE_FAST static void outer(int n, const double *restrict d, double inverse, double *restrict G, int stride) {
    for (int i = 0; i < n; i++) {
        double *restrict row = G + (int64_t)i * stride;
        double c = d[i] * inverse;
        for (int j = i; j < n; j++) row[j] -= c * d[j];
        row[i] += d[i];
    }
}

SITE_FAST static void gather(int n, const double *restrict d, const double *restrict price, double nu, double spread,
                             double *restrict load) {
    for (int j = 0; j < n; j++) load[j] += d[j] * (nu - price[j] + spread);
}

SITE_FAST static void gather_moved(int n, const double *restrict d, const double *restrict move, double spread,
                                   double *restrict load) {
    for (int j = 0; j < n; j++) load[j] += move[j] + d[j] * spread;
}

SITE_FAST static double weighted(int n, const double *restrict d, const double *restrict shift) {
    double sum = 0.0;
    for (int j = 0; j < n; j++) sum += d[j] * shift[j];
    return sum;
}

/* Direction of one car's energies and their reduced costs; how far it can be gone. */
SITE_FAST static void direct(int n, const double *restrict x, const double *restrict v, const double *restrict live,
                             const double *restrict zl, const double *restrict zu, const double *restrict d,
                             const double *restrict price, const double *restrict dshift, double nu, double dnu,
                             double target, double *restrict cl, double *restrict cu, double *restrict dx,
                             double *restrict dzl, double *restrict dzu, int corrects, reach *out) {
    double primal = 0.0, dual = 0.0, xz = 0.0, dxz = 0.0, xdz = 0.0, dxdz = 0.0;
    for (int j = 0; j < n; j++) {
        double left = v[j], ix = 1.0 / x[j], il = 1.0 / left;
        double low = corrects ? target - cl[j] : target, high = corrects ? target + cu[j] : target;
        double move = d[j] * (nu - price[j] + low * ix - high * il - dshift[j] + dnu);
        double up = (low - zl[j] * move) * ix - zl[j], down = (high + zu[j] * move) * il - zu[j];
        up *= live[j];
        down *= live[j];
        dx[j] = move;
        dzl[j] = up;
        dzu[j] = down;
        double a = -move * ix, b = move * il, c = -up / zl[j], e = -down / zu[j];
        a = a > b ? a : b;
        c = c > e ? c : e;
        primal = a > primal ? a : primal;
        dual = c > dual ? c : dual;
        xz += live[j] * (x[j] * zl[j] + left * zu[j]);
        dxz += move * (zl[j] - zu[j]);
        xdz += x[j] * up + left * down;
        dxdz += move * (up - down);
    }
    out->primal = primal > out->primal ? primal : out->primal;
    out->dual = dual > out->dual ? dual : out->dual;
    out->xz += xz;
    out->dxz += dxz;
    out->xdz += xdz;
    out->dxdz += dxdz;
}

SITE_FAST static void keep(int n, const double *restrict dx, const double *restrict dzl, const double *restrict dzu,
                           double *restrict cl, double *restrict cu) {
    for (int j = 0; j < n; j++) {
        cl[j] = dx[j] * dzl[j];
        cu[j] = dx[j] * dzu[j];
    }
}

SITE_FAST static void step_by(int64_t n, double a, const double *restrict dx, double *restrict x) {
    for (int64_t j = 0; j < n; j++) x[j] += a * dx[j];
}

SITE_FAST static double total(int n, const double *restrict x, const double *restrict live) {
    double sum = 0.0;
    for (int j = 0; j < n; j++) sum += x[j] * live[j];
    return sum;
}

SITE_FAST static void add_live(int n, const double *restrict x, const double *restrict live, double *restrict load) {
    for (int j = 0; j < n; j++) load[j] += x[j] * live[j];
}

/* --- pairs of a value and its reduced cost, by themselves */

static void pair(double v, double dv, double z, double dz, reach *out) {
    out->primal = fmax(out->primal, -dv / v);
    out->dual = fmax(out->dual, -dz / z);
    out->xz += v * z;
    out->dxz += dv * z;
    out->xdz += v * dz;
    out->dxdz += dv * dz;
}

/* --- set-up */

static int find_rows(work *w) {
    const site_programme *p = w->p;
    w->rows = 0;
    for (int k = 0; k < p->kinds; k++)
        for (int t = 0; t < p->slots; t++) {
            int i = k * p->slots + t;
            w->row_of[i] = isinf(p->room[i]) ? -1 : w->rows;
            if (w->row_of[i] >= 0) {
                w->row_kind[w->rows] = k;
                w->row_slot[w->rows++] = t;
            }
        }
    w->stride = (w->rows + 7) / 8 * 8;
    return w->rows;
}

static double *carve(double **next, int64_t count) {
    double *here = *next;
    *next += (count + 7) / 8 * 8;
    return here;
}

static int set_up(work *w, site_programme *p) {
    int64_t T = p->slots, KT = (int64_t)p->kinds * T, N = p->cars, W = p->wirings;
    w->p = p;
    w->T = (int)T;
    w->pairs = p->at[N];
    int64_t *ints = malloc(sizeof(int) * 3 * (size_t)(KT + 1));
    if (ints == NULL) return 2;
    w->row_kind = (int *)ints;
    w->row_slot = w->row_kind + KT;
    w->row_of = w->row_slot + KT;
    int64_t R = find_rows(w);
    int64_t need = 10 * (w->pairs + 8) + 13 * (N + 8) + 10 * (R + 8) + W * T * T + 3 * (W * T + 8) + T * 8
                   + (R + 1) * w->stride + KT + 64;
    double *next = malloc(sizeof(double) * (size_t)need);
    if (next == NULL) {
        free(ints);
        return 2;
    }
    w->memory = next;
    memset(next, 0, sizeof(double) * (size_t)need);
    double **pairs[] = {&w->live, &w->v, &w->zl, &w->zu, &w->d, &w->dx, &w->dzl, &w->dzu, &w->cl, &w->cu};
    for (int i = 0; i < 10; i++) *pairs[i] = carve(&next, w->pairs);
    double **cars[] = {&w->nu, &w->m, &w->mv, &w->ml, &w->mu, &w->dm, &w->dml, &w->dmu, &w->mcl, &w->mcu, &w->S, &w->lack, &w->dnu};
    for (int i = 0; i < 13; i++) *cars[i] = carve(&next, N);
    double **rows[] = {&w->y, &w->s, &w->dy, &w->ds, &w->cs, &w->g, &w->gz, &w->dg, &w->dgz, &w->cg};
    for (int i = 0; i < 10; i++) *rows[i] = carve(&next, R);
    w->load = carve(&next, W * T);
    w->shift = carve(&next, W * T);
    w->dshift = carve(&next, W * T);
    w->full = carve(&next, T);
    w->G = carve(&next, W * T * T);
    w->H = carve(&next, R * w->stride);
    return 0;
}

/* Prices of the rooms as every wiring sees them; with the cost of energy where asked for. */
static void spread(const work *w, const double *y, double *shift, int with_cost) {
    const site_programme *p = w->p;
    for (int i = 0; i < p->wirings; i++)
        for (int t = 0; t < w->T; t++) shift[(int64_t)i * w->T + t] = with_cost ? p->cost[t] : 0.0;
    for (int r = 0; r < w->rows; r++)
        for (int i = 0; i < p->wirings; i++)
            shift[(int64_t)i * w->T + w->row_slot[r]] += p->share[i * p->kinds + w->row_kind[r]] * y[r];
}

static void load_up(const work *w) {
    const site_programme *p = w->p;
    memset(w->load, 0, sizeof(double) * (size_t)(p->wirings * (int64_t)w->T));
    for (int i = 0; i < p->cars; i++)
        add_live(p->last[i] - p->first[i], p->x + p->at[i], w->live + p->at[i],
                 w->load + (int64_t)p->wiring[i] * w->T + p->first[i]);
}

static double drawn(const work *w, int r, const double *load) {
    const site_programme *p = w->p;
    double sum = 0.0;
    for (int i = 0; i < p->wirings; i++)
        sum += p->share[i * p->kinds + w->row_kind[r]] * load[(int64_t)i * w->T + w->row_slot[r]];
    return sum;
}

static double room(const work *w, int r) {
    return w->p->room[w->row_kind[r] * w->T + w->row_slot[r]];
}

static void start(work *w) {
    site_programme *p = w->p;
    double scale = 0.02, at_least = p->warm ? 0.02 : 1.0;
    for (int t = 0; t < w->T; t++) scale += fabs(p->cost[t]) / w->T;
    for (int r = 0; r < w->rows; r++)
        w->y[r] = p->warm ? fmax(p->price[w->row_kind[r] * w->T + w->row_slot[r]], 0.02 * scale) : scale;
    spread(w, w->y, w->shift, 1);
    w->count = 0;
    for (int i = 0; i < p->cars; i++) {
        int n = p->last[i] - p->first[i];
        double *x = p->x + p->at[i], *live = w->live + p->at[i], most = 1e-12;
        const double *u = p->most + p->at[i], *price = w->shift + (int64_t)p->wiring[i] * w->T + p->first[i];
        double dearest = 0.0, open = 1e-12;
        for (int j = 0; j < n; j++) {
            live[j] = u[j] > 1e-9;
            most += u[j] * live[j];
            open += live[j];
            dearest += price[j] * live[j];
        }
        double part = fmin(0.9, fmax(0.1, p->wanted[i] / most));
        w->nu[i] = dearest / open;
        for (int j = 0; j < n; j++) {
            double *zl = w->zl + p->at[i] + j, *zu = w->zu + p->at[i] + j;
            w->v[p->at[i] + j] = 1.0;
            if (!live[j]) {
                x[j] = 1.0;
                *zl = *zu = 1.0;
                continue;
            }
            x[j] = p->warm ? fmin(0.98 * u[j], fmax(0.02 * u[j], x[j])) : part * u[j];
            w->v[p->at[i] + j] = u[j] - x[j];
            double reduced = price[j] - w->nu[i];
            *zl = fmax(reduced, 0.0) + at_least * scale;
            *zu = fmax(-reduced, 0.0) + at_least * scale;
            w->count += 2;
        }
        if (p->may_miss[i] > 0.0) {
            w->m[i] = p->warm ? fmin(0.5, 0.01) * p->may_miss[i] : 0.1 * p->may_miss[i];
            w->mv[i] = p->may_miss[i] - w->m[i];
            double reduced = p->missing_cost[i] - w->nu[i];
            w->ml[i] = fmax(reduced, 0.0) + at_least * scale;
            w->mu[i] = fmax(-reduced, 0.0) + at_least * scale;
            w->count += 2;
        }
    }
    load_up(w);
    w->peak = fmax(1e-3, 0.0);
    for (int r = 0; r < w->rows; r++) {
        double use = drawn(w, r, w->load), b = room(w, r);
        if (w->row_kind[r] == p->tier) {
            w->g[r] = fmax(use - b, 0.0) + 0.1 * (1.0 + b);
            w->gz[r] = fmax(p->surcharge[w->row_slot[r]] - w->y[r], 0.0) + at_least * scale;
            w->count++;
        }
        if (w->row_kind[r] == p->peak) w->peak = fmax(w->peak, (use - b) / p->hours[w->row_slot[r]]);
        w->s[r] = fmax(b - use, 0.1 * b + 0.01);
        w->count++;
    }
    w->peak_z = p->peak >= 0 ? p->peak_price + scale : 1.0;
    if (p->peak >= 0) w->count++;
}

/* --- a step */

static void gather_matrix(work *w) {
    site_programme *p = w->p;
    int64_t T = w->T;
    memset(w->G, 0, sizeof(double) * (size_t)(p->wirings * T * T));
    for (int i = 0; i < p->cars; i++) {
        int n = p->last[i] - p->first[i];
        if (w->S[i] > 0.0)
            outer(n, w->d + p->at[i], 1.0 / w->S[i], w->G + p->wiring[i] * T * T + (int64_t)p->first[i] * (T + 1), (int)T);
    }
    for (int i = 0; i < p->wirings; i++) {
        double *G = w->G + i * T * T;
        for (int a = 0; a < T; a++)
            for (int b = a + 1; b < T; b++) G[b * T + a] = G[a * T + b];
    }
    memset(w->H, 0, sizeof(double) * (size_t)((int64_t)w->rows * w->stride));
    for (int r = 0; r < w->rows; r++) {
        double *row = w->H + (int64_t)r * w->stride;
        int kind = -1;
        for (int c = r; c < w->rows; c++) {
            if (w->row_kind[c] != kind) {
                kind = w->row_kind[c];
                memset(w->full, 0, sizeof(double) * (size_t)T);
                for (int i = 0; i < p->wirings; i++) {
                    double both = p->share[i * p->kinds + w->row_kind[r]] * p->share[i * p->kinds + kind];
                    if (both != 0.0) step_by(T, both, w->G + i * T * T + w->row_slot[r] * T, w->full);
                }
            }
            row[c] = w->full[w->row_slot[c]];
        }
    }
    double flexible = w->peak / w->peak_z;
    for (int r = 0; r < w->rows; r++) {
        double *row = w->H + (int64_t)r * w->stride;
        row[r] += w->s[r] / w->y[r];
        if (w->row_kind[r] == p->tier) row[r] += w->g[r] / w->gz[r];
        if (w->row_kind[r] == p->peak)
            for (int c = r; c < w->rows; c++)
                if (w->row_kind[c] == p->peak)
                    row[c] += flexible * p->hours[w->row_slot[r]] * p->hours[w->row_slot[c]];
    }
}

static double peak_pull(const work *w, double target) {
    const site_programme *p = w->p;
    double sum = -p->peak_price;
    for (int r = 0; r < w->rows; r++)
        if (w->row_kind[r] == p->peak) sum += p->hours[w->row_slot[r]] * w->y[r];
    return sum + target / w->peak;
}

/* Right-hand side, direction and reach of the predictor (`corrects` 0) or the corrector. */
static reach find_step(work *w, double target, int corrects) {
    site_programme *p = w->p;
    int64_t T = w->T;
    double *load = w->dshift; /* borrowed until dy is known */
    memset(load, 0, sizeof(double) * (size_t)(p->wirings * T));
    for (int i = 0; i < p->cars; i++) {
        int n = p->last[i] - p->first[i];
        int64_t at = p->at[i];
        const double *price = w->shift + p->wiring[i] * T + p->first[i];
        double *into = load + p->wiring[i] * T + p->first[i], dr, Dm = 0.0, m_pull = 0.0;
        if (!corrects) {
            double sums[2];
            weigh(n, p->x + at, w->v + at, w->live + at, w->zl + at, w->zu + at, price, w->nu[i], w->d + at, sums);
            w->S[i] = sums[0];
            dr = sums[1];
        } else {
            dr = pull(n, p->x + at, w->v + at, w->d + at, w->cl + at, w->cu + at, price, w->nu[i], target, w->dx + at);
        }
        if (p->may_miss[i] > 0.0) {
            double m = w->m[i], left = w->mv[i];
            Dm = 1.0 / (w->ml[i] / m + w->mu[i] / left + p->missing_square[i]);
            double low = corrects ? target - w->mcl[i] : target, high = corrects ? target + w->mcu[i] : target;
            m_pull = Dm * (w->nu[i] - p->missing_cost[i] - p->missing_square[i] * m + low / m - high / left);
            if (!corrects) w->S[i] += Dm;
        }
        w->dm[i] = m_pull;
        w->dml[i] = Dm;
        w->lack[i] = p->wanted[i] - total(n, p->x + at, w->live + at) - w->m[i];
        double lift = w->S[i] > 0.0 ? (w->lack[i] - dr - m_pull) / w->S[i] : 0.0;
        w->dnu[i] = lift;
        if (!corrects)
            gather(n, w->d + at, price, w->nu[i], lift, into);
        else
            gather_moved(n, w->d + at, w->dx + at, lift, into);
    }
    double flexible = w->peak / w->peak_z, peak_target = corrects ? target - w->cpeak : target;
    double p_pull = p->peak >= 0 ? peak_pull(w, peak_target) : 0.0;
    for (int r = 0; r < w->rows; r++) {
        double b = room(w, r), low = corrects ? target - w->cs[r] : target;
        double left = b - drawn(w, r, w->load) - w->s[r];
        double right = drawn(w, r, load) + low / w->y[r] - w->s[r];
        if (w->row_kind[r] == p->tier) {
            double g_low = corrects ? target - w->cg[r] : target;
            left += w->g[r];
            right -= w->g[r] / w->gz[r] * (w->y[r] - p->surcharge[w->row_slot[r]] + g_low / w->g[r]);
        }
        if (w->row_kind[r] == p->peak) {
            left += p->hours[w->row_slot[r]] * w->peak;
            right -= p->hours[w->row_slot[r]] * flexible * p_pull;
        }
        w->dy[r] = right - left;
    }
    if (!corrects) {
        gather_matrix(w);
        ladewerk_site_factor(w->H, w->rows, w->stride);
    }
    ladewerk_site_substitute(w->H, w->rows, w->stride, w->dy);
    spread(w, w->dy, w->dshift, 0);
    reach out = {0};
    double peak_move = p_pull;
    for (int i = 0; i < p->cars; i++) {
        int n = p->last[i] - p->first[i];
        int64_t at = p->at[i];
        const double *price = w->shift + p->wiring[i] * T + p->first[i];
        const double *dshift = w->dshift + p->wiring[i] * T + p->first[i];
        double Dm = w->dml[i];
        if (w->S[i] > 0.0) w->dnu[i] += weighted(n, w->d + at, dshift) / w->S[i];
        direct(n, p->x + at, w->v + at, w->live + at, w->zl + at, w->zu + at, w->d + at, price, dshift, w->nu[i],
               w->dnu[i], target, w->cl + at, w->cu + at, w->dx + at, w->dzl + at, w->dzu + at, corrects, &out);
        if (p->may_miss[i] > 0.0) {
            double m = w->m[i], left = w->mv[i];
            double low = corrects ? target - w->mcl[i] : target, high = corrects ? target + w->mcu[i] : target;
            w->dm[i] += Dm * w->dnu[i];
            w->dml[i] = (low - w->ml[i] * w->dm[i]) / m - w->ml[i];
            w->dmu[i] = (high + w->mu[i] * w->dm[i]) / left - w->mu[i];
            pair(m, w->dm[i], w->ml[i], w->dml[i], &out);
            pair(left, -w->dm[i], w->mu[i], w->dmu[i], &out);
        }
    }
    for (int r = 0; r < w->rows; r++) {
        double low = corrects ? target - w->cs[r] : target;
        w->ds[r] = low / w->y[r] - w->s[r] - w->s[r] / w->y[r] * w->dy[r];
        pair(w->s[r], w->ds[r], w->y[r], w->dy[r], &out);
        if (w->row_kind[r] == p->tier) {
            double g_low = corrects ? target - w->cg[r] : target;
            w->dg[r] = w->g[r] / w->gz[r] * (w->y[r] - p->surcharge[w->row_slot[r]] + g_low / w->g[r] + w->dy[r]);
            w->dgz[r] = (g_low - w->gz[r] * w->dg[r]) / w->g[r] - w->gz[r];
            pair(w->g[r], w->dg[r], w->gz[r], w->dgz[r], &out);
        }
        if (w->row_kind[r] == p->peak) peak_move += p->hours[w->row_slot[r]] * w->dy[r];
    }
    if (p->peak >= 0) {
        w->dpeak = flexible * peak_move;
        w->dpeak_z = (peak_target - w->peak_z * w->dpeak) / w->peak - w->peak_z;
        pair(w->peak, w->dpeak, w->peak_z, w->dpeak_z, &out);
    }
    return out;
}

static void remember(work *w) {
    site_programme *p = w->p;
    keep((int)w->pairs, w->dx, w->dzl, w->dzu, w->cl, w->cu);
    for (int i = 0; i < p->cars; i++) {
        w->mcl[i] = w->dm[i] * w->dml[i];
        w->mcu[i] = w->dm[i] * w->dmu[i];
    }
    for (int r = 0; r < w->rows; r++) {
        w->cs[r] = w->ds[r] * w->dy[r];
        w->cg[r] = w->dg[r] * w->dgz[r];
    }
    w->cpeak = w->dpeak * w->dpeak_z;
}

static void take_step(work *w, double primal, double dual) {
    site_programme *p = w->p;
    step_by(w->pairs, primal, w->dx, p->x);
    step_by(w->pairs, -primal, w->dx, w->v);
    step_by(w->pairs, dual, w->dzl, w->zl);
    step_by(w->pairs, dual, w->dzu, w->zu);
    for (int i = 0; i < p->cars; i++) {
        w->nu[i] += dual * w->dnu[i];
        if (p->may_miss[i] > 0.0) {
            w->m[i] += primal * w->dm[i];
            w->mv[i] -= primal * w->dm[i];
            w->ml[i] += dual * w->dml[i];
            w->mu[i] += dual * w->dmu[i];
        }
    }
    step_by(w->rows, primal, w->ds, w->s);
    step_by(w->rows, dual, w->dy, w->y);
    step_by(w->rows, primal, w->dg, w->g);
    step_by(w->rows, dual, w->dgz, w->gz);
    if (p->peak >= 0) {
        w->peak += primal * w->dpeak;
        w->peak_z += dual * w->dpeak_z;
    }
}

/* Objective, and the largest part of a room or a need that is not met. */
static double objective(const work *w, double *off) {
    const site_programme *p = w->p;
    double sum = p->peak >= 0 ? p->peak_price * w->peak : 0.0, worst = 0.0;
    for (int i = 0; i < p->wirings; i++)
        for (int t = 0; t < w->T; t++) sum += p->cost[t] * w->load[(int64_t)i * w->T + t];
    for (int i = 0; i < p->cars; i++) {
        sum += w->m[i] * (p->missing_cost[i] + 0.5 * p->missing_square[i] * w->m[i]);
        worst = fmax(worst, fabs(w->lack[i]) / (1.0 + p->wanted[i]));
    }
    for (int r = 0; r < w->rows; r++) {
        double left = room(w, r) - drawn(w, r, w->load) - w->s[r];
        if (w->row_kind[r] == p->tier) {
            left += w->g[r];
            sum += p->surcharge[w->row_slot[r]] * w->g[r];
        }
        if (w->row_kind[r] == p->peak) left += p->hours[w->row_slot[r]] * w->peak;
        worst = fmax(worst, fabs(left) / (1.0 + fabs(room(w, r))));
    }
    *off = worst;
    return sum;
}

static int iterate(work *w) {
    site_programme *p = w->p;
    int squares = 0;
    double off_before = INFINITY;
    for (int i = 0; i < p->cars; i++) squares |= p->missing_square[i] > 0.0;
    for (p->steps = 0; p->steps < p->most_steps; p->steps++) {
        spread(w, w->y, w->shift, 1);
        reach first = find_step(w, 0.0, 0);
        double now = first.xz / (double)w->count, off, value = objective(w, &off);
        p->distance = first.xz / fmax(fabs(value), 1e-9);
        if (!isfinite(first.xz) || !isfinite(first.primal)) return 3;
        if (p->distance <= p->gap && off <= (p->distance <= 1e-3 * p->gap ? ROUGH : FINE)) return 0;
        /* Near enough, and rounding adds more than steps take away. */
        if (p->distance <= 0.1 * p->gap && off > off_before) return off <= 1e-4 ? 0 : 1;
        off_before = off;
        double a = first.primal > 1.0 ? 1.0 / first.primal : 1.0, b = first.dual > 1.0 ? 1.0 / first.dual : 1.0;
        double ahead = first.xz + a * first.dxz + b * first.xdz + a * b * first.dxdz;
        double centred = ahead / first.xz;
        remember(w);
        reach second = find_step(w, now * centred * centred * centred, 1);
        double hold = 0.995;
        a = hold / fmax(second.primal, hold);
        b = hold / fmax(second.dual, hold);
        if (squares) a = b = fmin(a, b);
        take_step(w, a, b);
        load_up(w);
    }
    return 1;
}

int ladewerk_site_solve(site_programme *programme) {
    work w = {0};
    int failed = set_up(&w, programme);
    if (failed) return failed;
    start(&w);
    int outcome = iterate(&w);
    for (int64_t j = 0; j < w.pairs; j++)
        if (!w.live[j]) programme->x[j] = 0.0;
    for (int i = 0; i < programme->cars; i++) {
        programme->missing[i] = w.m[i];
        programme->worth[i] = w.nu[i];
    }
    for (int k = 0; k < programme->kinds * w.T; k++) programme->price[k] = w.row_of[k] >= 0 ? w.y[w.row_of[k]] : 0.0;
    free(w.memory);
    free(w.row_kind);
    return outcome;
}
