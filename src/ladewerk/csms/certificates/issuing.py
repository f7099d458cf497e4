"""Signs the certificates that stations ask for, brings each to its station, and asks for the next one before its end.

OCPP 2.1 part 2: A02 (renewed because the CSMS asks), A03 (because the station does). A station asks by SignCertificate; the
certificate follows as CertificateSigned, after the answer.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
from msgspec import UNSET

from ladewerk.clock import Clock
from ladewerk.csms.certificates.issued import IssuedCertificate, IssueState, NotSigned, Signed
from ladewerk.csms.commands import Commands
from ladewerk.csms.ledger import Ledger
from ladewerk.csms.records import station_key
from ladewerk.csms.stations.session import StationSession
from ladewerk.csms.stations.station_rules import Rules
from ladewerk.csms.store.ports import Store
from ladewerk.csms.supervision import Tasks
from ladewerk.errors import CallFailed, LocalProtocolError, RemoteProtocolError, StoreError
from ladewerk.ocpp import Context, ErrorCode, SecurityProfile, v21

if TYPE_CHECKING:
    # Loaded when the first certificate is asked for: what it needs is large, and most sites never do.
    from ladewerk.csms.certificates.authority import Authority

_log = logging.getLogger(__name__)

_LOOK_EVERY_S: Final = 6 * 3600.0
_ASK_AGAIN: Final = timedelta(days=1)
_STATION: Final = v21.CertificateSigningUseEnumType.CHARGING_STATION_CERTIFICATE

Days = Annotated[int, msgspec.Meta(ge=1, le=7300)]


class CertificatesTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[csms.certificates]``: ``sign`` false turns every SignCertificate away; ``folder`` is where the CA is kept."""

    sign: bool = True
    folder: str | None = None
    valid_days: Days = 365
    renew_days: Days = 30


