"""``ladewerk plan``: the optimizer on the command line."""

import argparse
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar
from unicodedata import east_asian_width

from ladewerk.clock import SystemClock
from ladewerk.errors import ConfigError, LadewerkError
from ladewerk.optimizer import LANGUAGES, Plan, Problem, plan_to_json, problem_from_json, solve, summarize
from ladewerk.optimizer.phrases import REASONS, number

_T = TypeVar("_T")

PATIENCE_S: Final = 1.0
"""Work that takes longer says on a terminal that it goes on."""

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "header": "from,to,base W,site W,A,W,because",
        "car": "{car}: {sentence}. {energy} kWh for {cost} {currency} ({at_once} at once, {hurried}), {missing} kWh missing",
        "full": "full {complete}",
        "not full": "not full",
        "site": "site: peak {peak} W; objective {objective}, bound {bound}, gap {gap}%, {solver}, {took} ms",
        "working": "planning {evs} EVs over {slots} slots: {seconds} s",
    },
    "de": {
        "header": "von,bis,Grundlast W,gesamt W,A,W,weil",
        "car": "{car}: {sentence}. {energy} kWh für {cost} {currency} (sofort {at_once}, {hurried}), {missing} kWh fehlen",
        "full": "voll {complete}",
        "not full": "nicht voll",
        "site": "Standort: Spitze {peak} W; Zielwert {objective}, Schranke {bound}, Lücke {gap} %, {solver}, {took} ms",
        "working": "plane {evs} Autos über {slots} Abschnitte: {seconds} s",
    },
    "zh": {
        "header": "从,到,基础 W,合计 W,A,W,原因",
        "car": "{car}：{sentence}。{energy} kWh，{cost} {currency}（立即充电 {at_once}，{hurried}），缺 {missing} kWh",
        "full": "{complete} 充满",
        "not full": "充不满",
        "site": "站点：峰值 {peak} W；目标值 {objective}，下界 {bound}，差距 {gap}%，{solver}，{took} ms",
        "working": "正在为 {evs} 辆车规划 {slots} 个时段：{seconds} s",
    },
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``plan`` to the command line."""
    parser = subparsers.add_parser("plan", help="plan charging: a problem in, the best plan out, both JSON")
    parser.add_argument("problem", nargs="?", metavar="PROBLEM.json", help="the problem; standard input by default")
    parser.add_argument("--table", action="store_true", help="print a table to read instead of JSON")
    parser.add_argument("--plot", metavar="FILE", help="also draw the plan; FILE ends in .svg or .png")
    parser.add_argument(
        "--language", choices=LANGUAGES, default="en", help="of the sentences, the table and the picture (default: en)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Solve and print; PlanError and ConfigError fly to the caller."""
    plot = None if args.plot is None else _plot_path(args.plot)
    problem = problem_from_json(_read(args.problem))
    clock = SystemClock()
    began_s = clock.monotonic()
    plan = _patiently(lambda: solve(problem), problem, args.language)
    plan = replace(plan, solve_s=clock.monotonic() - began_s)
    if plot is not None:
        _draw(problem, plan, plot, args.language)
    if args.table:
        _write(table(problem, plan, args.language))
    else:
        summaries = None
        if args.language != "en":
            summaries = {ev.id: summarize(problem, plan, ev.id, args.language) for ev in plan.evs}
        _write(plan_to_json(plan, summaries).decode())
    return 0


def _read(name: str | None) -> bytes:
    if name is None:
        if sys.stdin.isatty():
            print("reading the problem from the terminal; end it with Ctrl+D", file=sys.stderr)
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except (OSError, ValueError) as err:
        why = err.strerror if isinstance(err, OSError) else err
        raise ConfigError(name, f"a readable file is expected ({why})") from err


def _plot_path(name: str) -> Path:
    path = Path(name)
    if path.suffix.lower() not in {".svg", ".png"}:
        raise ConfigError(f"--plot {name}", "a file name that ends in .svg or .png is expected")
    return path


