"""Firmware updates, log uploads and reports about customers: written down before they are asked for."""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from ladewerk.clock import Clock
from ladewerk.csms.commands import FollowUp
from ladewerk.csms.dossiers import customers, firmware, log_uploads
from ladewerk.csms.dossiers.errand_keeping import customer_reports, firmware_updates, log_uploads_of
from ladewerk.csms.dossiers.log_uploads import LogUpload
from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.shelves import Dossiers
from ladewerk.ocpp import v21

REJECTED: Final = "Rejected"
"""What a station says that does not do it; also of one that refuses by a CALLERROR, or whose version has no such words."""


def of_firmware(dossiers: Dossiers, clock: Clock) -> FollowUp[v21.UpdateFirmwareRequest, v21.UpdateFirmwareResponse]:
    """L01, L02."""
    updates = firmware_updates(dossiers)

    async def before(station: str, request: v21.UpdateFirmwareRequest) -> None:
        now = clock.now()
        await updates.asked(station, firmware.asked_for(request, now), now)

    async def answered(station: str, request: v21.UpdateFirmwareRequest, answer: v21.UpdateFirmwareResponse) -> None:
        await updates.answered(station, request.request_id, str(answer.status), reason(answer.status_info), clock.now())

    async def refused(station: str, request: v21.UpdateFirmwareRequest, why: str) -> None:
        await updates.answered(station, request.request_id, REJECTED, why, clock.now())

    async def unanswered(station: str, request: v21.UpdateFirmwareRequest, why: str) -> None:
        await updates.unanswered(station, request.request_id, why, clock.now())

    return FollowUp(before=before, answered=answered, refused=refused, unanswered=unanswered)


def of_logs(dossiers: Dossiers, clock: Clock) -> FollowUp[v21.GetLogRequest, v21.GetLogResponse]:
    """N01."""
    uploads = log_uploads_of(dossiers)

    async def before(station: str, request: v21.GetLogRequest) -> None:
        now = clock.now()
        await uploads.asked(station, log_uploads.asked_for(request, now), now)

    async def answered(station: str, request: v21.GetLogRequest, answer: v21.GetLogResponse) -> None:
        now = clock.now()
        await uploads.answered(station, request.request_id, str(answer.status), reason(answer.status_info), now)
        filename = answer.filename
        if filename is not UNSET:

            def named(known: LogUpload | None) -> LogUpload | None:
                return None if known is None else msgspec.structs.replace(known, filename=filename)

            await dossiers.logs.change(station, numbered(request.request_id), now, named)

    async def refused(station: str, request: v21.GetLogRequest, why: str) -> None:
        await uploads.answered(station, request.request_id, REJECTED, why, clock.now())

    async def unanswered(station: str, request: v21.GetLogRequest, why: str) -> None:
        await uploads.unanswered(station, request.request_id, why, clock.now())

    return FollowUp(before=before, answered=answered, refused=refused, unanswered=unanswered)


def of_customers(
    dossiers: Dossiers, clock: Clock
) -> FollowUp[v21.CustomerInformationRequest, v21.CustomerInformationResponse]:
    """N09, N10."""
    reports = customer_reports(dossiers)

    async def before(station: str, request: v21.CustomerInformationRequest) -> None:
        now = clock.now()
        await reports.asked(station, customers.asked_for(request, now), now)

    async def answered(
        station: str, request: v21.CustomerInformationRequest, answer: v21.CustomerInformationResponse
    ) -> None:
        await reports.answered(station, request.request_id, str(answer.status), reason(answer.status_info), clock.now())

    async def refused(station: str, request: v21.CustomerInformationRequest, why: str) -> None:
        await reports.answered(station, request.request_id, REJECTED, why, clock.now())

    async def unanswered(station: str, request: v21.CustomerInformationRequest, why: str) -> None:
        await reports.unanswered(station, request.request_id, why, clock.now())

    return FollowUp(before=before, answered=answered, refused=refused, unanswered=unanswered)


def reason(info: v21.StatusInfoType | UnsetType) -> str:
    """What a station says about its status."""
    if info is UNSET:
        return ""
    return info.reason_code if info.additional_info is UNSET else f"{info.reason_code}: {info.additional_info}"
