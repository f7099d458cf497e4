"""The composite schedule: what all installed profiles together allow, at each moment.

For each purpose the highest stack level that says something leads; a TxProfile overrules the TxDefaultProfile; the lowest
of the purposes holds. EVSE 0 is the sum over the EVSEs, then the minimum with what limits the whole station.
Source: OCPP 2.1 part 2, 3.5 to 3.8 and K08.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any

from msgspec import UNSET

from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.occurrences import Delay, Setting, Window, no_delay, profile_line
from ladewerk.charging.rates import Circuit, Limit, Rate, Unit, agree, as_rate, raised, rounded, summed
from ladewerk.electrical import NOMINAL_VOLTAGE_V
from ladewerk.ocpp import v21
from ladewerk.timeline import Timeline, combine, first


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What runs on an EVSE; ``begun_at`` is when it became ready to deliver energy, where Relative schedules start.

    ``soc`` in percent. ``delay_seed`` fixes the random delays for this transaction (K01.FR.93); without one there are none.
    ``prioritised`` once priority charging was activated (K22).
    """

    transaction_id: str
    begun_at: datetime
    soc: float | None = None
    delay_seed: int | None = None
    prioritised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """The ratings behind the profiles: A per phase of each EVSE by its id, and what converts A and W.

    ``switches_phases`` False is a station whose vehicles draw on all phases that they and the EVSE have, whatever a profile
    says: watts are then shared among all of them.
    """

    ratings_a: Mapping[int, float]
    phases: int = 3
    voltage_v: float = NOMINAL_VOLTAGE_V
    switches_phases: bool = True
    zone: tzinfo = UTC

    @property
    def circuit(self) -> Circuit:
        return Circuit(self.phases, self.voltage_v, self.switches_phases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a composite schedule follows from; ``offline_s`` is for how long the CSMS has been out of reach, or None."""

    station: Station
    installed: Sequence[Installation]
    transactions: Mapping[int, Transaction] = field(default_factory=dict)
    offline_s: float | None = None


def composite(situation: Situation, evse_id: int, unit: Unit, window: Window) -> Timeline[Limit]:
    """The limit of an EVSE, or of the station for 0, over the whole of ``window``, in ``unit``.

    Where no profile speaks it is the rating. Raises nothing: what is installed was checked before.
    """
    circuit = situation.station.circuit
    if evse_id:
        own = [*_own_lines(situation, evse_id, window), *_station_lines(situation, window)]
        generated = [_generated(situation, evse_id, window), _generated(situation, 0, window)]
        rating_a = situation.station.ratings_a[evse_id]
        return _merge(own, generated, rating_a, unit, circuit, window)
    evses = [
        _merge(_own_lines(situation, each, window), [_generated(situation, each, window)], rating_a, unit, circuit, window)
        for each, rating_a in situation.station.ratings_a.items()
    ]
    total = combine(partial(_total, unit), *evses)
    limits = [*_station_lines(situation, window)]
    station = [total.map(lambda limit: as_rate(limit, unit)), *limits]
    return _merge(station, [_generated(situation, 0, window)], 0.0, unit, circuit, window)


def own_limit(situation: Situation, evse_id: int, window: Window) -> Timeline[Limit]:
    """An EVSE's limit in A without what limits the station as a whole: that is shared by all of them (K04.FR.05)."""
    lines = _own_lines(situation, evse_id, window)
    generated = [_generated(situation, evse_id, window)]
    rating_a = situation.station.ratings_a[evse_id]
    return _merge(lines, generated, rating_a, Unit.A, situation.station.circuit, window)


def station_limit(situation: Situation, window: Window) -> Timeline[Limit]:
    """The limit of the whole station in A, with what is generated there; nothing where none is set."""
    lines = _station_lines(situation, window)
    generated = [_generated(situation, 0, window)]
    limit = _merge(lines, generated, 0.0, Unit.A, situation.station.circuit, window)
    limited = (line.map(lambda rate: None if rate.limit is None else rate) for line in lines)
    both: list[Timeline[Any]] = [limit, combine(first, *limited)]
    return combine(lambda values: None if values[1] is None else values[0], *both)


def _merge(
    lines: Sequence[Timeline[Rate]],
    generated: Sequence[Timeline[Rate]],
    rating_a: float,
    unit: Unit,
    circuit: Circuit,
    window: Window,
) -> Timeline[Limit]:
    """The minimum of ``lines``, with what is generated on top; without a limit the rating."""
    split = len(lines)
    known: dict[tuple[int, ...], Limit] = {}

    def rule(said: Sequence[Rate | None]) -> Limit:
        # The same periods meet again each day: the lines hold them all, so each is known by its identity.
        meeting = tuple(map(id, said))
        if meeting not in known:
            known[meeting] = rounded(merge(said))
        return known[meeting]

    def merge(said: Sequence[Rate | None]) -> Limit:
        rates = [rate for rate in said[:split] if rate is not None]
        merged = agree(rates, rating_a, unit, circuit)
        more = [rate for rate in said[split:] if rate is not None and rate.limit is not None]
        if not more or all(rate.limit is None for rate in rates):
            return merged
        return raised(merged, more, unit, circuit)

    # A line that says nothing anywhere leaves no moment to look at: the window's own two are always there.
    whole: Timeline[Rate] = Timeline((window.start, window.end), (_SILENT, None))
    return combine(rule, *lines, *generated, whole).within(window.start, window.end)


_SILENT = Rate(unit=Unit.A, phases=0)


def _total(unit: Unit, limits: Sequence[Limit | None]) -> Limit | None:
    said = [limit for limit in limits if limit is not None]
    return summed(said, unit) if said else None


def _station_lines(situation: Situation, window: Window) -> list[Timeline[Rate]]:
    """What limits the station as a whole."""
    return [
        _leading(situation, 0, purpose, window)
        for purpose in (Purpose.CHARGING_STATION_MAX_PROFILE, Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS)
    ]


def _own_lines(situation: Situation, evse_id: int, window: Window) -> list[Timeline[Rate]]:
    """What limits one EVSE by itself: its transaction's profiles, and external constraints on it alone."""
    own = transaction_line(situation, evse_id, window)
    return [own, _leading(situation, evse_id, Purpose.CHARGING_STATION_EXTERNAL_CONSTRAINTS, window)]


def transaction_line(situation: Situation, evse_id: int, window: Window) -> Timeline[Rate]:
    """What the profiles of a transaction say: priority charging before TxProfile before TxDefaultProfile (K02.FR.08)."""
    transaction = situation.transactions.get(evse_id)
    purposes = [Purpose.TX_PROFILE, Purpose.TX_DEFAULT_PROFILE]
    if transaction is None:
        purposes.remove(Purpose.TX_PROFILE)  # K08.FR.06: as if one used the TxDefaultProfile
    elif transaction.prioritised:
        purposes.insert(0, Purpose.PRIORITY_CHARGING)
    return combine(first, *(_leading(situation, evse_id, purpose, window) for purpose in purposes))


def _generated(situation: Situation, evse_id: int, window: Window) -> Timeline[Rate]:
    return _leading(situation, evse_id, Purpose.LOCAL_GENERATION, window)


_FOR_EVERY_EVSE = frozenset({Purpose.TX_DEFAULT_PROFILE, Purpose.PRIORITY_CHARGING})
"""On EVSE 0 these hold on each EVSE by itself (K01.FR.14)."""


def _leading(situation: Situation, evse_id: int, purpose: Purpose, window: Window) -> Timeline[Rate]:
    """Of one purpose: the highest stack level that says something."""
    transaction = situation.transactions.get(evse_id)
    applying = applicable(situation.installed, evse_id, purpose, transaction)
    lines = (
        profile_line(one.profile, window, _setting(situation, transaction, one, window))
        for one in sorted(applying, key=lambda one: -one.profile.stack_level)
        if one.holds_offline(situation.offline_s)
    )
    return combine(first, *lines)


def applicable(
    installed: Iterable[Installation], evse_id: int, purpose: Purpose, transaction: Transaction | None
) -> list[Installation]:
    """The profiles of ``purpose`` that may have a say on ``evse_id``.

    One on the EVSE itself replaces one on EVSE 0 at its stack level there (1.6, 3.13.1; in 2.x there is no such pair).
    """
    same = [one for one in installed if one.purpose is purpose]
    own = [one for one in same if one.evse_id == evse_id]
    if purpose is Purpose.TX_PROFILE:
        return [one for one in own if transaction is not None and one.transaction_id in (None, transaction.transaction_id)]
    if evse_id and purpose in _FOR_EVERY_EVSE:
        levels = {one.profile.stack_level for one in own}
        own += [one for one in same if one.evse_id == 0 and one.profile.stack_level not in levels]
    return own


def _setting(situation: Situation, transaction: Transaction | None, one: Installation, window: Window) -> Setting:
    if transaction is None:
        return Setting(begun_at=window.start, zone=situation.station.zone)
    return Setting(
        begun_at=transaction.begun_at,
        zone=situation.station.zone,
        soc=transaction.soc,
        delay=random_delay(one.profile, transaction.delay_seed),
    )


def random_delay(profile: v21.ChargingProfileType, seed: int | None) -> Delay:
    """How late each period of ``profile`` starts: drawn once for a transaction, the same at every look (K01.FR.93)."""
    most_s = profile.charging_schedule[0].randomized_delay
    if seed is None or most_s is UNSET:
        return no_delay
    return lambda index: random.Random(f"{seed}/{profile.id}/{index}").randint(0, most_s)
