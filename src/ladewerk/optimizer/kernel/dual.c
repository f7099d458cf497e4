#include "dual.h"

#include <stdlib.h>
#include <string.h>

static const value NEVER = {(wide)1 << 124, 0, 0};

value cost_of_plan(const car *car, int count, const int64_t *amount) {
    value cost = {0, 0, 0};
    bool on = car->running;
    for (int t = 0; t < count; t++) {
        if (amount[t] != OFF) {
            const slot *slot = &car->slot[t];
            cost = plus(cost, cost_of(&car->digits, slot, drawn_for(slot, amount[t]), amount[t]));
            if (!on) cost = plus(cost, car->start);
        }
        on = amount[t] != OFF;
    }
    return cost;
}

/* --- the best choices at a price */

/* Less than `thrifty` prices, energy beyond the need may be better than useful energy. */
static value best_corner(const slot *slot, value price, bool thrifty, int64_t *amount) {
    const corner *corner = &slot->corner[thrifty && slot->corners > 1];
    value best = minus(corner->cost, times(price, corner->amount));
    *amount = corner->amount;
    for (corner++; corner < slot->corner + slot->corners; corner++) {
        value cost = minus(corner->cost, times(price, corner->amount));
        if (!less(best, cost)) {
            best = cost;
            *amount = corner->amount;
        }
    }
    return best;
}

static bool is_thrifty(const car *car, value price) {
    return !less(price, value_of(0, -((wide)1 << car->digits.excess), 0));
}

int64_t best_amount(const car *car, const slot *slot, value price) {
    int64_t amount;
    best_corner(slot, price, is_thrifty(car, price), &amount);
    return amount;
}

/* Fills after[] backwards and search->amount with the best amount of each slot if it is on. */
static void price_slots(search *search, line *line) {
    const car *car = search->car;
    const value nothing = {0, 0, 0};
    bool thrifty = is_thrifty(car, line->price);
    line->after[search->count][0] = line->after[search->count][1] = NEVER;
    for (int t = search->count - 1; t >= 0; t--) {
        const slot *slot = &car->slot[t];
        value *after = line->after[t], *next = line->after[t + 1];
        after[0] = after[1] = next[0];
        if (slot->most == 0) continue;
        value on = plus(best_corner(slot, line->price, thrifty, &search->amount[t]), lesser(next[1], nothing));
        value begun = plus(on, car->start);
        /* On a tie it is on: the more slots are on, the more plans can be made of them. */
        search->turns_on[t] = (unsigned char)((less(next[0], begun) ? 0 : 1) | (less(next[0], on) ? 0 : 2));
        after[1] = search->turns_on[t] & 2 ? on : next[0];
        after[0] = search->turns_on[t] & 1 ? begun : next[0];
    }
    line->bound = plus(times(line->price, search->need), line->after[0][car->running]);
}

/* Puts OFF into search->amount where the best choices are off, and adds up the rest. */
static void follow(search *search, line *line) {
    const car *car = search->car;
    bool on = car->running, done = false;
    line->total = 0;
    for (int t = 0; t < search->count; t++) {
        on = !done && car->slot[t].most != 0 && search->turns_on[t] & (on ? 2 : 1);
        if (on) {
            line->total += search->amount[t];
            done = positive(line->after[t + 1][1]);
        } else {
            search->amount[t] = OFF;
        }
    }
    line->cost = plus(line->after[0][car->running], times(line->price, line->total));
}

/* --- a plan in the slots that are on */

/* What a unit less in a slot saves, from all to the least it may draw. */
static value saving_of(const search *search, const slot *slot) {
    if (slot->plain) return slot->unit;
    const digits *digits = &search->car->digits;
    int64_t width = slot->most - slot->least;
    value rise = cost_of(digits, slot, slot->most, slot->most);
    if (width) rise = minus(rise, cost_of(digits, slot, slot->least, slot->least));
    else width = slot->most;
    return value_of(rise.money / width, rise.thrift / width, rise.order / width);
}

