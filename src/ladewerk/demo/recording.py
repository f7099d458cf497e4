"""Everything that an evening leaves behind: what flowed, what was planned, what was said, what went wrong."""

import logging
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec

from ladewerk.csms.api.views import frame_view, plan_view
from ladewerk.demo.wiring import Programs
from ladewerk.simulator.world import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One line of the log at level warning or above."""

    level: str
    source: str
    text: str


class ComplaintHandler(logging.Handler):
    """Keeps what any part of the programs logs at level warning or above."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.complaints: list[Complaint] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.complaints.append(Complaint(level=record.levelname.lower(), source=record.name, text=record.getMessage()))


@dataclass(slots=True, kw_only=True)
class Recording:
    """One evening; ``plans`` and ``frames`` are as the CSMS's API gives them, oldest first."""

    samples: list[Sample] = field(default_factory=list)
    plans: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    transactions: list[dict[str, Any]] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)

    def connect(self, programs: Programs) -> None:
        """Take down from now on what the programs announce."""
        ledger = programs.csms.ledger
        known: set[int] = set()

        def note_plans(_none: None) -> None:
            for plan in ledger.plans.values():
                if plan.number not in known:
                    known.add(plan.number)
                    self.plans.append(msgspec.to_builtins(plan_view(plan)))

        programs.simulator.samples.connect(self.samples.append)
        programs.csms.frame_log.seen.connect(lambda frame: self.frames.append(msgspec.to_builtins(frame_view(frame))))
        ledger.changed.connect(note_plans)

    def planned_current_a(self, at: datetime) -> float | None:
        """The current that the plan in force at ``at`` holds for then; None where there is none."""
        in_force = [plan for plan in self.plans if datetime.fromisoformat(plan["created_at"]) <= at]
        if not in_force:
            return None
        for slot in in_force[-1]["slots"]:
            since_s = (at - datetime.fromisoformat(slot["start_at"])).total_seconds()
            if 0 <= since_s < slot["duration_s"]:
                return float(slot["current_a"])
        return None

    def errors(self) -> list[Complaint]:
        """What was logged at level error or above."""
        return [complaint for complaint in self.complaints if complaint.level in ("error", "critical")]
