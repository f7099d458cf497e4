"""Who knocks: the identity, the credentials and the certificate that a station shows before it may come in.

Source: OCPP 2.x part 4, 3.1.1; part 2, A00; the security whitepaper for 1.6.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from typing import Any
from urllib.parse import unquote_to_bytes

from ladewerk.errors import ConfigError

# identifierString of OCPP 2.x without ":" (part 4, 3.1.1), and the space that the example "RDAM%20123" there has.
_IDENTITY = re.compile(r"(?! )(?!.*\.\.)(?!\.$)[A-Za-z0-9*\-_=+|@. ]{1,48}(?<! )", re.ASCII)
_PERCENT_ENCODED = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*", re.ASCII)


class Admission(Enum):
    """What to do with a station that knocks."""

    ACCEPT = auto()
    UNKNOWN = auto()  # HTTP 404
    UNAUTHORIZED = auto()  # HTTP 401
    TOO_MANY_TRIES = auto()  # HTTP 429: too many were wrong, this one is not even looked at


class SecurityProfile(IntEnum):
    """How a station and its CSMS know each other, from the weakest to the strongest (OCPP 2.x part 2, A00)."""

    NONE = 0  # the station shows nothing, encrypted or not
    BASIC = 1  # a password in clear: for networks that are trusted
    TLS_BASIC = 2
    TLS_CERTIFICATE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCertificate:
    """The subject of a certificate that was checked against the CA of the stations; None is what it does not say.

    OCPP puts the station's serial number into the common name and the operator into the organization (A00.FR.403-405).
    """

    common_name: str | None
    organization: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """Who knocks. ``basic_user`` is None without credentials; a password is bytes, for OCPP 1.6 allows any.

    Whether the password is right, and whether this certificate belongs to this identity, is for ``admit`` to find out.
    """

    identity: str
    path: str
    remote: str
    basic_user: str | None = None
    basic_password: bytes | None = field(default=None, repr=False)
    encrypted: bool = False
    certificate: ClientCertificate | None = None

    @property
    def security_profile(self) -> SecurityProfile:
        """The profile that the station follows if what it shows is right; compare it with the least you ask for."""
        if self.certificate is not None:
            return SecurityProfile.TLS_CERTIFICATE
        if self.basic_user is None:
            return SecurityProfile.NONE
        return SecurityProfile.TLS_BASIC if self.encrypted else SecurityProfile.BASIC


def checked_identity(identity: str) -> str:
    """``identity`` if OCPP allows it for a station, else ConfigError."""
    if _IDENTITY.fullmatch(identity) is None:
        raise ConfigError(
            "identity", f"{identity!r} is no station identity: 1 to 48 letters, digits and * - _ = + | @ . or inner spaces"
        )
    return identity


def read_handshake(
    path: str,
    authorizations: Sequence[str],
    remote: str,
    *,
    encrypted: bool = False,
    certificate: ClientCertificate | None = None,
) -> Handshake | Admission:
    """Who knocks at ``path`` with these Authorization headers, or why nobody of that name can be let in."""
    segment = path.partition("?")[0].rpartition("/")[2]
    try:
        identity = unquote_to_bytes(segment).decode() if _PERCENT_ENCODED.fullmatch(segment) else ""
    except UnicodeDecodeError:
        return Admission.UNKNOWN
    if _IDENTITY.fullmatch(identity) is None:
        return Admission.UNKNOWN
    user, password = None, None
    if authorizations:
        try:
            user, password = _read_basic(authorizations)
        except ValueError:
            return Admission.UNAUTHORIZED
        # OCPP 2.x part 2, A00.FR.207: the user name is the identity, and identities know no case.
        if user.lower() != identity.lower():
            return Admission.UNAUTHORIZED
    return Handshake(
        identity=identity,
        path=path,
        remote=remote,
        basic_user=user,
        basic_password=password,
        encrypted=encrypted,
        certificate=certificate,
    )


def admit_known(passwords: Mapping[str, str | bytes | None]) -> Callable[[Handshake], Awaitable[Admission]]:
    """Let in the stations of ``passwords``, by identity; None asks for no password. Identities know no case."""
    known = {identity.lower(): _as_bytes(password) for identity, password in passwords.items()}

    async def admit(handshake: Handshake) -> Admission:
        identity = handshake.identity.lower()
        if identity not in known:
            return Admission.UNKNOWN
        password = known[identity]
        right = password is None or hmac.compare_digest(handshake.basic_password or b"", password)
        return Admission.ACCEPT if right else Admission.UNAUTHORIZED

    return admit


def _as_bytes(password: str | bytes | None) -> bytes | None:
    return password.encode() if isinstance(password, str) else password


def basic_authorization(identity: str, password: bytes) -> str:
    """The Authorization header of a station."""
    return "Basic " + base64.b64encode(identity.encode() + b":" + password).decode()


def certificate_of(shown: Mapping[str, Any] | None) -> ClientCertificate | None:
    """The subject of a peer's certificate as the ``ssl`` module describes it; None where none was shown."""
    if not shown:
        return None
    subject: Iterable[Iterable[tuple[str, str]]] = shown.get("subject", ())
    named = {name: value for part in subject for name, value in part}
    return ClientCertificate(common_name=named.get("commonName"), organization=named.get("organizationName"))


def _read_basic(authorizations: Sequence[str]) -> tuple[str, bytes]:
    """User and password; ValueError for anything that is not one header of them."""
    scheme, _, encoded = authorizations[0].partition(" ")
    if len(authorizations) > 1 or scheme.lower() != "basic":
        raise ValueError("not one header of basic authentication")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
    except binascii.Error as err:
        raise ValueError("not base64") from err
    if not colon:
        raise ValueError("no password")
    return user.decode(), password
