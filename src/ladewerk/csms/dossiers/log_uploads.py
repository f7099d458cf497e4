"""Logs that a station was asked to upload (OCPP 2.1 part 2, N01). Pure."""

from datetime import datetime
from typing import Final

from msgspec import UNSET

from ladewerk.csms.dossiers.errands import ASKED, CANCELED, Errand
from ladewerk.ocpp import v21
from ladewerk.secret_words import without_credentials

ENDS: Final = frozenset(
    {
        CANCELED,
        "AcceptedCanceled",
        "BadMessage",
        "NotSupportedOperation",
        "PermissionDenied",
        "Rejected",
        "UploadFailure",
        "Uploaded",
    }
)

_MOST_LOCATION: Final = 2000


class LogUpload(Errand, frozen=True, kw_only=True):
    """``location`` is without name and password; ``filename`` is what the station says it will be called."""

    log_type: str = ""
    location: str = ""
    oldest_at: datetime | None = None
    latest_at: datetime | None = None
    filename: str | None = None


def asked_for(request: v21.GetLogRequest, now: datetime) -> LogUpload:
    """The upload that ``request`` asks for."""
    log = request.log
    return LogUpload(
        request_id=request.request_id,
        status=ASKED,
        changed_at=now,
        asked_at=now,
        log_type=str(request.log_type),
        location=without_credentials(log.remote_location)[:_MOST_LOCATION],
        oldest_at=None if log.oldest_timestamp is UNSET else log.oldest_timestamp,
        latest_at=None if log.latest_timestamp is UNSET else log.latest_timestamp,
    )


def unasked(request_id: int, now: datetime) -> LogUpload:
    """One of which only the station speaks."""
    return LogUpload(request_id=request_id, status="", changed_at=now)
