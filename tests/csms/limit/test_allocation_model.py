"""The invariant of the allocation, against stations that follow what they have installed and a world that fails at will.

The model keeps apart what stations really have from what the CSMS believes. Its only rules are those of OCPP-J and OCPP:
one CALL open per EVSE, a connection keeps the order, what was sent by an older one is lost or was taken before.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ladewerk.csms.limit.allocation import SETTLE, Commanded, Fuse, Outlet, fallback_fits, granted, passes
from ladewerk.csms.limit.commanded import cleared, excess, taken, with_profile, without_profile
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.smart_charging.quirks import Quirks
from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
CARS = 4
KEYS = [(f"s-{number}", 1) for number in range(CARS)]
VOLTAGE_V = 1000 / 3
SITE_W, GARAGE_W = 24_000.0, 14_000.0
GARAGE = frozenset(KEYS[:2])
FUSES = [
    Fuse(
        name="site", behind=frozenset(KEYS), power_w=Timeline.of([(START, SITE_W), (START + timedelta(hours=2), 20_000.0)])
    ),
    Fuse(name="garage", behind=GARAGE, power_w=Timeline.of([(START, GARAGE_W)])),
]
cars = st.sampled_from(KEYS)
currents = st.lists(st.sampled_from([0.0, 6.0, 8.0, 10.0, 14.0, 16.0]), min_size=1, max_size=4)


@dataclass
class Station:
    """What is really there. ``inbox`` holds what is on its way to it, ``outbox`` its answers."""

    fallback: Rate
    rating_a: float
    obeys: bool = True
    """Its smart charging is switched on."""
    profile: Timeline[Rate] = field(default_factory=Timeline)
    transaction: int = 1
    inbox: deque[tuple[int, str, int, Any]] = field(default_factory=deque)
    outbox: deque[tuple[int, str, Any]] = field(default_factory=deque)
    notices: deque[str] = field(default_factory=deque)
    drawn: list[tuple[datetime, float]] = field(default_factory=list)
    by_hand: dict[int, Commanded] = field(default_factory=dict)
    """At a higher stack level than ours, so they win wherever they say anything."""

    def allows_a(self, at: datetime) -> float:
        return min(self._told_a(at), self.rating_a) if self.obeys else self.rating_a

    def _told_a(self, at: datetime) -> float:
        default = next((rate for rate in self._said(at, "TxDefaultProfile")), self.fallback)
        mine = self.profile.at(at) or default
        return next((rate for rate in self._said(at, "TxProfile")), mine).current_a

    def _said(self, at: datetime, purpose: str) -> list[Rate]:
        lines = [one.line for one in self.by_hand.values() if one.purpose == purpose]
        return [rate for line in lines if (rate := line.at(at)) is not None]

    def changes(self) -> list[datetime]:
        return [at for line in (self.profile, *(one.line for one in self.by_hand.values())) for at in line.starts]


class Site(RuleBasedStateMachine):
    """What may happen, in any order."""

    @initialize(fallback_a=st.sampled_from([0.0, 5.0]), rating_a=st.sampled_from([32.0, 12.0, 8.0]))
    def begin(self, fallback_a: float, rating_a: float) -> None:
        rate = Rate(fallback_a, 3)
        self.now = START
        self.stations = {key: Station(rate, rating_a) for key in KEYS}
        self.known = {key: Outlet(rating=Rate(rating_a, 3), voltage_v=VOLTAGE_V, fallback=rate) for key in KEYS}
        self.wanted: dict[tuple[str, int], Timeline[Rate]] = {}
        self.transactions = dict.fromkeys(KEYS, 1)
        self.open: dict[tuple[str, int], tuple[int, str, Any]] = {}
        self.calls = 0
        self.sure_from = START

    # -- the CSMS -------------------------------------------------------------------------------------------------------

    @rule(key=cars, hours_a=currents, slot_s=st.sampled_from([20.0, 900.0, 3600.0]))
    def plan(self, key: Any, hours_a: list[float], slot_s: float) -> None:
        self.wanted[key] = Timeline.from_slots(self.now, [slot_s] * len(hours_a), [Rate(value, 3) for value in hours_a])

    @rule(key=cars)
    def send_a_profile(self, key: Any) -> None:
        wanted = self.wanted.get(key)
        if wanted is None or key in self.open or wanted.end is None or wanted.end <= self.now:
            return
        part = granted(wanted, key, self.known, FUSES, self.now)
        self.known[key] = self.known[key].offered(part)
        self._call(key, "profile", part)

    @rule(key=cars, current_a=st.sampled_from([0.0, 5.0, 6.0]))
    def send_a_fallback(self, key: Any, current_a: float) -> None:
        rate = Rate(current_a, 3)
        if key in self.open or not fallback_fits(rate, [key], self.known, lambda: FUSES, self.now):
            return
        self.known[key] = self.known[key].fallback_offered(rate)
        self._call(key, "fallback", rate)

    @rule(
        key=cars,
        hours_a=currents,
        slot_s=st.sampled_from([20.0, 3600.0]),
        purpose=st.sampled_from(["TxProfile", "TxDefaultProfile"]),
    )
    def an_operator_sends_a_profile(self, key: Any, hours_a: list[float], slot_s: float, purpose: str) -> None:
        line = Timeline.from_slots(self.now, [slot_s] * len(hours_a), [Rate(value, 3) for value in hours_a])
        new = Commanded(profile_id=len(purpose), purpose=purpose, stack_level=3, line=line)
        changed = {key: with_profile(self.known[key], new)}
        if key in self.open or excess(changed, self.known, FUSES, self.now) is not None:
            return
        self.known |= changed
        self._call(key, "hand", new)

    @rule(key=cars, purpose=st.sampled_from(["TxProfile", "TxDefaultProfile"]))
    def an_operator_clears_a_profile(self, key: Any, purpose: str) -> None:
        if key not in self.open:
            self._call(key, "clear", v21.ClearChargingProfileRequest(charging_profile_id=len(purpose)))

    @rule(key=cars, on=st.booleans())
    def an_operator_switches_smart_charging(self, key: Any, on: bool) -> None:
        if key in self.open:
            return
        if not on:
            off = {key: replace(self.known[key], quirks=Quirks(follows_profiles=False))}
            if excess(off, self.known, FUSES, self.now) is not None:
                return
            self.known |= off
        self._call(key, "switch", on)

    def _call(self, key: Any, kind: str, what: Any) -> None:
        self.calls += 1
        self.open[key] = (self.calls, kind, what)
        self.stations[key].inbox.append((self.calls, kind, self.transactions[key], what))

    @rule(key=cars)
    def an_answer_comes(self, key: Any) -> None:
        station = self.stations[key]
        if not station.outbox:
            return
        number, status, what = station.outbox.popleft()
        if key not in self.open or self.open[key][0] != number:
            return  # too late: nobody waits for it any more
        _, kind, _ = self.open.pop(key)
        one = self.known[key]
        if kind == "profile":
            self.known[key] = one.accepted(what, self.now) if status == "Accepted" else one.refused(what)
        elif kind == "hand":
            self.known[key] = taken(one, what) if status == "Accepted" else without_profile(one, what)
        elif kind == "switch":
            if what and status == "Accepted":
                self.known[key] = replace(one.booted(), quirks=Quirks())
        elif kind == "clear":
            self.known[key] = cleared(one, what, key[1]) if status == "Accepted" else one
        else:
            confirmed = status == "Accepted"
            if confirmed and one.fallback is None:
                self.sure_from = self.now + SETTLE  # it may have had its rating until now
            self.known[key] = one.fallback_accepted(what, self.now) if confirmed else one.fallback_refused(what)

    @rule(key=cars)
    def the_csms_waits_no_longer(self, key: Any) -> None:
        self.open.pop(key, None)

    @rule()
    def the_csms_is_killed_and_started(self) -> None:
        self.open.clear()
        for station in self.stations.values():
            station.inbox.clear()
            station.outbox.clear()

    @rule(key=cars)
    def a_notice_comes(self, key: Any) -> None:
        station = self.stations[key]
        if not station.notices:
            return
        if station.notices.popleft() == "booted":
            self.known[key] = self.known[key].booted()
        else:
            self.known[key] = self.known[key].ended()
            self.transactions[key] += 1
            self.wanted.pop(key, None)

    # -- the stations and the way to them -------------------------------------------------------------------------------

    @rule(key=cars, refuses=st.sampled_from([False, False, True]))
    def a_request_arrives(self, key: Any, refuses: bool) -> None:
        station = self.stations[key]
        if not station.inbox:
            return
        number, kind, transaction, what = station.inbox.popleft()
        of_transaction = kind == "profile" or (kind == "hand" and what.purpose == "TxProfile")
        foreign = of_transaction and transaction != station.transaction
        if not refuses and not foreign:
            self._now_draws(key)
            if kind == "profile":
                station.profile = what
            elif kind == "hand":
                station.by_hand[what.profile_id] = what
            elif kind == "switch":
                station.obeys = what
            elif kind == "clear":
                station.by_hand.pop(what.charging_profile_id, None)
            else:
                station.fallback = what
        station.outbox.append((number, "Rejected" if refuses or foreign else "Accepted", what))

    @rule(key=cars)
    def the_connection_is_cut(self, key: Any) -> None:
        self.stations[key].inbox.clear()
        self.stations[key].outbox.clear()
        self.open.pop(key, None)

    @rule(key=cars, forgets=st.booleans())
    def a_station_starts_anew(self, key: Any, forgets: bool) -> None:
        self.the_connection_is_cut(key)
        self._now_draws(key)
        if forgets:
            self.stations[key].profile = Timeline()
        self.stations[key].notices.append("booted")

    @rule(key=cars)
    def a_transaction_ends_and_another_begins(self, key: Any) -> None:
        self._now_draws(key)
        self.stations[key].profile = Timeline()
        self.stations[key].by_hand = {
            number: one for number, one in self.stations[key].by_hand.items() if one.purpose != "TxProfile"
        }
        self.stations[key].transaction += 1
        self.stations[key].notices.append("ended")

    @rule(seconds=st.sampled_from([1, 9, 10, 11, 300, 3600]))
    def time_passes(self, seconds: int) -> None:
        for _ in range(min(seconds, 30)):
            for key in KEYS:
                self._now_draws(key)
            self.now += timedelta(seconds=seconds / min(seconds, 30))
            self.what_is_drawn_never_passes_a_fuse()

    def _now_draws(self, key: Any) -> None:
        """Note what the car was allowed until now: it follows within SETTLE."""
        station = self.stations[key]
        station.drawn = [(at, value) for at, value in station.drawn if at > self.now - SETTLE]
        station.drawn.append((self.now, station.allows_a(self.now)))

    # -- what must hold ---------------------------------------------------------------------------------------------------

    @invariant()
    def what_is_drawn_never_passes_a_fuse(self) -> None:
        for fuse in FUSES:
            room = fuse.room().at(self.now)
            assert room is not None
            drawn = sum(self._drawn_w(key) for key in fuse.behind)
            assert drawn <= room.power_w + 1, f"{drawn:.0f} W behind {fuse.name} at {self.now:%H:%M:%S}"

    def _drawn_w(self, key: Any) -> float:
        station = self.stations[key]
        late = [value for at, value in station.drawn if at > self.now - SETTLE]
        return max(station.allows_a(self.now), *late, 0.0) * 3 * VOLTAGE_V

    @invariant()
    def what_may_be_drawn_never_passes_a_fuse(self) -> None:
        if self.now >= self.sure_from and all(outlet.fallback is not None for outlet in self.known.values()):
            for fuse in FUSES:
                assert not passes(fuse, self.known, self.now).starts

    @invariant()
    def it_would_hold_for_ever_if_nobody_said_a_word_any_more(self) -> None:
        for fuse in FUSES:
            moments = {self.now, *(at for key in fuse.behind for at in self.stations[key].changes() if at > self.now)}
            for at in moments:
                room = fuse.room().at(at)
                assert room is not None
                allowed = sum(self.stations[key].allows_a(at) for key in fuse.behind) * 3 * VOLTAGE_V
                assert allowed <= room.power_w + 1


TestSite = Site.TestCase
TestSite.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
