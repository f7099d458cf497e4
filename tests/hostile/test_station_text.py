"""What a station says about itself and its customers when it means a reader: in a browser, a spreadsheet or a terminal.

The API tells it as it is, as JSON; what the page and its files make of it is in test_page.py.
"""

import json
from itertools import count
from typing import Any

from websockets.asyncio.client import ClientConnection

from ladewerk.refusals import Why
from tests.hostile.scene import Scene, Stage

HOSTILE = (
    "<script>x()</script>",
    '"><img src=x onerr=x',
    "=HYPERLINK('//e','a')",
    "a\r\n2026 INFO lade: ok",
    "\x1b[2J\x1b[31m\x07\x9b1m",
    "\u202egnp.exe\u2028\ufeff",
    "%s %(a)s {0} $a ${b}",
    "'; DROP TABLE x; --",
    "../../etc/passwd\\..",
    "a\u0000b",
)
AT = "2026-01-05T17:00:00Z"


def messages(said: str) -> list[tuple[str, dict[str, Any]]]:
    """Every message in which a station may write what it likes, with that in each of its fields."""
    short, token = (
        said[:20],
        {"idToken": said, "type": "Central", "additionalInfo": [{"additionalIdToken": said, "type": said}]},
    )
    custom = {"vendorId": said, "anything": said}
    info = {"reasonCode": short, "additionalInfo": said, "customData": custom}
    evse = {"id": 1, "connectorId": 1}
    component, variable = {"name": said, "instance": said, "evse": evse}, {"name": said, "instance": said}
    return [
        (
            "BootNotification",
            {
                "reason": "PowerUp",
                "chargingStation": {
                    "vendorName": said,
                    "model": short,
                    "serialNumber": short,
                    "firmwareVersion": said,
                    "modem": {"iccid": short, "imsi": short},
                },
                "customData": custom,
            },
        ),
        ("Authorize", {"idToken": token}),
        (
            "TransactionEvent",
            {
                "eventType": "Started",
                "timestamp": AT,
                "triggerReason": "Authorized",
                "seqNo": 0,
                "transactionInfo": {"transactionId": said, "remoteStartId": 1},
                "evse": evse,
                "idToken": token,
                "meterValue": [
                    {
                        "timestamp": AT,
                        "sampledValue": [
                            {
                                "value": 1,
                                "signedMeterValue": {
                                    "signedMeterData": said,
                                    "signingMethod": said,
                                    "encodingMethod": said,
                                    "publicKey": said,
                                },
                                "unitOfMeasure": {"unit": short},
                            }
                        ],
                    }
                ],
                "customData": custom,
            },
        ),
        ("DataTransfer", {"vendorId": said, "messageId": said, "data": {said: [said, {said: said}]}}),
        (
            "NotifyEvent",
            {
                "generatedAt": AT,
                "seqNo": 0,
                "eventData": [
                    {
                        "eventId": 1,
                        "timestamp": AT,
                        "trigger": "Alerting",
                        "eventNotificationType": "HardWiredNotification",
                        "actualValue": said,
                        "techCode": said,
                        "techInfo": said,
                        "component": component,
                        "variable": variable,
                    }
                ],
            },
        ),
        (
            "NotifyReport",
            {
                "requestId": 1,
                "generatedAt": AT,
                "seqNo": 0,
                "reportData": [
                    {
                        "component": component,
                        "variable": variable,
                        "variableAttribute": [{"value": said, "mutability": "ReadOnly"}],
                    }
                ],
            },
        ),
        ("LogStatusNotification", {"status": "UploadFailure", "requestId": 7, "statusInfo": info}),
        ("FirmwareStatusNotification", {"status": "DownloadFailed", "requestId": 7, "statusInfo": info}),
        ("SecurityEventNotification", {"type": said, "timestamp": AT, "techInfo": said}),
        (
            "NotifyDisplayMessages",
            {
                "requestId": 1,
                "messageInfo": [
                    {
                        "id": 1,
                        "priority": "AlwaysFront",
                        "message": {"format": "UTF8", "content": said, "language": said[:8]},
                    }
                ],
            },
        ),
        ("NotifyCustomerInformation", {"requestId": 1, "seqNo": 0, "generatedAt": AT, "data": said}),
        (
            "StatusNotification",
            {"timestamp": AT, "connectorStatus": "Faulted", "evseId": 1, "connectorId": 1, "customData": custom},
        ),
        (f"No{said}Action", {said: said}),
    ]


async def say_all(socket: ClientConnection, texts: tuple[str, ...] = HOSTILE) -> None:
    """Each is answered, whatever with."""
    ids = count(1)
    for text in texts:
        for action, payload in messages(text):
            message_id = f"{next(ids)}{text[:20]}"
            await socket.send(json.dumps([2, message_id, action, payload]))
            answer = json.loads(await socket.recv())
            while answer[0] == 2:  # the CSMS asks something meanwhile
                await socket.send(json.dumps([4, answer[1], "NotSupported", text, {text: text}]))
                answer = json.loads(await socket.recv())
            assert answer[0] in {3, 4}, (action, text)
            assert answer[1] in {message_id, "-1"}, (action, text)


