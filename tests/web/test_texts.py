import json
import re
from pathlib import Path

import pytest

from ladewerk.csms.records import Mode, NeedState
from ladewerk.optimizer.problem import Reason
from ladewerk.refusals import Why
from ladewerk.station import wording
from ladewerk.station.unit.actions import EndReason
from ladewerk.station.unit.needs import Mode as StationMode
from ladewerk.station.unit.state import Phase

SOURCE = Path(__file__).parents[2] / "src" / "ladewerk"
KIT = SOURCE / "web" / "kit"
STATION = SOURCE / "station" / "web" / "page"
CSMS = SOURCE / "csms" / "web" / "page"
PANEL = SOURCE / "simulator" / "web" / "page"
LANGUAGES = ("en", "de", "zh")


def texts(folder: Path, language: str = "en") -> dict[str, str]:
    """A catalogue; the same key twice in one file is an error."""

    def once(pairs: list[tuple[str, str]]) -> dict[str, str]:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"twice: {sorted(key for key in keys if keys.count(key) > 1)}"
        return dict(pairs)

    found: dict[str, str] = json.loads((folder / "i18n" / f"{language}.json").read_text("utf-8"), object_pairs_hook=once)
    return found


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{[^}]*\}", text))


@pytest.mark.parametrize("folder", [KIT, STATION, CSMS, PANEL], ids=["kit", "station", "csms", "panel"])
@pytest.mark.parametrize("language", ["de", "zh"])
def test_every_language_says_the_same_things_about_the_same_values(folder: Path, language: str) -> None:
    english, other = texts(folder), texts(folder, language)
    assert set(english) == set(other)
    assert {key for key in english if placeholders(english[key]) != placeholders(other[key])} == set()
    assert [key for key, text in other.items() if not text.strip()] == []


@pytest.mark.parametrize(
    ("group", "codes"),
    [
        ("sentence", set(wording.SENTENCES)),
        ("error", set(wording.TROUBLES)),
        ("fault_name", set(wording.TROUBLES)),
        ("message", set(wording.MESSAGES)),
        ("problem", {*wording.REFUSALS, *wording.FIELD_ERRORS}),
        ("state", {phase.value for phase in Phase}),
        ("end", {reason.value for reason in EndReason}),
        ("mode", {mode.value for mode in StationMode}),
    ],
)
def test_the_page_can_say_every_code_of_the_station(group: str, codes: set[str]) -> None:
    known = texts(STATION) | texts(KIT)
    assert {code for code in codes if f"{group}.{code}" not in known} == set()


def test_the_page_can_say_every_fault_that_the_csms_finds_in_a_site() -> None:
    sources = [SOURCE / "csms" / "planning" / "site.py", *(SOURCE / "csms" / "api").glob("*.py")]
    said = {
        code for source in sources for code in re.findall(r'(?:code=|refused\(\d+, )"([a-z-]+)"', source.read_text("utf-8"))
    }
    known = texts(CSMS) | texts(KIT)
    assert "out-of-range" in said
    assert {code for code in said if f"problem.{code.replace('-', '_')}" not in known} == set()


def test_the_page_can_say_every_reason_mode_and_state_of_the_csms() -> None:
    wanted = {f"mode.{mode.value}" for mode in Mode}
    wanted |= {f"need_state.{state.value}" for state in NeedState}
    wanted |= {f"reason.{reason.value.replace(' ', '_')}" for reason in Reason}
    wanted |= {f"{group}.{why.value}" for group in ("refused", "remedy") for why in Why}
    assert wanted - set(texts(CSMS)) == set()


@pytest.mark.parametrize("page", [STATION, CSMS, PANEL], ids=["station", "csms", "panel"])
def test_every_text_a_page_names_is_there(page: Path) -> None:
    known = texts(page) | texts(KIT)
    scripts = "\n".join(
        path.read_text("utf-8") for folder in (page, KIT) for path in (*folder.glob("*.js"), *folder.glob("*.html"))
    )
    named = set(re.findall(r'"data-t(?:-label|-placeholder)?": "([^"]+)"', scripts))
    named |= set(re.findall(r'data-t(?:-label|-placeholder)?="([^"]+)"', scripts))
    named |= set(re.findall(r'\bt\("([^"]+)"', scripts))
    named |= set(re.findall(r'(?:label|hint): "([a-z_.]+)"', scripts))
    assert len(named) > 20
    assert named - set(known) == set()
