#include "grid.h"

#include <stdlib.h>

/* States are the units drawn so far, and whether the car charges. Energy beyond the need is only drawn in the last slot
 * that is on: prices are not below 0, so what is enough without that slot is better without it. */

enum { MOST_STATES = 1500000, MOST_LEVEL = 32000 };

static const wide UNREACHED = (wide)1 << 126;

/* A cost in one number: the parts of a value one above the other, in units. */
typedef struct {
    int distance, start, excess, money;
} places;

/* Levels along which the cost is a straight line. */
typedef struct {
    int low, high;
    wide base, slope;
} stretch;

enum { STRETCHES = 3 };

typedef struct {
    search *search;
    places places;
    int need; /* in units, as all below */
    wide start, ceiling;
    int first, last; /* states before the slot lie between */
    wide *on, *off;  /* cost of each state before the slot; then `on` is that of being on, a start included */
    wide *next;      /* after the slot, being on */
    stretch (*stretch)[STRETCHES];
    wide price;       /* of a unit, */
    wide (*after)[2]; /* and a bound by that on the rest, as in a line */
    int *queue;       /* of the sliding window */
    wide *key;
    int16_t *drawn;        /* slot by slot: what it drew to come to the state */
    unsigned char *before; /* slot by slot: WAS_ON_IF_ON, WAS_ON_IF_OFF */
    int end_slot, end_state, end_drawn;
} grid;

/* Whether the car was on before the slot: on the best way to be on in it, and to be off in it. */
enum { WAS_ON_IF_ON = 1, WAS_ON_IF_OFF = 2 };

static int bits_of(wide number) {
    int bits = 0;
    for (; number > 0; number >>= 1) bits++;
    return bits;
}

/* --- does it fit */

static wide shifted(wide number, int up) {
    return up >= 0 ? number * ((wide)1 << up) : number >> -up;
}

/* Whether all energies are whole units and no price is below 0. */
static bool is_regular(const search *search) {
    if (search->unit == 0 || search->need % search->unit) return false;
    for (int t = 0; t < search->count; t++) {
        const slot *s = &search->car->slot[t];
        if (s->most == 0) continue;
        if (s->last % search->unit || s->price < 0 || s->covered_price < 0) return false;
        if (s->most / search->unit > MOST_LEVEL) return false;
    }
    return (wide)search->count * (search->need / search->unit) <= MOST_STATES;
}

/* The best cost so far as one number; false where that, or all of the need at the dearest price, does not fit. */
static bool set_places(grid *g) {
    const search *search = g->search;
    const digits *digits = &search->car->digits;
    value best = search->best_cost;
    wide money = best.money >> digits->money, dearest = 0, lasts = 0;
    for (int t = 0; t < search->count; t++) {
        const slot *s = &search->car->slot[t];
        wide price = s->price > s->covered_price ? s->price : s->covered_price;
        if (s->most && price * (search->need + s->most) > dearest) dearest = price * (search->need + s->most);
        if (s->most) lasts += s->last / search->unit;
    }
    wide units = search->room[0] / search->unit, start = search->car->start.money >> digits->money;
    bool with_last = digits->distance != NO_LAST;
    places *p = &g->places;
    p->distance = bits_of(units * search->count);
    p->start = p->distance + (with_last ? bits_of(units + 2 * lasts) + 1 : 0);
    p->excess = p->start + bits_of(search->count);
    p->money = p->excess + bits_of(MOST_LEVEL) + 1;
    if (money < 0 || bits_of(money + dearest + 2 * start) + p->money > 124) return false;
    wide excess = best.thrift >> digits->excess;
    wide starts = (best.thrift - shifted(excess, digits->excess)) >> digits->start;
    wide distance = with_last ? best.order >> digits->distance : 0;
    wide late = best.order - (with_last ? shifted(distance, digits->distance) : 0);
    g->start = shifted(start, p->money) + shifted(1, p->start);
    g->ceiling = shifted(money, p->money) + shifted(excess / search->unit, p->excess) + shifted(starts, p->start);
    g->ceiling += shifted(distance / search->unit, p->distance) + late / search->unit;
    return true;
}

/* --- one slot */

static wide cost_of_level(const grid *g, const slot *s, int64_t drawn) {
    int64_t unit = g->search->unit, covered = drawn < s->covered ? drawn : s->covered;
    wide money = (wide)s->covered_price * covered + (wide)s->price * (drawn - covered);
    wide cost = money * ((wide)1 << g->places.money) + (wide)(drawn / unit) * s->index;
    if (g->search->car->digits.distance == NO_LAST) return cost;
    int64_t away = drawn > s->last ? drawn - s->last : s->last - drawn;
    return cost + (away - s->last) / unit * ((wide)1 << g->places.distance);
}

