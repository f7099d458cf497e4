"""What is a URI, by the grammar of RFC 3986: examples of its parts, and what comes close to one."""

import re

import pytest

from ladewerk.ocpp.uri import URI_PATTERN

GOOD = (
    "ftp://example.org/logs",
    "ftp:",
    "h:a",
    "urn:isbn:0451450523",
    "file:///tmp/a",
    "mailto:a@b.org",
    "FTP://user:password@example.org:8080/a/b?c=%20&d#e",
    "http://example.org:/",
    "http://1.2.3.4/",
    "http://[::]/",
    "http://[1:2:3:4:5:6:7:8]/",
    "http://[1::8]:80/",
    "http://[1:2:3:4:5:6:7::]/",
    "http://[::ffff:1.2.3.4]/",
    "http://[v1.a:b]/",
)
BAD = (
    "",
    "example.org",
    "//example.org",
    "1http://a",
    "http://a b",
    "http://a/%2",
    "http://a/%zz",
    "http://a:port/",
    "http://a:b@c:d@e/",
    "http://[::1",
    "http://[::g]/",
    "http://[1:2:3:4:5:6:7]/",
    "http://[1::2::3]/",
    "http://[::1.2.3.256]/",
    "http://a/[b]",
    "http://a/b#c#d",
    "http://a/\\b",
    "http://ä.org",
    "http://a/\n",
    " http://a/",
)


@pytest.mark.parametrize("text", GOOD)
def test_a_uri(text: str) -> None:
    assert re.search(URI_PATTERN, text)


@pytest.mark.parametrize("text", BAD)
def test_no_uri(text: str) -> None:
    assert not re.search(URI_PATTERN, text)
