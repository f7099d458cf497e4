"""Reproducible noise: numbers that look random and depend on a seed and an index alone."""

_MASK = (1 << 64) - 1


def uniform(seed: int, index: int) -> float:
    """A number from 0 up to, not including, 1; the same for the same ``seed`` and ``index`` on every machine.

    Unlike a generator's, it does not depend on how often or in which order it was asked for. Source: the finaliser of
    SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    """
    z = (seed * 0xD1342543DE82EF95 + index * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((z ^ (z >> 31)) >> 11) / (1 << 53)


def symmetric(seed: int, index: int) -> float:
    """As :func:`uniform`, from -1 to 1."""
    return 2 * uniform(seed, index) - 1
