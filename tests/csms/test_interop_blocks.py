"""Stations that nobody here wrote, of all three versions at one CSMS, in the functional blocks besides charging itself."""

import asyncio
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import ocpp.v21
import ocpp.v201
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from websockets.typing import Subprotocol

from ladewerk.clock import SystemClock
from ladewerk.csms.certificates.issuing import CertificatesTable
from ladewerk.csms.data_transfer_rules import DataTransferRule
from tests.csms.foreign_station import ACCEPTED, COMPONENT, KINDS, NOTHING, VARIABLE, Connected, Kind, station_class

NOW = SystemClock().now().replace(microsecond=0)
LATER = (NOW + timedelta(hours=2)).isoformat()


def test_foreign_stations_are_served_in_every_block(csms: Any, tmp_path: Path) -> None:
    async def go() -> None:
        settings = {
            "certificates": CertificatesTable(folder=str(tmp_path / "ca"), valid_days=20, renew_days=30),
            "file_hosts": ("10.1.0.0/16",),
            "data_transfer": (DataTransferRule(vendor_id="com.example", message_id="Ping", data="pong"),),
        }
        async with (
            csms(**settings) as running,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False, timeout=60) as client,
        ):
            for name in ("One", "Two", "Three"):
                await client.put(f"/api/tokens/{name}", json={"id_token": name})
            elsewhere = {"id_token": "Long" * 8, "blocked": True}
            await client.put(f"/api/tokens/{elsewhere['id_token']}", json=elsewhere)
            async with asyncio.TaskGroup() as group:
                for kind in KINDS:
                    group.create_task(serve(kind, running, client))

    asyncio.run(go())


async def serve(kind: Kind, running: Any, client: httpx.AsyncClient) -> None:
    """Everything with one station."""
    name = kind.protocol.upper().replace(".", "-")
    address = f"ws://127.0.0.1:{running.ocpp_port}/{name}"
    async with websockets.connect(address, subprotocols=[Subprotocol(kind.protocol)]) as connection:
        station = station_class(kind)(name, connection)
        station.asked, station.refuses, station.list_version = defaultdict(asyncio.Queue), set(), 0
        reading = asyncio.create_task(station.start())
        one = Connected(kind, name, station, running, client)
        try:
            await local_lists(one)
            await certificates(one)
            await firmware_and_logs(one)
            await reservations(one)
            await variables(one)
            await notices(one)
            if not kind.is_16:
                await monitors(one)
                await displays(one)
                await customers(one)
        finally:
            reading.cancel()
            await asyncio.wait([reading])


async def local_lists(one: Connected) -> None:
    await one.boot()
    kinds, tokens = [], []
    # Too long a token has no place on a list of 1.6; two of a message is what the station takes.
    for _ in range(2):
        sent = await one.asked("SendLocalList")
        kinds.append(sent["update_type"])
        tokens += [entry.get("id_tag") or entry["id_token"]["id_token"] for entry in sent["local_authorization_list"]]
    assert kinds == ["Full", "Differential"]
    assert len(tokens) == (3 if one.kind.is_16 else 4)
    await one.until(lambda: is_current(one))
    assert (await one.get("local-list"))["version"] == one.station.list_version
    # It has what it was sent, so a reboot brings nothing; a list of somebody else's is written over.
    await one.boot()
    one.station.list_version = 1
    await one.boot()
    assert (await one.asked("SendLocalList"))["update_type"] == "Full"
    await one.asked("SendLocalList")
    await one.until(lambda: is_current(one))


async def is_current(one: Connected) -> bool:
    known = await one.get("local-list")
    return bool((known["state"], known["version"]) == ("current", one.station.list_version))


