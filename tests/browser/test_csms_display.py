"""The messages on the display of a station on the page of the CSMS."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.browser.conftest import Browser
from tests.browser.desk import press, row
from tests.browser.telling_station import Stage, on_stage

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"
FORM = ".display-form"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with on_stage(tmp_path_factory.mktemp("csms")) as stage:
        yield stage


@pytest.fixture(autouse=True)
def _nothing_shown(stage: Stage, browser: Browser) -> None:
    stage.station.messages = {}
    stage.station.answers.clear()
    stage.enter(browser, "display")
    press(browser, "Ask the station", ".display")
    browser.shows(".display .records-box", "No message is known")


def message(number: int, text: str, **more: Any) -> dict[str, Any]:
    return {"id": number, "priority": "NormalCycle", "message": {"format": "UTF8", "content": text}, **more}


def type_in(browser: Browser, name: str, text: str) -> None:
    field = browser.find(f"{FORM} [name='{name}']")
    field.clear()
    field.send_keys(text)


def set_moment(browser: Browser, name: str, text: str) -> None:
    """What a visitor picks: the keys of the picker are those of the browser's language."""
    script = "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))"
    browser.driver.execute_script(script, browser.find(f"{FORM} [name='{name}']"), text)


def choose(browser: Browser, name: str, text: str) -> None:
    Select(browser.find(f"{FORM} [name='{name}']")).select_by_visible_text(text)


def hint(browser: Browser, name: str, text: str) -> None:
    browser.shows(f"{FORM} [data-field='{name}'] .field-hint", text)


def test_the_station_is_asked_and_what_it_shows_is_text_with_priority_state_and_time(stage: Stage, browser: Browser) -> None:
    stage.station.messages = {
        1: message(1, "Welcome"),
        2: message(2, "Out of order", priority="AlwaysFront", state="Faulted"),
        3: message(3, HOSTILE, priority="InFront", message={"format": "HTML", "content": HOSTILE, "language": "en"}),
        4: message(4, "Over", endDateTime="2026-01-01T00:00:00Z"),
        5: message(5, "Later", startDateTime="2027-01-01T00:00:00Z"),
    }
    press(browser, "Ask the station", ".display")
    browser.until(lambda: "always in front" in row(browser, "Out of order"), "the messages")
    assert "fault" in row(browser, "Out of order")
    assert "en · HTML" in row(browser, HOSTILE)
    assert "every state" in row(browser, "Welcome")
    assert "is due" in row(browser, "Welcome")
    assert "over" in row(browser, "Over")
    assert "later" in row(browser, "Later")
    cells = browser.driver.find_elements(By.CSS_SELECTOR, ".display .records tbody td:first-child")
    assert [cell.text for cell in cells] == ["2", "3", "1", "4", "5"], "those in front come first"
    assert browser.driver.execute_script("return document.querySelectorAll('main img').length") == 0


def test_a_message_in_two_languages_is_shown_changed_and_taken_away(stage: Stage, browser: Browser) -> None:
    press(browser, "Show a message", ".display")
    type_in(browser, "texts[0].content", "Guten Tag")
    type_in(browser, "texts[0].language", "de")
    press(browser, "In another language, too", FORM)
    type_in(browser, "texts[1].content", "Good day")
    type_in(browser, "texts[1].language", "en")
    choose(browser, "priority", "in front")
    choose(browser, "state", "paused")
    set_moment(browser, "endDateTime", "2026-01-06T08:00")
    press(browser, "Show", FORM)
    browser.until(lambda: "paused" in row(browser, "Guten Tag"), "the message")
    sent = {
        "id": 1,
        "priority": "InFront",
        "state": "Suspended",
        "endDateTime": "2026-01-06T07:00:00.000Z",
        "message": {"content": "Guten Tag", "format": "UTF8", "language": "de"},
        "messageExtra": [{"content": "Good day", "format": "UTF8", "language": "en"}],
    }
    assert stage.station.last("SetDisplayMessage")["message"] == sent
    press(browser, "Change", ".display")
    press(browser, "Without the last language", FORM)
    type_in(browser, "texts[0].content", "Guten Morgen")
    press(browser, "Show", FORM)
    browser.until(lambda: row(browser, "Guten Morgen"), "the change")
    assert row(browser, "Good day") == ""
    assert stage.station.last("SetDisplayMessage")["message"]["id"] == 1
    press(browser, "Take away", ".display")
    press(browser, "Really take it away?", ".display")
    browser.shows(".display .records-box", "No message is known")
    browser.shows(".display .outcome", "Message 1 is gone.")
    assert stage.get("display-messages") == []


