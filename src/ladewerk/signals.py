"""Typed signal and slot: who announces does not know who listens."""

from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Signal(Generic[T]):
    """Announces values of one type to every connected slot, in the order of connecting.

    A slot is a plain function, called at once in the task that emits: it must be quick, and one that has work to do
    puts it on a queue of its own. A slot may disconnect itself or others while it is called.
    """

    __slots__ = ("_slots",)

    def __init__(self) -> None:
        self._slots: list[Callable[[T], None]] = []

    def connect(self, slot: Callable[[T], None]) -> Callable[[], None]:
        """Call ``slot`` for each value from now on; what is returned disconnects it, once or often."""
        self._slots.append(slot)

        def disconnect() -> None:
            if slot in self._slots:
                self._slots.remove(slot)

        return disconnect

    def emit(self, value: T) -> None:
        """Announce ``value``. An exception of a slot is a bug of that slot and flies to the emitter."""
        for slot in tuple(self._slots):
            if slot in self._slots:
                slot(value)
