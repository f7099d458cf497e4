"""The views of the station's page beside home: schedule from a file, messages, history, settings."""

import re
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from ladewerk.station.unit.actions import Level
from tests.browser.conftest import START, Browser, Place

pytestmark = pytest.mark.browser

VIEWS = ("", "history", "messages", "settings")


@pytest.fixture
def ready(place: Place) -> Place:
    """A station that is connected, with a car plugged in."""
    place.start_csms()
    place.start_simulator()
    place.start_station()
    place.plug_in()
    return place


def go_to(browser: Browser, view: str) -> None:
    browser.until(lambda: browser.find("#views").is_displayed(), "the first word of the station")
    browser.click(f"#views [data-view='{view or 'home'}']")
    browser.until(lambda: browser.find("body").get_attribute("data-view") == (view or "home"), f"the view {view}")


def write(folder: Path, *lines: str) -> str:
    path = folder / "schedule.csv"
    path.write_text("\n".join(["start,end,limit_a", *lines]), encoding="utf-8")
    return str(path)


def test_a_schedule_from_a_file_is_told_line_by_line_until_it_is_right(
    ready: Place, browser: Browser, tmp_path: Path
) -> None:
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    browser.click(".schedule summary")
    browser.find(".schedule input[type=file]").send_keys(write(tmp_path, "2026-01-05 22:00,x,99"))
    browser.shows(".schedule .outcome", "Nothing was changed:")
    assert browser.text(".schedule-errors") == (
        "Line 2, end: A time such as 2026-01-05 22:00Line 2, limit_a: From 0 to 16 A"
    )
    browser.click(".language option[value=de]")
    browser.shows(".schedule-errors", "Zeile 2, limit_a: Von 0 bis 16 A")
    browser.click(".language option[value=en]")
    soon = [(START + timedelta(hours=hours)).isoformat() for hours in (0, 9)]
    browser.find(".schedule input[type=file]").send_keys(write(tmp_path, f"{soon[0]},{soon[1]},10"))
    browser.shows(".sentence", "The plan is ready")
    browser.shows(".why", "Your own schedule waits.")
    browser.click("[data-action=start]")
    browser.shows(".sentence", "Charging with")
    browser.shows(".why", "10 A per phase: that is what the schedule says now.")
    sample = httpx.get(str(browser.find(".schedule a[download]").get_attribute("href")))
    assert sample.text.startswith("start,end,limit_a\r\n2026-01-05T22:00+01:00,")