def test_whatever_a_station_says_is_told_as_it_is_and_never_as_a_line_of_our_own(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        before = len(scene.log.lines)
        async with scene.attack(), scene.station("ROGUE-2") as socket:
            await say_all(socket)
        async with scene.browser(logged_in=True) as client:
            station = (await client.get("/api/stations/ROGUE-2")).json()
            assert station["vendor"] in HOSTILE, "not changed on its way"
            for path in (
                "/api/overview",
                "/api/stations",
                "/api/transactions?limit=1000",
                "/api/stations/ROGUE-2/frames",
                "/api/stations/ROGUE-2/variables",
                "/api/stations/ROGUE-2/logs",
                "/api/stations/ROGUE-2/firmware",
                "/api/stations/ROGUE-2/display-messages",
                "/api/notices",
                "/api/refusals",
                "/metrics",
            ):
                answer = await client.get(path)
                assert answer.status_code == 200, (path, answer.text[:300])
                kind = answer.headers["content-type"]
                assert kind.startswith("application/json" if path != "/metrics" else "text/plain"), path
                if path == "/metrics":
                    assert not any(text in answer.text for text in HOSTILE)
                else:
                    answer.json()
        lines = scene.log.lines[before:]
        assert all(line.isprintable() for line in lines)
        assert not any(line.startswith("2026 INFO") for line in lines)
        assert len(lines) < 400

    stage.run(test)


def test_a_value_that_nobody_can_keep_is_refused_where_it_stands(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        huge = 10**30
        event = {
            "eventType": "Updated",
            "timestamp": AT,
            "triggerReason": "MeterValuePeriodic",
            "transactionInfo": {"transactionId": "poison"},
        }
        async with scene.attack(), scene.station("ROGUE-2") as socket:
            for number, (action, payload) in enumerate(
                [
                    ("TransactionEvent", {**event, "seqNo": huge}),
                    ("TransactionEvent", {**event, "seqNo": 0, "evse": {"id": huge, "connectorId": huge}}),
                    ("TransactionEvent", {**event, "seqNo": 1, "timestamp": "0001-01-01T00:00:00+14:00"}),
                    ("TransactionEvent", {**event, "seqNo": 2, "timestamp": "9999-12-31T23:59:59-14:00"}),
                    (
                        "StatusNotification",
                        {"timestamp": AT, "connectorStatus": "Available", "evseId": huge, "connectorId": 1},
                    ),
                    ("LogStatusNotification", {"status": "Uploading", "requestId": huge}),
                    ("NotifyEvent", {"generatedAt": AT, "seqNo": huge, "eventData": []}),
                    ("NotifyDisplayMessages", {"requestId": huge}),
                    ("NotifyCustomerInformation", {"requestId": huge, "seqNo": huge, "generatedAt": AT, "data": "x"}),
                ]
                * 5
            ):
                await socket.send(json.dumps([2, str(number), action, payload]))
                answer = json.loads(await socket.recv())
                assert answer[:2] == [4, str(number)], (action, answer)
                assert answer[2] in {"PropertyConstraintViolation", "OccurrenceConstraintViolation"}, (action, answer)
            async with scene.browser(logged_in=True) as client:
                for path in ("/api/overview", "/api/transactions?limit=1000", "/api/stations/ROGUE-2"):
                    assert (await client.get(path)).status_code == 200, path

    stage.run(test)


def test_no_station_is_sent_to_addresses_inside(stage: Stage) -> None:
    async def test(scene: Scene) -> None:
        before = scene.count(Why.UPLOAD_ADDRESS)
        async with scene.attack(), scene.station("ROGUE-1") as socket, scene.browser(logged_in=True) as client:
            for location in (
                "http://127.0.0.1/x",
                "http://localhost:8080/x",
                "http://LOCALHOST./x",
                "http://[::1]/x",
                "http://[::ffff:127.0.0.1]/x",
                "http://0/x",
                "http://127.1/x",
                "http://2130706433/x",
                "http://0x7f000001/x",
                "http://017700000001/x",
                "http://0177.0.0.01/x",
                "http://127.0.0.1.:80/x",
                "http://127.0.0.%31/x",
                "http://[::127.0.0.1]/x",
                "http://[64:ff9b::7f00:1]/x",
                "http://[2002:7f00:1::]/x",
                "http://[fec0::1]/x",
                "http://\u2460\u2461\u2466.0.0.1/x",
                "http://127.0.0.1\\@a.example/x",
                "http://a.example\\@127.0.0.1/x",
                "http://nas/x",
                "http://printer.local/x",
                "ftp://10.0.0.1/x",
                "sftp://192.168.1.1/x",
                "http://169.254.169.254/latest/meta-data/",
                "http://[fe80::1%25eth0]/x",
                "http://[fd00::1]/x",
                "http://224.0.0.1/x",
                "http://user:password@127.0.0.1/x",
                "http://evil.example@127.0.0.1/x",
                "file:///etc/passwd",
                "gopher://127.0.0.1:6379/x",
                "javascript:alert(1)",
                "//127.0.0.1/x",
                "http:///x",
                "not an address",
            ):
                firmware = {"location": location, "retrieveDateTime": AT}
                for path, body in (
                    ("logs", {"location": location}),
                    ("firmware", {"location": location}),
                    ("commands/UpdateFirmware", {"requestId": 1, "firmware": firmware}),
                    ("commands/PublishFirmware", {"requestId": 1, "location": location, "checksum": "x"}),
                    (
                        "commands/GetLog",
                        {"logType": "DiagnosticsLog", "requestId": 1, "log": {"remoteLocation": location}},
                    ),
                ):
                    answer = await client.post(f"/api/stations/ROGUE-1/{path}", json=body)
                    assert answer.status_code == 422, (location, path, answer.text)
            await socket.send('[2,"1","Heartbeat",{}]')
            heard: list[list[Any]] = []
            while [3, "1"] not in [frame[:2] for frame in heard]:
                heard.append(json.loads(await socket.recv()))
            told = {frame[2] for frame in heard if frame[0] == 2}
            assert scene.count(Why.UPLOAD_ADDRESS) >= before + 5 * 20
            assert scene.lines("refused (upload_address)")
            assert not told & {"GetLog", "UpdateFirmware", "PublishFirmware"}, "the station was told of none of them"

    stage.run(test)