def _patiently(work: Callable[[], _T], problem: Problem, language: str) -> _T:
    """What ``work`` returns or raises; a terminal is told how long it has been going on."""
    if not sys.stderr.isatty():
        return work()
    done: list[_T] = []
    failed: list[BaseException] = []

    def labour() -> None:
        try:
            done.append(work())
        except BaseException as err:  # noqa: BLE001  # handed to the caller below
            failed.append(err)

    thread = threading.Thread(target=labour, daemon=True)
    thread.start()
    seconds = 0
    thread.join(PATIENCE_S)
    while thread.is_alive():
        seconds += 1
        line = _WORDS[language]["working"].format(evs=len(problem.evs), slots=len(problem.slot_s), seconds=seconds)
        print(f"\r{line} ", end="", file=sys.stderr, flush=True)
        thread.join(1.0)
    if seconds:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
    if failed:
        raise failed[0]
    return done[0]


def _draw(problem: Problem, plan: Plan, path: Path, language: str) -> None:
    try:
        from ladewerk.optimizer.plots import plan_figure
    except ImportError as err:
        raise LadewerkError("--plot needs matplotlib: pip install 'ladewerk[all]'") from err
    try:
        plan_figure(problem, plan, [path], language)
    except OSError as err:
        raise LadewerkError(f"{path}: cannot be written ({err.strerror})") from err


def _write(text: str) -> None:
    """Print UTF-8 whatever the locale says; a reader who goes early, as ``head`` does, is no failure."""
    try:
        sys.stdout.buffer.write(f"{text}\n".encode())
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Python would complain once more when it closes standard output.
        sys.stdout = None


def table(problem: Problem, plan: Plan, language: str = "en") -> str:
    """The plan as aligned text: one line a slot, then one a car, then the site."""
    words, reasons = _WORDS[language], REASONS[language]
    begin, end, base, site, amps, watts, because = words["header"].split(",")
    starts = problem.slot_starts()
    header = [begin, end, f"{problem.currency}/kWh", base, site]
    for ev in plan.evs:
        header += [f"{ev.id} {amps}", watts, because]
    rows = [header]
    for slot, price in enumerate(problem.price_per_kwh):
        base_load_w = problem.site.base_load_w[slot] if problem.site.base_load_w is not None else 0.0
        row = [
            f"{starts[slot]:%m-%d %H:%M}",
            f"{starts[slot + 1]:%H:%M}",
            number(price, 4, language),
            f"{base_load_w:.0f}",
            f"{plan.site.power_w[slot]:.0f}",
        ]
        for ev in plan.evs:
            row += [number(ev.current_a[slot], 2, language), f"{ev.power_w[slot]:.0f}", reasons[ev.reasons[slot]]]
        rows.append(row)
    lines = _aligned(rows)
    lines += [_car_line(problem, plan, ev.id, language) for ev in plan.evs]
    lines.append(
        words["site"].format(
            peak=f"{plan.site.peak_w:.0f}",
            objective=number(plan.objective, 4, language),
            bound=number(plan.bound, 4, language),
            gap=number(100 * plan.gap, 2, language),
            solver=plan.solver,
            took=number(1000 * plan.solve_s, 1, language),
        )
    )
    return "\n".join(lines)


def _car_line(problem: Problem, plan: Plan, ev_id: str, language: str) -> str:
    ev, words = plan.ev(ev_id), _WORDS[language]
    hurried = words["not full"]
    if ev.complete_if_at_once is not None:
        hurried = words["full"].format(complete=f"{ev.complete_if_at_once:%H:%M}")
    return words["car"].format(
        car=ev.id,
        sentence=summarize(problem, plan, ev.id, language),
        energy=number(ev.energy_wh / 1000, 2, language),
        cost=number(ev.cost, 2, language),
        at_once=number(ev.cost_if_at_once, 2, language),
        hurried=hurried,
        missing=number(ev.missing_wh / 1000, 2, language),
        currency=problem.currency,
    )


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Words to the left, numbers to the right; a Chinese sign is as wide as two letters."""
    widths = [max(_width(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell + " " * (width - _width(cell)) if cell[:1].isalpha() else " " * (width - _width(cell)) + cell
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
