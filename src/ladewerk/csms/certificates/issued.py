"""A certificate for a station: signed or not, and as it is kept. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A certificate; ``chain`` is PEM, its own first, ``serial`` hexadecimal."""

    serial: str
    subject: str
    not_before: datetime
    not_after: datetime
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSigned:
    """Why not: a code for the station, at most 20 characters, and a sentence."""

    reason_code: str
    text: str


class IssueState(StrEnum):
    """How far a certificate has come."""

    ISSUED = "issued"
    """Signed; the station has not answered yet."""
    ACCEPTED = "accepted"
    REJECTED = "rejected"


class IssuedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """``serial`` is hexadecimal; ``use`` in the words of OCPP; ``chain`` is PEM, its own first."""

    serial: str
    use: str
    subject: str
    not_before: datetime
    not_after: datetime
    chain: str
    state: IssueState = IssueState.ISSUED
    reason: str = ""
