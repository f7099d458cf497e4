"""The rules of one connection, with frames and times by hand."""

import json
from itertools import product
from typing import Any

import pytest

from ladewerk.errors import Disconnected, LocalProtocolError
from ladewerk.ocpp.events import (
    CallAnswered,
    CallErrored,
    CallExpired,
    CallLost,
    CallReceived,
    CallSent,
    CallSpoiled,
    CloseWanted,
    Event,
    FrameDropped,
    ReplyDue,
    ResultRejected,
    SendReceived,
)
from ladewerk.ocpp.session import (
    ANSWERS_KEPT,
    BAD_FRAMES_TOLERATED,
    CALLS_HANDLED_AT_ONCE,
    HANDLERS_IN_OVERTIME,
    LINK_TABLE,
    UNSENT_TOLERATED,
    Input,
    Link,
    Session,
)
from ladewerk.ocpp.version import Version

HEARTBEAT = '[2,"{}","Heartbeat",{{}}]'


def session(version: Version = Version.V21) -> Session:
    return Session(version)


def sent(made: Session) -> list[Any]:
    return [json.loads(text) for text in made.frames_to_send()]


def call(made: Session, message_id: str, now: float, timeout_s: float = 30) -> list[Event]:
    return made.send_call(message_id, "Heartbeat", b"{}", timeout_s=timeout_s, now=now)


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


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


# The peer's CALLs


def test_a_repeated_call_in_handling_is_not_carried_out_twice() -> None:
    made = session()
    made.receive(HEARTBEAT.format("p"), 0)
    assert kinds(made.receive(HEARTBEAT.format("p"), 1)) == [FrameDropped]
    made.answer("p", b"{}")
    assert sent(made) == [[3, "p", {}]]
    assert made.counts == {"repeated": 1}


def test_a_repeated_call_is_answered_from_memory() -> None:
    made = session()
    made.receive(HEARTBEAT.format("p"), 0)
    made.answer("p", b'{"n":1}')
    first = sent(made)
    assert kinds(made.receive(HEARTBEAT.format("p"), 40)) == [FrameDropped]
    assert sent(made) == first


def test_a_repeated_call_that_was_refused_is_refused_alike() -> None:
    made = session()
    made.receive(HEARTBEAT.format("p"), 0)
    made.refuse("p", "NotSupported", "no", {"path": "$"})
    first = sent(made)
    assert first == [[4, "p", "NotSupported", "no", {"path": "$"}]]
    made.receive(HEARTBEAT.format("p"), 40)
    assert sent(made) == first


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("other", ['[2,"p","Heartbeat",{"x":1}]', '[2,"p","BootNotification",{}]'])
def test_another_call_with_a_used_message_id_is_refused(other: str, answered: bool) -> None:
    made = session()
    made.receive(HEARTBEAT.format("p"), 0)
    if answered:
        made.answer("p", b"{}")
        made.frames_to_send()
    assert kinds(made.receive(other, 1)) == [FrameDropped]
    assert [frame[:3] for frame in sent(made)] == [[4, "p", "RpcFrameworkError"]]
    assert made.counts == {"refused": 1}


def test_only_the_last_answers_are_remembered() -> None:
    made = session()
    for number in range(ANSWERS_KEPT + 1):
        made.receive(HEARTBEAT.format(number), 0)
        made.answer(str(number), b"{}")
    assert kinds(made.receive(HEARTBEAT.format(1), 0)) == [FrameDropped]
    assert kinds(made.receive(HEARTBEAT.format(0), 0)) == [CallReceived]


def test_a_peer_with_too_many_open_calls_is_refused_further_ones() -> None:
    made = session()
    for number in range(CALLS_HANDLED_AT_ONCE):
        assert kinds(made.receive(HEARTBEAT.format(number), 0)) == [CallReceived]
    assert kinds(made.receive(HEARTBEAT.format("more"), 0)) == [FrameDropped]
    assert [frame[:3] for frame in sent(made)] == [[4, "more", "GenericError"]]
    made.answer("0", b"{}")
    assert kinds(made.receive(HEARTBEAT.format("again"), 0)) == [CallReceived]


def test_an_answer_nobody_asked_for_is_our_bug() -> None:
    made = session()
    with pytest.raises(LocalProtocolError, match="waits"):
        made.answer("p", b"{}")
    made.receive(HEARTBEAT.format("p"), 0)
    made.answer("p", b"{}")
    with pytest.raises(LocalProtocolError, match="waits"):
        made.refuse("p", "InternalError")


def test_a_refusal_with_a_wrong_code_leaves_the_call_to_be_answered() -> None:
    made = session()
    made.receive(HEARTBEAT.format("p"), 0)
    with pytest.raises(LocalProtocolError, match="Oops"):
        made.refuse("p", "Oops")
    made.refuse("p", "InternalError")
    assert sent(made) == [[4, "p", "InternalError", "", {}]]


# OCPP 2.1's own frames


