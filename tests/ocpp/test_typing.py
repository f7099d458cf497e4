"""What an editor would underline: small programs that strict type checkers, mypy and pyright, must accept or refuse."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

PROLOGUE = """\
from datetime import UTC, datetime
from ladewerk.ocpp import Context, Peer, PlainPeer, Router, v21
from ladewerk.signals import Signal

router = Router[dict[str, int]]()
AT = datetime(2026, 1, 5, tzinfo=UTC)

class Meter:
    read = Signal(float)
"""

RIGHT = """\
@router.on(v21.HeartbeatRequest)
async def heartbeat(ctx: Context[dict[str, int]], request: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    return v21.HeartbeatResponse(current_time=ctx.received_at)

@router.default(v21.HeartbeatRequest)
def not_ready(ctx: Context[dict[str, int]], request: v21.HeartbeatRequest) -> v21.HeartbeatResponse:
    return v21.HeartbeatResponse(current_time=ctx.received_at)

@router.observe(v21.HeartbeatRequest)
async def look(ctx: Context[dict[str, int]], request: v21.HeartbeatRequest) -> None: ...

router.in_order(v21.TransactionEventRequest, lambda request: request.transaction_info.transaction_id)

async def ask(peer: Peer[None], plain: PlainPeer) -> list[int]:
    answer = await peer.call(v21.ResetRequest(type=v21.ResetEnumType.IMMEDIATE), priority=1, ttl_s=5)
    answer.status.value.upper()
    queued = plain.submit(v21.HeartbeatRequest()).result()
    return [plain.call(v21.HeartbeatRequest()).current_time.year, queued.current_time.year]

def show(value: float) -> None: ...

Meter().read.connect(show)
Meter().read.emit(7.4)
"""

WRONG: dict[str, tuple[str, str, str]] = {
    "a field that is not there": ("v21.EVSEType(id=1, conector_id=2)", "call-arg", "reportCallIssue"),
    "a field that is missing": ("v21.EVSEType()", "call-arg", "reportCallIssue"),
    "a value of a wrong type": ('v21.EVSEType(id="1")', "arg-type", "reportArgumentType"),
    "a word for an enumeration": ('v21.ResetRequest(type="Immediate")', "arg-type", "reportArgumentType"),
    "a field of an answer that is not there": (
        "async def f(peer: Peer[None]) -> None: (await peer.call(v21.HeartbeatRequest())).interval",
        "attr-defined",
        "reportAttributeAccessIssue",
    ),
    "the same from a plain thread": (
        "def f(plain: PlainPeer) -> None: plain.call(v21.HeartbeatRequest()).interval",
        "attr-defined",
        "reportAttributeAccessIssue",
    ),
    "a call of what is no request": (
        "async def f(peer: Peer[None]) -> None: await peer.call(v21.HeartbeatResponse(current_time=AT))",
        "arg-type",
        "reportArgumentType",
    ),
    "a change of what is frozen": ("v21.EVSEType(id=1).id = 2", "misc", "reportAttributeAccessIssue"),
    "a handler that gives another answer": (
        (
            "@router.on(v21.ResetRequest)\n"
            "async def f(ctx: Context[dict[str, int]], request: v21.ResetRequest) -> v21.HeartbeatResponse:\n"
            "    return v21.HeartbeatResponse(current_time=AT)"
        ),
        "arg-type",
        "reportArgumentType",
    ),
    "a handler of another request": (
        (
            "@router.on(v21.ResetRequest)\n"
            "async def f(ctx: Context[dict[str, int]], request: v21.HeartbeatRequest) -> v21.ResetResponse: ..."
        ),
        "arg-type",
        "reportArgumentType",
    ),
    "a handler over another state": (
        "@router.on(v21.ResetRequest)\nasync def f(ctx: Context[str], request: v21.ResetRequest) -> v21.ResetResponse: ...",
        "arg-type",
        "reportArgumentType",
    ),
    "a handler that is not async": (
        (
            "@router.on(v21.HeartbeatRequest)\n"
            "def f(ctx: Context[dict[str, int]], request: v21.HeartbeatRequest) -> v21.HeartbeatResponse:\n"
            "    return v21.HeartbeatResponse(current_time=AT)"
        ),
        "arg-type",
        "reportArgumentType",
    ),
    "a default reply of another class": (
        (
            "@router.default(v21.ResetRequest)\n"
            "def f(ctx: Context[dict[str, int]], request: v21.ResetRequest) -> v21.HeartbeatResponse:\n"
            "    return v21.HeartbeatResponse(current_time=AT)"
        ),
        "arg-type",
        "reportArgumentType",
    ),
    "an order by a field that is not there": (
        "router.in_order(v21.ResetRequest, lambda request: request.transaction_id)",
        "attr-defined",
        "reportAttributeAccessIssue",
    ),
    "a slot for another value": (
        "def f(value: str) -> None: ...\nMeter().read.connect(f)",
        "arg-type",
        "reportArgumentType",
    ),
    "a slot with two arguments": (
        "def f(value: float, more: int) -> None: ...\nMeter().read.connect(f)",
        "arg-type",
        "reportArgumentType",
    ),
    "a value of another type announced": ('Meter().read.emit("7.4")', "arg-type", "reportArgumentType"),
    "a slot for another report": (
        "def f(value: str) -> None: ...\ndef g(peer: Peer[None]) -> None: peer.response_sent.connect(f)",
        "arg-type",
        "reportArgumentType",
    ),
}


PROGRAMS = {"right": RIGHT, **{f"wrong_{number}": text for number, (text, _, _) in enumerate(WRONG.values())}}


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    for name, text in PROGRAMS.items():
        (tmp_path / f"{name}.py").write_text(PROLOGUE + text + "\n")
    return tmp_path


def missed(errors: Mapping[str, list[str]], which: int) -> list[str]:
    """What is wrong and was not said to be, or not as that kind of error; ``which`` is where a row of WRONG has its kind."""
    rows = enumerate(WRONG.items())
    return [
        f"{what}: {errors[f'wrong_{number}'] or 'accepted'}"
        for number, (what, row) in rows
        if row[which] not in errors[f"wrong_{number}"]
    ]


def test_mypy_accepts_the_right_program_and_refuses_every_wrong_one(programs: Path) -> None:
    options = ["--strict", "--no-error-summary", "--no-pretty", "--config-file", "", "--disable-error-code", "empty-body"]
    cache = str(ROOT / ".mypy_cache" / "typing_test")
    run = subprocess.run(
        [sys.executable, "-m", "mypy", *options, "--cache-dir", cache, *(f"{name}.py" for name in PROGRAMS)],
        cwd=programs,
        env={"MYPYPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    errors: dict[str, list[str]] = {name: [] for name in PROGRAMS}
    for line in run.stdout.splitlines():
        file, _, error = line.partition(".py:")
        if ": error: " in error:
            errors[file].append(error.rpartition("[")[2].rstrip("]"))
    assert errors["right"] == []
    assert missed(errors, 1) == []


def test_pyright_accepts_the_right_program_and_refuses_every_wrong_one(programs: Path) -> None:
    settings = {"typeCheckingMode": "strict", "extraPaths": [str(ROOT / "src")], "pythonVersion": "3.11"}
    (programs / "pyrightconfig.json").write_text(json.dumps(settings))
    binaries = Path(sys.executable).parent
    run = subprocess.run(
        [binaries / "pyright", "--outputjson"],
        cwd=programs,
        env={**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    errors: dict[str, list[str]] = {name: [] for name in PROGRAMS}
    for found in json.loads(run.stdout)["generalDiagnostics"]:
        if found["severity"] == "error":
            errors[Path(found["file"]).stem].append(found["rule"])
    assert errors["right"] == []
    assert missed(errors, 2) == []
