"""What a session has to do, said as plainly as it goes: the model that the property test holds the session against.

Every method does to the model what the session's method of that name does to the session, and returns what the owner is told
and what goes out, as tuples that begin with a word.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from ladewerk.ocpp.version import Version

REPLY_WITHIN_S = 6.0
ANSWERS_KEPT = 16
CALLS_AT_ONCE = 32
BAD_FRAMES_TOLERATED = 10
BAD_FRAMES_S = 60.0

Told = tuple[object, ...]


@dataclass
class Made:
    """A CALL of this side that waits, or is the open one."""

    message_id: str
    priority: int
    timeout_s: float
    deadline: float
    abandoned: bool = False


@dataclass
class Side:
    """One end of a connection: what it made, what it was asked, what it remembers."""

    version: Version
    link: str = "open"
    open: Made | None = None
    waiting: list[Made] = field(default_factory=list)
    given_up: deque[str] = field(default_factory=lambda: deque(maxlen=ANSWERS_KEPT))
    handling: dict[str, tuple[str, float | None]] = field(default_factory=dict)
    """What a CALL said, and when its default reply is due."""
    overtime: dict[str, str] = field(default_factory=dict)
    answered: "OrderedDict[str, tuple[str, Told]]" = field(default_factory=OrderedDict)
    bad_at: list[float] = field(default_factory=list)

    # What the owner says

    def send_call(self, message_id: str, *, priority: int, timeout_s: float, ttl_s: float, now: float) -> list[Told]:
        self.waiting.append(Made(message_id, priority, timeout_s, now + ttl_s))
        return self._next(now)

    def cancel(self, message_id: str) -> None:
        if self.open is not None and self.open.message_id == message_id:
            self.open.abandoned = True
        self.waiting = [made for made in self.waiting if made.message_id != message_id]

    def answer(self, message_id: str, *, refused: bool = False, by_default: bool = False) -> list[Told]:
        if self.link != "open":
            return []
        said, _ = self.handling.pop(message_id)
        if by_default:
            self.overtime[message_id] = said
        frame = ("frame", 4 if refused else 3, message_id)
        self.answered[message_id] = said, frame
        if len(self.answered) > ANSWERS_KEPT:
            self.answered.popitem(last=False)
        return [frame]

    def end_overtime(self, message_id: str) -> list[Told]:
        return [("dropped", "overtaken")] if self.overtime.pop(message_id, None) is not None else []

    def reject_result(self, message_id: str) -> list[Told]:
        return [("frame", 5, message_id)] if self.version is Version.V21 and self.link == "open" else []

    def close(self, code: int) -> list[Told]:
        if self.link != "open":
            return []
        self.link = "closing"
        return [("close", code), *self._lose()]

    # What happens to it

    def disconnect(self) -> list[Told]:
        lost = [] if self.link == "closed" else self._lose()
        self.link = "closed"
        return lost

    def handle_timer(self, now: float) -> list[Told]:
        told: list[Told] = []
        if self.open is not None and self.open.deadline <= now:
            self.given_up.append(self.open.message_id)
            if not self.open.abandoned:
                told.append(("expired", self.open.message_id, True))
            self.open = None
        stale = [made for made in self.waiting if made.deadline <= now]
        self.waiting = [made for made in self.waiting if made not in stale]
        told += [("expired", made.message_id, False) for made in stale]
        told += self._next(now)
        for message_id, (said, due) in self.handling.items():
            if due is not None and due <= now:
                self.handling[message_id] = said, None
                told.append(("due", message_id))
        return told

    def hear_call(self, message_id: str, said: str, now: float) -> list[Told]:
        if self.link != "open":
            return []
        known = self._said_before(message_id)
        if known is None and len(self.handling) >= CALLS_AT_ONCE:
            return [("dropped", "refused"), ("frame", 4, message_id)]
        if known is None:
            self.handling[message_id] = said, now + REPLY_WITHIN_S
            return [("received", message_id)]
        if known != said:
            return [("dropped", "refused"), ("frame", 4, message_id)]
        again: list[Told] = [("dropped", "repeated")]
        return again + ([self.answered[message_id][1]] if message_id in self.answered else [])

    def hear_answer(self, message_type: int, message_id: str, now: float, *, readable: bool = True) -> list[Told]:
        """A CALLRESULT or CALLERROR that came; one that is not ``readable`` has an id and no more."""
        if self.link != "open":
            return []
        told: list[Told] = [] if readable else [("dropped", "malformed")]
        if self.open is not None and self.open.message_id == message_id:
            outcome = "spoiled" if not readable else "answered" if message_type == 3 else "errored"
            told.append(("dropped", "late") if self.open.abandoned else (outcome, message_id))
            self.open = None
            told += self._next(now)
        elif readable:
            told.append(("dropped", "late" if message_id in self.given_up else "foreign"))
        if not readable:
            told += self.reject_result(message_id) if message_type == 3 else []
            told += self._count_bad(now)
        return told

    def hear_rubbish(self, now: float) -> list[Told]:
        if self.link != "open":
            return []
        return [("dropped", "malformed"), ("frame", 4, "-1"), *self._count_bad(now)]

    def hear_send(self, message_id: str) -> list[Told]:
        if self.link != "open":
            return []
        if self.version is Version.V21:
            return [("sent to us", message_id)]
        return [("dropped", "unknown_type"), *([("frame", 4, message_id)] if self.version is Version.V201 else [])]

    def hear_rejection(self, message_id: str) -> list[Told]:
        if self.link != "open":
            return []
        return [("rejected", message_id) if self.version is Version.V21 else ("dropped", "unknown_type")]

    # How

    def _next(self, now: float) -> list[Told]:
        if self.open is not None or not self.waiting:
            return []
        highest = max(made.priority for made in self.waiting)
        self.open = next(made for made in self.waiting if made.priority == highest)
        self.waiting.remove(self.open)
        self.open.deadline = now + self.open.timeout_s
        return [("sent", self.open.message_id), ("frame", 2, self.open.message_id)]

    def _said_before(self, message_id: str) -> str | None:
        if message_id in self.answered:
            return self.answered[message_id][0]
        if message_id in self.handling:
            return self.handling[message_id][0]
        return self.overtime.get(message_id)

    def _count_bad(self, now: float) -> list[Told]:
        self.bad_at = [*(at for at in self.bad_at if at > now - BAD_FRAMES_S), now]
        return self.close(1002) if len(self.bad_at) > BAD_FRAMES_TOLERATED else []

    def _lose(self) -> list[Told]:
        self.handling.clear()
        lost: list[Told] = []
        if self.open is not None and not self.open.abandoned:
            lost.append(("lost", self.open.message_id, True))
        lost += [("lost", made.message_id, False) for made in self.waiting]
        self.open, self.waiting = None, []
        return lost
