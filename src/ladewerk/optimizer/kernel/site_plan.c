/* From energies to a plan: a bound on every plan, currents within every limit, and what they come to. */
#include <math.h>
#include <stdlib.h>

#include "site_fast.h"
#include "site_ipm.h"

#define SMALL_A 1e-3     /* no car is told to draw less */
#define MARGIN 1e-12     /* sums in another order differ by less */
#define ENOUGH_KWH 1e-6  /* energy that is not worth speaking of */

/* --- the bound */

SITE_FAST static double below(int n, const double *restrict most, const double *restrict price, double worth) {
    double sum = 0.0;
    for (int j = 0; j < n; j++) {
        double gain = price[j] - worth;
        sum += most[j] * (gain < 0.0 ? gain : 0.0);
    }
    return sum;
}

static double capped(const site_programme *p, int k, int t, double peak_scale) {
    double y = fmax(0.0, p->price[k * p->slots + t]);
    if (k == p->tier) return fmin(y, p->surcharge[t]);
    return k == p->peak ? y * peak_scale : y;
}

double ladewerk_site_bound(const site_programme *p, const double *least) {
    int T = p->slots;
    double peak_sum = 0.0, bound = 0.0;
    if (p->peak >= 0)
        for (int t = 0; t < T; t++) peak_sum += p->hours[t] * fmax(0.0, p->price[p->peak * T + t]);
    double peak_scale = peak_sum > p->peak_price ? p->peak_price / peak_sum : 1.0;
    double *shift = malloc(sizeof(double) * (size_t)(p->wirings * T));
    if (shift == NULL) return -INFINITY;
    for (int i = 0; i < p->wirings; i++)
        for (int t = 0; t < T; t++) {
            double sum = p->cost[t];
            for (int k = 0; k < p->kinds; k++)
                if (!isinf(p->room[k * T + t])) sum += p->share[i * p->kinds + k] * capped(p, k, t, peak_scale);
            shift[i * T + t] = sum;
        }
    for (int i = 0; i < p->cars; i++) {
        double worth = p->worth[i];
        if (least == NULL)
            bound += worth * p->wanted[i] + p->may_miss[i] * fmin(0.0, p->missing_cost[i] - worth);
        else
            bound += worth * (worth > 0.0 ? least[i] : p->wanted[i]);
        bound += below(p->last[i] - p->first[i], p->most + p->at[i], shift + p->wiring[i] * T + p->first[i], worth);
    }
    for (int k = 0; k < p->kinds; k++)
        for (int t = 0; t < T; t++)
            if (!isinf(p->room[k * T + t])) bound -= capped(p, k, t, peak_scale) * p->room[k * T + t];
    free(shift);
    return bound;
}

/* --- the plan */

typedef struct {
    double *left;  /* kinds x slots: room that nobody uses */
    double *price; /* wirings x slots */
} spare;

static void use(const site_programme *p, spare *s, int i, int t, double kwh) {
    for (int k = 0; k < p->kinds; k++) s->left[k * p->slots + t] -= p->share[p->wiring[i] * p->kinds + k] * kwh;
}

static double fits(const site_programme *p, const spare *s, int i, int t) {
    double most = INFINITY;
    for (int k = 0; k < p->kinds; k++) {
        double share = p->share[p->wiring[i] * p->kinds + k];
        if (share > 0.0) most = fmin(most, s->left[k * p->slots + t] / share);
    }
    return fmax(0.0, most);
}

static void survey(const site_programme *p, spare *s) {
    int T = p->slots;
    for (int i = 0; i < p->kinds * T; i++) s->left[i] = p->room[i];
    for (int i = 0; i < p->wirings; i++)
        for (int t = 0; t < T; t++) {
            double sum = p->cost[t];
            for (int k = 0; k < p->kinds; k++) sum += p->share[i * p->kinds + k] * p->price[k * T + t];
            s->price[i * T + t] = sum;
        }
    for (int i = 0; i < p->cars; i++)
        for (int t = p->first[i]; t < p->last[i]; t++) use(p, s, i, t, p->x[p->at[i] + t - p->first[i]]);
    double peak = 0.0;
    if (p->peak >= 0)
        for (int t = 0; t < T; t++) peak = fmax(peak, -s->left[p->peak * T + t] / p->hours[t]);
    for (int t = 0; t < T; t++) {
        /* More than the surplus may be drawn; the peak is what it is. */
        if (p->tier >= 0) s->left[p->tier * T + t] = INFINITY;
        if (p->peak >= 0) s->left[p->peak * T + t] += peak * p->hours[t];
    }
}

/* Give up what is drawn in slots that are over-full. */
static void shed(site_programme *p, spare *s) {
    for (int i = 0; i < p->cars; i++)
        for (int t = p->first[i]; t < p->last[i]; t++) {
            double *x = p->x + p->at[i] + t - p->first[i];
            for (int k = 0; k < p->kinds; k++) {
                double over = -s->left[k * p->slots + t], share = p->share[p->wiring[i] * p->kinds + k];
                if (over <= 0.0 || share <= 0.0 || *x <= 0.0) continue;
                double cut = fmin(*x, over / share * (1.0 + 1e-12));
                *x -= cut;
                use(p, s, i, t, -cut);
            }
        }
}

static double got(const site_programme *p, int i) {
    double sum = 0.0;
    for (int64_t j = p->at[i]; j < p->at[i + 1]; j++) sum += p->x[j];
    return sum;
}

static double add(site_programme *p, spare *s, int i, int t, double lack) {
    int64_t j = p->at[i] + t - p->first[i];
    double more = fmin(lack, fmin(p->most[j] - p->x[j], fits(p, s, i, t)));
    if (more <= 0.0) return 0.0;
    p->x[j] += more;
    use(p, s, i, t, more);
    return more;
}

