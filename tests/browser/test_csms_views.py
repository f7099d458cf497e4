"""The views of the CSMS beside the dashboard, each walked through as a user; one CSMS, station and browser for all."""

import json
import re
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from websockets.exceptions import InvalidStatus

from tests.browser.conftest import Browser, Place
from tests.browser.desk import PASSWORD, Desk, press, row, set_field

pytestmark = pytest.mark.browser

VIEWS = (
    "home",
    "stations",
    "stations/LW-0001",
    "stations/LW-0001/commands/SetChargingProfile",
    "stations/LW-0001/messages",
    "stations/LW-0001/variables",
    "stations/LW-0001/profiles",
    "stations/LW-0001/service",
    "stations/LW-0001/notices",
    "stations/LW-0001/quirks",
    "stations/LW-0001/monitors",
    "stations/LW-0001/display",
    "stations/LW-0001/customers",
    "transactions",
    "plans",
    "tokens",
    "refusals",
    "users",
    "changes",
    "settings",
    "account",
)
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(Place(tmp_path_factory.mktemp("csms")))
    yield desk
    desk.close()


def test_a_strange_station_is_approved_and_what_it_says_of_itself_never_runs(desk: Desk, browser: Browser) -> None:
    with pytest.raises(InvalidStatus):
        desk.connect("STRANGE-1")
    desk.enter(browser, "stations")
    browser.until(lambda: "waits for approval" in row(browser, "STRANGE-1"), "the strange station")
    press(browser, "Refuse")
    press(browser, "Really refuse it?")
    browser.until(lambda: row(browser, "STRANGE-1") == "", "the refusal")
    with pytest.raises(InvalidStatus):
        desk.connect("STRANGE-2")
    browser.until(lambda: "waits for approval" in row(browser, "STRANGE-2"), "another one")
    press(browser, "Approve")
    browser.shows("#stations-list .outcome", "STRANGE-2 may connect now.")
    with desk.connect("STRANGE-2") as station:
        boot = {"reason": "PowerUp", "chargingStation": {"vendorName": HOSTILE, "model": '"; --'}}
        station.send(json.dumps([2, "1", "BootNotification", boot]))
        browser.until(lambda: HOSTILE in row(browser, "STRANGE-2"), "what it calls itself")
        browser.find("#stations-list .filter").send_keys("img src")
        browser.until(lambda: row(browser, "LW-0001") == "", "the search")
        press(browser, "STRANGE-2")
        browser.shows(".station-bar", HOSTILE)
        press(browser, "Messages")
        browser.shows(".one-station .console", HOSTILE)
    assert browser.driver.execute_script("return document.querySelectorAll('main img').length") == 0
    csv = browser.evaluate(
        "../kit/csv.js", "return it.csvText(['a'], [[arguments[1]], [arguments[2]]])", "=HYPERLINK(1)", 'a"b'
    )
    assert csv == 'a\r\n\'=HYPERLINK(1)\r\n"a""b"\r\n'


def test_a_station_is_added_with_a_password_that_is_shown_once(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "stations")
    press(browser, "Add a station before it connects")
    browser.fill("station_id", "no / identity")
    press(browser, "Add", "#stations-list form")
    browser.shows("#stations-list form .outcome", "No identity of a station")
    browser.fill("station_id", "LATER-1")
    press(browser, "Add", "#stations-list form")
    browser.until(lambda: len(browser.text("#stations-list .token-text")) > 20, "the password")
    assert "The password of the station" in browser.text("#stations-list .token-new")
    browser.until(lambda: "offline" in row(browser, "LATER-1"), "the station in the list")
    browser.driver.get(f"{desk.url}/#/stations/NOBODY")
    browser.shows(".one-station", "No such station is known here")


def test_a_command_is_filled_in_sent_and_answered_by_the_station(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "stations/LW-0001")
    browser.shows(".evse-card", "EVSE 1")
    press(browser, "Ask for a message")
    browser.until(lambda: browser.find("#command-choice").get_property("value") == "TriggerMessage", "the command")
    press(browser, "Send")
    browser.shows(".answer", "Accepted")
    browser.find("#command-choice option[value=GetVariables]").click()
    set_field(browser, "getVariableData[0].variable.name", "NoSuchVariable", ".command")
    press(browser, "Send")
    browser.shows(".answer:first-child", "UnknownVariable")
    press(browser, "As JSON")
    area = browser.find(".json")
    area.clear()
    area.send_keys('{"getVariableData": "')
    browser.shows(".command > .outcome", "This is not a JSON object")
    area.clear()
    area.send_keys('{"getVariableData": []}')
    press(browser, "Send")
    browser.shows(".answer:first-child", "not carried out")
    browser.shows(".answer:first-child", "getVariableData")
    assert len(browser.driver.find_elements(By.CSS_SELECTOR, "#command-choice option")) > 50


