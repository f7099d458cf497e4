"""A plan in a sentence, in three languages, whole and true."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ladewerk.optimizer import LANGUAGES, Mode, Need, Problem, Reason, Site, solve, summarize
from ladewerk.optimizer.phrases import CLAUSES, REASONS

START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
CAR = Need(id="ev", energy_wh=2760, max_current_a=16, mode=Mode.CHEAPEST)
QUARTER_H = timedelta(minutes=15)


def problem(*prices: float, need: Need = CAR, **site: object) -> Problem:
    return Problem(
        start=START,
        slot_s=(900.0,) * len(prices),
        price_per_kwh=prices,
        site=Site(**site),  # type: ignore[arg-type]
        evs=(need,),
    )


def sentence(asked: Problem, language: str = "en", now: datetime | None = None, ev_id: str = "ev") -> str:
    return summarize(asked, solve(asked), ev_id, language, now)


HELD = problem(0.2, 0.2, need=replace(CAR, energy_wh=5000), limit_w=(5520.0, 5520.0))
ANY = replace(CAR, min_current_a=0)
WEEK = replace(problem(0.3, 0.1, need=ANY), slot_s=(2 * 86_400.0, 900.0))
GOLDEN: list[tuple[str, Problem, tuple[str, str, str]]] = [
    (
        "charges at once",
        problem(0.2, 0.3),
        (
            "Charges from 17:00 on; full at 17:15",
            "Lädt ab 17:00; voll um 17:15",
            "从 17:00 开始充电；17:15 充满",
        ),
    ),
    (
        "cheaper later",
        problem(0.3, 0.3, 0.2, 0.3),
        (
            "Waits until 17:30 because power is 33% cheaper then; full at 17:45, saves 0.28 EUR",
            "Wartet bis 17:30, weil der Strom dann 33 % billiger ist; voll um 17:45, spart 0,28 EUR",
            "等到 17:30，因为届时电价便宜 33%；17:45 充满，节省 0.28 EUR",
        ),
    ),
    (
        "paid for drawing",
        problem(0.3, -0.1),
        (
            "Waits until 17:15 because the price of power is negative then; full at 17:30, saves 1.10 EUR",
            "Wartet bis 17:15, weil der Strompreis dann negativ ist; voll um 17:30, spart 1,10 EUR",
            "等到 17:15，因为届时电价为负；17:30 充满，节省 1.10 EUR",
        ),
    ),
    (
        "sun later",
        problem(0.3, 0.3, pv_w=(0.0, 12_000.0), export_price_per_kwh=0.08),
        (
            "Waits until 17:15 because there is solar power to spare then; full at 17:30, saves 0.61 EUR",
            "Wartet bis 17:15, weil dann Solarstrom übrig ist; voll um 17:30, spart 0,61 EUR",
            "等到 17:15，因为届时有光伏余电；17:30 充满，节省 0.61 EUR",
        ),
    ),
    (
        "no room before",
        problem(0.2, 0.3, limit_w=(0.0, 20_000.0)),
        (
            "Waits until 17:15 because the site limit leaves no power before; full at 17:30",
            "Wartet bis 17:15, weil der Netzanschluss vorher nichts übrig lässt; voll um 17:30",
            "等到 17:15，因为此前电网接入限制没有余量；17:30 充满",
        ),
    ),
    (
        "not enough room before",
        problem(0.2, 0.3, limit_w=(2000.0, 20_000.0)),
        (
            "Waits until 17:15 because before less is left than its minimum current; full at 17:30",
            "Wartet bis 17:15, weil vorher weniger als der Mindeststrom übrig ist; voll um 17:30",
            "等到 17:15，因为此前余量低于最小电流；17:30 充满",
        ),
    ),
    (
        "held back by the site",
        HELD,
        (
            "Charges from 17:00 on; 2.2 kWh missing at departure: the site limit 17:00–17:30 holds it back",
            "Lädt ab 17:00; bei der Abfahrt fehlen 2,2 kWh, weil der Netzanschluss nicht mehr hergibt (17:00–17:30)",
            "从 17:00 开始充电；离开时缺少 2.2 kWh：受电网接入限制（17:00–17:30）",
        ),
    ),
    (
        "held back by a phase",
        problem(0.2, need=replace(CAR, phases=(2,)), phase_limit_a=(25.0, 8.0, 25.0)),
        (
            "Charges from 17:00 on; 2.3 kWh missing at departure: the time is too short for the car's 16 A",
            "Lädt ab 17:00; bei der Abfahrt fehlen 2,3 kWh, weil die Zeit für die 16 A des Autos nicht reicht",
            "从 17:00 开始充电；离开时缺少 2.3 kWh：以车辆的 16 A 充电时间不够",
        ),
    ),
    (
        "too late",
        problem(0.2, 0.2, need=replace(CAR, energy_wh=9000)),
        (
            "Charges from 17:00 on; 3.5 kWh missing at departure: the time is too short for the car's 16 A",
            "Lädt ab 17:00; bei der Abfahrt fehlen 3,5 kWh, weil die Zeit für die 16 A des Autos nicht reicht",
            "从 17:00 开始充电；离开时缺少 3.5 kWh：以车辆的 16 A 充电时间不够",
        ),
    ),
    (
        "cannot",
        problem(0.2, 0.2, limit_w=(2000.0, 2000.0)),
        (
            "Cannot charge; 2.8 kWh missing at departure: less than its minimum current is left 17:00–17:30",
            "Kann nicht laden; bei der Abfahrt fehlen 2,8 kWh, weil weniger als der Mindeststrom übrig ist (17:00–17:30)",
            "无法充电；离开时缺少 2.8 kWh：余量低于最小电流（17:00–17:30）",
        ),
    ),
    (
        "not there",
        problem(0.2, 0.2, need=replace(CAR, departure=START - timedelta(hours=1))),
        (
            "Is not there for a whole slot; 2.8 kWh missing at departure",
            "Ist in keinem ganzen Zeitabschnitt da; bei der Abfahrt fehlen 2,8 kWh",
            "没有一个完整的时段在场；离开时缺少 2.8 kWh",
        ),
    ),
    ("nothing", problem(0.2, need=replace(CAR, energy_wh=0)), ("Needs no energy", "Braucht keine Energie", "不需要充电")),
    (
        "days later",
        WEEK,
        (
            "Waits until Wednesday 17:00 because power is 67% cheaper then; full on Wednesday at 17:15, saves 0.55 EUR",
            "Wartet bis Mittwoch 17:00, weil der Strom dann 67 % billiger ist; voll am Mittwoch um 17:15, spart 0,55 EUR",
            "等到 周三 17:00，因为届时电价便宜 67%；周三 17:15 充满，节省 0.55 EUR",
        ),
    ),
    (
        "over a week later",
        replace(problem(0.3, 0.3, 0.1, need=ANY), slot_s=(6 * 86_400.0, 3 * 86_400.0, 900.0)),
        (
            "Waits until 2026-01-14 17:00 because power is 67% cheaper then; full on 2026-01-14 at 17:15, saves 0.55 EUR",
            (
                "Wartet bis 2026-01-14 17:00, weil der Strom dann 67 % billiger ist; voll am 2026-01-14 um 17:15,"
                " spart 0,55 EUR"
            ),
            "等到 2026-01-14 17:00，因为届时电价便宜 67%；2026-01-14 17:15 充满，节省 0.55 EUR",
        ),
    ),
]


@pytest.mark.parametrize(("asked", "expected"), [case[1:] for case in GOLDEN], ids=[case[0] for case in GOLDEN])
def test_t6_a_sentence_in_three_languages(asked: Problem, expected: tuple[str, str, str]) -> None:
    plan = solve(asked)
    assert tuple(summarize(asked, plan, "ev", language) for language in ("en", "de", "zh")) == expected
    assert plan.evs[0].summary == expected[0]


def test_the_evening_in_three_languages(evening: Callable[[Mode], Problem]) -> None:
    asked = evening(Mode.BALANCED)
    plan = solve(asked)
    assert plan.evs[0].summary == "Waits until 22:00 because power is 29% cheaper then; full at 00:00, saves 2.00 EUR"
    assert (
        summarize(asked, plan, "ev-1", "de")
        == "Wartet bis 22:00, weil der Strom dann 29 % billiger ist; voll um 00:00, spart 2,00 EUR"
    )
    assert summarize(asked, plan, "ev-1", "zh") == "等到 22:00，因为届时电价便宜 29%；00:00 充满，节省 2.00 EUR"


def test_nobody_is_told_to_wait_for_a_time_gone_by() -> None:
    asked = problem(0.3, 0.2, 0.3, 0.2, need=replace(CAR, energy_wh=2 * 2760))
    said = {minutes: sentence(asked, now=START + timedelta(minutes=minutes)) for minutes in (0, 20, 35, 50, 75)}
    assert said == {
        0: "Waits until 17:15 because power is 33% cheaper then; full at 18:00, saves 0.28 EUR",
        20: "Has been charging since 17:15; full at 18:00, saves 0.28 EUR",
        35: "Waits until 17:45 because power is 33% cheaper then; full at 18:00, saves 0.28 EUR",
        50: "Has been charging since 17:45; full at 18:00, saves 0.28 EUR",
        75: "Charging is over; full since 18:00, saved 0.28 EUR",
    }
    assert sentence(asked, "de", START + timedelta(minutes=20)) == "Lädt seit 17:15; voll um 18:00, spart 0,28 EUR"
    assert sentence(asked, "zh", START + timedelta(minutes=75)) == "充电已结束；18:00 已充满，已节省 0.28 EUR"


def test_times_are_those_of_the_problem_s_zone_over_a_clock_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    asked = replace(problem(0.3, 0.1), start=datetime(2026, 3, 29, 1, 0, tzinfo=berlin), slot_s=(7200.0, 900.0))
    # Two hours after one o'clock it is four.
    assert sentence(asked).startswith("Waits until 04:00 because power is 67% cheaper then; full at 04:15")


def test_a_stay_that_begins_later_is_no_waiting() -> None:
    asked = problem(0.2, 0.2, 0.3, need=replace(CAR, arrival=START + QUARTER_H))
    assert sentence(asked) == "Charges from 17:15 on; full at 17:30"


def test_the_limit_that_held_most_energy_back_is_named_with_its_times() -> None:
    limit_w = (4140.0, 20_000.0, 4140.0, 20_000.0)
    asked = problem(0.2, 0.2, 0.2, 0.2, need=replace(CAR, energy_wh=4 * 2760), limit_w=limit_w)
    assert sentence(asked).endswith("3.4 kWh missing at departure: the site limit 17:00–17:15 and 17:30–17:45 holds it back")
    many = problem(*(0.2,) * 6, need=replace(CAR, energy_wh=6 * 2760), limit_w=(4140.0, 20_000.0) * 3)
    assert "the site limit 17:00–18:15 holds it back" in sentence(many)
    phase = problem(0.2, need=replace(CAR, phases=(2,), energy_wh=900), phase_limit_a=(25.0, 8.0, 25.0))
    assert sentence(phase).endswith("0.4 kWh missing at departure: a phase limit 17:00–17:15 holds it back")


def test_the_higher_priority_that_holds_the_limit_is_named() -> None:
    first, second = replace(CAR, id="first", priority=2.0), replace(CAR, id="second")
    asked = replace(problem(0.2, limit_w=(11_040.0,)), evs=(first, second))
    assert solve(asked).ev("second").reasons == (Reason.PRIORITY,)
    assert sentence(asked, ev_id="second") == (
        "Cannot charge; 2.8 kWh missing at departure: a car with higher priority has the power 17:00–17:15"
    )
    waits = replace(asked, slot_s=(900.0, 900.0), price_per_kwh=(0.2, 0.2), site=Site(limit_w=(11_040.0, 5520.0)))
    assert sentence(waits, ev_id="second").startswith(
        "Waits until 17:15 because a car with higher priority charges before; 1.4 kWh missing"
    )


def test_missing_by_a_hair_is_not_mentioned_and_little_is_said_in_watt_hours() -> None:
    assert sentence(problem(0.2, 0.2, need=replace(CAR, energy_wh=2 * 2760 + 0.3))) == "Charges from 17:00 on"
    assert "; 50 Wh missing" in sentence(problem(0.2, 0.2, need=replace(CAR, energy_wh=2 * 2760 + 50)))


def test_the_comparison_with_charging_at_once() -> None:
    ev = solve(problem(0.3, 0.2, need=replace(CAR, energy_wh=2760))).evs[0]
    assert ev.cost_if_at_once == pytest.approx(0.3 * 2.76)
    assert ev.complete_if_at_once == START + QUARTER_H
    short = solve(problem(0.3, 0.2, need=replace(CAR, energy_wh=9000))).evs[0]
    assert short.complete_if_at_once is None
    assert solve(problem(0.3, need=replace(CAR, energy_wh=0))).evs[0].complete_if_at_once == START


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_a_word_and_every_clause_its_places(language: str) -> None:
    assert set(REASONS[language]) == set(Reason)
    assert set(CLAUSES[language]) == set(CLAUSES["en"])
    for name, clause in CLAUSES["en"].items():
        if name != "missing car limit":
            assert set(re.findall(r"{\w+}", CLAUSES[language][name])) == set(re.findall(r"{\w+}", clause)), name


def test_an_unknown_car_or_language_is_an_error() -> None:
    asked = problem(0.2)
    plan = solve(asked)
    with pytest.raises(KeyError):
        summarize(asked, plan, "other", "en")
    with pytest.raises(KeyError):
        summarize(asked, plan, "ev", "fr")