def test_a_send_is_delivered_and_never_answered() -> None:
    made = session()
    call(made, "a", 0)
    made.frames_to_send()
    assert made.receive('[6,"s","NotifyPeriodicEventStream",{"id":1}]', 0) == [
        SendReceived("s", "NotifyPeriodicEventStream", b'{"id":1}')
    ]
    made.send("t", "NotifyPeriodicEventStream", b"{}")
    assert sent(made) == [[6, "t", "NotifyPeriodicEventStream", {}]]


def test_a_send_before_2_1_is_our_bug() -> None:
    with pytest.raises(LocalProtocolError):
        session(Version.V201).send("t", "NotifyPeriodicEventStream", b"{}")


def test_a_rejected_result_of_ours_is_reported() -> None:
    assert session().receive('[5,"p","FormatViolation","no",{}]', 0) == [ResultRejected("p", "FormatViolation", "no")]


def test_a_result_of_theirs_is_rejected_in_2_1_alone() -> None:
    made = session()
    made.reject_result("a", "FormatViolation", "no", {})
    assert sent(made) == [[5, "a", "FormatViolation", "no", {}]]
    for version in (Version.V16, Version.V201):
        older = session(version)
        older.reject_result("a", "FormatViolation", "no", {})
        assert sent(older) == []


# What cannot be read


ANSWERS = [
    ("rubbish", ["4", "-1", "RpcFrameworkError"]),
    ('[2,"a","Heartbeat"]', ["4", "a", "RpcFrameworkError"]),
    ('[2,7,"Heartbeat",{}]', ["4", "-1", "RpcFrameworkError"]),
    ('[2,"a","Heartbeat",[]]', ["4", "a", "FormatViolation"]),
    ('[3,"a",[]]', None),
    ('[4,"a"]', None),
]


@pytest.mark.parametrize(("text", "answer"), ANSWERS)
def test_malformed_frames_are_answered_as_part_4_says(text: str, answer: list[str] | None) -> None:
    made = session(Version.V201)
    made.receive(text, 0)
    assert [[str(element) for element in frame[:3]] for frame in sent(made)] == ([] if answer is None else [answer])


def test_malformed_frames_are_spelled_for_1_6() -> None:
    made = session(Version.V16)
    made.receive("rubbish", 0)
    made.receive('[2,"a","Heartbeat",[]]', 0)
    assert [frame[1:3] for frame in sent(made)] == [["-1", "GenericError"], ["a", "FormationViolation"]]


def test_2_1_answers_a_malformed_result_with_callresulterror() -> None:
    made = session()
    made.receive('[3,"a",[]]', 0)
    assert [frame[:3] for frame in sent(made)] == [[5, "a", "FormatViolation"]]


@pytest.mark.parametrize("text", ['[5,"a"]', '[6,"a","X"]', '[6,7,"X",{}]', '[4,"a"]', "[3,7,{}]"])
def test_2_1_never_answers_these(text: str) -> None:
    made = session()
    made.receive(text, 0)
    assert sent(made) == []


UNKNOWN = [
    (Version.V16, 1, False),
    (Version.V16, 6, False),
    (Version.V201, 1, True),
    (Version.V201, 6, True),
    (Version.V201, 5, False),
    (Version.V201, 99, True),
    (Version.V21, 7, False),
]


@pytest.mark.parametrize(("version", "message_type", "answered"), UNKNOWN)
def test_unknown_message_types(version: Version, message_type: int, answered: bool) -> None:
    made = session(version)
    assert kinds(made.receive(f'[{message_type},"a","X",{{}}]', 0)) == [FrameDropped]
    assert made.counts == {"unknown_type": 1}
    expected = [[4, "a", "MessageTypeNotSupported", f"message type {message_type}", {}]] if answered else []
    assert sent(made) == expected


def test_too_many_malformed_frames_close_the_link_with_1002() -> None:
    made = session()
    call(made, "a", 0)
    for number in range(BAD_FRAMES_TOLERATED):
        assert kinds(made.receive("rubbish", number)) == [FrameDropped]
    events = made.receive("rubbish", BAD_FRAMES_TOLERATED)
    assert kinds(events) == [FrameDropped, CloseWanted, CallLost]
    assert events[1] == CloseWanted(1002, "too many malformed frames")
    assert made.link is Link.CLOSING
    assert made.receive(HEARTBEAT.format("p"), 20) == []


def test_a_malformed_frame_now_and_then_closes_nothing() -> None:
    made = session()
    for minute in range(100):
        assert kinds(made.receive("rubbish", minute * 60)) == [FrameDropped]
        made.frames_to_send()
    assert made.link is Link.OPEN


def test_a_peer_that_does_not_read_its_answers_is_given_up() -> None:
    made = session(Version.V201)
    events: list[Event] = []
    for _ in range(UNSENT_TOLERATED + 1):
        events = made.receive('[9,"a"]', 0)
    assert isinstance(events[-1], CloseWanted)
    assert events[-1].code == 1008
    assert made.frames_to_send() == []


# The end


def test_disconnect_loses_the_open_and_the_waiting_calls_at_once() -> None:
    made = session()
    for message_id in "abc":
        call(made, message_id, 0)
    made.cancel("b")
    assert made.disconnect() == [CallLost("a", sent=True), CallLost("c", sent=False)]
    assert made.next_deadline is None
    assert made.frames_to_send() == []
    assert made.disconnect() == []


