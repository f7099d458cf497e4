/* Bounds from a price per unit of amount, and the plans met on the way to the best of them. */
#ifndef LADEWERK_DUAL_H
#define LADEWERK_DUAL_H

#include "slots.h"

enum { OFF = -1 };

/* One price: the rest costs at least `price` * rest + after[slot][on before], as long as there is a rest. */
typedef struct {
    value price;
    value bound;
    value (*after)[2]; /* one more than there are slots */
    int64_t total;     /* what the best choices at this price draw usefully, and cost */
    value cost;
} line;

typedef struct {
    const car *car;
    int count; /* only the first slots may be used */
    int64_t need;
    int64_t unit; /* what all amounts are multiples of, with steps; else 0 */
    int64_t *room;  /* most that slots from here on can take; one more than there are */
    value limit;    /* no part of a price is larger */
    line *line;     /* the best one first */
    int lines;
    int64_t *amount; /* work: choices at a price, */
    unsigned char *turns_on;
    int64_t *kept;
    int64_t *trial; /* a plan, */
    int *order;     /* and the slots that are on */
    value *saving;
    int64_t *best; /* the best plan met: useful amount per slot or OFF */
    value best_cost; /* of that, or what a plan must cost less than */
    bool has_best;
} search;

enum { SECANTS = 8, ORDERED = 4, PRICED = 4, MOST_LINES = SECANTS + ORDERED + PRICED };

/* Fills line[] from a first guess of the price; line[0] is the one with the highest bound. Also finds plans: `best` is
 * replaced wherever one costs less than `best_cost`. */
void find_lines(search *search, value guess);

/* Adds lines around the best one: it is the best for the whole, others are better for parts of it. */
void add_lines(search *search);

/* What the slot takes at most usefully, if it is on, where each unit of amount earns `price`. */
int64_t best_amount(const car *car, const slot *slot, value price);

/* Makes the plan in search->trial the best one if it costs less. */
void keep_if_better(search *search);

/* What `amount` (useful amounts or OFF) costs, starts included. */
value cost_of_plan(const car *car, int count, const int64_t *amount);

#endif
