"""A charging unit on a bench: its clock turned by hand, its board, meter and lock played by the test."""

from datetime import UTC, datetime, timedelta
from typing import Any

from ladewerk.station.drivers.ports import EvseFault, EvseReading, MeterReading, PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.unit.actions import (
    Action,
    AllowSupply,
    EndReason,
    EndTransaction,
    MoveLock,
    OpenContactor,
    Refuse,
    Say,
    SetCurrent,
)
from ladewerk.station.unit.events import (
    Device,
    DeviceMissed,
    DirectPressed,
    Event,
    EvseSeen,
    LinkChanged,
    LockFailed,
    LockMoved,
    MeterSeen,
    NeedsAnswered,
    NeedsGiven,
    PlanReceived,
    StartPressed,
    Tick,
)
from ladewerk.station.unit.needs import Mode, Needs
from ladewerk.station.unit.state import Phase, Request, Rules, UnitState
from ladewerk.station.unit.table import TABLE, step
from ladewerk.timeline import Timeline

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
A, B, C, E = PilotState.A, PilotState.B, PilotState.C, PilotState.E


class Bench:
    """A unit, a clock, a board and a meter that answer every second unless told otherwise."""

    def __init__(self, **rules: Any) -> None:
        self.at, self.monotonic_s = START, 100.0
        self.state = UnitState(rules=Rules(**rules))
        self.pilot, self.relay, self.testing, self.set_a = A, False, False, 0.0
        self.supply = True
        self.faults: frozenset[EvseFault] = frozenset()
        self.drawn_a, self.register_wh = 0.0, 1000.0
        self.drawn_by_phase_a: tuple[float | None, float | None, float | None] | None = None
        self.board_answers = self.meter_answers = True
        self.meter_frozen = False
        self.obeys = True
        self.lock_works = True
        self.actions: list[Action] = []
        self.link(up=True)

    def phase(self) -> Phase:
        return self.state.phase

    def request(self) -> Request:
        return self.state.request

    @property
    def now(self) -> Moment:
        return Moment(self.at, self.monotonic_s)

    def feed(self, event: Event) -> list[Action]:
        before = self.state.phase
        self.state, actions = step(self.state, event, self.now)
        row = TABLE[before][type(event)]
        assert self.state.phase in row.leads_to | {before}, (before, event, self.state.phase)
        self.actions += actions
        for action in actions:
            match action:
                case SetCurrent(amps) if self.obeys:
                    self.set_a = amps
                case OpenContactor():
                    self.supply, self.set_a = False, 0.0
                case AllowSupply():
                    self.supply, self.set_a = True, 0.0
        return list(actions)

    def link(self, *, up: bool) -> None:
        self.feed(LinkChanged(up))

    def second(self, seconds: int = 1) -> None:
        """Let time pass with a poll of both devices each second; locks and self-tests take their time."""
        for _ in range(seconds):
            seen = len(self.actions)
            self.at += timedelta(seconds=1)
            self.monotonic_s += 1
            self.relay = self.supply and self.pilot is C and self.set_a > 0
            self.register_wh += self.drawn_a * 3 * 230 / 3600
            amps = self.drawn_by_phase_a or (self.drawn_a,) * 3
            if self.meter_answers:
                watts = tuple(None if value is None else value * 230 for value in amps)
                reading = MeterReading(
                    read_at=self.at,
                    voltage_v=(230.0 + self.monotonic_s % 2 / 10 * (not self.meter_frozen),) * 3,
                    current_a=amps,
                    power_w=watts,  # type: ignore[arg-type]
                    energy_register_wh=self.register_wh,
                )
                self.feed(MeterSeen(reading))
            else:
                self.feed(DeviceMissed(Device.METER, "no answer"))
            if self.board_answers:
                self.feed(EvseSeen(self.reading()))
            else:
                self.feed(DeviceMissed(Device.EVSE, "no answer"))
            self.feed(Tick())
            for action in self.actions[seen:]:
                if isinstance(action, MoveLock):
                    self.feed(LockMoved(action.locked) if self.lock_works else LockFailed(action.locked, "blocked"))

    def reading(self) -> EvseReading:
        return EvseReading(
            read_at=self.at,
            pilot=self.pilot,
            set_current_a=self.set_a,
            offered_current_a=self.set_a,
            cable_limit_a=20.0,
            relay_closed=self.relay,
            supply_allowed=self.supply,
            self_test_running=self.testing,
            faults=self.faults,
        )

    def plug_in(self) -> None:
        self.pilot = B
        self.second()

    def needs(self, energy_wh: float = 5000, hours: float = 8, max_current_a: float = 16) -> Needs:
        return Needs(
            mode=Mode.BALANCED,
            energy_wh=energy_wh,
            depart_at=self.at + timedelta(hours=hours),
            min_current_a=6,
            max_current_a=max_current_a,
        )

    def plan(self, *slots: tuple[float, float]) -> Timeline[float]:
        """Slots of (s, A) from now on."""
        return Timeline.from_slots(self.at, [length for length, _ in slots], [amps for _, amps in slots])

    def planned(self, *slots: tuple[float, float], **needs: Any) -> None:
        """A vehicle, a need, a plan."""
        self.plug_in()
        self.feed(NeedsGiven(self.needs(**needs)))
        self.feed(NeedsAnswered(accepted=True))
        self.feed(PlanReceived(self.plan(*(slots or ((3600, 16.0),)))))
        assert self.phase() is Phase.PLANNED

    def self_test(self) -> None:
        self.testing = True
        self.second(30)
        self.testing = False
        self.second()

    def charging(self, *slots: tuple[float, float], **needs: Any) -> None:
        """A session that charges now."""
        self.planned(*slots, **needs)
        self.feed(StartPressed())
        self.feed(LockMoved(locked=True))
        self.self_test()
        self.second(2)
        self.pilot, self.drawn_a = C, min(15.8, self.state.offer_a)
        self.second()
        assert self.phase() is Phase.CHARGING, self.phase()

    def said(self) -> list[str]:
        return [action.code for action in self.actions if isinstance(action, Say)]

    def ended(self) -> list[EndReason]:
        return [action.reason for action in self.actions if isinstance(action, EndTransaction)]

    def refusal(self, event: Event) -> str | None:
        return next((action.code for action in self.feed(event) if isinstance(action, Refuse)), None)


def ready() -> Bench:
    bench = Bench()
    bench.second()
    return bench


def faulted() -> Bench:
    bench = ready()
    bench.charging()
    bench.board_answers = False
    bench.second(12)
    assert bench.phase() is Phase.FAULT
    return bench


def direct() -> Bench:
    bench = Bench(direct_current_a=10.0, calibration_s=60)
    bench.second()
    bench.plug_in()
    bench.feed(DirectPressed())
    bench.feed(LockMoved(locked=True))
    bench.self_test()
    bench.pilot, bench.drawn_a = C, 9.8
    bench.second()
    return bench