/* Remembers the best plan that reaches the need in slot `t`, by the least level that does. */
static void end_in(grid *g, int t) {
    const slot *s = &g->search->car->slot[t];
    int64_t unit = g->search->unit;
    int least = (int)(s->least / unit), most = (int)(s->most / unit), step = (int)(s->step / unit);
    int first = g->need - most > g->first ? g->need - most : g->first;
    for (int state = g->last; state >= first; state--) {
        if (g->on[state] >= g->ceiling) continue;
        int drawn = g->need - state > least ? (g->need - state + step - 1) / step * step : least;
        if (drawn > most) continue;
        wide cost = g->on[state] + cost_of_level(g, s, drawn * unit);
        cost += (wide)(state + drawn - g->need) << g->places.excess;
        if (cost >= g->ceiling) continue;
        g->ceiling = cost;
        g->end_slot = t;
        g->end_state = state;
        g->end_drawn = drawn;
    }
}

/* The best way to each state by levels `low` to `high`, along which the cost is a straight line: the minimum in a window
 * that slides over one class of states, those that are whole steps apart. */
static void slide(grid *g, int t, int low, int high, int step, int from, wide slope, wide base) {
    int head = 0, tail = 0, end = g->last + high < g->need ? g->last + high : g->need - 1;
    int16_t *drawn = g->drawn + (size_t)t * (size_t)g->need;
    wide at = slope * from, rise = slope * step, cost = base + slope * (from + low);
    for (int state = from + low; state <= end; state += step, at += rise, cost += rise) {
        int origin = state - low;
        if (origin <= g->last && g->on[origin] < UNREACHED) {
            wide key = g->on[origin] - at;
            while (tail > head && g->key[tail - 1] >= key) tail--;
            g->key[tail] = key;
            g->queue[tail++] = origin;
        }
        while (tail > head && g->queue[head] < state - high) head++;
        if (tail == head || g->key[head] + cost >= g->next[state]) continue;
        g->next[state] = g->key[head] + cost;
        drawn[state] = (int16_t)(state - g->queue[head]);
    }
}

/* Splits the levels of slot `t` from bend to bend; those not needed are empty. */
static void split(grid *g, int t) {
    const slot *s = &g->search->car->slot[t];
    int64_t unit = g->search->unit, bend[4] = {s->least, s->covered, s->last, s->most}, done = -1;
    if (bend[1] > bend[2]) bend[1] = s->last, bend[2] = s->covered;
    for (int i = 1; i < 3; i++) {
        if (bend[i] < s->least) bend[i] = s->least;
        if (bend[i] > s->most) bend[i] = s->most;
    }
    for (int i = 0; i < STRETCHES; i++) {
        int64_t low = (bend[i] + s->step - 1) / s->step * s->step, high = bend[i + 1] / s->step * s->step;
        stretch *one = &g->stretch[t][i];
        *one = (stretch){.low = 1};
        if (low > high || (low == high && low == done)) continue;
        int64_t width = (high - low) / unit;
        wide cost = cost_of_level(g, s, low), slope = width ? (cost_of_level(g, s, high) - cost) / width : 0;
        *one = (stretch){(int)(low / unit), (int)(high / unit), cost - slope * (low / unit), slope};
        done = high;
    }
}

/* Takes slot `t` at each level. */
static void take(grid *g, int t) {
    int step = (int)(g->search->car->slot[t].step / g->search->unit);
    for (int i = 0; i < STRETCHES; i++) {
        const stretch *one = &g->stretch[t][i];
        if (one->low > one->high) continue;
        for (int from = g->first; from < g->first + step && from <= g->last; from++)
            slide(g, t, one->low, one->high, step, from, one->slope, one->base);
    }
}

/* --- bounds */

/* About the price of a line, for a unit. */
static wide price_of(const grid *g, const line *line) {
    const digits *d = &g->search->car->digits;
    const places *p = &g->places;
    wide money = line->price.money * g->search->unit, whole = money >> d->money, rest = money - shifted(whole, d->money);
    if (whole < 0 || whole >> (123 - p->money)) return 0;
    wide excess = line->price.thrift >> d->excess, order = line->price.order;
    wide price = shifted(whole, p->money) + shifted(rest, p->money - d->money) + shifted(excess, p->excess);
    if (d->distance != NO_LAST) {
        wide distance = order >> d->distance;
        order -= shifted(distance, d->distance);
        price += shifted(distance, p->distance);
    }
    price += order;
    wide most = ((wide)1 << 124) / (g->search->room[0] / g->search->unit + 1);
    return price < 0 ? 0 : price < most ? price : most;
}

/* What the rest costs at least, less its price: as price_slots() does. */
static void set_bounds(grid *g) {
    const search *search = g->search;
    wide price = g->price = price_of(g, &search->line[0]), (*after)[2] = g->after;
    after[search->count][0] = after[search->count][1] = UNREACHED / 2;
    for (int t = search->count - 1; t >= 0; t--) {
        wide *next = after[t + 1], least = UNREACHED / 2;
        after[t][0] = after[t][1] = next[0];
        if (search->car->slot[t].most == 0) continue;
        for (int i = 0; i < STRETCHES; i++) {
            const stretch *one = &g->stretch[t][i];
            if (one->low > one->high) continue;
            wide cost = one->base + (one->slope - price) * (one->slope > price ? one->low : one->high);
            if (cost < least) least = cost;
        }
        if (next[1] < 0) least += next[1];
        if (least < after[t][1]) after[t][1] = least;
        if (least + g->start < after[t][0]) after[t][0] = least + g->start;
    }
}

