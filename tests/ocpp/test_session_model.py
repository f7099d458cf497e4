"""Two sessions and a network that reorders, loses, repeats, damages and delays: each does what the model of it does."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

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
from ladewerk.ocpp.session import Session
from ladewerk.ocpp.version import Version
from tests.ocpp.session_model import REPLY_WITHIN_S, Side, Told

STATION, CSMS = "station", "csms"
SIDES = st.sampled_from([STATION, CSMS])
TIMEOUT_S = 10.0


class TwoEnds(RuleBasedStateMachine):
    """``air`` holds the frames under way to each side, ``heard`` those that came, which may come again."""

    version = Version.V21

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.count = 0
        self.made: dict[str, set[str]] = {STATION: set(), CSMS: set()}
        self.ended: dict[str, list[str]] = {STATION: [], CSMS: []}
        self.cancelled: dict[str, set[str]] = {STATION: set(), CSMS: set()}

    @initialize()
    def connect(self) -> None:
        """Anew, too: a session is one connection's, and nothing of the last one comes through."""
        self.ends = {side: Session(self.version, reply_within_s=REPLY_WITHIN_S) for side in (STATION, CSMS)}
        self.models = {side: Side(self.version) for side in (STATION, CSMS)}
        self.air: dict[str, list[str]] = {STATION: [], CSMS: []}
        self.heard: dict[str, list[str]] = {STATION: [], CSMS: []}

    # What both are told

    def both(self, side: str, events: Sequence[Event], expected: Sequence[Told]) -> None:
        """The session told what the model tells, wrote what the model writes, and the model's calls end once."""
        frames = self.ends[side].frames_to_send()
        told = [_told(event) for event in events]
        assert told == [one for one in expected if one[0] != "frame"]
        assert [_frame(text) for text in frames] == [one for one in expected if one[0] == "frame"]
        self.air[STATION if side == CSMS else CSMS] += frames
        for one in told:
            if one[0] in ("answered", "errored", "spoiled", "expired", "lost"):
                self.ended[side].append(str(one[1]))
        for event in events:
            if isinstance(event, CallAnswered):
                assert json.loads(event.payload) == {"to": event.message_id}, "the answer of another CALL"
            if isinstance(event, ReplyDue):
                self.answer(side, event.message_id, by_default=True)

    def answer(self, side: str, message_id: str, *, refused: bool = False, by_default: bool = False) -> None:
        end, model = self.ends[side], self.models[side]
        if refused:
            events = end.refuse(message_id, "InternalError", by_default=by_default)
        else:
            events = end.answer(message_id, json.dumps({"to": message_id}).encode(), by_default=by_default)
        self.both(side, events, model.answer(message_id, refused=refused, by_default=by_default))

    def deliver(self, side: str, text: str) -> None:
        model, (message_type, message_id, *rest) = self.models[side], json.loads(text)
        match message_type:
            case 2:
                expected = model.hear_call(message_id, json.dumps(rest), self.now)
            case 3 | 4:
                expected = model.hear_answer(message_type, message_id, self.now, readable=bool(rest))
            case 5:
                expected = model.hear_rejection(message_id)
            case _:
                expected = model.hear_send(message_id)
        self.both(side, self.ends[side].receive(text, self.now), expected)

    # What the owners do

    @precondition(lambda self: self.sides(_is_open))
    @rule(data=st.data(), number=st.integers(1, 4), ttl_s=st.sampled_from([1.0, 5.0, TIMEOUT_S]))
    def make_calls(self, data: st.DataObject, number: int, ttl_s: float) -> None:
        side = self.one_of(data, _is_open)
        for _ in range(number):
            self.make_call(side, data.draw(st.sampled_from([-10, 0, 10])), ttl_s)

    @precondition(lambda self: len(self.sides(_is_open)) == 2)
    @rule(side=st.sampled_from([STATION, CSMS]), number=st.integers(1, 20))
    def let_some_calls_go_well(self, side: str, number: int) -> None:
        other = STATION if side == CSMS else CSMS
        for _ in range(number):
            if self.models[side].link == "open":
                self.make_call(side, 0, TIMEOUT_S)
            self.deliver_all()
            if self.models[other].handling:
                self.answer(other, next(iter(self.models[other].handling)))
            self.deliver_all()

    def make_call(self, side: str, priority: int, ttl_s: float) -> None:
        self.count += 1
        message_id = f"{side}-{self.count}"
        self.made[side].add(message_id)
        options: dict[str, Any] = {"priority": priority, "timeout_s": TIMEOUT_S, "ttl_s": ttl_s, "now": self.now}
        events = self.ends[side].send_call(message_id, "Heartbeat", b"{}", **options)
        self.both(side, events, self.models[side].send_call(message_id, **options))

    @precondition(lambda self: self.version is Version.V21 and self.count % 4 == 1 and self.sides(_is_open))
    @rule(data=st.data())
    def send_what_nothing_answers(self, data: st.DataObject) -> None:
        side = self.one_of(data, _is_open)
        self.both(side, self.ends[side].send("s", "NotifyPeriodicEventStream", b"{}"), [("frame", 6, "s")])

    @precondition(lambda self: self.sides(_is_handling))
    @rule(data=st.data(), refused=st.booleans())
    def answer_any_call(self, data: st.DataObject, refused: bool) -> None:
        side = self.one_of(data, _is_handling)
        self.answer(side, data.draw(st.sampled_from(sorted(self.models[side].handling))), refused=refused)

    @precondition(lambda self: self.sides(_is_in_overtime))
    @rule(data=st.data())
    def end_any_handler_that_was_answered_for(self, data: st.DataObject) -> None:
        side = self.one_of(data, _is_in_overtime)
        message_id = data.draw(st.sampled_from(sorted(self.models[side].overtime)))
        self.both(side, self.ends[side].end_overtime(message_id), self.models[side].end_overtime(message_id))

    @precondition(lambda self: self.sides(_has_calls))
    @rule(data=st.data())
    def cancel_any_call(self, data: st.DataObject) -> None:
        side = self.one_of(data, _has_calls)
        model = self.models[side]
        pending = [made.message_id for made in [*model.waiting, *([model.open] if model.open else [])]]
        message_id = data.draw(st.sampled_from(pending))
        self.cancelled[side].add(message_id)
        self.ends[side].cancel(message_id)
        model.cancel(message_id)

    @precondition(lambda self: self.ended[STATION])
    @rule()
    def reject_a_result(self) -> None:
        message_id = self.ended[STATION][-1]
        events = self.ends[STATION].reject_result(message_id, "FormatViolation", "", {})
        self.both(STATION, events, self.models[STATION].reject_result(message_id))

    @precondition(lambda self: self.count > 6 and self.sides(_is_open))
    @rule(data=st.data())
    def give_the_link_up(self, data: st.DataObject) -> None:
        side = self.one_of(data, _is_open)
        self.both(side, self.ends[side].close(1000, ""), self.models[side].close(1000))

    # What the network does

    @precondition(lambda self: self.under_way())
    @rule()
    def deliver_all(self) -> None:
        for side in self.under_way():
            while self.air[side] and self.models[side].link != "closed":
                self.deliver(side, self.take(side, 0))

    @precondition(lambda self: self.under_way())
    @rule(data=st.data())
    def deliver_any_frame(self, data: st.DataObject) -> None:
        side = data.draw(st.sampled_from(self.under_way()))
        self.deliver(side, self.take(side, data.draw(st.integers(0, len(self.air[side]) - 1))))

    @precondition(lambda self: any(self.heard[side] for side in self.sides(_is_linked)))
    @rule(data=st.data())
    def deliver_again_what_came_before(self, data: st.DataObject) -> None:
        side = data.draw(st.sampled_from([side for side in self.sides(_is_linked) if self.heard[side]]))
        self.deliver(side, data.draw(st.sampled_from(self.heard[side])))

    @precondition(lambda self: self.under_way())
    @rule(data=st.data())
    def lose_any_frame(self, data: st.DataObject) -> None:
        side = data.draw(st.sampled_from(self.under_way()))
        self.air[side].pop(data.draw(st.integers(0, len(self.air[side]) - 1)))

    @precondition(lambda self: self.under_way())
    @rule(data=st.data(), times=st.sampled_from([1, 1, 6, 12]))
    def damage_any_frame(self, data: st.DataObject, times: int) -> None:
        """An answer loses all but its type and id, anything else its beginning; and it may come like that repeatedly."""
        side = data.draw(st.sampled_from(self.under_way()))
        text = self.air[side].pop(data.draw(st.integers(0, len(self.air[side]) - 1)))
        message_type, message_id, *_ = json.loads(text)
        for _ in range(times):
            if message_type in (3, 4):
                self.deliver(side, json.dumps([message_type, message_id]))
            else:
                expected = self.models[side].hear_rubbish(self.now)
                self.both(side, self.ends[side].receive(text[1:], self.now), expected)

    @precondition(lambda self: self.count % 3 == 1 and self.sides(_is_linked))
    @rule(data=st.data(), number=st.integers(1, 12), message_type=st.sampled_from([3, 4, 5, 6]))
    def forge_an_answer(self, data: st.DataObject, number: int, message_type: int) -> None:
        """Of an id that nobody uses, or of one that this side used."""
        side = self.one_of(data, _is_linked)
        rest: dict[int, list[object]] = {3: [{"to": "?"}], 6: ["NotifyPeriodicEventStream", {}]}
        message_id = f"{side}-{number}"
        model = self.models[side]
        if model.open is None or model.open.message_id != message_id:  # nothing protects from who knows the open one
            self.deliver(side, json.dumps([message_type, message_id, *rest.get(message_type, ["GenericError", "", {}])]))

    @precondition(lambda self: any(self.calls_heard(side) for side in self.sides(_is_linked)))
    @rule(data=st.data())
    def say_something_else_under_an_id_in_use(self, data: st.DataObject) -> None:
        side = data.draw(st.sampled_from([side for side in self.sides(_is_linked) if self.calls_heard(side)]))
        self.deliver(side, data.draw(st.sampled_from(self.calls_heard(side))).replace("Heartbeat", "Authorize"))

    @rule(seconds=st.sampled_from([0.5, 3.0, REPLY_WITHIN_S, TIMEOUT_S, 2 * TIMEOUT_S, 61.0]))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds
        for side in (STATION, CSMS):
            self.both(side, self.ends[side].handle_timer(self.now), self.models[side].handle_timer(self.now))

    @precondition(lambda self: self.count > 4)
    @rule(sides=st.sampled_from([(STATION, CSMS), (CSMS, STATION), (STATION,), (CSMS,)]))
    def lose_the_link(self, sides: tuple[str, ...]) -> None:
        """One side may notice long before the other, or never."""
        for side in sides:
            self.both(side, self.ends[side].disconnect(), self.models[side].disconnect())

    @precondition(lambda self: len(self.sides(_is_open)) < 2)
    @rule()
    def connect_again(self) -> None:
        for side in (STATION, CSMS):
            self.both(side, self.ends[side].disconnect(), self.models[side].disconnect())
        self.connect()

    def sides(self, which: Callable[[Side], object]) -> list[str]:
        return [side for side in (STATION, CSMS) if which(self.models[side])]

    def one_of(self, data: st.DataObject, which: Callable[[Side], object]) -> str:
        return data.draw(st.sampled_from(self.sides(which)))

    def under_way(self) -> list[str]:
        return [side for side in self.sides(_is_linked) if self.air[side]]

    def calls_heard(self, side: str) -> list[str]:
        return [text for text in self.heard[side] if text.startswith("[2,")]

    def take(self, side: str, index: int) -> str:
        text = self.air[side].pop(index)
        self.heard[side].append(text)
        return text

    # What holds at any time, whatever the model says

    @invariant()
    def every_call_ends_at_most_once_and_nobody_hears_of_a_cancelled_one(self) -> None:
        for side in (STATION, CSMS):
            assert len(self.ended[side]) == len(set(self.ended[side]))
            assert set(self.ended[side]) <= self.made[side] - self.cancelled[side]

    @invariant()
    def nothing_waits_behind_its_deadline_and_nothing_without_one(self) -> None:
        for side, end in getattr(self, "ends", {}).items():
            assert end.next_deadline is None or end.next_deadline > self.now
            pending = self.made[side] - set(self.ended[side]) - self.cancelled[side]
            assert not pending or end.next_deadline is not None

    @invariant()
    def what_is_lost_with_the_link_is_lost_at_once(self) -> None:
        for side, model in getattr(self, "models", {}).items():
            if model.link != "open":
                assert self.made[side] == set(self.ended[side]) | self.cancelled[side]

    def teardown(self) -> None:
        """However it went, silence ends every call: within a timeout for each that waited its turn."""
        for _ in range(2 + self.count):
            self.let_time_pass(TIMEOUT_S)
        for side in (STATION, CSMS):
            assert self.made[side] == set(self.ended[side]) | self.cancelled[side]


