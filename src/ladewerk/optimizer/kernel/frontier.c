#include "frontier.h"

#include <stdlib.h>
#include <string.h>

static const value TINY = {0, 0, 1};
static const value NOTHING = {0, 0, 0};

/* Below everything that costs as much money. */
static value only_money(value cost) {
    return value_of(cost.money, -((wide)1 << 124), 0);
}

/* --- what can still become a plan below the ceiling */

/* A bound, by one line, on every plan through total `total` of `p`, with slot `t` the next one. */
static value bound_at(const frontier *at, const line *line, const piece *p, int64_t total, int t, bool on) {
    value difference = minus(line->price, at->search->line[0].price);
    return plus(plus(cost_at(p, total), times(difference, at->search->need - total)), line->after[t][on]);
}

/* cut_by() with all that decides. */
static bool cut_closely(const frontier *at, const line *line, piece *p, int t, bool on) {
    value here = bound_at(at, line, p, p->first, t, on);
    value rise = plus(minus(p->slope, line->price), at->search->line[0].price);
    if (!negative(rise)) {
        if (!less(here, at->ceiling)) return false;
        if (!positive(rise)) return true;
        value room = minus(minus(at->ceiling, here), TINY);
        p->last = p->first + steps_within(room, rise, p->last - p->first);
        return true;
    }
    here = plus(here, times(rise, p->last - p->first));
    if (!less(here, at->ceiling)) return false;
    value room = minus(minus(at->ceiling, here), TINY);
    clip(p, p->last - steps_within(room, minus(NOTHING, rise), p->last - p->first), p->last);
    return true;
}

/* Cuts off where the bound of `line` is not below the ceiling; false if nothing is left. */
static bool cut_by(const frontier *at, const line *line, piece *p, int t, bool on) {
    /* Nearly always the money decides at both ends. */
    wide apart = line->price.money - at->search->line[0].price.money, ceiling = at->ceiling.money;
    wide first = p->cost.money + apart * (at->search->need - p->first) + line->after[t][on].money;
    wide last = first + (p->slope.money - apart) * (p->last - p->first);
    if (first < ceiling && last < ceiling) return true;
    if (first > ceiling && last > ceiling) return false;
    return cut_closely(at, line, p, t, on);
}

/* Cuts `p` down to what can still become a plan below the ceiling, with slot `t` the next one. */
static bool keeps(const frontier *at, piece *p, int t, bool on) {
    const search *search = at->search;
    int64_t first = search->need - search->room[t], last = search->need - 1;
    if (first < p->first) first = p->first;
    if (last > p->last) last = p->last;
    if (first > last) return false;
    clip(p, first, last);
    for (int i = 0; i < search->lines && i < BOUNDING_LINES; i++)
        if (!cut_by(at, &search->line[i], p, t, on)) return false;
    return true;
}

/* --- taking a slot */

/* Remembers `p` where it reaches the need below the ceiling: a plan that is complete in slot `t`. */
static void end_at(frontier *at, const piece *p, int t) {
    int64_t need = at->search->need;
    if (p->first > need || p->last < need) return;
    value cost = cost_at(p, need);
    if (!less(cost, at->ceiling)) return;
    at->ceiling = cost;
    if (at->money_alone) at->ceiling = only_money(cost);
    at->end = *p;
    at->end_slot = t;
}

static bool add_found(frontier *at, piece *p, int t) {
    end_at(at, p, t);
    if (!keeps(at, p, t + 1, true)) return true;
    if (!make_room(&at->found, 1)) return false;
    pieces *found = &at->found;
    bool follows = at->edges > 0 && found->piece[found->count - 1].last < p->first;
    if (!follows) {
        if (at->edges + 2 > at->edge_room) {
            int *moved = realloc(at->edge, (size_t)(2 * at->edge_room + 64) * sizeof *moved);
            if (!moved) return false;
            at->edge = moved;
            at->edge_room = 2 * at->edge_room + 64;
        }
        at->edge[at->edges++] = found->count;
    }
    found->piece[found->count++] = *p;
    return true;
}

/* Adds the least cost of every total of `p` and an amount of `s`: along the flatter of the two, then the other. */
static bool add_sum(frontier *at, const piece *p, const segment *s, int64_t drawn, int part, int t) {
    int64_t low = p->first + s->least, high = p->last + s->most;
    bool piece_first = !less(s->slope, p->slope);
    int64_t bend = piece_first ? p->last + s->least : p->first + s->most;
    if (same(s->slope, p->slope)) bend = high;
    piece sum = {plus(p->cost, s->cost), piece_first ? p->slope : s->slope, low, bend, drawn, part, p->from};
    value at_bend = cost_at(&sum, bend);
    if (!add_found(at, &sum, t)) return false;
    if (bend == high) return true;
    value slope = piece_first ? s->slope : p->slope;
    piece rest = {plus(at_bend, slope), slope, bend + 1, high, drawn, part, p->from};
    return add_found(at, &rest, t);
}