def test_messages_of_one_station_stand_with_their_answers_and_are_filtered(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "stations/LW-0001/messages")
    browser.shows(".one-station .console", "SetChargingProfile")
    lines = browser.driver.find_elements(By.CSS_SELECTOR, ".one-station .frame")
    assert {line.find_element(By.CSS_SELECTOR, ".frame-station").get_attribute("textContent") for line in lines} == {
        "LW-0001"
    }
    browser.find(".one-station .filter").send_keys("NotifyEVChargingNeeds")
    browser.until(
        lambda: [line.text.split()[2] for line in lines if line.is_displayed()] == ["NotifyEVChargingNeeds"], "the filter"
    )
    next(line for line in lines if line.is_displayed()).click()
    browser.until(lambda: len(browser.driver.find_elements(By.CSS_SELECTOR, ".one-station details[open] pre")) == 2, "both")
    browser.until(lambda: row(browser, "SetChargingProfile"), "the messages that are kept")
    browser.find(".message-history .filter").send_keys("NotifyEVChargingNeeds")
    browser.until(lambda: row(browser, "SetChargingProfile") == "", "the action")
    assert "answered · Accepted" in row(browser, "NotifyEVChargingNeeds")
    browser.click(".message-history option[value=unanswered]")
    browser.shows(".message-history", "No such message")
    browser.until(lambda: row(browser, "NotifyEVChargingNeeds") == "", "the outcome")


def test_variables_are_asked_for_searched_and_set(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "stations/LW-0001/variables")
    browser.shows(".variables", "It has not told any yet")
    press(browser, "Ask the station")
    browser.until(lambda: row(browser, "AlignedDataCtrlr"), "the report")
    browser.find(".variables .filter").send_keys("HeartbeatInterval")
    browser.until(lambda: row(browser, "AlignedDataCtrlr") == "" and row(browser, "HeartbeatInterval"), "the search")
    press(browser, "Change", ".variables")
    browser.find(".variables td input").clear()
    browser.find(".variables td input").send_keys("600", Keys.ENTER)
    browser.shows(".variables > .outcome", "HeartbeatInterval: Accepted")
    browser.until(lambda: "600 s" in row(browser, "HeartbeatInterval"), "the new value")


def test_the_composite_schedule_is_drawn_and_the_profiles_are_listed(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "stations/LW-0001/profiles")
    browser.until(lambda: browser.find(".composite canvas").is_displayed(), "the picture")
    browser.until(lambda: row(browser, "TxProfile"), "the profile of the plan")
    press(browser, "As a table")
    browser.shows(".composite tbody", "16 A")
    browser.until(lambda: row(browser, "TxDefaultProfile"), "the fallback")


def test_service_is_asked_for_and_strangers_that_were_turned_away_are_listed(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "stations/LW-0001/service")
    browser.shows(".service", "Nothing is reserved")
    press(browser, "Have a log uploaded", ".service")
    set_field(browser, "location", "http://127.0.0.1/inside", ".service .add-form[open]")
    press(browser, "Ask the station", ".service")
    hint = ".service .add-form[open] [data-field=location] .field-hint"
    browser.shows(hint, "127.0.0.1 is inside the network of the CSMS")
    set_field(browser, "location", "https://example.com/logs/", ".service .add-form[open]")
    press(browser, "Ask the station", ".service")
    browser.shows(".service .add-form[open] .outcome", "The station refused: NotSupported")
    browser.until(lambda: "example.com" in row(browser, "DiagnosticsLog"), "the log in the list")
    with pytest.raises(InvalidStatus):
        desk.connect("STRANGE-3")
    press(browser, "Stations", "#views")
    browser.shows(".refusals", "Mostly: ")
    press(browser, "All, with what to do")
    browser.until(lambda: row(browser, "unknown station"), "the stranger")


def test_transactions_are_listed_and_saved_as_a_file(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "transactions")
    browser.until(lambda: "car connected" in row(browser, "LW-0001 · 1"), "the transaction")
    browser.until(lambda: re.search(r"As of 1[78]:\d\d:\d\d", browser.text(".view:not([hidden]) .loaded")), "its age")
    press(browser, "All as CSV")
    browser.shows("main .outcome[data-tone=good]", "1 transactions are in the file.")
    desk.place.stop("csms")
    browser.until(lambda: browser.find("html").get_attribute("data-link") == "down", "the lost link")
    browser.driver.execute_script("document.querySelector('.view:not([hidden]) .reload').click()")
    browser.shows(".view:not([hidden]) .loaded", "What is shown is as of")
    assert row(browser, "LW-0001 · 1")
    desk.place.start_csms(protected=True, accept_unknown=False)
    browser.until(lambda: browser.find("html").get_attribute("data-link") == "up", "the link")
    browser.until(lambda: "What is shown" not in browser.text(".view:not([hidden]) .loaded"), "the list anew")


