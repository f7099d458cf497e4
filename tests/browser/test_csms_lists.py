"""The lists that are walked through by filter and page: transactions, and who was turned away."""

import json
from collections.abc import Iterator

import httpx
import pytest
from selenium.webdriver.common.by import By
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.browser.conftest import Browser
from tests.browser.desk import press
from tests.browser.garage import HOSTILE, Garage, opened

pytestmark = pytest.mark.browser

ROWS = ".records tbody tr"


@pytest.fixture(scope="module")
def garage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garage]:
    with opened(tmp_path_factory.mktemp("garage")) as garage:
        first, second = garage.charger("LW-0001"), garage.charger("LW-0002")
        for number in range(60):
            first.begin(f"CARD-{number % 3}", f"tx-{number}")
        second.begin(HOSTILE, "tx-dora")
        yield garage


def rows(browser: Browser) -> list[str]:
    """What each row of the list that is shown says."""
    script = (
        "return [...document.querySelectorAll(arguments[0])].filter((one) => one.offsetParent).map((one) => one.innerText)"
    )
    return [str(said).replace("\xa0", " ") for said in browser.driver.execute_script(script, ROWS)]


def seek(browser: Browser, label: str, text: str) -> None:
    field = next(
        one for one in browser.driver.find_elements(By.CSS_SELECTOR, f"input[aria-label='{label}']") if one.is_displayed()
    )
    field.clear()
    field.send_keys(text)


def test_transactions_are_found_by_station_and_token_and_page(garage: Garage, browser: Browser) -> None:
    garage.enter(browser, "transactions", garage.ada)
    browser.until(lambda: len(rows(browser)) == 50, "the first page")
    browser.until(lambda: HOSTILE in rows(browser)[0], "the token, as text")
    press(browser, "On ›")
    browser.until(lambda: len(rows(browser)) == 11, "the second page")
    assert "tx-0" in rows(browser)[-1]
    press(browser, "‹ Back")
    browser.until(lambda: len(rows(browser)) == 50, "the first page again")

    seek(browser, "Station", "LW-0002")
    browser.until(lambda: [HOSTILE in said for said in rows(browser)] == [True], "that of the station")
    seek(browser, "Token", "card-1")
    browser.shows(".view:not([hidden]) .empty:not([hidden])", "No transaction matches.")
    seek(browser, "Station", "")
    browser.until(lambda: len(rows(browser)) == 20, "those of the token")
    assert all("CARD-1" in said for said in rows(browser))

    garage.enter(browser, "transactions/LW-0002", garage.ada)
    browser.until(lambda: [HOSTILE in said for said in rows(browser)] == [True], "those of the station in the address")
    assert browser.driver.find_elements(By.CSS_SELECTOR, "main img") == []


def test_a_driver_filters_what_is_theirs_alone(garage: Garage, browser: Browser) -> None:
    garage.enter(browser, "transactions", garage.dora)
    browser.until(lambda: [HOSTILE in said for said in rows(browser)] == [True], "the own one")
    offered = browser.driver.find_elements(By.CSS_SELECTOR, "#transactions-stations option")
    assert [option.get_attribute("value") for option in offered] == ["LW-0002"]
    labels = [one.get_attribute("aria-label") for one in browser.driver.find_elements(By.CSS_SELECTOR, ".filter")]
    assert [one.is_displayed() for one in browser.driver.find_elements(By.CSS_SELECTOR, ".filter")] == [
        label == "Station" for label in labels
    ]


def test_who_was_turned_away_is_found_with_why_how_often_since_when_and_what_to_do(garage: Garage, browser: Browser) -> None:
    for identity in ("STRANGE-1", "STRANGE-1", "%3Cimg%20src=x%20onerror=alert(1)%3E"):
        with pytest.raises(InvalidStatus):
            connect(
                f"ws://127.0.0.1:{garage.place.csms.ocpp_port}/{identity}",
                subprotocols=[Subprotocol("ocpp2.1")],
                proxy=None,
            )
    with httpx.Client(base_url=garage.url) as stranger:
        stranger.put("/api/site", content=json.dumps({}))
    garage.enter(browser, "refusals", garage.ada)
    browser.until(lambda: len(rows(browser)) == 3, "what was refused")
    assert browser.driver.find_elements(By.CSS_SELECTOR, "main img") == []
    newest = rows(browser)[0]
    assert "not logged in" in newest
    assert "127.0.0.1" in newest
    assert "Log in; a program shows a key" in newest
    strange = next(said for said in rows(browser) if "STRANGE-1" in said)
    assert "\t2\t" in strange
    assert "05/01, 17:4" in strange
    press(browser, "not logged in · 1")
    browser.until(lambda: len(rows(browser)) == 1, "those of a reason")
    press(browser, "not logged in · 1")
    seek(browser, "Address, station or user", "strange-1")
    browser.until(lambda: ["STRANGE-1" in said for said in rows(browser)] == [True], "what was looked for")
    seek(browser, "Address, station or user", "nobody")
    browser.shows(".refusals .empty:not([hidden])", "Nothing that matches was refused.")


@pytest.mark.parametrize("language", ["en", "de", "zh"])
@pytest.mark.parametrize("size", [(390, 844), (1280, 800)])
def test_nothing_sticks_out_in_any_language(garage: Garage, browser: Browser, language: str, size: tuple[int, int]) -> None:
    for view, client in (
        ("refusals", garage.ada),
        ("transactions", garage.ada),
        ("stations", garage.ada),
        ("own", garage.dora),
    ):
        browser.sized(*size)
        garage.enter(browser, view, client)
        browser.evaluate("../kit/i18n.js", "await it.setLanguage(arguments[1])", language)
        browser.until(lambda: str(browser.find("html").get_attribute("lang")).startswith(language), "it")
        browser.find(f"body[data-view='{view}']")
        browser.find(".own-need" if view == "own" else ".records tbody tr, .refusals")
        assert browser.sticks_out() == 0, (view, language)
