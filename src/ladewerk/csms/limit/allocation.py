"""The limit that holds: what every EVSE may draw at most, and how much of a new schedule may be sent to it now.

**The invariant.** If at a moment the sum of what the EVSEs behind each fuse *may* draw fits, now and at every later moment
as things stand, then it goes on fitting, whatever of the following happens in whatever order: messages and answers late,
lost or doubled, connections cut, transactions begun and ended, stations and this CSMS killed and started again. No CSMS
can hold more: who lowers a limit, or brings a station that nobody knew, may pass it until the others have confirmed less.

What an EVSE may draw is not what was planned for it. It is the most that anything allows which its station may have:
the TxProfile that it confirmed last, each that was sent since and neither confirmed nor refused, and, *at all times*, its
TxDefaultProfile, the *fallback*: a transaction may end and another begin before anybody hears of it, and a TxProfile runs
out. Where no fallback is confirmed it is the rating. A silent station is no special case: it may draw what it may draw.

So a lowering counts from its confirmation, and :data:`SETTLE` later, since a car takes its time; one that is refused or
unanswered changes nothing. A raise is granted for those moments alone at which it fits beside all that the others may draw
less than :data:`GAP` before and after: clocks differ, and cars take their time.

It rests on two things. A station follows its profiles as OCPP says (K01, K02). And it takes the profiles of one EVSE in
the order in which they were sent: a connection keeps the order, and what comes by an older connection counts no more.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, TypeVar

from ladewerk.csms.limit.loads import (
    ALWAYS,
    NO_LOAD,
    TOLERANCE,
    Load,
    Rate,
    exceeds,
    extreme,
    highest,
    highest_or_none,
    least_room,
    summed,
    widened,
)
from ladewerk.csms.smart_charging.quirks import NO_QUIRKS, Quirks
from ladewerk.electrical import power_w
from ladewerk.timeline import Timeline, combine

T = TypeVar("T")

EvseKey = tuple[str, int]
"""A station's key and the number of its EVSE."""

SETTLE: Final = timedelta(seconds=10)
"""How long a car may still draw what it was allowed before: the way of the order to the board, and 5 s of its own
(IEC 61851-1, Annex A)."""

SKEW: Final = timedelta(seconds=2)
"""How far the clocks of two stations may lie apart."""

GAP: Final = SETTLE + SKEW
"""Between the end of one car's current and the beginning of another's in its place."""

_NO_RATES: Final[Timeline[Rate]] = Timeline()
_NO_LOADS: Final[Timeline[Load]] = Timeline()


