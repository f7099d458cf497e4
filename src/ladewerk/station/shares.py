"""What each unit may draw of a limit that they have together: the limit on EVSE 0 is that of their sum (K04.FR.05)."""

from collections.abc import Sequence

from ladewerk.electrical import MINIMUM_OFFER_A


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
