"""Two sessions and a network that reorders, loses, repeats and delays: whatever happens, the rules hold."""

import json

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ladewerk.ocpp.events import CallAnswered, CallErrored, CallExpired, CallLost, CallReceived, CallSent, Event, ReplyDue
from ladewerk.ocpp.session import Session
from ladewerk.ocpp.version import Version

SIDES = st.sampled_from(["station", "csms"])
TIMEOUT_S = 10.0
REPLY_WITHIN_S = 6.0


class TwoPeers(RuleBasedStateMachine):
    """``air`` holds the frames under way to each side; the model is what each side was told about each of its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.count = 0
        self.connected = True
        self.ends = {side: Session(Version.V21, reply_within_s=REPLY_WITHIN_S) for side in ("station", "csms")}
        self.air: dict[str, list[str]] = {"station": [], "csms": []}
        self.made: dict[str, set[str]] = {"station": set(), "csms": set()}
        self.ended: dict[str, list[str]] = {"station": [], "csms": []}
        self.cancelled: dict[str, set[str]] = {"station": set(), "csms": set()}
        self.carried_out: dict[str, list[str]] = {"station": [], "csms": []}
        self.handling: dict[str, list[str]] = {"station": [], "csms": []}
        self.out_calls: dict[str, list[str]] = {"station": [], "csms": []}
        self.waiting: dict[str, dict[str, tuple[int, float]]] = {"station": {}, "csms": {}}
        self.came_at: dict[str, dict[str, float]] = {"station": {}, "csms": {}}
        self.overtime: dict[str, list[str]] = {"station": [], "csms": []}

    def other(self, side: str) -> str:
        return "csms" if side == "station" else "station"

    def take(self, side: str, events: list[Event]) -> None:
        for event in events:
            match event:
                case CallReceived(message_id):
                    self.carried_out[side].append(message_id)
                    self.handling[side].append(message_id)
                    self.came_at[side][message_id] = self.now
                case CallSent(message_id):
                    priority, stale_at = self.waiting[side].pop(message_id)
                    assert self.now <= stale_at, "a stale command was sent"
                    assert all(priority >= other for other, _ in self.waiting[side].values()), "not its turn"
                case ReplyDue(message_id):
                    assert self.now >= self.came_at[side][message_id] + REPLY_WITHIN_S
                    self.handling[side].remove(message_id)
                    self.overtime[side].append(message_id)
                    reply = json.dumps({"to": message_id}).encode()
                    self.ends[side].answer(message_id, reply, by_default=True)
                case CallAnswered(message_id, payload):
                    assert json.loads(payload) == {"to": message_id}
                    self.ended[side].append(message_id)
                case CallErrored(message_id) | CallExpired(message_id) | CallLost(message_id):
                    self.ended[side].append(message_id)
                    self.waiting[side].pop(message_id, None)
                case _:
                    pass
        for text in self.ends[side].frames_to_send():
            kind, message_id, *_ = json.loads(text)
            if kind == 2:
                assert message_id not in self.out_calls[side], "a CALL was sent twice"
                before = self.out_calls[side][-1:]
                free = not before or before[0] in self.ended[side] or before[0] in self.cancelled[side]
                assert free, "two CALLs of one side are open"
                self.out_calls[side].append(message_id)
            self.air[self.other(side)].append(text)

    @precondition(lambda self: self.connected)
    @rule(side=SIDES, priority=st.sampled_from([-10, 0, 10]), ttl_s=st.sampled_from([1.0, 5.0, TIMEOUT_S]))
    def make_a_call(self, side: str, priority: int, ttl_s: float) -> None:
        self.count += 1
        message_id = f"{side}-{self.count}"
        self.made[side].add(message_id)
        self.waiting[side][message_id] = priority, self.now + ttl_s
        events = self.ends[side].send_call(
            message_id, "Heartbeat", b"{}", timeout_s=TIMEOUT_S, now=self.now, priority=priority, ttl_s=ttl_s
        )
        self.take(side, events)

    @precondition(lambda self: any(self.air.values()) and self.connected)
    @rule(side=SIDES, data=st.data(), copies=st.integers(0, 2))
    def deliver_any_frame_never_once_or_twice(self, side: str, data: st.DataObject, copies: int) -> None:
        if self.air[side]:
            text = self.air[side].pop(data.draw(st.integers(0, len(self.air[side]) - 1)))
            for _ in range(copies):
                self.take(side, self.ends[side].receive(text, self.now))

    @precondition(lambda self: any(self.handling.values()))
    @rule(side=SIDES, data=st.data(), refuse=st.booleans())
    def answer_any_call(self, side: str, data: st.DataObject, refuse: bool) -> None:
        if self.handling[side]:
            message_id = self.handling[side].pop(data.draw(st.integers(0, len(self.handling[side]) - 1)))
            if refuse:
                self.take(side, self.ends[side].refuse(message_id, "InternalError"))
            else:
                self.take(side, self.ends[side].answer(message_id, json.dumps({"to": message_id}).encode()))

    @precondition(lambda self: any(self.overtime.values()))
    @rule(side=SIDES, data=st.data())
    def end_any_handler_that_was_answered_for(self, side: str, data: st.DataObject) -> None:
        if self.overtime[side]:
            message_id = self.overtime[side].pop(data.draw(st.integers(0, len(self.overtime[side]) - 1)))
            before = self.ends[side].counts["overtaken"]
            self.take(side, self.ends[side].end_overtime(message_id))
            assert self.ends[side].counts["overtaken"] == before + 1

    @rule(side=SIDES, data=st.data())
    def cancel_any_call(self, side: str, data: st.DataObject) -> None:
        pending = sorted(self.made[side] - set(self.ended[side]) - self.cancelled[side])
        if pending:
            message_id = data.draw(st.sampled_from(pending))
            self.cancelled[side].add(message_id)
            self.waiting[side].pop(message_id, None)
            self.ends[side].cancel(message_id)

    @rule(seconds=st.sampled_from([0.5, 3.0, TIMEOUT_S, 2 * TIMEOUT_S]))
    def let_time_pass(self, seconds: float) -> None:
        self.now += seconds
        for side, end in self.ends.items():
            self.take(side, end.handle_timer(self.now))

    @rule()
    def forged_answers_arrive(self) -> None:
        if self.connected:
            for side, end in self.ends.items():
                self.take(side, end.receive('[3,"nobody",{"to":"nobody"}]', self.now))

    @precondition(lambda self: self.connected and self.count > 2)
    @rule()
    def lose_the_link(self) -> None:
        self.connected = False
        for side, end in self.ends.items():
            self.take(side, end.disconnect())
            pending = self.made[side] - set(self.ended[side]) - self.cancelled[side]
            assert not pending, "a disconnect leaves no CALL waiting"

    @invariant()
    def every_call_ends_at_most_once_and_nobody_hears_of_a_cancelled_one(self) -> None:
        for side in self.ends:
            assert len(self.ended[side]) == len(set(self.ended[side]))
            assert set(self.ended[side]) <= self.made[side] - self.cancelled[side]

    @invariant()
    def no_call_is_carried_out_twice(self) -> None:
        for side in self.ends:
            assert len(self.carried_out[side]) == len(set(self.carried_out[side]))

    @invariant()
    def no_call_waits_for_an_answer_behind_the_time_for_one(self) -> None:
        for side in self.ends:
            if self.connected:
                assert all(self.now < self.came_at[side][one] + REPLY_WITHIN_S for one in self.handling[side])

    @invariant()
    def nothing_waits_behind_its_deadline(self) -> None:
        for end in self.ends.values():
            assert end.next_deadline is None or end.next_deadline > self.now

    def teardown(self) -> None:
        """However it went, silence ends every call within two timeouts."""
        for _ in range(2 + self.count):
            self.let_time_pass(TIMEOUT_S)
        for side in self.ends:
            assert self.made[side] == set(self.ended[side]) | self.cancelled[side]


TwoPeers.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestTwoPeers = TwoPeers.TestCase
