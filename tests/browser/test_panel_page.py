from typing import Any

import msgspec
import pytest
from selenium.webdriver.common.keys import Keys

from ladewerk.simulator.acts import SetHouse, Unplug
from ladewerk.simulator.config import SimulatorConfig, UnitConfig, on_free_ports
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.scenario import Scenario, Step
from ladewerk.simulator.vehicle_settings import VehicleSettings
from tests.browser.conftest import Browser, Place

pytestmark = pytest.mark.browser


@pytest.fixture
def panel(place: Place, browser: Browser) -> Browser:
    """The panel of a simulator to which no station talks."""
    place.start_simulator()
    browser.open(place.simulator.panel_url)
    browser.shows(".sentence", "No vehicle is plugged in")
    return browser


def switch(browser: Browser, name: str, value: str = "on") -> None:
    """Press what stands for a fault, from the middle of the window: the header covers its top."""
    label = browser.find(f"label:has([name={name}]{'' if value == 'on' else f'[value={value}]'})")
    browser.driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", label)
    label.click()


def breaks(place: Place, browser: Browser, faults: Faults) -> None:
    browser.until(lambda: place.call(lambda: place.simulator.world.faults) == faults, repr(faults))


def test_a_vehicle_is_plugged_in_charges_and_is_pulled(place: Place, panel: Browser) -> None:
    panel.click("[data-action=plug_in]")
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
    panel.click("[data-action=press_start]")
    panel.shows(".place .outcome", "The start button was pressed.")
    panel.click("[data-action=press_stop]")
    panel.shows(".place .outcome", "The stop button was pressed.")
    assert [path for method, path in panel.requests() if method == "POST"] == ["/api/acts"] * 2


def test_every_fault_can_be_set_and_keeps_the_others(place: Place, panel: Browser) -> None:
    place.call(lambda: place.simulator.world.set_faults(Faults(meter_refuses=True)))
    panel.until(lambda: panel.find("[name=meter_refuses]").is_selected(), "what another broke")
    wanted: dict[str, Any] = {"meter_refuses": True}
    for name, default in msgspec.structs.asdict(Faults()).items():
        if default is False and name != "meter_refuses":
            switch(panel, name)
            wanted[name] = True
    for name, value in ONE_OF.items():
        switch(panel, name, value)
        wanted[name] = [value] if default_of(name) == () else value
    for name, (typed, meant) in TYPED.items():
        panel.fill(name, f"{typed}\n")
        wanted[name] = meant
    assert set(wanted) == set(Faults.__struct_fields__), "each fault has something to set it by"
    breaks(place, panel, msgspec.convert(wanted, Faults))
    panel.shows(".faults .chip", f"Broken: {len(wanted)}")
    switch(panel, "board_silent")
    panel.shows(".faults .chip", f"Broken: {len(wanted) - 1}")
    panel.click("[data-action=repair]")
    breaks(place, panel, Faults())
    panel.shows(".faults .chip", "All sound")
    assert panel.find("[name=board_loses_every]").get_attribute("value") == ""


ONE_OF = {
    "board_failure": "diode",
    "meter_null_phases": "b",
    "meter_reversed_phases": "c",
    "meter_errors": "no_load",
    "lock_feedback": "closed",
    "lock_relay_stuck": "unlock",
}
TYPED: dict[str, tuple[str, float]] = {
    "board_loses_every": ("3", 3),
    "board_garbles_every": ("4", 4),
    "board_delay_s": ("0,5", 0.5),
    "vehicle_swings_a": ("2,5", 2.5),
    "vehicle_overdraws_a": ("4", 4),
    "lock_jams_at": ("50", 0.5),
    "lock_slowness": ("3", 3),
}


def default_of(name: str) -> object:
    return getattr(Faults(), name)


def test_a_fault_lasts_as_long_as_is_said(place: Place, panel: Browser) -> None:
    panel.fill("for_s", "20\n")
    switch(panel, "meter_silent")
    breaks(place, panel, Faults(meter_silent=True))
    place.wait(25)
    breaks(place, panel, Faults())
    panel.shows(".faults .chip", "All sound")


