"""What a driver finds beside the socket: push-buttons that give orders, lamps that say how it stands.

A press on start carries out the plan that is prepared; where nothing was asked for it charges directly. What is refused is
said among the messages: a button has no other voice.
"""

import asyncio
import logging
from typing import Final

from ladewerk.clock import Clock
from ladewerk.errors import DeviceError
from ladewerk.station.control import UnitControl
from ladewerk.station.drivers.ports import BUTTON_POLL_S, Button, Buttons, Lamp, Lamps
from ladewerk.station.messages import Messages
from ladewerk.station.moment import Moment
from ladewerk.station.unit.actions import Level
from ladewerk.station.unit.events import DirectPressed, Event, StartPressed, StopPressed
from ladewerk.station.unit.state import ENERGISED, Phase, UnitState, trouble

_log = logging.getLogger(__name__)

_AGAIN_S: Final = 5.0
"""A board with pins that does not answer is asked again after this."""


def order(button: Button, state: UnitState) -> Event:
    """What a press means in ``state``."""
    if button is Button.STOP:
        return StopPressed()
    return DirectPressed() if state.phase in (Phase.IDLE, Phase.PLUGGED) else StartPressed()


def lit(state: UnitState, now: Moment) -> frozenset[Lamp]:
    """Which lamps are on: fault alone; charging while a current is offered; ready where a vehicle could be served."""
    if state.phase is Phase.FAULT:
        return frozenset({Lamp.FAULT})
    if state.phase in ENERGISED and state.offer_a > 0:
        return frozenset({Lamp.CHARGING})
    return frozenset() if trouble(state, now) is not None else frozenset({Lamp.READY})


async def listen(unit: UnitControl, buttons: Buttons, messages: Messages) -> None:
    """Look at the buttons of one unit, for ever."""
    while True:
        try:
            pressed = await buttons.pressed()
        except DeviceError as err:
            _log.warning("%s: buttons: %s", unit.unit_id, err)
            await asyncio.sleep(_AGAIN_S)
            continue
        for button in sorted(pressed):
            refused = unit.handle(order(button, unit.state))
            if refused is not None:
                messages.say(Level.INFO, refused.code, refused.params, unit_id=unit.unit_id)
        await asyncio.sleep(BUTTON_POLL_S)


async def light(unit: UnitControl, lamps: Lamps, clock: Clock) -> None:
    """Show how the unit stands, for ever."""
    changed = asyncio.Event()
    changed.set()
    unit.changed.connect(lambda _unit: changed.set())
    while True:
        await changed.wait()
        changed.clear()
        try:
            await lamps.show(lit(unit.state, Moment.of(clock)))
        except DeviceError as err:
            _log.warning("%s: lamps: %s", unit.unit_id, err)
            await asyncio.sleep(_AGAIN_S)
            changed.set()
