"""Where a station may be sent, to fetch a file or to bring one. Pure.

A station does as it is told and stands where nobody outside reaches: whoever may command one could have it ask a machine
inside its network or ours, fill it, and read from what the station says what is there. So one rule holds for the address of
every file in a command, of logs and firmware alike: nowhere inside, unless the settings name it.
"""

import ipaddress
import re
from collections.abc import Collection, Sequence
from typing import Final

SCHEMES: Final = frozenset({"ftp", "ftps", "http", "https", "sftp"})
"""OCPP 2.1 part 2, FileTransferProtocols."""

CSMS_SCHEMES: Final = frozenset({"ws", "wss"})

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_READ_IN_TWO_WAYS: Final = re.compile(r"[^\x21-\x7e]|\\")
"""What one program takes for a part of the host and another for its end; RFC 3986 has none of it in an address."""

_ADDRESS: Final = re.compile(
    r"(?P<scheme>[A-Za-z]+)://([^/?#@]*@)?(?P<host>\[[0-9A-Fa-f:.]+(%25[\w.~-]+)?\]|[^][@:%/?#]+)(:(?P<port>\d{1,5}))?([/?].*)?"
)
"""A host in which something is percent-encoded, or a second ``@`` before it, is another one to another program."""

_PRIVATE_NAMES: Final = frozenset(
    {"corp", "home", "internal", "intranet", "lan", "local", "localdomain", "localhost", "private"}
)
_PRIVATE_ZONE: Final = ".home.arpa"
"""RFC 6761, 6762 and 8375, and what routers give away. Where a station stands they mean something, here perhaps nothing."""

_CARRYING_IPV4: Final = tuple(map(ipaddress.IPv6Network, ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")))
"""Networks of IPv6 in which the last 32 bits are an address of IPv4: RFC 4291, 2.5.5; RFC 2765; RFC 6052."""

_TRANSLATED_INSIDE: Final = ipaddress.IPv6Network("64:ff9b:1::/48")
"""RFC 8215."""


def host_of(location: str, schemes: Collection[str] = SCHEMES) -> str | None:
    """The host that an address names, in lower case; None where it is none of ``schemes``, or may be read in two ways."""
    if _READ_IN_TWO_WAYS.search(location):
        return None
    found = _ADDRESS.fullmatch(location)
    if found is None or found["scheme"].lower() not in schemes or int(found["port"] or 0) > 65_535:
        return None
    return found["host"].strip("[]").rstrip(".").lower() or None


def is_inside(address: Address) -> bool:
    """Whether an address is that of this machine, of a private network, of a link, or of nothing in particular."""
    if isinstance(address, ipaddress.IPv6Address):
        if any(address in network for network in _CARRYING_IPV4):
            return is_inside(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.sixtofour is not None:
            return is_inside(address.sixtofour)
        if address.is_site_local or address in _TRANSLATED_INSIDE:
            return True
    return not address.is_global or address.is_multicast


def literal(host: str) -> Address | None:
    """The address that ``host`` is itself, in whatever way the C library reads one: 127.1 and 0x7f000001 are loopback."""
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return _old_ipv4(host)


def _old_ipv4(host: str) -> Address | None:
    parts = host.split(".")
    if len(parts) > 4:
        return None
    try:
        numbers = [int(part, 8 if part[:1] == "0" and part.isdecimal() else 0) for part in parts]
    except ValueError:
        return None
    *first, last = numbers
    if any(not 0 <= number < 256 for number in first) or not 0 <= last < 256 ** (4 - len(first)):
        return None
    return ipaddress.IPv4Address(sum(number << (24 - 8 * place) for place, number in enumerate(first)) + last)


def allowed(host: str, addresses: Collection[Address], allow: Sequence[str]) -> bool:
    """Whether a station may be sent to ``host``, which stands for ``addresses``; ``allow`` are names, addresses, networks.

    A name that means nothing here is none of ours, so it may, unless such names are for private networks alone.
    """
    if host in {one.lower() for one in allow}:
        return True
    networks = [network for one in allow if (network := _network(one)) is not None]
    if not addresses or host.rpartition(".")[2] == "localhost":
        return not _is_private(host)
    return all(not is_inside(address) or any(address in network for network in networks) for address in addresses)


def _is_private(host: str) -> bool:
    _, dot, last = host.rpartition(".")
    return not dot or last in _PRIVATE_NAMES or f".{host}".endswith(_PRIVATE_ZONE)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
