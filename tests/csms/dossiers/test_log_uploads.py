"""Where a station may bring its logs."""

import ipaddress

import pytest

from ladewerk.csms.dossiers.log_uploads import allowed, host_of, literal, without_credentials

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
        "",
    ],
)
def test_what_is_no_address_of_a_file_transfer_has_no_host(location: str) -> None:
    assert host_of(location) is None


@pytest.mark.parametrize(
    ("location", "host"),
    [("HTTPS://Logs.Example./x", "logs.example"), ("ftp://u:p@10.0.0.1:21/", "10.0.0.1"), ("sftp://[::1]/x", "::1")],
)
def test_an_address_has_its_host(location: str, host: str) -> None:
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
    ("location", "shown"),
    [
        ("ftp://name:pass@word@host/a@b", "ftp://host/a@b"),
        ("https://host", "https://host"),
        ("host/a", "host/a"),
    ],
)
def test_an_address_is_shown_without_its_password(location: str, shown: str) -> None:
    assert without_credentials(location) == shown