def signing_request(name: str) -> tuple[ec.EllipticCurvePrivateKey, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name(
        [x509.NameAttribute(x509.NameOID.COMMON_NAME, name), x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Us")]
    )
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())
    return key, request.public_bytes(serialization.Encoding.PEM).decode()


async def certificates(one: Connected) -> None:
    key, csr = signing_request("SN-1")
    assert (await one.say("SignCertificate", csr=csr)).status == "Accepted"
    signed = await one.asked("CertificateSigned")
    certificate, root = x509.load_pem_x509_certificates(signed["certificate_chain"].encode())
    certificate.verify_directly_issued_by(root)
    assert certificate.public_key() == key.public_key()
    authority = (await one.client.get("/api/certificate-authority")).json()
    assert x509.load_pem_x509_certificate(authority["certificate"].encode()) == root

    async def is_accepted() -> bool:
        return bool((await one.get("certificates"))[0]["state"] == "accepted")

    await one.until(is_accepted)
    assert certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value == one.name
    assert (await one.say("SignCertificate", csr="-----BEGIN CERTIFICATE REQUEST-----")).status == "Rejected"
    # It ends within the month in which it is renewed.
    await one.boot()
    asked = await one.asked("ExtendedTriggerMessage" if one.kind.is_16 else "TriggerMessage")
    assert asked["requested_message"].startswith("SignCharg")
    told = await one.command(
        "InstallCertificate", {"certificateType": "CSMSRootCertificate", "certificate": authority["certificate"]}
    )
    assert told == ACCEPTED
    if one.kind.package is ocpp.v201:  # that package's classes of 2.1 are not what its own schemas ask for
        said = {"iso15118_schema_version": "urn", "exi_request": "AA=="}
        refused = await one.station.call(ocpp.v201.call.Get15118EVCertificate(action="Install", **said))
        assert (refused.status, refused.status_info["reason_code"]) == ("Failed", "NoProvider")
        hashed = {"hash_algorithm": "SHA256", "issuer_name_hash": "0", "issuer_key_hash": "0", "serial_number": "0"}
        asked_about = {**hashed, "responder_url": "http://ocsp.example"}
        assert (await one.say("GetCertificateStatus", ocsp_request_data=asked_about)).status == "Failed"
        contract = {"id_token": "DE-ABC-1", "type": "eMAID"}
        said = await one.say("Authorize", id_token=contract, iso15118_certificate_hash_data=[asked_about])
        assert (said.id_token_info["status"], said.certificate_status) == ("Invalid", "CertChainError")


async def firmware_and_logs(one: Connected) -> None:
    update = await one.client.post(f"/api/stations/{one.name}/firmware", json={"location": "https://firmware.example/1.bin"})
    assert (update.status_code, update.json()["status"]) == (201, "Accepted"), update.text
    number = update.json()["request_id"]
    with_number = {} if one.kind.is_16 else {"request_id": number}
    for status in ("Downloading", "Installed", "Installing"):
        await one.say("FirmwareStatusNotification", status=status, **with_number)
    await one.say("FirmwareStatusNotification", status="Idle")
    (known,) = await one.get("firmware")
    assert (known["request_id"], known["status"], known["location"]) == (
        number,
        "Installed",
        "https://firmware.example/1.bin",
    )

    one.station.refuses.add("UpdateFirmware")
    refused = await one.client.post(f"/api/stations/{one.name}/firmware", json={"location": "https://firmware.example/2"})
    assert (refused.status_code, refused.json()["code"]) == (502, "refused")
    assert sorted(known["status"] for known in await one.get("firmware")) == ["Installed", "Rejected"]
    if one.kind.is_16:
        # It has no word for a time to install.
        later = {"location": "https://firmware.example/3", "install_at": LATER}
        refused = await one.client.post(f"/api/stations/{one.name}/firmware", json=later)
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "not-in-version")
        assert sorted(known["status"] for known in await one.get("firmware")) == ["Installed", "Rejected", "Rejected"]

    for inside in ("http://127.1/", "https://[::ffff:192.168.0.1]/x", "ftp://u:p@169.254.1.1/", "sftp://LOCALHOST./"):
        refused = await one.client.post(f"/api/stations/{one.name}/logs", json={"location": inside})
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "inside")
    body = {"requestId": 1, "logType": "DiagnosticsLog", "log": {"remoteLocation": "file:///etc/passwd"}}
    refused = await one.client.post(f"/api/stations/{one.name}/commands/GetLog", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "no-address")

    asked = await one.client.post(f"/api/stations/{one.name}/logs", json={"location": "ftp://name:secret@10.1.2.3/logs/"})
    assert asked.status_code == 201, asked.text
    assert (asked.json()["status"], asked.json()["filename"]) == ("Accepted", "log.zip")
    assert asked.json()["location"] == "ftp://…@10.1.2.3/logs/"
    if one.kind.is_16:
        await one.say("DiagnosticsStatusNotification", status="Uploaded")
    else:
        await one.say("LogStatusNotification", status="Uploaded", request_id=asked.json()["request_id"])
        # Of one that nobody here asked for, the station speaks, too.
        await one.say("LogStatusNotification", status="Uploading", request_id=77)
    known = {upload["request_id"]: upload for upload in await one.get("logs")}
    assert known[asked.json()["request_id"]]["status"] == "Uploaded"
    assert [upload["asked_at"] for upload in known.values()].count(None) == (0 if one.kind.is_16 else 1)


