"""What a station knows of a customer, as it told it part by part. Pure. OCPP 2.1 part 2, N09 and N10."""

from datetime import datetime
from typing import Final

import msgspec

from ladewerk.csms.dossiers.errands import ASKED, CANCELED, Errand
from ladewerk.ocpp import v21

COMPLETE: Final = "Complete"

ENDS: Final = frozenset({CANCELED, COMPLETE, "Invalid", "Rejected"})

_MOST_PARTS: Final = 200
"""Of 512 characters each; what comes beyond is not kept."""


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One message of the report."""

    seq_no: int
    text: str


class CustomerReport(Errand, frozen=True, kw_only=True):
    """``clear``: the station was told to forget the customer, too."""

    report: bool = True
    clear: bool = False
    parts: tuple[Part, ...] = ()

    @property
    def text(self) -> str:
        """What was told so far."""
        return "".join(part.text for part in self.parts)


def asked_for(request: v21.CustomerInformationRequest, now: datetime) -> CustomerReport:
    """The report that ``request`` asks for."""
    return CustomerReport(
        request_id=request.request_id,
        status=ASKED,
        changed_at=now,
        asked_at=now,
        report=request.report,
        clear=request.clear,
    )


def with_part(
    known: CustomerReport | None, said: v21.NotifyCustomerInformationRequest, now: datetime
) -> CustomerReport | None:
    """The report with what was said now; None for one that nobody asked for: whatever it says is none of ours to keep."""
    if known is None or known.status in ENDS:
        return None
    parts = {part.seq_no: part for part in known.parts}
    if said.seq_no in parts or len(parts) < _MOST_PARTS:
        parts[said.seq_no] = Part(said.seq_no, said.data)
    return msgspec.structs.replace(
        known,
        parts=tuple(parts[number] for number in sorted(parts)),
        status=known.status if said.tbc is True else COMPLETE,
        changed_at=now,
    )
