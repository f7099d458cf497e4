/* The forward pass: the least cost of every total so far, slot by slot, without what cannot become the best plan. */
#ifndef LADEWERK_FRONTIER_H
#define LADEWERK_FRONTIER_H

#include "dual.h"
#include "pieces.h"

enum { BOUNDING_LINES = MOST_LINES, GONE = -2 };

typedef struct {
    const search *search;
    value ceiling; /* only what costs less is looked for */
    pieces arena;  /* off and on pieces of every slot; as the ceiling, costs are less the price of line[0] */
    pieces now[2]; /* those of the last slot, off and on; `from` is their own place in the arena */
    pieces off, started, found, merged; /* work */
    int *edge; /* where the functions in `found` begin */
    int edges, edge_room;
    segment *level; /* segments of the levels of a slot with steps, and what they draw */
    int64_t *level_drawn; /* twice, plus the part */
    int levels, level_room;
    int end_slot; /* the best plan found ends here; -1 if there is none */
    piece end;
    value lowest; /* the lowest bound of what was left out */
    bool left_out;
} frontier;

typedef enum { PROVEN, LEFT_OUT, NO_MEMORY } outcome;

/* Looks for a plan below search->best_cost and puts it there. Where there are more than `most_pieces` it gives up or, with
 * `narrowing`, goes on with the most promising ones; `lowest` is then a bound on what it has not seen. */
outcome look(search *search, int most_pieces, bool narrowing, value *lowest);

#endif
