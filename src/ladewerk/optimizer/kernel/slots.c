#include "slots.h"

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* The numbers below the money: distance from the last plan, against being off, and lateness. */
static wide ties(const digits *digits, const slot *slot, int64_t drawn) {
    wide late = (wide)drawn * slot->index;
    if (digits->distance == NO_LAST) return late;
    int64_t away = drawn > slot->last ? drawn - slot->last : slot->last - drawn;
    return (wide)(away - slot->last) * ((wide)1 << digits->distance) + late;
}

/* What `useful` earns where prices are below 0: the cheapest energy counts as the useful one. */
static wide earned(const slot *slot, int64_t drawn, int64_t useful) {
    int64_t covered = smaller(drawn, slot->covered), rest = drawn - covered;
    wide one = smaller(slot->covered_price, 0), other = smaller(slot->price, 0);
    int64_t first = one <= other ? smaller(useful, covered) : useful - smaller(useful, rest);
    return one * first + other * (useful - first);
}

value cost_of(const digits *digits, const slot *slot, int64_t drawn, int64_t useful) {
    if (slot->plain) {
        value cost = times(slot->unit, drawn);
        cost.thrift = (wide)(drawn - useful) * ((wide)1 << digits->excess);
        return cost;
    }
    int64_t covered = smaller(drawn, slot->covered), rest = drawn - covered;
    wide money;
    if (useful == drawn) {
        money = (wide)slot->covered_price * covered + (wide)slot->price * rest;
    } else {
        money = (wide)larger(slot->covered_price, 0) * covered + (wide)larger(slot->price, 0) * rest;
        money += earned(slot, drawn, useful);
    }
    wide scale = (wide)1 << digits->money;
    return value_of(money * scale, (wide)(drawn - useful) * ((wide)1 << digits->excess), ties(digits, slot, drawn));
}

int64_t drawn_for(const slot *slot, int64_t useful) {
    int64_t drawn = larger(useful, slot->least);
    if (slot->step) drawn = (drawn + slot->step - 1) / slot->step * slot->step;
    return drawn;
}

/* Appends the segments for `drawn` in any case, of which `least` up to all is useful. */
static int with_excess(const digits *digits, const slot *slot, int64_t least, int64_t drawn, segment *out) {
    int64_t covered = smaller(drawn, slot->covered);
    int64_t one = smaller(slot->covered_price, 0), other = smaller(slot->price, 0);
    int64_t bend = one == other ? drawn : one < other ? covered : drawn - covered;
    int64_t ends[3] = {least, larger(least, smaller(bend, drawn)), drawn};
    int count = 0;
    for (int i = 0; i < 2; i++) {
        if (ends[i] == ends[i + 1] && !(count == 0 && i == 1)) continue;
        value cost = cost_of(digits, slot, drawn, ends[i]);
        value slope = value_of(0, -((wide)1 << digits->excess), 0);
        if (ends[i + 1] > ends[i]) {
            value rise = minus(cost_of(digits, slot, drawn, ends[i + 1]), cost);
            slope.money = rise.money / (ends[i + 1] - ends[i]);
        }
        out[count++] = (segment){cost, slope, ends[i], ends[i + 1]};
    }
    return count;
}

/* Where the cost of drawing all usefully bends, in order, between `least` and `most`. */
static int bends_of(const slot *slot, int64_t out[4]) {
    int64_t inner[2] = {smaller(slot->covered, slot->last), larger(slot->covered, slot->last)};
    int count = 0;
    out[count++] = slot->least;
    for (int i = 0; i < 2; i++)
        if (inner[i] > out[count - 1] && inner[i] < slot->most) out[count++] = inner[i];
    if (slot->most > out[count - 1]) out[count++] = slot->most;
    return count;
}

static void add_corner(const digits *digits, slot *slot, int64_t drawn, int64_t useful) {
    slot->corner[slot->corners++] = (corner){cost_of(digits, slot, drawn, useful), useful};
}

static void complete_any(const digits *digits, slot *slot) {
    int64_t bends[4];
    int count = bends_of(slot, bends);
    slot->segments = with_excess(digits, slot, 0, slot->least, slot->segment);
    for (int i = 1; i < slot->segments; i++) add_corner(digits, slot, slot->least, slot->segment[i].least);
    value cost = cost_of(digits, slot, slot->least, slot->least);
    slot->corner[slot->corners++] = (corner){cost, slot->least};
    for (int i = 0; i + 1 < count; i++) {
        int64_t width = bends[i + 1] - bends[i];
        value end = cost_of(digits, slot, bends[i + 1], bends[i + 1]), rise = minus(end, cost);
        value slope = value_of(rise.money / width, rise.thrift / width, rise.order / width);
        slot->segment[slot->segments++] = (segment){cost, slope, bends[i], bends[i + 1]};
        slot->corner[slot->corners++] = (corner){end, bends[i + 1]};
        cost = end;
    }
}

static void complete_steps(const digits *digits, slot *slot) {
    int64_t bends[4];
    int count = bends_of(slot, bends);
    bool earns = slot->covered_price < 0 || slot->price < 0;
    for (int i = 0; i < count; i++) {
        int64_t below = bends[i] / slot->step * slot->step;
        for (int64_t drawn = below; drawn <= below + slot->step; drawn += slot->step) {
            if (drawn < slot->least || drawn > slot->most) continue;
            if (slot->corner[slot->corners - 1].amount != drawn) add_corner(digits, slot, drawn, drawn);
            if (earns) {
                int64_t covered = smaller(drawn, slot->covered);
                bool first = slot->covered_price <= slot->price;
                add_corner(digits, slot, drawn, first ? covered : drawn - covered);
            }
        }
    }
}

/* complete_any() for a slot that is plain. */
static void complete_plain(const digits *digits, slot *slot) {
    value least = times(slot->unit, slot->least), excess = value_of(0, -((wide)1 << digits->excess), 0);
    value nothing = minus(least, times(excess, slot->least));
    slot->segment[0] = (segment){nothing, excess, 0, slot->least};
    slot->corner[0] = (corner){nothing, 0};
    slot->corner[1] = (corner){least, slot->least};
    slot->segments = 1;
    slot->corners = 2;
    if (slot->least == slot->most) return;
    slot->segment[slot->segments++] = (segment){least, slot->unit, slot->least, slot->most};
    slot->corner[slot->corners++] = (corner){times(slot->unit, slot->most), slot->most};
}

static bool is_plain(const slot *slot) {
    bool one_price = slot->covered == 0 || slot->covered >= slot->most;
    return one_price && slot->price >= 0 && slot->last == 0;
}

void complete_slot(const digits *digits, slot *slot) {
    slot->segments = slot->corners = 0;
    slot->bulging = slot->covered > 0 && slot->covered < slot->most && slot->covered_price > slot->price;
    slot->plain = is_plain(slot);
    if (slot->most == 0) return;
    if (slot->plain) {
        wide away = digits->distance == NO_LAST ? 0 : (wide)1 << digits->distance;
        slot->unit = value_of((wide)slot->price << digits->money, 0, away + slot->index);
        if (!slot->step) {
            complete_plain(digits, slot);
            return;
        }
    }
    add_corner(digits, slot, slot->least, 0);
    if (slot->step) complete_steps(digits, slot);
    else complete_any(digits, slot);
}

int level_segments(const digits *digits, const slot *slot, int64_t drawn, segment out[2]) {
    return with_excess(digits, slot, drawn == slot->least ? 0 : drawn - slot->step + 1, drawn, out);
}
