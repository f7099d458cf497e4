"""A certificate that a program makes for its own page, and makes anew before its end: key and certificate in one PEM file.

A line of JSON before the PEM says until when it holds and for which names, so that a start which finds a good one needs no
more than a look at that line.
"""

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from ladewerk.errors import StoreError
from ladewerk.web.private_file import replace_file

LASTS: Final = timedelta(days=800)
"""Browsers of Apple take no certificate that lasts longer than 825 days."""

RENEWED_BEFORE: Final = timedelta(days=30)
_MOST_NAMES: Final = 40


class _Said(msgspec.Struct, frozen=True):
    until: datetime
    names: tuple[str, ...]


def own_names(host: str, more: Sequence[str] = ()) -> tuple[str, ...]:
    """The names and addresses under which a page that listens on ``host`` is reached, as far as this machine knows them."""
    name = socket.gethostname().split(".")[0].lower()
    names = [name, f"{name}.local", "localhost", "127.0.0.1", "::1", *more]
    if _is_address(host) and not ipaddress.ip_address(host).is_unspecified:
        names.append(host)
    else:
        names += [host] if not _is_address(host) else _addresses()
    usable = dict.fromkeys(one for one in names if one)
    return tuple(usable)[:_MOST_NAMES]


def outer_names(host: str) -> tuple[str, ...]:
    """Those of :func:`own_names` by which other machines reach a page that listens on ``host``; none on loopback."""
    if _is_address(host) and not ipaddress.ip_address(host).is_unspecified:
        return () if ipaddress.ip_address(host).is_loopback else (host,)
    return () if host == "localhost" else (own_names(host)[1], *_addresses())


def needs_renewal(file: Path, names: Sequence[str], now: datetime) -> bool:
    """Whether ``file`` holds no certificate that still lasts a month and has all of ``names``."""
    try:
        with file.open("rb") as opened:
            said = msgspec.json.decode(opened.readline(65536), type=_Said)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(file)
    except (OSError, msgspec.MsgspecError):
        return True
    # A clock that stands before the beginning, as that of a Raspberry Pi without a network, is no reason.
    return now >= said.until - RENEWED_BEFORE or not set(names) <= set(said.names)


def make_certificate(file: Path, names: Sequence[str], now: datetime) -> None:
    """Make a key and its certificate for ``names`` in ``file``, which nobody else may read. Raises StoreError."""
    until = (now + LASTS).replace(microsecond=0)
    said = msgspec.json.encode(_Said(until, tuple(names)))
    try:
        replace_file(file, said + b"\n" + _pem(names, now, until))
    except OSError as err:
        raise StoreError(f"{file}: the certificate of the page cannot be kept: {err.strerror}") from err


def _pem(names: Sequence[str], now: datetime, until: datetime) -> bytes:
    # Loaded here alone: it is large, and the start that makes a certificate is one in two years.
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Ladewerk {names[0]}"[:64])])
    alternatives = [x509.IPAddress(ipaddress.ip_address(one)) if _is_address(one) else x509.DNSName(one) for one in names]
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # A day back: the clock of the reader may be behind.
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    kept = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return kept + certificate.public_bytes(serialization.Encoding.PEM)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _addresses() -> list[str]:
    """Those of this machine towards the rest of the world; nothing is sent."""
    found = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.connect((far, 9))
            found.append(str(asking.getsockname()[0]).split("%")[0])
    return found
