"""XML that wants to hurt."""

import pytest

from ladewerk.errors import ConfigError
from ladewerk.optimizer.price_formats.xml_tree import read_xml


def test_elements_know_their_lines_and_names_lose_their_namespace() -> None:
    root = read_xml(b'<a:r xmlns:a="urn:x">\n <a:b>one</a:b>\n <a:b> two\n</a:b></a:r>')
    assert (root.name, [(child.name, child.line, child.text) for child in root.all("b")]) == (
        "r",
        [("b", 2, "one"), ("b", 3, "two")],
    )
    assert root.find("b", "c") is None


@pytest.mark.parametrize(
    "said",
    [
        b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n<r>&b;</r>',
        b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>',
        b'<!DOCTYPE r SYSTEM "http://localhost/r.dtd"><r/>',
        b"<!DOCTYPE r><r/>",
    ],
)
def test_a_document_type_definition_is_refused(said: bytes) -> None:
    with pytest.raises(ConfigError, match="XML without a document type definition is expected") as refused:
        read_xml(said)
    assert refused.value.key == "line 1"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "no element found"),
        (b"<r>", "no element found"),
        (b"<r>\n</s>", "mismatched tag"),
        (b"<r>&nbsp;</r>", "undefined entity"),
        (b"<r/><r/>", "junk after document element"),
        (b'<?xml version="1.0" encoding="klingon"?><r/>', "unknown encoding"),
        (b'<?xml version="1.0" encoding="shift_jis"?><r/>', "multi-byte"),
        (b"<a>" * 40, "at most 32 elements inside each other"),
        (b"<r>" + b" " * 20_000_000, "at most 20000000 bytes"),
    ],
)
def test_what_is_no_harmless_xml_is_refused(said: bytes, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        read_xml(said)
