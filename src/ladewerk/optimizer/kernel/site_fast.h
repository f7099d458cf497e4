/* How the loops over slots are compiled: sums may be taken in any order, and for the widest registers that the machine has
 * at run time where the compiler can do that. */
#ifndef LADEWERK_SITE_FAST_H
#define LADEWERK_SITE_FAST_H

#if defined(__clang__)
#pragma clang fp reassociate(on) contract(fast)
#define SITE_ANY_ORDER
#elif defined(__GNUC__)
#define SITE_ANY_ORDER __attribute__((optimize("O3", "associative-math", "no-signed-zeros", "no-trapping-math", "finite-math-only", "no-math-errno", "fp-contract=fast")))
#else
#define SITE_ANY_ORDER
#endif

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__)
#define SITE_FAST SITE_ANY_ORDER __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SITE_FAST SITE_ANY_ORDER
#endif

#endif
