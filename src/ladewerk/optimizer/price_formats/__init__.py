"""Prices as exchanges and suppliers publish them: bytes in, a ``Timeline`` of money per kWh out; nothing is fetched here.

:func:`read_prices` takes any of the formats; ``awattar``, ``entsoe`` and ``tibber`` read one each, ``intervals`` turns
what they found into a timeline, ``xml_tree`` reads XML without its dangers. A CSV file is read by
``optimizer.series_file``. What cannot be read is a ConfigError whose key is the JSON path, or the line, of the value at
fault. Start reading in ``awattar``.
"""

from ladewerk.optimizer.price_formats.awattar import read_awattar
from ladewerk.optimizer.price_formats.entsoe import read_entsoe
from ladewerk.optimizer.price_formats.formats import FORMATS, guess_format, read_prices
from ladewerk.optimizer.price_formats.intervals import PublishedPrices
from ladewerk.optimizer.price_formats.tibber import read_tibber

__all__ = ["FORMATS", "PublishedPrices", "guess_format", "read_awattar", "read_entsoe", "read_prices", "read_tibber"]
