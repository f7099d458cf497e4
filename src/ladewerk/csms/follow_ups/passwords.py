"""Passwords that a station is told to take: kept before they are sent, so that it gets in whatever is lost on the way.

OCPP 2.1 part 2, A01. A station that has no password here is asked for none by this: an operator gives it one.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from msgspec import UNSET

from ladewerk.csms.commands import CommandRefused, FollowUp
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.planning.site import Fault
from ladewerk.csms.records import station_key
from ladewerk.csms.stations.passwords import (
    LEAST_LENGTH,
    MOST_LENGTH,
    hash_password,
    with_candidates,
    without_candidates,
)
from ladewerk.ocpp import v21
from ladewerk.ocpp.messages import Payload

_PASSWORD: Final = "basicauthpassword"
_KEY_16: Final = "authorizationkey"
_OF_A_SLOT: Final = "NetworkConfiguration"


def of_setting(ledger: Ledger) -> FollowUp[v21.SetVariablesRequest, v21.SetVariablesResponse]:
    """A01: BasicAuthPassword, of 1.6 the key AuthorizationKey; that of a network slot counts once it is used."""
    offers = _Offers(ledger)

    async def before(station: str, request: v21.SetVariablesRequest) -> None:
        forms: list[bytes] = []
        for place, one in enumerate(request.set_variable_data):
            if _is_password(one.variable):
                _check(f"setVariableData[{place}].attributeValue", one.attribute_value)
                forms += _forms(one)
        await offers.make(station, request, forms)

    async def answered(station: str, request: v21.SetVariablesRequest, answer: v21.SetVariablesResponse) -> None:
        said = [one for one in answer.set_variable_result if _is_password(one.variable)]
        if any(one.attribute_status == "Accepted" and one.component.name != _OF_A_SLOT for one in said):
            await offers.taken(station, request)
        elif any(one.attribute_status in {"Accepted", "RebootRequired"} for one in said):
            offers.leave(request)
        else:
            await offers.refused(station, request)

    async def refused(station: str, request: v21.SetVariablesRequest, _why: str) -> None:
        await offers.refused(station, request)

    async def unanswered(_station: str, request: v21.SetVariablesRequest, _why: str) -> None:
        offers.leave(request)

    return FollowUp(before=before, answered=answered, refused=refused, unanswered=unanswered)


def of_network_profiles(ledger: Ledger) -> FollowUp[v21.SetNetworkProfileRequest, v21.SetNetworkProfileResponse]:
    """B09: in 2.1 a slot may have a password of its own, which counts once the slot is used."""
    offers = _Offers(ledger)

    async def before(station: str, request: v21.SetNetworkProfileRequest) -> None:
        said = request.connection_data.basic_auth_password
        if said is not UNSET:
            _check("connectionData.basicAuthPassword", said)
            await offers.make(station, request, [said.encode()])

    async def answered(station: str, request: v21.SetNetworkProfileRequest, answer: v21.SetNetworkProfileResponse) -> None:
        if answer.status == "Accepted":
            offers.leave(request)
        else:
            await offers.refused(station, request)

    async def refused(station: str, request: v21.SetNetworkProfileRequest, _why: str) -> None:
        await offers.refused(station, request)

    async def unanswered(_station: str, request: v21.SetNetworkProfileRequest, _why: str) -> None:
        offers.leave(request)

    return FollowUp(before=before, answered=answered, refused=refused, unanswered=unanswered)


class _Offers:
    """The passwords of commands that are not answered."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._open: dict[int, Sequence[str]] = {}

    async def make(self, station: str, request: Payload, forms: Sequence[bytes]) -> None:
        """The station may come with any of ``forms`` from now on."""
        if forms:
            hashes = [await asyncio.to_thread(hash_password, form) for form in forms]
            await self._ledger.change_password(station_key(station), lambda now: with_candidates(now, hashes))
            self._open[id(request)] = hashes

    async def taken(self, station: str, request: Payload) -> None:
        """The station has it; the old one lets nobody in any more (A01.FR.03)."""
        hashes = self._open.pop(id(request), ())

        def alone(now: str) -> str:
            left = [one for one in now.split() if one in hashes]
            # Somebody may have given it another one meanwhile.
            return " ".join(left) or now

        await self._ledger.change_password(station_key(station), alone)

    async def refused(self, station: str, request: Payload) -> None:
        """The station goes on with the old one (A01.FR.04)."""
        hashes = self._open.pop(id(request), ())
        await self._ledger.change_password(station_key(station), lambda now: without_candidates(now, hashes))

    def leave(self, request: Payload) -> None:
        """The station may have either; the one it comes with next will be the one."""
        self._open.pop(id(request), None)


def _is_password(variable: v21.VariableType) -> bool:
    return variable.name.casefold() in {_PASSWORD, _KEY_16}


def _forms(one: v21.SetVariableDataType) -> list[bytes]:
    """What the station may show for it: the key of 1.6 is said in hexadecimal, and some show it as it was said."""
    said = one.attribute_value
    if one.variable.name.casefold() == _KEY_16:
        try:
            return [said.encode(), bytes.fromhex(said)]
        except ValueError:
            pass
    return [said.encode()]


def _check(field: str, password: str) -> None:
    """A00.FR.205."""
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise CommandRefused(
            Fault(
                field=field,
                code="length",
                params={"least": LEAST_LENGTH, "most": MOST_LENGTH},
                text=f"a password has {LEAST_LENGTH} to {MOST_LENGTH} characters",
            )
        )
