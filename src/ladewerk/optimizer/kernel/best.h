/* The best plan of one car: numbers of the outside in, numbers of the outside out. */
#ifndef LADEWERK_BEST_H
#define LADEWERK_BEST_H

#include <stdbool.h>
#include <stdint.h>

enum { BALANCED = 0, SHORTEST = 1, CHEAPEST = 2 };

/* One value per slot behind each pointer; `last_a` may be NULL. */
typedef struct {
    int count, mode;
    bool running;
    double energy_wh, watt_per_a, min_a, step_a /* 0: any */, start_cost, value_of_time_per_h;
    const double *end_s, *length_s, *most_a, *surplus_w, *price_per_kwh, *export_price_per_kwh, *last_a;
    const unsigned char *absent;
} request;

typedef struct {
    double *current_a;
    double energy_wh, missing_wh, complete_s /* below 0: never */, objective, bound, cost;
} answer;

typedef enum { DONE = 0, TOO_LARGE = 1, MEMORY = 2 } status;

status best_plan(const request *request, answer *answer);

#endif
