"""Which format it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladewerk.errors import ConfigError
from ladewerk.optimizer.price_formats import FORMATS, guess_format, read_prices


@pytest.mark.parametrize(
    ("document", "form"),
    [
        (b"\xef\xbb\xbf<?xml version='1.0'?><a/>", "entsoe"),
        (b' {"object": "list", "data": []}', "awattar"),
        (b'{"data": {"viewer": {}}}', "tibber"),
        (b'{"errors": []}', "tibber"),
        (b"{", "tibber"),
        (b"start_at;price_per_kwh", "csv"),
        (b"", "csv"),
    ],
)
def test_the_format_is_guessed(document: bytes, form: str) -> None:
    assert guess_format(document) == form


def test_a_byte_order_mark_does_no_harm() -> None:
    entry = b'{"start_timestamp": 1767600000000, "end_timestamp": 1767603600000, "marketprice": 1}'
    assert read_prices(b'\xef\xbb\xbf{"data": [' + entry + b"]}", "awattar").currency == "EUR"


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ConfigError, match="one of awattar, entsoe, tibber is expected, not 'csv'"):
        read_prices(b"", "csv")


@given(st.binary(max_size=60), st.sampled_from(FORMATS[1:]), st.sampled_from([b"", b'{"data":', b"<a>", b'{"data":[{']))
def test_whatever_comes_is_read_or_refused(document: bytes, form: str, begin: bytes) -> None:
    with pytest.raises(ConfigError):
        read_prices(begin + document, form)
