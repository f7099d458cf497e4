"""The CALLs of both sides: ours that wait for their turn and their answer, and the peer's that wait for ours."""

from dataclasses import dataclass
from enum import IntEnum

CALLS_HANDLED_AT_ONCE = 32
"""Open CALLs of the peer. It may have one; a few more arise when its timeouts are shorter than our handlers."""

HANDLERS_IN_OVERTIME = 64
"""CALLs answered by default whose handlers go on; with more of them the peer's next CALLs are turned away."""

ANSWERS_KEPT = 16


class Priority(IntEnum):
    """Whose turn comes first among CALLs that wait; those of one priority go in the order they were made."""

    BACKGROUND = -10
    NORMAL = 0
    URGENT = 10


@dataclass(slots=True)
class OutCall:
    """A CALL of ours; ``deadline`` is for its turn while it waits, for its answer once it is open."""

    message_id: str
    text: str
    priority: int
    timeout_s: float
    deadline: float
    abandoned: bool = False


class OutCalls:
    """CALLs of ours: one open, the others waiting."""

    def __init__(self) -> None:
        self.open: OutCall | None = None
        self._waiting: dict[str, OutCall] = {}
        self._given_up: list[str] = []

    def knows(self, message_id: str) -> bool:
        return message_id in self._waiting or self.is_open(message_id)

    def is_open(self, message_id: str) -> bool:
        return self.open is not None and self.open.message_id == message_id

    def was_given_up(self, message_id: str) -> bool:
        """Whether its answer would be late; of long ago nothing is known any more."""
        return message_id in self._given_up

    def add(self, call: OutCall) -> None:
        self._waiting[call.message_id] = call

    def next_to_send(self, now: float) -> OutCall | None:
        """Open the CALL whose turn it is; None while one is open or none waits."""
        if self.open is not None or not self._waiting:
            return None
        call = max(self._waiting.values(), key=_priority)  # the first of the highest
        del self._waiting[call.message_id]
        call.deadline = now + call.timeout_s
        self.open = call
        return call

    def cancel(self, message_id: str) -> None:
        if self.open is not None and self.open.message_id == message_id:
            self.open.abandoned = True
        self._waiting.pop(message_id, None)

    def next_deadline(self) -> float | None:
        deadline = None if self.open is None else self.open.deadline
        if self._waiting:
            waiting = min([call.deadline for call in self._waiting.values()])
            return waiting if deadline is None else min(waiting, deadline)
        return deadline

    def take_open_if_due(self, now: float) -> OutCall | None:
        if self.open is None or self.open.deadline > now:
            return None
        call, self.open = self.open, None
        self._given_up = [*self._given_up[-ANSWERS_KEPT + 1 :], call.message_id]
        return call

    def take_waiting_if_due(self, now: float) -> list[OutCall]:
        due = [call for call in self._waiting.values() if call.deadline <= now]
        for call in due:
            del self._waiting[call.message_id]
        return due

    def take_all(self) -> list[tuple[OutCall, bool]]:
        """Everything that somebody waits for, the open one first and marked."""
        calls = [(call, False) for call in self._waiting.values()]
        if self.open is not None and not self.open.abandoned:
            calls.insert(0, (self.open, True))
        self.open = None
        self._waiting.clear()
        return calls


def _priority(call: OutCall) -> int:
    return call.priority


@dataclass(slots=True)
class InCall:
    """A CALL of the peer that is being handled; ``due`` is when it is answered by default, None when that is done."""

    fingerprint: int
    due: float | None


class InCalls:
    """CALLs of the peer: being handled, answered by default while the handler goes on, and answered."""

    def __init__(self) -> None:
        self._handling: dict[str, InCall] = {}
        self._overtime: dict[str, int] = {}
        self._answered: dict[str, tuple[int, str]] = {}

    def fingerprint_of(self, message_id: str) -> int | None:
        """What the CALL with this id was like, None if there was none or its answer is no longer kept."""
        if message_id in self._answered:
            return self._answered[message_id][0]
        if message_id in self._handling:
            return self._handling[message_id].fingerprint
        return self._overtime.get(message_id)

    def answer_to(self, message_id: str) -> str | None:
        """The frame that answered it, while it is kept."""
        return self._answered[message_id][1] if message_id in self._answered else None

    def why_full(self) -> str | None:
        if len(self._handling) >= CALLS_HANDLED_AT_ONCE:
            return f"{CALLS_HANDLED_AT_ONCE} CALLs wait for their answers"
        if len(self._overtime) >= HANDLERS_IN_OVERTIME:
            return f"{HANDLERS_IN_OVERTIME} CALLs are still being carried out"
        return None

    def add(self, message_id: str, fingerprint: int, due: float | None) -> None:
        self._handling[message_id] = InCall(fingerprint, due)

    def is_handled(self, message_id: str) -> bool:
        return message_id in self._handling

    def end_overtime(self, message_id: str) -> bool:
        """Whether the CALL was answered by default; its handler is through now."""
        return self._overtime.pop(message_id, None) is not None

    def answered(self, message_id: str, text: str, *, by_default: bool) -> None:
        call = self._handling.pop(message_id)
        if by_default:
            self._overtime[message_id] = call.fingerprint
        self._answered[message_id] = (call.fingerprint, text)
        if len(self._answered) > ANSWERS_KEPT:
            del self._answered[next(iter(self._answered))]

    def forget_waiting(self) -> None:
        """The link is given up: nobody waits for an answer any more."""
        self._handling.clear()

    def next_due(self) -> float | None:
        # In the order of arrival, and all have the same time: the first is the next.
        for call in self._handling.values():
            if call.due is not None:
                return call.due
        return None

    def take_due(self, now: float) -> list[str]:
        """The CALLs to be answered by default now; each is told once."""
        due = [message_id for message_id, call in self._handling.items() if call.due is not None and call.due <= now]
        for message_id in due:
            self._handling[message_id].due = None
        return due