def test_B19_among_the_messages_a_fault_is_reset_once_its_cause_is_gone(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    world = ready.simulator.world
    ready.ask(energy_wh=9000)
    browser.allows("[data-action=start]")
    browser.click("[data-action=start]")
    browser.shows(".sentence", "Checking the protection")
    ready.call(lambda: world.set_faults(msgspec.structs.replace(world.faults, board_silent=True)))
    browser.shows(".sentence", "Stopped by a fault")
    go_to(browser, "messages")
    # The silence is noticed by the self-test or by itself, whichever is first.
    browser.shows(".fault", "board")
    browser.shows(".messages-all", "A car was plugged in")
    browser.click("[aria-label='Least severity'] option[value=error]")
    browser.until(lambda: "A car was plugged in" not in browser.text(".messages-all"), "the filter by level")
    assert "board" in browser.text(".messages-all")
    browser.click("[aria-label='Least severity'] option[value='']")
    browser.find(".filters input").send_keys("CONNECTED")
    browser.until(lambda: re.fullmatch(r".*Connected to the CSMS\.", browser.text(".messages-all")), "the filter by words")
    browser.find(".filters input").send_keys(" nothing like it")
    browser.shows(".view .empty", "No such message")
    browser.click(".fault .button")
    browser.shows(".fault .outcome", "The cause is still there: EVSE board silent")
    ready.call(lambda: world.set_faults(msgspec.structs.replace(world.faults, board_silent=False)))
    browser.allows(".fault .button")
    browser.click(".fault .button")
    browser.until(lambda: browser.text(".faults") == "", "the end of the fault")


def test_the_history_shows_a_day_as_graph_and_table_and_as_files(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    browser.click("input[value=direct]")
    browser.click(".needs [type=submit]")
    browser.shows(".sentence", "Charging directly with 1")
    ready.wait(60)
    go_to(browser, "history")
    day = r"00:00 to .* 00:00: 0\.[1-9] kWh"
    browser.until(lambda: re.search(day, browser.text(".history p[role=status]")), "the energy")
    browser.click(".history summary")
    browser.shows(".history details tbody", "kWh")
    browser.shows(".history .card:last-child tbody", "still open")
    links = [str(link.get_attribute("href")) for link in browser.driver.find_elements("css selector", ".files a")]
    assert [httpx.get(link).text.partition(",")[0] for link in links] == ["unit", "transaction_id", "taken_at"]
    browser.click(".stepper [data-step='-1']")
    browser.shows(".history p[role=status]", "nothing was measured")
    assert browser.find(".stepper input").get_property("value") == "2026-01-04"
    browser.shows(".history .card:last-child tbody", "No session began here")


def fill(browser: Browser, name: str, text: str) -> None:
    field = browser.find(f".unit-forms [name='{name}']")
    field.clear()
    field.send_keys(text)


def test_settings_are_checked_beside_their_fields(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    go_to(browser, "settings")
    browser.click(".unit-forms summary")
    browser.until(lambda: browser.find(".unit-forms [name='evse_id']").get_property("value") == "1", "what is set")
    fill(browser, "max_current_a", "99")
    fill(browser, "phases", "2")
    browser.requests()
    browser.click(".unit-forms [type=submit]")
    assert browser.text(".unit-forms [data-field=max_current_a] .field-hint") == "From 6 to 80 A"
    assert browser.text(".unit-forms [data-field=phases] .field-hint") == "1 or 3"
    assert [method for method, _ in browser.requests() if method == "PUT"] == []
    fill(browser, "max_current_a", "10")
    fill(browser, "phases", "3")
    browser.click(".unit-forms [type=submit]")
    # Composed by a program, this station has no file.
    browser.shows(".unit-forms .outcome", "no configuration file that could be changed")
    browser.until(
        lambda: browser.find(".station-form [name='identity']").get_property("value") == "LW-0001", "the station's"
    )
    browser.find(".station-form [name='csms']").clear()
    browser.click(".station-form [type=submit]")
    assert browser.text(".station-form [data-field=csms] .field-hint") == "Please fill this in"
    browser.shows(".facts", "ws://127.0.0.1")


def test_what_others_say_is_text_and_never_runs(place: Place, browser: Browser) -> None:
    hostile = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    place.start_csms()
    place.start_simulator()
    place.start_station()
    place.call(lambda: place.station.messages.say(Level.ERROR, "needs_refused", {"reason": hostile}, unit_id="garage"))
    browser.open(place.station.web_url)
    browser.shows(".messages", hostile)
    go_to(browser, "messages")
    browser.shows(".messages-all", hostile)
    assert browser.driver.find_elements("css selector", "main img, main script") == []
    assert browser.driver.title == "LW-0001 · Ladewerk"


def test_the_page_asks_for_nothing_that_the_description_of_the_api_does_not_name(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    for view in VIEWS:
        go_to(browser, view)
    browser.shows(".facts", "ws://127.0.0.1")
    go_to(browser, "")
    browser.click("input[value=direct]")
    browser.allows(".needs [type=submit]")
    browser.click(".needs [type=submit]")
    browser.shows(".sentence", "Locking the plug")
    browser.click("[data-action=stop]")
    described = httpx.get(f"{ready.station.web_url}/openapi.json").json()["paths"]
    asked = {(method, path) for method, path in browser.requests() if path.startswith("/api/")}
    assert ("POST", "/api/units/garage/direct") in asked
    assert {one for one in asked if not _named(described, *one)} == set()


def _named(described: dict[str, dict[str, object]], method: str, path: str) -> bool:
    return any(
        method.lower() in operations and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path)
        for template, operations in described.items()
    )


@pytest.mark.parametrize(("width", "height"), [(360, 760), (1280, 800)])
def test_no_view_sticks_out_sideways_in_any_language(ready: Place, browser: Browser, width: int, height: int) -> None:
    browser.sized(width, height)
    browser.open(ready.station.web_url)
    for language in ("de", "zh", "en"):
        browser.shows(".sentence", "")
        browser.click(f".language option[value={language}]")
        for view in VIEWS:
            go_to(browser, view)
            browser.driver.execute_script("document.querySelectorAll('details').forEach((one) => (one.open = true))")
            assert browser.sticks_out() == 0, (language, view)


def test_the_views_are_reached_by_keyboard(ready: Place, browser: Browser) -> None:
    browser.open(ready.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    focus = "document.querySelector(\"#views [data-view='messages']\").focus()"
    browser.driver.execute_script(focus)
    browser.driver.switch_to.active_element.send_keys("\ue007")
    browser.until(lambda: browser.find("body").get_attribute("data-view") == "messages", "the messages")
    assert browser.find("#views [data-view='messages']").get_attribute("aria-current") == "page"
    unnamed = browser.driver.execute_script(
        "return [...document.querySelectorAll('input, select, textarea, button, a')].filter((one) => one.offsetParent && "
        "!(one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim())).map((one) => one.outerHTML)"
    )
    assert unnamed == []


def test_a_token_is_asked_for_once_it_is_needed_and_goes_with_what_is_asked(place: Place, browser: Browser) -> None:
    place.start_csms()
    place.start_simulator()
    place.start_station(wants_tokens=True)
    place.plug_in()
    browser.open(place.station.web_url)
    browser.shows(".sentence", "What does the car need?")
    assert not browser.find(".token-field").is_displayed()
    browser.click("input[value=direct]")
    browser.click(".needs [type=submit]")
    browser.shows(".needs .outcome", "Show a token first")
    browser.fill("id_token", "04A1B2C3")
    browser.click(".needs [type=submit]")
    browser.shows(".sentence", "Locking the plug")
