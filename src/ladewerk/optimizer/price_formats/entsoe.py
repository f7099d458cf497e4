"""Day-ahead prices of the ENTSO-E transparency platform: a ``Publication_MarketDocument`` of type A44.

Prices stand at positions of a period whose length and resolution are given, times are UTC. With curve type A03 a position
that is left out repeats the one before it, up to the end of the period; with A01 every position is there. A bidding zone
can have several auctions (Germany and Austria: sequence 1 is the coupled European one, 2 that of EXAA), in any order, and
a day can be there in two resolutions: the finer one wins. Intraday auctions (contract type A07) are left out. Where the
platform has nothing it answers with an ``Acknowledgement_MarketDocument``, which is an error here, in its words.

Source: ENTSO-E, Implementation guide for the publication document (IEC 62325-451-3), and its article on curve types.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Final

from ladewerk.errors import ConfigError
from ladewerk.optimizer.price_formats.intervals import PER_MWH, Interval, PublishedPrices, interval_line, of_this_century
from ladewerk.optimizer.price_formats.xml_tree import Element, read_xml
from ladewerk.timeline import Timeline, combine, first

_RESOLUTIONS: Final = {
    "PT15M": timedelta(minutes=15),
    "PT30M": timedelta(minutes=30),
    "PT60M": timedelta(hours=1),
    "PT1H": timedelta(hours=1),
}
_UNITS: Final = {"MWH": PER_MWH, "KWH": 1.0}
_DAY_AHEAD: Final = "A01"
_EVERY_POSITION, _CHANGES_ONLY = "A01", "A03"
_SEQUENCE: Final = "classificationSequence_AttributeInstanceComponent.position"
_LONGEST: Final = timedelta(days=400)


def read_entsoe(document: bytes, *, sequence: int = 1) -> PublishedPrices:
    """The net prices in ``document`` of the auction ``sequence``, and of those that have no number.

    Raises ConfigError with the line.
    """
    root = read_xml(document)
    if root.name == "Acknowledgement_MarketDocument":
        raise ConfigError(f"line {root.line}", f"ENTSO-E has no prices for this: {_reason(root)}")
    if root.name != "Publication_MarketDocument":
        raise ConfigError(f"line {root.line}", f"<Publication_MarketDocument> is expected, not <{root.name}>")
    kind = root.need("type")
    if kind.text != "A44":
        raise ConfigError(f"line {kind.line}", f"day-ahead prices, type A44, are expected, not {kind.text!r}")
    chosen = _chosen(root, sequence)
    by_resolution: dict[timedelta, list[Interval]] = {}
    for series in chosen:
        for period in series.element.all("Period"):
            by_resolution.setdefault(_resolution(period), []).extend(_intervals(period, series))
    if not by_resolution:
        raise ConfigError(f"line {root.line}", "a <TimeSeries> with a <Period> is expected; there is none")
    lines = [interval_line(by_resolution[resolution]) for resolution in sorted(by_resolution)]
    line: Timeline[float] = combine(first, *lines)
    return PublishedPrices(market_per_kwh=line, currency=_currency(chosen))


@dataclass(frozen=True, slots=True)
class _Series:
    """A time series and what its prices mean."""

    element: Element
    sequence: int | None
    currency: Element
    per_kwh: float
    curve: str


def _reason(root: Element) -> str:
    reason = root.find("Reason")
    if reason is None:
        return "no reason given"
    words = [found.text for name in ("code", "text") if (found := reason.find(name)) is not None]
    return " ".join(" ".join(words).split())


def _chosen(root: Element, sequence: int) -> list[_Series]:
    series = [_series(element) for element in root.all("TimeSeries") if _is_day_ahead(element)]
    chosen = [each for each in series if each.sequence in {None, sequence}]
    if series and not chosen:
        there = ", ".join(sorted({str(each.sequence) for each in series}))
        why = f"prices of auction sequence {sequence} are expected; only {there} is there"
        raise ConfigError(f"line {series[0].element.line}", why)
    return chosen


def _is_day_ahead(element: Element) -> bool:
    contract = element.find("contract_MarketAgreement.type")
    return contract is None or contract.text == _DAY_AHEAD


def _series(element: Element) -> _Series:
    unit = element.need("price_Measure_Unit.name")
    if unit.text not in _UNITS:
        raise ConfigError(f"line {unit.line}", f"a price per MWH is expected, not per {unit.text!r}")
    curve = element.find("curveType")
    if curve is not None and curve.text not in {_EVERY_POSITION, _CHANGES_ONLY}:
        raise ConfigError(f"line {curve.line}", f"curve type A01 or A03 is expected, not {curve.text!r}")
    numbered = element.find(_SEQUENCE)
    return _Series(
        element,
        None if numbered is None else _whole(numbered),
        element.need("currency_Unit.name"),
        1 / _UNITS[unit.text],
        _EVERY_POSITION if curve is None else curve.text,
    )


def _currency(chosen: list[_Series]) -> str:
    for other in chosen[1:]:
        if other.currency.text != chosen[0].currency.text:
            raise ConfigError(f"line {other.currency.line}", f"{chosen[0].currency.text} is expected, as before")
    return chosen[0].currency.text


def _intervals(period: Element, series: _Series) -> list[Interval]:
    start, end = _time(period.need("timeInterval", "start")), _time(period.need("timeInterval", "end"))
    resolution = _resolution(period)
    count, rest = divmod(end - start, resolution)
    if count < 1 or rest or end - start > _LONGEST:
        why = f"a period of whole {resolution} is expected, not {start:%FT%RZ} to {end:%FT%RZ}"
        raise ConfigError(f"line {period.line}", why)
    points = [(_whole(point.need("position")), point) for point in period.all("Point")]
    last = 0
    for position, point in points:
        if not last < position <= count:
            raise ConfigError(f"line {point.line}", f"a position from {last + 1} to {count} is expected, not {position}")
        last = position
    if series.curve == _CHANGES_ONLY and (not points or points[0][0] != 1):
        raise ConfigError(f"line {period.line}", "position 1 is expected: a price of curve type A03 begins with it")
    nexts = [position for position, _ in points[1:]] + [count + 1]
    return [
        Interval(
            start + (position - 1) * resolution,
            start + ((after if series.curve == _CHANGES_ONLY else position + 1) - 1) * resolution,
            _price(point.need("price.amount")) * series.per_kwh,
            f"line {point.line}",
        )
        for (position, point), after in zip(points, nexts, strict=True)
    ]


def _resolution(period: Element) -> timedelta:
    said = period.need("resolution")
    found = _RESOLUTIONS.get(said.text)
    if found is None:
        raise ConfigError(f"line {said.line}", f"a resolution of PT15M, PT30M or PT60M is expected, not {said.text!r}")
    return found


def _time(said: Element) -> datetime:
    try:
        at = datetime.fromisoformat(said.text)
    except ValueError:
        at = None
    if at is None or at.utcoffset() is None:
        raise ConfigError(f"line {said.line}", f"a time such as 2026-01-05T23:00Z is expected, not {said.text!r}")
    return of_this_century(at, f"line {said.line}").astimezone(UTC)


def _whole(said: Element) -> int:
    if not (said.text.isascii() and said.text.isdecimal() and len(said.text) < 7):
        raise ConfigError(f"line {said.line}", f"a whole number is expected, not {said.text!r}")
    return int(said.text)


def _price(said: Element) -> float:
    try:
        price = float(said.text)
    except ValueError:
        price = float("nan")
    if not isfinite(price):
        raise ConfigError(f"line {said.line}", f"a price is expected, not {said.text!r}")
    return price