class Issuing:
    """What the CSMS does about certificates of stations."""

    def __init__(
        self,
        ledger: Ledger,
        commands: Commands,
        store: Store,
        clock: Clock,
        tasks: Tasks,
        *,
        rules: Rules,
        accept_unknown: bool,
        table: CertificatesTable,
        folder: Path,
    ) -> None:
        """``folder`` is where the CA is, or is made when it is first needed."""
        self._ledger = ledger
        self._commands = commands
        self._shelf = store.dossiers.certificates
        self._clock = clock
        self._tasks = tasks
        self._rules = rules
        self._accept_unknown = accept_unknown
        self._table = table
        self._folder = folder
        self._opened: Authority | None = None
        self._opening = asyncio.Lock()
        self._ends_at: dict[str, datetime] = {}
        self._asked_at: dict[str, datetime] = {}
        self._busy: set[str] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Issuing"]:
        """Watch over the ends of certificates until the context ends."""
        after = ("", "")
        while found := await self._shelf.some(after=after):
            for filed in found:
                self._note_end(filed.station, filed.value)
            after = (found[-1].station, found[-1].name)
        disconnect = self._ledger.station_booted.connect(self._look_at)
        looking = self._tasks.start(self._look_at_all(), name="ends of certificates")
        try:
            yield self
        finally:
            disconnect()
            looking.cancel()

    async def authority(self) -> "Authority":
        """The CA; made if there is none yet. Raises StoreError."""
        async with self._opening:
            if self._opened is None:
                self._opened = await asyncio.to_thread(_open, self._folder, self._clock.now())
            return self._opened

    async def sign_certificate(
        self, ctx: Context[StationSession], request: v21.SignCertificateRequest
    ) -> v21.SignCertificateResponse:
        """A02, A03: answered when the certificate is made, which then follows; one at a time."""
        station = ctx.state.station_id
        if not self._table.sign:
            return _rejected(station, "NoAuthority", "this CSMS signs no certificates")
        if not self._proves_itself(ctx.state):
            return _rejected(
                station, "NotAuthenticated", "it has no password, so nobody knows whose certificate it would be"
            )
        if request.certificate_type not in (UNSET, _STATION):
            return _rejected(station, "NoV2GAuthority", "no provider of V2G certificates is set")
        if ctx.state.key in self._busy:
            return _rejected(station, "Busy", "the certificate asked for before is on its way")
        self._busy.add(ctx.state.key)
        try:
            signed = await self._sign(station, request.csr)
        except StoreError as err:
            raise RemoteProtocolError(ErrorCode.INTERNAL_ERROR, f"the certificate could not be made: {err}") from err
        finally:
            self._busy.discard(ctx.state.key)
        if isinstance(signed, NotSigned):
            return _rejected(station, signed.reason_code, signed.text)
        self._busy.add(ctx.state.key)
        self._tasks.start(self._bring(station, signed, request), name=f"certificate of {station}")
        return v21.SignCertificateResponse(status=v21.GenericStatusEnumType.ACCEPTED)

    async def _sign(self, station: str, csr: str) -> IssuedCertificate | NotSigned:
        authority = await self.authority()
        now = self._clock.now()
        signed = await asyncio.to_thread(
            authority.sign, csr, name=self._name(station), now=now, lasts=timedelta(days=self._table.valid_days)
        )
        if isinstance(signed, NotSigned):
            return signed
        issued = _issued(signed)
        await self._shelf.put(station, {issued.serial: issued}, now)
        return issued

    def _proves_itself(self, session: StationSession) -> bool:
        """Whether it was let in by more than its word; in trials of unknown stations that is enough for this, too."""
        by_rule = self._rules.of(session.station_id).least > SecurityProfile.NONE
        return by_rule or session.station.password_hash is not None or self._accept_unknown

    def _name(self, station: str) -> str:
        """By which the station's certificate is known to be its own (A00.FR.405)."""
        return self._rules.of(station).common_name or station

    async def _bring(self, station: str, issued: IssuedCertificate, asked: v21.SignCertificateRequest) -> None:
        request = v21.CertificateSignedRequest(
            certificate_chain=issued.chain, certificate_type=asked.certificate_type, request_id=asked.request_id
        )
        try:
            answer = await self._commands.send(station, request)
            accepted = answer.status == "Accepted"
            reason = "" if accepted or answer.status_info is UNSET else answer.status_info.reason_code
            state = IssueState.ACCEPTED if accepted else IssueState.REJECTED
        except (CallFailed, LocalProtocolError) as err:
            state, reason = IssueState.ISSUED, f"no answer: {err}"
        finally:
            self._busy.discard(station_key(station))
        after = msgspec.structs.replace(issued, state=state, reason=reason)
        level = logging.INFO if state is IssueState.ACCEPTED else logging.WARNING
        _log.log(level, "station %s: certificate %s is %s %s", station, issued.serial, state, reason)
        self._note_end(station_key(station), after)
        try:
            await self._shelf.put(station, {issued.serial: after}, self._clock.now())
            self._ledger.changed.emit(None)
        except StoreError as err:
            _log.error("station %s: what became of its certificate could not be written down: %s", station, err)

    # -- their ends -----------------------------------------------------------------------------------------------------

    def _note_end(self, key: str, certificate: IssuedCertificate) -> None:
        if certificate.state is IssueState.ACCEPTED:
            self._ends_at[key] = max(certificate.not_after, self._ends_at.get(key, certificate.not_after))

    async def _look_at_all(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            for key in list(self._ends_at):
                self._look_at(key)

    def _look_at(self, key: str) -> None:
        """Ask a station for a new request if its certificate ends soon, once a day."""
        ends_at, now = self._ends_at.get(key), self._clock.now()
        if ends_at is None or now < ends_at - timedelta(days=self._table.renew_days):
            return
        if key not in self._asked_at or now - self._asked_at[key] >= _ASK_AGAIN:
            self._asked_at[key] = now
            self._tasks.start(self._ask(key), name=f"certificate of {key} ends")

    async def _ask(self, key: str) -> None:
        trigger = v21.TriggerMessageRequest(requested_message=v21.MessageTriggerEnumType.SIGN_CHARGING_STATION_CERTIFICATE)
        try:
            answer = await self._commands.send(key, trigger)
        except (CallFailed, LocalProtocolError) as err:
            del self._asked_at[key]
            _log.warning("station %s: its certificate ends soon, and it cannot be asked to renew it: %s", key, err)
        else:
            _log.info("station %s: its certificate ends soon; asked to renew it: %s", key, answer.status)


def _open(folder: Path, now: datetime) -> "Authority":
    from ladewerk.csms.certificates.authority import open_authority

    return open_authority(folder, now)


def _issued(signed: Signed) -> IssuedCertificate:
    return IssuedCertificate(
        serial=signed.serial,
        use=str(_STATION),
        subject=signed.subject,
        not_before=signed.not_before,
        not_after=signed.not_after,
        chain=signed.chain,
    )


def _rejected(station: str, reason_code: str, text: str) -> v21.SignCertificateResponse:
    _log.warning("station %s: no certificate for it: %s", station, text)
    return v21.SignCertificateResponse(
        status=v21.GenericStatusEnumType.REJECTED,
        status_info=v21.StatusInfoType(reason_code=reason_code, additional_info=text),
    )
