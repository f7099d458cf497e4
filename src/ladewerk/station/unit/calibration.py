"""When a running session asks the CSMS again.

A plan was made for a vehicle as it was described; the real one tapers, waits or was already fuller. So the energy still
missing is reported once a period, and once shortly before the last planned current would end.
"""

from typing import Final

from ladewerk.station.moment import Moment
from ladewerk.station.unit.state import Request, UnitState

LAST_CALL_S: Final = 60.0
"""How long before the end of the last planned current the last calibration asks."""

_BETWEEN_LAST_CALLS_S: Final = 20.0
_WITHOUT_PLAN_S: Final = 60.0
_SMALLEST_NEED_WH: Final = 1.0


def is_due(state: UnitState, now: Moment) -> bool:
    """True when the running session is to tell the CSMS what is missing."""
    if state.direct or state.needs is None or state.request is Request.SENT:
        return False
    if state.needs.energy_wh - state.session_energy_wh < _SMALLEST_NEED_WH:
        return False
    quiet_s = now.since_s(state.calibrated_s)
    if state.planned is None:
        return quiet_s >= _WITHOUT_PLAN_S
    if quiet_s >= state.rules.calibration_s:
        return True
    end = state.planned.ends_at()
    if end is None or quiet_s < _BETWEEN_LAST_CALLS_S:
        return False
    return (end - state.planned.believed(now)).total_seconds() <= LAST_CALL_S
