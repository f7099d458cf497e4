"""Certificates on their way to a station, and the next one in time, on a loop whose time runs fast."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from ladewerk.clock import LoopClock, SystemClock
from ladewerk.csms.app import running_csms
from ladewerk.csms.certificates.issuing import CertificatesTable
from ladewerk.csms.config import CsmsConfig
from ladewerk.csms.stations.station_rules import Rules, StationRules
from ladewerk.ocpp import Context, Peer, Router, Version, connect, v21
from ladewerk.paced_loop import PacedLoop
from tests.csms.certificates.test_authority import request_for

ORIGIN = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
SIX_HOURS_S = 6 * 3600


def answering(signed: "asyncio.Queue[str]", triggers: "asyncio.Queue[str]") -> Router[None]:
    """Takes the second certificate it is brought, and every trigger."""
    router: Router[None] = Router()

    @router.on(v21.CertificateSignedRequest)
    async def certificate_signed(
        _ctx: Context[None], request: v21.CertificateSignedRequest
    ) -> v21.CertificateSignedResponse:
        first = signed.empty() and request.request_id == 1
        signed.put_nowait(request.certificate_chain)
        word = v21.CertificateSignedStatusEnumType
        return v21.CertificateSignedResponse(status=word.REJECTED if first else word.ACCEPTED)

    @router.on(v21.TriggerMessageRequest)
    async def trigger(_ctx: Context[None], request: v21.TriggerMessageRequest) -> v21.TriggerMessageResponse:
        triggers.put_nowait(str(request.requested_message))
        return v21.TriggerMessageResponse(status=v21.TriggerMessageStatusEnumType.ACCEPTED)

    return router


def test_a_station_is_asked_for_the_next_request_before_its_certificate_ends(database: str, tmp_path: Path) -> None:
    async def go() -> None:
        loop = asyncio.get_running_loop()
        signed: asyncio.Queue[str] = asyncio.Queue()
        triggers: asyncio.Queue[str] = asyncio.Queue()
        config = CsmsConfig(
            listen="127.0.0.1:0",
            web="127.0.0.1:0",
            database=database,
            accept_unknown=True,
            open=True,
            certificates=CertificatesTable(folder=str(tmp_path / "ca"), valid_days=30, renew_days=30),
            rules=Rules(others=StationRules(ping_s=None)),
        )
        async with (
            running_csms(config, LoopClock(loop, ORIGIN)) as running,
            connect(f"ws://127.0.0.1:{running.ocpp_port}", identity="S-1", versions=[Version.V21]) as channel,
            Peer(
                channel,
                version=Version.V21,
                router=answering(signed, triggers),
                state=None,
                clock=SystemClock(),
            ) as peer,
            httpx.AsyncClient(base_url=running.web_url, trust_env=False, timeout=60) as client,
        ):
            about = v21.ChargingStationType(model="M", vendor_name="V")
            await peer.call(v21.BootNotificationRequest(charging_station=about, reason=v21.BootReasonEnumType.POWER_UP))
            began_s = loop.time()
            for number, state in ((1, "rejected"), (2, "accepted")):
                csr = request_for(ec.generate_private_key(ec.SECP256R1()), "S-1")
                answer = await peer.call(v21.SignCertificateRequest(csr=csr, request_id=number))
                assert answer.status == "Accepted"
                await signed.get()
                await until_state(running, client, state)
            assert triggers.empty()
            assert await triggers.get() == "SignChargingStationCertificate"
            assert loop.time() - began_s >= SIX_HOURS_S - 60

    with asyncio.Runner(loop_factory=lambda: PacedLoop(None)) as runner:
        runner.run(go())


async def until_state(running: Any, client: httpx.AsyncClient, state: str) -> None:
    changed = asyncio.Event()
    disconnect = running.ledger.changed.connect(lambda _none: changed.set())
    # Both may be of the same moment, so either may be the first of the list.
    while state not in {one["state"] for one in (await client.get("/api/stations/S-1/certificates")).json()}:
        await changed.wait()
        changed.clear()
    disconnect()
