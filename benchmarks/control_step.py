"""A charging unit's table by itself: what a second of a vehicle that charges asks of it. Few imports, to be counted."""

from datetime import UTC, datetime, timedelta

from ladewerk.station.drivers.ports import EvseReading, MeterReading, PilotState
from ladewerk.station.moment import Moment
from ladewerk.station.unit.events import EvseSeen, MeterSeen, Tick
from ladewerk.station.unit.execution import Execution
from ladewerk.station.unit.state import Phase, Rules, UnitState
from ladewerk.station.unit.table import step
from ladewerk.timeline import Timeline

_START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def charge(seconds: int) -> None:
    """A unit that charges by a plan of 96 slots, for so many seconds."""
    at, monotonic_s = _START, 100.0
    line = Timeline.from_slots(at, [900] * 96, [8.0 + number % 9 for number in range(96)])
    state = UnitState(
        rules=Rules(), phase=Phase.CHARGING, planned=Execution.begin(line, Moment(at, monotonic_s)), in_transaction=True
    )
    for second in range(seconds):
        at, monotonic_s = at + timedelta(seconds=1), monotonic_s + 1
        now = Moment(at, monotonic_s)
        drawn_a = max(0.0, state.offer_a - 0.2 + 0.01 * (second % 7))
        meter = MeterReading(
            read_at=at,
            voltage_v=(230.0 + second % 3, 230.0, 230.0),
            current_a=(drawn_a,) * 3,
            power_w=(230 * drawn_a,) * 3,
            energy_register_wh=float(second),
        )
        board = EvseReading(
            read_at=at,
            pilot=PilotState.C,
            set_current_a=state.offer_a,
            offered_current_a=state.offer_a,
            cable_limit_a=20.0,
            relay_closed=True,
            supply_allowed=True,
            self_test_running=False,
            faults=frozenset(),
        )
        for event in (MeterSeen(meter), EvseSeen(board), Tick()):
            state, _ = step(state, event, now)
    if state.phase is not Phase.CHARGING:
        raise SystemExit(f"the unit does not charge: {state.fault}")
