"""The monitors of a station on the page of the CSMS, and the events that it reports."""

from collections import deque
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from selenium.webdriver.support.ui import Select

from tests.browser.conftest import Browser
from tests.browser.desk import press, row, set_field
from tests.browser.telling_station import NOW, Stage, on_stage

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>"
POWER: dict[str, Any] = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}
HEAT: dict[str, Any] = {"component": {"name": "ChargingStation"}, "variable": {"name": "Temperature"}}
FORM = ".monitor-form"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with on_stage(tmp_path_factory.mktemp("csms")) as stage:
        about = {"dataType": "decimal", "supportsMonitoring": True}
        report = [
            POWER | {"variableAttribute": [{"value": "0"}], "variableCharacteristics": about | {"unit": "W"}},
            HEAT | {"variableAttribute": [{"value": "20"}], "variableCharacteristics": about | {"unit": "Celsius"}},
        ]
        stage.station.say("NotifyReport", {"requestId": 1, "generatedAt": NOW, "seqNo": 0, "reportData": report})
        yield stage


@pytest.fixture(autouse=True)
def _monitors(stage: Stage) -> None:
    built_in = {"id": 1, "value": 90, "type": "UpperThreshold", "severity": 1, "eventNotificationType": "HardWiredMonitor"}
    own = {"id": 7, "value": 60, "type": "Periodic", "severity": 8, "eventNotificationType": "CustomMonitor"}
    stage.station.monitors = {1: HEAT | built_in, 7: POWER | own}
    stage.station.answers.clear()
    told = httpx.post(f"{stage.url}/api/stations/LW-0001/commands/GetMonitoringReport", json={"requestId": 4})
    told.raise_for_status()
    while [one["monitor_id"] for one in stage.get("monitors")] != [1, 7]:
        stage.place.wait(0.1)


def test_the_station_is_asked_which_monitors_it_has(stage: Stage, browser: Browser) -> None:
    stage.enter(browser, "monitors")
    browser.until(lambda: "every 60 s" in row(browser, "EVSE 1 · Power"), "its own monitor")
    assert "8 · information" in row(browser, "EVSE 1 · Power")
    built_in = row(browser, "ChargingStation · Temperature")
    assert "above 90 Celsius" in built_in
    assert "built in" in built_in
    assert "Clear" not in built_in, "what is built in cannot be taken away"
    stage.station.monitors = {9: HEAT | {"id": 9, "value": 5, "type": "Delta", "severity": 6}}
    stage.station.monitors[9]["variable"] = {"name": HOSTILE}
    press(browser, "Ask the station", ".monitors")
    browser.until(lambda: row(browser, HOSTILE), "the other monitor")
    browser.until(lambda: row(browser, "EVSE 1 · Power") == "", "the end of the others")
    stage.station.monitors = {}
    press(browser, "Ask the station", ".monitors")
    browser.shows(".monitors .records-box", "None is known")
    assert browser.driver.execute_script("return document.querySelectorAll('main img').length") == 0


def test_a_monitor_is_set_changed_and_cleared(stage: Stage, browser: Browser) -> None:
    stage.enter(browser, "monitors")
    browser.until(lambda: row(browser, "EVSE 1 · Power"), "the monitors")
    press(browser, "Set a monitor", ".monitors")
    Select(browser.find("#monitor-variable")).select_by_visible_text("EVSE 1 · Power")
    press(browser, "Set", FORM)
    browser.shows(f"{FORM} [data-field=value] .field-hint", "Please fill this in")
    assert browser.text(f"{FORM} [data-field=value] .field-unit") == "W"
    set_field(browser, "value", "11000", FORM)
    Select(browser.find(f"{FORM} [name=severity]")).select_by_value("4")
    press(browser, "Set", FORM)
    browser.until(lambda: "above 11,000 W" in row(browser, "4 · error"), "the new monitor")
    wanted = {**POWER, "type": "UpperThreshold", "value": 11000, "severity": 4, "transaction": False}
    assert stage.station.last("SetVariableMonitoring")["setMonitoringData"] == [wanted]
    browser.click(".monitors [data-monitor='8'] button:first-child")
    set_field(browser, "value", "7000", FORM)
    press(browser, "Set", FORM)
    browser.until(lambda: "above 7,000 W" in row(browser, "4 · error"), "the change")
    assert stage.station.last("SetVariableMonitoring")["setMonitoringData"] == [wanted | {"value": 7000, "id": 8}]
    browser.click(".monitors [data-monitor='8'] .danger")
    press(browser, "Really clear it?", ".monitors")
    browser.until(lambda: row(browser, "4 · error") == "", "the end of the monitor")
    browser.shows(".monitors .outcome", "Monitor 8 is gone.")
    assert [one["monitor_id"] for one in stage.get("monitors")] == [1, 7]


