"""Every command of a CSMS reaches a station with every field that OCPP 2.1 gives it, and its answer comes back."""

import asyncio
import json
from typing import Any, cast

import httpx

from ladewerk.clock import SystemClock
from ladewerk.csms.api.command_schema import commands
from ladewerk.ocpp import Context, Peer, Router, Version, connect, v21
from ladewerk.ocpp.messages import Action, decode
from tests.ocpp.payloads import message_schemas

SCHEMAS = {schema.stem: schema for schema in message_schemas()["v21"]}
FILE = "ftp://name:secret@93.184.216.34/logs"
SAID: dict[str, dict[str, Any]] = {
    "GetLog": {"log": {"remoteLocation": FILE}},
    "UpdateFirmware": {"firmware": {"location": FILE}},
    "PublishFirmware": {"location": FILE},
    "SetNetworkProfile": {
        "connectionData": {"ocppCsmsUrl": "wss://csms.example", "basicAuthPassword": "correct-horse-battery"}
    },
}
"""Where not any text will do."""


PURPOSES = {"RequestStartTransaction": "TxProfile", "SetChargingProfile": "TxDefaultProfile"}
NOT_TOGETHER = (
    "transactionId",
    "dynUpdateInterval",
    "dynUpdateTime",
    "setpoint",
    "discharge",
    "v2x",
    "phaseToUse",
    "evseSleep",
)


def one_that_can_be(profile: dict[str, Any], purpose: str) -> dict[str, Any]:
    """``profile`` without those fields that no profile has beside its others (K01)."""
    (period,) = profile["chargingSchedule"][0]["chargingSchedulePeriod"]
    for fields in (profile, period):
        for name in [name for name in fields if name.startswith(NOT_TOGETHER)]:
            del fields[name]
    period |= {"startPeriod": 0, "operationMode": "ChargingOnly"}
    return profile | {"chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute"}


def body(action: Action) -> dict[str, Any]:
    full = SCHEMAS[f"{action.name}Request"].full()
    for name, said in SAID.get(action.name, {}).items():
        full[name] = full[name] | said if isinstance(said, dict) else said
    if action.name in PURPOSES:
        full["chargingProfile"] = one_that_can_be(full["chargingProfile"], PURPOSES[action.name])
    return full


def answering(asked: list[str]) -> Router[None]:
    """Answers each command with every field that its answer has."""
    router: Router[None] = Router()

    def answer(action: Action) -> Any:
        async def answered(_ctx: Context[None], request: Any) -> Any:
            asked.append(type(request).__name__.removesuffix("Request"))
            assert action.response is not None
            return decode(action.response, json.dumps(SCHEMAS[f"{action.name}Response"].full()))

        return answered

    for action in commands():
        router.on(cast("type[Any]", action.request))(answer(action))
    return router


def test_every_command_goes_out_with_all_its_fields_and_the_answer_comes_back(csms: Any) -> None:
    asked: list[str] = []

    async def go() -> None:
        async with (
            csms() as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False, timeout=60) as client,
            connect(f"ws://127.0.0.1:{running.ocpp_port}", identity="S-1", versions=[Version.V21]) as channel,
            Peer(channel, version=Version.V21, router=answering(asked), state=None, clock=SystemClock()) as peer,
        ):
            about = v21.ChargingStationType(model="Tiny", vendor_name="Test")
            await peer.call(v21.BootNotificationRequest(charging_station=about, reason=v21.BootReasonEnumType.POWER_UP))
            for action in commands():
                answer = await client.post(f"/api/stations/S-1/commands/{action.name}", json=body(action))
                assert answer.status_code == 200, (action.name, answer.text)
                assert set(answer.json()) == set(SCHEMAS[f"{action.name}Response"].full())
            (upload,) = (await client.get("/api/stations/S-1/logs")).json()
            assert upload["location"] == "ftp://…@93.184.216.34/logs"

    asyncio.run(go())
    assert set(asked) >= {action.name for action in commands()}