async def reservations(one: Connected) -> None:
    async def reserve() -> dict[str, Any]:
        wanted = {"station_id": one.name, "id_token": "One", "expires_at": LATER, "evse_id": 1}
        answer = await one.client.post("/api/reservations", json=wanted)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        assert (made["state"], made["evse_id"]) == ("active", 1)
        return made

    first, second = await reserve(), await reserve()
    assert first["reservation_id"] != second["reservation_id"]
    cancelled = await one.client.delete(f"/api/stations/{one.name}/reservations/{first['reservation_id']}")
    assert cancelled.json()["state"] == "cancelled"
    at = NOW.isoformat()
    if one.kind.is_16:
        started = {"connector_id": 1, "id_tag": "One", "meter_start": 0, "timestamp": at}
        await one.say("StartTransaction", **started, reservation_id=second["reservation_id"])
    else:
        await one.say(
            "TransactionEvent",
            event_type="Started",
            timestamp=at,
            trigger_reason="Authorized",
            seq_no=0,
            transaction_info={"transaction_id": "tx"},
            evse={"id": 1, "connector_id": 1},
            id_token={"id_token": "One", "type": "ISO14443"},
            reservation_id=second["reservation_id"],
        )
        third = await reserve()
        await one.say(
            "ReservationStatusUpdate",
            reservation_id=third["reservation_id"],
            reservation_update_status="Expired",
        )
    listed = (await one.client.get("/api/reservations", params={"station": one.name})).json()
    states = [known["state"] for known in listed]
    assert states == (["cancelled", "used"] if one.kind.is_16 else ["cancelled", "used", "expired"])
    assert listed[1]["transaction_id"]


async def variables(one: Connected) -> None:
    if not one.kind.is_16:
        old = {"component": COMPONENT, "variable": {"name": "Old"}, "variable_attribute": [{"value": "1"}]}
        await one.say("NotifyReport", request_id=2, generated_at=LATER, seq_no=0, report_data=[old])
        assert [known["place"]["variable"] for known in await one.get("variables")] == ["Old"]
    assert (await one.command("GetBaseReport", {"requestId": 3, "reportBase": "FullInventory"}))["status"] == "Accepted"
    place = {"component": "LocalAuthListCtrlr", "variable": "ItemsPerMessage"}
    if not one.kind.is_16:
        said = [
            {
                "component": COMPONENT,
                "variable": VARIABLE,
                "variable_attribute": [{"value": "3", "mutability": "ReadOnly"}],
                "variable_characteristics": {"data_type": "integer", "supports_monitoring": False},
            },
            {
                "component": {"name": "SecurityCtrlr"},
                "variable": {"name": "BasicAuthPassword"},
                "variable_attribute": [{"value": "secret"}],
            },
        ]
        await one.say("NotifyReport", request_id=3, generated_at=LATER, seq_no=0, report_data=said)
        (secret,) = await one.get("variables?search=password")
        assert "value" not in secret["attributes"][0]
        # The inventory is full, so what was not in it is gone.
        assert await one.get("variables?search=old") == []
        first = await one.client.get(f"/api/stations/{one.name}/variables?limit=1")
        following = await one.client.get(first.links["next"]["url"])
        assert [len(first.json()), len(following.json()), "next" in following.links] == [1, 1, False]

    async def is_there() -> bool:
        return bool(await one.get("variables?search=itemspermessage"))

    await one.until(is_there)
    (known,) = await one.get("variables?search=itemspermessage")
    assert known["place"] == place
    assert known["attributes"][0]["value"] == ("2" if one.kind.is_16 else "3")
    if not one.kind.is_16:
        await one.command(
            "SetVariables",
            {"setVariableData": [{"component": COMPONENT, "variable": VARIABLE, "attributeValue": "9"}]},
        )
        (known,) = await one.get("variables?search=itemspermessage")
        assert known["attributes"][0]["value"] == "9"
        assert known["characteristics"]["data_type"] == "integer"


async def notices(one: Connected) -> None:
    await one.say("SecurityEventNotification", type="<b>TamperDetection</b>", timestamp=LATER, tech_info="=1+1")
    ping = {"vendor_id": "com.example", "message_id": "Ping"}
    answer = await one.say("DataTransfer", **ping)
    assert (answer.status, answer.data) == ("Accepted", "pong")
    assert (await one.say("DataTransfer", vendor_id="com.example", message_id="Other")).status == "UnknownMessageId"
    assert (await one.say("DataTransfer", vendor_id="other")).status == "UnknownVendorId"
    kept = {}
    for action in ("SecurityEventNotification", "DataTransfer"):
        listed = await one.client.get("/api/notices", params={"station": one.name, "action": action})
        (kept[action],) = listed.json()
    listed = await one.client.get("/api/notices", params={"station": one.name, "action": list(kept)})
    assert [said["action"] for said in listed.json()] == ["DataTransfer", "SecurityEventNotification"]
    assert kept["SecurityEventNotification"]["payload"]["type"] == "<b>TamperDetection</b>"
    assert kept["DataTransfer"]["payload"]["messageId"] == "Ping"