@pytest.mark.parametrize(
    ("status", "field", "hint"),
    [
        ("UnknownComponent", "component", "The station knows no such component"),
        ("UnknownVariable", "variable", "The station knows no such variable there"),
        ("UnsupportedMonitorType", "type", "The station does not monitor this variable in this way"),
        ("Duplicate", "severity", "It has one of this kind and severity there already"),
        ("Rejected", "value", "The station does not take this: Rejected · ValueOutOfRange"),
    ],
)
def test_why_a_station_refuses_a_monitor_stands_beside_the_field(
    stage: Stage, browser: Browser, status: str, field: str, hint: str
) -> None:
    stage.enter(browser, "monitors")
    browser.until(lambda: row(browser, "EVSE 1 · Power"), "the monitors")
    press(browser, "Set a monitor", ".monitors")
    for name, text in {"component": "EVSE", "variable": "Power", "value": "5"}.items():
        set_field(browser, name, text, FORM)
    about = {"type": "UpperThreshold", "severity": 6, "component": {"name": "EVSE"}, "variable": {"name": "Power"}}
    said = {"status": status, **about, "statusInfo": {"reasonCode": "ValueOutOfRange"}}
    stage.station.answers["SetVariableMonitoring"] = deque([{"setMonitoringResult": [said]}])
    press(browser, "Set", FORM)
    browser.shows(f"{FORM} [data-field={field}] .field-hint", hint)
    assert [one["monitor_id"] for one in stage.get("monitors")] == [1, 7]


def test_which_monitors_run_and_what_is_told_is_chosen(stage: Stage, browser: Browser) -> None:
    stage.station.monitors[7].pop("eventNotificationType")
    stage.enter(browser, "monitors")
    browser.until(lambda: row(browser, "EVSE 1 · Power"), "the monitors")
    press(browser, "What it watches, and what it tells", ".monitors")
    Select(browser.find(".severity-choice")).select_by_visible_text("6 · warning")
    browser.click(".severity-choice + button")
    browser.shows(".monitors .outcome", "The station answered: Accepted")
    assert stage.station.last("SetMonitoringLevel") == {"severity": 6}
    Select(browser.find(".inline-form select")).select_by_visible_text("those built in alone")
    browser.click(".inline-form .danger")
    press(browser, "Really change it?", ".monitors")
    browser.until(lambda: row(browser, "EVSE 1 · Power") == "", "the end of the monitor that was set")
    assert stage.station.last("SetMonitoringBase") == {"monitoringBase": "HardWiredOnly"}


def test_events_stand_with_their_severity_and_come_by_themselves(stage: Stage, browser: Browser) -> None:
    stage.station.event("11500", severity=2, techInfo=HOSTILE)
    stage.enter(browser, "monitors")
    browser.until(lambda: "2 · system failure" in row(browser, "11500"), "the event")
    assert "11500 W" in row(browser, HOSTILE)
    # Before OCPP 2.1 an event names its monitor, which says how much it matters.
    stage.station.event("3600", variableMonitoringId=7, trigger="Periodic")
    browser.until(lambda: "8 · information" in row(browser, "3600"), "the next event")
    assert "monitor 7" in row(browser, "3600")
    stage.station.event("11000", severity=2, cleared=True)
    browser.until(lambda: "over again" in row(browser, "11000"), "the end of it")
    stage.station.event("1", eventNotificationType="HardWiredNotification")
    browser.until(lambda: "told by itself" in row(browser, "not said"), "one of which nobody says how much it matters")
    assert browser.driver.execute_script("return document.querySelectorAll('main img').length") == 0
