/* A cost: whole numbers that are compared one after the other, so that what stands first decides first.
 *
 * `money` first, then `thrift` (energy beyond the need, then starts), then `order` (distance from the last plan, then
 * lateness). Where a number stands for two things the lower one cannot carry into the upper one: see scale.h. */
#ifndef LADEWERK_VALUE_H
#define LADEWERK_VALUE_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 wide;

typedef struct {
    wide money, thrift, order;
} value;

static inline value value_of(wide money, wide thrift, wide order) {
    return (value){money, thrift, order};
}

static inline value plus(value a, value b) {
    return value_of(a.money + b.money, a.thrift + b.thrift, a.order + b.order);
}

static inline value minus(value a, value b) {
    return value_of(a.money - b.money, a.thrift - b.thrift, a.order - b.order);
}

static inline value times(value a, int64_t k) {
    return value_of(a.money * k, a.thrift * k, a.order * k);
}

static inline bool less(value a, value b) {
    if (a.money != b.money) return a.money < b.money;
    if (a.thrift != b.thrift) return a.thrift < b.thrift;
    return a.order < b.order;
}

static inline bool same(value a, value b) {
    return a.money == b.money && a.thrift == b.thrift && a.order == b.order;
}

static inline bool negative(value a) {
    if (a.money != 0) return a.money < 0;
    if (a.thrift != 0) return a.thrift < 0;
    return a.order < 0;
}

static inline bool positive(value a) {
    if (a.money != 0) return a.money > 0;
    if (a.thrift != 0) return a.thrift > 0;
    return a.order > 0;
}

static inline value lesser(value a, value b) {
    return less(b, a) ? b : a;
}

/* Quotient rounded down, for a divisor above 0. */
static inline wide floored(wide a, wide b) {
    if (a >= INT64_MIN && a <= INT64_MAX && b <= INT64_MAX) {
        int64_t x = (int64_t)a, y = (int64_t)b, q = x / y;
        return q - (x % y < 0);
    }
    wide q = a / b;
    return q - (a % b < 0);
}

/* The largest k >= 0 with `rise` * k <= `room`, at most `most`; needs rise > 0 and room >= 0. */
static inline int64_t steps_within(value room, value rise, int64_t most) {
    wide k;
    if (rise.money != 0) k = floored(room.money, rise.money);
    else if (room.money != 0) return most;
    else if (rise.thrift != 0) k = floored(room.thrift, rise.thrift);
    else if (room.thrift != 0) return most;
    else k = floored(room.order, rise.order);
    if (k > most) return most;
    /* Equal in the first number, the others may still be too much. */
    return negative(minus(room, times(rise, (int64_t)k))) ? (int64_t)k - 1 : (int64_t)k;
}

#endif
