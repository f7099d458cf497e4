"""What an editor would underline: small programs that a strict type checker must accept or refuse at the marked line."""

import subprocess
import sys
from pathlib import Path

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

WRONG: dict[str, tuple[str, str]] = {
    "a field that is not there": ("v21.EVSEType(id=1, conector_id=2)", "call-arg"),
    "a field that is missing": ("v21.EVSEType()", "call-arg"),
    "a value of a wrong type": ('v21.EVSEType(id="1")', "arg-type"),
    "a word for an enumeration": ('v21.ResetRequest(type="Immediate")', "arg-type"),
    "a field of an answer that is not there": (
        "async def f(peer: Peer[None]) -> None: (await peer.call(v21.HeartbeatRequest())).interval",
        "attr-defined",
    ),
    "the same from a plain thread": (
        "def f(plain: PlainPeer) -> None: plain.call(v21.HeartbeatRequest()).interval",
        "attr-defined",
    ),
    "a call of what is no request": (
        "async def f(peer: Peer[None]) -> None: await peer.call(v21.HeartbeatResponse(current_time=AT))",
        "arg-type",
    ),
    "a change of what is frozen": ("v21.EVSEType(id=1).id = 2", "misc"),
    "a handler that gives another answer": (
        (
            "@router.on(v21.ResetRequest)\n"
            "async def f(ctx: Context[dict[str, int]], request: v21.ResetRequest) -> v21.HeartbeatResponse:\n"
            "    return v21.HeartbeatResponse(current_time=AT)"
        ),
        "arg-type",
    ),
    "a handler of another request": (
        (
            "@router.on(v21.ResetRequest)\n"
            "async def f(ctx: Context[dict[str, int]], request: v21.HeartbeatRequest) -> v21.ResetResponse: ..."
        ),
        "arg-type",
    ),
    "a handler over another state": (
        "@router.on(v21.ResetRequest)\nasync def f(ctx: Context[str], request: v21.ResetRequest) -> v21.ResetResponse: ...",
        "arg-type",
    ),
    "a handler that is not async": (
        (
            "@router.on(v21.HeartbeatRequest)\n"
            "def f(ctx: Context[dict[str, int]], request: v21.HeartbeatRequest) -> v21.HeartbeatResponse:\n"
            "    return v21.HeartbeatResponse(current_time=AT)"
        ),
        "arg-type",
    ),
    "a default reply of another class": (
        (
            "@router.default(v21.ResetRequest)\n"
            "def f(ctx: Context[dict[str, int]], request: v21.ResetRequest) -> v21.HeartbeatResponse:\n"
            "    return v21.HeartbeatResponse(current_time=AT)"
        ),
        "arg-type",
    ),
    "an order by a field that is not there": (
        "router.in_order(v21.ResetRequest, lambda request: request.transaction_id)",
        "attr-defined",
    ),
    "a slot for another value": ("def f(value: str) -> None: ...\nMeter().read.connect(f)", "arg-type"),
    "a slot with two arguments": ("def f(value: float, more: int) -> None: ...\nMeter().read.connect(f)", "arg-type"),
    "a value of another type announced": ('Meter().read.emit("7.4")', "arg-type"),
    "a slot for another report": (
        "def f(value: str) -> None: ...\ndef g(peer: Peer[None]) -> None: peer.response_sent.connect(f)",
        "arg-type",
    ),
}


def test_right_programs_pass_and_every_wrong_one_is_an_error_of_its_kind(tmp_path: Path) -> None:
    programs = {"right": RIGHT, **{f"wrong_{number}": text for number, (text, _) in enumerate(WRONG.values())}}
    for name, text in programs.items():
        (tmp_path / f"{name}.py").write_text(PROLOGUE + text + "\n")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--no-error-summary",
        "--no-pretty",
        "--config-file",
        "",
        "--cache-dir",
    ]
    cache = str(ROOT / ".mypy_cache" / "typing_test")
    files = [f"{name}.py" for name in programs]
    run = subprocess.run(
        [*command, cache, "--disable-error-code", "empty-body", *files],
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stderr == ""
    errors: dict[str, list[str]] = {name: [] for name in programs}
    for line in run.stdout.splitlines():
        file, _, error = line.partition(".py:")
        if ": error: " in error:
            errors[file].append(error)
    assert errors["right"] == []
    for number, (what, (_, kind)) in enumerate(WRONG.items()):
        said = errors[f"wrong_{number}"]
        assert [one for one in said if one.endswith(f"[{kind}]")], f"{what}: {said or 'accepted'}"
