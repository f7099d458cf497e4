import re
from datetime import UTC, datetime
from urllib.parse import urlsplit

import msgspec
import pytest

from tests.browser.cable import laid
from tests.browser.conftest import Browser, Place

pytestmark = pytest.mark.browser


@pytest.fixture
def ready(place: Place) -> Place:
    """A station that is connected, with a car plugged in."""
    place.start_csms()
    place.start_simulator()
    place.start_station()
    place.plug_in()
    return place


def test_B01_B02_what_cannot_be_meant_gets_a_hint_beside_its_field_and_is_not_sent(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    browser.requests()
    browser.fill("energy_wh", "a lot")
    browser.fill("min_current_a", "12")
    browser.fill("max_current_a", "99")
    browser.click(".needs [type=submit]")
    assert browser.hint("energy_wh") == "A number, such as 7.5"
    assert browser.hint("depart_at") == "Please fill this in"
    assert browser.hint("max_current_a") == "From 6 to 16 A"
    assert browser.driver.switch_to.active_element.get_attribute("name") == "energy_wh"
    browser.fill("energy_wh", "5000")
    browser.fill("max_current_a", "10")
    browser.click(".needs [type=submit]")
    assert browser.hint("energy_wh") == "From 0.1 to 1,000 kWh"
    assert browser.hint("min_current_a") == "Not above the highest current, 10 A"
    assert [path for method, path in browser.requests() if method == "POST"] == []


def test_what_the_station_refuses_stands_beside_the_field_too(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    browser.fill("energy_wh", "20")
    browser.fill("depart_at", "6.30")
    # The page's own check of this field is gone: the station's has to do.
    browser.driver.execute_script(
        "const send = window.fetch; window.fetch = (path, options) => send(path, {...options, body: options.body?.replace("
        '/"energy_wh":[0-9]+/, \'"energy_wh":2000000\')})'
    )
    browser.click(".needs [type=submit]")
    browser.until(lambda: browser.hint("energy_wh") == "From 0 to 1,000 kWh", "the station's word beside the field")


def test_B05_B06_B07_B11_a_request_is_sent_planned_started_and_stopped(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    browser.click("input[value=shortest]")
    browser.fill("energy_wh", "20")
    browser.fill("depart_at", "0630")
    browser.click("[data-action=stop]")
    assert browser.text(".hero .outcome") == "Nothing is running that could be stopped."
    browser.click("[data-action=start]")
    assert browser.text(".hero .outcome") == "First say what the car needs, or choose Direct."
    browser.click(".needs [type=submit]")
    browser.shows(".sentence", "The plan is ready")
    browser.allows("[data-action=start]")
    assert "11.0 kW" in browser.text(".periods")
    browser.click("[data-action=start]")
    browser.shows(".sentence", "Charging with")
    browser.until(lambda: re.search(r"1[01]\.\d kW", browser.text(".figures")), "the power")
    assert "16 A per phase" in browser.text(".why")
    said = re.compile(r"Measured 1[01]\.\d\skW, planned 11\.\d\skW")
    browser.until(lambda: said.fullmatch(browser.find(".chart-plot").get_attribute("aria-label") or ""), "the graph")
    browser.click("[data-action=stop]")
    browser.shows(".sentence", "What does the car need?")
    browser.shows(".messages", "stopped here")


def test_B03_B04_B08_B09_what_halts_a_request_is_said_and_a_csms_that_is_gone_is_waited_for(
    ready: Place, browser: Browser
) -> None:
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    world = ready.simulator.world

    def broken(**faults: bool) -> None:
        ready.call(lambda: world.set_faults(msgspec.structs.replace(type(world.faults)(), **faults)))

    browser.fill("energy_wh", "20")
    browser.fill("depart_at", "0630")
    for fault, said in (
        ("meter_silent", "No usable answer from the meter"),
        ("board_silent", "No usable answer from the EVSE board"),
    ):
        broken(**{fault: True})
        browser.shows(".why", said)
        browser.requests()
        browser.click(".needs [type=submit]")
        browser.shows(".needs .outcome", said)
        assert "Charging is possible as soon as that is over." in browser.text(".needs .outcome")
        assert [path for method, path in browser.requests() if method == "POST"] == []
        broken()
        browser.allows(".needs [type=submit]")
    ready.stop("csms")
    browser.until(
        lambda: not ready.call(lambda: ready.station.view()["station"]["csms"]["connected"]), "the end of the link"
    )
    browser.click(".needs [type=submit]")
    browser.shows(".sentence", "The request waits for the CSMS")
    ready.start_csms()
    browser.shows(".sentence", "The plan is ready")


def test_the_page_is_in_the_time_of_the_station_wherever_the_browser_is(place: Place, browser: Browser) -> None:
    place.start_csms()
    place.start_simulator()
    place.start_station(time_zone="America/New_York")
    place.plug_in()
    browser.open(place.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    browser.shows(".clock-time", "11:")
    browser.fill("energy_wh", "20")
    browser.fill("depart_at", "1500")
    assert browser.hint("depart_at").startswith("in 3 h")
    browser.click(".needs [type=submit]")
    browser.shows(".sentence", "The plan is ready")
    (unit,) = place.call(lambda: place.station.view()["units"])
    assert datetime.fromisoformat(unit["needs"]["depart_at"]) == datetime(2026, 1, 5, 20, 0, tzinfo=UTC)
    assert browser.find("[name=depart_at]").get_attribute("value") == "15:00"
    browser.shows(".strip-ends", "Mon 11:")


def test_direct_charging_needs_no_fields(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    browser.click("input[value=direct]")
    assert not browser.find("[name=energy_wh]").is_displayed()
    browser.click(".needs [type=submit]")
    browser.shows(".sentence", "Charging directly with 1")


def test_the_clock_tells_when_the_station_is_gone_and_comes_back_by_itself(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    browser.until(lambda: browser.find(".clock").get_attribute("data-state") == "up", "the link")
    before = browser.text(".clock-time")
    browser.until(lambda: browser.text(".clock-time") > before, "a tick of the clock")
    ready.stop("station")
    browser.shows(".clock", "No connection since")
    browser.click("[data-action=stop]")
    ready.start_station()
    browser.until(lambda: browser.find(".clock").get_attribute("data-state") == "up", "the link again")


def test_a_connection_that_died_without_a_word_is_noticed_though_others_work(ready: Place, browser: Browser) -> None:
    with laid(urlsplit(ready.station.web_url).port or 0) as cable:
        browser.open(cable.url)
        browser.until(lambda: browser.find(".clock").get_attribute("data-state") == "up", "the link")
        before = sum("/api/events" in line for line in cable.asked)
        cable.go_dead()
        browser.until(lambda: sum("/api/events" in line for line in cable.asked) > before, "another connection")
        browser.until(lambda: browser.find(".clock").get_attribute("data-state") == "up", "the link again")


def test_the_language_can_be_chosen_and_is_remembered(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    browser.click(".language option[value=de]")
    browser.shows(".sentence", "Was braucht das Auto?")
    browser.click(".language option[value=zh]")
    browser.shows(".sentence", "车辆需要充多少电？")
    browser.driver.refresh()
    browser.shows(".sentence", "车辆需要充多少电？")
    assert browser.find("html").get_attribute("lang") == "zh-Hans"


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_nothing_sticks_out_sideways(ready: Place, browser: Browser, width: int, height: int) -> None:
    browser.sized(width, height)
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    assert browser.sticks_out() == 0


def test_the_first_visit_chooses_a_password_and_the_next_one_needs_it(place: Place, browser: Browser) -> None:
    place.start_csms()
    place.start_simulator()
    place.start_station(protected=True)
    assert place.station.first_code is not None
    browser.open(place.station.web_url)
    browser.shows("h2", "Welcome: choose a password")
    assert browser.driver.switch_to.active_element.get_attribute("name") == "code"
    browser.fill("code", "AAAA-BBBB")
    browser.fill("password", "short")
    browser.fill("again", "another")
    browser.requests()
    browser.click(".door [type=submit]")
    assert browser.hint("password") == "At least 10 characters"
    assert browser.hint("again") == "This is not the same"
    assert [path for method, path in browser.requests() if method == "POST"] == []
    browser.fill("password", "a long password")
    browser.fill("again", "a long password")
    browser.click(".door [type=submit]")
    browser.until(lambda: browser.hint("code") == "This is not the code", "the program's word on the code")
    browser.fill("code", place.station.first_code)
    browser.click(".door [type=submit]")
    browser.shows(".sentence", "Ready for a car")
    browser.driver.delete_all_cookies()
    browser.driver.refresh()
    browser.shows("h2", "Log in")
    browser.fill("password", "a wrong password")
    browser.click(".door [type=submit]")
    browser.until(lambda: browser.hint("password") == "This is not the password", "the program's word on the password")
    browser.fill("password", "a long password")
    browser.click(".door [type=submit]")
    browser.shows(".sentence", "Ready for a car")
    browser.driver.refresh()
    browser.shows(".sentence", "Ready for a car")
