"""A certificate that was issued to a station, as it is kept. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec


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


def needs_renewal(certificate: IssuedCertificate, now: datetime, before: timedelta) -> bool:
    """Whether it ends within ``before``."""
    return now >= certificate.not_after - before
