"""What the CSMS counts about itself: counters and histograms whose labels come from closed sets alone.

A label that a station could choose would let it fill the memory of whoever collects (:data:`OTHER` stands for what is in
no set). Everything here is counted in the event loop, and nothing of it is ever waited for.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Final

from ladewerk.csms.planning.charging_loop import Planned
from ladewerk.csms.stations.connections import Connection
from ladewerk.csms.store.ports import Commit
from ladewerk.ocpp import Version, codec_for, v21
from ladewerk.ocpp.reports import ResponseReceived, ResponseSent, Sent
from ladewerk.ocpp.router import action_name

Labels = tuple[str, ...]

OTHER: Final = "other"

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
WRITES: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)


class Histogram:
    """How many values were at most as large as each of ``bounds``, by labels."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def observe(self, value: float, *labels: str) -> None:
        """Count one value."""
        counts = self._counts.get(labels)
        if counts is None:
            counts = self._counts[labels] = [0] * (len(self.bounds) + 1)
            self._sums[labels] = 0.0
        counts[bisect_left(self.bounds, value)] += 1
        self._sums[labels] += value

    def cumulated(self) -> Mapping[Labels, tuple[list[int], float]]:
        """By labels: how many were at most each bound, the last of them all; and the sum of all values."""
        return {labels: (list(accumulate(counts)), self._sums[labels]) for labels, counts in self._counts.items()}


class Measures:
    """Connect its methods to who announces what happened."""

    def __init__(self) -> None:
        self.messages: Counter[Labels] = Counter()
        """By direction (``received`` or ``sent``: whose CALL it was), action of OCPP 2.1 and outcome."""
        self.handling_s = Histogram(SECONDS)
        """From a CALL of a station until its answer, by action."""
        self.answering_s = Histogram(SECONDS)
        """From a CALL of ours until its answer."""
        self.commit_writes = Histogram(WRITES)
        self.commit_s = Histogram(SECONDS)
        self.events_stored = 0
        self.plans: Counter[Labels] = Counter()
        """By outcome: ``planned`` or ``failed``."""
        self.planning_s = Histogram(SECONDS)
        self.plan_gap = 0.0
        """Of the last plan: how far above its proven bound it lies, relative to it."""
        self.listeners_dropped = 0
        self._codecs = {version: codec_for(version, "") for version in Version}

    def follow(self, connection: Connection) -> None:
        """Count what passes on a connection."""
        codec = self._codecs[connection.version]

        def answered(sent: ResponseSent) -> None:
            action = codec.served_as(sent.action)
            if action not in v21.ACTIONS:
                action = OTHER
            if sent.status is Sent.IN_TIME:
                outcome = "answered" if sent.error is None else "refused"
            else:
                outcome = "late" if sent.status is Sent.LATE else "failed"
            self.messages["received", action, outcome] += 1
            # The clock may have been set meanwhile.
            self.handling_s.observe(max(0.0, (sent.sent_at - sent.received_at).total_seconds()), action)

        connection.peer.response_sent.connect(answered)
        connection.peer.response_received.connect(self._heard)

    def _heard(self, received: ResponseReceived) -> None:
        outcome = received.outcome.value.replace(" ", "_")
        self.messages["sent", action_name(type(received.request)), outcome] += 1
        if received.sent_at is not None:
            self.answering_s.observe(max(0.0, (received.ended_at - received.sent_at).total_seconds()))

    def committed(self, commit: Commit) -> None:
        """The writer has committed."""
        self.commit_writes.observe(commit.writes)
        self.commit_s.observe(commit.duration_s)

    def event_stored(self, _none: None) -> None:
        """A TransactionEvent that was new is on disk."""
        self.events_stored += 1

    def planned(self, planned: Planned) -> None:
        """The planner has looked for a plan."""
        self.plans["failed" if planned.gap is None else "planned",] += 1
        self.planning_s.observe(planned.duration_s)
        if planned.gap is not None:
            self.plan_gap = planned.gap
