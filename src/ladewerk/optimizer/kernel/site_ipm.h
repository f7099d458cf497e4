/* The joint plan of many cars as a linear programme, by an interior point method that knows its structure.
 *
 * Cars are coupled by shared limits alone, at most five kinds of them with one row per slot. Every step of the method
 * eliminates the cars one by one, which leaves one dense system with a row per shared limit: work grows with the cars only
 * linearly. Energies are kWh; a row of a limit is what the cars draw of it in a slot, each car by the coefficient of its
 * wiring. */
#ifndef LADEWERK_SITE_IPM_H
#define LADEWERK_SITE_IPM_H

#include <stdint.h>

typedef struct {
    int32_t cars, slots, wirings, kinds;
    const int32_t *first, *last, *wiring; /* per car; it may draw in slots first up to, not including, last */
    const int64_t *at;                    /* per car: where its slots begin in `most` and `x`; one more at the end */
    const double *most;                   /* per car and slot: most energy */
    const double *wanted;                 /* per car: energy it wants */
    const double *may_miss;               /* per car: most that may be missing */
    const double *missing_cost;           /* per car and kWh missing */
    const double *missing_square;         /* per car: cost of half the square of what is missing; 0 for none */
    const double *cost;                   /* per slot and kWh */
    const double *share;                  /* wirings x kinds */
    const double *room;                   /* kinds x slots; infinite for a limit that is not there */
    int32_t tier;                         /* kind whose room may be passed at `surcharge` per kWh; -1 for none */
    const double *surcharge;              /* per slot */
    int32_t peak;                         /* kind whose rows are energy less peak times `hours`; -1 for none */
    const double *hours;
    double peak_price;
    double gap;                           /* relative distance from the optimum to stop at */
    int32_t most_steps;
    double *x;                            /* out: energy per car and slot; in: the start, where `warm` */
    double *missing;                      /* out: per car */
    double *worth;                        /* out: per car, what its last kWh costs */
    double *price;                        /* kinds x slots; out; in where `warm` */
    int32_t warm;
    int32_t steps;                        /* out */
    double distance;                      /* out: relative distance reached */
} site_programme;

/* 0: solved; 1: not as close as asked for; 2: no memory; 3: broke down. */
int ladewerk_site_solve(site_programme *programme);

/* Lower bound on the cost of every plan in which each car gets `least` to all it wants, out of `price` and `worth` alone:
 * it holds for any of them, whoever made them. Missing energy costs nothing; with NULL for `least` it costs what it does. */
double ladewerk_site_bound(const site_programme *programme, const double *least);

/* A plan out of the programme's energies, as currents that are within every limit to the last digit. */
typedef struct {
    const double *amps_per_kwh;  /* per wiring, for an hour */
    const double *watts_per_a;   /* per wiring */
    const double *most_a;        /* per car */
    const double *idle_w, *limit_w; /* per slot; limit infinite for none */
    const int32_t *phases;       /* per wiring: bits 0 to 2 */
    const double *phase_room_a;  /* 3 x slots; infinite for none */
    const double *money_per_kwh; /* per slot: what a kWh costs where the sun is shared; in for told(), else unused */
    double *amps, *watts;        /* out: per car and slot */
    double *kw;                  /* out: per slot */
    double *phase_a;             /* out: 3 x slots */
    double *energy;              /* out: per car */
    int32_t *complete;           /* out: per car, slot of completion or -1 */
    double *money;               /* out: per car */
} site_plan;

void ladewerk_site_put(site_programme *programme, site_plan *plan);
void ladewerk_site_tell(const site_programme *programme, site_plan *plan);

/* In place: the upper triangle of the `n` x `n` row-major `a`, with rows `stride` apart, becomes U with U'U = a. */
int ladewerk_site_factor(double *a, int n, int stride);
void ladewerk_site_substitute(const double *u, int n, int stride, double *b);

#endif
