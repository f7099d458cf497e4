"""The charging unit's table as a whole: every pair has a row, and no order of events energises what must not be."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ladewerk.station.unit.actions import (
    BeginTransaction,
    OpenContactor,
    SetCurrent,
)
from ladewerk.station.unit.events import (
    EVENTS,
    DirectPressed,
    LockMoved,
    NeedsAnswered,
    NeedsGiven,
    Origin,
    PlanCleared,
    PlanReceived,
    ResetPressed,
    StartPressed,
    StopPressed,
    TokenRefused,
)
from ladewerk.station.unit.state import ENERGISED, Phase
from ladewerk.station.unit.table import TABLE, as_markdown
from ladewerk.timeline import Timeline
from tests.station.unit_bench import A, B, Bench, C, E, ready


def test_every_pair_of_phase_and_event_has_a_row() -> None:
    assert set(TABLE) == set(Phase)
    for phase, rows in TABLE.items():
        assert set(rows) == set(EVENTS), phase


def test_the_printed_table_is_current() -> None:
    page = (Path(__file__).parents[3] / "docs" / "station.md").read_text()
    printed = page.partition("<!-- table -->\n")[2].partition("<!-- /table -->")[0]
    assert printed.strip() == as_markdown().strip(), (
        "docs/station.md: print the table again with ladewerk.station.unit.table.as_markdown()"
    )


@pytest.mark.parametrize("phase", [Phase.TESTING, Phase.WAITING, Phase.CHARGING, Phase.DIRECT])
def test_what_cannot_happen_is_a_fault(phase: Phase) -> None:
    bench = ready()
    bench.state = replace(bench.state, phase=phase, in_transaction=True)
    actions = bench.feed(LockMoved(locked=False))
    assert bench.phase() is Phase.FAULT
    assert SetCurrent(0.0) in actions
    assert OpenContactor() in actions


_CHOICES: list[Callable[[Bench], object]] = [
    lambda bench: bench.second(),
    lambda bench: bench.second(15),
    lambda bench: bench.feed(NeedsGiven(bench.needs(energy_wh=300))),
    lambda bench: bench.feed(NeedsAnswered(accepted=True)),
    lambda bench: bench.feed(NeedsAnswered(accepted=False, reason="no")),
    lambda bench: bench.feed(NeedsAnswered(accepted=False, retry=True)),
    lambda bench: bench.feed(PlanReceived(bench.plan((60, 16.0), (30, 0.0), (60, 7.0)))),
    lambda bench: bench.feed(PlanReceived(Timeline())),
    lambda bench: bench.feed(PlanCleared()),
    lambda bench: bench.feed(TokenRefused("Invalid")),
    lambda bench: bench.feed(StartPressed()),
    lambda bench: bench.feed(DirectPressed()),
    lambda bench: bench.feed(DirectPressed(Origin.REMOTE)),
    lambda bench: bench.feed(StopPressed()),
    lambda bench: bench.feed(ResetPressed()),
    lambda bench: bench.link(up=False),
    lambda bench: bench.link(up=True),
    lambda bench: setattr(bench, "pilot", A),
    lambda bench: setattr(bench, "pilot", B),
    lambda bench: setattr(bench, "pilot", C),
    lambda bench: setattr(bench, "pilot", E),
    lambda bench: setattr(bench, "drawn_a", 0.0),
    lambda bench: setattr(bench, "drawn_a", 9.0),
    lambda bench: setattr(bench, "testing", True),
    lambda bench: setattr(bench, "testing", False),
    lambda bench: setattr(bench, "board_answers", not bench.board_answers),
    lambda bench: setattr(bench, "meter_answers", not bench.meter_answers),
    lambda bench: setattr(bench, "lock_works", not bench.lock_works),
    lambda bench: setattr(bench, "at", bench.at + timedelta(seconds=400)),
    lambda bench: setattr(bench, "at", bench.at - timedelta(seconds=400)),
]


@given(choices=st.lists(st.sampled_from(range(len(_CHOICES))), max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_order_of_events_energises_what_must_not_be(choices: list[int]) -> None:
    bench = ready()
    bench.plug_in()
    for choice in choices:
        _CHOICES[choice](bench)
        state = bench.state
        assert state.offer_a == 0 or 6 <= state.offer_a <= 16
        if state.phase not in ENERGISED:
            assert state.offer_a == 0
        else:
            assert state.locked
        assert (state.phase is Phase.FAULT) == (state.fault is not None)
        begun = len([action for action in bench.actions if isinstance(action, BeginTransaction)])
        assert begun - len(bench.ended()) == int(state.in_transaction)
