"""A station of PyPI's ``ocpp`` that keeps to block A05: it is told to connect in a safer way, and never goes back."""

# That package has no types.
# mypy: disable-error-code="misc, untyped-decorator"

import asyncio
import base64
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ocpp.v201
import websockets
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from ocpp.routing import after, on
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

call, result = ocpp.v201.call, ocpp.v201.call_result
ACCEPTED, REJECTED = "Accepted", "Rejected"


@dataclass
class Memory:
    """What survives a reset: roots, keys and network slots, by number their address and security profile."""

    identity: str
    password: str
    folder: Path
    slots: dict[int, tuple[str, int]]
    order: list[int] = field(default_factory=lambda: [1])
    roots: list[str] = field(default_factory=list)
    profile: int = 0
    """By which it is connected."""

    @property
    def certificate(self) -> Path:
        return self.folder / "station.pem"

    @property
    def key(self) -> Path:
        return self.folder / "station.key"

    def tls(self, profile: int) -> ssl.SSLContext | None:
        if profile < 2:
            return None
        context = ssl.create_default_context(cadata="\n".join(self.roots))
        if profile == 3:
            context.load_cert_chain(self.certificate, self.key)
        return context

    async def open(self, url: str, profile: int) -> ClientConnection:
        """Raises what websockets raises for a CSMS that lets nobody in."""
        credentials = base64.b64encode(f"{self.identity}:{self.password}".encode()).decode()
        return await websockets.connect(
            f"{url}/{self.identity}",
            subprotocols=[Subprotocol("ocpp2.0.1")],
            additional_headers={} if profile == 3 else {"Authorization": f"Basic {credentials}"},
            ssl=self.tls(profile),
            proxy=None,
        )

    async def connect(self) -> "Climbing":
        """By the first slot that leads to a CSMS; lower ones are then forgotten (A05.FR.06)."""
        for slot in self.order:
            url, profile = self.slots[slot]
            try:
                connection = await self.open(url, profile)
            except OSError:
                continue
            self.profile = profile
            self.slots = {number: one for number, one in self.slots.items() if one[1] >= profile}
            self.order = [number for number in self.order if number in self.slots]
            return Climbing(self, connection)
        raise AssertionError(f"no way leads to the CSMS: {self.slots}")


class Climbing(ocpp.v201.ChargePoint):
    """One connection of it."""

    def __init__(self, memory: Memory, connection: ClientConnection) -> None:
        super().__init__(memory.identity, connection)
        self.memory = memory
        self.connection = connection
        self.reading = asyncio.create_task(self.read())

    async def boot(self) -> None:
        about = {"model": "Climber", "vendor_name": "Test"}
        answer = await self.call(call.BootNotification(charging_station=about, reason="ScheduledReset"))
        assert answer.status == ACCEPTED

    async def read(self) -> None:
        """Until the connection ends; that package raises then."""
        with suppress(ConnectionClosed):
            await self.start()

    async def gone(self) -> None:
        """Until the connection has ended."""
        await asyncio.wait([self.reading])

    @on("InstallCertificate")
    async def on_install(self, certificate_type: str, certificate: str, **_: Any) -> Any:
        if certificate_type == "CSMSRootCertificate":
            self.memory.roots.append(certificate)
        return result.InstallCertificate(status=ACCEPTED)

    @on("SetNetworkProfile")
    async def on_profile(self, configuration_slot: int, connection_data: dict[str, Any], **_: Any) -> Any:
        memory, profile = self.memory, connection_data["security_profile"]
        lower = profile < memory.profile
        unready = (profile >= 2 and not memory.roots) or (profile == 3 and not memory.certificate.exists())
        if lower or unready:  # A05.FR.02, FR.03; B09.FR.04
            return result.SetNetworkProfile(status=REJECTED)
        memory.slots[configuration_slot] = (connection_data["ocpp_csms_url"], profile)
        return result.SetNetworkProfile(status=ACCEPTED)

    @on("SetVariables")
    async def on_variables(self, set_variable_data: list[dict[str, Any]], **_: Any) -> Any:
        (said,) = set_variable_data
        assert said["variable"]["name"] == "NetworkConfigurationPriority"
        self.memory.order = [int(slot) for slot in said["attribute_value"].split(",")]
        place = {"component": said["component"], "variable": said["variable"]}
        return result.SetVariables(set_variable_result=[{"attribute_status": ACCEPTED, **place}])

    @on("TriggerMessage")
    async def on_trigger(self, requested_message: str, **_: Any) -> Any:
        return result.TriggerMessage(status=ACCEPTED if requested_message == "SignChargingStationCertificate" else REJECTED)

    @after("TriggerMessage")
    async def after_trigger(self, **_: Any) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        self.memory.key.write_bytes(key.private_bytes(*form))
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, self.memory.identity)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        csr = request.public_bytes(serialization.Encoding.PEM).decode()
        assert (await self.call(call.SignCertificate(csr=csr))).status == ACCEPTED

    @on("CertificateSigned")
    async def on_signed(self, certificate_chain: str, **_: Any) -> Any:
        self.memory.certificate.write_text(certificate_chain, encoding="ascii")
        return result.CertificateSigned(status=ACCEPTED)

    @on("Reset")
    async def on_reset(self, **_: Any) -> Any:
        return result.Reset(status=ACCEPTED)

    @after("Reset")
    async def after_reset(self, **_: Any) -> None:
        await self.connection.close()
