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
    bool money_alone; /* what costs as much money as the ceiling is no better */
    bool left_out;
} frontier;

typedef enum { PROVEN, LEFT_OUT, NO_MEMORY } outcome;

typedef struct {
    int most_pieces;  /* with more than that it gives up or, */
    bool narrowing;   /* goes on with the most promising ones */
    bool money_alone; /* look for less money only, whatever the ties say */
} manner;

/* Looks for a plan below search->best_cost and puts it there. `lowest` is then a bound on what it has left out. */
outcome look(search *search, manner manner, value *lowest);

#endif
