"""The prices of Tibber: the answer to a GraphQL query for ``priceInfo`` of a home's ``currentSubscription``.

::

    {"data": {"viewer": {"homes": [{"currentSubscription": {"priceInfo": {
        "current": {"currency": "EUR"},
        "today": [{"total": 0.2871, "energy": 0.1105, "tax": 0.1766, "startsAt": "2026-01-05T00:00:00.000+01:00"}],
        "tomorrow": []}}}]}}}

``tomorrow`` is empty or null until the early afternoon. A price holds until the next ``startsAt``, the last as long as the
shortest of the others. Source: the reference of the Tibber API (``PriceInfo``, ``Price``).
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

import msgspec

from ladewerk.errors import ConfigError
from ladewerk.optimizer.price_formats.intervals import Interval, PublishedPrices, interval_line, of_this_century
from ladewerk.optimizer.price_formats.json_document import decoded
from ladewerk.timeline import Timeline

_HOUR: Final = timedelta(hours=1)
"""The resolution that a query without one gets."""


class _Price(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    starts_at: datetime
    total: float | None = None
    energy: float | None = None
    currency: str | None = None


class _Current(msgspec.Struct, frozen=True, kw_only=True):
    currency: str | None = None


class _Range(msgspec.Struct, frozen=True, kw_only=True):
    nodes: tuple[_Price, ...] | None = None


class _PriceInfo(msgspec.Struct, frozen=True, kw_only=True):
    current: _Current | None = None
    today: tuple[_Price, ...] | None = None
    tomorrow: tuple[_Price, ...] | None = None
    range: _Range | None = None


class _Subscription(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    price_info: _PriceInfo | None = None


class _Home(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    id: str | None = None
    current_subscription: _Subscription | None = None


class _Viewer(msgspec.Struct, frozen=True, kw_only=True):
    home: _Home | None = None
    homes: tuple[_Home | None, ...] = ()


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    viewer: _Viewer


class _Error(msgspec.Struct, frozen=True, kw_only=True):
    message: str = "no message"


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    data: _Data | None = None
    errors: tuple[_Error, ...] | None = None


_Found = tuple[str, _Price]


def read_tibber(document: bytes, *, home_id: str | None = None) -> PublishedPrices:
    """The prices in ``document``; ``total`` with taxes and fees, ``energy`` as the market's.

    ``home_id`` says which home, where several have prices. Raises ConfigError with the JSON path; what the API itself calls
    an error is one.
    """
    answer = decoded(document, _Answer)
    if answer.errors:
        raise ConfigError("$.errors[0]", f"Tibber refuses: {answer.errors[0].message}")
    if answer.data is None:
        raise ConfigError("$.data", "is expected and missing")
    where, info = _price_info(answer.data.viewer, home_id)
    found = _unique(
        [
            *_listed(f"{where}.range.nodes", None if info.range is None else info.range.nodes),
            *_listed(f"{where}.today", info.today),
            *_listed(f"{where}.tomorrow", info.tomorrow),
        ]
    )
    if not found:
        raise ConfigError(f"{where}.today", "prices are expected; there are none")
    currency = info.current.currency if info.current is not None else None
    return PublishedPrices(
        market_per_kwh=_line(found, "energy"),
        total_per_kwh=_line(found, "total"),
        currency=currency or next((price.currency for _, price in found if price.currency is not None), None),
    )


def _price_info(viewer: _Viewer, home_id: str | None) -> tuple[str, _PriceInfo]:
    homes = [("$.data.viewer.home", viewer.home)] if viewer.home is not None else []
    homes += [(f"$.data.viewer.homes[{index}]", home) for index, home in enumerate(viewer.homes) if home is not None]
    homes = [(where, home) for where, home in homes if home_id is None or home.id == home_id]
    if not homes:
        why = "a home is expected" if home_id is None else f"no home has the id {home_id!r}"
        raise ConfigError("$.data.viewer.homes", why)
    infos = [
        (f"{where}.currentSubscription.priceInfo", home.current_subscription.price_info)
        for where, home in homes
        if home.current_subscription is not None and home.current_subscription.price_info is not None
    ]
    if not infos:
        raise ConfigError(f"{homes[0][0]}.currentSubscription", "a subscription with its priceInfo is expected")
    if len(infos) > 1:
        raise ConfigError("$.data.viewer.homes", f"{len(infos)} homes have prices; say which by its id")
    return infos[0]


def _listed(where: str, prices: Sequence[_Price] | None) -> Iterator[_Found]:
    for index, price in enumerate(prices or ()):
        if price.starts_at.utcoffset() is None:
            raise ConfigError(f"{where}[{index}].startsAt", f"{price.starts_at.isoformat()} lacks an offset such as +01:00")
        of_this_century(price.starts_at, f"{where}[{index}].startsAt")
        yield f"{where}[{index}]", price


def _unique(found: list[_Found]) -> list[_Found]:
    """In order of time; what a range and a day both say counts once."""
    return sorted({price.starts_at: (where, price) for where, price in found}.values(), key=lambda each: each[1].starts_at)


def _line(found: Sequence[_Found], field: str) -> Timeline[float] | None:
    """One of the fields over time; None where it was not asked for."""
    starts = [price.starts_at for _, price in found]
    step = min((after - before for before, after in pairwise(starts)), default=_HOUR)
    ends = [min(start + step, after) for start, after in pairwise([*starts, starts[-1] + step])]
    intervals = [
        Interval(price.starts_at, end, value, where)
        for (where, price), end in zip(found, ends, strict=True)
        if (value := getattr(price, field)) is not None
    ]
    return interval_line(intervals) if intervals else None
