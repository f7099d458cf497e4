/* Piecewise linear functions on whole numbers: sorted, disjoint pieces; where none lies it is not defined. */
#ifndef LADEWERK_PIECES_H
#define LADEWERK_PIECES_H

#include <stddef.h>

#include "value.h"

/* A linear stretch of the least cost so far, over the useful total. */
typedef struct {
    value cost; /* at `first` */
    value slope;
    int64_t first, last;
    int64_t drawn; /* what the slot draws, where it has steps */
    int32_t part;  /* which segment of the slot, or of that level; IDLE where it is off */
    int32_t from;  /* the piece before; -1 at the beginning */
} piece;

enum { IDLE = -1 };

typedef struct {
    piece *piece;
    int count, room;
} pieces;

static inline value cost_at(const piece *p, int64_t total) {
    return plus(p->cost, times(p->slope, total - p->first));
}

static inline void clip(piece *p, int64_t first, int64_t last) {
    if (first != p->first) p->cost = cost_at(p, first);
    p->first = first;
    p->last = last;
}

/* Room for `more`; false where memory ran out. */
bool make_room(pieces *list, int more);

/* Appends the lower of two functions wherever either is defined; on a tie the first. */
bool append_lower(pieces *out, const piece *f, int fs, const piece *g, int gs);

/* Merges the functions that begin at edge[0], edge[1], .. edge[edges] in `list` into one; uses `spare`. */
bool merge(pieces *list, pieces *spare, int *edge, int edges);

#endif
