"""Lower first, confirm, then raise."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ladewerk.csms.allocation import TOLERANCE_W, granted, may_draw
from ladewerk.timeline import Timeline

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def line(*powers_w: float) -> Timeline[float]:
    """Hours of these powers from now on."""
    return Timeline.from_slots(NOW, [3600.0] * len(powers_w), powers_w)


def at_hour(powers: Timeline[float], hour: int) -> float:
    return powers.at(NOW + timedelta(hours=hour, minutes=1)) or 0.0


def test_a_raise_that_fits_beside_what_the_others_may_draw_is_granted() -> None:
    wanted = line(7000, 7000)
    assert granted(wanted, mine=line(0, 0), others=[line(3000, 3000)], headroom=line(10000, 10000), now=NOW) == wanted


def test_a_raise_waits_where_another_has_not_confirmed_less() -> None:
    part = granted(line(7000, 7000), mine=line(1000, 1000), others=[line(6000, 0)], headroom=line(10000, 10000), now=NOW)
    assert [at_hour(part, hour) for hour in (0, 1)] == [1000, 7000]


def test_lowering_is_granted_even_when_the_site_is_over_its_limit() -> None:
    part = granted(line(2000), mine=line(7000), others=[line(9000)], headroom=line(5000), now=NOW)
    assert at_hour(part, 0) == 2000


def test_what_was_granted_ends_where_the_plan_ends() -> None:
    wanted = line(2000)
    assert granted(wanted, mine=line(7000, 7000), others=[], headroom=line(9000, 9000), now=NOW).end == wanted.end


def test_an_unanswered_schedule_counts_with_its_higher_part() -> None:
    both = may_draw(line(5000, 1000), line(2000, 3000))
    assert [at_hour(both, hour) for hour in (0, 1, 2)] == [5000, 3000, 0]


def test_S06_from_1_1_4_to_2_2_2_kw_under_6_kw_with_one_of_them_late() -> None:
    before, after, room = (1000.0, 1000.0, 4000.0), 2000.0, line(6000.0)
    for late in range(3):
        accepted = [line(power_w) for power_w in before]
        for round_number in range(4):
            for unit in range(3):
                others = [accepted[other] for other in range(3) if other != unit]
                part = granted(line(after), mine=accepted[unit], others=others, headroom=room, now=NOW)
                under_way = may_draw(accepted[unit], part)
                assert at_hour(under_way, 0) + sum(at_hour(other, 0) for other in others) <= 6000 + TOLERANCE_W
                if unit != late or round_number > 1:
                    accepted[unit] = part
        assert [at_hour(one, 0) for one in accepted] == [2000, 2000, 2000]


powers = st.lists(st.sampled_from([0.0, 1400.0, 4140.0, 7360.0, 11040.0]), min_size=3, max_size=3)


@given(st.lists(st.tuples(powers, powers), min_size=1, max_size=4))
def test_the_sum_never_passes_the_limit_while_plans_change_in_any_order(
    cars: list[tuple[list[float], list[float]]],
) -> None:
    """Each car goes from one plan to another, both of which fit together; answers come in any order."""
    limit_w = [max(sum(car[side][hour] for car in cars) for side in (0, 1)) for hour in range(3)]
    headroom = line(*limit_w)
    accepted = [line(*before) for before, _ in cars]
    wanted = [line(*after) for _, after in cars]
    for _ in range(2 * len(cars) + 1):
        for index in range(len(cars)):
            others = [accepted[other] for other in range(len(cars)) if other != index]
            part = granted(wanted[index], mine=accepted[index], others=others, headroom=headroom, now=NOW)
            under_way = may_draw(accepted[index], part)
            for hour in range(3):
                total = at_hour(under_way, hour) + sum(at_hour(other, hour) for other in others)
                assert total <= limit_w[hour] + TOLERANCE_W
            accepted[index] = part
    assert all(
        [at_hour(accepted[i], h) for h in range(3)] == [at_hour(wanted[i], h) for h in range(3)] for i in range(len(cars))
    )
