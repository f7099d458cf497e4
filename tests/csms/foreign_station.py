"""A station that nobody here wrote, of PyPI's ``ocpp`` in any version, connected to a CSMS, and how the API calls it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import ocpp.v16
import ocpp.v21
import ocpp.v201
from ocpp.exceptions import NotSupportedError
from ocpp.routing import on

ACCEPTED = {"status": "Accepted"}
NOTHING = 99
"""The number of a report for which the station has nothing."""
COMPONENT, VARIABLE = {"name": "LocalAuthListCtrlr"}, {"name": "ItemsPerMessage"}

ANSWERS: dict[str, dict[str, Any]] = {
    "CancelReservation": ACCEPTED,
    "CertificateSigned": ACCEPTED,
    "ClearDisplayMessage": ACCEPTED,
    "ClearVariableMonitoring": {"clear_monitoring_result": [{"status": "Accepted", "id": 7}]},
    "CustomerInformation": ACCEPTED,
    "GetBaseReport": ACCEPTED,
    "GetDisplayMessages": ACCEPTED,
    "GetInstalledCertificateIds": {"status": "NotFound"},
    "GetMonitoringReport": ACCEPTED,
    "InstallCertificate": ACCEPTED,
    "ReserveNow": ACCEPTED,
    "SetChargingProfile": ACCEPTED,
    "SetDisplayMessage": ACCEPTED,
    "SetNetworkProfile": ACCEPTED,
    "SetVariableMonitoring": {
        "set_monitoring_result": [
            {
                "status": "Accepted",
                "type": "UpperThreshold",
                "component": {"name": "EVSE"},
                "variable": {"name": "Power"},
                "severity": 4,
                "id": 7,
            }
        ]
    },
    "TriggerMessage": ACCEPTED,
    "UpdateFirmware": ACCEPTED,
}
IN_2: dict[str, dict[str, Any]] = {
    "GetLog": {"status": "Accepted", "filename": "log.zip"},
    "SetVariables": {
        "set_variable_result": [{"attribute_status": "Accepted", "component": COMPONENT, "variable": VARIABLE}]
    },
    "SendLocalList": ACCEPTED,
}
IN_16: dict[str, dict[str, Any]] = {
    "ExtendedTriggerMessage": ACCEPTED,
    "GetDiagnostics": {"file_name": "log.zip"},
    "UpdateFirmware": {},
    "SendLocalList": ACCEPTED,
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A version as that package has it."""

    protocol: str
    package: Any
    answers: dict[str, dict[str, Any]]

    @property
    def is_16(self) -> bool:
        return self.protocol == "ocpp1.6"


KINDS = (
    Kind("ocpp1.6", ocpp.v16, ANSWERS | IN_16),
    Kind("ocpp2.0.1", ocpp.v201, ANSWERS | IN_2),
    Kind("ocpp2.1", ocpp.v21, ANSWERS | IN_2),
)


def own_answer(action: str, said: dict[str, Any]) -> dict[str, Any] | None:
    """What depends on the question: of all variables the station has one."""
    match action:
        case "GetVariables":
            results = []
            for asked in said["get_variable_data"]:
                place = {"component": asked["component"], "variable": asked["variable"]}
                if asked["variable"] == VARIABLE:
                    results.append({"attribute_status": "Accepted", "attribute_value": "2", **place})
                else:
                    results.append({"attribute_status": "UnknownVariable", **place})
            return {"get_variable_result": results}
        case "GetConfiguration":
            mine = {"key": "SendLocalListMaxLength", "readonly": True, "value": "2"}
            unknown = [key for key in said.get("key", []) if key != mine["key"]]
            return {"configuration_key": [mine], "unknown_key": unknown}
        case "GetMonitoringReport" if said["request_id"] == NOTHING:
            return {"status": "EmptyResultSet"}
        case "GetDisplayMessages" if said["request_id"] == NOTHING:
            return {"status": "Unknown"}
        case _:
            return None


def station_class(kind: Kind) -> Any:
    """A station that answers by the table, keeps what it was asked, and has a local list."""

    def handler(action: str, answer: dict[str, Any]) -> Any:
        async def answered(self: Any, **said: Any) -> Any:
            if action in self.refuses:
                raise NotSupportedError
            self.asked[action].put_nowait(said)
            if action == "SendLocalList":
                self.list_version = said.get("version_number", said.get("list_version"))
            return getattr(kind.package.call_result, action)(**own_answer(action, said) or answer)

        # By its name that package finds it again.
        answered.__name__ = f"on_{action}"
        return on(action)(answered)

    async def on_version(self: Any, **_: Any) -> Any:
        name = "list_version" if kind.is_16 else "version_number"
        return kind.package.call_result.GetLocalListVersion(**{name: self.list_version})

    handlers: dict[str, Any] = {
        f"on_{action}": handler(action, answer)
        for action, answer in (kind.answers | {"GetVariables": {}, "GetConfiguration": {}}).items()
        if hasattr(kind.package.call_result, action)
    }
    handlers["on_version"] = on("GetLocalListVersion")(on_version)
    return type("Station", (kind.package.ChargePoint,), handlers)


@dataclass
class Connected:
    """A station of that package that is connected, and how the API calls it."""

    kind: Kind
    name: str
    station: Any
    running: Any
    client: httpx.AsyncClient

    async def say(self, action: str, /, **said: Any) -> Any:
        async with asyncio.timeout(60):
            answer = await self.station.call(getattr(self.kind.package.call, action)(**said), suppress=False)
        assert answer is not None
        return answer

    async def asked(self, action: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            said: dict[str, Any] = await self.station.asked[action].get()
        return said

    async def command(self, action: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = await self.client.post(f"/api/stations/{self.name}/commands/{action}", json=body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    async def get(self, what: str) -> Any:
        answer = await self.client.get(f"/api/stations/{self.name}/{what}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def until(self, is_so: Callable[[], Awaitable[bool]]) -> None:
        changed = asyncio.Event()
        disconnect = self.running.ledger.changed.connect(lambda _none: changed.set())
        try:
            async with asyncio.timeout(60):
                while not await is_so():
                    await changed.wait()
                    changed.clear()
        finally:
            disconnect()

    async def boot(self) -> None:
        if self.kind.is_16:
            booted = await self.say("BootNotification", charge_point_model="M", charge_point_vendor="V")
        else:
            booted = await self.say(
                "BootNotification", charging_station={"model": "M", "vendor_name": "V"}, reason="PowerUp"
            )
        assert booted.status == "Accepted"
