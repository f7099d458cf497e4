"""Updates of a station's firmware: what was asked, and how far it is. Pure.

OCPP 2.1 part 2, L01 (signed) and L02 (not signed): UpdateFirmware names the request id that each FirmwareStatusNotification
repeats, except for Idle. A station of 1.6 gets the same by translation.
"""

from datetime import datetime
from typing import Final

from msgspec import UNSET

from ladewerk.csms.dossiers.errands import ASKED, CANCELED, Errand
from ladewerk.ocpp import v21
from ladewerk.secret_words import without_credentials

ENDS: Final = frozenset(
    {
        CANCELED,
        "DownloadFailed",
        "InstallationFailed",
        "InstallVerificationFailed",
        "Installed",
        "InvalidCertificate",
        "InvalidSignature",
        "Rejected",
        "RevokedCertificate",
    }
)
"""After these nothing more comes (L01, the table of states; and the answers that refuse)."""


class FirmwareUpdate(Errand, frozen=True, kw_only=True):
    """``location`` is without name and password; ``signed``: the station checks it by a certificate and a signature.

    Of one that nobody here asked for little is known.
    """

    location: str = ""
    retrieve_at: datetime | None = None
    install_at: datetime | None = None
    signed: bool = False


def asked_for(request: v21.UpdateFirmwareRequest, now: datetime) -> FirmwareUpdate:
    """The update that ``request`` asks for."""
    firmware = request.firmware
    return FirmwareUpdate(
        request_id=request.request_id,
        status=ASKED,
        changed_at=now,
        asked_at=now,
        location=without_credentials(firmware.location),
        retrieve_at=firmware.retrieve_date_time,
        install_at=None if firmware.install_date_time is UNSET else firmware.install_date_time,
        signed=firmware.signature is not UNSET,
    )


def unasked(request_id: int, now: datetime) -> FirmwareUpdate:
    """One of which only the station speaks."""
    return FirmwareUpdate(request_id=request_id, status="", changed_at=now)