def test_after_the_end_calls_are_refused_and_answers_dropped() -> None:
    made = session()
    made.receive(HEARTBEAT.format("p"), 0)
    made.disconnect()
    with pytest.raises(Disconnected):
        call(made, "a", 0)
    with pytest.raises(Disconnected):
        made.send("t", "NotifyPeriodicEventStream", b"{}")
    assert made.answer("p", b"{}") == []
    assert made.reject_result("a", "FormatViolation", "", {}) == []
    assert made.close(1000, "") == []
    with pytest.raises(LocalProtocolError):
        made.receive(HEARTBEAT.format("p"), 1)


def test_closing_sends_what_is_left_and_takes_no_more() -> None:
    made = session()
    made.receive(HEARTBEAT.format("p"), 0)
    made.receive(HEARTBEAT.format("q"), 0)
    made.answer("p", b"{}")
    call(made, "a", 0)
    assert made.close(1000, "bye") == [CloseWanted(1000, "bye"), CallLost("a", sent=True)]
    assert made.close(1000, "again") == []
    assert made.answer("q", b"{}") == []
    assert [frame[1] for frame in sent(made)] == ["p", "a"]
    with pytest.raises(Disconnected):
        call(made, "b", 0)


def test_the_table_has_a_row_for_every_state_and_input() -> None:
    assert set(LINK_TABLE) == set(product(Link, Input))


def test_frames_to_send_are_handed_out_once() -> None:
    made = session()
    call(made, "a", 0)
    assert len(made.frames_to_send()) == 1
    assert made.frames_to_send() == []


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


# Answers that are not ready


def prompt() -> Session:
    return Session(Version.V21, reply_within_s=24)


def test_a_default_reply_is_due_once_when_the_time_for_an_answer_is_over() -> None:
    made = prompt()
    made.receive(HEARTBEAT.format("p"), 10)
    deadlines = [made.next_deadline]
    assert made.handle_timer(33.9) == []
    assert made.handle_timer(34) == [ReplyDue("p")]
    deadlines.append(made.next_deadline)
    assert deadlines == [34, None]
    assert made.handle_timer(35) == []
    made.answer("p", b'{"default":1}', by_default=True)
    assert sent(made) == [[3, "p", {"default": 1}]]


def test_no_default_reply_is_due_for_what_is_answered() -> None:
    made = prompt()
    made.receive(HEARTBEAT.format("p"), 0)
    made.receive(HEARTBEAT.format("q"), 1)
    made.answer("p", b"{}")
    assert made.next_deadline == 25
    made.refuse("q", "InternalError")
    assert made.next_deadline is None


def test_the_real_answer_behind_a_default_reply_is_counted_and_goes_nowhere() -> None:
    made = prompt()
    made.receive(HEARTBEAT.format("p"), 0)
    made.handle_timer(24)
    made.refuse("p", "InternalError", by_default=True)
    made.frames_to_send()
    assert kinds(made.end_overtime("p")) == [FrameDropped]
    assert made.end_overtime("p") == []
    assert (made.counts["overtaken"], sent(made)) == (1, [])


def test_the_retry_of_a_call_answered_by_default_is_not_carried_out_again() -> None:
    made = prompt()
    made.receive(HEARTBEAT.format("p"), 0)
    made.handle_timer(24)
    made.answer("p", b"{}", by_default=True)
    for number in range(ANSWERS_KEPT):  # its answer is forgotten, its handler goes on
        made.receive(HEARTBEAT.format(number), 25)
        made.answer(str(number), b"{}")
    made.frames_to_send()
    assert kinds(made.receive(HEARTBEAT.format("p"), 26)) == [FrameDropped]
    assert sent(made) == []
    assert kinds(made.receive('[2,"p","Heartbeat",{"x":1}]', 26)) == [FrameDropped]
    assert sent(made)[0][:3] == [4, "p", "RpcFrameworkError"]


@pytest.mark.parametrize("how", ["closed", "lost"])
def test_no_default_reply_is_due_when_the_link_is_given_up(how: str) -> None:
    made = prompt()
    made.receive(HEARTBEAT.format("p"), 0)
    if how == "closed":
        made.close(1000, "")
    else:
        made.disconnect()
    assert made.next_deadline is None
    assert made.handle_timer(24) == []


def test_handlers_that_never_end_are_bounded() -> None:
    made = prompt()
    for number in range(HANDLERS_IN_OVERTIME):
        made.receive(HEARTBEAT.format(number), number)
        made.handle_timer(number + 24)
        made.answer(str(number), b"{}", by_default=True)
    made.frames_to_send()
    assert kinds(made.receive(HEARTBEAT.format("p"), 999)) == [FrameDropped]
    assert sent(made)[0][:3] == [4, "p", "GenericError"]
    made.end_overtime("0")
    assert made.receive(HEARTBEAT.format("q"), 999) == [CallReceived("q", "Heartbeat", b"{}")]
