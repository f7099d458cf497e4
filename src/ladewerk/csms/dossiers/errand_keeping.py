"""Writes down what stations were asked to do and how far they say they are; see :mod:`ladewerk.csms.dossiers.errands`."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from ladewerk.csms.dossiers import customers, firmware, log_uploads
from ladewerk.csms.dossiers.errands import Errand, after_answer, after_report, superseded, without_answer
from ladewerk.csms.dossiers.names import numbered
from ladewerk.csms.dossiers.shelves import Dossiers, Shelf

E = TypeVar("E", bound=Errand)

_EPOCH: Final = datetime(2024, 1, 1, tzinfo=UTC)
_ALSO_CANCELED: Final = "AcceptedCanceled"


class ErrandKeeping(Generic[E]):
    """Errands of one kind. ``unasked`` makes one of which only the station speaks; None keeps no such."""

    def __init__(self, shelf: Shelf[E], ends: Collection[str], unasked: Callable[[int, datetime], E] | None = None) -> None:
        self._shelf = shelf
        self._ends = ends
        self._unasked = unasked

    async def new_request_id(self, station: str, now: datetime) -> int:
        """A request id that no errand of the station has: made of the time, so that it is none of another CSMS either."""
        number = int((now - _EPOCH).total_seconds())
        while await self._shelf.get(station, numbered(number)) is not None:
            number += 1
        return number

    async def asked(self, station: str, errand: E, now: datetime) -> None:
        """A station is about to be asked; nothing is sent before this is written."""
        await self._shelf.put(station, {numbered(errand.request_id): errand}, now)

    async def answered(self, station: str, request_id: int, status: str, reason: str, now: datetime) -> None:
        """The station has answered; one that accepts may have given up an older errand for it."""
        if status == _ALSO_CANCELED:
            status = "Accepted"
            for filed in await self._shelf.newest(station):
                if filed.value.request_id != request_id:
                    await self._change(station, filed.value.request_id, now, lambda known: self._superseded(known, now))
        await self._change(station, request_id, now, lambda known: after_answer(known, status, reason, now))

    async def unanswered(self, station: str, request_id: int, why: str, now: datetime) -> None:
        """Nobody knows whether the station got the request."""
        await self._change(station, request_id, now, lambda known: without_answer(known, why, now))

    async def reported(self, station: str, request_id: int | None, status: str, reason: str, now: datetime) -> None:
        """The station says how far it is; without a number it speaks of the newest that has not come to an end."""
        if request_id is None:
            going_on = [
                filed.value.request_id for filed in await self._shelf.newest(station) if filed.value.status not in self._ends
            ]
            if not going_on:
                return
            request_id = going_on[0]

        def report(known: E | None) -> E | None:
            if known is None and self._unasked is not None:
                known = self._unasked(request_id, now)
            return None if known is None else after_report(known, status, reason, now, ends=self._ends)

        await self._shelf.change(station, numbered(request_id), now, report)

    def _superseded(self, known: E, now: datetime) -> E:
        return superseded(known, now, ends=self._ends)

    async def _change(self, station: str, request_id: int, now: datetime, change: Callable[[E], E]) -> None:
        def of_known(known: E | None) -> E | None:
            return None if known is None else change(known)

        await self._shelf.change(station, numbered(request_id), now, of_known)


def firmware_updates(dossiers: Dossiers) -> ErrandKeeping[firmware.FirmwareUpdate]:
    """Updates of firmware."""
    return ErrandKeeping(dossiers.firmware, firmware.ENDS, firmware.unasked)


def log_uploads_of(dossiers: Dossiers) -> ErrandKeeping[log_uploads.LogUpload]:
    """Uploads of logs."""
    return ErrandKeeping(dossiers.logs, log_uploads.ENDS, log_uploads.unasked)


def customer_reports(dossiers: Dossiers) -> ErrandKeeping[customers.CustomerReport]:
    """Reports about customers."""
    return ErrandKeeping(dossiers.customers, customers.ENDS)
