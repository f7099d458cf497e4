"""Typed signal and slot: who announces does not know who listens.

Declare a signal in the class that announces, ``frames = Signal(FrameSeen)``; each instance then has one of its own. A signal
that belongs to no class is made the same way, ``Signal[int]()``, and then its values are checked by type checkers alone.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import UnionType
from typing import Any, Generic, Self, TypeVar, overload

T = TypeVar("T")


class Signal(Generic[T]):
    """Announces values of one type to every connected slot, in the order of connecting.

    A slot is a plain function of one argument, called at once in the task that emits: it must be quick, and one that has
    work to do puts it on a queue of its own. A slot may connect or disconnect itself or others while it is called.
    """

    def __init__(self, kind: type[T] | UnionType | None = None, /) -> None:
        self.kind = kind
        self.name: str = ""
        self._accepted = int | float if kind is float else kind  # as type checkers have it
        self._owner: type | None = None
        self._slots: tuple[Callable[[T], object], ...] = ()

    def __set_name__(self, owner: type, name: str) -> None:
        self._owner, self.name = owner, name

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type) -> "Signal[T]": ...
    def __get__(self, instance: object | None, owner: type) -> "Signal[T]":
        if instance is None:
            return self
        try:
            attributes = instance.__dict__
        except AttributeError:
            raise TypeError(f"{owner.__name__} has slots: make its signal {self.name} in __init__") from None
        # Found there the next time, without coming here: a signal is no slower for being declared in a class.
        bound: Signal[T] = attributes.setdefault(self.name, Signal(self.kind))
        bound.name = self.name
        return bound

    @property
    def slots(self) -> tuple[Callable[[T], object], ...]:
        """What is connected, in the order of connecting."""
        return self._slots

    def __bool__(self) -> bool:
        """Whether anybody listens, so that nobody need make what nobody hears."""
        return bool(self._slots)

    def connect(self, slot: Callable[[T], object]) -> Callable[[], None]:
        """Call ``slot`` for each value from now on; what is returned disconnects it, once or often.

        Raises TypeError for what cannot be called with one value, or would have to be awaited.
        """
        if self._owner is not None:
            raise TypeError(f"{self} is a declaration: connect to the signal of an instance")
        _check_slot(slot)
        self._slots = (*self._slots, slot)
        connected = True

        def disconnect() -> None:
            nonlocal connected
            if connected:
                connected = False
                self.disconnect(slot)

        return disconnect

    def disconnect(self, slot: Callable[[T], object]) -> None:
        """Call ``slot`` no more, as far as it was connected; its last connection goes first."""
        for index in range(len(self._slots) - 1, -1, -1):
            if self._slots[index] == slot:
                self._slots = self._slots[:index] + self._slots[index + 1 :]
                return

    def emit(self, value: T) -> None:
        """Announce ``value``; TypeError if it is not of the kind declared.

        An exception of a slot is a bug of that slot and flies to the emitter.
        """
        if self._accepted is not None and not isinstance(value, self._accepted):
            raise TypeError(f"{self} announces {_named(self.kind or object)}, not {type(value).__name__}")
        if self._owner is not None:
            raise TypeError(f"{self} is a declaration: emit the signal of an instance")
        slots = self._slots
        for slot in slots:
            if self._slots is slots or slot in self._slots:  # else it was disconnected meanwhile
                slot(value)

    def __repr__(self) -> str:
        owner = f"{self._owner.__name__}." if self._owner is not None else ""
        kind = f" of {_named(self.kind)}" if self.kind is not None else ""
        return f"<signal {owner}{self.name or 'without a name'}{kind}>"


@contextmanager
def connected(*disconnects: Callable[[], object]) -> Iterator[None]:
    """What :meth:`Signal.connect` has connected stays so until the context ends."""
    try:
        yield
    finally:
        for disconnect in disconnects:
            disconnect()


def signals_of(instance: object) -> Mapping[str, Signal[Any]]:
    """Every signal of ``instance`` by its name, declared in its class or made in ``__init__``; for debugging."""
    return dict(sorted(_signals(instance)))


def connections_of(instance: object) -> list[str]:
    """One line for each signal of ``instance`` and slot connected to it, for debugging: ``frames -> FrameLog.add``."""
    lines = []
    for name, signal in signals_of(instance).items():
        lines += [f"{name} -> {_named(slot)}" for slot in signal.slots] or [f"{name} -> nobody"]
    return lines


def _signals(instance: object) -> Iterator[tuple[str, Signal[Any]]]:
    for kind in reversed(type(instance).__mro__):
        for name, declared in vars(kind).items():
            if isinstance(declared, Signal):
                yield name, getattr(instance, name)
    for name, made in getattr(instance, "__dict__", {}).items():
        if isinstance(made, Signal) and not isinstance(getattr(type(instance), name, None), Signal):
            yield name, made


def _check_slot(slot: Callable[..., object]) -> None:
    if inspect.iscoroutinefunction(slot):
        raise TypeError(f"{_named(slot)} would have to be awaited: a slot is a plain function")
    try:
        signature = inspect.signature(slot)
    except ValueError:
        return  # some built-in functions do not tell
    try:
        signature.bind(None)
    except TypeError:
        raise TypeError(f"{_named(slot)}{signature} cannot be called with one value") from None


def _named(what: object) -> str:
    """``what`` as a reader knows it: the name of a function or class, of a partial the function within."""
    inner = getattr(what, "func", what)
    return getattr(inner, "__qualname__", str(inner))
