"""Lower first, confirm, then raise: what each EVSE may draw, and what may be sent to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ladewerk.csms.limit.allocation import GAP, SETTLE, Fuse, Outlet, fallback_fits, granted, passes
from ladewerk.csms.limit.loads import Load, Rate
from ladewerk.csms.smart_charging.quirks import Quirks
from ladewerk.timeline import Timeline

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
VOLTAGE_V = 1000 / 3
"""One ampere on three phases is a kilowatt."""
BLOCKED = Rate(0.0, 3)


def line(*hours_a: float, phases: int = 3) -> Timeline[Rate]:
    """Hours of these currents from now on."""
    return Timeline.from_slots(NOW, [3600.0] * len(hours_a), [Rate(hour_a, phases) for hour_a in hours_a])


def outlet(*hours_a: float, fallback: Rate | None = BLOCKED, wired: tuple[int, ...] = (1, 2, 3)) -> Outlet:
    """An EVSE that has confirmed these currents."""
    return Outlet(rating=Rate(32.0, 3), voltage_v=VOLTAGE_V, wired=wired, fallback=fallback, installed=line(*hours_a))


def site(limit_w: float, *outlets: Outlet, phase_a: float | None = None) -> tuple[dict[tuple[str, int], Outlet], list[Fuse]]:
    known = {(f"s-{number}", 1): one for number, one in enumerate(outlets)}
    phases = None if phase_a is None else Timeline.of([(NOW, phase_a)])
    return known, [Fuse(name="site", behind=frozenset(known), power_w=Timeline.of([(NOW, limit_w)]), phase_a=phases)]


def at_hour(what: Timeline[Rate], hour: int) -> float:
    rate = what.at(NOW + timedelta(hours=hour, minutes=1))
    return 0.0 if rate is None else rate.current_a


def draws_w(one: Outlet, hour: int) -> float:
    load = one.may_draw().at(NOW + timedelta(hours=hour, minutes=1))
    assert load is not None
    return load.power_w


S0, S1, S2 = ("s-0", 1), ("s-1", 1), ("s-2", 1)


def test_a_raise_that_fits_beside_what_the_others_may_draw_is_granted() -> None:
    known, fuses = site(10_000, outlet(0, 0), outlet(3, 3))
    assert granted(line(7, 7), S0, known, fuses, NOW) == line(7, 7)


def test_a_raise_waits_for_the_moments_at_which_another_has_not_confirmed_less() -> None:
    known, fuses = site(10_000, outlet(1, 1, 1), outlet(6, 0, 0))
    part = granted(line(7, 7, 7), S0, known, fuses, NOW)
    assert [at_hour(part, hour) for hour in range(3)] == [1, 7, 7]
    assert part.starts[1] == NOW + timedelta(hours=1) + GAP, "the other one's car has this long to follow its own"


def test_a_raise_ends_before_another_may_begin() -> None:
    known, fuses = site(10_000, outlet(0, 0), outlet(0, 6))
    part = granted(line(7, 0), S0, known, fuses, NOW)
    assert part.next_change(NOW) == NOW + timedelta(hours=1) - GAP


def test_two_cars_change_places_without_a_pause() -> None:
    known, fuses = site(24_000, outlet(6, 6), outlet(8, 16))
    part = granted(line(16, 8), S0, known, fuses, NOW)
    assert part.values == (Rate(16, 3), Rate(8, 3), None)
    assert part.starts[1] == NOW + timedelta(hours=1) - GAP


def test_a_car_makes_room_before_there_is_less_for_all() -> None:
    known, _ = site(0, outlet(0, 0))
    less = Timeline.of([(NOW, 9000.0), (NOW + timedelta(hours=1), 7000.0)])
    fuses = [Fuse(name="site", behind=frozenset(known), power_w=less)]
    assert granted(line(9, 7), S0, known, fuses, NOW).next_change(NOW) == NOW + timedelta(hours=1) - GAP


def test_lowering_is_granted_even_when_the_site_is_over_its_limit() -> None:
    known, fuses = site(5000, outlet(7), outlet(9))
    assert granted(line(2), S0, known, fuses, NOW) == line(2)


def test_what_was_granted_ends_where_the_plan_ends() -> None:
    known, fuses = site(9000, outlet(7, 7))
    assert granted(line(2), S0, known, fuses, NOW).end == line(2).end


def test_an_unanswered_schedule_counts_with_its_higher_part_until_another_is_confirmed() -> None:
    one = outlet(5, 1).offered(line(2, 3))
    assert [draws_w(one, hour) for hour in range(3)] == [5000, 3000, 0]
    one = one.accepted(line(2, 2), NOW)
    assert [draws_w(one, hour) for hour in range(3)] == [2000, 2000, 0]


def test_a_refused_lowering_changes_nothing() -> None:
    assert outlet(5).offered(line(2)).refused(line(2)) == outlet(5)


def test_after_a_confirmed_lowering_the_old_current_counts_until_the_car_has_followed() -> None:
    now = NOW + timedelta(minutes=1)
    one = outlet(5).offered(line(2)).accepted(line(2), now)
    known, fuses = site(10_000, outlet(0), one)
    part = granted(line(8), S0, known, fuses, now)
    assert part.at(now) == Rate(0, 3)
    assert part.at(now + 2 * SETTLE) == Rate(8, 3)


def test_what_a_car_may_draw_from_before_for_a_moment_is_not_granted_anew() -> None:
    now = NOW + timedelta(minutes=1)
    one = outlet(5).offered(line(2)).accepted(line(2), now)
    known, fuses = site(8000, one, outlet(6))
    assert granted(line(5), S0, known, fuses, now).at(now) == Rate(2, 3)


def test_the_future_of_a_schedule_that_was_replaced_counts_no_more() -> None:
    now = NOW + timedelta(minutes=59, seconds=55)
    one = outlet(2, 8).offered(line(2, 2)).accepted(line(2, 2), now)
    load = one.may_draw().at(NOW + timedelta(hours=1))
    assert load is not None
    assert load.power_w == pytest.approx(2000)


def test_what_a_station_may_always_fall_back_to_counts_beside_a_plan_of_nothing() -> None:
    """A transaction may end and another begin before anybody hears of it."""
    one = outlet(0, 0, fallback=Rate(6, 3))
    assert [draws_w(one, hour) for hour in range(3)] == [6000, 6000, 6000]


def test_without_a_confirmed_fallback_the_rating_counts() -> None:
    one = outlet(2, fallback=None)
    assert draws_w(one, 0) == draws_w(one, 5) == 32_000
    one = one.fallback_offered(BLOCKED)
    assert draws_w(one, 5) == 32_000, "sent is not confirmed"
    assert draws_w(one.fallback_accepted(BLOCKED, NOW), 5) == 0


def test_a_station_that_has_started_anew_counts_at_its_rating_until_it_confirms_its_fallback_again() -> None:
    one = outlet(2, fallback=Rate(6, 3)).booted()
    assert draws_w(one, 0) == 32_000
    one = one.fallback_offered(Rate(6, 3)).fallback_accepted(Rate(6, 3), NOW)
    assert draws_w(one, 0) == 6000
    assert draws_w(outlet(8).booted().fallback_offered(BLOCKED).fallback_accepted(BLOCKED, NOW), 0) == 8000, (
        "a TxProfile may have survived"
    )


def test_a_station_that_has_started_anew_may_have_kept_its_fallback_so_a_raise_is_one_still() -> None:
    known, fuses = site(10_000, outlet(fallback=Rate(3.0, 3)), outlet(fallback=Rate(5.0, 3)))
    known[S0] = known[S0].booted()
    assert at_hour(granted(line(7), S0, known, fuses, NOW), 0) == 3
    assert at_hour(granted(line(5), S0, known, fuses, NOW), 0) == 5
    assert not fallback_fits(Rate(7.0, 3), [S0], known, lambda: fuses, NOW)
    assert fallback_fits(Rate(5.0, 3), [S0], known, lambda: fuses, NOW)


def test_the_end_of_a_transaction_leaves_the_fallback() -> None:
    assert draws_w(outlet(9, fallback=Rate(6, 3)).offered(line(8)).ended(), 0) == 6000


def test_a_higher_fallback_is_for_ever_so_it_must_fit_at_every_moment() -> None:
    known, fuses = site(10_000, outlet(0, 0), outlet(0, 0, 0, 8))
    assert not fallback_fits(Rate(6, 3), [S0], known, lambda: fuses, NOW)
    assert fallback_fits(Rate(2, 3), [S0], known, lambda: fuses, NOW)


def test_a_lower_fallback_always_fits() -> None:
    known, fuses = site(1000, outlet(0, fallback=None), outlet(9))
    assert fallback_fits(Rate(6, 3), [S0], known, lambda: fuses, NOW)


def test_a_fuse_behind_another_holds_for_those_behind_it_alone() -> None:
    known, fuses = site(20_000, outlet(4), outlet(4), outlet(4))
    garage = Fuse(name="garage", behind=frozenset({S0, S1}), power_w=Timeline.of([(NOW, 10_000.0)]))
    assert at_hour(granted(line(7), S0, known, [*fuses, garage], NOW), 0) == 4
    assert at_hour(granted(line(6), S0, known, [*fuses, garage], NOW), 0) == 6
    assert at_hour(granted(line(12), S2, known, [*fuses, garage], NOW), 0) == 12


def test_a_limit_of_each_phase_counts_a_car_of_one_phase_on_each_that_it_may_hang_on() -> None:
    known, fuses = site(1_000_000, outlet(0), outlet(16), phase_a=25)
    assert at_hour(granted(line(10, phases=1), S0, known, fuses, NOW), 0) == 0
    elsewhere = {**known, S1: outlet(16, wired=(2,))}
    alone_on_l1 = {**elsewhere, S0: outlet(0, wired=(1,))}
    assert at_hour(granted(line(10, phases=1), S0, alone_on_l1, fuses, NOW), 0) == 10


def test_where_the_site_says_nothing_of_the_future_nothing_is_raised() -> None:
    known, _ = site(0, outlet(1, 1))
    until = Timeline.of([(NOW, 9000.0), (NOW + timedelta(hours=1), None)])
    fuses = [Fuse(name="site", behind=frozenset(known), power_w=until)]
    assert [at_hour(granted(line(5, 5), S0, known, fuses, NOW), hour) for hour in (0, 1)] == [5, 1]


def test_S06_from_1_1_4_to_2_2_2_kw_under_6_kw_with_one_of_them_late() -> None:
    """Whoever is late: nothing above 6 kW may ever be drawn, and once all have answered everyone has 2 kW."""
    for late in (S0, S1, S2):
        known, fuses = site(6000, outlet(1), outlet(1), outlet(4))
        now = NOW
        for round_number in range(4):
            for key in (S0, S1, S2):
                now += timedelta(seconds=1)
                part = granted(line(2), key, known, fuses, now)
                known[key] = known[key].offered(part)
                assert not passes(fuses[0], known, now).starts
                if key != late or round_number > 1:
                    known[key] = known[key].accepted(part, now)
                assert not passes(fuses[0], known, now).starts
            now += SETTLE
        after = now + SETTLE
        assert [one.may_draw().at(after) for one in known.values()] == [pytest.approx((2000, 2, 2, 2))] * 3


def test_S06_from_1_1_4_to_2_2_2_kw_under_6_kw_with_the_one_to_be_lowered_cut_off() -> None:
    """Without the confirmation of the one with 4 kW nobody is raised, until its own profile has run out."""
    known, fuses = site(6000, outlet(1, 1, 1), outlet(1, 1, 1), outlet(4, 4))
    known[S2] = known[S2].offered(line(2, 2))
    for key in (S0, S1):
        part = granted(line(2, 2, 2), key, known, fuses, NOW)
        assert [at_hour(part, hour) for hour in range(3)] == [1, 1, 2]
        known[key] = known[key].offered(part).accepted(part, NOW)
    assert not passes(fuses[0], known, NOW).starts


@pytest.mark.parametrize("quirks", [Quirks(keeps_profiles=False), Quirks(follows_profiles=False)])
def test_a_station_that_forgets_or_follows_none_counts_at_its_rating_whatever_it_has_confirmed(quirks: Quirks) -> None:
    forgetful = replace(outlet(6), fallback=Rate(6.0, 3), quirks=quirks)
    assert draws_w(forgetful, 0) == 32_000
    known, fuses = site(40_000, forgetful, outlet(0, 0))
    assert at_hour(granted(line(12, 12), S1, known, fuses, NOW), 0) == 0
    assert at_hour(granted(line(8, 8), S1, known, fuses, NOW), 0) == 8
    # What it may draw anyway it can be told.
    assert at_hour(granted(line(20, 20), S0, known, fuses, NOW), 0) == 20


def test_watts_may_all_flow_on_one_phase() -> None:
    in_watts = replace(outlet(), quirks=Quirks(rate_unit="W"))
    assert in_watts.load(Rate(6.0, 3)) == Load(6000.0, 18.0, 18.0, 18.0)
    assert in_watts.load(Rate(16.0, 3)) == Load(16_000.0, 32.0, 32.0, 32.0)
    one_phase = replace(in_watts, wired=(2,))
    assert one_phase.load(Rate(6.0, 3)) == Load(6000.0, 0.0, 18.0, 0.0)
    assert one_phase.least(Rate(6.0, 3)) == Rate(6.0, 1)


def test_a_fallback_is_no_lower_than_the_station_takes() -> None:
    assert replace(outlet(), quirks=Quirks(least_limit_a=6.0)).least(BLOCKED) == Rate(6.0, 3)
    assert outlet().least(BLOCKED) == BLOCKED


def test_a_plan_that_was_told_as_a_default_outlives_its_transaction() -> None:
    default = replace(outlet(10, 10), quirks=Quirks(purpose="TxDefaultProfile"))
    assert draws_w(default.ended(), 1) == 10_000
    assert draws_w(outlet(10, 10).ended(), 1) == 0
