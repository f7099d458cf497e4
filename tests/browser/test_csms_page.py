import json
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from selenium.webdriver.common.keys import Keys

from ladewerk.csms.planning.zones import machine_zone_name, zone_of
from ladewerk.optimizer.series_file import Column, read_series
from tests.browser.conftest import START, Browser, Place

pytestmark = pytest.mark.browser


@pytest.fixture
def csms(place: Place) -> Place:
    """A CSMS that knows nobody."""
    place.start_csms(accept_unknown=False)
    return place


def test_the_link_of_the_first_start_makes_the_administrator_and_the_next_visit_needs_the_password(
    place: Place, browser: Browser
) -> None:
    place.start_csms(protected=True)
    assert place.csms.setup_url is not None
    browser.open(place.csms.setup_url)
    browser.shows("h2", "Welcome: become the administrator")
    browser.fill("user", "Ada")
    browser.fill("password", "a long password")
    browser.fill("again", "a long password")
    browser.click(".door [type=submit]")
    browser.shows("#stations", "Give a station this address")
    assert "setup" not in browser.driver.current_url
    browser.driver.delete_all_cookies()
    browser.driver.refresh()
    browser.shows("h2", "Log in")
    browser.fill("user", "ada")
    browser.fill("password", "a wrong password")
    browser.click(".door [type=submit]")
    browser.until(lambda: browser.hint("password") == "This is not the password", "the program's word on the password")
    browser.fill("password", "a long password")
    browser.click(".door [type=submit]")
    browser.shows("#stations", "Give a station this address")


def test_an_empty_csms_says_what_to_do_next(csms: Place, browser: Browser) -> None:
    browser.open(csms.csms.web_url)
    browser.shows("#stations", "Give a station this address")
    for part, text in {"#plans": "No plan yet", "#console": "No messages yet"}.items():
        assert text in browser.text(part)
        assert browser.find(f"{part} .empty").is_displayed()


def test_a_station_is_approved_asks_and_gets_a_plan_that_explains_itself(csms: Place, browser: Browser) -> None:
    csms.start_simulator()
    csms.start_station()
    csms.plug_in()
    browser.open(csms.csms.web_url)
    browser.shows(".station", "waits for approval")
    browser.click("[data-action=approve]")
    browser.shows(".station", "OCPP 2.1")
    browser.shows(".evse", "EVSE 1: car connected")
    csms.ask(energy_wh=20000)
    browser.shows(".needs-table", "20.0 kWh")
    browser.shows(".needs-table", "accepted")
    browser.shows(".plan-summary", "22:00")
    assert "€" in browser.text(".plan-figures")
    assert "kW" in browser.text(".plan-reason")
    assert browser.find("#plans canvas").is_displayed()
    browser.click(".plan-slots summary")
    assert "Other slots are cheaper" in browser.text(".plan-slots")


def test_a_need_is_stated_for_a_station_of_16_that_cannot_say_it(csms: Place, browser: Browser) -> None:
    csms.start_simulator()
    csms.start_station(versions=("1.6",))
    csms.plug_in()
    browser.open(csms.csms.web_url)
    browser.shows(".station", "waits for approval")
    assert not browser.find(".need-form").is_displayed()
    browser.click("[data-action=approve]")
    browser.shows(".station", "OCPP 1.6")
    browser.until(lambda: browser.find(".need-form").is_displayed(), "the form")
    browser.click(".need-form summary")
    browser.click(".need-form [type=submit]")
    assert browser.hint("energy_wh") == "Please fill this in"
    browser.fill("energy_wh", "7,5")
    browser.fill("depart_at", "6:30")
    browser.fill("max_current_a", "10")
    browser.click(".need-form [type=submit]")
    browser.shows(".need-form .outcome", "Taken down.")
    browser.shows(".needs-table", "7.5 kWh")
    need = csms.call(lambda: csms.csms.ledger.needs["lw-0001", 1])
    assert (need.energy_wh, need.max_current_a, need.mode, need.phases) == (7500, 10, "balanced", 3)
    assert need.depart_at is not None
    assert need.depart_at.isoformat() == "2026-01-06T05:30:00+00:00"
    assert browser.complaints() == []


def test_the_console_joins_answers_with_their_calls_filters_and_pauses(csms: Place, browser: Browser) -> None:
    csms.start_simulator()
    csms.start_station()
    browser.open(csms.csms.web_url)
    browser.shows(".station", "waits for approval")
    browser.click("[data-action=approve]")
    browser.shows("#console", "BootNotification")
    browser.until(lambda: "Accepted" in browser.text("#console details .frame-reply"), "the answer beside its call")
    browser.click("#console details summary")
    browser.shows("#console pre", '"BootNotification"')
    browser.find(".filter").send_keys("StatusNot")
    browser.until(lambda: not browser.find("#console details").is_displayed(), "the filter")
    browser.find(".filter").send_keys("ification-of-nothing")
    browser.shows("#console", "No message matches the filter.")
    browser.click(".console-tools [aria-pressed]")
    assert browser.find(".console-tools [aria-pressed]").get_attribute("aria-pressed") == "true"


