"""One charging place and its surroundings, moved through time together.

Nothing here runs by itself: whoever looks calls :meth:`World.advance_to` first, and the world goes from event to event until
then. Between two events every quantity is constant or has an exact integral, so how often one looks changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Literal

import msgspec

from ladewerk.signals import Signal
from ladewerk.simulator.evse_board import BoardFailure, EvseBoard
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.house import House
from ladewerk.simulator.household import Household
from ladewerk.simulator.meter import EnergyMeter, Phases, Reading
from ladewerk.simulator.plug_lock import PlugLock
from ladewerk.simulator.vehicle import Pilot, Vehicle
from ladewerk.simulator.vehicle_settings import VehicleSettings

_MINUTE_S = 60.0
PRESS_S = 0.4
"""How long a finger stays on a button."""
Button = Literal["start", "stop"]

_SETTLING_ROUNDS = 8
"""More than any chain of effects between board and vehicle at one moment has links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What there is to see at one moment; it holds until the next sample."""

    at: datetime
    household_w: float
    ev_power_w: float
    current_a: float
    """On each of the vehicle's phases."""
    offer_a: float
    soc: float
    pilot: Pilot
    contactor_closed: bool
    drawn_wh: float
    """By the vehicle since the world began."""


class World:
    """``samples`` announces every change of pilot, offer, contactor and current, and every minute, as the world advances."""

    def __init__(
        self,
        start: datetime,
        *,
        vehicle: VehicleSettings,
        voltage_v: float,
        board: EvseBoard,
        meter: EnergyMeter,
        lock: PlugLock,
        house: House,
    ) -> None:
        self.samples: Signal[Sample] = Signal()
        self.vehicle = Vehicle(vehicle.model(voltage_v), vehicle.battery(voltage_v))
        self._vehicle_settings = vehicle
        self.board = board
        self.meter = meter
        self.lock = lock
        self.house = house
        self.faults = Faults()
        self._start = start.astimezone(UTC)
        self._at_s = 0.0
        # Counters and loads change with the minutes of the clock on the wall.
        self._minute_s = _MINUTE_S - start.timestamp() % _MINUTE_S
        self._household_w = house.load_w(start)
        self._pressed_until_s: dict[Button, float] = {}
        self._drawn_wh = 0.0
        self._announced = self._conditions()
        self._order = count()  # events of one moment happen in the order they were scheduled in
        self._events: list[tuple[float, int, Callable[[], object]]] = []

    @property
    def household(self) -> Household:
        """The habits of the house."""
        return self.house.household

    @property
    def drawn_wh(self) -> float:
        """By the vehicle since the world began."""
        return self._drawn_wh

    @property
    def at(self) -> datetime:
        """The moment the world has come to."""
        return self._start + timedelta(seconds=self._at_s)

    @property
    def at_s(self) -> float:
        """Seconds since the world began."""
        return self._at_s

    def schedule(self, at: datetime, do: Callable[[], object]) -> None:
        """Let ``do`` happen once the world comes to ``at``."""
        heappush(self._events, ((at - self._start).total_seconds(), next(self._order), do))

    def advance_to(self, now: datetime) -> None:
        """Let everything happen up to ``now``; a moment already past changes nothing."""
        self.advance_to_s((now - self._start).total_seconds())

    def advance_to_s(self, until_s: float) -> None:
        """As :meth:`advance_to`, in seconds since the world began."""
        while self._at_s < until_s:
            event_s = self.next_event_s()
            if until_s < event_s:
                self._pass_time(until_s)
            else:
                self._pass_time(max(event_s, self._at_s))
                self._happen()

    def settle(self) -> None:
        """Let the effects of a change at this moment spread: between pilot, contactor and current."""
        for _ in range(_SETTLING_ROUNDS):
            before = (self.board.offer_a, self.board.mains_on, self.vehicle.pilot)
            self.board.update(self.vehicle.pilot)
            self.vehicle.update(self._at_s, offer_a=self.board.offer_a, energised=self.board.mains_on)
            if before == (self.board.offer_a, self.board.mains_on, self.vehicle.pilot):
                break
        if self._announced != self._conditions():
            self._announce()

    def sample(self) -> Sample:
        """What there is to see at the moment the world has come to."""
        return Sample(
            at=self.at,
            household_w=self._household_w,
            ev_power_w=self.vehicle.power_w,
            current_a=self.vehicle.current_a,
            offer_a=self.board.offer_a,
            soc=self.vehicle.battery.soc,
            pilot=self.vehicle.pilot,
            contactor_closed=self.board.mains_on,
            drawn_wh=self._drawn_wh,
        )

    def meter_reading(self) -> Reading:
        """What the unit's meter shows at the moment the world has come to."""
        model = self.vehicle.model
        return self.meter.read(int(self._at_s), voltage_v=model.voltage_v, power_w=self.vehicle.power_w, phases=model.phases)

    def meter_phases(self) -> Phases:
        """As :meth:`meter_reading`, what it shows of each phase alone."""
        model = self.vehicle.model
        return self.meter.read_phases(
            int(self._at_s), voltage_v=model.voltage_v, power_w=self.vehicle.power_w, phases=model.phases
        )

    # What people do

    def plug_in(self) -> bool:
        """Plug the vehicle in; False where it is plugged in already."""
        if self.vehicle.plugged:
            return False
        self.vehicle.plugged = True
        self.settle()
        return True

    def unplug(self) -> bool:
        """Pull the plug; False where there is none, or the lock holds it."""
        if not self.vehicle.plugged or self.lock.holds_plug:
            return False
        self.vehicle.plugged = False
        self.settle()
        return True

    def set_soc(self, soc: float) -> None:
        """Put the vehicle's battery at another state of charge, 0..1, as a drive or a charge elsewhere would."""
        self.set_vehicle(msgspec.structs.replace(self.vehicle_settings, soc=soc))

    @property
    def vehicle_settings(self) -> VehicleSettings:
        """The vehicle as it is now."""
        return msgspec.structs.replace(self._vehicle_settings, soc=self.vehicle.battery.soc)

    def set_vehicle(self, settings: VehicleSettings) -> None:
        """Put another vehicle in the place of this one, plugged in as this one is."""
        self._vehicle_settings = settings
        voltage_v = self.vehicle.model.voltage_v
        self.vehicle.become(settings.model(voltage_v), settings.battery(voltage_v))
        self.settle()
        self._announce()  # in the battery's taper the current jumps too

    def press(self, button: Button, for_s: float = PRESS_S) -> None:
        """Put a finger on a button for so long."""
        self._pressed_until_s[button] = self._at_s + for_s

    def is_pressed(self, button: Button) -> bool:
        """Whether a finger is on a button."""
        return self._at_s < self._pressed_until_s.get(button, 0.0)

    def see_house(self) -> None:
        """Take notice of a change of the house by hand."""
        self._household_w = self.house.load_w(self.at)
        self._announce()

    def drive_lock(self, *, locking: bool, unlocking: bool) -> None:
        """Power the wires of the lock's motor from now on."""
        self.lock.drive(locking=locking, unlocking=unlocking)

    def set_faults(self, faults: Faults) -> None:
        """Break or repair things, from now on."""
        if faults.board_failure is BoardFailure.RCD and self.faults.board_failure is not BoardFailure.RCD:
            self.board.trip_rcd()
        self.board.diode_failed = faults.board_failure is BoardFailure.DIODE
        self.board.relay_welded = faults.relay_welded
        self.vehicle.swings_a = faults.vehicle_swings_a or 0.0
        self.vehicle.ignores_offer = faults.vehicle_ignores_offer
        self.vehicle.overdraws_a = faults.vehicle_overdraws_a or 0.0
        self.vehicle.pilot_interrupted = faults.pilot_interrupted
        self.board.supply(not faults.board_unpowered)
        self.lock.faults = faults.of_lock()
        self.meter.turn_clamps("abc".index(name) for name in faults.meter_reversed_phases)
        self.faults = faults
        self.settle()

    # How time passes

    def next_event_s(self) -> float:
        """When something happens next by itself, at the latest with the next minute."""
        scheduled_s = self._events[0][0] if self._events else self._minute_s
        return min(
            self._minute_s,
            scheduled_s,
            self.board.next_change_s(),
            self.vehicle.next_change_s(self._at_s),
            self.lock.next_change_s(),
        )

    def _pass_time(self, to_s: float) -> None:
        """Let quantities flow up to a moment before which nothing happens."""
        drawn_wh = self.vehicle.charge(to_s - self._at_s)
        if drawn_wh:
            self._drawn_wh += drawn_wh
            self.meter.count(drawn_wh, self.vehicle.model.phases)
        self._at_s = to_s
        self.lock.update(to_s)
        self.board.pass_time(to_s)

    def _happen(self) -> None:
        """Do what is due now."""
        minute = self._at_s >= self._minute_s
        if minute:
            self._minute_s += _MINUTE_S
            self.meter.publish()
            self._household_w = self.house.load_w(self.at)
        self.settle()
        if minute:
            self._announce()
        while self._events and self._events[0][0] <= self._at_s:
            heappop(self._events)[2]()

    def _conditions(self) -> tuple[float, float, bool, Pilot]:
        """What has to change for the current to jump; a battery's taper is no jump."""
        return (self.vehicle.ceiling_w, self.board.offer_a, self.board.mains_on, self.vehicle.pilot)

    def _announce(self) -> None:
        self._announced = self._conditions()
        self.samples.emit(self.sample())
