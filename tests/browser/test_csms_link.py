"""The page of the CSMS over a connection that is really cut: it asks for what it missed, or says that it is gone."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.by import By
from websockets.sync.client import connect

from ladewerk.csms.api.guard import COOKIE
from ladewerk.csms.api.live_feed import MOST_LISTENERS
from tests.browser.cable import Cable, laid
from tests.browser.conftest import Browser
from tests.browser.garage import Charger, Garage, opened

pytestmark = pytest.mark.browser


@pytest.fixture
def garage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garage]:
    with opened(tmp_path_factory.mktemp("garage")) as garage:
        yield garage


@pytest.fixture
def cable(garage: Garage) -> Iterator[Cable]:
    with laid(urlsplit(garage.url).port or 0) as cable:
        yield cable


@pytest.fixture
def charger(garage: Garage) -> Charger:
    charger = garage.charger("LW-0001")
    charger.begin("DORA-1", "tx-1")
    return charger


def readings(browser: Browser) -> list[float]:
    """The register of every TransactionEvent in the console, in order."""
    for line in browser.driver.find_elements(By.CSS_SELECTOR, "#console .frame:not([open]) summary"):
        if "TransactionEvent" in str(line.get_attribute("textContent")):
            browser.driver.execute_script("arguments[0].click()", line)
    browser.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")
    said = browser.driver.execute_script(
        "return [...document.querySelectorAll('#console .frame-texts pre:first-child')].map((one) => one.textContent)"
    )
    calls = [json.loads(text) for text in said]
    return [call[3]["meterValue"][0]["sampledValue"][0]["value"] for call in calls if call[2] == "TransactionEvent"]


def gaps(browser: Browser) -> list[str]:
    return [line.text for line in browser.driver.find_elements(By.CSS_SELECTOR, "#console .frame-gap")]


def is_up(browser: Browser) -> bool:
    return browser.find("html").get_attribute("data-link") == "up"


def live(cable: Cable) -> list[str]:
    return [line for line in cable.asked if "/api/events" in line]


def test_what_passed_while_the_cable_was_cut_is_told_once_it_is_mended(
    garage: Garage, cable: Cable, charger: Charger, browser: Browser
) -> None:
    garage.enter(browser, "home", garage.ada, cable.url)
    charger.charge(1000)
    browser.shows("#stations", "1.0 kWh")
    assert [line for line in live(cable) if "after=" in line] == []
    asked_for_frames = sum("/api/frames" in line for line in cable.asked)

    cable.cut()
    browser.shows(".clock", "No connection since")
    for _ in range(3):
        charger.charge(1000)
    assert "1.0 kWh" in browser.text("#stations")
    cable.mend()
    browser.until(lambda: is_up(browser), "the link")
    browser.shows("#stations", "4.0 kWh")
    browser.until(lambda: readings(browser) == [0, 1000, 2000, 3000, 4000], "every reading, each once")
    assert "after=" in live(cable)[-1]
    assert gaps(browser) == []
    assert sum("/api/frames" in line for line in cable.asked) == asked_for_frames


def test_what_is_gone_for_good_is_said_and_the_rest_is_loaded_anew(
    garage: Garage, cable: Cable, charger: Charger, browser: Browser
) -> None:
    garage.enter(browser, "home", garage.ada, cable.url)
    charger.charge(1000)
    browser.until(lambda: readings(browser) == [0, 1000], "the readings")
    cable.cut()
    browser.until(lambda: not is_up(browser), "the cut")
    log = garage.place.csms.frame_log
    at = garage.place.call(lambda: log.newest(1)[0].at)
    # The log is bounded by its characters, too: of these few it has forgotten the first.
    long = json.dumps([2, "x", "Heartbeat", {"customData": "x" * 100_000}])
    for _ in range(50):
        garage.place.call(lambda: log.add(at, "LW-0009", False, long))
    charger.charge(1000)
    cable.mend()
    browser.until(lambda: gaps(browser) != [], "the gap")
    assert gaps(browser) == ["Messages are missing here: they passed while the page had no connection."]
    browser.until(lambda: readings(browser)[-1:] == [2000], "the newest reading")
    browser.shows("#stations", "2.0 kWh")


def test_a_csms_that_was_started_anew_is_followed_from_its_beginning(
    garage: Garage, cable: Cable, charger: Charger, browser: Browser
) -> None:
    garage.enter(browser, "home", garage.ada, cable.url)
    charger.charge(1000)
    browser.until(lambda: readings(browser) == [0, 1000], "the readings")
    charger.close()
    cable.cut()
    garage.place.stop("csms")
    browser.until(lambda: not is_up(browser), "the cut")
    garage.place.start_csms(protected=True, accept_unknown=False)
    cable.mend()
    browser.until(lambda: gaps(browser) != [], "the gap")
    # Its frames are counted from one again: none of them is taken for one that is known.
    again = garage.charger("LW-0002")
    again.begin("EVE-1", "tx-2")
    again.charge(7000)
    browser.until(lambda: readings(browser)[-1:] == [7000], "the frames of the new run")
    browser.shows("#stations", "7.0 kWh")


def test_a_connection_that_died_without_a_word_is_noticed_though_others_work(
    garage: Garage, cable: Cable, charger: Charger, browser: Browser
) -> None:
    garage.enter(browser, "home", garage.ada, cable.url)
    charger.charge(1000)
    browser.shows("#stations", "1.0 kWh")
    before = len(live(cable))
    cable.go_dead()
    charger.charge(1000)
    browser.shows("#stations", "2.0 kWh")
    assert len(live(cable)) > before
    browser.until(lambda: readings(browser) == [0, 1000, 2000], "every reading, each once")
    assert gaps(browser) == []


def test_a_silent_csms_is_not_taken_for_one_that_is_gone(garage: Garage, cable: Cable, browser: Browser) -> None:
    garage.enter(browser, "home", garage.ada, cable.url)
    browser.until(lambda: is_up(browser), "the link")
    browser.driver.execute_script(
        "window.went = 0; new MutationObserver(() => window.went += 1)"
        ".observe(document.documentElement, {attributes: true, attributeFilter: ['data-link']});"
    )
    before = cable.said
    browser.until(lambda: cable.said >= before + 2, "two questions whether anybody is there")
    assert browser.driver.execute_script("return window.went") == 0
    assert len(live(cable)) == 1


def test_where_too_many_look_on_the_page_says_so_until_there_is_room(garage: Garage, browser: Browser) -> None:
    url = f"{garage.url.replace('http', 'ws')}/api/events"
    cookie = {"Cookie": f"{COOKIE}={garage.ada.cookies[COOKIE]}"}
    with ExitStack() as room:
        for _ in range(MOST_LISTENERS):
            room.enter_context(connect(url, additional_headers=cookie, proxy=None)).recv()
        garage.enter(browser, "home", garage.ada)
        browser.shows(".clock", "Too many look on")
        assert not is_up(browser)
    browser.until(lambda: is_up(browser), "the link")
    browser.shows("#stations", "Give a station this address")


def test_the_page_of_a_driver_says_that_it_has_no_connection_and_goes_on(
    garage: Garage, cable: Cable, charger: Charger, browser: Browser
) -> None:
    garage.enter(browser, "", garage.dora, cable.url)
    browser.shows(".own-state .facts", "0.0 kWh")
    cable.cut()
    browser.shows(".clock", "No connection since")
    charger.charge(3000)
    cable.mend()
    browser.shows(".own-state .facts", "3.0 kWh")
    browser.until(lambda: is_up(browser), "the link")
    assert live(cable) == []
