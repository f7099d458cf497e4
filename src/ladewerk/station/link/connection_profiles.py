"""By which address, password and security profile the CSMS is called: the slots of SetNetworkProfile (B09, B10, A05).

Slot 0 is what the station's file says; 1 and 2 are set by a CSMS and kept. Their order is read when the station starts.
"""

import json
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import msgspec
from msgspec import UNSET

from ladewerk.errors import StoreError
from ladewerk.ocpp import v21
from ladewerk.station.config import StationTable
from ladewerk.station.device_model import variables as settings
from ladewerk.station.device_model.model import DeviceModel
from ladewerk.station.device_model.settings_memory import SettingsMemory
from ladewerk.station.device_model.variable import members

OWN: Final = 0
SLOTS: Final = (1, 2)
_CLIENT_CERTIFICATE: Final = 3
_LONGEST_PASSWORD: Final = 40
_SHORTEST_PASSWORD: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionProfile:
    """One way to a CSMS; ``security_profile`` 0 is neither encrypted nor has it a password."""

    slot: int
    url: str
    security_profile: int
    password: str | None
    identity: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a profile is not taken: a reasonCode, and what to do."""

    reason: str
    text: str


def security_profile_of(url: str, *, password: bool, certificate: bool) -> int:
    """Which security profile of part 2, A00 a connection is made by."""
    if urlsplit(url).scheme != "wss":
        return 1 if password else 0
    return _CLIENT_CERTIFICATE if certificate else 2


class ConnectionProfiles:
    """What the slots hold; ``tried`` is the order in which they are."""

    def __init__(self, table: StationTable, model: DeviceModel, memory: SettingsMemory) -> None:
        self._table = table
        self._model = model
        self._memory = memory
        self._slots: dict[int, ConnectionProfile] = {}
        self._order: tuple[int, ...] = (OWN,)
        self._attempts = 0
        self.current = self._own()
        """The one that was tried last."""

    async def load(self) -> None:
        """Take over what survived a restart, and the order in which to try from now on. Raises StoreError."""
        kept = await self._memory.read()
        for slot in SLOTS:
            written = kept.get(_key(slot))
            if written is not None:
                self._slots[slot] = ConnectionProfile(slot=slot, **json.loads(written))
        wanted = (int(item) for item in self._model.items(settings.NETWORK_PRIORITY))
        self._order = tuple(slot for slot in wanted if slot == OWN or slot in self._slots) or (OWN,)
        self.current = self.tried[0]
        self._model.checks[settings.NETWORK_PRIORITY] = self._priority_refusal
        self._model.checks[settings.BASIC_AUTH_PASSWORD] = _password_refusal

    @property
    def tried(self) -> tuple[ConnectionProfile, ...]:
        """The ways to the CSMS, the best first, as they are now."""
        return tuple(self._own() if slot == OWN else self._slots[slot] for slot in self._order)

    def next(self) -> ConnectionProfile:
        """B10.FR.03: as many attempts as are set at each entry, then the next one, and round again."""
        tried = self.tried
        self.current = tried[self._attempts // self._model.whole(settings.CONNECTION_ATTEMPTS) % len(tried)]
        self._attempts += 1
        return self.current

    def reached(self) -> None:
        """The current one leads to the CSMS: its attempt is not counted."""
        self._attempts = max(0, self._attempts - 1)

    def _own(self) -> ConnectionProfile:
        password = self._model.text(settings.BASIC_AUTH_PASSWORD) or self._table.password
        certificate = self._table.tls is not None and self._table.tls.certificate is not None
        return ConnectionProfile(
            slot=OWN,
            url=self._table.csms,
            security_profile=security_profile_of(self._table.csms, password=password is not None, certificate=certificate),
            password=password,
            identity=self._table.identity,
        )

    async def put(self, slot: int, given: v21.NetworkConnectionProfileType) -> Refused | None:
        """B09: keep a profile, or why not; it is used once NetworkConfigurationPriority names it and the station resets."""
        refused = self._refusal(slot, given)
        if refused is not None:
            return refused
        password, identity = given.basic_auth_password, given.identity
        new = ConnectionProfile(
            slot=slot,
            url=given.ocpp_csms_url,
            security_profile=given.security_profile,
            password=self._own().password if password is UNSET else password,
            identity=self._table.identity if identity is UNSET else identity,
        )
        written = {name: value for name, value in _fields(new).items() if name != "slot"}
        try:
            await self._memory.keep({_key(slot): json.dumps(written)})
        except StoreError as err:
            return Refused("InternalError", str(err))
        self._slots[slot] = new
        return None

    def _refusal(self, slot: int, given: v21.NetworkConnectionProfileType) -> Refused | None:
        if slot not in SLOTS:
            return Refused("InvalidNetworkConf", f"configurationSlot is one of {', '.join(map(str, SLOTS))}")
        if slot in self._order:
            return Refused("InvalidConfSlot", f"slot {slot} is in use (B09.FR.22): take it out of the priority first")
        if given.ocpp_transport is not v21.OCPPTransportEnumType.JSON:
            return Refused("InvalidNetworkConf", "ocppTransport: JSON was expected")
        if given.apn is not UNSET or given.vpn is not UNSET:
            return Refused("UnsupportedParam", "the station's own network is the operating system's: no apn, no vpn")
        url = urlsplit(given.ocpp_csms_url)
        if url.scheme not in ("ws", "wss") or not url.hostname:
            return Refused("InvalidNetworkConf", "ocppCsmsUrl: an address such as wss://csms.example was expected")
        if (given.security_profile >= 2) is not (url.scheme == "wss"):
            return Refused("InvalidNetworkConf", f"security profile {given.security_profile} does not fit {url.scheme}://")
        current = self.tried[0].security_profile
        if given.security_profile < current:
            return Refused("NoSecurityDowngrade", f"the link is on security profile {current} (A05)")
        if given.security_profile >= _CLIENT_CERTIFICATE and current < _CLIENT_CERTIFICATE:
            return Refused("InvalidNetworkConf", "there is no client certificate: set one in [station.tls]")
        if given.basic_auth_password is not UNSET:
            why = _password_refusal(given.basic_auth_password)
            return None if why is None else Refused("InvalidNetworkConf", f"basicAuthPassword: {why}")
        return None

    def _priority_refusal(self, value: str) -> str | None:
        empty = [slot for slot in members(value) if int(slot) != OWN and int(slot) not in self._slots]
        return f"slot {empty[0]} is empty: set it by SetNetworkProfile first (B10.FR.02)" if empty else None


def _password_refusal(value: str) -> str | None:
    if not _SHORTEST_PASSWORD <= len(value) <= _LONGEST_PASSWORD:
        return f"{_SHORTEST_PASSWORD} to {_LONGEST_PASSWORD} characters were expected"
    return None if value.isprintable() and value.isascii() else "printable ASCII was expected"


def _fields(profile: ConnectionProfile) -> dict[str, object]:
    return dict(msgspec.to_builtins(profile))


def _key(slot: int) -> str:
    return f"network/{slot}"
