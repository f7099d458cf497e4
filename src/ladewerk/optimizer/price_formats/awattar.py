"""The market prices of aWATTar (Austria, Germany): JSON with times in milliseconds and prices in EUR/MWh, net.

::

    {"object": "list", "data": [{"start_timestamp": 1767600000000, "end_timestamp": 1767603600000, "marketprice": 96.41,
    "unit": "Eur/MWh"}]}

Source: the public data feed ``/v1/marketdata`` of api.awattar.at and api.awattar.de.
"""

from datetime import UTC, datetime
from typing import Final

import msgspec

from ladewerk.errors import ConfigError
from ladewerk.optimizer.price_formats.intervals import PER_MWH, Interval, PublishedPrices, interval_line
from ladewerk.optimizer.price_formats.json_document import decoded

_EARLIEST_MS: Final = 946_684_800_000
_LATEST_MS: Final = 4_102_444_800_000
"""2000 and 2100: what lies outside is not in milliseconds."""


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    start_timestamp: int
    end_timestamp: int
    marketprice: float
    unit: str = "Eur/MWh"


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    data: tuple[_Entry, ...]


def read_awattar(document: bytes) -> PublishedPrices:
    """The net prices in ``document``. Raises ConfigError with the JSON path."""
    entries = decoded(document, _Document).data
    return PublishedPrices(
        market_per_kwh=interval_line(_interval(f"$.data[{index}]", entry) for index, entry in enumerate(entries)),
        currency="EUR",
    )


def _interval(where: str, entry: _Entry) -> Interval:
    if entry.unit.casefold() != "eur/mwh":
        raise ConfigError(f"{where}.unit", f"'Eur/MWh' is expected, not {entry.unit!r}")
    for name, at_ms in (("start", entry.start_timestamp), ("end", entry.end_timestamp)):
        if not _EARLIEST_MS <= at_ms < _LATEST_MS:
            raise ConfigError(f"{where}.{name}_timestamp", f"milliseconds since 1970 are expected, not {at_ms}")
    if entry.end_timestamp <= entry.start_timestamp:
        raise ConfigError(f"{where}.end_timestamp", f"a time after {entry.start_timestamp} is expected")
    return Interval(
        datetime.fromtimestamp(entry.start_timestamp / 1000, UTC),
        datetime.fromtimestamp(entry.end_timestamp / 1000, UTC),
        entry.marketprice / PER_MWH,
        where,
    )
