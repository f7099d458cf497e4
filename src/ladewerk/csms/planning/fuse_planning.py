"""Plans behind the fuses of a site, which the optimizer does not know: it has one limit.

What it has planned together is held against every fuse. Where more is planned than a fuse leaves, the cars behind it take
their turns: each is planned alone, who leaves first before the others, with what the fuses still leave then.
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ladewerk.csms.limit.allocation import EvseKey, Fuse, Outlet
from ladewerk.csms.limit.loads import NO_LOAD, Load, Rate, exceeds, highest, summed
from ladewerk.csms.planning.outlook import base_load_line
from ladewerk.csms.planning.problem import Waiting, current_line, planning_problem
from ladewerk.csms.planning.site import Site
from ladewerk.csms.records import StoredPlan
from ladewerk.electrical import power_w
from ladewerk.optimizer import Problem
from ladewerk.timeline import Timeline, combine, lowest


def planned_load(plan: StoredPlan, outlet: Outlet) -> Timeline[Load]:
    """What the car may draw by ``plan``, and always by its fallback."""
    planned = current_line(plan).map(lambda amps: outlet.load(Rate(amps, plan.phases)))
    return combine(highest, idle_load(outlet, plan.created_at), planned)


def idle_load(outlet: Outlet, now: datetime) -> Timeline[Load]:
    """What a car may draw that has no plan."""
    return Timeline.of([(now, outlet.load(outlet.base()))])


def crowded(lines: Mapping[EvseKey, Timeline[Load]], fuses: Iterable[Fuse], now: datetime) -> list[Fuse]:
    """Those fuses behind which ``lines`` are together more than they leave."""
    found = []
    for fuse in fuses:
        drawn = summed([lines[key] for key in sorted(fuse.behind) if key in lines])
        if exceeds(drawn, fuse.room()).within(now).starts:
            found.append(fuse)
    return found


def turns(cars: Iterable[EvseKey], fuses: Sequence[Fuse]) -> dict[EvseKey, str]:
    """Who of ``cars``, in their order, is to be planned alone, and for the sake of which of the crowded ``fuses``."""
    return {key: above[0] for key in cars if (above := [fuse.name for fuse in fuses if key in fuse.behind])}


def left_w(
    key: EvseKey,
    outlet: Outlet,
    lines: Mapping[EvseKey, Timeline[Load]],
    fuses: Iterable[Fuse],
    now: datetime,
    *,
    phases: int,
) -> Timeline[float]:
    """What all fuses before ``key`` leave to its car on so many phases, beside what the others draw by ``lines``."""

    def rule(values: Sequence[Load | None]) -> float:
        drawn, room = (value or NO_LOAD for value in values)
        each_a = min(room[phase] - drawn[phase] for phase in outlet.wired)
        watts = min(room.power_w - drawn.power_w, power_w(each_a, phases=phases, voltage_v=outlet.voltage_v))
        return max(0.0, watts)

    left = []
    for fuse in fuses:
        if key in fuse.behind:
            others = summed([lines[other] for other in sorted(fuse.behind) if other != key and other in lines])
            left.append(combine(rule, others, fuse.room()).within(now))
    return combine(lowest, *left)


def alone_problem(car: Waiting, site: Site, left: Timeline[float], now: datetime) -> Problem:
    """What to ask for ``car`` with the watts that are ``left`` to it."""

    def rule(values: Sequence[float | None]) -> Load:
        base_w, room_w = (value or 0.0 for value in values)
        return Load(max(0.0, site.limit_w - base_w - room_w), 0.0, 0.0, 0.0)

    others = combine(rule, base_load_line(site, now), left).within(now)
    problem = planning_problem([car], site, others, now)
    # What each phase has is in the watts.
    return dataclasses.replace(problem, site=dataclasses.replace(problem.site, phase_limit_a=None))
