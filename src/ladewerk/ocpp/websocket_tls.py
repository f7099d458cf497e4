"""TLS for both ends, from certificate files: at least 1.2, host names checked, nothing that OCPP forbids.

Source: OCPP 2.x part 2, A00.FR.312-325 and A00.FR.401-430.
"""

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ladewerk.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTls:
    """The CSMS's side. ``certificate`` holds its chain, its own first; all files are PEM, keys without a password.

    With ``client_ca`` stations may show a certificate that this CA issued (profile 3); others may still come in with a
    password (profile 2) unless ``require_client_certificate``.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None
    require_client_certificate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientTls:
    """The station's side. Without ``ca`` the CAs of the machine are trusted; profile 3 needs ``certificate`` and ``key``."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def server_context(tls: ServerTls) -> ssl.SSLContext:
    """Raises ConfigError that names the file which cannot be used."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    _load("tls.certificate", tls.certificate, lambda: _load_pair(context, tls.certificate, tls.key))
    if tls.client_ca is not None:
        _load("tls.client_ca", tls.client_ca, lambda: context.load_verify_locations(tls.client_ca))
        context.verify_mode = ssl.CERT_REQUIRED if tls.require_client_certificate else ssl.CERT_OPTIONAL
    elif tls.require_client_certificate:
        raise ConfigError("tls.client_ca", "client certificates are required, but no CA is named that issues them")
    return context


def client_context(tls: ClientTls) -> ssl.SSLContext:
    """Raises ConfigError that names the file which cannot be used."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH) if tls.ca is None else _trusting(tls.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    certificate, key = tls.certificate, tls.key
    if certificate is not None and key is not None:
        _load("tls.certificate", certificate, lambda: _load_pair(context, certificate, key))
    elif certificate is not None or key is not None:
        raise ConfigError("tls.certificate", "a client certificate and its key go together: name both or neither")
    return context


def why_no_tls(err: ssl.SSLError) -> str:
    """One line about a handshake that failed at the station's end, with what to do about it."""
    if isinstance(err, ssl.SSLCertVerificationError):
        return (
            f"its certificate is refused ({err.verify_message.rstrip('.')}): check the CA file, the host name and the clock"
        )
    match err.reason:
        case "TLSV13_ALERT_CERTIFICATE_REQUIRED" | "SSLV3_ALERT_HANDSHAKE_FAILURE":
            return "it wants a certificate of this station (security profile 3)"
        case "TLSV1_ALERT_UNKNOWN_CA" | "SSLV3_ALERT_CERTIFICATE_EXPIRED" | "SSLV3_ALERT_BAD_CERTIFICATE":
            return f"it does not accept the certificate of this station ({_spoken(err.reason)})"
        case "TLSV1_ALERT_PROTOCOL_VERSION" | "UNSUPPORTED_PROTOCOL":
            return "it does not speak TLS 1.2 or newer"
        case "WRONG_VERSION_NUMBER" | "RECORD_LAYER_FAILURE" | "HTTP_REQUEST":
            return "it does not speak TLS: use ws:// instead of wss://, or another port"
        case _:
            return f"no TLS connection came about ({_spoken(err.reason or str(err))})"


def _spoken(reason: str) -> str:
    return reason.lower().replace("_", " ")


def _trusting(ca: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _load("tls.ca", ca, lambda: context.load_verify_locations(ca))
    return context


def _load_pair(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    if not key.is_file():
        raise ConfigError("tls.key", f"{key}: there is no such file")
    # Without an answer OpenSSL would ask at the terminal, where nobody sits.
    context.load_cert_chain(certificate, key, password=lambda: "")


def _load(key: str, path: Path, load: Callable[[], None]) -> None:
    try:
        load()
    except FileNotFoundError as err:
        raise ConfigError(key, f"{path}: there is no such file") from err
    except ssl.SSLError as err:
        reason = _spoken(err.reason or str(err))
        raise ConfigError(
            key, f"{path}: no PEM certificate with the key that belongs to it, unencrypted ({reason})"
        ) from err
    except OSError as err:
        raise ConfigError(key, f"{path}: {err.strerror or err}") from err
