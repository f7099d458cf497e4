"""Signals reach every slot that is connected at the moment, and no other."""

from ladewerk.signals import Signal


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
    signal.emit(2)
    assert heard == [1]


def test_a_slot_may_disconnect_another_while_it_is_called() -> None:
    signal: Signal[int] = Signal()
    heard: list[int] = []
    signal.connect(lambda _value: disconnect())
    disconnect = signal.connect(heard.append)
    signal.emit(1)
    assert heard == []
