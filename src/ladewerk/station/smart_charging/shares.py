"""What each unit may draw of a limit that they have together: the limit on EVSE 0 is that of their sum (K04.FR.05)."""

from collections.abc import Iterable, Sequence

from ladewerk.electrical import MINIMUM_OFFER_A
from ladewerk.timeline import Timeline, combine


def shares(limit_a: float, wanted_a: Sequence[float]) -> list[float]:
    """A per phase for each unit: equal, but never more than it wants, and what one leaves goes to the others.

    Where that is less than a control pilot can offer, the last ones wait: six amps for two of three, not four for none.
    """
    served = [index for index, wanted in enumerate(wanted_a) if wanted >= MINIMUM_OFFER_A]
    while served and limit_a < MINIMUM_OFFER_A * len(served):
        served.pop()
    given = [0.0] * len(wanted_a)
    left = limit_a
    for place, index in enumerate(sorted(served, key=lambda index: wanted_a[index])):
        given[index] = min(wanted_a[index], left / (len(served) - place))
        left -= given[index]
    return given


def lower(values: Sequence[float | None]) -> float | None:
    """The lowest of ``values`` where all say something."""
    return None if None in values else min(value for value in values if value is not None)


def share(index: int, own: Timeline[float], together: Timeline[float], wanted: Iterable[Timeline[float]]) -> Timeline[float]:
    """The limit of one unit beside the others: its own, and its share where the station has one."""

    def rule(values: Sequence[float | None]) -> float | None:
        own_a, limit_a, *others = values
        if own_a is None or limit_a is None:
            return own_a
        wishes = [value or 0.0 for value in others]
        # A unit that wants nothing yet is told what it would get: nobody waits for a limit that is not known.
        wishes[index] = wishes[index] or own_a
        return min(own_a, shares(limit_a, wishes)[index])

    return combine(rule, own, together, *wanted)