def test_a_plan_says_why_and_older_ones_are_found(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "plans")
    browser.shows(".plans-view .plan-summary", "Waits until")
    browser.shows(".plans-view .plan-slots", "Other slots are cheaper")
    browser.until(lambda: row(browser, "LW-0001 · 1"), "the list of plans")
    browser.driver.execute_script("document.querySelector('.plans-view .records a').click()")
    browser.shows(".plans-view .card-head", "Those that hold now")
    browser.shows(".plans-view .plan-full", "Plan ")
    browser.driver.get(f"{desk.url}/#/plans/999999")
    browser.shows(".plans-view > .outcome", "There is no such plan")


def test_tokens_are_added_checked_blocked_and_deleted(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "tokens")
    browser.shows("main", "No token here")
    press(browser, "Add a token")
    form = ".add-form[open]"
    set_field(browser, "id_token", "04A1B2C3", form)
    set_field(browser, "owner", HOSTILE, form)
    set_field(browser, "stations", "LW-0001, NOBODY", form)
    press(browser, "Add", form)
    browser.shows(f"{form} [data-field=stations] .field-hint", "No station NOBODY is known")
    set_field(browser, "stations", "LW-0001", form)
    press(browser, "Add", form)
    browser.until(lambda: "accepted" in row(browser, "04A1B2C3"), "the token")
    assert HOSTILE in row(browser, "04A1B2C3")
    press(browser, "Block")
    browser.until(lambda: "blocked" in row(browser, "04A1B2C3"), "the lock")
    assert desk.ada.get("/api/tokens/04a1b2c3").json()["blocked"] is True
    press(browser, "Delete")
    press(browser, "Really delete it?")
    browser.until(lambda: row(browser, "04A1B2C3") == "", "the end of it")
    browser.shows(".view:not([hidden]) .outcome", "04A1B2C3 is deleted.")


def test_users_and_keys_are_made_and_taken_back_and_the_record_has_it_all(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "users")
    press(browser, "Add a user")
    set_field(browser, "name", "Bob", ".user-form")
    set_field(browser, "password", "short", ".user-form")
    press(browser, "Add", ".user-form")
    browser.shows(".user-form [data-field=password] .field-hint", "At least 10 characters")
    set_field(browser, "password", PASSWORD, ".user-form")
    browser.click("#user-role option[value=viewer]")
    browser.shows(".user-form", "Sees everything but users, keys and changes.")
    press(browser, "Add", ".user-form")
    browser.until(lambda: "Viewer" in row(browser, "Bob"), "the user")
    press(browser, "Make a key")
    set_field(browser, "name", "Script", ".keys")
    press(browser, "Make it", ".keys")
    browser.until(lambda: browser.text(".keys .token-text").startswith("lwk_"), "the key")
    press(browser, "Take back", ".keys")
    press(browser, "Really take it back?", ".keys")
    browser.until(lambda: row(browser, "Script") == "", "the end of the key")
    press(browser, "Delete")
    press(browser, "Really delete the user?")
    browser.until(lambda: row(browser, "Bob") == "", "the end of the user")
    press(browser, "Changes", "#views")
    browser.until(lambda: "done" in row(browser, "DELETE /api/users/Bob"), "the record")
    assert "Ada" in row(browser, "POST /api/keys")
    assert PASSWORD not in browser.text("main")


def test_a_fuse_is_set_and_a_wrong_one_is_told_beside_its_field(desk: Desk, browser: Browser) -> None:
    desk.enter(browser, "settings")
    browser.until(lambda: browser.find(".fuse-form [name=evse_max_current_a]").get_property("value") == "32", "the site")
    press(browser, "Add a fuse")
    set_field(browser, "name", "Garage", ".fuse")
    set_field(browser, "within", "Nothing", ".fuse")
    set_field(browser, "limit_a", "20", ".fuse")
    set_field(browser, "behind", "LW-0001", ".fuse")
    press(browser, "Save", ".fuse-form")
    browser.shows(".fuse [data-field=within] .field-hint", "There is no such fuse")
    set_field(browser, "within", "", ".fuse")
    press(browser, "Save", ".fuse-form")
    browser.shows(".fuse-form .outcome", "Saved.")
    assert [(fuse["name"], fuse["limit_a"]) for fuse in desk.ada.get("/api/site").json()["fuses"]] == [("Garage", 20)]
    press(browser, "Remove", ".fuse-form")
    press(browser, "Save", ".fuse-form")
    browser.until(lambda: desk.ada.get("/api/site").json()["fuses"] == [], "no fuse")


