"""The quirks of a station on the page of the CSMS: what was found, what is said, and what holds of both."""

from collections.abc import Iterator

import httpx
import pytest
from selenium.webdriver.support.ui import Select

from tests.browser.conftest import Browser
from tests.browser.desk import press
from tests.browser.telling_station import Stage, on_stage

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with on_stage(tmp_path_factory.mktemp("csms")) as stage:
        yield stage


@pytest.fixture(autouse=True)
def _as_it_says_itself(stage: Stage) -> None:
    stage.station.variables = {"RateUnit": "W", "PeriodsPerSchedule": "24", "ProfileStackLevel": "1"}
    stage.station.boot()
    while stage.get("quirks")["found"] != {"rate_unit": "W", "max_periods": 24, "max_stack_level": 1}:
        stage.place.wait(0.1)
    say(stage)


def say(stage: Stage, **said: object) -> None:
    """What another operator says."""
    httpx.put(f"{stage.url}/api/stations/LW-0001/quirks", json=said).raise_for_status()


def quirk(browser: Browser, name: str, part: str) -> str:
    return browser.text(f"[data-quirk={name}] {part}")


def holds(browser: Browser, name: str, text: str) -> None:
    browser.shows(f"[data-quirk={name}] .quirk-holds", text)


def type_in(browser: Browser, name: str, text: str) -> None:
    field = browser.find(f"[data-quirk={name}] input")
    browser.driver.execute_script("arguments[0].focus()", field)
    field.clear()
    field.send_keys(text)


def choose(browser: Browser, name: str, text: str) -> None:
    Select(browser.find(f"[data-quirk={name}] select")).select_by_visible_text(text)


def take_back(browser: Browser, name: str) -> None:
    button = browser.find(f"[data-quirk={name}] .quirk-back")
    # The menu above and the buttons below stay where they are.
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()


def test_what_was_found_what_is_said_and_what_holds_stand_beside_each_other(stage: Stage, browser: Browser) -> None:
    say(stage, least_limit_a=6, rate_unit="A")
    stage.enter(browser, "quirks")
    holds(browser, "rate_unit", "amps · said here")
    assert quirk(browser, "rate_unit", ".quirk-found") == "watts"
    holds(browser, "max_periods", "24 · found")
    holds(browser, "least_limit_a", "6 A · said here")
    holds(browser, "keeps_profiles", "yes · usual")
    assert browser.find("[data-quirk=max_periods] input").get_attribute("placeholder") == "As found: 24"
    assert quirk(browser, "lenient", "option") == "As usual: no"


def test_what_is_said_is_saved_and_goes_back_to_what_was_found_one_by_one_or_all(stage: Stage, browser: Browser) -> None:
    stage.enter(browser, "quirks")
    holds(browser, "max_periods", "24 · found")
    type_in(browser, "max_periods", "12")
    choose(browser, "keeps_profiles", "no")
    browser.shows(".quirks .outcome", "Not saved yet")
    press(browser, "Save", ".quirks")
    holds(browser, "max_periods", "12 · said here")
    holds(browser, "keeps_profiles", "no · said here")
    assert stage.get("quirks")["said"] == {"max_periods": 12, "keeps_profiles": False}
    take_back(browser, "max_periods")
    press(browser, "Save", ".quirks")
    holds(browser, "max_periods", "24 · found")
    assert stage.get("quirks")["said"] == {"keeps_profiles": False}
    press(browser, "All back to what was found", ".quirks")
    press(browser, "Really forget all that is said here?", ".quirks")
    holds(browser, "keeps_profiles", "yes · usual")
    assert stage.get("quirks")["said"] == {}


def test_what_cannot_be_stands_beside_its_field_and_nothing_is_saved(stage: Stage, browser: Browser) -> None:
    stage.enter(browser, "quirks")
    holds(browser, "max_periods", "24 · found")
    type_in(browser, "least_limit_a", "900")
    type_in(browser, "max_periods", "2.5")
    press(browser, "Save", ".quirks")
    browser.shows("[data-quirk=least_limit_a] .field-hint", "From 0 to 80 A")
    browser.shows("[data-quirk=max_periods] .field-hint", "A whole number")
    press(browser, "Discard", ".quirks")
    browser.until(lambda: browser.find("[data-quirk=max_periods] input").get_property("value") == "", "what was there")
    type_in(browser, "stack_level", "2")
    press(browser, "Save", ".quirks")
    browser.shows("[data-quirk=stack_level] .field-hint", "The station takes at most 1")
    type_in(browser, "stack_level", "1")
    choose(browser, "purpose", "TxDefaultProfile")
    press(browser, "Save", ".quirks")
    browser.shows("[data-quirk=purpose] .field-hint", "one stack level above the fallback, and the station takes at most 1")
    assert stage.get("quirks")["said"] == {}
    type_in(browser, "stack_level", "0")
    press(browser, "Save", ".quirks")
    holds(browser, "purpose", "TxDefaultProfile · said here")


def test_what_somebody_else_says_meanwhile_stays(stage: Stage, browser: Browser) -> None:
    stage.enter(browser, "quirks")
    holds(browser, "max_periods", "24 · found")
    type_in(browser, "least_limit_a", "6")
    say(stage, min_interval_s=300)
    press(browser, "Save", ".quirks")
    holds(browser, "min_interval_s", "300 s · said here")
    assert stage.get("quirks")["said"] == {"least_limit_a": 6.0, "min_interval_s": 300.0}


def test_what_a_station_says_after_it_has_started_anew_is_shown_by_itself(stage: Stage, browser: Browser) -> None:
    stage.enter(browser, "quirks")
    holds(browser, "rate_unit", "watts · found")
    type_in(browser, "least_limit_a", "6")
    stage.station.variables = {"RateUnit": "A", "PeriodsPerSchedule": "3"}
    stage.station.boot()
    holds(browser, "max_periods", "3 · found")
    holds(browser, "rate_unit", "amps · found")
    assert browser.find("[data-quirk=least_limit_a] input").get_property("value") == "6", "what is being typed stays"