/* Slots that are on in order of what a unit less in them saves, most first. */
static int dearest_first(const search *search, int *order, value *saving) {
    int count = 0;
    /* From the last on: at one price that is the order already. */
    for (int t = search->count - 1; t >= 0; t--) {
        if (search->amount[t] == OFF) continue;
        saving[t] = saving_of(search, &search->car->slot[t]);
        int at = count++;
        for (; at > 0 && less(saving[order[at - 1]], saving[t]); at--) order[at] = order[at - 1];
        order[at] = t;
    }
    return count;
}

/* Takes exactly the need in the slots that are on: all full, then less in the dearest; with `dropping` a slot that is
 * not needed at all goes off. */
static bool fill(search *search, const int *order, int count, bool dropping) {
    int64_t surplus = -search->need;
    for (int t = 0; t < search->count; t++) {
        search->trial[t] = search->amount[t] == OFF ? OFF : search->car->slot[t].most;
        if (search->trial[t] != OFF) surplus += search->trial[t];
    }
    if (surplus < 0) return false;
    for (int i = 0; i < count && surplus > 0; i++) {
        const slot *slot = &search->car->slot[order[i]];
        if (search->trial[order[i]] == OFF) continue;
        if (dropping && surplus >= slot->most) {
            search->trial[order[i]] = OFF;
            surplus -= slot->most;
            continue;
        }
        int64_t cut = slot->most - slot->least;
        if (cut > surplus) cut = surplus;
        search->trial[order[i]] -= cut;
        surplus -= cut;
    }
    /* What is still too much is drawn but not useful. */
    for (int i = 0; i < count && surplus > 0; i++) {
        int64_t *amount = &search->trial[order[i]];
        if (*amount == OFF) continue;
        int64_t cut = *amount < surplus ? *amount : surplus;
        *amount -= cut;
        surplus -= cut;
    }
    return true;
}

/* Turns dear slots off, from the first or the last on, until the others at their least and the cheap ones full are no
 * more than the need: the slots left stay together. */
static bool trim(search *search, value price, int from, int step) {
    int64_t surplus = -search->need;
    for (int t = 0; t < search->count; t++) {
        if (search->amount[t] == OFF) continue;
        const slot *slot = &search->car->slot[t];
        surplus += ((wide)slot->price << search->car->digits.money) < price.money ? slot->most : slot->least;
    }
    bool trimmed = false;
    for (int t = from; t >= 0 && t < search->count && surplus > 0; t += step) {
        const slot *slot = &search->car->slot[t];
        if (search->amount[t] == OFF || ((wide)slot->price << search->car->digits.money) < price.money) continue;
        search->amount[t] = OFF;
        surplus -= slot->least;
        trimmed = true;
    }
    return trimmed && surplus <= 0;
}

void keep_if_better(search *search) {
    value cost = cost_of_plan(search->car, search->count, search->trial);
    if (!less(cost, search->best_cost)) return;
    memcpy(search->best, search->trial, (size_t)search->count * sizeof *search->best);
    search->best_cost = cost;
    search->has_best = true;
}

static void try_plans(search *search, const line *line) {
    int count = dearest_first(search, search->order, search->saving);
    value price = line->price;
    if (!fill(search, search->order, count, false)) return;
    keep_if_better(search);
    if (!less(line->bound, search->best_cost)) return;
    if (fill(search, search->order, count, true)) keep_if_better(search);
    size_t size = (size_t)search->count * sizeof *search->amount;
    memcpy(search->kept, search->amount, size);
    if (trim(search, price, 0, 1) && fill(search, search->order, count, false)) keep_if_better(search);
    memcpy(search->amount, search->kept, size);
    if (trim(search, price, search->count - 1, -1) && fill(search, search->order, count, false)) keep_if_better(search);
}

/* --- the best price */

static wide clamped(wide a, wide limit) {
    return a > limit ? limit : a < -limit ? -limit : a;
}

