"""What every EVSE of the site may draw: known here alone, written down before a frame that changes it goes out."""

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime

from ladewerk.csms.ledger import Ledger
from ladewerk.csms.limit.allocation import EvseKey, Fuse, Outlet, fallback_fits, granted
from ladewerk.csms.limit.fuses import fallback, fuses_of, wired
from ladewerk.csms.limit.loads import Load, Rate, summed
from ladewerk.csms.store.ports import Remembered
from ladewerk.csms.supervision import Tasks
from ladewerk.signals import Signal, connected
from ladewerk.timeline import Timeline


class Outlets:
    """Every EVSE that ever said something. ``changed`` tells who waits that more may be free now."""

    def __init__(self, ledger: Ledger, tasks: Tasks, remembered: Remembered) -> None:
        self._ledger = ledger
        self._tasks = tasks
        self.known: dict[EvseKey, Outlet] = {
            key: wired(outlet, ledger.site, key, ledger.quirks_of(key[0])) for key, outlet in remembered.outlets.items()
        }
        self._of_station: defaultdict[str, list[EvseKey]] = defaultdict(list)
        for key in self.known:
            self._of_station[key[0]].append(key)
        self.changed: Signal[None] = Signal()
        self.plan_lost: Signal[EvseKey] = Signal()
        """An EVSE whose station was told to give its plan up."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Outlets"]:
        """Follow what stations say until the context ends."""
        for key in self._ledger.evse_keys():
            self._see(key)
        for key, outlet in self.known.items():
            if self._ledger.open_transaction(key) is None:
                self.known[key] = outlet.ended()
        with connected(
            self._ledger.evse_seen.connect(self._see),
            self._ledger.transaction_ended.connect(self._ended),
            self._ledger.station_booted.connect(self._booted),
            self._ledger.site_changed.connect(lambda _none: self._rewire()),
            self._ledger.quirks_changed.connect(lambda _station: self._rewire()),
        ):
            yield self

    def of(self, key: EvseKey) -> Outlet:
        """What the EVSE ``key`` may draw."""
        self._see(key)
        return self.known[key]

    def behind(self, station: str) -> list[EvseKey]:
        """The EVSEs of a station, by its key."""
        return list(self._of_station.get(station, ()))

    def fuses(self, now: datetime) -> list[Fuse]:
        """What the site leaves to them."""
        return fuses_of(self._ledger.site, self.known.keys(), now)

    def granted(self, key: EvseKey, wanted: Timeline[Rate], now: datetime) -> Timeline[Rate]:
        """The part of ``wanted`` that may be sent to ``key`` now."""
        self._see(key)
        return granted(wanted, key, self.known, self.fuses(now), now)

    def held_by(self, key: EvseKey, wanted: Timeline[Rate], now: datetime) -> list[str]:
        """The fuses that do not leave all of ``wanted`` to ``key`` now, by name."""
        every = self.fuses(now)
        most = wanted.within(now, wanted.end)
        return [fuse.name for fuse in every if granted(wanted, key, self.known, [fuse], now) != most]

    def fallback(self, now: datetime) -> Rate | None:
        """What each EVSE is to be left without us; None: no limit is needed."""
        return fallback(self._ledger.site, self.known, self.fuses(now), now)

    def fallback_fits(self, rate: Rate, station: str, now: datetime) -> bool:
        """Whether a station may get ``rate`` as its fallback now."""
        return fallback_fits(rate, self.behind(station), self.known, lambda: self.fuses(now), now)

    def taken_beside(self, keys: Iterable[EvseKey], hoped: Collection[str], now: datetime) -> Timeline[Load]:
        """What all EVSEs but ``keys`` may draw together, where the stations ``hoped`` for have taken their fallback."""
        left_out = set(keys)
        return summed(outlet.may_draw() for key, outlet in self.soon(hoped, now).items() if key not in left_out)

    def soon(self, hoped: Collection[str], now: datetime) -> dict[EvseKey, Outlet]:
        """All EVSEs as they will be when the stations ``hoped`` for have taken their fallback."""
        rate = self.fallback(now)
        return {
            key: replace(outlet, fallback=outlet.least(rate), fallbacks_sent=())
            if rate is not None and outlet.fallback is None and key[0] in hoped
            else outlet
            for key, outlet in self.known.items()
        }

    def set_aside_w(self, keys: Iterable[EvseKey], now: datetime) -> dict[EvseKey, float]:
        """What each of ``keys`` may always draw, in watts; nothing where no limit is needed."""
        rate = self.fallback(now)
        return {} if rate is None else {key: self.of(key).load(self.of(key).least(rate)).power_w for key in keys}

    async def change(self, key: EvseKey, change: Callable[[Outlet], Outlet]) -> None:
        """Know it at once, and return when it is on disk."""
        self.known[key] = change(self.of(key))
        await self._ledger.put_outlet(key, self.known[key])
        self.changed.emit(None)

    def _see(self, key: EvseKey) -> None:
        if key not in self.known:
            # What operators said to the whole station holds here, too.
            said = dict.fromkeys(one for sibling in self.behind(key[0]) for one in self.known[sibling].commanded)
            for_all = tuple(one for one in said if one.purpose != "TxProfile")
            self.known[key] = replace(self._wired(None, key), commanded=for_all)
            self._of_station[key[0]].append(key)
            self.changed.emit(None)

    def _ended(self, key: EvseKey) -> None:
        # An event that was late may tell of the transaction before the one that runs.
        if self._ledger.open_transaction(key) is None and key in self.known:
            self._tasks.start(self.change(key, Outlet.ended), name=f"end {key}")

    def _booted(self, station: str) -> None:
        for key in self.behind(station):
            self._tasks.start(self.change(key, Outlet.booted), name=f"boot {key}")

    def _rewire(self) -> None:
        for key, outlet in self.known.items():
            self.known[key] = self._wired(outlet, key)
        self.changed.emit(None)

    def _wired(self, outlet: Outlet | None, key: EvseKey) -> Outlet:
        return wired(outlet, self._ledger.site, key, self._ledger.quirks_of(key[0]))
