"""Commands that send a station somewhere: the address is looked at before it goes out."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from ladewerk.csms.commands import CommandRefused, FollowUp
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.security.destinations import CSMS_SCHEMES, SCHEMES, Address, allowed, host_of, literal
from ladewerk.ocpp import v21
from ladewerk.refusals import Refusals, Why

Check = Callable[[str, str], Awaitable[None]]
"""Of a field and the address in it; raises CommandRefused where a station must not be sent there."""

_LOOK_UP_S: Final = 5.0
_SECURE: Final = 2
"""From this security profile on there is TLS (A00.FR.301)."""


def of_uploads(check: Check) -> FollowUp[v21.GetLogRequest, Any]:
    """N01."""

    async def before(_station: str, request: v21.GetLogRequest) -> None:
        await check("log.remoteLocation", request.log.remote_location)

    return FollowUp(before=before)


def of_firmware(check: Check) -> FollowUp[v21.UpdateFirmwareRequest, Any]:
    """L01, L02."""

    async def before(_station: str, request: v21.UpdateFirmwareRequest) -> None:
        await check("firmware.location", request.firmware.location)

    return FollowUp(before=before)


def of_published_firmware(check: Check) -> FollowUp[v21.PublishFirmwareRequest, Any]:
    """L03: a local controller fetches it for others."""

    async def before(_station: str, request: v21.PublishFirmwareRequest) -> None:
        await check("location", request.location)

    return FollowUp(before=before)


def of_network_profiles() -> FollowUp[v21.SetNetworkProfileRequest, Any]:
    """B09: to another CSMS, or another address of this one, which is inside as often as not: it need only be one."""

    async def before(_station: str, request: v21.SetNetworkProfileRequest) -> None:
        url, profile = request.connection_data.ocpp_csms_url, request.connection_data.security_profile
        schemes = {"wss"} if profile >= _SECURE else CSMS_SCHEMES
        if host_of(url, schemes) is None:
            raise _no_address("connectionData.ocppCsmsUrl", sorted(schemes))

    return FollowUp(before=before)


def check_of(allow: Sequence[str], refusals: Refusals) -> Check:
    """The one rule for the address of a file; ``allow`` is what the settings name, ``refusals`` counts the others."""

    async def check(field: str, location: str) -> None:
        host = host_of(location)
        if host is None:
            refusals.note(Why.UPLOAD_ADDRESS, "", f"{field}: no address that is read in one way")
            raise _no_address(field, sorted(SCHEMES))
        if not allowed(host, await _addresses(field, host), allow):
            text = f"{host} is inside the network of the CSMS: a station is sent there only if file_hosts names it"
            refusals.note(Why.UPLOAD_ADDRESS, "", f"{field}: {host} is inside")
            raise CommandRefused(Fault(field=field, code="inside", text=text, params={"host": host}))

    return check


def _no_address(field: str, schemes: Sequence[str]) -> CommandRefused:
    text = (
        f"expected an address of {', '.join(schemes)} with a host, in ASCII: names as xn--, "
        "an @ in a password as %40, no backslash and no blank"
    )
    return CommandRefused(Fault(field=field, code="no-address", text=text))


async def _addresses(field: str, host: str) -> list[Address]:
    """What ``host`` stands for here; nothing where it stands for nothing."""
    itself = literal(host)
    if itself is not None:
        return [itself]
    try:
        async with asyncio.timeout(_LOOK_UP_S):
            found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    except TimeoutError as err:
        text = f"{host} could not be looked up in time"
        raise CommandRefused(Fault(field=field, code="no-answer", text=text, params={"host": host})) from err
    return [address for *_, place in found if (address := literal(str(place[0]))) is not None]
