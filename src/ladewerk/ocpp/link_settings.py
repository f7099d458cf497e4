"""How a connection is made, as tables of a settings file: certificates, and what a peer is forgiven."""

import logging
import stat
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final

import msgspec

from ladewerk.errors import ConfigError
from ladewerk.ocpp.lenient import EVERYTHING, Leniency, Rule
from ladewerk.ocpp.websocket_tls import ClientTls, ServerTls, client_context, server_context

_log = logging.getLogger(__name__)

PingSeconds = Annotated[float, msgspec.Meta(ge=0, le=86_400)]
"""0 is no pings."""

_VERSIONS: Final = ("v16", "v201", "v21")


class Forgive(StrEnum):
    """The names of :class:`ladewerk.ocpp.Rule` in a settings file."""

    EVERYTHING = "everything"
    NAIVE_TIME = "naive-time"
    WHOLE_FLOAT = "whole-float"
    UNKNOWN_KEY = "unknown-key"
    NULL = "null"
    CUT_LONG_TEXT = "cut-long-text"
    KEEP_LONG_TEXT = "keep-long-text"


class LenientTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``lenient = {…}``: what is forgiven, and what in some actions instead, by their names on the wire."""

    rules: tuple[Forgive, ...] = (Forgive.EVERYTHING,)
    actions: dict[str, tuple[Forgive, ...]] = {}

    def leniency(self, key: str) -> Leniency:
        """Raises ConfigError, with ``key`` before the place, for an action that no version has."""
        for action in self.actions:
            if not any(action in import_module(f"ladewerk.ocpp.{version}.types").ACTIONS for version in _VERSIONS):
                raise ConfigError(f"{key}.actions.{action}", "no version of OCPP has this action; mind upper and lower case")
        return Leniency(rules=_rules(self.rules), actions={name: _rules(said) for name, said in self.actions.items()})


def _rules(said: tuple[Forgive, ...]) -> frozenset[Rule]:
    if Forgive.EVERYTHING in said:
        return EVERYTHING
    return frozenset(Rule[word.name] for word in said)


class ServerTlsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[csms.tls]``; see :class:`ladewerk.ocpp.ServerTls`."""

    certificate: str
    key: str
    client_ca: str | None = None
    require_client_certificate: bool = False

    def tls(self, key: str, folder: Path) -> ServerTls:
        """The files, looked for in ``folder``. Raises ConfigError with ``key`` before the place for what cannot be used."""
        tls = ServerTls(
            certificate=_file(folder, self.certificate),
            key=_file(folder, self.key),
            client_ca=None if self.client_ca is None else _file(folder, self.client_ca),
            require_client_certificate=self.require_client_certificate,
        )
        try:
            server_context(tls)
        except ConfigError as err:
            raise ConfigError(f"{key}.{err.key.removeprefix('tls.')}", err.why) from err
        return tls


class ClientTlsTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``[station.tls]``; see :class:`ladewerk.ocpp.ClientTls`."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None

    def tls(self, key: str, folder: Path) -> ClientTls:
        """The files, looked for in ``folder``. Raises ConfigError with ``key`` before the place for what cannot be used."""
        tls = ClientTls(
            ca=None if self.ca is None else _file(folder, self.ca),
            certificate=None if self.certificate is None else _file(folder, self.certificate),
            key=None if self.key is None else _file(folder, self.key),
        )
        try:
            client_context(tls)
        except ConfigError as err:
            raise ConfigError(f"{key}.{err.key.removeprefix('tls.')}", err.why) from err
        return tls


def _file(folder: Path, name: str) -> Path:
    return folder / Path(name).expanduser()


def warn_of_open_key(tls: ServerTls | ClientTls | None) -> None:
    """Say so in the log if everybody on the machine can read the key."""
    key = None if tls is None else tls.key
    if key is not None and key.stat().st_mode & stat.S_IROTH:
        _log.warning("%s: everybody on this machine can read this key; chmod 600 keeps it to its owner", key)