def test_the_grid_limit_is_checked_and_changed(csms: Place, browser: Browser) -> None:
    browser.open(csms.csms.web_url)
    browser.until(lambda: browser.find("[name=limit_w]").get_attribute("value") == "17.25", "the limit")
    browser.requests()
    browser.fill("limit_w", "no")
    browser.click("#site [type=submit]")
    assert browser.hint("limit_w") == "A number, such as 7.5"
    assert [path for method, path in browser.requests() if method == "PUT"] == []
    browser.fill("limit_w", "11,5")
    browser.click("#site [type=submit]")
    browser.shows("#site .outcome", "Saved.")
    assert csms.call(lambda: csms.csms.ledger.site.limit_w) == 11500


def test_a_weekend_price_may_be_given_and_left_out(csms: Place, browser: Browser) -> None:
    browser.open(csms.csms.web_url)
    browser.until(lambda: browser.find("[name=limit_w]").get_attribute("value") == "17.25", "the site")
    name = "tariff.weekend_price_per_kwh"
    browser.fill(name, "0,18")
    browser.click("#site [type=submit]")
    browser.until(
        lambda: csms.call(lambda: csms.csms.ledger.site.tariff.weekend_price_per_kwh) == 0.18, "the weekend's price"
    )
    browser.until(lambda: browser.find(f"[name='{name}']").get_attribute("value") == "0.18", "the price shown")
    browser.find(f"[name='{name}']").send_keys(Keys.CONTROL + "a", Keys.BACKSPACE)
    browser.click("#site [type=submit]")
    browser.until(lambda: csms.call(lambda: csms.csms.ledger.site.tariff.weekend_price_per_kwh) is None, "no weekend")


def test_prices_come_from_a_file_and_a_wrong_line_is_named(csms: Place, browser: Browser, tmp_path: Path) -> None:
    browser.open(csms.csms.web_url)
    browser.until(lambda: browser.find("[name=limit_w]").get_attribute("value") != "", "the site")
    browser.find("#site input[value=file]").click()
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("start_at,price_per_kwh\n2026-01-05T17:00:00+01:00,0.31\n2026-01-05T18:00:00+01:00,cheap\n")
    browser.find("[data-field=prices] input").send_keys(str(wrong))
    browser.until(lambda: browser.hint("prices") == "Line 3: “cheap” is not a number", "the line")
    right = tmp_path / "right.csv"
    right.write_text("start_at,price_per_kwh\n2026-01-05T17:00:00+01:00,0.31\n2026-01-05T22:00:00+01:00,-0.02\n")
    browser.find("[data-field=prices] input").send_keys(str(right))
    browser.until(lambda: "2 steps, Mon 17:00 to Mon 22:00." in browser.hint("prices"), "the steps")
    browser.click("#site [type=submit]")
    browser.shows("#site .outcome", "Saved.")
    assert csms.call(lambda: [step.price_per_kwh for step in csms.csms.ledger.site.prices]) == [0.31, -0.02]


FILES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "series_files.json").read_text("utf-8"))


def test_the_page_reads_files_as_the_csms_does(csms: Place, browser: Browser) -> None:
    browser.open(csms.csms.web_url)
    browser.evaluate("../kit/zone.js", "it.setZone('Europe/Berlin')")
    found = browser.evaluate(
        "./series-file.js",
        "return arguments[1].map(({column, text}) => {"
        " try { return it.readSeries(text, column).steps.map((step) => [Date.parse(step.start_at) / 1000, step[column]]); }"
        " catch (error) { return [error.code, error.params.line ?? null]; } })",
        FILES,
    )
    for file, said in zip(FILES, found, strict=True):
        steps = [[datetime.fromisoformat(at).timestamp(), value] for at, value in file.get("steps", ())]
        assert said == (steps or [file["code"], file["line"]]), file["name"]


def test_the_sample_file_can_be_read_and_is_in_the_time_of_the_site(csms: Place, browser: Browser, tmp_path: Path) -> None:
    browser.open(csms.csms.web_url)
    for zone, first in {
        "Asia/Kolkata": "2026-01-05T22:00:00+05:30",
        "America/New_York": "2026-01-05T11:00:00-05:00",
    }.items():
        for column in get_args(Column):
            # In one go: between two, the page may hear of its site and set the zone back.
            text = browser.evaluate(
                "./series-file.js",
                "const zone = await import(new URL('../kit/zone.js', document.querySelector('script[type=module]').src));"
                " zone.setZone(arguments[2]); return it.sampleSeries(arguments[1], new Date('2026-01-05T16:40:12.345Z'))",
                column,
                zone,
            )
            path = tmp_path / "sample.csv"
            path.write_text(text)
            steps = read_series(path, column)
            assert (steps[0][0].isoformat(), len(steps)) == (first, 24)


