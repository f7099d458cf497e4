"""The rules of one connection, with frames and times by hand."""

from itertools import product

import pytest

from ladewerk.errors import Disconnected, LocalProtocolError
from ladewerk.ocpp.events import (
    CallLost,
    CloseWanted,
    Event,
    FrameDropped,
    ResultRejected,
    SendReceived,
)
from ladewerk.ocpp.session import (
    BAD_FRAMES_TOLERATED,
    LINK_TABLE,
    UNSENT_TOLERATED,
    Input,
    Link,
)
from ladewerk.ocpp.version import Version
from tests.ocpp.session_by_hand import HEARTBEAT, call, kinds, sent, session

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
    assert [frame[1] for frame in sent(made)] == ["a"]
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
    call(made, "a", 0)
    assert [frame[1] for frame in sent(made)] == ["a"]
    made.answer("p", b"{}")
    assert made.close(1000, "bye") == [CloseWanted(1000, "bye"), CallLost("a", sent=True)]
    assert made.close(1000, "again") == []
    assert made.answer("q", b"{}") == []
    assert [frame[1] for frame in sent(made)] == ["p"]
    with pytest.raises(Disconnected):
        call(made, "b", 0)


@pytest.mark.parametrize("how", ["close", "disconnect"])
def test_a_call_that_is_lost_before_it_was_handed_out_is_never_sent(how: str) -> None:
    made = session()
    made.receive(HEARTBEAT.format("theirs"), now=0)
    made.answer("theirs", b"{}")
    call(made, "ours", now=0)
    events = made.close(1000, "") if how == "close" else made.disconnect()
    assert CallLost("ours", sent=False) in events
    assert sent(made) == ([[3, "theirs", {}]] if how == "close" else [])


def test_a_call_that_nobody_waits_for_is_not_sent_behind_the_end_either() -> None:
    made = session()
    call(made, "ours", now=0)
    made.cancel("ours")
    assert made.close(1000, "") == [CloseWanted(1000, "")]
    assert sent(made) == []


def test_the_table_has_a_row_for_every_state_and_input() -> None:
    assert set(LINK_TABLE) == set(product(Link, Input))


def test_frames_to_send_are_handed_out_once() -> None:
    made = session()
    call(made, "a", 0)
    assert len(made.frames_to_send()) == 1
    assert made.frames_to_send() == []
