"""The station as its API shows it: plain JSON values, built from the units' states."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ladewerk import __version__
from ladewerk.station.config import StationConfig
from ladewerk.station.control import UnitControl
from ladewerk.station.link.csms_link import CsmsLink
from ladewerk.station.messages import Message, Messages
from ladewerk.station.moment import Moment
from ladewerk.station.unit.state import Phase, Trouble, UnitState, allowed, evse_trouble, meter_trouble
from ladewerk.station.units import Units
from ladewerk.station.wall_clock import WallClock
from ladewerk.station.wording import sentence, text
from ladewerk.timeline import Segment

Json = dict[str, Any]


def station_view(config: StationConfig, units: Units, link: CsmsLink, messages: Messages, clock: WallClock) -> Json:
    """GET /api/state."""
    now = Moment.of(clock)
    return {
        "now": now.at.isoformat(),
        "time_from": clock.source.value,
        "station": {
            "identity": config.station.identity,
            "version": __version__,
            "time_zone": config.station.time_zone,
            "csms": {
                "url": link.url,
                "connected": link.is_up,
                "since": None if link.since is None else link.since.isoformat(),
                "reason": link.reason,
            },
        },
        "units": [unit_view(unit, now) for unit in units],
        "messages": [_message(message) for message in messages.newest_last()],
    }


def unit_view(unit: UnitControl, now: Moment) -> Json:
    """One entry of ``units``."""
    state = unit.state
    out_of_service = unit.books.out_of_service
    said = sentence(state, now, out_of_service=out_of_service)
    meter = state.meter
    return {
        "id": unit.unit_id,
        "evse_id": unit.evse_id,
        "state": state.phase.value,
        "sentence": {"code": said.code, "params": dict(said.params)},
        "pilot": None if state.pilot is None else state.pilot.value,
        "error": _trouble(_error(state, now)),
        "mode": _mode(state),
        "set_current_a": state.offer_a,
        "offered_limit_a": None if state.planned is None else round(state.planned.limit_a(now), 3),
        "allowed_a": None if state.ceiling is None else round(state.ceiling.limit_a(now), 3),
        "cable_limit_a": state.cable_limit_a,
        "max_current_a": state.rules.max_current_a,
        "phases": state.rules.phases,
        "power_w": None if meter is None else round(meter.total_power_w, 1),
        "current_a": [None] * 3 if meter is None else list(meter.current_a),
        "voltage_v": [None] * 3 if meter is None else list(meter.voltage_v),
        "session_energy_wh": round(state.session_energy_wh, 1),
        "needs": _needs(state),
        "plan": _plan(state),
        "actions": _actions(state, now),
        "transaction_id": None if unit.transaction is None else unit.transaction.transaction_id,
        "allowed": asdict(allowed(state, now, out_of_service=out_of_service)),
    }


def _error(state: UnitState, now: Moment) -> Trouble | None:
    if state.phase is Phase.FAULT:
        return state.fault
    if state.phase is Phase.TESTING:
        return None
    return evse_trouble(state, now) or meter_trouble(state, now, state.rules.thresholds.meter_hold_s)


def _trouble(found: Trouble | None) -> Json | None:
    if found is None:
        return None
    return {"code": found.code, "params": dict(found.params), "text": text(found.code, found.params)}


def _mode(state: UnitState) -> str | None:
    if state.direct:
        return "direct"
    if state.by_user:
        return "schedule"
    return None if state.needs is None else state.needs.mode.value


def _needs(state: UnitState) -> Json | None:
    needs = state.needs
    if needs is None:
        return None
    return {
        "mode": needs.mode.value,
        "energy_wh": needs.energy_wh,
        "depart_at": needs.depart_at.isoformat(),
        "min_current_a": needs.min_current_a,
        "max_current_a": needs.max_current_a,
    }


def _plan(state: UnitState) -> Json | None:
    if state.planned is None or state.planned_at is None:
        return None
    end = state.planned.ends_at()
    return {
        "received_at": state.planned_at.isoformat(),
        "periods": [_slot(slot) for slot in state.planned.line.segments()],
        "ends_at": None if end is None else end.isoformat(),
    }


def _actions(state: UnitState, now: Moment) -> Json:
    if state.planned is None:
        return {"waiting": [], "current": None, "completed": []}
    actions = state.planned.actions(now)
    return {
        "waiting": [_slot(slot) for slot in actions.waiting],
        "current": None if actions.current is None else _slot(actions.current),
        "completed": [_slot(slot) for slot in actions.completed],
    }


def _slot(slot: Segment[float]) -> Json:
    return {
        "start_at": slot.start.isoformat(),
        "end_at": None if slot.end is None else slot.end.isoformat(),
        "limit_a": round(slot.value, 3),
    }


def _message(message: Message) -> Json:
    shown: Mapping[str, object] = message.params if message.unit_id is None else {"unit": message.unit_id, **message.params}
    return {
        "at": message.at.isoformat(),
        "level": message.level.value,
        "code": message.code,
        "params": dict(shown),
        "text": message.text,
    }
