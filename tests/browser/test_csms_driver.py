"""What a driver sees and does on the page, and that it is theirs alone."""

from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By

from tests.browser.conftest import Browser
from tests.browser.garage import HOSTILE, Garage, opened

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def garage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Garage]:
    with opened(tmp_path_factory.mktemp("garage")) as garage:
        yield garage


def fill(browser: Browser, name: str, text: str) -> None:
    field = browser.find(f".own-need [data-field='{name}'] input")
    field.clear()
    field.send_keys(text)


def test_a_driver_says_the_need_sees_the_plan_and_stops(garage: Garage, browser: Browser) -> None:
    charger = garage.charger("LW-DORA")
    other = garage.charger("LW-EVE")
    other.begin("EVE-1", "tx-of-eve")
    garage.enter(browser, "", garage.dora)
    browser.shows("#views a[aria-current]", "My session")
    browser.shows(".own-none", "No session runs with your tokens")
    browser.shows(".own-none", HOSTILE)
    assert browser.driver.find_elements(By.CSS_SELECTOR, ".own img") == []

    charger.begin("dora-1", "tx-of-dora")
    browser.shows(".own-state h2", "LW-DORA · 1")
    browser.shows(".own-state .chip", "charging")
    browser.shows(".own-need", "Nobody has said yet what your car needs.")
    fill(browser, "energy_wh", "much")
    fill(browser, "depart_at", "25:00")
    browser.click(".own-need [type=submit]")
    assert browser.hint("energy_wh") == "A number, such as 7.5"
    assert browser.hint("depart_at") == "A time of day, such as 06:30"
    browser.shows(".own-need .outcome", "Nothing was sent.")
    assert garage.dora.get("/api/own").json()["sessions"][0]["need"] is None

    fill(browser, "energy_wh", "8")
    fill(browser, "depart_at", "06:30")
    browser.shows(".own-need [data-field='depart_at'] .field-hint", "in 12 h")
    browser.find(".own-need select option:nth-child(2)").click()
    browser.shows(".own-need [data-field='depart_at'] .field-hint", "in 36 h")
    browser.click(".own-need input[value=cheapest]")
    browser.click(".own-need [type=submit]")
    browser.shows(".own-need .outcome", "Taken down.")
    browser.shows(".own-need", "The station follows the plan.")
    need = garage.dora.get("/api/own").json()["sessions"][0]["need"]
    assert (need["energy_wh"], need["mode"], need["depart_at"][:16]) == (8000, "cheapest", "2026-01-07T05:30")
    browser.shows(".own-plan .plan-summary", "22:00")
    browser.find(".own-plan canvas")
    browser.click(".own-plan .plan-slots summary")
    browser.shows(".own-plan tbody", "Other slots are cheaper")
    assert browser.driver.find_elements(By.CSS_SELECTOR, ".own-need select option")[1].is_selected()

    charger.charge(2500)
    browser.shows(".own-state .facts", "2.5 kWh")
    browser.until(
        lambda: browser.find(".own-need [data-field='energy_wh'] input").get_attribute("value") == "5.5", "the rest"
    )
    assert "EVE" not in str(browser.driver.page_source)

    browser.click(".own-state .danger")
    browser.shows(".own-state .danger", "Really stop?")
    browser.click(".own-state .danger")
    browser.shows(".own-none", "No session runs with your tokens")
    browser.shows(".own-none", "The last one: 2.5 kWh at LW-DORA")
    assert len(garage.eve.get("/api/own").json()["sessions"]) == 1
