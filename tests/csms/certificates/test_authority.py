"""The CA of the CSMS: what it signs, what it does not, and that a station comes in by what it got."""

import asyncio
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes

from ladewerk.clock import SystemClock
from ladewerk.csms.certificates.authority import PRIVATE_FILE, PUBLIC_FILE, open_authority
from ladewerk.csms.certificates.issued import NotSigned, Signed
from ladewerk.csms.certificates.issuing import CertificatesTable
from ladewerk.csms.stations.station_rules import Rules, StationRules
from ladewerk.errors import Disconnected, StoreError
from ladewerk.ocpp import ClientTls, Peer, Router, SecurityProfile, ServerTls, Version, connect, v21
from ladewerk.web.own_certificate import make_certificate

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
Key = CertificateIssuerPrivateKeyTypes


def request_for(key: Key, *names: str, organization: str | None = None) -> str:
    attributes = [x509.NameAttribute(x509.NameOID.COMMON_NAME, name) for name in names]
    if organization is not None:
        attributes.append(x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organization))
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name(attributes))
        # What a station would like to be, too.
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return request.public_bytes(serialization.Encoding.PEM).decode()


def test_a_station_gets_a_certificate_for_its_name_and_nothing_more(tmp_path: Path) -> None:
    authority = open_authority(tmp_path / "ca", NOW)
    key = ec.generate_private_key(ec.SECP384R1())
    request = request_for(key, "CSMS", "S-2", organization="Us")
    signed = authority.sign(request, name="S-1", now=NOW, lasts=YEAR)
    assert isinstance(signed, Signed)
    certificate, root = x509.load_pem_x509_certificates(signed.chain.encode())
    certificate.verify_directly_issued_by(root)
    assert certificate.subject.rfc4514_string() == "O=Us,CN=S-1"
    assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False
    assert (signed.not_after, signed.serial) == (NOW + YEAR, f"{certificate.serial_number:x}")
    assert root.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length == 0
    # A CA that ends sooner cannot vouch for longer.
    far = authority.sign(request, name="S-1", now=NOW + 19.9 * YEAR, lasts=YEAR)
    assert isinstance(far, Signed)
    assert far.not_after == authority.not_after


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: ec.generate_private_key(ec.SECP192R1()), "WeakKey"),
        (lambda: rsa.generate_private_key(65537, 1024), "WeakKey"),
        (lambda: dsa.generate_private_key(1024), "WeakKey"),
    ],
)
def test_what_is_not_signed_is_said(tmp_path: Path, make: Any, code: str) -> None:
    answer = open_authority(tmp_path, NOW).sign(request_for(make(), "S-1"), name="S-1", now=NOW, lasts=YEAR)
    assert isinstance(answer, NotSigned)
    assert answer.reason_code == code
    assert len(answer.reason_code) <= 20


def test_a_request_that_is_none_or_whose_key_is_anothers_is_not_signed(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, NOW)
    good = request_for(ec.generate_private_key(ec.SECP256R1()), "S-1")
    der = bytearray(x509.load_pem_x509_csr(good.encode()).public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    forged = ssl.DER_cert_to_PEM_cert(bytes(der)).replace("CERTIFICATE", "CERTIFICATE REQUEST")
    for bad in ("", "é", good[:200], forged):
        answer = authority.sign(bad, name="S-1", now=NOW, lasts=YEAR)
        assert isinstance(answer, NotSigned)
        assert answer.reason_code == "InvalidCSR"


def test_the_ca_is_kept_and_nobody_else_may_read_its_key(tmp_path: Path) -> None:
    made = open_authority(tmp_path / "ca", NOW)
    private, public = tmp_path / "ca" / PRIVATE_FILE, tmp_path / "ca" / PUBLIC_FILE
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert public.read_text() == made.certificate_pem
    assert open_authority(tmp_path / "ca", NOW + YEAR).certificate_pem == made.certificate_pem
    other = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    for content in (b"nothing", other + made.certificate_pem.encode()):
        private.write_bytes(content)
        with pytest.raises(StoreError, match=PRIVATE_FILE):
            open_authority(tmp_path / "ca", NOW)


def test_a_station_comes_in_by_the_certificate_it_got_and_not_without(csms: Any, tmp_path: Path) -> None:
    """Security profile 3 with nothing but what the CSMS has made itself."""
    clock = SystemClock()
    authority = open_authority(tmp_path / "ca", clock.now())
    web, mine = tmp_path / "csms.pem", tmp_path / "station.pem"
    make_certificate(web, ("localhost", "127.0.0.1"), clock.now())
    content = web.read_text().partition("\n")[2]
    web.write_text(content)
    key = ec.generate_private_key(ec.SECP256R1())
    signed = authority.sign(request_for(key, "S-1"), name="S-1", now=clock.now(), lasts=YEAR)
    assert isinstance(signed, Signed)
    kept = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    mine.write_bytes(signed.chain.encode() + kept)
    settings = {
        "tls": ServerTls(certificate=web, key=web, client_ca=tmp_path / "ca" / PUBLIC_FILE),
        "certificates": CertificatesTable(folder=str(tmp_path / "ca")),
        "rules": Rules(others=StationRules(least=SecurityProfile.TLS_CERTIFICATE)),
    }

    async def boot(url: str, tls: ClientTls, identity: str) -> str:
        about = v21.ChargingStationType(model="M", vendor_name="V")
        request = v21.BootNotificationRequest(charging_station=about, reason=v21.BootReasonEnumType.POWER_UP)
        router: Router[None] = Router()
        async with (
            connect(url, identity=identity, versions=[Version.V21], tls=tls) as channel,
            Peer(channel, version=Version.V21, router=router, state=None, clock=clock) as peer,
        ):
            return str((await peer.call(request)).status)

    async def go() -> None:
        async with csms(**settings) as running:
            url = f"wss://localhost:{running.ocpp_port}"
            assert await boot(url, ClientTls(ca=web, certificate=mine, key=mine), "S-1") == "Accepted"
            for tls, identity in ((ClientTls(ca=web, certificate=mine, key=mine), "S-2"), (ClientTls(ca=web), "S-1")):
                with pytest.raises(Disconnected):
                    await boot(url, tls, identity)

    asyncio.run(go())


def test_who_comes_in_by_its_word_alone_gets_no_certificate(csms: Any, tmp_path: Path) -> None:
    async def ask(running: Any, password: str | None) -> str:
        url, router = f"ws://127.0.0.1:{running.ocpp_port}", Router[None]()
        async with (
            connect(url, identity="S-1", versions=[Version.V21], password=password) as channel,
            Peer(channel, version=Version.V21, router=router, state=None, clock=SystemClock()) as peer,
        ):
            about = v21.ChargingStationType(model="M", vendor_name="V")
            await peer.call(v21.BootNotificationRequest(charging_station=about, reason=v21.BootReasonEnumType.POWER_UP))
            csr = request_for(ec.generate_private_key(ec.SECP256R1()), "S-1")
            answer = await peer.call(v21.SignCertificateRequest(csr=csr))
            return str(answer.status)

    async def go() -> None:
        settings = {"certificates": CertificatesTable(folder=str(tmp_path / "ca")), "accept_unknown": False}
        async with csms(**settings) as running, httpx.AsyncClient(base_url=running.web_url, trust_env=False) as client:
            await client.post("/api/stations", json={"id": "S-1"})
            assert await ask(running, None) == "Rejected"
            await client.post("/api/stations", json={"id": "S-1", "password": "p" * 20})
            assert await ask(running, "p" * 20) == "Accepted"

    asyncio.run(go())
