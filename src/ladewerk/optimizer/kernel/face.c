/* What Python calls: numbers packed into one array in, numbers in one array out. The layout is that of face.py. */
#include <math.h>
#include <stdlib.h>

#include "best.h"

enum { INVALID = 3 };

/* Which series and values were said. */
enum { LIMIT = 1, BASE = 2, PV = 4, PHASES = 8, LAST = 16, ARRIVAL = 32, DEPARTURE = 64 };

typedef struct {
    double count, mode, said, energy_wh, max_a, min_a, step_a, start_cost, value_of_time_per_h, voltage_v, phases, phase_set;
    double export_price_per_kwh, phase_limit_a[3], arrival_us, departure_us, priority, peak_price_per_kw;
} head;

typedef struct {
    double energy_wh, missing_wh, complete_s, objective, bound, cost, peak_w;
} tail;

typedef struct {
    const head *head;
    int count, said;
    const double *slot_s, *price, *limit_w, *base_w, *pv_w, *last_a;
} problem;

static const double ANY = 1e9;

/* False for NaN too. */
static bool within(double a, double least, double most) {
    return a >= least && a <= most;
}

static bool all_within(const double *series, int count, double least, double most) {
    if (!series) return true;
    bool good = true;
    for (int t = 0; t < count; t++) good &= within(series[t], least, most);
    return good;
}

/* What problem.check looks at, but for what only Python can see; it also says what is wrong. */
static bool is_valid(const problem *p) {
    const head *h = p->head;
    bool good = p->count > 0 && all_within(p->slot_s, p->count, 1e-300, 7 * 86400.0);
    good = good && all_within(p->price, p->count, -ANY, ANY) && all_within(p->limit_w, p->count, 0, ANY);
    good = good && all_within(p->base_w, p->count, 0, ANY) && all_within(p->pv_w, p->count, 0, ANY);
    good = good && all_within(p->last_a, p->count, 0, ANY);
    good = good && within(h->energy_wh, 0, 10000000) && h->max_a > 0 && h->max_a <= 10000;
    good = good && within(h->min_a, 0, h->max_a) && h->voltage_v > 0 && h->voltage_v <= 1000;
    good = good && h->priority > 0 && h->priority <= ANY && within(h->value_of_time_per_h, 0, ANY);
    good = good && within(h->start_cost, 0, ANY) && within(h->export_price_per_kwh, -ANY, ANY) && h->peak_price_per_kw == 0;
    if (h->step_a != 0) good = good && within(h->step_a, 0.01, h->max_a);
    if (p->said & PHASES) good = good && all_within(h->phase_limit_a, 3, 0, ANY);
    if (p->said & ARRIVAL && p->said & DEPARTURE) good = good && h->departure_us > h->arrival_us;
    return good;
}

/* Whole microseconds, rounded as datetime does. */
static double microseconds(double seconds) {
    double whole, rest = modf(seconds, &whole);
    return whole * 1e6 + rint(rest * 1e6);
}

static double most_of(const problem *p, int t, double watt_per_a) {
    const head *h = p->head;
    double most_a = h->max_a, base_w = p->base_w ? p->base_w[t] : 0.0;
    if (p->limit_w) {
        double draw_w = base_w - (p->pv_w ? p->pv_w[t] : 0.0);
        most_a = fmin(most_a, (p->limit_w[t] - draw_w) / watt_per_a);
    }
    for (int phase = 0; p->said & PHASES && phase < 3; phase++)
        if ((int)h->phase_set >> phase & 1) most_a = fmin(most_a, h->phase_limit_a[phase] - base_w / (3 * h->voltage_v));
    return most_a > 0 ? most_a : 0;
}

typedef struct {
    double *end_s, *most_a, *surplus_w;
    unsigned char *absent;
} rooms;

/* What each slot lets the car draw: bounds.py. */
static void find_rooms(const problem *p, double watt_per_a, const rooms *r) {
    const head *h = p->head;
    double start_us = 0;
    for (int t = 0; t < p->count; t++) {
        double end_us = start_us + microseconds(p->slot_s[t]);
        bool present = !(p->said & ARRIVAL && start_us < h->arrival_us);
        if (p->said & DEPARTURE && end_us > h->departure_us) present = false;
        double surplus_w = (p->pv_w ? p->pv_w[t] : 0.0) - (p->base_w ? p->base_w[t] : 0.0);
        /* start + length, as in bounds.py: not the rounded end. */
        r->end_s[t] = start_us / 1e6 + p->slot_s[t];
        r->absent[t] = !present;
        r->most_a[t] = present ? most_of(p, t, watt_per_a) : 0;
        r->surplus_w[t] = surplus_w > 0 ? surplus_w : 0;
        start_us = end_us;
    }
}

static problem unpacked(const double *in) {
    const head *h = (const head *)in;
    problem p = {.head = h, .count = (int)h->count, .said = (int)h->said};
    const double *series = in + sizeof(head) / sizeof(double);
    p.slot_s = series;
    p.price = series += p.count;
    if (p.said & LIMIT) p.limit_w = series += p.count;
    if (p.said & BASE) p.base_w = series += p.count;
    if (p.said & PV) p.pv_w = series += p.count;
    if (p.said & LAST) p.last_a = series += p.count;
    return p;
}

static status plan_in(const problem *p, const rooms *r, double *out) {
    const head *h = p->head;
    tail *last = (tail *)out;
    double *current_a = out + sizeof(tail) / sizeof(double), *power_w = current_a + p->count, *site_w = power_w + p->count;
    double watt_per_a = 1.0 * h->phases * h->voltage_v;
    find_rooms(p, watt_per_a, r);
    request ask = {
        .count = p->count, .mode = (int)h->mode, .running = p->last_a && p->last_a[0] > 0, .energy_wh = h->energy_wh,
        .watt_per_a = watt_per_a, .min_a = h->min_a, .step_a = h->step_a, .start_cost = h->start_cost,
        .value_of_time_per_h = h->value_of_time_per_h, .export_price_per_kwh = h->export_price_per_kwh, .end_s = r->end_s,
        .length_s = p->slot_s, .most_a = r->most_a, .surplus_w = r->surplus_w, .price_per_kwh = p->price,
        .last_a = p->last_a, .absent = r->absent,
    };
    answer told = {.current_a = current_a};
    status failed = best_plan(&ask, &told);
    if (failed) return failed;
    *last = (tail){told.energy_wh, told.missing_wh, told.complete_s, told.objective, told.bound, told.cost, -INFINITY};
    for (int t = 0; t < p->count; t++) {
        power_w[t] = current_a[t] * h->phases * h->voltage_v;
        site_w[t] = (p->base_w ? p->base_w[t] : 0.0) - (p->pv_w ? p->pv_w[t] : 0.0) + power_w[t];
        if (site_w[t] > last->peak_w) last->peak_w = site_w[t];
    }
    return DONE;
}

/* One car at one site. `out` has a tail and three series: the car's current and power, the site's power. */
int ladewerk_plan(const double *in, double *out) {
    problem p = unpacked(in);
    if (!is_valid(&p)) return INVALID;
    double *block = malloc((size_t)p.count * (3 * sizeof(double) + 1));
    if (!block) return MEMORY;
    rooms r = {block, block + p.count, block + 2 * p.count, (unsigned char *)(block + 3 * p.count)};
    status failed = plan_in(&p, &r, out);
    free(block);
    return failed;
}
