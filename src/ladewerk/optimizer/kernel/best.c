#include "best.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frontier.h"
#include "grid.h"
#include "last.h"
#include "relaxed.h"

static const double AMPERE = 1e6, SECOND = 1e3, PRICE = 1e9;
/* 5.999999999999 A out of a division is 6 A. */
static const double NOISE = 1e-12;
/* Energies closer than this are the same where one of them is the rest of a plan. */
static const double SAME_WH = 1e-5;

/* Pieces kept per slot: by a quick look; by one that only looks for a better plan, which makes the proof short; by one that
 * goes for the last tie; and, where that is a riddle, by the proof that no plan costs less money. */
enum { FIRST_LOOK = 128, SECOND_LOOK = 96, THIRD_LOOK = 500, LAST_LOOK = 4000 };

/* Completing within the first `slots`: a bound on the money, waiting included; the dearest price it takes. */
typedef struct {
    value bound;
    wide waiting;
    int64_t price;
    int slots;
} completion;

typedef struct {
    const request *ask;
    double wh, money;    /* energy of 1, money of 1 */
    int64_t wanted, need; /* need: what can be drawn of at least what is wanted */
    car car;
    int64_t total;
    int64_t *useful; /* the answer: useful amounts or OFF */
    completion *completion;
    int completions;
    search search;
    int64_t *heap_width;
    int64_t *heap_price;
} work;

static int bits_of(double largest) {
    int bits;
    frexp(largest, &bits);
    return bits > 0 ? bits : 0;
}

static int64_t step_of(const request *ask, int64_t length) {
    return ask->step_a > 0 ? llrint(ask->step_a * AMPERE) * length : 0;
}

/* --- from the outside */

/* Least and most amount; false where none is possible. */
static bool set_levels(const request *ask, int t, slot *s) {
    double most = floor(ask->most_a[t] * (1 + NOISE) * AMPERE * (double)s->length);
    int64_t least = (int64_t)ceil(ask->min_a * (1 - NOISE) * AMPERE) * s->length;
    s->step = step_of(ask, s->length);
    s->least = s->most = 0;
    if (s->length <= 0) return false;
    if (ask->step_a > 0) {
        if (s->step == 0) return false;
        int64_t first = (least + s->step - 1) / s->step, last = (int64_t)most / s->step;
        if (first < 1) first = 1;
        if (first > last) return false;
        s->least = first * s->step;
        s->most = last * s->step;
        return true;
    }
    /* "Any current" still has a least one that is not 0. */
    if (least < s->length) least = s->length;
    if ((double)least > most) return false;
    s->least = least;
    s->most = (int64_t)most;
    return true;
}

static void set_prices(const work *w, int t, slot *s) {
    const request *ask = w->ask;
    double covered = floor(ask->surplus_w[t] * ask->length_s[t] / 3600 / w->wh);
    s->covered = covered < (double)s->most ? (int64_t)covered : s->most;
    s->covered_price = llrint(ask->export_price_per_kwh[t] * PRICE);
    s->price = llrint(ask->price_per_kwh[t] * PRICE);
    if (s->covered == s->most) s->price = s->covered_price;
    if (s->covered == 0) s->covered_price = s->price;
}

/* Numbers that fit into 2^62, or the method with whole numbers of any size has to do it. */
static bool fits(const request *ask, double *amounts, double *lasts) {
    *amounts = *lasts = 0;
    for (int t = 0; t < ask->count; t++) {
        double length = ask->length_s[t] * SECOND + 1;
        double most = ask->most_a[t] > ask->min_a ? ask->most_a[t] : ask->min_a;
        *amounts += (most + (ask->step_a > 0 ? ask->step_a : 0) + 1e-6) * AMPERE * length;
        if (ask->last_a) *lasts += ask->last_a[t] * AMPERE * length;
    }
    return *amounts < 0x1p60 && *lasts < 0x1p60;
}

/* Chooses where the parts of a cost stand; false where they do not fit. */
static bool place_digits(work *w, double amounts, double lasts) {
    const request *ask = w->ask;
    double price = 0;
    for (int t = 0; t < ask->count; t++)
        price = fmax(price, fmax(fabs(ask->price_per_kwh[t]), fabs(ask->export_price_per_kwh[t])));
    double money = price * PRICE * amounts + ask->start_cost / w->money * ask->count;
    money += ask->value_of_time_per_h * ask->end_s[ask->count - 1] / 3600 / w->money;
    int size = bits_of(amounts) + 1, count = bits_of(ask->count) + 1;
    digits *d = &w->car.digits;
    d->money = 114 - bits_of(money);
    if (d->money > 20) d->money = 20;
    d->start = 119 - size - count;
    if (d->start > 60) d->start = 60;
    d->excess = d->start + count;
    d->distance = ask->last_a ? size + count : NO_LAST;
    int distance = bits_of(amounts + lasts) + 1;
    w->search.limit = value_of((wide)1 << (121 - size), (wide)1 << (121 - size), (wide)1 << (121 - size));
    return d->money >= 0 && d->start >= 16 && size + count + (ask->last_a ? distance : 0) <= 120;
}

