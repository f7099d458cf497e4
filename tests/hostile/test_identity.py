"""Stations that say they are others: by path, by credentials, by the numbers of others' transactions."""

import json
from urllib.parse import quote

import pytest

from ladewerk.refusals import Why
from tests.hostile.scene import SECRET, Scene, Stage

NOBODY = [
    "/",
    "//",
    "/..",
    "/../HEALTHY-1/..",
    "/HEALTHY-1/..",
    "/HEALTHY-1/",
    "/.%2e",
    "/%2e%2e",
    "/x%2fHEALTHY-1",
    "/HEALTHY-1%2f",
    "/HEALTHY-1%2F..",
    "/HEALTHY-1%5C",
    "/HEALTHY-1%00",
    "/HEALTHY-1%0d%0aX-A:%20b",
    "/HEALTHY-1%0a",
    "/%20HEALTHY-1",
    "/HEALTHY-1%20",
    "/HEALTHY%2D1%",
    "/HEALTHY%252D1",
    "/HEALTHY-1%zz",
    "/HEALTHY:1",
    "/HEALTHY-1%3F",
    "/HEALTHY-1;a=b",
    "/HEALTHY-%EF%BC%91",  # a full-width 1
    "/%D0%9DEALTHY-1",  # a Cyrillic letter that looks like an H
    "/%C0%AFHEALTHY-1",  # a slash in an overlong form
    "/%FFHEALTHY-1",
    "/\xffHEALTHY-1",
    "/" + "H" * 49,
    "/" + "H" * 8000,
    "/HEALTHY-1%E2%80%8B",  # a blank of no width
    "/" + quote("<script>alert(1)</script>"),
    "/" + quote("' OR 1=1 --"),
]


def test_tricks_with_paths_name_nobody(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        async with scene.attack():
            for path in NOBODY:
                status = await scene.knock(path, user="HEALTHY-1", password="a-guess-of-a-word", address="127.0.0.90")
                assert status in {0, 400, 401, 404, 431}, path
            assert scene.csms.ledger.stations.keys().isdisjoint({"", ".", "..", "healthy-1/"})
            assert all(one.station_id.isprintable() for one in scene.csms.ledger.waiting.values())

    stage.run(test)


@pytest.mark.parametrize(
    ("path", "user"),
    [
        ("/HEALTHY-1", None),
        ("/healthy-1", None),
        ("/%48EALTHY-1", None),
        ("/any/where/HEALTHY-1", None),
        ("/HEALTHY-1?password=" + SECRET, None),
        ("/HEALTHY-1", "ROGUE-1"),
        ("/HEALTHY-1", ""),
        ("/HEALTHY-1", "HEALTHY-1\x00"),
        ("/ROGUE-1", "HEALTHY-1"),
    ],
)
def test_another_station_is_nobody_without_its_password(stage: Stage, path: str, user: str | None) -> None:
    async def test(scene: Scene) -> None:
        wrong = scene.count(Why.WRONG_CREDENTIALS)
        async with scene.attack():
            assert await scene.knock(path, user=user, password=SECRET, address="127.0.0.91") == 401
        assert scene.count(Why.WRONG_CREDENTIALS) == wrong + 1

    stage.run(test)


def test_a_transaction_of_another_station_is_neither_changed_nor_ended(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        ledger = scene.csms.ledger
        known, foreign = ledger.open_transaction(("healthy-1", 1)), scene.count(Why.FOREIGN_TRANSACTION)
        assert known is not None
        event = {
            "eventType": "Ended",
            "timestamp": "2030-01-01T00:00:00Z",
            "triggerReason": "RemoteStop",
            "seqNo": 1_000_000,
            "transactionInfo": {"transactionId": known.transaction_id, "stoppedReason": "Remote"},
            "evse": {"id": 1, "connectorId": 1},
            "idToken": {"idToken": "thief", "type": "Local"},
        }
        async with scene.attack(), scene.station("ROGUE-1") as socket:
            await socket.send(json.dumps([2, "1", "TransactionEvent", event]))
            assert json.loads(await socket.recv())[:2] == [3, "1"]
            needs = {
                "evseId": 1,
                "chargingNeeds": {
                    "requestedEnergyTransfer": "AC_three_phase",
                    "acChargingParameters": {"energyAmount": 1, "evMinCurrent": 6, "evMaxCurrent": 6, "evMaxVoltage": 400},
                },
            }
            await socket.send(json.dumps([2, "2", "NotifyEVChargingNeeds", needs]))
            await socket.recv()
            now = ledger.open_transaction(("healthy-1", 1))
            assert now is not None
            assert (now.transaction_id, now.ended_at, now.id_token) == (known.transaction_id, None, None)
            assert ("healthy-1", 1) not in ledger.needs
            async with scene.browser(logged_in=True) as client:
                stored = (await client.get("/api/transactions", params={"limit": 1000})).json()
            rows = stored if isinstance(stored, list) else stored["items"]
            of = {one["station_id"]: one for one in rows if one["transaction_id"] == known.transaction_id}
            assert of["HEALTHY-1"]["ended_at"] is None
            assert of["ROGUE-1"]["ended_at"] is not None, "what it said is kept, under its own name alone"
            assert scene.count(Why.FOREIGN_TRANSACTION) == foreign + 1
            assert scene.lines("station ROGUE-1 names a transaction that runs at HEALTHY-1")

    stage.run(test)


def test_of_1_6_the_number_of_another_station_is_neither_changed_nor_ended(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        start = {"connectorId": 1, "idTag": "honest", "meterStart": 0, "timestamp": "2026-01-05T16:00:00Z"}
        foreign = scene.count(Why.FOREIGN_TRANSACTION)
        boot = '[2,"0","BootNotification",{"chargePointVendor":"v","chargePointModel":"m"}]'
        async with (
            scene.attack(),
            scene.station("ROGUE-1", version="ocpp1.6") as victim,
            scene.station("ROGUE-2", version="ocpp1.6") as thief,
        ):
            for socket in (victim, thief):
                await socket.send(boot)
                while json.loads(await socket.recv())[1] != "0":
                    pass
            await victim.send(json.dumps([2, "1", "StartTransaction", start]))
            number = (await answer_to(victim, "1"))["transactionId"]
            for guess in (number, number - 1, number + 1, 0, -1, 2**31 - 1):
                stop = {"transactionId": guess, "meterStop": 99_000, "timestamp": "2026-01-05T18:00:00Z", "reason": "Remote"}
                values = [{"timestamp": "2026-01-05T17:00:00Z", "sampledValue": [{"value": "77000"}]}]
                for message_id, action, payload in (
                    ("m", "MeterValues", {"connectorId": 1, "transactionId": guess, "meterValue": values}),
                    ("s", "StopTransaction", stop),
                ):
                    await thief.send(json.dumps([2, f"{message_id}{guess}", action, payload]))
                    await answer_to(thief, f"{message_id}{guess}")
            assert scene.count(Why.FOREIGN_TRANSACTION) == foreign + 1
            found = scene.csms.ledger.open_transaction(("rogue-1", 1))
            assert found is not None
            assert (found.transaction_id, found.id_token, found.energy_wh) == (str(number), "honest", 0)

    stage.run(test)


async def answer_to(socket: object, message_id: str) -> dict[str, int]:
    while True:
        heard = json.loads(await socket.recv())  # type: ignore[attr-defined]
        if heard[0] in {3, 4} and heard[1] == message_id:
            return heard[2] if heard[0] == 3 else {}
