"""What a station said beside transactions on the page of the CSMS: by kind, page by page, as it comes."""

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from tests.browser.conftest import Browser
from tests.browser.desk import press, row
from tests.browser.telling_station import NOW, Stage, on_stage

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with on_stage(tmp_path_factory.mktemp("csms")) as stage:
        for number in range(52):
            stage.station.say("LogStatusNotification", {"status": "Uploading", "requestId": 1000 + number})
        value = {"timestamp": NOW, "sampledValue": [{"value": 1234.0}]}
        stage.station.say("MeterValues", {"evseId": 1, "meterValue": [value]})
        security(stage, "TamperDetectionActivated", HOSTILE)
        stage.station.event("11500", severity=2)
        yield stage


def security(stage: Stage, kind: str, about: str) -> None:
    said = {"type": kind, "timestamp": NOW, "techInfo": about}
    stage.station.say("SecurityEventNotification", said)


def choose(browser: Browser, text: str) -> None:
    Select(browser.find(".notices .card-head select")).select_by_visible_text(text)


def count(browser: Browser) -> int:
    return len(browser.driver.find_elements(By.CSS_SELECTOR, ".notices .records tbody tr"))


def test_notices_are_read_page_by_page_and_by_kind_and_never_run(stage: Stage, browser: Browser) -> None:
    stage.enter(browser, "notices")
    browser.until(lambda: "Tampering detected" in row(browser, HOSTILE), "the newest")
    assert "EVSE 1 · Power = 11500" in row(browser, "Event")
    assert count(browser) == 50
    assert row(browser, "Meter values") == "", "they would hide the others"
    press(browser, "On ›", ".notices")
    browser.until(lambda: count(browser) == 4, "the last page")
    assert "#1000" in row(browser, "#1000")
    choose(browser, "Security event")
    browser.until(lambda: count(browser) == 1, "the security events")
    browser.click(".notices .records summary")
    browser.shows(".notices pre", '"techInfo"')
    choose(browser, "Meter values")
    browser.until(lambda: "EVSE 1 · 1.2 kWh" in row(browser, "Meter values"), "the meter values")
    choose(browser, "Grid alarm")
    browser.shows(".notices .records-box", "No such notice")
    choose(browser, "Everything")
    browser.until(lambda: row(browser, "Meter values"), "all of them")
    press(browser, "All as CSV", ".notices")
    browser.shows(".notices .outcome", "55 notices are in the file.")
    assert browser.driver.execute_script("return document.querySelectorAll('main img').length") == 0


def test_a_new_one_comes_by_itself_and_without_the_csms_the_list_says_how_old_it_is(stage: Stage, browser: Browser) -> None:
    stage.enter(browser, "notices")
    choose(browser, "Security event")
    browser.until(lambda: row(browser, "Tampering detected"), "the list")
    security(stage, "ResetOrReboot", "by hand")
    browser.until(lambda: "by hand" in row(browser, "Restart"), "the new one")
    stage.place.stop("csms")
    browser.until(lambda: browser.find("html").get_attribute("data-link") == "down", "the lost link")
    browser.driver.execute_script("document.querySelector('.notices .reload').click()")
    browser.shows(".notices .loaded", "What is shown is as of")
    assert row(browser, "Restart")
    stage.place.start_csms()
    browser.until(lambda: "What is shown" not in browser.text(".notices .loaded"), "the list anew")
