"""A reason for every slot, and sentences that say it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ladewerk.optimizer import LANGUAGES, Mode, Need, Problem, Reason, Site, solve, summarize
from ladewerk.optimizer.explain import REASONS

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
CAR = Need(id="ev", energy_wh=2760, max_current_a=16, mode=Mode.CHEAPEST)


def problem(*prices: float, need: Need = CAR, **site: object) -> Problem:
    return Problem(
        start=START,
        slot_s=(900.0,) * len(prices),
        price_per_kwh=prices,
        site=Site(**site),  # type: ignore[arg-type]
        evs=(need,),
    )


def reasons(asked: Problem) -> list[Reason]:
    return list(solve(asked).evs[0].reasons)


def sentence(asked: Problem, language: str = "en") -> str:
    return summarize(asked, solve(asked), "ev", language)


def test_waiting_is_for_the_price_and_rest_is_complete() -> None:
    assert reasons(problem(0.3, 0.2, 0.3)) == [Reason.PRICE, Reason.CAR_LIMIT, Reason.COMPLETE]


def test_the_last_slot_takes_what_is_left() -> None:
    asked = problem(0.3, 0.2, 0.1, need=replace(CAR, energy_wh=2760 + 1500))
    assert reasons(asked) == [Reason.PRICE, Reason.PRICE, Reason.CAR_LIMIT]
    shortest = problem(0.3, 0.3, 0.3, need=replace(CAR, energy_wh=2760 + 1500, mode=Mode.SHORTEST))
    assert reasons(shortest) == [Reason.CAR_LIMIT, Reason.COMPLETE, Reason.COMPLETE]


def test_limits_are_named() -> None:
    asked = problem(0.2, 0.2, need=replace(CAR, energy_wh=4000), limit_w=(8280.0, 20_000.0), base_load_w=(0.0, 0.0))
    assert reasons(asked)[0] is Reason.SITE_LIMIT
    assert reasons(problem(0.2, phase_limit_a=(25.0, 8.0, 25.0)))[0] is Reason.PHASE_LIMIT


def test_room_below_the_minimum_current_is_the_minimum_current() -> None:
    asked = problem(0.1, 0.2, limit_w=(2000.0, 20_000.0))
    assert reasons(asked) == [Reason.MINIMUM_CURRENT, Reason.CAR_LIMIT]
    assert reasons(problem(0.1, 0.2, limit_w=(0.0, 20_000.0))) == [Reason.SITE_LIMIT, Reason.CAR_LIMIT]
    assert reasons(problem(0.1, need=replace(CAR, energy_wh=100))) == [Reason.MINIMUM_CURRENT]


def test_absence_is_named() -> None:
    assert reasons(problem(0.1, 0.2, need=replace(CAR, arrival=START + timedelta(minutes=1)))) == [
        Reason.ABSENT,
        Reason.CAR_LIMIT,
    ]


def test_a_pause_for_want_of_a_start_is_the_start_cost() -> None:
    whole = replace(CAR, energy_wh=2 * 2760, start_cost=0.2, current_step_a=16.0)
    # The cheap slot in front would need a start of its own.
    assert reasons(problem(0.2, 0.3, 0.19, 0.2, need=whole)) == [
        Reason.START_COST,
        Reason.PRICE,
        Reason.CAR_LIMIT,
        Reason.CAR_LIMIT,
    ]
    assert reasons(problem(0.15, 0.3, 0.2, 0.16, need=whole))[0] is Reason.START_COST


def test_a_cheap_slot_too_small_for_the_minimum_current_is_left_out() -> None:
    # Less than the first slot's minimum is needed; the shorter slot gives it with less excess.
    asked = replace(problem(0.20, 0.25, need=replace(CAR, energy_wh=300)), slot_s=(900.0, 300.0))
    assert reasons(asked) == [Reason.MINIMUM_CURRENT, Reason.MINIMUM_CURRENT]


def test_current_that_follows_the_sun_says_so() -> None:
    need = replace(CAR, energy_wh=2760 + 1725)
    asked = problem(0.3, 0.3, need=need, pv_w=(6900.0, 20_000.0), export_price_per_kwh=0.08)
    assert reasons(asked) == [Reason.PV_SURPLUS, Reason.CAR_LIMIT]
    later = problem(0.3, 0.3, pv_w=(0.0, 12_000.0), export_price_per_kwh=0.08)
    assert reasons(later) == [Reason.PRICE, Reason.CAR_LIMIT]


def test_the_evening_in_three_languages(evening: Callable[[Mode], Problem]) -> None:
    asked = evening(Mode.BALANCED)
    plan = solve(asked)
    assert plan.evs[0].summary == "Waits until 22:00 because power is 29% cheaper then; full at 00:00, saves 2.00 EUR"
    assert summarize(asked, plan, "ev-1", "en") == plan.evs[0].summary
    assert (
        summarize(asked, plan, "ev-1", "de")
        == "Wartet bis 22:00, weil der Strom dann 29 % billiger ist; voll um 00:00, spart 2,00 EUR"
    )
    assert summarize(asked, plan, "ev-1", "zh") == "等到 22:00，因为届时电价便宜 29%；00:00 充满，节省 2.00 EUR"


def test_charging_at_once_is_said_and_saves_nothing() -> None:
    assert sentence(problem(0.2, 0.3)) == "Charges from 17:00 on; full at 17:15"


def test_waiting_for_a_limit_names_it() -> None:
    assert sentence(problem(0.2, 0.3, limit_w=(0.0, 20_000.0))) == "Waits until 17:15 (site limit); full at 17:30"


def test_missing_energy_names_what_held_it_back() -> None:
    short = replace(CAR, energy_wh=9000)
    assert sentence(problem(0.2, 0.2, need=short)) == "Charges from 17:00 on; 3.5 kWh are missing (car limit)"
    held = problem(0.2, 0.2, need=replace(CAR, energy_wh=5000), limit_w=(5520.0, 5520.0))
    assert sentence(held) == "Charges from 17:00 on; 2.2 kWh are missing (site limit)"
    assert sentence(held, "de").endswith("2,2 kWh fehlen (Grenze des Netzanschlusses)")


def test_missing_by_a_hair_is_not_mentioned() -> None:
    assert sentence(problem(0.2, 0.2, need=replace(CAR, energy_wh=2 * 2760 + 0.3))) == "Charges from 17:00 on"


def test_a_stay_that_is_too_short_is_the_car_s_limit() -> None:
    stay = replace(CAR, energy_wh=9000, departure=START + timedelta(minutes=15))
    assert sentence(problem(0.2, 0.2, need=stay)) == "Charges from 17:00 on; 6.2 kWh are missing (car limit)"


def test_a_car_that_cannot_charge_says_why() -> None:
    blocked = problem(0.2, 0.2, limit_w=(2000.0, 2000.0))
    assert sentence(blocked) == "Cannot charge; 2.8 kWh are missing (minimum current)"
    gone = problem(0.2, 0.2, need=replace(CAR, departure=START - timedelta(hours=1)))
    assert sentence(gone) == "Is not there for a whole slot; 2.8 kWh are missing (absent)"


def test_a_car_that_needs_nothing_says_so() -> None:
    assert sentence(problem(0.2, need=replace(CAR, energy_wh=0))) == "Needs no energy"


def test_a_day_later_the_date_is_said() -> None:
    asked = replace(problem(0.3, 0.1), slot_s=(86_400.0, 900.0))
    assert sentence(asked) == (
        "Waits until 2026-01-06 17:00 because power is 67% cheaper then; full at 2026-01-06 17:15, saves 29.53 EUR"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_word(language: str) -> None:
    assert set(REASONS[language]) == set(Reason)


def test_an_unknown_car_or_language_is_an_error() -> None:
    asked = problem(0.2)
    plan = solve(asked)
    with pytest.raises(KeyError):
        summarize(asked, plan, "other", "en")
    with pytest.raises(KeyError):
        summarize(asked, plan, "ev", "fr")
