"""Signals reach every slot that is connected at the moment, and no other; what is wrong is told when it is done."""

from collections.abc import Callable
from functools import partial

import pytest

from ladewerk.signals import Signal, connected, connections_of, signals_of


class Meter:
    read = Signal(float)
    label = Signal[str | None](str | None)

    def __init__(self) -> None:
        self.lost: Signal[str] = Signal()


class LoudMeter(Meter):
    alarm = Signal(int)


def test_every_connected_slot_gets_the_value_in_the_order_of_connecting() -> None:
    signal: Signal[int] = Signal()
    heard: list[tuple[str, int]] = []
    signal.connect(lambda value: heard.append(("a", value)))
    signal.connect(lambda value: heard.append(("b", value)))
    signal.emit(7)
    assert heard == [("a", 7), ("b", 7)]


def test_a_disconnected_slot_hears_nothing_more_and_may_be_disconnected_again() -> None:
    signal: Signal[int] = Signal()
    heard: list[int] = []
    disconnect = signal.connect(heard.append)
    signal.emit(1)
    disconnect()
    disconnect()
    signal.disconnect(heard.append)
    signal.emit(2)
    assert heard == [1]


def test_a_slot_connected_twice_is_called_twice_and_disconnected_one_by_one() -> None:
    signal: Signal[int] = Signal()
    heard: list[int] = []
    first = signal.connect(heard.append)
    signal.connect(heard.append)
    first()
    first()
    signal.emit(1)
    assert heard == [1]


def test_a_slot_may_disconnect_another_while_it_is_called() -> None:
    signal: Signal[int] = Signal()
    heard: list[int] = []
    signal.connect(lambda _value: disconnect())
    disconnect = signal.connect(heard.append)
    signal.emit(1)
    assert heard == []


def test_a_signal_knows_whether_anybody_listens() -> None:
    signal: Signal[int] = Signal()
    assert not signal
    disconnect = signal.connect(print)
    assert signal
    assert signal.slots == (print,)
    disconnect()
    assert not signal


# Declared in a class


def test_each_instance_has_the_signals_of_its_class_for_itself() -> None:
    one, other = Meter(), Meter()
    heard: list[float] = []
    one.read.connect(heard.append)
    other.read.emit(1.0)
    one.read.emit(2)  # a whole number is a float to type checkers too
    assert heard == [2.0]
    assert one.read is one.read


def test_a_declaration_itself_connects_and_announces_nothing() -> None:
    with pytest.raises(TypeError, match=r"Meter\.read.*of an instance"):
        Meter.read.connect(print)
    with pytest.raises(TypeError, match="of an instance"):
        Meter.read.emit(1.0)


def test_a_value_of_another_kind_is_not_announced() -> None:
    meter = Meter()
    heard: list[object] = []
    meter.read.connect(heard.append)
    with pytest.raises(TypeError, match="read of float> announces float, not str"):
        meter.read.emit("5")  # type: ignore[arg-type]
    meter.label.connect(heard.append)
    meter.label.emit(None)
    assert heard == [None]


def test_a_class_with_slots_makes_its_signals_itself() -> None:
    class Tight:
        __slots__ = ()
        said = Signal(int)

    with pytest.raises(TypeError, match="Tight has slots: make its signal said in __init__"):
        assert Tight().said


# Slots that are none


async def waits(_value: int) -> None: ...
def takes_nothing() -> None: ...
def takes_two(_first: int, _second: int) -> None: ...


@pytest.mark.parametrize(
    ("slot", "why"),
    [
        (waits, "waits would have to be awaited"),
        (takes_nothing, r"takes_nothing\(\) -> None cannot be called with one value"),
        (takes_two, "cannot be called with one value"),
        (partial(takes_two, 1, 2), "takes_two.*cannot be called with one value"),
    ],
)
def test_what_cannot_be_called_with_one_value_is_refused_at_once(slot: Callable[[int], object], why: str) -> None:
    with pytest.raises(TypeError, match=why):
        Signal[int]().connect(slot)


def test_a_built_in_function_that_does_not_tell_its_signature_may_be_a_slot() -> None:
    signal: Signal[object] = Signal()
    signal.connect(type)
    signal.emit(1)
    assert signal.slots == (type,)


# For debugging


def test_all_signals_and_slots_of_an_object_are_listed() -> None:
    meter = LoudMeter()
    meter.read.connect(print)
    meter.lost.connect(partial(takes_two, 1))
    assert list(signals_of(meter)) == ["alarm", "label", "lost", "read"]
    assert signals_of(meter)["read"] is meter.read
    assert connections_of(meter) == ["alarm -> nobody", "label -> nobody", "lost -> takes_two", "read -> print"]
    assert repr(meter.read) == "<signal read of float>"
    assert repr(Meter.label) == "<signal Meter.label of str | None>"
    assert repr(meter.lost) == "<signal without a name>"


def test_slots_are_connected_for_the_length_of_a_context_however_it_ends() -> None:
    numbers, words = Signal[int](), Signal[str]()
    heard: list[object] = []

    def fail() -> None:
        with connected(numbers.connect(heard.append), words.connect(heard.append)):
            numbers.emit(1)
            words.emit("two")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    numbers.emit(3)
    words.emit("four")
    assert heard == [1, "two"]
