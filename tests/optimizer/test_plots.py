"""Pictures are drawn, whole and the same each time."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ladewerk.optimizer import Mode, Problem, solve
from ladewerk.optimizer.plots import plan_figure


def test_a_plan_is_drawn_as_svg_and_png(evening: Callable[[Mode], Problem], tmp_path: Path) -> None:
    problem = evening(Mode.BALANCED)
    svg, png = tmp_path / "plan.svg", tmp_path / "plan.png"
    plan_figure(problem, solve(problem), [svg, png])
    assert svg.read_text().startswith("<?xml")
    assert "</svg>" in svg.read_text()
    assert png.read_bytes().startswith(b"\x89PNG")
    again = tmp_path / "again.svg"
    plan_figure(problem, solve(problem), [again])
    assert again.read_bytes() == svg.read_bytes()


def test_two_cars_and_the_sun_and_no_limit_are_drawn(evening: Callable[[Mode], Problem], tmp_path: Path) -> None:
    problem = evening(Mode.CHEAPEST)
    count = len(problem.slot_s)
    site = replace(problem.site, limit_w=None, base_load_w=None, pv_w=(500.0,) * count)
    problem = replace(problem, site=site, evs=(problem.evs[0], replace(problem.evs[0], id="ev-2", energy_wh=0)))
    file = tmp_path / "two.svg"
    plan_figure(problem, solve(problem), [file])
    assert "</svg>" in file.read_text()