/* Whether a state after slot `t` cannot lead below the ceiling. */
static bool is_lost(const grid *g, wide cost, int state, int t, bool on) {
    return cost >= UNREACHED || cost + g->price * (g->need - state) + g->after[t + 1][on] >= g->ceiling;
}

/* --- from slot to slot */

/* Costs before slot `t` become those of being on or off in it, and how that came. */
static void switch_over(grid *g, int t) {
    unsigned char *before = g->before + (size_t)t * (size_t)g->need;
    for (int state = g->first; state <= g->last; state++) {
        wide on = g->on[state], begun = g->off[state] + g->start;
        before[state] = (unsigned char)((on <= begun ? WAS_ON_IF_ON : 0) | (on < g->off[state] ? WAS_ON_IF_OFF : 0));
        if (on < g->off[state]) g->off[state] = on;
        if (begun < on) g->on[state] = begun;
    }
}

/* Drops the states after slot `t` that cannot lead below the ceiling, and finds where the others lie. */
static void drop(grid *g, int t, int last) {
    const search *search = g->search;
    int64_t least = g->need - search->room[t + 1] / search->unit;
    int first = least > g->first ? (int)least : g->first, begin = g->need, end = -1;
    for (int state = first; state <= last; state++) {
        bool off = !is_lost(g, g->off[state], state, t, false), on = !is_lost(g, g->on[state], state, t, true);
        if (!off) g->off[state] = UNREACHED;
        if (!on) g->on[state] = UNREACHED;
        if (!off && !on) continue;
        if (begin > state) begin = state;
        end = state;
    }
    g->first = begin;
    g->last = end;
}

static void pass(grid *g) {
    for (int i = 0; i < g->need; i++) g->on[i] = g->off[i] = g->next[i] = UNREACHED;
    *(g->search->car->running ? g->on : g->off) = 0;
    g->first = g->last = 0;
    for (int t = 0; t < g->search->count && g->first <= g->last; t++) {
        int most = (int)(g->search->car->slot[t].most / g->search->unit);
        int last = g->last + most < g->need ? g->last + most : g->need - 1;
        switch_over(g, t);
        if (most) {
            end_in(g, t);
            take(g, t);
        }
        for (int state = g->first; state <= g->last; state++) g->on[state] = UNREACHED;
        wide *swap = g->on;
        g->on = g->next;
        g->next = swap;
        drop(g, t, last);
    }
}

/* Writes the choices that led to the end into search->best. */
static void trace(const grid *g) {
    search *search = g->search;
    int64_t unit = search->unit;
    int state = g->end_state;
    for (int t = search->count - 1; t > g->end_slot; t--) search->best[t] = OFF;
    search->best[g->end_slot] = (g->need - state) * unit;
    bool on = true;
    for (int t = g->end_slot; t >= 0; t--) {
        size_t row = (size_t)t * (size_t)g->need;
        if (t < g->end_slot) {
            search->best[t] = on ? g->drawn[row + (size_t)state] * unit : OFF;
            if (on) state -= g->drawn[row + (size_t)state];
        }
        on = g->before[row + (size_t)state] & (on ? WAS_ON_IF_ON : WAS_ON_IF_OFF);
    }
    search->best_cost = cost_of_plan(search->car, search->count, search->best);
    search->has_best = true;
}

/* --- all of it */

static bool lay_out(grid *g, char **block) {
    size_t states = (size_t)g->need, slots = (size_t)g->search->count, all = states * slots;
    size_t sum = (4 * states + 2 * slots + 2) * sizeof(wide) + slots * sizeof *g->stretch + states * sizeof(int);
    *block = malloc(sum + all * (sizeof(int16_t) + 1));
    if (!*block) return false;
    g->on = (wide *)*block;
    g->off = g->on + states;
    g->next = g->off + states;
    g->key = g->next + states;
    g->after = (void *)(g->key + states);
    g->stretch = (void *)(g->after + slots + 1);
    g->queue = (int *)(g->stretch + slots);
    g->drawn = (int16_t *)(g->queue + states);
    g->before = (unsigned char *)(g->drawn + all);
    return true;
}

outcome look_on_grid(search *search) {
    grid g = {.search = search, .end_slot = -1};
    if (!is_regular(search) || !set_places(&g)) return LEFT_OUT;
    g.need = (int)(search->need / search->unit);
    char *block;
    if (!lay_out(&g, &block)) return NO_MEMORY;
    for (int t = 0; t < search->count; t++)
        if (search->car->slot[t].most) split(&g, t);
    set_bounds(&g);
    pass(&g);
    if (g.end_slot >= 0) trace(&g);
    free(block);
    return PROVEN;
}
