"""Charging units behind one grid connection, with the house, moved through time together."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from math import inf

from ladewerk.simulator.house import House
from ladewerk.simulator.world import World


class Site:
    """``units`` are worlds of their own that share the house; all begin at ``start``.

    ``watchers`` are called after everything that happened at a moment has happened, with the site at that moment, and say
    when they want to be called again at the latest: later seconds since the site began, inf for not by themselves.
    """

    def __init__(self, start: datetime, house: House, units: Mapping[str, World]) -> None:
        self.start = start.astimezone(UTC)  # in another zone, adding seconds would count hours of its clock
        self.house = house
        self.units = units
        self.watchers: list[Callable[[], float]] = []
        self._at_s = 0.0
        self._watch_s = inf
        self._order = count()  # what is due at one moment happens in the order it was asked for
        self._fault_turns: dict[tuple[str, str], int] = {}
        self._due: list[tuple[float, int, Callable[[], object]]] = []

    @property
    def at(self) -> datetime:
        """The moment the site has come to."""
        return self.start + timedelta(seconds=self._at_s)

    @property
    def at_s(self) -> float:
        """Seconds since the site began."""
        return self._at_s

    @property
    def household_w(self) -> float:
        """What the house draws."""
        return self.house.load_w(self.at)

    @property
    def pv_w(self) -> float:
        """What the roof gives."""
        return self.house.pv_w(self.at)

    @property
    def ev_power_w(self) -> float:
        """What all vehicles draw."""
        return sum(unit.vehicle.power_w for unit in self.units.values())

    @property
    def grid_w(self) -> float:
        """What flows in from the grid; negative is what is fed in."""
        return self.household_w + self.ev_power_w - self.pv_w

    def set_house(self, *, household_w: float | None, pv_w: float | None) -> None:
        """Turn household and roof by hand; None lets the model say it."""
        self.house.household_set_w, self.house.pv_set_w = household_w, pv_w
        for unit in self.units.values():
            unit.see_house()

    def after(self, wait_s: float, do: Callable[[], object]) -> None:
        """Let ``do`` happen in so many seconds."""
        heappush(self._due, (self._at_s + wait_s, next(self._order), do))

    def keep(self, unit: str, fault: str, for_s: float | None, repair: Callable[[], None]) -> None:
        """Let ``repair`` end a fault in so many seconds, None for never, unless it has been set anew by then."""
        turn = self._fault_turns[unit, fault] = next(self._order)
        if for_s is not None:
            self.after(for_s, lambda: repair() if self._fault_turns[unit, fault] == turn else None)

    def watch(self, watcher: Callable[[], float]) -> None:
        """Call ``watcher`` from now on."""
        self.watchers.append(watcher)
        self.look()

    def next_event_s(self) -> float:
        """When something happens next by itself."""
        units_s = min(unit.next_event_s() for unit in self.units.values())
        return max(self._at_s, min(units_s, self._due[0][0] if self._due else inf, self._watch_s))

    def advance_to_s(self, until_s: float) -> None:
        """Let everything happen up to so many seconds since the site began; a moment already past changes nothing."""
        if not self.watchers and not self._due:
            # Nobody looks at more than one unit at a time.
            for unit in self.units.values():
                unit.advance_to_s(until_s)
            self._at_s = max(self._at_s, until_s)
            return
        while self._at_s < until_s:
            event_s = self.next_event_s()
            self._come_to(min(event_s, until_s))
            if event_s <= until_s:
                self._happen()

    def look(self) -> None:
        """Let the watchers see what somebody has just changed."""
        self._watch_s = min((watcher() for watcher in self.watchers), default=inf)

    def _come_to(self, at_s: float) -> None:
        for unit in self.units.values():
            if at_s > unit.at_s:
                unit.advance_to_s(at_s)
            else:
                unit.settle()
        self._at_s = at_s

    def _happen(self) -> None:
        while self._due and self._due[0][0] <= self._at_s:
            heappop(self._due)[2]()
        self.look()