def offered(browser: Browser) -> list[str]:
    links = browser.driver.find_elements(By.CSS_SELECTOR, "#views [data-view]")
    return [str(link.get_attribute("data-view")) for link in links]


def test_who_may_not_do_it_is_not_offered_it(desk: Desk, browser: Browser) -> None:
    viewer, driver = desk.user("Vera", "viewer"), desk.user("Dora", "driver")
    desk.enter(browser, "stations/LW-0001", viewer)
    browser.shows(".one-station .evse-card", "EVSE 1")
    assert offered(browser) == ["home", "stations", "transactions", "plans", "tokens", "refusals", "settings", "account"]
    parts = browser.driver.find_elements(By.CSS_SELECTOR, ".subviews a")
    seen = ["state", "messages", "notices", "quirks", "variables", "monitors", "display", "service"]
    assert [part.get_attribute("data-part") for part in parts] == seen
    press(browser, "Quirks", ".subviews")
    browser.shows("[data-quirk=lenient] .quirk-holds", "no · usual")
    assert browser.find("[data-quirk=lenient] select").get_property("disabled")
    for part, none in {"monitors": "None is known", "display": "No message is known"}.items():
        press(browser, part.capitalize(), ".subviews")
        browser.shows(f".{part} .records-box", none)
    for part in ("quirks", "monitors", "display"):
        assert browser.driver.find_elements(By.CSS_SELECTOR, f".{part} :is([type=submit], .main, .danger)") == [], part
    assert browser.driver.find_elements(By.CSS_SELECTOR, ".one-station .quick a") == []
    press(browser, "Settings", "#views")
    browser.until(lambda: browser.find(".view .site [name=limit_w]").get_property("value") != "", "the site")
    assert browser.find(".view .site [name=limit_w]").get_property("readOnly")
    assert not browser.find(".view .site [type=submit]").is_displayed()
    desk.enter(browser, "users", driver)
    assert offered(browser) == ["own", "transactions", "account"]
    browser.shows("main", "No token is entered with your name yet")
    press(browser, "Transactions", "#views")
    browser.shows("main", "Yours are those begun with your tokens")
    browser.until(lambda: browser.find("html").get_attribute("data-link") == "up", "the link")
    press(browser, "Account", "#views")
    browser.shows("main", "Sees and steers the sessions of their own tokens.")


@pytest.mark.parametrize(("width", "height", "languages"), [(390, 844, ("de", "zh")), (1440, 900, ("de",))])
def test_no_view_sticks_out_is_blank_or_has_a_control_without_a_name(
    desk: Desk, browser: Browser, width: int, height: int, languages: tuple[str, ...]
) -> None:
    browser.sized(width, height)
    desk.enter(browser, "home")
    for language in languages:
        browser.click(f".language option[value={language}]")
        for view in VIEWS:
            browser.driver.execute_script("location.hash = `/${arguments[0]}`", view)
            is_well_made(browser, view)


NAMELESS = (
    "return [...document.querySelectorAll('input, select, textarea, button, a')].filter((one) => one.offsetParent"
    " && !(one.ariaHidden || one.ariaLabel || one.labels?.length || one.textContent.trim())).map((one) => one.outerHTML)"
)


def is_well_made(browser: Browser, view: str) -> None:
    shown = view.partition("/")[0]
    browser.until(lambda: browser.find("body").get_attribute("data-view") == shown, view)
    assert browser.sticks_out() == 0, view
    assert browser.driver.execute_script(NAMELESS) == [], view
    assert browser.driver.execute_script("return document.querySelector('main').innerText.length") > 20, view


def test_a_phone_has_the_rest_of_the_menu_behind_a_button_for_the_keyboard_too(desk: Desk, browser: Browser) -> None:
    browser.sized(390, 844)
    desk.enter(browser, "home")
    late = browser.find("#views [data-view=tokens]")
    assert not late.is_displayed()
    browser.driver.execute_script("document.querySelector('.more').focus()")
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    browser.until(late.is_displayed, "the rest of the menu")
    outline = browser.driver.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    late.send_keys(Keys.ENTER)
    browser.until(lambda: browser.find("body").get_attribute("data-view") == "tokens", "the tokens")
    assert not late.is_displayed()
    assert browser.find(".more").get_attribute("aria-current") == "page"