/* Bring a car to `goal`, first where it charges anyway, then where it is cheapest. */
static void fill(site_programme *p, spare *s, int i, double goal, double small_kwh) {
    double lack = goal - got(p, i);
    const double *price = s->price + p->wiring[i] * p->slots;
    for (int t = p->first[i]; t < p->last[i] && lack > 0.0; t++)
        if (p->x[p->at[i] + t - p->first[i]] > small_kwh) lack -= add(p, s, i, t, lack);
    double after = -INFINITY;
    while (lack > 1e-12) {
        int best = -1;
        for (int t = p->first[i]; t < p->last[i]; t++)
            if (price[t] > after && (best < 0 || price[t] < price[best])) best = t;
        if (best < 0) return;
        after = price[best];
        lack -= add(p, s, i, best, lack);
    }
}

/* Put together what a car draws next to nothing of, where that loses it no energy. */
static void tidy(site_programme *p, const site_plan *plan, spare *s) {
    for (int i = 0; i < p->cars; i++) {
        double per_kwh = plan->amps_per_kwh[p->wiring[i]], goal = fmin(got(p, i), p->wanted[i]), small = 0.0;
        for (int t = p->first[i]; t < p->last[i]; t++) {
            double *x = p->x + p->at[i] + t - p->first[i];
            double least = SMALL_A / per_kwh * p->hours[t];
            small = fmax(small, least);
            if (*x > 0.0 && *x < least) {
                use(p, s, i, t, -*x);
                *x = 0.0;
            }
        }
        if (p->missing[i] < 10.0 * ENOUGH_KWH) goal = p->wanted[i];
        fill(p, s, i, goal, small);
    }
}

static void trim(const site_programme *p, site_plan *plan, int t, int phase) {
    for (int round = 0; round < 20; round++) {
        double sum = 0.0, most = 0.0;
        int64_t top = -1;
        int who = 0;
        for (int i = 0; i < p->cars; i++) {
            if (t < p->first[i] || t >= p->last[i]) continue;
            int w = p->wiring[i];
            if (phase >= 0 && !(plan->phases[w] >> phase & 1)) continue;
            int64_t j = p->at[i] + t - p->first[i];
            sum += phase < 0 ? plan->watts[j] : plan->amps[j];
            if (plan->amps[j] > most) {
                most = plan->amps[j];
                top = j;
                who = w;
            }
        }
        double over = phase < 0 ? plan->idle_w[t] + sum - plan->limit_w[t] * (1.0 - MARGIN) : sum - plan->phase_room_a[phase * p->slots + t] * (1.0 - MARGIN);
        if (!(over > 0.0) || top < 0) return;
        double cut = (phase < 0 ? over / plan->watts_per_a[who] : over) * (1.0 + 1e-9) + 1e-12;
        plan->amps[top] = fmax(0.0, plan->amps[top] - cut);
        plan->watts[top] = plan->amps[top] * plan->watts_per_a[who];
    }
}

void ladewerk_site_put(site_programme *p, site_plan *plan) {
    int T = p->slots;
    spare s = {malloc(sizeof(double) * (size_t)(p->kinds * T)), malloc(sizeof(double) * (size_t)(p->wirings * T))};
    if (s.left != NULL && s.price != NULL) {
        survey(p, &s);
        shed(p, &s);
        tidy(p, plan, &s);
    }
    free(s.left);
    free(s.price);
    for (int i = 0; i < p->cars; i++) {
        int w = p->wiring[i];
        for (int t = p->first[i]; t < p->last[i]; t++) {
            int64_t j = p->at[i] + t - p->first[i];
            double amps = p->x[j] / p->hours[t] * plan->amps_per_kwh[w];
            plan->amps[j] = p->x[j] > 0.0 ? fmin(amps, plan->most_a[i]) : 0.0;
            plan->watts[j] = plan->amps[j] * plan->watts_per_a[w];
        }
    }
    /* Only slots that are full within rounding need a closer look. */
    ladewerk_site_tell(p, plan);
    for (int t = 0; t < T; t++) {
        if (plan->idle_w[t] + 1000.0 * plan->kw[t] > plan->limit_w[t] * (1.0 - 1e-9)) trim(p, plan, t, -1);
        for (int phase = 0; phase < 3; phase++)
            if (plan->phase_a[phase * T + t] > plan->phase_room_a[phase * T + t] * (1.0 - 1e-9)) trim(p, plan, t, phase);
    }
    ladewerk_site_tell(p, plan);
}

void ladewerk_site_tell(const site_programme *p, site_plan *plan) {
    int T = p->slots;
    for (int t = 0; t < T; t++) plan->kw[t] = plan->phase_a[t] = plan->phase_a[T + t] = plan->phase_a[2 * T + t] = 0.0;
    for (int i = 0; i < p->cars; i++) {
        double energy = 0.0, money = 0.0;
        plan->complete[i] = -1;
        for (int t = p->first[i]; t < p->last[i]; t++) {
            int64_t j = p->at[i] + t - p->first[i];
            double kw = plan->watts[j] / 1000.0;
            plan->kw[t] += kw;
            for (int phase = 0; phase < 3; phase++)
                if (plan->phases[p->wiring[i]] >> phase & 1) plan->phase_a[phase * T + t] += plan->amps[j];
            energy += kw * p->hours[t];
            money += kw * p->hours[t] * plan->money_per_kwh[t];
            if (plan->complete[i] < 0 && energy >= p->wanted[i] - ENOUGH_KWH) plan->complete[i] = t;
        }
        plan->energy[i] = energy;
        plan->money[i] = money;
    }
}
