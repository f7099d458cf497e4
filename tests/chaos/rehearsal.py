"""One script from its seed to its verdict."""

import asyncio
import json
import logging
import sqlite3
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ladewerk.errors import DeviceUnreachable
from ladewerk.rehearsal.record import Record
from ladewerk.rehearsal.stage import Stage, set_stage
from ladewerk.station.unit.state import ENERGISED, Phase, UnitState
from ladewerk.virtual_loop import VirtualLoop
from tests.chaos.invariants import Invariants
from tests.chaos.player import Player, casting
from tests.chaos.script import Script

_REST_S: Final = 60.0
_CHARGES_WITHIN_S: Final = 120.0
_DRAIN_S: Final = 1000.0
"""Who missed its CSMS for long waits as long for the next attempt: 10 s and up to 10 at random, doubled five times."""
_LOOKS_EVERY_S: Final = 5.0
MEMORY: Final = Path("/dev/shm")
"""A disk in memory, where there is one: what is committed there costs no real fsync."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``broken`` is empty where everything held; ``record`` are JSON lines."""

    broken: tuple[str, ...]
    record: str


def rehearse(script: Script) -> Verdict:
    """Play ``script`` and judge it."""
    with (
        tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder,
        _complaints() as complaints,
        asyncio.Runner(loop_factory=VirtualLoop) as runner,
    ):
        runner.get_loop().set_exception_handler(lambda _loop, told: _note(complaints, told))
        broken, record = runner.run(_play(script, Path(folder)))
        broken += _books(script, Path(folder))
    return Verdict((*broken, *complaints), record)


def _note(complaints: list[str], told: dict[str, object]) -> None:
    """What nobody waited for; a program that was killed may leave that behind."""
    if "asyncgen" not in told and not isinstance(told.get("exception"), DeviceUnreachable):
        complaints.append(f"nobody waited: {told}")


async def _play(script: Script, folder: Path) -> tuple[list[str], str]:
    async with set_stage(casting(script), folder) as stage:
        record, invariants = Record(stage), Invariants(stage)
        player = Player(stage, invariants.limits, record)
        watching = asyncio.get_running_loop().create_task(invariants.watch())
        await player.play(script)
        await player.heal()
        broken = await _charge_again(stage, player)
        await _until(lambda: not _books(script, folder), _DRAIN_S)
        watching.cancel()
        if watching.done():
            broken.append(f"the watch ended: {watching.exception()!r}")
        died = [(name, error) for name, station in stage.stations.items() for error in station.died]
        died += [("csms", error) for error in stage.csms.died]
        broken += [f"{name} died: {_where(error)}" for name, error in died]
        return [*invariants.broken, *broken], record.text()


