"""Where a station may be sent."""

import ipaddress

import pytest

from ladewerk.csms.security.destinations import CSMS_SCHEMES, allowed, host_of, is_inside, literal

GLOBAL = "93.184.216.34"


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "http:///path",
        "gopher://a.example/",
        "//a.example/x",
        "C:\\logs",
        "http://[::1/",
        "http://a.example:port/",
        "http://a.example:99999/",
        "",
        "http://a.example\\@127.0.0.1/",
        "http://127.0.0.1\\@a.example/",
        "http://a.example@b.example@127.0.0.1/",
        "http://127.0.0.%31/",
        "http://a.example%2f@127.0.0.1%2f/",
        "http://a.example\t/",
        "http://a.example /",
        "http://\u2460\u2461\u2466.0.0.1/",
        "http://a\u3002example/",
        "http://a.example\uff0f@127.0.0.1/",
        "http://[::1].a.example/",
        "http://[fe80::1%eth0]/",
        "http://./",
        "ws://a.example/",
    ],
)
def test_what_is_no_address_of_a_file_transfer_has_no_host(location: str) -> None:
    assert host_of(location) is None


@pytest.mark.parametrize(
    ("location", "host"),
    [
        ("HTTPS://Logs.Example./x", "logs.example"),
        ("ftp://u:p@10.0.0.1:21/", "10.0.0.1"),
        ("sftp://[::1]/x", "::1"),
        ("http://127.0.0.1#@a.example/", None),
        ("http://a.example#@127.0.0.1/", None),
        ("http://a.example?@127.0.0.1/", "a.example"),
        ("http://[fe80::1%25eth0]:80/x", "fe80::1%25eth0"),
    ],
)
def test_an_address_has_its_host(location: str, host: str | None) -> None:
    assert host_of(location) == host


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.1", "127.0.0.1"),
        ("0x7f.1", "127.0.0.1"),
        ("2130706433", "127.0.0.1"),
        ("017700000001", "127.0.0.1"),
        ("192.168.257", "192.168.1.1"),
        ("fe80::1%eth0", "fe80::1"),
        ("logs.example", None),
        ("1.2.3.4.5", None),
        ("256.1.1.1", None),
        ("1.2.3.256", None),
        ("1.-2.3", None),
    ],
)
def test_an_address_is_read_as_the_c_library_reads_it(host: str, address: str | None) -> None:
    assert literal(host) == (None if address is None else ipaddress.ip_address(address))


@pytest.mark.parametrize(
    ("host", "addresses", "allow", "may"),
    [
        (GLOBAL, [GLOBAL], (), True),
        ("logs.example", [GLOBAL], (), True),
        ("logs.example", [], (), True),
        ("logs.example", [GLOBAL, "10.0.0.1"], (), False),
        ("localhost", [], (), False),
        ("a.localhost", [], (), False),
        ("a.localhost", [GLOBAL], (), False),
        ("nas", [], (), False),
        ("nas", [GLOBAL], (), True),
        ("nas.local", [], (), False),
        ("fritz.box", [], (), True),
        ("router.home.arpa", [], (), False),
        ("db.internal", [], (), False),
        ("db.internal", [], ("DB.internal",), True),
        ("169.254.169.254", ["169.254.169.254"], (), False),
        ("0.0.0.0", ["0.0.0.0"], (), False),
        ("224.0.0.1", ["224.0.0.1"], (), False),
        ("::ffff:10.0.0.1", ["::ffff:10.0.0.1"], (), False),
        ("fd00::1", ["fd00::1"], (), False),
        ("10.0.0.1", ["10.0.0.1"], ("10.0.0.0/8",), True),
        ("10.0.0.1", ["10.0.0.1"], ("10.0.0.2",), False),
        ("nas", ["10.0.0.1"], ("NAS",), True),
        ("nas", ["10.0.0.1", "11.0.0.1"], ("10.0.0.0/8",), True),
    ],
)
def test_a_station_is_sent_nowhere_inside_unless_that_is_named(
    host: str, addresses: list[str], allow: tuple[str, ...], may: bool
) -> None:
    assert allowed(host, [ipaddress.ip_address(address) for address in addresses], allow) is may


@pytest.mark.parametrize(
    "address",
    [
        "::1",
        "::",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:0:10.0.0.1",
        "64:ff9b::192.168.0.1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "2002:0a00:0001::1",
        "2001:0:7f00:1::",
        "fec0::1",
        "fe80::1",
        "fd00::1",
        "ff02::1",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "0.1.2.3",
    ],
)
def test_an_address_of_any_family_that_leads_inside_is_inside(address: str) -> None:
    assert is_inside(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", [GLOBAL, f"::ffff:{GLOBAL}", f"64:ff9b::{GLOBAL}", "2606:2800:220:1::1", "2002:5db8:d822::1"]
)
def test_one_that_leads_outside_is_not(address: str) -> None:
    assert not is_inside(ipaddress.ip_address(address))


def test_the_address_of_a_csms_has_its_own_schemes() -> None:
    assert host_of("wss://10.0.0.1:9000/ocpp", CSMS_SCHEMES) == "10.0.0.1"
    assert host_of("http://10.0.0.1:9000/ocpp", CSMS_SCHEMES) is None
