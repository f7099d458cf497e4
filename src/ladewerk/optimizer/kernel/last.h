/* The plan in force, tried first. */
#ifndef LADEWERK_LAST_H
#define LADEWERK_LAST_H

#include "dual.h"

/* Tries the last plan, if it takes the need: what is only as good must not replace it. */
void try_last(search *search);

#endif
