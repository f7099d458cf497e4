"""The sentence about a plan says what is so when it is read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ladewerk.csms.limit.loads import Load
from ladewerk.csms.planning.plan_words import read_at
from ladewerk.csms.planning.problem import Waiting, planning_problem, stored_plan
from ladewerk.csms.planning.site import Site, Tariff, TariffStep
from ladewerk.csms.records import Mode, StoredPlan
from ladewerk.optimizer import solve
from ladewerk.timeline import Timeline
from tests.csms.planning.test_planning import NEED, NOW, TRANSACTION

SITE = Site(
    time_zone="UTC",
    tariff=Tariff(
        steps=(TariffStep(from_="00:00", price_per_kwh=0.4), TariffStep(from_=f"{NOW.hour + 1:02}:00", price_per_kwh=0.2))
    ),
)


@pytest.fixture
def plan() -> StoredPlan:
    car = Waiting(replace(NEED, mode=Mode.CHEAPEST), TRANSACTION)
    nobody: Timeline[Load] = Timeline()
    problem = planning_problem([car], SITE, nobody, NOW)
    return stored_plan(problem, solve(problem), car, SITE, number=1, created_at=NOW)


def test_when_it_was_made_it_says_what_the_optimizer_said(plan: StoredPlan) -> None:
    assert read_at(plan, SITE, NOW).summary == plan.summary
    assert "Waits until" in plan.summary["en"]


def test_an_hour_later_nobody_is_told_to_wait(plan: StoredPlan) -> None:
    read = read_at(plan, SITE, NOW + timedelta(minutes=70)).summary
    assert set(read) == set(plan.summary)
    assert "Waits" not in read["en"]
    assert "since" in read["en"].lower()
