"""Every bad problem gets one line with its JSON path and what was expected, exit status 2 and nothing on standard output."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ladewerk.cli import main

EV: dict[str, Any] = {"id": "a", "energy_wh": 3000, "max_current_a": 16}
GOOD: dict[str, Any] = {
    "start": "2026-01-05T17:00:00+01:00",
    "slot_s": 900,
    "price_per_kwh": [0.31, 0.22],
    "evs": [EV],
}
BERLIN = {"timezone": "Europe/Berlin"}
V2G = {"capacity_wh": 40_000, "soc": 0.5, "v2g": {"max_current_a": 16}}


def problem(**fields: Any) -> bytes:
    return json.dumps({**GOOD, **fields}).encode()


def ev(**fields: Any) -> bytes:
    return problem(evs=[{**EV, **fields}])


def battery(**fields: Any) -> bytes:
    return ev(battery={**V2G, **fields})


def raw(**fields: str) -> bytes:
    """A problem with values that are not JSON, or not JSON that Python would write."""
    text = json.dumps({**GOOD, **{name: f"@{name}@" for name in fields}})
    for name, value in fields.items():
        text = text.replace(f'"@{name}@"', value)
    return text.encode()


CASES: list[tuple[bytes, str]] = [
    # No problem at all.
    (b"", "$: a problem as JSON is expected, there is no text at all"),
    (b" \n\t", "$: a problem as JSON is expected, there is no text at all"),
    (b"\xff\xfe{\x00}\x00", "$: UTF-8 text is expected; byte 0 is not (invalid start byte)"),
    (problem(currency="@").replace(b"@", b"\xe9"), "$: UTF-8 text is expected; byte 160 is not"),
    (b"[]", "$: an object is expected, not a list"),
    (b"null", "$: an object is expected, not null"),
    (b'{"start": ', "$: JSON is expected; line 1, column 11: Expecting value"),
    (b'{"start": "x",\n "slot_s" 900}', "$: JSON is expected; line 2, column 11: Expecting ':' delimiter"),
    (problem() + b"}", "$: JSON is expected; line 1, column 147: Extra data"),
    (b"[" * 100_000, "$: an object is expected, not a list"),
    (raw(slot_s="[" * 100_000), "$.slot_s[0]: a number is expected, not a list"),
    (raw(slot_s='{"a":' * 100_000), "$.slot_s: a number or a list is expected, not an object"),
    (raw(slot_s="[NaN, " + "[" * 100_000), "$: a problem is expected: this JSON is nested too deeply"),
    # Numbers that are none.
    (raw(slot_s="NaN"), "$.slot_s: a finite number is expected, not NaN"),
    (raw(slot_s="[900, -Infinity]"), "$.slot_s[1]: a finite number is expected, not -Infinity"),
    (
        raw(evs='[{"id": "a", "energy_wh": Infinity, "max_current_a": 16}]'),
        "$.evs[0].energy_wh: a finite number is expected",
    ),
    (problem(slot_s="NaN"), "$.slot_s: a number or a list is expected, not a text"),
    (raw(slot_s="1e999"), "$.slot_s: a finite number is expected; this one is larger than numbers get"),
    (raw(slot_s="9" * 5000), "$.slot_s: a finite number is expected; this one is larger than numbers get"),
    (raw(slot_s="0x10"), "$: JSON is expected; line 1, column "),
    (problem(slot_s=True), "$.slot_s: a number or a list is expected, not true or false"),
    (problem(slots=2.5), "$.slots: a whole number is expected, not a number"),
    # Keys.
    (problem(surprise=1), "$.surprise: is not known; expected is one of start, slot_s, price_per_kwh, evs, timezone"),
    (problem(pirce_per_kwh=1), "$.pirce_per_kwh: is not known; did you mean price_per_kwh?"),
    (problem(site={"limit_kw": 1}), "$.site.limit_kw: is not known; did you mean limit_w?"),
    (ev(**{"a b\n\x1b[31m": 1}), '$.evs[0]["a b\\n\\u001b[31m"]: is not known; expected is one of id, energy_wh'),
    (battery(chemistry="LFP"), "$.evs[0].battery.chemistry: is not known; expected is one of capacity_wh"),
    (
        ev(battery={"v2g": {"max_curent_a": 1}}),
        "$.evs[0].battery.v2g.max_curent_a: is not known; did you mean max_current_a?",
    ),
    (b'{"slot_s": 1, "slot_s": 2}', "$.start: must be there, and is not"),
    (problem().replace(b'{"start"', b'{"slot_s": 60, "start"'), "$.slot_s: is expected once, and is there twice"),
    (
        ev(mode="cheapest").replace(b'"id"', b'"mode": "shortest", "id"'),
        "$.evs[0].mode: is expected once, and is there twice",
    ),
    (json.dumps({key: one for key, one in GOOD.items() if key != "start"}).encode(), "$.start: must be there, and is not"),
    (problem(evs=[{"id": "a", "max_current_a": 16}]), "$.evs[0].energy_wh: must be there, and is not"),
    # Times.
    (
        problem(start="2026-01-05T17:00:00"),
        "$.start: an offset behind the time is expected, as in 2026-01-05T17:00:00+01:00",
    ),
    (
        problem(start="tomorrow"),
        "$.start: a time with an offset such as 2026-01-05T17:00:00+01:00 is expected, not 'tomorrow'",
    ),
    (problem(start=5), "$.start: a text is expected, not a whole number"),
    (problem(start="2026-02-30T17:00:00Z"), "$.start: a time that exists is expected, not '2026-02-30T17:00:00Z'"),
    (problem(start="2026-01-05T17:00:00+25:00"), "$.start: a time that exists is expected"),
    (problem(start="9999-12-31T23:59:59-01:00"), "$.start: a year from 1970 to 2199 is expected, not 9999"),
    (ev(arrival="2026-01-05T18:00"), "$.evs[0].arrival: an offset behind the time is expected"),
    (
        ev(arrival="2026-01-05T18:00:00Z", departure="2026-01-05T18:30:00+01:00"),
        "$.evs[0].departure: a time after the arrival (2026-01-05T18:00:00+00:00) is expected",
    ),
    (problem(timezone="Europe/Bärlin"), "$.timezone: a time zone such as Europe/Berlin is expected, not 'Europe/Bärlin'"),
    (problem(timezone="../etc/passwd"), "$.timezone: a time zone such as Europe/Berlin is expected"),
    (problem(timezone="Europe"), "$.timezone: a time zone such as Europe/Berlin is expected"),
    (
        problem(**BERLIN, start="2026-03-29T02:30:00+01:00"),
        "$.start: a local time that exists is expected: clocks in Europe/Berlin go from 02:00 to 03:00 that day, past 2026-",
    ),
    (problem(**BERLIN, start="2026-03-29T02:30:00+02:00"), "$.start: a local time that exists is expected: clocks in"),
    (
        problem(**BERLIN, start="2026-07-05T17:00:00+01:00"),
        "$.start: the offset that Europe/Berlin has at that time, +02:00, is expected, not 2026-07-05T17:00:00+01:00",
    ),
    # Lengths.
    (problem(slot_s=[900]), "$.price_per_kwh: one value per slot, 1, is expected, not 2"),
    (problem(site={"pv_w": [1, 2, 3]}), "$.site.pv_w: one value per slot, 2, is expected, not 3"),
    (ev(last_current_a=[1]), "$.evs[0].last_current_a: one value per slot, 2, is expected, not 1"),
    (problem(slot_s=[]), "$.slot_s: at least one slot is expected"),
    (problem(price_per_kwh=0.3), "$.slots: the number of slots is expected, since no series says it"),
    (problem(slots=0), "$.slots: a number of at least 1 is expected, not 0"),
    (problem(slots=10_001), "$.slots: at most 10000 slots are expected, not 10001"),
    (problem(slots=10**18), "$.slots: at most 10000 slots are expected, not 1000000000000000000"),
    (problem(evs=[]), "$.evs: at least one EV is expected"),
    (problem(evs=[EV] * 20_001), "$.evs: at most 20000 EVs are expected with 2 slots, not 20001"),
    (problem(evs=[EV, EV]), "$.evs[1].id: an id that no other EV has is expected, not 'a'"),
    (problem(site={"phase_limit_a": [25, 25]}), "$.site.phase_limit_a: a list of 3 values is expected"),
    # Values.
    (ev(energy_wh=-1), "$.evs[0].energy_wh: a number of at least 0 is expected, not -1"),
    (ev(min_current_a=20), "$.evs[0].min_current_a: at most max_current_a (16 A) is expected, not 20 A"),
    (ev(phases=[4]), "$.evs[0].phases: different ones of 1, 2, 3 are expected, not [4]"),
    (ev(phases=[1, 1]), "$.evs[0].phases: different ones of 1, 2, 3 are expected, not [1, 1]"),
    (ev(phases=[]), "$.evs[0].phases: different ones of 1, 2, 3 are expected, not []"),
    (ev(phases=[1.5]), "$.evs[0].phases[0]: a whole number is expected, not a number"),
    (ev(mode="fast"), "$.evs[0].mode: balanced, shortest or cheapest is expected, not 'fast'"),
    (ev(id=""), "$.evs[0].id: 1 to 100 characters that can be printed are expected, not ''"),
    (ev(id="\x1b[2J"), "$.evs[0].id: 1 to 100 characters that can be printed are expected, not '\\x1b[2J'"),
    (ev(voltage_v=0), "$.evs[0].voltage_v: a number of at least 1 is expected, not 0"),
    (ev(current_step_a=0), "$.evs[0].current_step_a: a number of at least 0.01 is expected, not 0"),
    (ev(energy_wh=1e300), "$.evs[0].energy_wh: a number of at most 1e+07 is expected, not 1e+300"),
    (problem(slot_s=0), "$.slot_s[0]: a number of at least 1 is expected, not 0"),
    (problem(slot_s=1e-300), "$.slot_s[0]: a number of at least 1 is expected, not 1e-300"),
    (problem(site={"limit_w": -1}), "$.site.limit_w[0]: a number of at least 0 is expected, not -1"),
    (problem(price_per_kwh=[0.1, 1e12]), "$.price_per_kwh[1]: a number of at most 1e+09 is expected, not 1e+12"),
    (ev(last_current_a=[1, -1]), "$.evs[0].last_current_a[1]: a number of at least 0 is expected, not -1"),
    # Batteries.
    (battery(soc=1.5), "$.evs[0].battery.soc: a number of at most 1 is expected, not 1.5"),
    (
        battery(capacity_wh=None),
        "$.evs[0].battery.capacity_wh: a number is expected: v2g needs to know what is in the battery",
    ),
    (
        battery(v2g={"max_current_a": 16, "min_soc": 0.9, "max_soc": 0.6}),
        "$.evs[0].battery.v2g.min_soc: a number of at most 0.6",
    ),
]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[str(number) for number in range(len(CASES))])
def test_bad_input_is_named_by_its_json_path(
    text: bytes, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "problem.json"
    path.write_bytes(text)
    status = main(["plan", str(path), "--table"])
    said = capsys.readouterr()
    assert (status, said.out) == (2, "")
    assert said.err.startswith(f"ladewerk plan: {expected}")
    assert said.err.count("\n") == 1
    assert said.err.isprintable() or said.err[:-1].isprintable()


@pytest.mark.parametrize(
    "text", [b"", b"\xff", b'{"slot_s": ' * 50_000, raw(slot_s="NaN")], ids=["", "latin", "deep", "nan"]
)
def test_the_command_itself_shows_no_traceback(text: bytes) -> None:
    done = subprocess.run([sys.executable, "-m", "ladewerk", "plan"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"ladewerk plan: $")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    "text",
    [
        b"\xef\xbb\xbf" + problem(),
        problem(start="2026-01-05 17:00+01:00"),
        problem(**BERLIN, start="2026-10-25T02:30:00+01:00"),
        problem(**BERLIN, start="2026-10-25T02:30:00+02:00"),
        problem(**BERLIN, start="2026-03-29T01:30:00Z"),
        problem(evs=[{**EV, "id": "$a_b^"}], site={"limit_w": 0}),
        ev(departure="2026-01-05T16:00:00Z"),
        ev(max_current_a=0.1, min_current_a=0, voltage_v=1, energy_wh=1e7),
        problem(slot_s=7 * 86_400, price_per_kwh=[-1e9, 1e9]),
    ],
    ids=["mark", "space", "twice", "twice again", "utc", "maths", "gone", "little", "much"],
)
def test_what_is_odd_but_right_is_planned(text: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "problem.json"
    path.write_bytes(text)
    assert main(["plan", str(path), "--plot", str(tmp_path / "plan.svg")]) == 0
    assert json.loads(capsys.readouterr().out)["evs"]