def test_what_cannot_be_stands_beside_its_field_and_nothing_is_sent(stage: Stage, browser: Browser) -> None:
    press(browser, "Show a message", ".display")
    set_moment(browser, "startDateTime", "2026-02-02T08:00")
    set_moment(browser, "endDateTime", "2026-02-01T08:00")
    type_in(browser, "texts[0].language", "far too long")
    type_in(browser, "id", "1.5")
    asked = len(stage.station.asked)
    press(browser, "Show", FORM)
    hint(browser, "texts[0].content", "Please fill this in")
    hint(browser, "texts[0].language", "1 to 8 characters")
    hint(browser, "endDateTime", "Not after the beginning")
    hint(browser, "id", "A whole number")
    set_moment(browser, "startDateTime", "")
    set_moment(browser, "endDateTime", "2025-12-31T08:00")
    hint(browser, "endDateTime", "This time is over already")
    assert len(stage.station.asked) == asked


@pytest.mark.parametrize(
    ("status", "field"),
    [
        ("NotSupportedMessageFormat", "texts[0].format"),
        ("NotSupportedPriority", "priority"),
        ("NotSupportedState", "state"),
        ("UnknownTransaction", "transaction"),
        ("LanguageNotSupported", "texts[0].language"),
    ],
)
def test_why_a_station_refuses_a_message_stands_beside_the_field(
    stage: Stage, browser: Browser, status: str, field: str
) -> None:
    press(browser, "Show a message", ".display")
    type_in(browser, "texts[0].content", "Good day")
    stage.station.answers["SetDisplayMessage"] = deque([{"status": status}])
    press(browser, "Show", FORM)
    hint(browser, field, f"The station does not take this: {status}")
    assert stage.get("display-messages") == []


def test_only_what_the_ocpp_of_a_station_has_words_for_is_offered(stage: Stage, browser: Browser) -> None:
    older = stage.another("OLD-1", "ocpp2.0.1")
    older.boot()
    stage.enter(browser, "display", "OLD-1")
    press(browser, "Show a message", ".display")
    browser.allows(f"{FORM} [type=submit]")
    states = [option for option in Select(browser.find(f"{FORM} [name=state]")).options if option.is_enabled()]
    assert [option.get_attribute("value") for option in states] == ["", "Idle", "Charging", "Faulted", "Unavailable"]
    assert "In another language, too" not in browser.find(FORM).text
    browser.driver.execute_script("arguments[0].value = 'x'.repeat(513)", browser.find(f"{FORM} [name='texts[0].content']"))
    press(browser, "Show", FORM)
    hint(browser, "texts[0].content", "1 to 512 characters")
    older.close()


def test_a_station_that_is_gone_or_of_ocpp_16_cannot_be_asked_and_it_is_said_why(stage: Stage, browser: Browser) -> None:
    oldest = stage.another("OLD-2", "ocpp1.6")
    oldest.say("BootNotification", {"chargePointVendor": "Test", "chargePointModel": "Old"})
    for part in ("display", "monitors", "customers"):
        stage.enter(browser, part, "OLD-2")
        browser.shows(f".{part}", "OCPP 1.6 has no words for this")
        browser.find(f".{part} .main[aria-disabled]")
    press(browser, "Ask what it knows", ".customers")
    browser.shows(".customers .form-end .outcome", "OCPP 1.6 has no words for this")
    oldest.close()
    gone = stage.another("GONE-1", "ocpp2.1")
    gone.boot()
    gone.close()
    stage.enter(browser, "display", "GONE-1")
    browser.find(".display .card-head .main[aria-disabled]")
    press(browser, "Ask the station", ".display")
    browser.shows(".display .outcome", "The station is not connected")