static wide whole(double amount) {
    return (wide)rint(amount);
}

static void set_slots(work *w, segment *segments, corner *corners) {
    const request *ask = w->ask;
    for (int t = 0; t < ask->count; t++) {
        slot *s = &w->car.slot[t];
        s->index = t;
        s->length = llrint(ask->length_s[t] * SECOND);
        s->last = ask->last_a ? llrint(ask->last_a[t] * AMPERE * (double)s->length) : 0;
        s->segment = segments;
        s->corner = corners;
        set_levels(ask, t, s);
        set_prices(w, t, s);
        complete_slot(&w->car.digits, s);
        segments += s->segments;
        corners += s->corners;
        w->total += s->most;
    }
}

static int64_t divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The need as an amount, less what rounding may have taken from the slots: else what just fits would not; a plan in force
 * that is right but for the last digits of what was subtracted since is right. With steps, the least from there on that
 * they can add up to at all. */
static void set_need(work *w) {
    double energy = rint(w->ask->energy_wh / w->wh) - w->ask->count - 1;
    int64_t last = 0;
    for (int t = 0; t < w->car.count; t++) last += w->car.slot[t].last;
    w->wanted = energy < 0 ? 0 : energy < 0x1p62 ? (int64_t)energy : INT64_MAX;
    if (w->ask->last_a && fabs((double)last * w->wh - w->ask->energy_wh) <= SAME_WH && last < w->wanted) w->wanted = last;
    w->need = w->wanted;
    if (w->ask->step_a <= 0 || w->wanted > w->total) return;
    int64_t smallest = 0;
    for (int t = 0; t < w->car.count; t++)
        if (w->car.slot[t].most) smallest = divisor(w->car.slot[t].step, smallest);
    w->search.unit = smallest;
    if (smallest) w->need = (w->wanted + smallest - 1) / smallest * smallest;
}

/* --- by when */

/* A bound on what costs that money: the numbers below are not known yet. */
static value least_cost(const work *w, wide money) {
    return value_of(money << w->car.digits.money, -((wide)1 << 122), 0);
}

/* The completions that may be best for the mode. */
static void set_completions(work *w) {
    const request *ask = w->ask;
    relaxed r = {.price = w->heap_price, .width = w->heap_width};
    bool any = ask->mode == CHEAPEST || (ask->mode == BALANCED && ask->value_of_time_per_h == 0);
    wide start = ask->running ? 0 : whole(ask->start_cost / w->money);
    w->completions = 0;
    for (int t = 0; t < ask->count; t++) {
        const slot *s = &w->car.slot[t];
        if (s->most) add_slot(&r, s, w->need);
        if (any ? t + 1 < ask->count : s->most == 0 || r.have < w->need) continue;
        wide waiting = ask->mode == BALANCED ? whole(ask->value_of_time_per_h * ask->end_s[t] / 3600 / w->money) : 0;
        w->completion[w->completions++] = (completion){least_cost(w, r.cost + start + waiting), waiting, r.price[0], t + 1};
        if (ask->mode == SHORTEST) return;
    }
}

/* --- the search */

/* Where among the slots at the marginal price the need is reached: they only differ in order. */
static value guess_of(const search *search, int64_t price) {
    wide money = (wide)price << search->car->digits.money;
    int64_t rest = search->need;
    value guess = {money, 0, 0};
    for (int t = 0; t < search->count; t++) {
        const slot *s = &search->car->slot[t];
        if (s->most == 0) continue;
        if (s->covered && s->covered_price < price) rest -= s->covered;
        if (s->price < price) rest -= s->most - s->covered;
    }
    for (int nearer = 1; nearer >= 0; nearer--) {
        for (int t = 0; t < search->count; t++) {
            const slot *s = &search->car->slot[t];
            for (int i = 0; i < s->segments; i++) {
                const segment *one = &s->segment[i];
                if (one->slope.money != money || (one->slope.order < 0) != nearer || one->most == one->least) continue;
                guess.order = one->slope.order;
                rest -= one->slope.thrift < 0 ? one->most : one->most - one->least;
                if (rest <= 0) return guess;
            }
        }
    }
    return guess;
}

