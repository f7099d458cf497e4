"""What the panel's API says: everything there is to see, as values for JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import msgspec

from ladewerk.simulator.faults import Faults
from ladewerk.simulator.pins import Pins, PinView
from ladewerk.simulator.scenario import Course, described
from ladewerk.simulator.site import Site
from ladewerk.simulator.vehicle import Pilot
from ladewerk.simulator.vehicle_settings import VehicleSettings
from ladewerk.simulator.world import World


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all of them."""


class SiteView(View, frozen=True, kw_only=True):
    """The grid connection; ``grid_w`` is household plus vehicles less PV, negative where power is fed in."""

    household_w: float
    household_by_hand: bool
    pv_w: float
    pv_by_hand: bool
    ev_power_w: float
    grid_w: float


class LockView(View, frozen=True, kw_only=True):
    """The plug lock: ``position`` 0 is open, 1 locked; ``moving`` 1 towards locked, -1 towards open."""

    position: float
    moving: int
    locked: bool
    holds_plug: bool
    contact_closed: bool
    longest_drive_s: float
    violations: list[str]
    """What must never be done to the motor and was, latest last."""


class PhaseView(View, frozen=True, kw_only=True):
    """What the meter reads of one phase."""

    voltage_v: float
    current_a: float
    power_w: float


class MeterView(View, frozen=True, kw_only=True):
    """What the unit's meter would show if nothing were wrong with it."""

    phases: list[PhaseView]
    frequency_hz: float
    registers_wh: list[float]


class ReachedView(View, frozen=True, kw_only=True):
    """Where a station reaches the hardware of a unit."""

    board: str
    """A serial device, or the address of a bridge."""
    meter: str
    pins: str


class UnitView(View, frozen=True, kw_only=True):
    """One charging unit and the vehicle at it."""

    plugged: bool
    asleep: bool
    pilot: Pilot
    set_current_a: float
    offer_a: float
    contactor_closed: bool
    phases: int
    current_a: float
    """On each of the vehicle's phases."""
    ev_power_w: float
    soc: float
    drawn_wh: float
    vehicle: VehicleSettings
    lock: LockView
    registers: dict[str, int]
    """Of the board, by number; none while it has no supply."""
    meter: MeterView
    pins: list[PinView]
    lamps: dict[str, bool]
    faults: Faults
    reached: ReachedView


class StepView(View, frozen=True, kw_only=True):
    """A step of the scenario; ``at`` and ``why`` once it is over."""

    text: str
    state: Literal["ahead", "waiting", "done", "refused", "late"]
    at: datetime | None = None
    why: str = ""


class ScenarioView(View, frozen=True, kw_only=True):
    """The scenario that the simulator goes through."""

    title: str
    over: bool
    failed: bool
    steps: list[StepView]


class State(View, frozen=True, kw_only=True):
    """Everything there is to see at one moment."""

    at: datetime
    time_zone: str
    """Of the place: an IANA name, or an offset such as +01:00 where none is set and the machine's own counts."""
    site: SiteView
    units: dict[str, UnitView]
    scenario: ScenarioView | None


class ClockView(View, frozen=True, kw_only=True):
    """The simulator's time, for a program of this machine that wants to follow it."""

    loop_s: float
    """The event loop's time."""
    real_monotonic_s: float
    """The machine's monotonic clock at that moment."""
    speed: float | None
    """Loop seconds per real second at most; None is as fast as possible."""
    origin: str
    """What the clock on the wall showed at loop time 0."""


class Refusal(View, frozen=True, kw_only=True):
    """Why something was not done."""

    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """What belongs to a unit besides its world."""

    pins: Pins
    reached: ReachedView


def state_view(site: Site, units: Mapping[str, Connected], course: Course | None, time_zone: str | None) -> State:
    """Everything at the moment the site has come to; ``time_zone`` None is the machine's own."""
    return State(
        at=site.at,
        time_zone=site.at.astimezone().isoformat()[-6:] if time_zone is None else time_zone,
        site=SiteView(
            household_w=site.household_w,
            household_by_hand=site.house.household_set_w is not None,
            pv_w=site.pv_w,
            pv_by_hand=site.house.pv_set_w is not None,
            ev_power_w=site.ev_power_w,
            grid_w=site.grid_w,
        ),
        units={name: _unit(world, units[name]) for name, world in site.units.items()},
        scenario=_scenario(course) if course is not None else None,
    )


def _unit(world: World, connected: Connected) -> UnitView:
    vehicle = world.vehicle
    return UnitView(
        plugged=vehicle.plugged,
        asleep=vehicle.asleep,
        pilot=vehicle.pilot,
        set_current_a=world.board.configured_a,
        offer_a=world.board.offer_a,
        contactor_closed=world.board.mains_on,
        phases=vehicle.model.phases,
        current_a=vehicle.current_a,
        ev_power_w=vehicle.power_w,
        soc=vehicle.battery.soc,
        drawn_wh=world.drawn_wh,
        vehicle=world.vehicle_settings,
        lock=_lock(world),
        registers={str(number): value for number, value in sorted(world.board.registers().items())},
        meter=_meter(world),
        pins=connected.pins.wires(),
        lamps=connected.pins.lamps(),
        faults=world.faults,
        reached=connected.reached,
    )


def _lock(world: World) -> LockView:
    lock = world.lock
    return LockView(
        position=lock.position,
        moving=lock.moving,
        locked=lock.locked,
        holds_plug=lock.holds_plug,
        contact_closed=lock.contact_closed,
        longest_drive_s=lock.longest_drive_s,
        violations=[violation.what for violation in lock.violations[-_VIOLATIONS_SHOWN:]],
    )


_VIOLATIONS_SHOWN = 20


def _meter(world: World) -> MeterView:
    reading = world.meter_reading()
    return MeterView(
        phases=[
            PhaseView(voltage_v=phase.voltage_v, current_a=phase.current_a, power_w=phase.power_w)
            for phase in reading.phases
        ],
        frequency_hz=reading.frequency_hz,
        registers_wh=list(world.meter.registers_wh),
    )


def _scenario(course: Course) -> ScenarioView:
    told = len(course.reports)
    steps = []
    for number, step in enumerate(course.scenario.steps):
        text = described(step.act)
        if number < told:
            report = course.reports[number]
            steps.append(StepView(text=text, state=report.outcome, at=report.at, why=report.why))
        else:
            waiting = number == told and not course.over and not course.ended
            steps.append(StepView(text=text, state="waiting" if waiting else "ahead"))
    return ScenarioView(title=course.scenario.title, over=course.over, failed=course.failed, steps=steps)