static segment reduced(const segment *s, value price) {
    return (segment){minus(s->cost, times(price, s->least)), minus(s->slope, price), s->least, s->most};
}

static value least_of(const piece *p) {
    return negative(p->slope) ? cost_at(p, p->last) : p->cost;
}

static value least_of_segment(const segment *s) {
    return negative(s->slope) ? plus(s->cost, times(s->slope, s->most - s->least)) : s->cost;
}

static bool add_level(frontier *at, const segment *s, int64_t drawn) {
    if (at->levels == at->level_room) {
        int room = 2 * at->level_room + 64;
        segment *moved = realloc(at->level, (size_t)room * sizeof *moved);
        if (moved) at->level = moved;
        int64_t *also = realloc(at->level_drawn, (size_t)room * sizeof *also);
        if (also) at->level_drawn = also;
        if (!moved || !also) return false;
        at->level_room = room;
    }
    at->level[at->levels] = *s;
    at->level_drawn[at->levels++] = drawn;
    return true;
}

/* Collects the segments of one level; `useful` says whether they could lead below the ceiling from `least`. */
static bool take_level(frontier *at, int t, int64_t drawn, value least, bool *useful) {
    const car *car = at->search->car;
    segment segments[2];
    int count = level_segments(&car->digits, &car->slot[t], drawn, segments);
    *useful = false;
    for (int i = 0; i < count; i++) {
        segment s = reduced(&segments[i], at->search->line[0].price);
        if (!less(plus(least, least_of_segment(&s)), at->ceiling)) continue;
        *useful = true;
        if (!add_level(at, &s, 2 * drawn + i)) return false;
    }
    return true;
}

/* The levels of a slot with steps that could lead below the ceiling: around the best one, as far as that. */
static bool take_levels(frontier *at, int t) {
    const line *line = &at->search->line[0];
    const slot *s = &at->search->car->slot[t];
    value least = at->started.count ? least_of(&at->started.piece[0]) : NOTHING;
    for (int i = 1; i < at->started.count; i++) least = lesser(least, least_of(&at->started.piece[i]));
    least = plus(least, lesser(NOTHING, line->after[t + 1][1]));
    at->levels = 0;
    int64_t best = drawn_for(s, best_amount(at->search->car, s, line->price));
    bool useful = true;
    for (int64_t drawn = best; drawn <= s->most && (useful || s->bulging); drawn += s->step)
        if (!take_level(at, t, drawn, least, &useful)) return false;
    useful = true;
    for (int64_t drawn = best - s->step; drawn >= s->least && (useful || s->bulging); drawn -= s->step)
        if (!take_level(at, t, drawn, least, &useful)) return false;
    return true;
}

static bool take_steps(frontier *at, int t) {
    if (!take_levels(at, t)) return false;
    for (int i = 0; i < at->levels; i++)
        for (int j = 0; j < at->started.count; j++)
            if (!add_sum(at, &at->started.piece[j], &at->level[i], at->level_drawn[i] / 2, at->level_drawn[i] % 2, t))
                return false;
    return true;
}

static bool take_any(frontier *at, int t) {
    const slot *s = &at->search->car->slot[t];
    for (int i = 0; i < s->segments; i++) {
        segment one = reduced(&s->segment[i], at->search->line[0].price);
        for (int j = 0; j < at->started.count; j++)
            if (!add_sum(at, &at->started.piece[j], &one, 0, i, t)) return false;
    }
    return true;
}

/* --- slot by slot */

static bool stay_off(frontier *at, int t) {
    at->merged.count = at->off.count = 0;
    const pieces *off = &at->now[0], *on = &at->now[1];
    if (!append_lower(&at->merged, off->piece, off->count, on->piece, on->count)) return false;
    if (!make_room(&at->off, at->merged.count)) return false;
    for (int i = 0; i < at->merged.count; i++) {
        piece p = at->merged.piece[i];
        p.part = IDLE;
        if (keeps(at, &p, t + 1, false)) at->off.piece[at->off.count++] = p;
    }
    return true;
}

static bool turn_on(frontier *at, int t) {
    at->started.count = at->found.count = at->edges = 0;
    const slot *s = &at->search->car->slot[t];
    if (s->most == 0) return true;
    pieces *off = &at->now[0], *on = &at->now[1];
    for (int i = 0; i < off->count; i++) off->piece[i].cost = plus(off->piece[i].cost, at->search->car->start);
    if (!append_lower(&at->started, on->piece, on->count, off->piece, off->count)) return false;
    if (!(s->step ? take_steps(at, t) : take_any(at, t))) return false;
    if (at->edges > 0) at->edge[at->edges] = at->found.count;
    return merge(&at->found, &at->merged, at->edge, at->edges);
}

/* Puts the pieces after a slot into the arena, and what the next slot starts from in their place. */
static bool settle(frontier *at) {
    pieces *parts[2] = {&at->off, &at->found};
    if (!make_room(&at->arena, at->off.count + at->found.count)) return false;
    for (int on = 0; on < 2; on++) {
        for (int i = 0; i < parts[on]->count; i++) {
            at->arena.piece[at->arena.count] = parts[on]->piece[i];
            parts[on]->piece[i].from = at->arena.count++;
        }
        pieces swap = at->now[on];
        at->now[on] = *parts[on];
        *parts[on] = swap;
    }
    return true;
}