/* Lines and a first plan within the first slots of `c`, if there is one below `best`. */
static void begin_within(work *w, const completion *c, value best) {
    search *s = &w->search;
    s->count = c->slots;
    s->need = w->need;
    s->best_cost = best;
    s->lines = 0;
    s->has_best = false;
    s->room[s->count] = 0;
    for (int t = s->count - 1; t >= 0; t--) s->room[t] = s->room[t + 1] + w->car.slot[t].most;
    if (w->ask->step_a > 0 && w->ask->last_a) try_last(s);
    find_lines(s, guess_of(s, c->price));
}

/* Looks on until there is nothing better; else `bound` is one on what has not been seen. */
static status finish_within(work *w, value *bound, bool *proven) {
    search *s = &w->search;
    value lowest = s->line[0].bound;
    *proven = true;
    outcome on_grid = look_on_grid(s);
    if (on_grid != LEFT_OUT) return on_grid == NO_MEMORY ? MEMORY : DONE;
    add_lines(s);
    static const manner looks[] = {
        {FIRST_LOOK, false, false}, {SECOND_LOOK, true, false}, {THIRD_LOOK, true, false}, {LAST_LOOK, true, true},
    };
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        outcome found = look(s, looks[i], &lowest);
        if (found == NO_MEMORY) return MEMORY;
        if (found == PROVEN || !less(lowest, s->best_cost)) return DONE;
    }
    *proven = false;
    *bound = less(lowest, s->line[0].bound) ? s->line[0].bound : lowest;
    return DONE;
}

static value waited(const work *w, const completion *c) {
    return value_of(c->waiting << w->car.digits.money, 0, 0);
}

static void keep(work *w, const completion *c, value *best) {
    search *s = &w->search;
    if (!s->has_best) return;
    *best = plus(s->best_cost, waited(w, c));
    for (int t = 0; t < w->car.count; t++) w->useful[t] = t < s->count ? s->best[t] : OFF;
}

/* Takes the completion of the least bound out of the list. */
static completion next_of(work *w, int count) {
    int next = 0;
    for (int i = 1; i < count; i++)
        if (less(w->completion[i].bound, w->completion[next].bound)) next = i;
    completion c = w->completion[next];
    w->completion[next] = w->completion[count - 1];
    return c;
}

/* Lines for the completions that could be best, the most promising first; leaves those in the list that still could be
 * better than the best plan met, which is in `best` then. The lines of the last one are there still. */
static void begin_all(work *w, value *best) {
    int count = w->completions, left = 0;
    completion open[count];
    while (count > 0) {
        completion c = next_of(w, count--);
        if (!less(c.bound, *best)) break;
        begin_within(w, &c, minus(*best, waited(w, &c)));
        keep(w, &c, best);
        c.bound = plus(w->search.line[0].bound, waited(w, &c));
        if (less(c.bound, *best)) open[left++] = c;
    }
    w->completions = 0;
    for (int i = 0; i < left; i++)
        if (less(open[i].bound, *best)) w->completion[w->completions++] = open[i];
}

/* Goes through the completions; `least` is a bound on the money of all that is not proven. */
static status search_all(work *w, bool *proven, wide *least) {
    value best = value_of((wide)1 << 123, 0, 0);
    begin_all(w, &best);
    for (*proven = true; w->completions > 0; w->completions--) {
        completion c = next_of(w, w->completions);
        value bound;
        bool within_proven;
        if (!less(c.bound, best)) break;
        /* Where a single one is left its lines may be there still. */
        if (w->search.count != c.slots) begin_within(w, &c, minus(best, waited(w, &c)));
        w->search.has_best = false;
        w->search.best_cost = minus(best, waited(w, &c));
        status failed = finish_within(w, &bound, &within_proven);
        if (failed) return failed;
        keep(w, &c, &best);
        if (within_proven) continue;
        wide money = (bound.money >> w->car.digits.money) + c.waiting;
        if (*proven || money < *least) *least = money;
        *proven = false;
    }
    return DONE;
}

/* --- to the outside */

static double current_of(const request *ask, const slot *s, int t, int64_t drawn) {
    if (drawn == 0) return 0;
    double current_a = rint((double)drawn / (double)s->length / AMPERE * 1e9) / 1e9;
    return current_a < ask->most_a[t] ? current_a : ask->most_a[t];
}

static double money_of(const request *ask, int t, double power_w) {
    double covered_w = power_w < ask->surplus_w[t] ? power_w : ask->surplus_w[t];
    double price_w = covered_w * ask->export_price_per_kwh[t] + (power_w - covered_w) * ask->price_per_kwh[t];
    return price_w / 1000 * ask->length_s[t] / 3600;
}

