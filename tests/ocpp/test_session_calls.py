"""Our CALLs in a session: one open at a time, by priority, within their times."""

import json

import pytest

from ladewerk.errors import LocalProtocolError
from ladewerk.ocpp.events import (
    CallAnswered,
    CallErrored,
    CallExpired,
    CallReceived,
    CallSent,
    CallSpoiled,
    FrameDropped,
)
from ladewerk.ocpp.version import Version
from tests.ocpp.session_by_hand import HEARTBEAT, call, kinds, sent, session

# Our CALLs


def test_second_call_waits_until_the_first_is_answered() -> None:
    made = session()
    call(made, "a", 0)
    call(made, "b", 0)
    assert sent(made) == [[2, "a", "Heartbeat", {}]]
    assert made.receive('[3,"a",{"x":1}]', 1) == [CallAnswered("a", b'{"x":1}'), CallSent("b")]
    assert sent(made) == [[2, "b", "Heartbeat", {}]]


def test_calls_are_sent_in_the_order_they_were_made() -> None:
    made = session()
    for message_id in "abcde":
        call(made, message_id, 0)
    order = []
    for message_id in "abcde":
        order += sent(made)
        made.receive(f'[3,"{message_id}",{{}}]', 1)
    assert [frame[1] for frame in order] == list("abcde")


def test_a_callerror_ends_the_call_with_the_neutral_code() -> None:
    made = session(Version.V16)
    call(made, "a", 0)
    events = made.receive('[4,"a","OccurenceConstraintViolation","why",{"k":1}]', 1)
    assert events == [CallErrored("a", "OccurrenceConstraintViolation", "why", {"k": 1})]


def test_a_call_expires_at_its_deadline_and_the_next_one_is_sent() -> None:
    made = session()
    call(made, "a", 0, timeout_s=30)
    call(made, "b", 0, timeout_s=60)
    made.frames_to_send()
    assert made.next_deadline == 30
    assert made.handle_timer(29.999) == []
    assert made.handle_timer(30) == [CallExpired("a", sent=True), CallSent("b")]
    assert sent(made) == [[2, "b", "Heartbeat", {}]]


def test_the_time_to_answer_counts_from_the_sending() -> None:
    made = session()
    call(made, "a", 0, timeout_s=30)
    call(made, "b", 0, timeout_s=30)
    made.receive('[3,"a",{}]', 20)
    assert made.next_deadline == 50
    assert made.handle_timer(30) == []
    assert made.receive('[3,"b",{}]', 45) == [CallAnswered("b", b"{}")]
    assert made.next_deadline is None


def test_a_call_whose_turn_does_not_come_in_time_is_never_sent() -> None:
    made = session()
    call(made, "a", 0, timeout_s=60)
    call(made, "b", 0, timeout_s=10)
    made.frames_to_send()
    assert made.next_deadline == 10
    assert made.handle_timer(10) == [CallExpired("b", sent=False)]
    made.receive('[3,"a",{}]', 11)
    assert sent(made) == []


def test_a_late_answer_is_counted_and_dropped_and_does_not_end_the_next_call() -> None:
    made = session()
    call(made, "a", 0)
    made.handle_timer(30)
    call(made, "b", 30)
    assert kinds(made.receive('[3,"a",{}]', 31)) == [FrameDropped]
    assert made.counts == {"late": 1}
    assert made.receive('[3,"b",{}]', 32) == [CallAnswered("b", b"{}")]


@pytest.mark.parametrize("frame", ['[3,"x",{}]', '[4,"x","GenericError","",{}]'])
def test_a_foreign_answer_is_counted_and_dropped(frame: str) -> None:
    made = session()
    call(made, "a", 0)
    made.frames_to_send()
    assert kinds(made.receive(frame, 1)) == [FrameDropped]
    assert made.counts == {"foreign": 1}
    assert sent(made) == []


def test_an_answer_to_a_call_that_still_waits_its_turn_is_foreign() -> None:
    made = session()
    call(made, "a", 0)
    call(made, "b", 0)
    assert kinds(made.receive('[3,"b",{}]', 1)) == [FrameDropped]
    assert made.receive('[3,"a",{}]', 1) == [CallAnswered("a", b"{}"), CallSent("b")]


