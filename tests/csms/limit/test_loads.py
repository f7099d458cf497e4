"""Loads over time: summed, and said longer than they hold."""

from datetime import UTC, datetime, timedelta

from ladewerk.csms.limit.loads import Load, summed, widened
from ladewerk.timeline import Timeline

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def test_a_sum_of_lines_says_nothing_as_nothing() -> None:
    late = Timeline.of([(NOW + timedelta(hours=1), Load(2, 2, 2, 2)), (NOW + timedelta(hours=2), None)])
    both = summed([Timeline.of([(NOW, Load(1, 1, 1, 1))]), late])
    assert [both.at(NOW + timedelta(minutes=minutes)) for minutes in (30, 90, 150)] == [
        Load(1, 1, 1, 1),
        Load(3, 3, 3, 3),
        Load(1, 1, 1, 1),
    ]


def test_a_widened_line_holds_short_peaks_as_long_as_its_margins() -> None:
    peak = Timeline.from_slots(NOW, [60, 1, 60], [Load(1, 1, 1, 1), Load(9, 9, 9, 9), Load(2, 2, 2, 2)])
    wide = widened(peak, timedelta(seconds=2), timedelta(seconds=10))
    assert wide.at(NOW + timedelta(seconds=57)) == Load(1, 1, 1, 1)
    for second in (58, 60, 70):
        assert wide.at(NOW + timedelta(seconds=second)) == Load(9, 9, 9, 9)
    assert wide.at(NOW + timedelta(seconds=71)) == Load(2, 2, 2, 2)
    assert wide.end == NOW + timedelta(seconds=131)


def test_where_every_load_has_ended_rounding_leaves_none_below_nothing() -> None:
    """0.1 + 0.7 + 1.1 less the three of them is -2e-16: no optimiser plans with a base load of that."""
    ends = [NOW + timedelta(seconds=number) for number in (1, 2, 3)]
    lines = [
        Timeline.of([(NOW, Load(*(watts,) * 4)), (end, None)]) for watts, end in zip((0.1, 0.7, 1.1), ends, strict=True)
    ]
    assert summed(lines).at(ends[-1]) == Load(0.0, 0.0, 0.0, 0.0)
