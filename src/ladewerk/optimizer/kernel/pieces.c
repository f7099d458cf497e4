#include "pieces.h"

#include <stdlib.h>
#include <string.h>

bool make_room(pieces *list, int more) {
    if (list->count + more <= list->room) return true;
    int room = 2 * (list->count + more) + 64;
    piece *moved = realloc(list->piece, (size_t)room * sizeof *moved);
    if (!moved) return false;
    list->piece = moved;
    list->room = room;
    return true;
}

/* Appends, or lengthens the last piece where `p` is the continuation of the same one. */
static void append(pieces *out, const piece *p, int64_t first, int64_t last) {
    if (out->count > 0) {
        piece *end = &out->piece[out->count - 1];
        if (end->from == p->from && end->part == p->part && end->drawn == p->drawn && end->last + 1 == first &&
            same(end->slope, p->slope) && same(cost_at(end, first), cost_at(p, first))) {
            end->last = last;
            return;
        }
    }
    piece *end = &out->piece[out->count++];
    *end = *p;
    clip(end, first, last);
}

/* Appends the lower of two pieces between `start` and `end`, where both lie. */
static void append_both(pieces *out, const piece *f, const piece *g, int64_t start, int64_t end) {
    value ahead = minus(cost_at(g, start), cost_at(f, start));
    value rise = minus(g->slope, f->slope);
    value ahead_at_end = plus(ahead, times(rise, end - start));
    if (!negative(ahead) && !negative(ahead_at_end)) {
        append(out, f, start, end);
    } else if (!positive(ahead) && !positive(ahead_at_end)) {
        append(out, g, start, end);
    } else if (positive(ahead)) {
        int64_t cross = start + steps_within(ahead, minus(f->slope, g->slope), end - start - 1);
        append(out, f, start, cross);
        append(out, g, cross + 1, end);
    } else {
        int64_t cross = start + steps_within(minus(cost_at(f, start), cost_at(g, start)), rise, end - start - 1);
        append(out, g, start, cross);
        append(out, f, cross + 1, end);
    }
}

bool append_lower(pieces *out, const piece *f, int fs, const piece *g, int gs) {
    if (!make_room(out, 4 * (fs + gs))) return false;
    const piece *f_end = f + fs, *g_end = g + gs;
    int64_t at = INT64_MIN;
    while (f < f_end && g < g_end) {
        int64_t f_first = f->first > at ? f->first : at, g_first = g->first > at ? g->first : at;
        if (f->last < g_first) {
            append(out, f, f_first, f->last);
            f++;
        } else if (g->last < f_first) {
            append(out, g, g_first, g->last);
            g++;
        } else if (f_first < g_first) {
            append(out, f, f_first, g_first - 1);
            at = g_first;
        } else if (g_first < f_first) {
            append(out, g, g_first, f_first - 1);
            at = f_first;
        } else {
            int64_t end = f->last < g->last ? f->last : g->last;
            append_both(out, f, g, f_first, end);
            at = end + 1;
            if (f->last == end) f++;
            if (g->last == end) g++;
        }
    }
    for (; f < f_end; f++) append(out, f, f->first > at ? f->first : at, f->last);
    for (; g < g_end; g++) append(out, g, g->first > at ? g->first : at, g->last);
    return true;
}

bool merge(pieces *list, pieces *spare, int *edge, int edges) {
    while (edges > 1) {
        spare->count = 0;
        int merged = 0;
        for (int i = 0; i < edges; i += 2) {
            const piece *f = list->piece + edge[i], *g = list->piece + edge[i + 1];
            int begin = spare->count, fs = edge[i + 1] - edge[i], gs = i + 1 < edges ? edge[i + 2] - edge[i + 1] : 0;
            if (!append_lower(spare, f, fs, g, gs)) return false;
            edge[merged++] = begin;
        }
        edge[merged] = spare->count;
        edges = merged;
        pieces swap = *list;
        *list = *spare;
        *spare = swap;
    }
    return true;
}
