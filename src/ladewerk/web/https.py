"""HTTPS of a page: where its certificate comes from, and that it is renewed while the program runs.

The rule: on loopback a page is plain HTTP unless ``https`` says otherwise; on every other address it is HTTPS, always. A
reverse proxy talks to loopback.
"""

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec

from ladewerk.clock import Clock
from ladewerk.errors import ConfigError, StoreError
from ladewerk.web.own_certificate import make_certificate, needs_renewal, own_names

_log = logging.getLogger(__name__)

_LOOK_AGAIN_S: Final = 3_600.0


class HttpsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``https = {…}``: a certificate with its key, or more ``names`` for the one that the program makes itself."""

    certificate: str | None = None
    key: str | None = None
    names: tuple[str, ...] = ()


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches ``host``."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Https:
    """The certificate of one page and its TLS context, into which a renewed certificate goes while it is in use."""

    def __init__(self, key: str, table: HttpsTable, *, folder: Path, kept_in: Path, host: str, clock: Clock) -> None:
        """``key`` names the setting in errors; relative file names begin in ``folder``. Raises ConfigError."""
        if (table.certificate is None) != (table.key is None):
            raise ConfigError(key, "certificate and key belong together; give both, or none for one of its own making")
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        self._key = key
        self._names = own_names(host, table.names)
        self._clock = clock
        self._own = kept_in / "web.pem" if table.certificate is None else None
        self._given = [folder / Path(name).expanduser() for name in (table.certificate, table.key) if name is not None]
        self._seen: list[int] = []

    async def load(self) -> None:
        """Have a good certificate. Raises ConfigError for a given one that cannot be used, StoreError for an own one."""
        if self._own is not None:
            await asyncio.to_thread(self._load_own, self._own)
        else:
            self._load_given()

    async def keep_up(self) -> None:
        """Look once an hour whether it is time for another one, for ever; connections that are open keep theirs."""
        while True:
            await asyncio.sleep(_LOOK_AGAIN_S)
            try:
                await self.load()
            except (ConfigError, StoreError) as err:
                _log.error("the page keeps its present certificate: %s", err)

    def _load_own(self, file: Path) -> None:
        now = self._clock.now()
        if needs_renewal(file, self._names, now):
            make_certificate(file, self._names, now)
            _log.info("made a certificate for %s", ", ".join(self._names))
        self.context.load_cert_chain(file)

    def _load_given(self) -> None:
        certificate, key = self._given
        try:
            seen = [path.stat().st_mtime_ns for path in self._given]
            if seen != self._seen:
                self.context.load_cert_chain(certificate, key, password=_no_password)
                self._seen = seen
        except ssl.SSLError as err:
            raise ConfigError(
                self._key, f"{certificate} and {key} are no PEM certificate with its key: {err.reason}"
            ) from err
        except OSError as err:
            raise ConfigError(self._key, f"{err.filename or certificate} cannot be read: {err.strerror}") from err


def _no_password() -> str:
    """OpenSSL would ask at the terminal."""
    return ""


@asynccontextmanager
async def https_for(
    key: str, table: HttpsTable | None, *, folder: Path, kept_in: Path, host: str, clock: Clock
) -> AsyncIterator[ssl.SSLContext | None]:
    """The TLS context of a page that listens on ``host``, kept up to date; None where it is plain HTTP by the rule."""
    if table is None and is_loopback(host):
        yield None
        return
    https = Https(key, table or HttpsTable(), folder=folder, kept_in=kept_in, host=host, clock=clock)
    await https.load()
    keeping = asyncio.create_task(https.keep_up())
    try:
        yield https.context
    finally:
        keeping.cancel()
        await asyncio.wait([keeping])
