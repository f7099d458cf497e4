"""Logs that a station was asked to upload, and where it may be told to bring them. Pure.

OCPP 2.1 part 2, N01. A station inside a network reaches what nobody outside does: an address of the CSMS's own machine or
network is refused, unless the settings name it.
"""

import ipaddress
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from msgspec import UNSET

from ladewerk.csms.dossiers.errands import ASKED, CANCELED, Errand
from ladewerk.ocpp import v21

ENDS: Final = frozenset(
    {
        CANCELED,
        "AcceptedCanceled",
        "BadMessage",
        "NotSupportedOperation",
        "PermissionDenied",
        "Rejected",
        "UploadFailure",
        "Uploaded",
    }
)

SCHEMES: Final = frozenset({"ftp", "ftps", "http", "https", "sftp"})
"""Part 2, FileTransferProtocols."""

_MOST_LOCATION: Final = 2000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class LogUpload(Errand, frozen=True, kw_only=True):
    """``location`` is without name and password; ``filename`` is what the station says it will be called."""

    log_type: str = ""
    location: str = ""
    oldest_at: datetime | None = None
    latest_at: datetime | None = None
    filename: str | None = None


def asked_for(request: v21.GetLogRequest, now: datetime) -> LogUpload:
    """The upload that ``request`` asks for."""
    log = request.log
    return LogUpload(
        request_id=request.request_id,
        status=ASKED,
        changed_at=now,
        asked_at=now,
        log_type=str(request.log_type),
        location=without_credentials(log.remote_location),
        oldest_at=None if log.oldest_timestamp is UNSET else log.oldest_timestamp,
        latest_at=None if log.latest_timestamp is UNSET else log.latest_timestamp,
    )


def unasked(request_id: int, now: datetime) -> LogUpload:
    """One of which only the station speaks."""
    return LogUpload(request_id=request_id, status="", changed_at=now)


def without_credentials(location: str) -> str:
    """An address that may be shown: ftp://user:password@host is how stations are told to log in."""
    scheme, mark, rest = location.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}"[:_MOST_LOCATION]


def host_of(location: str) -> str | None:
    """The host an address names, in lower case; None for what is no address of a file transfer."""
    try:
        parts = urlsplit(location)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        return None
    return host.rstrip(".").lower() if host and parts.scheme.lower() in SCHEMES else None


def is_inside(address: Address) -> bool:
    """Whether an address is that of this machine, of a private network, of a link, or of nothing in particular."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return not (mapped or address).is_global or address.is_multicast


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

    A name that means nothing here is none of ours, so it may.
    """
    if host in {one.lower() for one in allow}:
        return True
    if host == "localhost" or host.endswith(".localhost"):
        return False
    networks = [network for one in allow if (network := _network(one)) is not None]
    return all(not is_inside(address) or any(address in network for network in networks) for address in addresses)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
