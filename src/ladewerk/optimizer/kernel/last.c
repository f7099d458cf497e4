#include "last.h"

/* Makes the drawn amounts in search->trial useful ones that add up to the need; false where that would lower a current. */
static bool use(search *search, int64_t surplus) {
    for (int t = search->count - 1; t >= 0 && surplus > 0; t--) {
        const slot *slot = &search->car->slot[t];
        if (search->trial[t] == OFF) continue;
        int64_t slack = search->trial[t] == slot->least ? slot->least : slot->step ? slot->step - 1 : 0;
        int64_t cut = slack < surplus ? slack : surplus;
        search->trial[t] -= cut;
        surplus -= cut;
    }
    return surplus == 0;
}

void try_last(search *search) {
    int64_t surplus = -search->need;
    for (int t = 0; t < search->car->count; t++) {
        const slot *slot = &search->car->slot[t];
        if (slot->last == 0) {
            if (t < search->count) search->trial[t] = OFF;
            continue;
        }
        bool possible = t < search->count && slot->last >= slot->least && slot->last <= slot->most;
        if (!possible || (slot->step && slot->last % slot->step)) return;
        search->trial[t] = slot->last;
        surplus += slot->last;
    }
    if (surplus < 0) return;
    if (use(search, surplus)) keep_if_better(search);
}