def test_a_cancelled_call_keeps_its_place_until_it_is_answered() -> None:
    made = session()
    call(made, "a", 0)
    call(made, "b", 0)
    made.frames_to_send()
    made.cancel("a")
    assert sent(made) == []
    assert kinds(made.receive('[3,"a",{}]', 1)) == [FrameDropped, CallSent]
    assert sent(made) == [[2, "b", "Heartbeat", {}]]


def test_a_cancelled_call_that_is_never_answered_expires_silently() -> None:
    made = session()
    call(made, "a", 0)
    assert [frame[1] for frame in sent(made)] == ["a"]
    made.cancel("a")
    assert made.handle_timer(30) == []
    call(made, "b", 30)
    assert [frame[1] for frame in sent(made)] == ["b"]


def test_a_call_cancelled_before_its_turn_is_never_sent() -> None:
    made = session()
    call(made, "a", 0)
    call(made, "b", 0)
    made.cancel("b")
    made.receive('[3,"a",{}]', 1)
    assert [frame[1] for frame in sent(made)] == ["a"]


def test_an_answer_that_cannot_be_read_ends_the_call_at_once() -> None:
    made = session(Version.V201)
    call(made, "a", 0)
    call(made, "b", 0)
    made.frames_to_send()
    events = made.receive('[3,"a",[]]', 1)
    assert kinds(events) == [FrameDropped, CallSpoiled, CallSent]
    assert sent(made) == [[2, "b", "Heartbeat", {}]]


def test_a_message_id_in_use_is_refused() -> None:
    made = session()
    call(made, "a", 0)
    with pytest.raises(LocalProtocolError, match="in use"):
        call(made, "a", 0)


def test_calls_may_cross() -> None:
    made = session()
    call(made, "a", 0)
    assert made.receive(HEARTBEAT.format("p"), 1) == [CallReceived("p", "Heartbeat", b"{}")]
    made.answer("p", b'{"n":1}')
    assert sent(made) == [[2, "a", "Heartbeat", {}], [3, "p", {"n": 1}]]
    assert made.receive('[3,"a",{}]', 2) == [CallAnswered("a", b"{}")]


def test_both_sides_may_use_the_same_message_id() -> None:
    made = session()
    call(made, "a", 0)
    assert kinds(made.receive(HEARTBEAT.format("a"), 1)) == [CallReceived]
    made.answer("a", b"{}")
    assert made.receive('[3,"a",{}]', 2) == [CallAnswered("a", b"{}")]


# Priority, and commands that grow stale


def test_the_highest_priority_goes_first_and_equal_ones_as_they_came() -> None:
    made = session()
    for message_id, priority in (("open", 0), ("a", 0), ("b", -10), ("c", 10), ("d", 0), ("e", 10)):
        made.send_call(message_id, "Heartbeat", b"{}", timeout_s=30, now=0, priority=priority)
    order = []
    for _ in range(6):
        (frame,) = sent(made)
        order.append(frame[1])
        made.receive(f'[3,"{frame[1]}",{{}}]', 1)
    assert order == ["open", "c", "e", "a", "d", "b"]


def test_a_command_is_not_sent_behind_its_time() -> None:
    made = session()
    call(made, "a", 0, timeout_s=60)
    made.send_call("b", "Reset", b"{}", timeout_s=30, now=0, ttl_s=5)
    made.frames_to_send()
    assert made.next_deadline == 5
    assert made.handle_timer(5) == [CallExpired("b", sent=False)]
    assert made.receive('[3,"a",{}]', 6) == [CallAnswered("a", b"{}")]
    assert sent(made) == []


def test_a_command_whose_turn_came_in_time_has_its_whole_time_to_be_answered() -> None:
    made = session()
    assert made.send_call("a", "Reset", b"{}", timeout_s=30, now=0, ttl_s=5) == [CallSent("a")]
    assert made.next_deadline == 30


def test_a_call_that_the_link_never_took_over_is_taken_back_when_it_expires() -> None:
    made = session()
    call(made, "a", 0)
    call(made, "b", 1)
    assert made.handle_timer(30) == [CallExpired("a", sent=False), CallSent("b")]
    assert sent(made) == [[2, "b", "Heartbeat", {}]]


def test_frames_are_handed_out_one_by_one() -> None:
    made = session()
    call(made, "a", 0)
    made.receive("rubbish", 0)
    assert json.loads(made.next_frame() or "")[1] == "a"
    assert json.loads(made.next_frame() or "")[1] == "-1"
    assert made.next_frame() is None
