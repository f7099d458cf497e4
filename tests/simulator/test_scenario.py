"""The course of a scenario in a site, and what is wrong with a file that is none."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ladewerk.errors import ConfigError
from ladewerk.simulator.app import build_site
from ladewerk.simulator.config import SimulatorConfig, UnitConfig
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.scenario import Course, Scenario
from ladewerk.simulator.scenario_file import load_scenario
from ladewerk.simulator.site import Site

START = datetime(2026, 1, 5, 17, 40, tzinfo=UTC)
PAIR = {"left": UnitConfig(), "right": UnitConfig()}


def loaded(folder: Path, text: str, *units: str) -> Scenario:
    path = folder / "scenario.toml"
    path.write_text(dedent(text))
    return load_scenario(path, units or ("garage",))


def played(scenario: Scenario, hours: float = 3, every_s: float | None = None) -> tuple[Site, Course]:
    """The scenario in a site that somebody looks at now and then."""
    site = build_site(SimulatorConfig(time_zone="UTC"), START)
    course = Course(scenario, site, UTC)
    until_s = hours * 3600
    step_s = every_s or until_s
    while site.at_s < until_s:
        site.advance_to_s(min(until_s, site.at_s + step_s))
    return site, course


def moments(course: Course) -> list[tuple[float, str]]:
    return [((report.at - START).total_seconds(), report.outcome) for report in course.reports]


def test_steps_follow_each_other_by_the_clock_and_by_what_holds(tmp_path: Path) -> None:
    scenario = loaded(
        tmp_path,
        """
        [[steps]]
        at = "18:05"
        do = "plug in"
        [[steps]]
        when = { relay_closed = true, current_at_least_a = 15 }
        within_s = 60
        do = "set faults"
        faults = { relay_welded = true }
        for_s = 30
        [[steps]]
        after_s = 600.5
        do = "unplug"
        [[steps]]
        at = "18:00:30"
        do = "end"
        """,
    )
    site, course = played(scenario, hours=1520 / 3600)
    # A vehicle asks 2 s after the offer, the contactor closes a second later, the current follows after 2 s.
    assert moments(course) == [(1500, "done"), (1505, "done")]
    assert site.units["garage"].faults == Faults(relay_welded=True)
    site.advance_to_s(1536)
    assert site.units["garage"].faults == Faults()
    site.advance_to_s(3 * 3600)
    assert moments(course)[2:] == [(2105.5, "done")]
    site.advance_to_s(26 * 3600)
    assert moments(course)[3:] == [(86_400 + 1230, "done")]  # the clock next shows that tomorrow
    assert (course.over, course.ended, course.failed) == (True, True, False)


def test_in_the_night_in_which_the_clocks_change_the_clock_counts(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, '[[steps]]\nat = "06:00"\ndo = "plug in"\n')
    berlin = ZoneInfo("Europe/Berlin")
    start = datetime(2026, 3, 28, 23, 0, tzinfo=berlin)
    site = build_site(SimulatorConfig(time_zone="Europe/Berlin"), start)
    course = Course(scenario, site, berlin)
    site.advance_to_s(8 * 3600)
    assert [report.at.astimezone(UTC) for report in course.reports] == [datetime(2026, 3, 29, 4, 0, tzinfo=UTC)]


def test_what_does_not_come_in_time_ends_the_scenario(tmp_path: Path) -> None:
    scenario = loaded(
        tmp_path,
        """
        [[steps]]
        do = "plug in"
        [[steps]]
        after_s = 10
        when = { asleep = true }
        within_s = 50
        do = "unplug"
        [[steps]]
        do = "end"
        """,
    )
    _, course = played(scenario)
    assert moments(course) == [(0, "done"), (60, "late")]
    assert course.reports[1].why == "asleep=true did not come within 50 s"
    assert (course.failed, course.ended, course.over) == (True, True, True)


def test_what_is_refused_is_told_and_the_scenario_goes_on(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, '[[steps]]\ndo = "unplug"\n[[steps]]\nafter_s = 5\ndo = "plug in"\n')
    site, course = played(scenario)
    assert [(report.outcome, report.why) for report in course.reports] == [
        ("refused", "no vehicle is plugged in"),
        ("done", ""),
    ]
    assert site.units["garage"].vehicle.plugged


@pytest.mark.parametrize("every_s", [0.7, 33.3, 5000])
def test_how_often_one_looks_changes_nothing_about_the_course(tmp_path: Path, every_s: float) -> None:
    scenario = loaded(
        tmp_path,
        """
        [[steps]]
        do = "plug in"
        [[steps]]
        when = { soc_at_least = 0.45 }
        do = "set faults"
        faults = { vehicle_swings_a = 3 }
        [[steps]]
        when = { drawn_at_least_wh = 6000 }
        do = "set vehicle"
        vehicle = { model = "golf-gte" }
        [[steps]]
        when = { charging = false, pilot = "B" }
        do = "unplug"
        """,
    )
    site, course = played(scenario, hours=5, every_s=every_s)
    reference, expected = played(scenario, hours=5)
    assert moments(course) == moments(expected)
    assert len(course.reports) == 4
    assert site.units["garage"].drawn_wh == pytest.approx(reference.units["garage"].drawn_wh)


def test_what_somebody_changes_by_hand_is_seen_at_once(tmp_path: Path) -> None:
    scenario = loaded(tmp_path, '[[steps]]\nwhen = { plugged = true }\ndo = "press"\nbutton = "start"\n')
    site = build_site(SimulatorConfig(time_zone="UTC"), START)
    course = Course(scenario, site, UTC)
    site.advance_to_s(7.25)
    site.units["garage"].plug_in()
    site.look()
    assert moments(course) == [(7.25, "done")]
    assert site.units["garage"].is_pressed("start")


def test_units_behind_one_connection_share_its_house() -> None:
    site = build_site(SimulatorConfig(time_zone="UTC", units=PAIR), START)
    for unit in site.units.values():
        unit.plug_in()
    site.advance_to_s(60)
    assert site.ev_power_w == pytest.approx(2 * 16 * 3 * 230)
    assert site.grid_w == site.household_w + site.ev_power_w
    site.set_house(household_w=100, pv_w=30_000)
    assert site.grid_w == pytest.approx(100 + site.ev_power_w - 30_000)
    assert [unit.sample().household_w for unit in site.units.values()] == [100, 100]


def test_events_of_several_units_happen_at_the_one_they_name() -> None:
    said = {"units": PAIR, "events": ({"at": "17:50", "do": "plug in", "unit": "right"},), "time_zone": "UTC"}

    site = build_site(msgspec.convert(said, SimulatorConfig, from_attributes=True), START)
    site.advance_to_s(timedelta(minutes=11).total_seconds())
    assert [unit.vehicle.plugged for unit in site.units.values()] == [False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title = 'x'", "scenario.toml: missing key `steps`"),
        ("steps = []", "scenario.toml: steps: expected at least one [[steps]]"),
        ("[[steps]]\ndo = 'explode'", 'line 2: steps[0].do: expected one of "plug in", "unplug"'),
        ("[[steps]]\nat = '18:05'", "line 1: steps[0]: missing key `do`"),
        (
            "\n\n[[steps]]\ndo = 'plug in'\n[[steps]]\nat = '25:00'\ndo = 'end'",
            'line 6: steps[1].at: expected a time such as "18:05"',
        ),
        ("[[steps]]\nat = '18:05'\nafter_s = 3\ndo = 'end'", "line 3: steps[0].after_s: expected either at or after_s"),
        ("[[steps]]\nwithin_s = 3\ndo = 'end'", "line 2: steps[0].within_s: expected a condition, when, that it limits"),
        ("[[steps]]\nafter_s = -1\ndo = 'end'", "line 2: steps[0].after_s: expected a number >= 0.0"),
        ("[[steps]]\ndo = 'plug in'\nunit = 'cellar'", "line 3: steps[0].unit: there is no unit 'cellar'; expected garage"),
        (
            "[[steps]]\ndo = 'end'\nwhen = { unit = 'cellar' }",
            "line 3: steps[0].when.unit: there is no unit 'cellar'; expected garage",
        ),
        ("[[steps]]\ndo = 'end'\n[steps.when]\npilot = 'X'", 'line 4: steps[0].when.pilot: expected "A", "B", "C" or "D"'),
        ("[[steps]]\ndo = 'end'\nwhen = { relay = true }", "line 3: steps[0].when.relay: no such setting"),
        ("[[steps]]\ndo = 'unplug'\nfor_s = 3", "line 3: steps[0].for_s: no such setting"),
        (
            "[[steps]]\ndo = 'set faults'\nfaults = { bord_silent = true }",
            "line 3: steps[0].faults.bord_silent: no such setting",
        ),
        (
            "[[steps]]\ndo = 'set faults'\nfaults = { board_loses_every = 0 }",
            "line 3: steps[0].faults.board_loses_every: expected a whole number >= 1",
        ),
        ("[[steps]]\ndo = 'set vehicle'\nvehicle = { soc = 2 }", "line 3: steps[0].vehicle.soc: expected a number <= 1.0"),
        (
            "[[steps]]\ndo = 'set vehicle'\nvehicle = { model = 'ufo' }",
            "line 3: steps[0].vehicle.model: there is no vehicle 'ufo'",
        ),
        ("[[steps]]\ndo = 'set house'\npv_w = 'sun'", 'line 3: steps[0].pv_w: expected watts, or "model"'),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        loaded(tmp_path, text)
    assert said in str(refused.value)


def test_with_several_units_an_act_names_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"steps\[0\].unit: which unit\? expected left or right"):
        loaded(tmp_path, '[[steps]]\ndo = "plug in"', "left", "right")
