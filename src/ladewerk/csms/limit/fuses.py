"""What a site leaves to its EVSEs: its fuses over time, and the fallback that each EVSE is left without the CSMS.

The fallback is set aside for an EVSE at all times, even while its car waits (``allocation`` says why), so
where it is not configured it is as much as hinders nobody: everything, where the site bears every EVSE at its rating or
there is only one; 6 A each, the least that a car can charge with, where that takes at most half of what the site ever
leaves; else nothing.
"""

import dataclasses
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from ladewerk.csms.limit.allocation import EvseKey, Fuse, Outlet
from ladewerk.csms.limit.loads import Rate
from ladewerk.csms.planning.outlook import base_load_line
from ladewerk.csms.planning.site import Site, SubFuse, Wiring
from ladewerk.csms.records import station_key
from ladewerk.csms.smart_charging.quirks import Quirks
from ladewerk.electrical import MINIMUM_OFFER_A
from ladewerk.timeline import Timeline

SITE: Final = "site"
"""The name of the fuse that everything is behind."""

_PHASES: Final = 3
_SET_ASIDE: Final = 0.5
"""The part of a fuse that fallbacks may take where they hinder others."""


def fuses_of(site: Site, keys: Collection[EvseKey], now: datetime) -> list[Fuse]:
    """The site's fuse, less its base load, and those behind it; ``keys`` are all EVSEs of the site."""
    load = base_load_line(site, now)
    limit_a = site.limit_a
    whole = Fuse(
        name=SITE,
        behind=frozenset(keys),
        power_w=load.map(lambda load_w: max(0.0, site.limit_w - load_w)),
        phase_a=None
        if limit_a is None
        else load.map(lambda load_w: max(0.0, limit_a - load_w / (_PHASES * site.voltage_v))),
    )
    return [whole, *(_sub_fuse(fuse, site.fuses, keys, now) for fuse in site.fuses)]


def _sub_fuse(fuse: SubFuse, fuses: Sequence[SubFuse], keys: Iterable[EvseKey], now: datetime) -> Fuse:
    names = set(_behind(fuse, fuses))
    return Fuse(
        name=fuse.name,
        behind=frozenset(key for key in keys if key[0] in names or _evse_name(key) in names),
        power_w=None if fuse.limit_w is None else Timeline.of([(now, fuse.limit_w)]),
        phase_a=None if fuse.limit_a is None else Timeline.of([(now, fuse.limit_a)]),
    )


def _behind(fuse: SubFuse, fuses: Sequence[SubFuse]) -> Iterable[str]:
    yield from (station_key(name) for name in fuse.behind)
    for inner in fuses:
        if inner.within == fuse.name:
            yield from _behind(inner, fuses)


def _evse_name(key: EvseKey) -> str:
    return f"{key[0]}/{key[1]}"


def wired(outlet: Outlet | None, site: Site, key: EvseKey, quirks: Quirks) -> Outlet:
    """The EVSE ``key`` with what the site and its station's ``quirks`` say of it; ``outlet`` is what was known before."""
    by_name = {station_key(name): wiring for name, wiring in site.wiring.items()}
    said = by_name.get(_evse_name(key)) or by_name.get(key[0]) or Wiring()
    most_a = site.evse_max_current_a if said.max_current_a is None else said.max_current_a
    before = outlet or Outlet(rating=Rate(most_a, len(said.phases)))
    rating = Rate(most_a, len(said.phases))
    return before.rewired(rating=rating, phases=said.phases, voltage_v=site.voltage_v, quirks=quirks)


def fallback(site: Site, outlets: Mapping[EvseKey, Outlet], fuses: Iterable[Fuse], now: datetime) -> Rate | None:
    """What each EVSE is left without us, on all its phases; None: no limit is needed."""
    if site.fallback_a is not None:
        return Rate(site.fallback_a, _PHASES)
    shares_a = [share_a for fuse in fuses if (share_a := _share_a(fuse, outlets, now)) is not None]
    if not shares_a:
        return None
    if len(outlets) == 1:
        return Rate(float(math.floor(min(shares_a))), _PHASES)
    hinders_nobody = min(shares_a) * _SET_ASIDE >= MINIMUM_OFFER_A
    return Rate(MINIMUM_OFFER_A if hinders_nobody else 0.0, _PHASES)


@dataclasses.dataclass(frozen=True, slots=True)
class Share:
    """What a car can be planned with; ``fuse`` is the name of the one that leaves it no more, None where none does."""

    current_a: float
    fuse: str | None = None


def share_of(
    key: EvseKey, outlets: Mapping[EvseKey, Outlet], sub_fuses: Iterable[Fuse], charging: Collection[EvseKey], now: datetime
) -> Share:
    """What the car at ``key`` can be planned with beside those ``charging``: its EVSE's rating, or its part of a fuse.

    A fuse that cannot bear them all at once is shared equally, less what the other EVSEs behind it may always draw; in any
    case with the least that a car can charge with (``planning/fuse_planning`` sees to it that they take turns then).
    The joint plan knows the site's own limit alone.
    """
    share = Share(outlets[key].rating.current_a)
    for fuse in sub_fuses:
        if key in fuse.behind:
            behind = {other: outlets[other] for other in charging if other in fuse.behind} | {key: outlets[key]}
            idle = [outlets[other] for other in fuse.behind if other in outlets and other not in behind]
            share_a = _share_a(dataclasses.replace(fuse, behind=behind.keys()), behind, now, idle)
            if share_a is not None and max(share_a, MINIMUM_OFFER_A) < share.current_a:
                share = Share(max(share_a, MINIMUM_OFFER_A), fuse.name)
    return share


def _share_a(fuse: Fuse, outlets: Mapping[EvseKey, Outlet], now: datetime, idle: Sequence[Outlet] = ()) -> float | None:
    """The current that every EVSE behind ``fuse`` could draw at once, at any time to come; None if that is its rating.

    Those that are ``idle`` draw what they always may.
    """
    behind = [outlets[key] for key in fuse.behind if key in outlets]
    if not behind:
        return None
    ratings = [outlet.load(outlet.rating) for outlet in behind]
    one_a = [outlet.load(Rate(1.0, _PHASES)) for outlet in behind]
    room = fuse.room().within(now)
    taken = [outlet.load(outlet.base()) for outlet in idle]
    shares = []
    for place, parts in enumerate(zip(*one_a, strict=True)):
        least = min((segment.value[place] for segment in room.segments()), default=0.0)
        least = max(0.0, least - sum(load[place] for load in taken))
        if sum(rating[place] for rating in ratings) > least:
            shares.append(least / sum(parts))
    return min(shares, default=None)