static value between(const search *search, const line *low, const line *high) {
    int64_t apart = high->total > low->total ? high->total - low->total : 1;
    value rise = minus(high->cost, low->cost);
    value price = value_of(floored(rise.money, apart), floored(rise.thrift, apart), floored(rise.order, apart));
    return value_of(clamped(price.money, search->limit.money), clamped(price.thrift, search->limit.thrift),
                    clamped(price.order, search->limit.order));
}

static bool seen(const search *search, value price) {
    for (int i = 0; i < search->lines; i++)
        if (same(search->line[i].price, price)) return true;
    return false;
}

/* All slots full, and one start for nothing: what the first price lies between. */
static void ends(const search *search, line *low, line *high) {
    const car *car = search->car;
    low->total = 0;
    low->cost = car->running ? value_of(0, 0, 0) : car->start;
    for (int t = 0; t < search->count; t++) search->trial[t] = car->slot[t].most ? car->slot[t].most : OFF;
    high->total = search->room[0] - search->room[search->count];
    high->cost = cost_of_plan(car, search->count, search->trial);
}

static line *add_line(search *search, value price) {
    line *line = &search->line[search->lines++];
    line->price = price;
    price_slots(search, line);
    return line;
}

static void put_best_first(search *search) {
    int top = 0;
    for (int i = 1; i < search->lines; i++)
        if (less(search->line[top].bound, search->line[i].bound)) top = i;
    line swap = search->line[0];
    search->line[0] = search->line[top];
    search->line[top] = swap;
}

void find_lines(search *search, value guess) {
    line low = {0}, high = {0};
    ends(search, &low, &high);
    value price = guess;
    while (search->lines < SECANTS && !seen(search, price)) {
        line *line = add_line(search, price);
        follow(search, line);
        try_plans(search, line);
        if (!less(line->bound, search->best_cost)) break;
        *(line->total < search->need ? &low : &high) = *line;
        price = between(search, &low, &high);
    }
    put_best_first(search);
}

static void add_new_line(search *search, value price) {
    if (search->lines < MOST_LINES && !seen(search, price)) add_line(search, price);
}

static int by_size(const void *a, const void *b) {
    int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
    return (one > other) - (one < other);
}

/* Lines at prices of slots below and above the best one, closer to it closer together. */
static void add_prices(search *search) {
    int64_t *price = search->kept;
    int count = 0, above = 0, most = search->lines + PRICED;
    value top = search->line[0].price;
    for (int t = 0; t < search->count; t++)
        if (search->car->slot[t].most) price[count++] = search->car->slot[t].price;
    qsort(price, (size_t)count, sizeof *price, by_size);
    for (int i = 1, kept = count ? 1 : 0; i <= count; i++) {
        if (i == count) count = kept;
        else if (price[i] != price[kept - 1]) price[kept++] = price[i];
    }
    while (above < count && (wide)price[above] << search->car->digits.money <= top.money) above++;
    for (int apart = 1; apart <= count; apart *= 2) {
        for (int side = 0; side < 2; side++) {
            int at = side ? above + apart - 1 : above - 1 - apart;
            if (at < 0 || at >= count || search->lines >= most) continue;
            top.money = (wide)price[at] << search->car->digits.money;
            add_new_line(search, top);
        }
    }
}

/* Lines that tell the slots of the best price apart by their order. */
static void add_orders(search *search) {
    value top = search->line[0].price;
    int apart = 0, most = search->lines + ORDERED;
    for (int counting = 1; counting >= 0; counting--) {
        int found = 0;
        for (int t = 0; t < search->count; t++) {
            const slot *slot = &search->car->slot[t];
            for (int i = 0; i < slot->segments; i++) {
                value slope = slot->segment[i].slope;
                if (slope.money != top.money || slope.thrift != 0 || ++found % (apart + counting)) continue;
                if (!counting && search->lines < most)
                    add_new_line(search, value_of(top.money, top.thrift, slope.order));
            }
        }
        apart = found / ORDERED + 1;
    }
}

void add_lines(search *search) {
    add_orders(search);
    add_prices(search);
}
