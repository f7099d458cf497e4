/* The best plan with steps of current, where all energies are multiples of a common unit: a dynamic programme. */
#ifndef LADEWERK_GRID_H
#define LADEWERK_GRID_H

#include "frontier.h"

/* Looks for a plan below search->best_cost and puts it there; PROVEN when there is none better then. LEFT_OUT where the
 * problem is not one for it: any current, prices below 0, too many states. */
outcome look_on_grid(search *search);

#endif
