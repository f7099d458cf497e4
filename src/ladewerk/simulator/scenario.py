"""A scenario: acts one after the other, each at its time or when something holds; and the course it takes in a site.

A step waits until the step before it is over, then for its time (``at`` or ``after_s``), then for its condition (``when``).
Between two events of the world a battery fills continuously: a threshold of charge or energy is seen at the next event,
within a minute.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from math import inf
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from ladewerk.signals import Signal
from ladewerk.simulator.acts import AnyAct, End, Refused, UnitAct, perform, unit_of
from ladewerk.simulator.site import Site
from ladewerk.simulator.world import World

TimeOfDay = Annotated[str, Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$")]
Wait = Annotated[float, Meta(ge=0, le=10_000_000)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Amps = Annotated[float, Meta(ge=0, le=80)]

_HAIR = 1e-6
"""Less than a rounding error is nothing."""


class Condition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What must hold at a unit, all of it; None does not matter."""

    unit: str | None = None
    plugged: bool | None = None
    pilot: Literal["A", "B", "C", "D"] | None = None
    relay_closed: bool | None = None
    locked: bool | None = None
    asleep: bool | None = None
    charging: bool | None = None
    """Whether a current flows."""
    offer_at_least_a: Amps | None = None
    offer_at_most_a: Amps | None = None
    current_at_least_a: Amps | None = None
    current_at_most_a: Amps | None = None
    soc_at_least: Fraction | None = None
    drawn_at_least_wh: Annotated[float, Meta(ge=0)] | None = None

    def holds(self, world: World) -> bool:
        """Whether the unit is so now."""
        vehicle = world.vehicle
        found = {
            "plugged": vehicle.plugged,
            "pilot": vehicle.pilot.value,
            "relay_closed": world.board.mains_on,
            "locked": world.lock.locked,
            "asleep": vehicle.asleep,
            "charging": vehicle.power_w > 0,
        }
        if any(getattr(self, name) not in (None, value) for name, value in found.items()):
            return False
        bounds = (
            (self.offer_at_least_a, world.board.offer_a),
            (self.current_at_least_a, vehicle.current_a),
            (self.soc_at_least, vehicle.battery.soc),
            (self.drawn_at_least_wh, world.drawn_wh),
            (None if self.offer_at_most_a is None else -self.offer_at_most_a, -world.board.offer_a),
            (None if self.current_at_most_a is None else -self.current_at_most_a, -vehicle.current_a),
        )
        return all(least is None or value >= least - _HAIR for least, value in bounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act, and when it is done."""

    act: AnyAct
    at: str | None = None
    after_s: float = 0.0
    when: Condition | None = None
    within_s: float | None = None
    """How long ``when`` may take; None is for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Steps in their order."""

    title: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepReport:
    """How a step went. ``number`` counts from 1. ``late``: what it waited for did not come in time; the scenario ends."""

    at: datetime
    number: int
    step: Step
    outcome: Literal["done", "refused", "late"]
    why: str
    seen: str
    """What its unit was like then."""


class Course:
    """A scenario on its way through a site, which it watches from now on."""

    def __init__(self, scenario: Scenario, site: Site, zone: tzinfo | None) -> None:
        self.reported: Signal[StepReport] = Signal()
        self.reports: list[StepReport] = []
        self.scenario = scenario
        self._site = site
        self._zone = zone
        self._begins_s = inf
        self._wait_for_next()
        site.watch(self._go_on)

    @property
    def failed(self) -> bool:
        """Whether something did not come in time."""
        return bool(self.reports) and self.reports[-1].outcome == "late"

    @property
    def over(self) -> bool:
        """Whether nothing more will happen."""
        return self.failed or len(self.reports) == len(self.scenario.steps)

    @property
    def ended(self) -> bool:
        """Whether the simulator is to end: by its act, or because something did not come in time."""
        return self.failed or (bool(self.reports) and isinstance(self.reports[-1].step.act, End))

    def _go_on(self) -> float:
        """Do all that is due; when to look again."""
        while not self.over and not self.ended:
            step = self.scenario.steps[len(self.reports)]
            now_s = self._site.at_s
            if now_s < self._begins_s:
                return self._begins_s
            if step.when is not None and not self._holds(step.when):
                late_s = inf if step.within_s is None else self._begins_s + step.within_s
                if now_s < late_s:
                    return late_s
                self._report(step, "late", f"{_words(step.when)} did not come within {step.within_s:g} s")
            else:
                refused = None if isinstance(step.act, End) else perform(step.act, self._site)
                self._report(step, "refused" if refused else "done", refused.text if refused else "")
        return inf

    def _holds(self, condition: Condition) -> bool:
        name = unit_of(UnitAct(unit=condition.unit), self._site.units)
        return not isinstance(name, Refused) and condition.holds(self._site.units[name])

    def _report(self, step: Step, outcome: Literal["done", "refused", "late"], why: str) -> None:
        number = len(self.reports) + 1
        seen = self._seen(step.act)
        report = StepReport(at=self._site.at, number=number, step=step, outcome=outcome, why=why, seen=seen)
        self.reports.append(report)
        if not self.over:
            self._wait_for_next()
        self.reported.emit(report)

    def _seen(self, act: AnyAct) -> str:
        name = unit_of(act, self._site.units) if isinstance(act, UnitAct) else None
        if not isinstance(name, str):
            return f"{self._site.grid_w:.0f} W from the grid"
        vehicle = self._site.units[name].vehicle
        return f"{vehicle.pilot.value}, {vehicle.current_a:.1f} A, {100 * vehicle.battery.soc:.1f} %"

    def _wait_for_next(self) -> None:
        """Set when the next step's own time is, seen from now."""
        step = self.scenario.steps[len(self.reports)]
        wait_s = step.after_s
        if step.at is not None:
            local = self._site.at.astimezone(self._zone)
            due = datetime.combine(local.date(), time.fromisoformat(step.at), tzinfo=local.tzinfo)
            if due < local:
                due += timedelta(days=1)
            # In UTC: between two moments of one zone Python counts hours of the clock, not of time.
            wait_s = (due.astimezone(UTC) - self._site.at.astimezone(UTC)).total_seconds()
        self._begins_s = self._site.at_s + wait_s


def described(act: AnyAct) -> str:
    """An act in one line, in the words of the file."""
    said = {name: value for name, value in msgspec.to_builtins(act).items() if value is not None}
    return " ".join([said.pop("do"), *_pairs(said)])


def _words(condition: Condition) -> str:
    return " ".join(_pairs(msgspec.to_builtins(condition)))


def _pairs(said: dict[str, object]) -> list[str]:
    pairs = []
    for name, value in said.items():
        pairs += _pairs(value) if isinstance(value, dict) else [f"{name}={_plain(value)}"]
    return pairs


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