def _where(error: BaseException) -> str:
    """The error, and the lines that led to it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    trace = traceback.extract_tb(error.__traceback__)[-3:]
    return f"{error!r} in " + ", ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in trace)


async def _until(holds: Callable[[], bool], within_s: float) -> None:
    """Wait until it ``holds``, or the time is up."""
    loop = asyncio.get_running_loop()
    end_s = loop.time() + within_s
    while not holds() and loop.time() < end_s:  # noqa: ASYNC110  # not all of it is announced
        await asyncio.sleep(_LOOKS_EVERY_S)


async def _until_all(stage: Stage, hold: Callable[[UnitState], bool], within_s: float) -> None:
    """Wait until the states of all units ``hold``, or the time is up."""
    units = stage.unit_names
    await _until(lambda: all((unit := stage.control(name)) and hold(unit.state) for name in units), within_s)


def _rests(state: UnitState) -> bool:
    return state.phase in (Phase.IDLE, Phase.PLUGGED) and not state.locked


async def _charge_again(stage: Stage, player: Player) -> list[str]:
    """Whatever happened before: with everything repaired each unit charges a car again, after a reset at most."""
    for unit in stage.unit_names:
        player.press(unit, "stop")
    await _until_all(stage, _rests, _REST_S)
    broken = []
    for unit in stage.unit_names:
        player.press(unit, "reset")
    await _until_all(stage, _rests, _REST_S)
    for unit in stage.unit_names:
        world = stage.world(unit)
        if world.vehicle.plugged and not world.unplug():
            broken.append(f"{unit}: at the end the plug is held")
    await _until_all(stage, lambda state: state.phase is Phase.IDLE, _REST_S)
    for unit in stage.unit_names:
        control = stage.control(unit)
        if control is None or control.state.phase is not Phase.IDLE:
            broken.append(f"{unit}: at the end it is {control and control.state.phase}, {control and control.state.fault}")
        stage.world(unit).set_soc(0.2)
        stage.world(unit).plug_in()
    await asyncio.sleep(_REST_S)
    for unit in stage.unit_names:
        # A CSMS may have planned for the car already, and a plan may begin by itself.
        refused = player.press(unit, "direct")
        if refused == "request_open":
            refused = player.press(unit, "start")
        if refused not in (None, "already_running"):
            broken.append(f"{unit}: at the end it refuses to charge: {refused}")
    await _until_all(stage, lambda state: state.phase in ENERGISED, _CHARGES_WITHIN_S)
    for unit in stage.unit_names:
        control = stage.control(unit)
        if control is None or control.state.phase not in ENERGISED:
            broken.append(f"{unit}: at the end it does not charge: {control and control.state.phase}")
        player.press(unit, "stop")
    await _until_all(stage, _rests, _REST_S)
    return broken


def _books(script: Script, folder: Path) -> list[str]:
    """Every event of the stations is at the CSMS, once, and the numbers of each transaction have no gap."""
    broken = []
    compare = _compare_in_16 if script.versions == ("1.6",) else _compare
    with closing(sqlite3.connect(folder / "csms.sqlite3")) as csms:
        for station in script.stations:
            with closing(sqlite3.connect(folder / station / "journal.sqlite3")) as journal:
                here = sorted(journal.execute("select transaction_id, seq_no from events").fetchall())
                broken += [f"{station}: {line}" for line in compare(csms, journal, station.casefold())]
            numbers: dict[str, list[int]] = {}
            for transaction_id, seq_no in here:
                numbers.setdefault(transaction_id, []).append(seq_no)
            broken += [
                f"{station}: {name} has {all_of}" for name, all_of in numbers.items() if all_of != list(range(len(all_of)))
            ]
    return broken


def _compare(csms: sqlite3.Connection, journal: sqlite3.Connection, station: str) -> list[str]:
    """The same events here and there."""
    query = "select transaction_id, seq_no from transaction_events where station_key = ?"
    there = set(csms.execute(query, (station,)))
    here = set(journal.execute("select transaction_id, seq_no from events"))
    return [f"of {len(here)} events the CSMS lacks {here - there}, has besides {there - here}"] if there != here else []


def _compare_in_16(csms: sqlite3.Connection, journal: sqlite3.Connection, station: str) -> list[str]:
    """1.6 tells of transactions for somebody alone, by numbers of the CSMS: each is begun there once, and ended once."""
    query = "select event_type, count(*), count(distinct transaction_id) from transaction_events where station_key = ?"
    there = {kind: counts for kind, *counts in csms.execute(f"{query} group by event_type", (station,))}
    events = [json.loads(payload) for (payload,) in journal.execute("select payload from events")]
    known = {event["transactionInfo"]["transactionId"] for event in events if "idToken" in event}
    kinds = [event["eventType"] for event in events if event["transactionInfo"]["transactionId"] in known]
    return [
        f"of {number} transactions {kind} the CSMS has {there.get(kind)}"
        for kind, number in (("Started", len(known)), ("Ended", kinds.count("Ended")))
        if there.get(kind, [0, 0]) != [number, number]
    ]


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """What anybody logs at level error or above."""
    found: list[str] = []

    class _Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name == "ladewerk.station.messages":
                return  # what it has to tell of the faults of a script
            found.append(
                f"logged by {record.name}: {record.getMessage()}" + (f": {record.exc_info[1]!r}" if record.exc_info else "")
            )

    handler = _Collector(logging.ERROR)
    logging.getLogger().addHandler(handler)
    try:
        yield found
    finally:
        logging.getLogger().removeHandler(handler)
