from datetime import UTC, datetime

import pytest

from ladewerk.clock import ManualClock
from ladewerk.refusals import BURST_ENDS_AFTER_S, MOST_LINES, Refusals, Why


def refusals() -> tuple[Refusals, ManualClock]:
    clock = ManualClock(datetime(2026, 1, 5, 17, tzinfo=UTC))
    return Refusals(clock), clock


def test_a_burst_is_counted_in_full_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    kept, clock = refusals()
    for _ in range(500):
        kept.note(Why.CROWDED, "192.0.2.1", "too many connections")
        clock.advance(0.1)
    clock.advance(BURST_ENDS_AFTER_S)
    kept.note(Why.CROWDED, "192.0.2.1", "too many connections")
    assert [record.getMessage() for record in caplog.records] == [
        "refused (crowded): too many connections, from 192.0.2.1; 1 so far",
        "refused (crowded): too many connections, from 192.0.2.1; 501 so far (the last time 500 in a row)",
    ]
    assert kept.counts == {Why.CROWDED: 501}
    [burst] = kept.bursts
    assert (burst.times, burst.in_all, burst.number) == (1, 501, 501)
    assert burst.first_at == kept.since
    assert burst.began_at == burst.last_at == clock.now()


def test_from_however_many_addresses_a_reason_fills_neither_log_nor_memory(caplog: pytest.LogCaptureFixture) -> None:
    kept, clock = refusals()
    for number in range(5000):
        kept.note(Why.SLOW, f"2001:db8::{number:x}", "nothing said")
    kept.note(Why.CROWDED, "192.0.2.1", "another reason")
    assert len(caplog.records) == MOST_LINES + 1
    assert len(kept.bursts) == 1000
    assert (kept.bursts[0].why, kept.bursts[1].remote) == (Why.CROWDED, "2001:db8::1387")
    clock.advance(BURST_ENDS_AFTER_S)
    kept.note(Why.SLOW, "192.0.2.2", "nothing said")
    assert caplog.records[-1].getMessage() == "refused (slow): nothing said, from 192.0.2.2; 5001 so far"
