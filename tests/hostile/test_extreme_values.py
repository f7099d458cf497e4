"""Values as far out as their types go, in every field a station can fill: answered, and nobody stumbles over them."""

import json
from collections.abc import Iterator
from itertools import count, groupby
from operator import attrgetter
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from tests.hostile.scene import Scene, Stage
from tests.ocpp.payloads import EXTREMES, MessageSchema, message_schemas

VERSIONS = {"v16": "ocpp1.6", "v201": "ocpp2.0.1", "v21": "ocpp2.1"}
AT = "2026-01-05T17:00:00Z"
EVSE = {"id": 1, "connectorId": 1}
WH = {"unit": "kWh", "multiplier": 0}
EVENT = {
    "eventType": "Updated",
    "timestamp": AT,
    "triggerReason": "MeterValuePeriodic",
    "seqNo": 1,
    "transactionInfo": {"transactionId": "far-out", "timeSpentCharging": 1},
    "evse": EVSE,
    "meterValue": [
        {
            "timestamp": AT,
            "sampledValue": [
                {"value": 1.5, "unitOfMeasure": WH},
                {"value": 1.5, "measurand": "Power.Active.Import", "unitOfMeasure": WH | {"unit": "kW"}},
                {"value": 1.5, "measurand": "Current.Offered", "phase": "L1", "unitOfMeasure": WH | {"unit": "A"}},
            ],
        }
    ],
}
NEEDS = {
    "evseId": 1,
    "maxScheduleTuples": 9,
    "timestamp": AT,
    "chargingNeeds": {
        "requestedEnergyTransfer": "AC_three_phase",
        "departureTime": AT,
        "acChargingParameters": {"energyAmount": 9000, "evMinCurrent": 6, "evMaxCurrent": 16, "evMaxVoltage": 400},
    },
}
SCHEDULE = {
    "timeBase": AT,
    "evseId": 1,
    "chargingSchedule": {
        "id": 1,
        "startSchedule": AT,
        "duration": 600,
        "chargingRateUnit": "W",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16, "numberPhases": 3}, {"startPeriod": 60, "limit": 6}],
    },
}
TELLING: tuple[tuple[str, dict[str, Any]], ...] = (
    ("TransactionEvent", EVENT),
    ("MeterValues", {"evseId": 1, "meterValue": EVENT["meterValue"]}),
    ("NotifyEVChargingNeeds", NEEDS),
    ("NotifyEVChargingSchedule", SCHEDULE),
)
"""What the CSMS computes with."""

SHOWN = (
    "/healthz",
    "/api/overview",
    "/api/stations",
    "/api/stations/ROGUE-2",
    "/api/stations/ROGUE-2/frames",
    "/api/stations/ROGUE-2/variables",
    "/api/stations/ROGUE-2/monitors",
    "/api/stations/ROGUE-2/logs",
    "/api/stations/ROGUE-2/firmware",
    "/api/stations/ROGUE-2/display-messages",
    "/api/stations/ROGUE-2/quirks",
    "/api/transactions?limit=1000",
    "/api/plans?station=ROGUE-2",
    "/api/notices",
    "/api/reservations",
    "/api/refusals",
    "/metrics",
)


def far_out(tree: Any) -> Iterator[Any]:
    """``tree`` with one value after the other as far out as its type goes."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, inner in items:
        kind = "date-time" if inner == AT else {int: "integer", float: "number", str: "string"}.get(type(inner), "")
        for value in (*far_out(inner), *EXTREMES.get(kind, ())):
            changed = tree.copy()
            changed[key] = value
            yield changed


def one_value_each(message: MessageSchema) -> Iterator[Any]:
    """Every field far out once; which value it has goes round."""
    turn = count()
    for _, mutants in groupby(message.extremes(), key=attrgetter("path")):
        choice = list(mutants)
        yield choice[next(turn) % len(choice)].payload


class Rogue:
    """Says one thing after the other, takes every profile, and serves nothing else."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._ids = count(1)

    async def say(self, action: str, payload: Any) -> str:
        """The code of the error it is answered with; empty for an answer."""
        message_id = f"far-{next(self._ids)}"
        await self._socket.send(json.dumps([2, message_id, action, payload]))
        while True:
            frame = json.loads(await self._socket.recv())
            if frame[0] == 2 and frame[2] == "SetChargingProfile":
                await self._socket.send(json.dumps([3, frame[1], {"status": "Accepted"}]))
            elif frame[0] == 2:
                await self._socket.send(json.dumps([4, frame[1], "NotSupported", "", {}]))
            elif frame[1] == message_id:
                return str(frame[2]) if frame[0] == 4 else ""


async def shown_as_ever(scene: Scene) -> None:
    """Every page has its data still, and nothing was logged as an error."""
    async with scene.browser(logged_in=True) as client:
        for path in SHOWN:
            answer = await client.get(path)
            assert answer.status_code == 200, (path, answer.text[:300])
    assert not scene.lines(" ERROR ")
    assert not scene.lines("Traceback")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_field_of_every_message_may_be_far_out(stage: Stage, version: str) -> None:
    async def test(scene: Scene) -> None:
        answered = 0
        async with scene.attack(), scene.station("ROGUE-2", version=VERSIONS[version]) as socket:
            rogue = Rogue(socket)
            for message in message_schemas()[version]:
                action = message.stem.removesuffix("Request")
                for payload in () if message.stem.endswith("Response") else one_value_each(message):
                    code = await rogue.say(action, payload)
                    if code in {"NotSupported", "NotImplemented"}:
                        break  # a message of a CSMS
                    assert code != "InternalError", (action, payload)
                    answered += 1
        assert answered > 50
        await shown_as_ever(scene)

    stage.run(test)


def test_what_is_computed_with_may_be_far_out(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        async with scene.attack(), scene.station("ROGUE-2") as socket:
            rogue, seq_nos = Rogue(socket), count(10)
            for action, payload in TELLING:
                # It charges, and may be planned for.
                assert not await rogue.say("TransactionEvent", EVENT | {"eventType": "Started", "seqNo": next(seq_nos)})
                for said in far_out(payload):
                    if said.get("seqNo") == EVENT["seqNo"]:
                        said["seqNo"] = next(seq_nos)
                    assert await rogue.say(action, said) != "InternalError", (action, said)
                    if action == "NotifyEVChargingNeeds":
                        await scene.beats(1)  # it is planned
        await shown_as_ever(scene)

    stage.run(test)


@pytest.mark.parametrize(
    ("action", "payload", "path"),
    [
        ("TransactionEvent", EVENT | {"evse": {"id": 1000}}, "$.evse.id"),
        ("TransactionEvent", EVENT | {"evse": {"id": 1, "connectorId": 100}}, "$.evse.connectorId"),
        ("TransactionEvent", EVENT | {"timestamp": "0001-01-01T00:00:00+14:00"}, "$.timestamp"),
        ("TransactionEvent", EVENT | {"seqNo": 2**63}, "$.seqNo"),
        ("NotifyEVChargingNeeds", NEEDS | {"evseId": 2**63 - 1}, "$.evseId"),
    ],
)
def test_who_says_it_is_told_where_it_stands(stage: Stage, action: str, payload: dict[str, Any], path: str) -> None:
    async def test(scene: Scene) -> None:
        async with scene.attack(), scene.station("ROGUE-2") as socket:
            await socket.send(json.dumps([2, "1", action, payload]))
            answer = json.loads(await socket.recv())
            assert (answer[2], answer[4]) == ("PropertyConstraintViolation", {"path": path})

    stage.run(test)
