/* What one car may draw in each slot, and what that costs.
 *
 * Amounts of energy are whole multiples of a microampere held for a millisecond, prices of a billionth per kWh: the same
 * whole numbers as in single.py. An amount is "useful" as far as it counts towards the need; what a minimum current or a
 * step draws beyond that is paid for and earns nothing. */
#ifndef LADEWERK_SLOTS_H
#define LADEWERK_SLOTS_H

#include "value.h"

/* One linear stretch of what a slot costs, over the useful amount. */
typedef struct {
    value cost; /* at `least` */
    value slope;
    int64_t least, most;
} segment;

/* A place where the least of a slot at some price per unit can lie. */
typedef struct {
    value cost;
    int64_t amount;
} corner;

/* Of one slot, at most. */
enum { SEGMENTS = 8, CORNERS = 16 };

typedef struct {
    int64_t length;      /* ms */
    int64_t least, most; /* drawn when on; most is 0 where the slot must stay off */
    int64_t step;        /* 0: any amount between */
    int64_t covered;     /* amount that PV covers */
    int64_t covered_price, price;
    int64_t last; /* in the last plan */
    int64_t index;
    bool bulging; /* a step up may cost less than the one before */
    bool plain;   /* every amount costs `unit` for each 1 of it */
    value unit;
    int segments, corners;
    segment *segment; /* in order of amount without a hole; none with steps */
    corner *corner;   /* the first is "on, nothing useful" */
} slot;

/* Where the parts of a cost stand in their numbers: how many bits up. */
typedef struct {
    int money, excess, start, distance;
} digits;

enum { NO_LAST = -1 }; /* instead of `distance` */

typedef struct {
    digits digits;
    int count;
    bool running; /* before the first slot */
    value start;  /* cost of a start */
    slot *slot;
} car;

/* Least and most drawn, prices, last and index are set; fills in the rest, with room behind `segment` and `corner`. */
void complete_slot(const digits *digits, slot *slot);

/* What it costs to draw `drawn`, of which `useful` counts. */
value cost_of(const digits *digits, const slot *slot, int64_t drawn, int64_t useful);

/* The least amount that may be drawn for `useful`. */
int64_t drawn_for(const slot *slot, int64_t useful);

/* With steps: the segments of level `drawn` (at most 2), with the useful amounts above the level before. */
int level_segments(const digits *digits, const slot *slot, int64_t drawn, segment out[2]);

#endif
