"""Which format a document is in, and the way from any of them to prices."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from ladewerk.errors import ConfigError
from ladewerk.optimizer.price_formats.awattar import read_awattar
from ladewerk.optimizer.price_formats.entsoe import read_entsoe
from ladewerk.optimizer.price_formats.intervals import PublishedPrices
from ladewerk.optimizer.price_formats.json_document import value_at
from ladewerk.optimizer.price_formats.tibber import read_tibber

_READERS: Final[Mapping[str, Callable[[bytes], PublishedPrices]]] = {
    "awattar": read_awattar,
    "entsoe": read_entsoe,
    "tibber": read_tibber,
}

FORMATS: Final = ("csv", *_READERS)


def guess_format(document: bytes) -> str:
    """The most likely of FORMATS: XML is ENTSO-E's, JSON with a list aWATTar's, other JSON Tibber's, all else CSV."""
    begin = document.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if begin == b"<":
        return "entsoe"
    if begin != b"{":
        return "csv"
    data: Any = value_at(document, "data")
    return "awattar" if isinstance(data, list) else "tibber"


def read_prices(document: bytes, form: str) -> PublishedPrices:
    """The prices in ``document``, which is in ``form``: one of FORMATS but CSV. Raises ConfigError with path or line."""
    reader = _READERS.get(form)
    if reader is None:
        raise ConfigError("format", f"one of {', '.join(_READERS)} is expected, not {form!r}")
    return reader(document)
