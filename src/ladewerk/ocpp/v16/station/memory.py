"""What must be remembered of a connection to an OCPP 1.6 CSMS because its messages do not say it again."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count

from ladewerk.ocpp.transaction_numbers import BegunTransactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """An error of a connector, in the words of 1.6."""

    error_code: str
    info: str = ""
    vendor_error_code: str = ""


@dataclass(slots=True, kw_only=True)
class Memory:
    """One connection's; connector 0 is the station."""

    begun: BegunTransactions
    statuses: dict[int, str] = field(default_factory=dict)
    """The newest status of a connector, in the words of 2.1."""
    problems: dict[int, Problem] = field(default_factory=dict)
    told: dict[int, tuple[str, Problem | None]] = field(default_factory=dict)
    """What the CSMS was told last."""
    told_at: dict[int, datetime] = field(default_factory=dict)
    by_diagnostics: bool = True
    """Whether the newest log was not asked for by GetLog."""
    signed_firmware: bool = False
    """Whether the newest firmware was asked for by SignedUpdateFirmware."""
    numbers: "count[int]" = field(default_factory=lambda: count(1))
    """For what 2.1 numbers and 1.6 does not: remote starts, and requests for logs and firmware."""
