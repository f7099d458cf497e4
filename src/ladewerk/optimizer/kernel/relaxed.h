/* What a car would pay at least, whatever minimum currents and starts say. */
#ifndef LADEWERK_RELAXED_H
#define LADEWERK_RELAXED_H

#include "slots.h"

/* The cheapest `wanted` out of what was added, whatever minimum currents and starts say. */
typedef struct {
    int64_t *price, *width; /* the dearest first */
    int count;
    int64_t have;
    wide cost;
} relaxed;

/* Adds what a slot offers. */
void add_slot(relaxed *r, const slot *s, int64_t wanted);

#endif
