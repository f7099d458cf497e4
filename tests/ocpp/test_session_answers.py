"""The peer's CALLs in a session: carried out once, answered once, and in time."""

import pytest

from ladewerk.errors import LocalProtocolError
from ladewerk.ocpp.events import (
    CallReceived,
    FrameDropped,
    ReplyDue,
)
from ladewerk.ocpp.session import (
    ANSWERS_KEPT,
    CALLS_HANDLED_AT_ONCE,
    HANDLERS_IN_OVERTIME,
    Session,
)
from ladewerk.ocpp.version import Version
from tests.ocpp.session_by_hand import HEARTBEAT, kinds, sent, session

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
