"""What a user can set, type or click on is documented, and what the documents point to is there."""

import argparse
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

import ladewerk
from ladewerk.cli import COMMANDS
from ladewerk.csms.config import CsmsTable, SiteTable
from ladewerk.simulator.acts import WORDS
from ladewerk.simulator.config import SimulatorConfig
from ladewerk.simulator.faults import Faults
from ladewerk.simulator.scenario import Condition
from ladewerk.simulator.vehicle_settings import makes
from ladewerk.station.config import StationTable, UnitConfig

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def settings(kind: Any) -> Iterator[str]:
    """The names of all settings in ``kind`` and in the tables within it."""
    for name, hint in get_type_hints(kind).items():
        yield name.rstrip("_")
        for inner in (hint, *get_args(hint)):
            if isinstance(inner, type) and issubclass(inner, msgspec.Struct):
                yield from settings(inner)


@pytest.mark.parametrize(
    ("kinds", "page"),
    [((StationTable, UnitConfig), "station"), ((CsmsTable, SiteTable), "csms"), ((SimulatorConfig,), "simulator")],
)
def test_every_setting_is_documented(kinds: tuple[Any, ...], page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    tables = {
        "safety",
        "tls",
        "authorization",
        "stations",
        "evse",
        "meter",
        "lock",
        "tariff",
        "site",
        "keep",
        "crowd",
        "messages",
        "fuses",
        "wiring",
        "prices",
        "base_load",
        "vehicle",
        "household",
        "pv",
        "site_meter",
        "units",
        "board",
        "front",
        "events",
    }
    missing = {name for kind in kinds for name in settings(kind)} - tables
    assert {name for name in missing if not re.search(rf"(^|[{{, #]){name} *=", text, re.MULTILINE)} == set()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_a_command_is_documented(command: str) -> None:
    commands = argparse.ArgumentParser().add_subparsers()
    importlib.import_module(f"ladewerk.cli.{command.replace(' ', '_').replace('-', '_')}").add_parser(commands)
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    options = [option for action in commands.choices[command]._actions for option in action.option_strings]
    assert [option for option in options if option.startswith("--") and option != "--help" and option not in text] == []
    assert f"ladewerk {command}" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_points_to_is_there(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_modules_a_page_names_are_there(page: Path) -> None:
    names = re.findall(r"`((?:[a-z0-9_]+/)+[a-z0-9_]+\.py)`", page.read_text(encoding="utf-8"))
    roots = (ROOT, ROOT / "src", ROOT / "src" / "ladewerk")
    assert [name for name in names if not any((root / name).exists() for root in roots)] == []


def test_every_page_is_reached_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [page.name for page in PAGES[1:] if page.name != "README.md" and f"docs/{page.name}" not in readme] == []


def test_every_package_says_what_lives_there() -> None:
    packages = [info.name for info in pkgutil.walk_packages(ladewerk.__path__, "ladewerk.") if info.ispkg]
    assert packages
    assert [name for name in packages if not (importlib.import_module(name).__doc__ or "").strip()] == []


def test_every_fault_act_and_condition_of_a_scenario_is_documented() -> None:
    text = (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
    words = {*Faults.__struct_fields__, *Condition.__struct_fields__, *WORDS}
    assert {word for word in words if f"`{word}`" not in text} == set()
    models = (ROOT / "docs" / "simulator.md").read_text(encoding="utf-8")
    assert {name for name in makes() if f"| `{name}` |" not in models} == set()


def test_every_view_is_shown_at_both_sizes_and_in_both_colours() -> None:
    shown = (ROOT / "docs" / "pictures.md").read_text(encoding="utf-8")
    pictures = {path.stem for path in (ROOT / "docs" / "images").glob("*.webp")}
    looks = ("desk-light", "desk-dark", "phone-light", "phone-dark")
    views = {name.rsplit("-", 2)[0] for name in pictures}
    assert len(views) > 15
    assert pictures == {f"{view}-{look}" for view in views for look in looks}
    assert [name for name in sorted(pictures) if f'src="images/{name}.webp"' not in shown] == []
    assert [path.name for path in (ROOT / "docs" / "images").iterdir() if path.stat().st_size > 300_000] == []
