"""``ladewerk demo``: everything wired up, in the browser or as one fast evening with a report."""

import argparse
import asyncio
import logging
import signal
import tempfile
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from ladewerk.cli.demo_progress import progress
from ladewerk.cli.pace import speed
from ladewerk.clock import LoopClock
from ladewerk.demo.evening import EveningFailed, Person
from ladewerk.demo.recording import ComplaintHandler, Recording
from ladewerk.demo.report import rows, write_report
from ladewerk.demo.scenario import MODES, Scenario
from ladewerk.demo.verdict import Verdict, judge
from ladewerk.demo.wiring import Programs, wired_up
from ladewerk.errors import ConfigError
from ladewerk.paced_loop import PacedLoop

_WATCHABLE_SPEED = 60.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "demo",
        help="hardware simulator, station, CSMS and both pages, wired up",
        description="One evening and night: a car arrives at 17:40, asks for 20 kWh by 06:30, gets a plan and charges.",
    )
    parser.add_argument(
        "--headless", action="store_true", help="no pages: run the evening as fast as it goes, then judge it"
    )
    parser.add_argument("--mode", choices=MODES, default="balanced", help="what the driver wants (default: balanced)")
    parser.add_argument(
        "--speed", metavar="N", type=speed, help="at most N times as fast as life (default: 60; headless: any)"
    )
    parser.add_argument(
        "--stations",
        metavar="N",
        type=int,
        choices=(1, 6),
        default=1,
        help="1: that evening; 6: an afternoon of six stations behind one limit, of which one is cut off for a while",
    )
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="another house, another noise (default: 1)")
    parser.add_argument("--out", metavar="DIR", type=Path, help="write report.html, the pictures and session.json there")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Run it; 0 where the car has its energy, the limit held and nothing was logged as an error."""
    if arguments.out is not None:
        _make_folder(arguments.out)  # before the work, not behind it
    if arguments.stations > 1:
        from ladewerk.cli.demo_car_park import run_car_park

        return run_car_park(arguments)
    scenario = Scenario(mode=arguments.mode, seed=arguments.seed)
    complaints = ComplaintHandler()
    logging.getLogger().addHandler(complaints)
    recording = Recording(complaints=complaints.complaints)
    console = Console()
    pace = arguments.speed or (None if arguments.headless else _WATCHABLE_SPEED)
    with (
        tempfile.TemporaryDirectory(prefix="ladewerk-demo-") as folder,
        asyncio.Runner(loop_factory=lambda: PacedLoop(pace)) as runner,
    ):
        evening = _evening(scenario, recording, Path(folder), console, headless=arguments.headless)
        finished = runner.run(evening)
    if not finished:
        return 0
    verdict = judge(scenario, recording)
    _print(console, scenario, verdict)
    if arguments.out is not None:
        write_report(arguments.out, scenario, recording, verdict)
        console.print(f"report: {arguments.out / 'report.html'}")
    for fault in verdict.faults:
        console.print(f"[red]not as it has to be:[/] {fault}")
    return 1 if verdict.faults else 0


async def _evening(scenario: Scenario, recording: Recording, folder: Path, console: Console, *, headless: bool) -> bool:
    """Whether the evening came to its end; it does not where Ctrl-C ended it."""
    clock = LoopClock(asyncio.get_running_loop(), scenario.start)
    async with (
        wired_up(scenario, clock, folder, for_people=not headless) as programs,
        httpx.AsyncClient(timeout=None, trust_env=False) as http,
    ):
        recording.connect(programs)
        person = Person(scenario, programs, clock, http)
        if headless:
            with progress(console, scenario.start, scenario.depart_at, "the car arrives") as seen:
                await person.live(seen)
            await _collect(recording, programs, http)
            return True
        return await _watched(person, recording, programs, http, console)


async def _watched(
    person: Person, recording: Recording, programs: Programs, http: httpx.AsyncClient, console: Console
) -> bool:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    console.print(f"station     {programs.station.web_url}")
    console.print(f"CSMS        {programs.csms.web_url}")
    console.print(f"hardware    {programs.simulator.panel_url}")
    console.print("A car arrives in ten minutes of its evening, which runs faster than yours. Ctrl-C ends; nothing is kept.")
    evening = asyncio.create_task(person.live(lambda _at, _what: None))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait((evening, stopped), return_when=asyncio.FIRST_COMPLETED)
    if evening.done():
        if (failure := evening.exception()) is not None:
            console.print(f"[red]the evening went another way:[/] {failure}")
        else:
            await _collect(recording, programs, http)
        console.print("The morning has come; the pages stay until Ctrl-C.")
        await stopped
        return evening.exception() is None
    evening.cancel()
    return False


async def _collect(recording: Recording, programs: Programs, http: httpx.AsyncClient) -> None:
    """What the CSMS has written down of the evening."""
    recording.transactions += (await http.get(f"{programs.csms.web_url}/api/transactions")).json()
    if not recording.plans:
        raise EveningFailed("the CSMS made no plan")


def _print(console: Console, scenario: Scenario, verdict: Verdict) -> None:
    table = Table(
        title=f"{scenario.energy_wh / 1000:g} kWh by {scenario.depart_at:%H:%M}, {scenario.mode}", title_justify="left"
    )
    for heading in ("", "with Ladewerk", "beside"):
        table.add_column(heading)
    for row in rows(scenario, verdict):
        table.add_row(*row)
    console.print(table)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise ConfigError("--out", f"{folder} is no folder that can be written: {err.strerror}") from err
