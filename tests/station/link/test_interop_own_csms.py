"""Our station at our own CSMS, both whole: over OCPP 1.6, and over TLS with a certificate at each end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from ladewerk.csms.app import Csms, running_csms
from ladewerk.csms.config import load_config as load_csms_config
from ladewerk.csms.records import StationRecord
from ladewerk.ocpp.link_settings import ClientTlsTable
from tests.pki import HERE, Pki, new_pki


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    made = new_pki(tmp_path_factory.mktemp("pki"))
    made.ca("ca")
    made.ca("stations-ca")
    made.issue("csms", "/O=Operator/CN=localhost", by="ca", names=HERE)
    made.issue("station", "/O=Operator/CN=LW-0001", by="stations-ca")
    made.issue("other", "/O=Operator/CN=LW-0002", by="stations-ca")
    return made


@asynccontextmanager
async def own_csms(place: Any, folder: Path, settings: str) -> AsyncIterator[Csms]:
    """A CSMS by a file, which knows the station."""
    file = folder / "csms.toml"
    database = f'database = "sqlite:///{folder}/csms.sqlite3"'
    file.write_text(
        f'[csms]\nlisten = "127.0.0.1:0"\nweb = "127.0.0.1:0"\nopen = true\n{database}\n{settings}', encoding="utf-8"
    )
    async with running_csms(load_csms_config(file), place.clock) as csms:
        await csms.ledger.put_station(StationRecord(station_id="LW-0001", approved_at=place.clock.now()))
        yield csms


def configured(place: Any, **settings: Any) -> Any:
    """The place with other settings of its link, from its next start on."""
    table = msgspec.structs.replace(place.config.station, **settings)
    place.config = msgspec.structs.replace(place.config, station=table)
    return place


def test_a_whole_session_by_16_with_the_need_stated_at_the_csms(tmp_path: Path, place_at: Any, paced: Any) -> None:
    async def scenario() -> None:
        async with place_at(tmp_path, serve_csms=False) as place, own_csms(place, tmp_path, "") as csms:
            url = f"ws://127.0.0.1:{csms.ocpp_port}"
            again_at = configured(place, ocpp_versions=("1.6", "2.1")).restarted(url, tmp_path / "journal")
            async with again_at as again, httpx.AsyncClient(base_url=csms.web_url, timeout=None, trust_env=False) as api:
                await again.until_true(lambda: again.station.link.is_up)
                assert again.station.link.version == "ocpp1.6"
                again.simulator.world.plug_in()
                await again.until("plugged")
                # The tag of whoever asks at the station begins the transaction; the need itself 1.6 cannot say.
                await again.submit(energy_wh=900)
                await again.until_true(lambda: csms.ledger.open_transaction(("lw-0001", 1)) is not None)
                await again.until("plugged")
                assert csms.ledger.needs == {}
                depart_at = (again.clock.now() + timedelta(hours=2)).isoformat()
                need = {"mode": "shortest", "energy_wh": 900, "depart_at": depart_at}
                answer = await api.put("/api/stations/LW-0001/evses/1/needs", json=need)
                assert answer.status_code == 200
                await again.until("planned")
                assert (await again.press("start")).status_code == 200
                await again.until("charging")
                # The station does not know how much energy it is: the plan ends with nothing more, and the driver stops.
                (unit,) = again.station.units
                await again.until_true(lambda: unit.state.offer_a == 0, within_s=3600)
                assert (await again.press("stop")).status_code == 200
                await again.until("plugged")
                await again.until_true(lambda: csms.ledger.open_transaction(("lw-0001", 1)) is None)
                (transaction,) = (await api.get("/api/transactions")).json()
                assert transaction["transaction_id"].isdecimal()
                assert transaction["id_token"] == "LOCAL"
                assert transaction["energy_wh"] == pytest.approx(900, rel=0.2)
                report = {"requestId": 1, "reportBase": "FullInventory"}
                told = await api.post("/api/stations/LW-0001/commands/GetBaseReport", json=report)
                assert told.json() == {"status": "Accepted"}

    paced(lambda: asyncio.wait_for(scenario(), 7200))


@pytest.mark.parametrize(("certificate", "gets_in"), [("station", True), ("other", False), (None, False)])
def test_security_profile_3_over_real_sockets(
    tmp_path: Path, place_at: Any, paced: Any, pki: Pki, certificate: str | None, gets_in: bool
) -> None:
    async def scenario() -> None:
        settings = (
            f'security_profile = 3\n[csms.tls]\ncertificate = "{pki.pem("csms")}"\nkey = "{pki.key("csms")}"\n'
            f'client_ca = "{pki.pem("stations-ca")}"\n'
        )
        own = {} if certificate is None else {"certificate": str(pki.pem(certificate)), "key": str(pki.key(certificate))}
        tls = ClientTlsTable(ca=str(pki.pem("ca")), **own)
        async with place_at(tmp_path, serve_csms=False) as place, own_csms(place, tmp_path, settings) as csms:
            url = f"wss://localhost:{csms.ocpp_port}"
            async with configured(place, tls=tls, csms=url).restarted(url, tmp_path / "journal") as again:
                await again.until_true(lambda: again.station.link.is_up or "HTTP 401" in str(again.station.link.reason))
                assert again.station.link.is_up is gets_in
                if gets_in:
                    again.simulator.world.plug_in()
                    await again.until_true(lambda: csms.ledger.open_transaction(("lw-0001", 1)) is not None)

    paced(lambda: asyncio.wait_for(scenario(), 7200))


def test_a_certificate_that_is_gone_keeps_nobody_from_charging(tmp_path: Path, place_at: Any, paced: Any, pki: Pki) -> None:
    async def scenario() -> None:
        ca = tmp_path / "ca.pem"
        ca.write_bytes(pki.pem("ca").read_bytes())
        async with place_at(tmp_path, serve_csms=False) as place:
            url = "wss://localhost:1"
            tls = ClientTlsTable(ca=str(ca))
            async with configured(place, tls=tls, csms=url).restarted(url, tmp_path / "journal") as again:
                await again.until_true(lambda: "connection refused" in str(again.station.link.reason))
                ca.unlink()
                await again.until_true(lambda: "there is no such file" in str(again.station.link.reason))
                again.simulator.world.plug_in()
                await again.until("plugged")
                assert (await again.press("direct")).status_code == 200
                await again.until("direct")

    paced(lambda: asyncio.wait_for(scenario(), 7200))