/* --- too many pieces */

typedef struct {
    value bound;
    int on, index;
} ranked;

static int by_bound(const void *a, const void *b) {
    const ranked *one = a, *other = b;
    if (less(one->bound, other->bound)) return -1;
    return less(other->bound, one->bound);
}

/* A bound on every plan through `p`. */
static value least_through(const frontier *at, const piece *p, int t, bool on) {
    value best = {0, 0, 0};
    for (int i = 0; i < at->search->lines && i < BOUNDING_LINES; i++) {
        const line *line = &at->search->line[i];
        value bound = lesser(bound_at(at, line, p, p->first, t, on), bound_at(at, line, p, p->last, t, on));
        if (i == 0 || less(best, bound)) best = bound;
    }
    return best;
}

/* Keeps the `most` pieces of the lowest bounds. */
static bool narrow(frontier *at, int t, int most) {
    pieces *parts[2] = {&at->off, &at->found};
    int count = at->off.count + at->found.count, i = 0;
    ranked *rank = malloc((size_t)count * sizeof *rank);
    if (!rank) return false;
    for (int on = 0; on < 2; on++)
        for (int j = 0; j < parts[on]->count; j++)
            rank[i++] = (ranked){least_through(at, &parts[on]->piece[j], t + 1, on), on, j};
    qsort(rank, (size_t)count, sizeof *rank, by_bound);
    at->lowest = at->left_out ? lesser(at->lowest, rank[most].bound) : rank[most].bound;
    at->left_out = true;
    for (i = most; i < count; i++) parts[rank[i].on]->piece[rank[i].index].part = GONE;
    free(rank);
    for (int on = 0; on < 2; on++) {
        int kept = 0;
        for (int j = 0; j < parts[on]->count; j++)
            if (parts[on]->piece[j].part != GONE) parts[on]->piece[kept++] = parts[on]->piece[j];
        parts[on]->count = kept;
    }
    return true;
}

/* --- the whole pass */

static segment segment_of(const frontier *at, const piece *p, int t) {
    const car *car = at->search->car;
    segment level[2];
    if (!car->slot[t].step) return reduced(&car->slot[t].segment[p->part], at->search->line[0].price);
    level_segments(&car->digits, &car->slot[t], p->drawn, level);
    return reduced(&level[p->part], at->search->line[0].price);
}

/* Writes the choices that led to the end into search->best. */
static void trace(const frontier *at, search *search) {
    int64_t total = search->need;
    piece p = at->end;
    for (int t = search->count - 1; t >= 0; t--) {
        search->best[t] = OFF;
        if (t > at->end_slot) continue;
        piece before = p.from >= 0 ? at->arena.piece[p.from] : (piece){.from = -1};
        if (p.part != IDLE) {
            segment s = segment_of(at, &p, t);
            bool slides = !less(s.slope, before.slope);
            int64_t amount = slides ? total - before.last : total - before.first;
            if (slides ? amount < s.least : amount > s.most) amount = slides ? s.least : s.most;
            search->best[t] = amount;
            total -= amount;
        }
        p = before;
    }
    search->best_cost = cost_of_plan(search->car, search->count, search->best);
    search->has_best = true;
}

static bool pass(frontier *at, manner manner) {
    const search *search = at->search;
    pieces *origin = &at->now[search->car->running];
    if (!make_room(origin, 1)) return false;
    origin->piece[origin->count++] = (piece){.part = IDLE, .from = -1};
    for (int t = 0; t < search->count; t++) {
        if (!stay_off(at, t) || !turn_on(at, t)) return false;
        if (at->off.count + at->found.count > manner.most_pieces) {
            if (!manner.narrowing) {
                at->left_out = true;
                at->lowest = minus(search->line[0].bound, times(search->line[0].price, search->need));
                return true;
            }
            if (!narrow(at, t, manner.most_pieces)) return false;
        }
        if (!settle(at)) return false;
    }
    return true;
}

outcome look(search *search, manner manner, value *lowest) {
    value offset = times(search->line[0].price, search->need), ceiling = minus(search->best_cost, offset);
    if (manner.money_alone) ceiling = only_money(ceiling);
    frontier at = {.search = search, .ceiling = ceiling, .end_slot = -1, .money_alone = manner.money_alone};
    bool done = pass(&at, manner);
    if (done && at.end_slot >= 0) trace(&at, search);
    *lowest = plus(at.lowest, offset);
    pieces *lists[] = {&at.arena, &at.now[0], &at.now[1], &at.off, &at.started, &at.found, &at.merged};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]->piece);
    free(at.edge);
    free(at.level);
    free(at.level_drawn);
    return !done ? NO_MEMORY : at.left_out ? LEFT_OUT : PROVEN;
}
