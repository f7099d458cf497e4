"""What each unit has been told to go by: a plan, where its transaction has profiles of its own, and a limit always.

A unit is told only what is news to it, so this remembers what that was.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from ladewerk.charging.composite import Situation, own_limit, station_limit, transaction_line
from ladewerk.charging.installation import Purpose
from ladewerk.charging.occurrences import Window
from ladewerk.charging.schedule import currents, lasting, offerable, where_said
from ladewerk.station.control import UnitControl
from ladewerk.station.smart_charging.shares import lower, share
from ladewerk.station.unit.actions import Refuse
from ladewerk.station.unit.events import LimitsChanged, PlanCleared, PlanReceived
from ladewerk.station.units import Units
from ladewerk.timeline import Timeline, combine

_LONG_AGO: Final = timedelta(days=3650)


class Guidance:
    """Tells ``units``; both tellings may be repeated at any time."""

    def __init__(self, units: Units) -> None:
        self._units = units
        self._plans: dict[int, Timeline[float]] = {}
        self._limits: dict[int, Timeline[float]] = {}

    def forget(self, evse_id: int) -> None:
        """The unit is no more."""
        self._plans.pop(evse_id, None)
        self._limits.pop(evse_id, None)

    def forget_plan(self, evse_id: int) -> None:
        """The transaction is over, and its plan with it."""
        self._plans.pop(evse_id, None)

    def tell_plans(self, situation: Situation, window: Window) -> Refuse | None:
        """Tell each unit whose transaction has a TxProfile, or had one, what its profiles say; the first refusal ends it."""
        for unit in self._units:
            if unit.transaction is None:
                continue
            evse_id, old = unit.evse_id, self._plans.get(unit.evse_id)
            profiles = (one for one in situation.installed if one.purpose is Purpose.TX_PROFILE)
            has_profile = any(one.evse_id == evse_id for one in profiles)
            if not has_profile and old is None:
                continue
            said = transaction_line(situation, evse_id, window)
            if not has_profile and not said.starts:
                del self._plans[evse_id]
                unit.handle(PlanCleared())
                continue
            allowed = currents(own_limit(situation, evse_id, window))
            line = offerable(lasting(where_said(allowed, said), window.end))
            if old is not None and _alike(old, line, window):
                continue
            self._plans[evse_id] = line
            refused = unit.handle(PlanReceived(line))
            if refused is not None and refused.code != "plan_expired":
                _restore(self._plans, evse_id, old)
                return refused
        return None

    def tell_limits(self, situation: Situation, window: Window, barred: Mapping[int, str]) -> None:
        """Tell each unit the most it may draw: its own profiles, and its share of what the station has.

        ``barred`` are the transactions, by EVSE, that may draw nothing.
        """
        units = list(self._units)
        own = [_own_limit(situation, unit, window, barred) for unit in units]
        together = currents(station_limit(situation, window))
        wanted = [_wanted(unit, limit, window) for unit, limit in zip(units, own, strict=True)]
        for index, unit in enumerate(units):
            line = share(index, own[index], together, wanted)
            line = _from_long_ago(lasting(line.within(window.start, window.end), window.end))
            old = self._limits.get(unit.evse_id)
            if old is None or not _alike(old, line, window):
                self._limits[unit.evse_id] = line
                unit.handle(LimitsChanged(line))


def _own_limit(situation: Situation, unit: UnitControl, window: Window, barred: Mapping[int, str]) -> Timeline[float]:
    transaction = unit.transaction
    if transaction is not None and barred.get(unit.evse_id) == transaction.transaction_id:
        return Timeline.of([(window.start, 0.0), (window.end, None)])
    return currents(own_limit(situation, unit.evse_id, window))


def _restore(plans: dict[int, Timeline[float]], evse_id: int, old: Timeline[float] | None) -> None:
    if old is None:
        plans.pop(evse_id, None)
    elif evse_id in plans:  # else it ended with its transaction
        plans[evse_id] = old


def _alike(old: Timeline[float], new: Timeline[float], window: Window) -> bool:
    """Both say the same for the half of the horizon that is worked out again before it is reached."""
    half = window.start + (window.end - window.start) / 2
    return old.within(window.start, half) == new.within(window.start, half) and (old.end is None) is (new.end is None)


def _from_long_ago(line: Timeline[float]) -> Timeline[float]:
    """``line`` with what it says first said before too: a clock that is set back does not stop a vehicle."""
    return Timeline((line.starts[0] - _LONG_AGO, *line.starts[1:]), line.values)


def _wanted(unit: UnitControl, own: Timeline[float], window: Window) -> Timeline[float]:
    """What a unit would draw if it were alone; nothing where it is not about to."""
    state = unit.state
    if unit.transaction is None or not (state.direct or state.planned is not None):
        return Timeline()
    constant = Timeline.of([(window.start, state.rules.direct_current_a), (window.end, None)])
    line = constant if state.direct or state.planned is None else state.planned.line
    return combine(lower, line, own)
