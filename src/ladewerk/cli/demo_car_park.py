"""``ladewerk demo --stations 6``: an afternoon of six stations behind one limit, to watch or headless with a report."""

import argparse
import asyncio
import logging
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from ladewerk.cli.demo_progress import progress
from ladewerk.demo.car_park import CarPark
from ladewerk.demo.car_park_recording import Afternoon, Happening
from ladewerk.demo.car_park_report import Judgement, judge_afternoon, judged_rows, write_afternoon
from ladewerk.demo.car_park_run import Play, car_park
from ladewerk.demo.recording import ComplaintHandler
from ladewerk.demo.wiring import usual_port
from ladewerk.paced_loop import PacedLoop
from ladewerk.virtual_loop import VirtualLoop

_WATCHABLE_SPEED: Final = 60.0
_WEB_PORT: Final = 8080


def run_car_park(arguments: argparse.Namespace) -> int:
    """Run it; 0 where every car has its energy, the limit held and nothing was logged as an error."""
    scenario = CarPark(seed=arguments.seed)
    complaints = ComplaintHandler()
    logging.getLogger().addHandler(complaints)
    console = Console()

    def conclude(afternoon: Afternoon) -> int:
        afternoon.complaints += [
            f"{one.source}: {one.text}" for one in complaints.complaints if one.level in ("error", "critical")
        ]
        judgement = judge_afternoon(scenario, afternoon)
        _print(console, judgement)
        if arguments.out is not None:
            write_afternoon(arguments.out, scenario, afternoon, judgement)
            console.print(f"report: {arguments.out / 'report.html'}")
        return 1 if judgement.faults else 0

    with tempfile.TemporaryDirectory(prefix="ladewerk-demo-") as folder:
        if not arguments.headless:
            pace = arguments.speed or _WATCHABLE_SPEED
            with asyncio.Runner(loop_factory=lambda: PacedLoop(pace, terminals=False)) as runner:
                return runner.run(_watched(scenario, Path(folder), console, conclude))
        with (
            asyncio.Runner(loop_factory=VirtualLoop) as runner,
            progress(console, scenario.start, scenario.end, "the stations start") as seen,
        ):
            afternoon = runner.run(_afternoon(scenario, Path(folder), seen, console))
    return conclude(afternoon)


async def _afternoon(scenario: CarPark, folder: Path, seen: Callable[[datetime, str], None], console: Console) -> Afternoon:
    async with car_park(scenario, folder) as stage:
        play = Play(scenario, stage, seen)
        play.happened.connect(_teller(scenario, console))
        await play.play()
        return play.afternoon


def _teller(scenario: CarPark, console: Console) -> Callable[[Happening], None]:
    def tell(one: Happening) -> None:
        local = one.at.astimezone(scenario.start.tzinfo)
        console.print(f"{local:%H:%M} {one.station}: {one.what}", highlight=False, soft_wrap=True)

    return tell


async def _watched(scenario: CarPark, folder: Path, console: Console, conclude: Callable[[Afternoon], int]) -> int:
    """Until Ctrl-C, which ends the runner's task."""
    status = 0
    port = usual_port(_WEB_PORT)
    async with car_park(scenario, folder, web=f"127.0.0.1:{port}") as stage:
        stage.csms.started.connect(lambda csms: console.print(f"CSMS        {csms.web_url}"))
        console.print("Cars come and go from 16:00 on; the time runs faster than yours. Ctrl-C ends.")
        play = Play(scenario, stage, lambda _at, _what: None)
        play.happened.connect(_teller(scenario, console))
        with suppress(asyncio.CancelledError):
            await play.play()
            status = conclude(play.afternoon)
            console.print("The last car has left; the page stays until Ctrl-C.")
            await asyncio.Event().wait()
    return status


def _print(console: Console, judgement: Judgement) -> None:
    table = Table(title="Six stations behind one limit", title_justify="left")
    for heading in ("", "with Ladewerk", "beside"):
        table.add_column(heading)
    for row in judged_rows(judgement):
        table.add_row(*row)
    console.print(table)
    for check in judgement.checks:
        console.print(f"[{'green' if check.passed else 'red'}]{check}[/]", highlight=False, soft_wrap=True)
