"""A CSMS: its settings, ports, database, certificates; and the one that runs, if it does."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509

from ladewerk.cli.checks.finding import Finding, note, ok, wrong
from ladewerk.cli.checks.ports import health, look_at_port
from ladewerk.csms.config import CsmsConfig, load_config
from ladewerk.csms.store.looking import looked_at
from ladewerk.errors import ConfigError

_SOON: Final = timedelta(days=30)


async def look_at_csms(path: Path | None, now: datetime) -> AsyncIterator[Finding]:
    """The CSMS of the settings at ``path``, or of none."""
    try:
        config = CsmsConfig() if path is None else load_config(path)
        config.check()
    except ConfigError as err:
        yield wrong("csms settings", str(err))
        return
    yield ok("csms settings", "without a file" if path is None else f"{path} can be used")
    running = await health(config.web)
    if running is None:
        yield look_at_port("csms, port for stations", "csms.listen", config.listen)
        yield look_at_port("csms, port for page and API", "csms.web", config.web)
    else:
        yield _condition(config.web, *running)
    try:
        yield ok("csms database", await asyncio.to_thread(looked_at, config.database_url()))
    except ConfigError as err:
        yield wrong("csms database", err.why)
    if config.tls is not None:
        yield look_at_certificate("csms.tls.certificate", config.tls.certificate, now)


def _condition(web: str, status: int, said: dict[str, object]) -> Finding:
    parts = said.get("parts")
    if status == 200:
        return ok("csms", f"runs at {web} and is well")
    ill = {name: what for name, what in parts.items() if what != "ok"} if isinstance(parts, dict) else {}
    reason = "; ".join(f"{name} {what}" for name, what in ill.items()) or f"status {status}"
    return wrong("csms", f"runs at {web} and is not well ({reason}); its log says more")


def look_at_certificate(key: str, file: Path, now: datetime) -> Finding:
    """Until when a certificate is valid."""
    try:
        ends_at = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
    except (OSError, ValueError) as err:
        return wrong(key, f"{file} cannot be read: {err}")
    if ends_at <= now:
        return wrong(key, f"{file} has ended at {ends_at:%Y-%m-%d %H:%M} UTC; put a new one in its place")
    tell = note if ends_at - now < _SOON else ok
    return tell(key, f"{file} is valid until {ends_at:%Y-%m-%d}")
