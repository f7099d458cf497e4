"""Pictures are drawn, whole and the same each time."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from matplotlib import font_manager

from ladewerk.errors import LadewerkError
from ladewerk.optimizer import Mode, Problem, solve
from ladewerk.optimizer.battery import Battery, V2g
from ladewerk.optimizer.plots import CHINESE_FONTS, LABELS, plan_figure


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


def test_t7_every_language_labels_the_drawing(evening: Callable[[Mode], Problem], tmp_path: Path) -> None:
    problem = evening(Mode.BALANCED)
    plan = solve(problem)
    for language, words in LABELS.items():
        assert set(words) == set(LABELS["en"])
        svg = tmp_path / f"{language}.svg"
        plan_figure(problem, plan, [svg], language)
        text = svg.read_text(encoding="utf-8")
        assert words["limit"] in text
        assert words["base"] in text
        assert words["after saves"].format(peak="", saved="", currency="")[:4] in text
    assert "spart 2,00 EUR" in (tmp_path / "de.svg").read_text(encoding="utf-8")
    assert "2.5" not in re.findall(r">([0-9.,]+)<", (tmp_path / "de.svg").read_text(encoding="utf-8"))


def test_a_png_in_chinese_needs_a_font_and_says_so(evening: Callable[[Mode], Problem], tmp_path: Path) -> None:
    problem = evening(Mode.BALANCED)
    known = {font.name for font in font_manager.fontManager.ttflist}
    png = tmp_path / "zh.png"
    if known & set(CHINESE_FONTS):
        plan_figure(problem, solve(problem), [png], "zh")
        assert png.exists()
    else:
        with pytest.raises(LadewerkError, match="needs a font such as Noto Sans CJK SC"):
            plan_figure(problem, solve(problem), [png], "zh")


def test_a_battery_that_gives_back_is_drawn_below_with_its_state_of_charge(
    evening: Callable[[Mode], Problem], tmp_path: Path
) -> None:
    problem = evening(Mode.CHEAPEST)
    battery = Battery(capacity_wh=60_000, soc=0.4, v2g=V2g(max_current_a=16))
    problem = replace(problem, evs=(replace(problem.evs[0], battery=battery),))
    svg = tmp_path / "v2g.svg"
    plan_figure(problem, solve(problem), [svg])
    text = svg.read_text(encoding="utf-8")
    assert "state of charge, %" in text
    assert "from the grid" in text


def test_more_cars_than_colours_are_drawn_as_one_and_names_mean_nothing(
    evening: Callable[[Mode], Problem], tmp_path: Path
) -> None:
    problem = evening(Mode.CHEAPEST)
    few = tuple(replace(problem.evs[0], id=name, energy_wh=1000) for name in ("$a_1$", "_hidden", "\N{HIGH VOLTAGE SIGN}"))
    plan_figure(replace(problem, evs=few), solve(replace(problem, evs=few)), [tmp_path / "few.svg"])
    assert "$a_1$" in (tmp_path / "few.svg").read_text(encoding="utf-8")
    many = replace(problem, evs=tuple(replace(problem.evs[0], id=f"ev{number}", energy_wh=1000) for number in range(8)))
    plan_figure(many, solve(many), [tmp_path / "many.svg"])
    assert "8 cars" in (tmp_path / "many.svg").read_text(encoding="utf-8")