static void tell(const work *w, answer *out, bool proven, wide least) {
    const request *ask = w->ask;
    int64_t total = 0;
    int starts = 0;
    bool on = ask->running;
    double present_until_s = 0;
    out->complete_s = w->wanted == 0 ? 0 : -1;
    out->cost = 0;
    for (int t = 0; t < ask->count; t++) {
        const slot *s = &w->car.slot[t];
        int64_t drawn = w->useful[t] == OFF ? 0 : drawn_for(s, w->useful[t]);
        double current_a = out->current_a[t] = current_of(ask, s, t, drawn);
        out->cost += money_of(ask, t, current_a * ask->watt_per_a);
        starts += current_a > 0 && !on;
        on = current_a > 0;
        total += drawn;
        if (out->complete_s < 0 && total >= w->wanted) out->complete_s = ask->end_s[t];
        if (!ask->absent[t]) present_until_s = ask->end_s[t];
    }
    out->energy_wh = (double)total * w->wh;
    out->missing_wh = total < w->wanted ? (double)(w->wanted - total) * w->wh : 0;
    out->objective = out->cost + ask->start_cost * starts;
    double waited_s = out->complete_s < 0 ? present_until_s : out->complete_s;
    if (ask->mode == BALANCED) out->objective += ask->value_of_time_per_h * waited_s / 3600;
    out->bound = out->objective;
    if (!proven && (double)least * w->money < out->bound) out->bound = (double)least * w->money;
}

/* --- all of it */

/* Takes `count` items of `size` bytes off the block. */
static void *part(char **block, size_t count, size_t size) {
    char *here = *block;
    if (here) *block = here + (count * size + 15) / 16 * 16;
    else *block = 0;
    return here;
}

static size_t lay_out(work *w, char *block, segment **segments, corner **corners) {
    size_t n = (size_t)w->ask->count;
    char *at = block ? block : (char *)16, *begin = at;
    w->car.slot = part(&at, n, sizeof(slot));
    *segments = part(&at, n * SEGMENTS, sizeof(segment));
    *corners = part(&at, n * CORNERS, sizeof(corner));
    w->useful = part(&at, n, sizeof(int64_t));
    w->heap_price = part(&at, 2 * n + 2, sizeof(int64_t));
    w->heap_width = part(&at, 2 * n + 2, sizeof(int64_t));
    w->completion = part(&at, n, sizeof(completion));
    search *s = &w->search;
    s->room = part(&at, n + 1, sizeof(int64_t));
    s->amount = part(&at, n, sizeof(int64_t));
    s->kept = part(&at, n, sizeof(int64_t));
    s->trial = part(&at, n, sizeof(int64_t));
    s->best = part(&at, n, sizeof(int64_t));
    s->turns_on = part(&at, n, 1);
    s->order = part(&at, n, sizeof(int));
    s->saving = part(&at, n, sizeof(value));
    s->line = part(&at, MOST_LINES, sizeof(line));
    for (int i = 0; i < MOST_LINES; i++) {
        value(*after)[2] = part(&at, n + 1, 2 * sizeof(value));
        if (block) s->line[i].after = after;
    }
    return (size_t)(at - begin);
}

static status solve(work *w, answer *answer, segment *segments, corner *corners) {
    double amounts, lasts;
    bool proven = true;
    wide least = 0;
    if (!fits(w->ask, &amounts, &lasts) || !place_digits(w, amounts, lasts)) return TOO_LARGE;
    w->car.start = value_of(whole(w->ask->start_cost / w->money) << w->car.digits.money, (wide)1 << w->car.digits.start, 0);
    set_slots(w, segments, corners);
    set_need(w);
    for (int t = 0; t < w->car.count; t++)
        w->useful[t] = w->total < w->wanted && w->car.slot[t].most ? w->car.slot[t].most : OFF;
    if (w->total >= w->wanted && w->wanted > 0) {
        set_completions(w);
        status failed = search_all(w, &proven, &least);
        if (failed) return failed;
    }
    tell(w, answer, proven, least);
    return DONE;
}

status best_plan(const request *ask, answer *answer) {
    work w = {.ask = ask, .car = {.count = ask->count, .running = ask->running}};
    segment *segments;
    corner *corners;
    w.search.car = &w.car;
    w.wh = ask->watt_per_a / AMPERE / (3600 * SECOND);
    w.money = w.wh / 1000 / PRICE;
    char *block = malloc(lay_out(&w, 0, &segments, &corners));
    if (!block) return MEMORY;
    lay_out(&w, block, &segments, &corners);
    status status = solve(&w, answer, segments, corners);
    free(block);
    return status;
}