def test_the_vehicle_is_changed_and_another_one_taken(place: Place, panel: Browser) -> None:
    panel.fill("soc", "120\n")
    assert panel.hint("soc") == "From 0 to 100 %"
    panel.fill("soc", "82,5\n")
    panel.shows("[data-quantity=soc]", "82.5 %")
    panel.fill("sleeps_after_s", "600\n")
    panel.click("[name=phases][value='1']")
    switch(panel, "ventilation")
    panel.until(lambda: vehicle(place).ventilation, "ventilation")
    assert (vehicle(place).soc, vehicle(place).sleeps_after_s, vehicle(place).phases) == (0.825, 600, 1)
    panel.click("[name=model] option[value=renault-zoe]")
    panel.until(lambda: vehicle(place).max_current_a == 32, "another make")
    panel.until(lambda: panel.find("[name=sleeps_after_s]").get_attribute("value") == "", "what is so of it")
    assert (vehicle(place).soc, vehicle(place).ventilation) == (0.825, False)
    panel.fill("min_current_a", "40\n")
    panel.shows(".vehicle .outcome", "That is no vehicle: min_current_a: expected at most max_current_a, 32 A")


def vehicle(place: Place) -> VehicleSettings:
    return place.call(lambda: place.simulator.world.vehicle_settings)


def test_the_house_is_turned_by_hand_and_given_back(place: Place, panel: Browser) -> None:
    panel.fill("household_w", "3,5\n")
    panel.fill("pv_w", "8\n")
    panel.shows("[data-quantity=grid]", "-4.5 kW")
    panel.shows(".house .chip", "Feeds into the grid")
    panel.click("[data-action=model_pv_w]")
    panel.shows("[data-quantity=grid]", "3.5 kW")
    assert panel.find("[name=pv_w]").get_attribute("value") == ""


def test_the_hardware_is_shown_while_it_moves(place: Place, panel: Browser) -> None:
    place.call(lambda: place.simulator.world.drive_lock(locking=True, unlocking=False))
    place.wait(2)
    panel.shows("[data-quantity=lock_position]", "100 %")
    panel.shows("[data-quantity=lock_contact]", "closed")
    panel.shows(".registers [data-row='1000']", "32")
    panel.shows(".registers [data-row='2005']", "0 3 9")
    panel.shows(".hardware [data-row='23']", "Relay: lock")
    panel.shows("[data-quantity=reached_meter]", place.simulator.meter_url)
    switch(panel, "board_unpowered")
    panel.shows(".registers", "The board has no power.")


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
    panel.click("[data-action=plug_in]")
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


def test_the_clock_is_the_place_s(place: Place, browser: Browser) -> None:
    browser.in_zone("Asia/Tokyo")
    place.start_simulator(on_free_ports(SimulatorConfig(time_zone="America/New_York")))
    browser.open(place.simulator.panel_url)
    browser.shows(".clock-time", "11:4")  # 16:40 UTC
    browser.shows(".clock-zone", "GMT-5")


def test_units_are_chosen_by_name_and_a_scenario_is_followed(place: Place, browser: Browser) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    steps = (Step(act=Unplug(unit="left")), Step(act=SetHouse(household_w=1000), after_s=1_000_000))
    config = on_free_ports(SimulatorConfig(units={"left": UnitConfig(), "right": UnitConfig()}))
    place.start_simulator(config, Scenario(title=hostile, steps=steps))
    browser.open(place.simulator.panel_url)
    browser.shows(".scenario", hostile)
    browser.shows(".step:first-child", "No vehicle is plugged in".lower())
    browser.shows(".step:last-child", "waiting")
    browser.shows(".scenario .card-head .chip", "Step 1 of 2")
    browser.click(".units label:has([value=right])")
    browser.click("[data-action=plug_in]")
    browser.shows(".place .card-head .chip", "Plugged in")
    assert place.call(lambda: [unit.vehicle.plugged for unit in place.simulator.site().units.values()]) == [False, True]
    browser.click(".units label:has([value=left])")
    browser.shows(".sentence", "No vehicle is plugged in")
    assert browser.driver.find_elements("css selector", ".scenario img") == []
