#include "relaxed.h"

static void sift_up(relaxed *r, int64_t price, int64_t width) {
    int at = r->count++;
    for (; at > 0 && r->price[(at - 1) / 2] < price; at = (at - 1) / 2) {
        r->price[at] = r->price[(at - 1) / 2];
        r->width[at] = r->width[(at - 1) / 2];
    }
    r->price[at] = price;
    r->width[at] = width;
}

static void drop_dearest(relaxed *r) {
    int at = 0;
    int64_t price = r->price[--r->count], width = r->width[r->count];
    for (int child = 1; child < r->count; child = 2 * at + 1) {
        if (child + 1 < r->count && r->price[child + 1] > r->price[child]) child++;
        if (r->price[child] <= price) break;
        r->price[at] = r->price[child];
        r->width[at] = r->width[child];
        at = child;
    }
    r->price[at] = price;
    r->width[at] = width;
}

static void add(relaxed *r, int64_t price, int64_t width, int64_t wanted) {
    if (width <= 0) return;
    sift_up(r, price, width);
    r->have += width;
    r->cost += (wide)price * width;
    while (r->have > wanted) {
        int64_t shed = r->have - wanted;
        if (shed > r->width[0]) shed = r->width[0];
        r->have -= shed;
        r->cost -= (wide)r->price[0] * shed;
        r->width[0] -= shed;
        if (r->width[0] == 0) drop_dearest(r);
    }
}

void add_slot(relaxed *r, const slot *s, int64_t wanted) {
    int64_t rest = s->most - s->covered;
    if (s->bulging) {
        add(r, s->covered_price < s->price ? s->covered_price : s->price, s->most, wanted);
    } else {
        add(r, s->covered_price, s->covered, wanted);
        add(r, s->price, rest, wanted);
    }
}