def _is_open(model: Side) -> bool:
    return model.link == "open"


def _is_linked(model: Side) -> bool:
    return model.link != "closed"


def _is_handling(model: Side) -> bool:
    return bool(model.handling)


def _is_in_overtime(model: Side) -> bool:
    return bool(model.overtime)


def _has_calls(model: Side) -> bool:
    return bool(model.waiting or (model.open is not None and not model.open.abandoned))


def _told(event: Event) -> Told:
    match event:
        case CallReceived(message_id):
            return "received", message_id
        case CallSent(message_id):
            return "sent", message_id
        case CallAnswered(message_id):
            return "answered", message_id
        case CallErrored(message_id):
            return "errored", message_id
        case CallSpoiled(message_id):
            return "spoiled", message_id
        case CallExpired(message_id, sent):
            return "expired", message_id, sent
        case CallLost(message_id, sent):
            return "lost", message_id, sent
        case ReplyDue(message_id):
            return "due", message_id
        case SendReceived(message_id):
            return "sent to us", message_id
        case ResultRejected(message_id):
            return "rejected", message_id
        case FrameDropped(count):
            return "dropped", count
        case CloseWanted(code):
            return "close", code


def _frame(text: str) -> Told:
    return ("frame", *json.loads(text)[:2])


@pytest.mark.parametrize("version", list(Version))
def test_two_sessions_do_what_their_models_do_whatever_the_network_does(version: Version) -> None:
    machine = type("TwoEndsOfOneVersion", (TwoEnds,), {"version": version})
    run_state_machine_as_test(machine, settings=settings(max_examples=100, stateful_step_count=60, deadline=None))