CLOCKS = [
    ("2026-01-05T17:40:00+01:00", "06:30", "2026-01-06T06:30:00+01:00"),
    ("2026-01-05T17:40:00+01:00", "17:41", "2026-01-05T17:41:00+01:00"),
    ("2026-01-05T17:40:00+01:00", "17:40", "2026-01-06T17:40:00+01:00"),
    ("2026-12-31T23:50:00+01:00", "00:10", "2027-01-01T00:10:00+01:00"),
    # The clock is put forward from 2 to 3: the night is an hour shorter, and 02:30 is 03:30.
    ("2026-03-28T17:40:00+01:00", "06:30", "2026-03-29T06:30:00+02:00"),
    ("2026-03-28T17:40:00+01:00", "02:30", "2026-03-29T03:30:00+02:00"),
    # It is put back from 3 to 2: an hour longer, and 02:30 comes twice.
    ("2026-10-24T17:40:00+02:00", "06:30", "2026-10-25T06:30:00+01:00"),
    ("2026-10-24T17:40:00+02:00", "02:30", "2026-10-25T02:30:00+02:00"),
    ("2026-10-25T02:40:00+02:00", "02:30", "2026-10-25T02:30:00+01:00"),
    ("2026-10-25T02:40:00+01:00", "02:30", "2026-10-26T02:30:00+01:00"),
]


@pytest.mark.parametrize("browsers_own", ["UTC", "America/Los_Angeles", "Europe/Berlin"])
def test_a_time_of_day_is_the_next_one_on_the_clock_of_the_place(csms: Place, browser: Browser, browsers_own: str) -> None:
    browser.in_zone(browsers_own)
    browser.open(csms.csms.web_url)
    found = browser.evaluate(
        "../kit/zone.js",
        "it.setZone('Europe/Berlin'); return arguments[1].map(([after, clock]) =>"
        " it.nextTimeOfDay(...clock.split(':').map(Number), new Date(after)).getTime() / 1000)",
        CLOCKS,
    )
    assert found == [datetime.fromisoformat(expected).timestamp() for _, _, expected in CLOCKS]


def test_the_page_is_in_the_time_of_the_site_wherever_the_browser_is(csms: Place, browser: Browser) -> None:
    browser.open(csms.csms.web_url)
    browser.shows(".clock-time", "17:")
    browser.click("#site details summary")
    browser.fill("time_zone", "Mars/Base")
    browser.click("#site [type=submit]")
    browser.until(lambda: browser.hint("time_zone") == "No such time zone; such as Europe/Berlin", "the hint")
    browser.fill("time_zone", "America/New_York")
    browser.click("#site [type=submit]")
    browser.shows("#site .outcome", "Saved.")
    browser.shows(".clock-time", "11:")
    browser.shows(".clock-zone", "GMT-5")
    browser.find("[name=time_zone]").send_keys(Keys.CONTROL + "a", Keys.BACKSPACE)
    browser.click("#site [type=submit]")
    browser.until(lambda: csms.call(lambda: csms.csms.ledger.site.time_zone) is None, "no zone of its own")
    # Plans then speak the time of the machine, and so does the page: not that of the browser.
    named = browser.evaluate(
        "../kit/zone.js",
        "return new Intl.DateTimeFormat('en', {timeZone: arguments[1]}).resolvedOptions().timeZone",
        machine_zone_name(),
    )
    browser.until(lambda: browser.hint("time_zone") == f"Empty: that of the machine, {named}", "the zone of the machine")
    there = START.astimezone(zone_of(None))
    browser.shows(".clock-time", f"{there:%H}:")


def test_what_a_station_says_is_shown_and_never_run(csms: Place, browser: Browser) -> None:
    browser.open(csms.csms.web_url)
    browser.shows("#stations", "No station yet")
    hostile = "<img src=x onerror=alert(1)>"
    browser.driver.execute_script(
        "const {Console} = await import(document.querySelector('script[type=module]').src.replace('app.js', 'console.js'));"
        "const view = new Console(); document.body.append(view.element); view.element.id = 'probe';"
        "view.add({at: '2026-01-05T17:00:00+00:00', station_id: arguments[0], sent: false,"
        " text: JSON.stringify([2, '1', arguments[0], {vendorId: arguments[0]}])});",
        hostile,
    )
    browser.shows("#probe summary", hostile)
    assert browser.driver.execute_script("return document.querySelectorAll('#probe img').length") == 0


@pytest.mark.parametrize("tab", ["site", "stations", "console", "plans"])
def test_a_phone_shows_one_part_at_a_time_and_nothing_sticks_out(csms: Place, browser: Browser, tab: str) -> None:
    browser.sized(390, 844)
    browser.open(csms.csms.web_url)
    browser.click(f"[data-tab={tab}].tab")
    shown = [part for part in ("site", "stations", "console", "plans") if browser.find(f"#{part}").is_displayed()]
    assert shown == [tab]
    assert browser.sticks_out() == 0
