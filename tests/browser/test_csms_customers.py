"""What a station knows of customers on the page of the CSMS: told, kept as a file, forgotten there and here."""

from collections import deque
from collections.abc import Iterator

import pytest
from selenium.webdriver.support.ui import Select

from tests.browser.conftest import Browser
from tests.browser.desk import press, row, set_field
from tests.browser.telling_station import Stage, on_stage

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"
FORM = ".customer-form"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with on_stage(tmp_path_factory.mktemp("csms")) as stage:
        yield stage


def delete_one(stage: Stage, browser: Browser) -> None:
    before = len(stage.get("customer-information"))
    press(browser, "Delete here", ".customers")
    press(browser, "Really delete it?", ".customers")
    browser.until(lambda: len(stage.get("customer-information")) == before - 1, "the end of it here")


def test_a_station_tells_forgets_and_so_does_the_csms(stage: Stage, browser: Browser) -> None:
    stage.station.customers = {"04A1B2C3": f"seen yesterday {HOSTILE}"}
    stage.enter(browser, "customers")
    browser.shows(".customers .records-box", "Nothing was asked yet")
    press(browser, "Ask what it knows", FORM)
    browser.shows(f"{FORM} [data-field=who] .field-hint", "Please fill this in")
    set_field(browser, "who", "04A1B2C3", FORM)
    press(browser, "Ask what it knows", FORM)
    browser.until(lambda: "complete" in row(browser, "characters"), "the report")
    press(browser, "43 characters", ".customers")
    browser.shows(".customers pre", f"seen yesterday {HOSTILE}")
    assert browser.driver.execute_script("return document.querySelectorAll('main img').length") == 0
    asked = stage.station.last("CustomerInformation")
    assert (asked["report"], asked["clear"]) == (True, False)
    assert asked["idToken"] == {"idToken": "04A1B2C3", "type": "ISO14443"}
    press(browser, "Have it forgotten", FORM)
    press(browser, "Really have it forgotten?", FORM)
    browser.until(lambda: "complete" in row(browser, "tell and forget"), "the end of it there")
    assert stage.station.customers == {}
    delete_one(stage, browser)
    delete_one(stage, browser)
    browser.shows(".customers .records-box", "Nothing was asked yet")


def test_why_a_station_does_not_tell_stands_beside_the_field(stage: Stage, browser: Browser) -> None:
    stage.station.answers["CustomerInformation"] = deque([{"status": "Invalid", "statusInfo": {"reasonCode": "NoSuchOne"}}])
    stage.enter(browser, "customers")
    Select(browser.find(f"{FORM} [name=kind]")).select_by_visible_text("another identifier")
    assert not browser.find(f"{FORM} [data-field=type]").is_displayed()
    set_field(browser, "who", "Ada", FORM)
    press(browser, "Ask what it knows", FORM)
    browser.shows(f"{FORM} [data-field=who] .field-hint", "The station does not take this: Invalid · NoSuchOne")
    browser.until(lambda: "not understood: NoSuchOne" in row(browser, "tell"), "the report in the list")
    assert stage.station.last("CustomerInformation")["customerIdentifier"] == "Ada"