@dataclass(frozen=True, slots=True, kw_only=True)
class Commanded:
    """A profile of an operator; ``line`` is the most that it allows."""

    profile_id: int
    purpose: str
    stack_level: int
    line: Timeline[Rate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """All that one EVSE may follow, as far as is known; ``wired`` are the phases it hangs on."""

    rating: Rate
    wired: tuple[int, ...] = (1, 2, 3)
    voltage_v: float = 230.0
    quirks: Quirks = NO_QUIRKS
    fallback: Rate | None = None
    """The confirmed one; None: none is known to be there."""
    fallbacks_sent: tuple[Rate, ...] = ()
    """Sent, and neither confirmed nor refused."""
    installed: Timeline[Rate] = _NO_RATES
    sent: tuple[Timeline[Rate], ...] = ()
    commanded: tuple[Commanded, ...] = ()
    """Sent by operators, and neither refused nor cleared."""
    fading: Timeline[Load] = _NO_LOADS
    """What it might draw before the last confirmation, for as long as its car may take to follow."""

    def load(self, rate: Rate) -> Load:
        """``rate`` as a load: a car of fewer phases may hang on any of them."""
        each_a, phases = rate.current_a, min(rate.phases, len(self.wired))
        total_w = power_w(each_a, phases=phases, voltage_v=self.voltage_v)
        if self.quirks.rate_unit == "W":
            # The watts that it is told may all flow on one phase.
            each_a = min(each_a * rate.phases, max(each_a, self.rating.current_a))
            most_w = power_w(each_a, phases=len(self.wired), voltage_v=self.voltage_v)
            total_w = min(power_w(rate.current_a, phases=rate.phases, voltage_v=self.voltage_v), most_w)
        on = tuple(each_a if phase in self.wired else 0.0 for phase in (1, 2, 3))
        return Load(total_w, *on)

    def may_draw(self) -> Timeline[Load]:
        """The most it may draw, at every moment."""
        return _may_draw(self)

    def may_follow(self) -> Timeline[Rate]:
        """The highest single rate that it may be following at each moment."""
        base = Timeline.of([(ALWAYS, self.base())])
        return combine(_greatest, base, *self.profiles())

    def profiles(self) -> tuple[Timeline[Rate], ...]:
        """All beside its fallback."""
        return (self.installed, *self.sent, *(one.line for one in self.commanded))

    def base(self) -> Rate:
        """The most it may draw without a TxProfile."""
        # A station that forgets its profiles may have forgotten them just now.
        bound = self.quirks.keeps_profiles and self.quirks.follows_profiles
        known = self.fallback if self.fallback is not None and bound else self.rating
        return max((known, *self.fallbacks_sent), key=Rate.total_a)

    def as_told(self) -> "Outlet":
        """The same if its station has kept what it was told; of one that was never told anything nothing better is known.

        For others it counts as it is. But what it may have lost is no room of its own: a raise is a raise where it kept it.
        """
        if self.fallback is not None or not self.fallbacks_sent:
            return self
        return replace(self, fallback=max(self.fallbacks_sent, key=Rate.total_a))

    def least(self, fallback: Rate) -> Rate:
        """``fallback`` as its station takes it: no lower than it can, and of watts no more than it has phases for."""
        phases = min(fallback.phases, len(self.wired)) if self.quirks.rate_unit == "W" else fallback.phases
        return Rate(max(fallback.current_a, self.quirks.least_limit_a), phases)

    def rewired(self, *, rating: Rate, phases: tuple[int, ...], voltage_v: float, quirks: Quirks) -> "Outlet":
        """The same with other wiring, or on a station of other ``quirks``."""
        return replace(self, rating=rating, wired=phases, voltage_v=voltage_v, quirks=quirks)

    def offered(self, line: Timeline[Rate]) -> "Outlet":
        """A TxProfile goes out; to be known, and kept, before it does."""
        return replace(self, sent=(*self.sent, line))

    def accepted(self, line: Timeline[Rate], now: datetime) -> "Outlet":
        """The station has confirmed ``line``, which took the place of everything before."""
        return replace(self, installed=line, sent=(), fading=self._fading(now))

    def refused(self, line: Timeline[Rate]) -> "Outlet":
        """The station has refused ``line``: what it had it has."""
        return replace(self, sent=without_last(self.sent, line))

    def ended(self) -> "Outlet":
        """The transaction is over, and its TxProfiles with it (K02.FR.05); what was told as a default holds for the next."""
        left = replace(self, commanded=tuple(one for one in self.commanded if one.purpose != "TxProfile"))
        return replace(left, installed=_NO_RATES, sent=()) if self.quirks.purpose == "TxProfile" else left

    def booted(self) -> "Outlet":
        """The station has started anew: what it had it may have, and whether it has it is to be confirmed again."""
        return self.plan_unsure().fallback_unsure()

    def plan_unsure(self) -> "Outlet":
        """Its plan may be gone: until another is confirmed it counts as one that was sent."""
        return replace(self, installed=_NO_RATES, sent=(*self.sent, self.installed)) if self.installed.starts else self

    def fallback_unsure(self) -> "Outlet":
        """Its fallback may be gone, in the same way."""
        before = () if self.fallback is None else (self.fallback,)
        return replace(self, fallback=None, fallbacks_sent=(*self.fallbacks_sent, *before))

    def fallback_offered(self, rate: Rate) -> "Outlet":
        """A fallback goes out."""
        return replace(self, fallbacks_sent=(*self.fallbacks_sent, rate))

    def fallback_accepted(self, rate: Rate, now: datetime) -> "Outlet":
        """The station has confirmed its fallback."""
        return replace(self, fallback=rate, fallbacks_sent=(), fading=self._fading(now))

    def fallback_refused(self, rate: Rate) -> "Outlet":
        """The station has refused it."""
        return replace(self, fallbacks_sent=without_last(self.fallbacks_sent, rate))

    def _fading(self, now: datetime) -> Timeline[Load]:
        # From the confirmation on the old schedule is followed no more; what it allowed before may still flow.
        before = _by_profiles(self).within(now - SETTLE, now)
        lagging = widened(before, timedelta(), SETTLE).within(now, now + SETTLE)
        return combine(highest_or_none, lagging, self.fading.within(now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuse:
    """What holds for the sum of the EVSEs ``behind`` it: all together, and on each phase; None is not limited.

    ``power_w`` and ``phase_a`` are what is left for EVSEs, over time; where a line says nothing there is nothing left.
    """

    name: str
    behind: Collection[EvseKey]
    power_w: Timeline[float] | None = None
    phase_a: Timeline[float] | None = None

    def room(self) -> Timeline[Load]:
        """Both as a load; what is not limited is endless."""
        endless = Timeline.of([(ALWAYS, float("inf"))])
        lines = tuple(endless if line is None else line for line in (self.power_w, self.phase_a))
        return combine(_as_room, *lines)


def granted(
    wanted: Timeline[Rate],
    key: EvseKey,
    outlets: Mapping[EvseKey, Outlet],
    fuses: Iterable[Fuse],
    now: datetime,
) -> Timeline[Rate]:
    """The part of ``wanted`` that may be sent to the EVSE ``key`` now; it ends where ``wanted`` does.

    Lowering is always granted. A raise is granted at each moment at which it fits behind every fuse. Where it does not,
    the EVSE gets the lower current that is wanted just before or after, so that it makes room for another without a pause;
    where that does not fit either it stays at what it may follow already. Never is a current invented: a car cannot
    charge at just any.
    """
    mine = outlets[key].as_told()
    asked = wanted.within(now, wanted.end)
    lower = extreme(asked, 2 * GAP, 2 * GAP, _lower).within(now, wanted.end)
    above = [fuse for fuse in fuses if key in fuse.behind]
    fits = (combine(_all, *(_fits(line, mine, fuse, key, outlets) for fuse in above)) for line in (asked, lower))

    def rule(values: Sequence[Rate | bool | None]) -> Rate | None:
        want, less, had, want_fits, less_fits = values
        if not isinstance(want, Rate) or not isinstance(less, Rate) or not isinstance(had, Rate):
            return None
        if want_fits is not False:
            return want
        return less if less_fits is not False else had

    lines: list[Timeline[Rate | bool]] = [asked, lower, mine.may_follow(), *fits]
    return combine(rule, *lines).within(now, wanted.end)


def fallback_fits(
    rate: Rate,
    keys: Collection[EvseKey],
    outlets: Mapping[EvseKey, Outlet],
    fuses: Callable[[], Iterable[Fuse]],
    now: datetime,
) -> bool:
    """Whether the EVSEs ``keys`` of a station may get ``rate`` as their fallback: for ever, beside all that may be drawn.

    ``fuses`` is asked only where that is more than they have.
    """
    told = {key: outlets[key].as_told() for key in keys}
    if all(rate.total_a() <= outlet.base().total_a() for outlet in told.values()):
        return True
    after = {**outlets, **{key: outlet.fallback_offered(rate) for key, outlet in told.items()}}
    return not any(passes(fuse, after, now).starts for fuse in fuses() if not set(keys).isdisjoint(fuse.behind))


def passes(fuse: Fuse, outlets: Mapping[EvseKey, Outlet], now: datetime) -> Timeline[bool]:
    """When, from ``now`` on, more may be drawn than ``fuse`` leaves: True then, and nothing said else."""
    sum_line = summed([outlets[key].may_draw() for key in fuse.behind if key in outlets])
    return exceeds(sum_line, fuse.room()).within(now)


# -- rules ---------------------------------------------------------------------------------------------------------------


def _by_profiles(outlet: Outlet) -> Timeline[Load]:
    base = Timeline.of([(ALWAYS, outlet.load(outlet.base()))])
    return combine(highest, base, *(line.map(outlet.load) for line in outlet.profiles()))


@lru_cache(maxsize=16_384)  # since the sum over a site asks every EVSE whenever one of them changes
def _may_draw(outlet: Outlet) -> Timeline[Load]:
    return combine(highest, _by_profiles(outlet), outlet.fading)


@lru_cache(maxsize=16_384)
def may_draw_about(outlet: Outlet) -> Timeline[Load]:
    """The most that ``outlet`` may draw as others have to count it: their clocks differ, and cars take their time."""
    return combine(highest, widened(_by_profiles(outlet), GAP, GAP), widened(outlet.fading, SKEW, SKEW))


def _fits(
    asked: Timeline[Rate], mine: Outlet, fuse: Fuse, key: EvseKey, outlets: Mapping[EvseKey, Outlet]
) -> Timeline[bool]:
    """Where ``asked`` raises nothing, or fits behind ``fuse`` beside the others."""
    others = summed([may_draw_about(outlets[other]) for other in fuse.behind if other != key and other in outlets])
    # A car that is lowered because there is less for all must have followed by then.
    room = extreme(fuse.room(), GAP, timedelta(), least_room)

    def rule(values: Sequence[Load | None]) -> bool | None:
        want, have, beside, room = values
        if want is None:
            return None
        have, beside, room = have or NO_LOAD, beside or NO_LOAD, room or NO_LOAD
        return all(
            ask <= had + tolerance or ask + rest <= most + tolerance
            for ask, had, rest, most, tolerance in zip(want, have, beside, room, TOLERANCE, strict=True)
        )

    # What fades is no room of its own: told anew it would fade anew, beside others who reckon with its end.
    return combine(rule, asked.map(mine.load), _by_profiles(mine), others, room)


def _lower(rates: Sequence[Rate]) -> Rate:
    return min(rates, key=Rate.total_a)


def _all(values: Sequence[bool | None]) -> bool:
    return False not in values


def _greatest(values: Sequence[Rate | None]) -> Rate | None:
    return max((value for value in values if value is not None), key=Rate.total_a, default=None)


def _as_room(values: Sequence[float | None]) -> Load:
    power, phase_a = (0.0 if value is None else value for value in values)
    return Load(power, phase_a, phase_a, phase_a)


def without_last(lines: Sequence[T], line: T) -> tuple[T, ...]:
    """``lines`` without the last that equals ``line``."""
    found = list(lines)
    for index in range(len(found) - 1, -1, -1):
        if found[index] == line:
            del found[index]
            break
    return tuple(found)
