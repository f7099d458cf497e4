"""Clock-aligned meter values of EVSEs without a transaction: those with one send theirs as its events (J01)."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from msgspec import UNSET

from ladewerk.clock import Clock
from ladewerk.errors import CallFailed, LocalProtocolError
from ladewerk.ocpp import v21
from ladewerk.station.control import UnitControl
from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.link.csms_link import CsmsLink
from ladewerk.station.transactions.sampling import Context, meter_values
from ladewerk.station.units import Units


def request(unit: UnitControl, model: DeviceModel, at: datetime, context: Context) -> v21.MeterValuesRequest | None:
    """MeterValues of one EVSE, None where its meter has said nothing or no measurand is set."""
    measurands = [v21.MeasurandEnumType(name) for name in model.items(settings.ALIGNED_MEASURANDS)]
    values = meter_values(unit.state, at, context, measurands)
    return None if values is UNSET else v21.MeterValuesRequest(evse_id=unit.evse_id, meter_value=values)


def next_step(now: datetime, step_s: float) -> datetime:
    """The next step of ``step_s`` from midnight UTC after ``now``; midnight is one."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    steps = int((now - midnight).total_seconds() // step_s) + 1
    return min(midnight + timedelta(seconds=steps * step_s), midnight + timedelta(days=1))


async def send_aligned(units: Units, link: CsmsLink, model: DeviceModel, clock: Clock) -> None:
    """Send them at each step while there is a link, for ever; what is set meanwhile counts from now on."""
    changed = asyncio.Event()
    model.changed.connect(lambda _variable: changed.set())
    while True:
        changed.clear()
        step_s = model.whole(settings.ALIGNED_INTERVAL) if model.true(settings.ALIGNED_ENABLED) else 0
        now = clock.now()
        due = None if step_s == 0 else next_step(now, step_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(None if due is None else (due - now).total_seconds()):
                await changed.wait()
                continue
        if due is not None:
            await _send(units, link, model, due)


async def _send(units: Iterable[UnitControl], link: CsmsLink, model: DeviceModel, at: datetime) -> None:
    all_units = list(units)
    if model.true(settings.ALIGNED_IDLE) and any(unit.transaction is not None for unit in all_units):
        return
    for unit in all_units:
        asked = None if unit.transaction is not None else request(unit, model, at, Context.SAMPLE_CLOCK)
        if asked is None or not link.is_up:
            continue
        with suppress(CallFailed, LocalProtocolError):
            await link.call(asked)
