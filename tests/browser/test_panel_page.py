import pytest
from selenium.webdriver.common.keys import Keys

from ladewerk.simulator.evse_board import BoardFailure
from ladewerk.simulator.faults import Faults
from tests.browser.conftest import Browser, Place

pytestmark = pytest.mark.browser


@pytest.fixture
def panel(place: Place, browser: Browser) -> Browser:
    """The panel of a simulator to which no station talks."""
    place.start_simulator()
    browser.open(place.simulator.panel_url)
    browser.shows(".sentence", "No vehicle is plugged in")
    return browser


def switch(browser: Browser, name: str) -> None:
    browser.click(f"label:has([name={name}])")


def breaks(place: Place, browser: Browser, faults: Faults) -> None:
    browser.until(lambda: place.call(lambda: place.simulator.world.faults) == faults, repr(faults))


def test_a_vehicle_is_plugged_in_charges_and_is_pulled(place: Place, panel: Browser) -> None:
    panel.click("[data-action=plug-in]")
    panel.shows(".place .outcome", "Plugged in.")
    place.wait(60)
    panel.shows(".sentence", "The vehicle charges with 11.0 kW")
    panel.shows("[data-quantity=current]", "16 A × 3")
    panel.shows("[data-quantity=pilot]", "C · asks for power")
    panel.shows("[data-quantity=contactor]", "closed")
    panel.until(lambda: panel.text("[data-quantity=drawn]") not in {"–", "0.0 kWh"}, "energy")
    panel.click("[data-action=unplug]")
    panel.shows(".sentence", "No vehicle is plugged in")
    panel.click("[data-action=unplug]")
    assert panel.find("[data-action=unplug]").get_attribute("aria-disabled") == "true"
    panel.shows(".place .outcome", "No vehicle is plugged in")


def test_a_plug_that_is_locked_is_said_to_be(place: Place, panel: Browser) -> None:
    place.plug_in()
    place.call(lambda: place.simulator.world.drive_lock(locking=True, unlocking=False))
    place.wait(2)
    panel.until(lambda: panel.text("[data-quantity=lock]") == "locked", "the lock")
    panel.until(lambda: panel.find("[data-action=unplug]").get_attribute("aria-disabled"), "a grey button")
    panel.click("[data-action=unplug]")
    panel.shows(".place .outcome", "The lock holds the plug")


def test_a_finger_presses_the_buttons(panel: Browser) -> None:
    panel.requests()
    panel.click("[data-action='press/start']")
    panel.shows(".place .outcome", "The start button was pressed.")
    panel.click("[data-action='press/stop']")
    panel.shows(".place .outcome", "The stop button was pressed.")
    pressed = [path for method, path in panel.requests() if method == "POST"]
    assert pressed == ["/api/press/start", "/api/press/stop"]


def test_every_fault_can_be_set_and_keeps_the_others(place: Place, panel: Browser) -> None:
    place.call(lambda: place.simulator.world.set_faults(Faults(meter_refuses=True)))
    panel.until(lambda: panel.find("[name=meter_refuses]").is_selected(), "what another broke")
    for name in ("board_silent", "relay_welded", "meter_silent", "meter_frozen", "vehicle_ignores_offer"):
        switch(panel, name)
    panel.click("[name=board_failure][value=diode]")
    panel.click("[name=meter_null_phases][value=b]")
    panel.fill("board_loses_every", "3\n")
    panel.fill("vehicle_swings_a", "2,5\n")
    everything = Faults(
        board_silent=True,
        board_loses_every=3,
        board_failure=BoardFailure.DIODE,
        relay_welded=True,
        meter_silent=True,
        meter_refuses=True,
        meter_frozen=True,
        meter_null_phases=("b",),
        vehicle_swings_a=2.5,
        vehicle_ignores_offer=True,
    )
    breaks(place, panel, everything)
    panel.shows(".faults .chip", "Broken: 10")
    switch(panel, "board_silent")
    panel.shows(".faults .chip", "Broken: 9")
    panel.click("[data-action=repair]")
    breaks(place, panel, Faults())
    panel.shows(".faults .chip", "All sound")
    assert panel.find("[name=board_loses_every]").get_attribute("value") == ""


def test_the_battery_is_set(place: Place, panel: Browser) -> None:
    panel.fill("soc", "120")
    panel.click(".soc [type=submit]")
    assert panel.hint("soc") == "From 0 to 100 %"
    panel.fill("soc", "82,5")
    panel.click(".soc [type=submit]")
    panel.shows("[data-quantity=soc]", "82.5 %")
    assert place.call(lambda: place.simulator.world.vehicle.battery.soc) == 0.825


def test_a_number_that_cannot_be_meant_is_not_sent(place: Place, panel: Browser) -> None:
    panel.requests()
    for typed, hint in {"0": "From 1 to 1,000", "2.5": "A whole number", "many": "A number, such as 7.5"}.items():
        field = panel.find("[name=board_loses_every]")
        field.send_keys(Keys.CONTROL + "a")
        field.send_keys(typed, Keys.ENTER)
        assert panel.hint("board_loses_every") == hint
    assert [path for method, path in panel.requests() if method == "PUT"] == []


def test_a_simulator_that_is_gone_is_said_to_be(place: Place, panel: Browser) -> None:
    place.stop("simulator")
    panel.shows(".clock", "No connection since")
    panel.click("[data-action=plug-in]")
    panel.shows(".place .outcome", "No answer: the program cannot be reached.")


def test_the_panel_speaks_three_languages(panel: Browser) -> None:
    for language, sentence, fault in (
        ("de", "Kein Fahrzeug eingesteckt", "Platine schweigt"),
        ("zh", "没有车辆插枪", "控制板无应答"),
    ):
        panel.click(f".language option[value={language}]")
        panel.shows(".sentence", sentence)
        panel.shows(".faults", fault)
    panel.driver.refresh()
    panel.shows(".sentence", "没有车辆插枪")


@pytest.mark.parametrize("language", ["en", "de", "zh"])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 800)])
def test_nothing_sticks_out_sideways(panel: Browser, language: str, width: int, height: int) -> None:
    panel.sized(width, height)
    panel.click(f".language option[value={language}]")
    panel.until(lambda: panel.text(".sentence") != "", "the page")
    assert panel.sticks_out() == 0
