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
    double *end_s, *most_a, *surplus_w, *export_price;
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
        r->export_price[t] = h->export_price_per_kwh;
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
        .value_of_time_per_h = h->value_of_time_per_h, .export_price_per_kwh = r->export_price, .end_s = r->end_s,
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
    double *block = malloc((size_t)p.count * (4 * sizeof(double) + 1));
    if (!block) return MEMORY;
    rooms r = {block, block + p.count, block + 2 * p.count, block + 3 * p.count,
               (unsigned char *)(block + 4 * p.count)};
    status failed = plan_in(&p, &r, out);
    free(block);
    return failed;
}

/* --- a car in rooms that are known */

typedef struct {
    double count, mode, running, has_last, energy_wh, watt_per_a, min_a, step_a, start_cost, value_of_time_per_h;
} wish;

/* `in` has a wish and the series end_s, length_s, most_a, surplus_w, price, export price, absent and perhaps last_a. `out`
 * has a tail (without peak) and the current. */
int ladewerk_plan_in_rooms(const double *in, double *out) {
    const wish *w = (const wish *)in;
    int n = (int)w->count;
    const double *series = in + sizeof(wish) / sizeof(double), *absent = series + 6 * n;
    unsigned char *flags = malloc((size_t)n + 1);
    if (!flags) return MEMORY;
    for (int t = 0; t < n; t++) flags[t] = absent[t] != 0;
    request ask = {
        .count = n, .mode = (int)w->mode, .running = w->running != 0, .energy_wh = w->energy_wh, .watt_per_a = w->watt_per_a,
        .min_a = w->min_a, .step_a = w->step_a, .start_cost = w->start_cost, .value_of_time_per_h = w->value_of_time_per_h,
        .end_s = series, .length_s = series + n, .most_a = series + 2 * n, .surplus_w = series + 3 * n,
        .price_per_kwh = series + 4 * n, .export_price_per_kwh = series + 5 * n,
        .last_a = w->has_last != 0 ? absent + n : 0, .absent = flags,
    };
    answer told = {.current_a = out + sizeof(tail) / sizeof(double)};
    status failed = best_plan(&ask, &told);
    free(flags);
    if (failed) return failed;
    *(tail *)out = (tail){told.energy_wh, told.missing_wh, told.complete_s, told.objective, told.bound, told.cost, 0};
    return DONE;
}

/* --- many cars, each by itself */

/* Per car. */
typedef struct {
    double energy_wh, watt_per_a, min_a, step_a, start_cost, value_of_time_per_h, mode, running;
} one_car;

typedef struct {
    double objective, bound, energy_wh, missing_wh, complete_s;
} verdict;

/* `price` and `most_a` have a row per car, or one for all where the stride is 0; no PV, no last plan; a slot without room
 * counts as absent. Returns how many cars could be planned: the next one is too large or memory ran out. */
int64_t ladewerk_best_plans(int64_t cars, int64_t slots, const double *length_s, const double *car, const double *price,
                            int64_t price_stride, const double *most_a, int64_t most_stride, double *current_a,
                            double *told) {
    double *block = calloc((size_t)slots, 2 * sizeof(double) + 1);
    if (!block) return 0;
    double *end_s = block, *nothing = block + slots, now_s = 0;
    unsigned char *absent = (unsigned char *)(block + 2 * slots);
    for (int64_t t = 0; t < slots; t++) end_s[t] = now_s += length_s[t];
    int64_t i = 0;
    for (; i < cars; i++) {
        const one_car *c = (const one_car *)car + i;
        const double *most = most_a + i * most_stride;
        for (int64_t t = 0; t < slots; t++) absent[t] = most[t] <= 0;
        request ask = {
            .count = (int)slots, .mode = (int)c->mode, .running = c->running != 0, .energy_wh = c->energy_wh,
            .watt_per_a = c->watt_per_a, .min_a = c->min_a, .step_a = c->step_a, .start_cost = c->start_cost,
            .value_of_time_per_h = c->value_of_time_per_h, .end_s = end_s, .length_s = length_s, .most_a = most,
            .surplus_w = nothing, .price_per_kwh = price + i * price_stride, .export_price_per_kwh = nothing,
            .absent = absent,
        };
        answer one = {.current_a = current_a + i * slots};
        if (best_plan(&ask, &one)) break;
        ((verdict *)told)[i] = (verdict){one.objective, one.bound, one.energy_wh, one.missing_wh, one.complete_s};
    }
    free(block);
    return i;
}