async def monitors(one: Connected) -> None:
    wanted = {
        "value": 7000.0,
        "type": "UpperThreshold",
        "severity": 4,
        "component": {"name": "EVSE"},
        "variable": {"name": "Power"},
    }
    await one.command("SetVariableMonitoring", {"setMonitoringData": [wanted]})
    (known,) = await one.get("monitors")
    assert (known["monitor_id"], known["value"], known["place"]["variable"]) == (7, 7000.0, "Power")
    await one.command("ClearVariableMonitoring", {"id": [7]})
    assert await one.get("monitors") == []
    seen: dict[str, Any] = {"id": 8, "transaction": False, "value": 5, "type": "Periodic", "severity": 9}
    if one.kind.package is ocpp.v21:
        seen["event_notification_type"] = "CustomMonitor"
    report = {"component": {"name": "EVSE"}, "variable": {"name": "Power"}, "variable_monitoring": [seen]}
    await one.say("NotifyMonitoringReport", request_id=5, seq_no=0, generated_at=LATER, monitor=[report])
    assert [known["monitor_id"] for known in await one.get("monitors")] == [8]
    # Asked for all of them, it has another one now.
    await one.command("GetMonitoringReport", {"requestId": 6})
    report["variable_monitoring"] = [seen | {"id": 9}]
    await one.say("NotifyMonitoringReport", request_id=6, seq_no=0, generated_at=LATER, monitor=[report])
    assert [known["monitor_id"] for known in await one.get("monitors")] == [9]
    await one.command("GetMonitoringReport", {"requestId": NOTHING})
    assert await one.get("monitors") == []


async def displays(one: Connected) -> None:
    message = {
        "id": 5,
        "priority": "AlwaysFront",
        "message": {"format": "HTML", "language": "en", "content": "<script>alert(1)</script>"},
    }
    await one.command("SetDisplayMessage", {"message": message})
    (known,) = await one.get("display-messages")
    assert (known["message_id"], known["texts"][0]["content"]) == (5, "<script>alert(1)</script>")
    other: dict[str, Any] = {"id": 6, "priority": "InFront", "message": {"format": "UTF8", "content": "Good day"}}
    if one.kind.package is ocpp.v21:
        other["message"]["language"] = "en"
    await one.say("NotifyDisplayMessages", request_id=1, message_info=[other])
    await one.command("ClearDisplayMessage", {"id": 5})
    assert [known["message_id"] for known in await one.get("display-messages")] == [6]
    # Asked for all of them, it has two others now.
    await one.command("GetDisplayMessages", {"requestId": 21})
    await one.say("NotifyDisplayMessages", request_id=21, message_info=[other | {"id": 7}], tbc=True)
    assert [known["message_id"] for known in await one.get("display-messages")] == [6, 7]
    await one.say("NotifyDisplayMessages", request_id=21, message_info=[other | {"id": 8}])
    assert [known["message_id"] for known in await one.get("display-messages")] == [7, 8]
    await one.command("GetDisplayMessages", {"requestId": NOTHING, "state": "Idle"})
    assert len(await one.get("display-messages")) == 2
    await one.command("GetDisplayMessages", {"requestId": NOTHING})
    assert await one.get("display-messages") == []


async def customers(one: Connected) -> None:
    body = {"requestId": 12, "report": True, "clear": False, "customerIdentifier": "Ada"}
    await one.command("CustomerInformation", body)
    for number, text, more in ((1, "lace", False), (0, "Love", True)):
        said = {"data": text, "seq_no": number, "generated_at": LATER, "tbc": more or number == 1}
        await one.say("NotifyCustomerInformation", request_id=12, **said)
    await one.say("NotifyCustomerInformation", request_id=12, data=".", seq_no=2, generated_at=LATER, tbc=False)
    await one.say("NotifyCustomerInformation", request_id=99, data="unasked", seq_no=0, generated_at=LATER)
    (known,) = await one.get("customer-information")
    assert (known["text"], known["status"]) == ("Lovelace.", "Complete")
    address = f"/api/stations/{one.name}/customer-information/12"
    assert (await one.client.delete(address)).status_code == 204
    assert (await one.client.delete(address)).json()["code"] == "unknown-report"
    assert await one.get("customer-information") == []
