"""How the plans of several cars take over without passing the site's limit on the way: lower first, confirm, then raise.

A station may be silent, so what counts is not what was planned but what each EVSE may still draw: the schedule it accepted
last, and any that was sent and not answered. All lines are watts over time; where one says nothing it is 0.
"""

from collections.abc import Sequence
from datetime import datetime

from ladewerk.timeline import Timeline, combine

TOLERANCE_W = 1.0
"""Sums of rounded currents pass a limit by less than this."""


def may_draw(*schedules: Timeline[float]) -> Timeline[float]:
    """What an EVSE may draw at most if it follows any one of ``schedules``."""
    return combine(_highest, *schedules)


def granted(
    wanted: Timeline[float],
    *,
    mine: Timeline[float],
    others: Sequence[Timeline[float]],
    headroom: Timeline[float],
    now: datetime,
) -> Timeline[float]:
    """The part of ``wanted`` that may be sent now.

    ``mine`` is what this EVSE may draw already, ``others`` what the other ones may, ``headroom`` what the site has for
    cars. Lowering is always granted. Raising is granted at each moment at which the whole fits with what the others may
    still draw; where it does not, the EVSE stays at what it has until they have confirmed less. Never is a current
    invented between the two: a car cannot charge at just any.
    """

    def rule(values: Sequence[float | None]) -> float:
        want, have, room, *rest = (value or 0.0 for value in values)
        fits = want <= have or want + sum(rest) <= room + TOLERANCE_W
        return want if fits else have

    return combine(rule, wanted, mine, headroom, *others).within(now, wanted.end)


def _highest(values: Sequence[float | None]) -> float:
    return max((value for value in values if value is not None), default=0.0)
