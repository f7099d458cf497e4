"""``ladewerk plan``: the optimizer on the command line."""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ladewerk.clock import SystemClock
from ladewerk.errors import ConfigError, LadewerkError
from ladewerk.optimizer import Plan, Problem, plan_to_json, problem_from_json, solve


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add ``plan`` to the command line."""
    parser = subparsers.add_parser("plan", help="plan charging: a problem in, the best plan out, both JSON")
    parser.add_argument("problem", nargs="?", metavar="PROBLEM.json", help="the problem; standard input by default")
    parser.add_argument("--table", action="store_true", help="print a table to read instead of JSON")
    parser.add_argument("--plot", metavar="FILE", help="also draw the plan; FILE ends in .svg or .png")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Solve and print; PlanError and ConfigError fly to the caller."""
    plot = None if args.plot is None else _plot_path(args.plot)
    problem = problem_from_json(_read(args.problem))
    clock = SystemClock()
    began_s = clock.monotonic()
    plan = solve(problem)
    plan = replace(plan, solve_s=clock.monotonic() - began_s)
    if plot is not None:
        _draw(problem, plan, plot)
    if args.table:
        print(table(problem, plan))
    else:
        print(plan_to_json(plan).decode())
    return 0


def _read(name: str | None) -> bytes:
    if name is None:
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as err:
        raise ConfigError(name, f"a readable file is expected ({err.strerror})") from err


def _plot_path(name: str) -> Path:
    path = Path(name)
    if path.suffix.lower() not in {".svg", ".png"}:
        raise ConfigError(f"--plot {name}", "a file name that ends in .svg or .png is expected")
    return path


def _draw(problem: Problem, plan: Plan, path: Path) -> None:
    try:
        from ladewerk.optimizer.plots import plan_figure
    except ImportError as err:
        raise LadewerkError("--plot needs matplotlib: pip install 'ladewerk[all]'") from err
    try:
        plan_figure(problem, plan, [path])
    except OSError as err:
        raise LadewerkError(f"{path}: cannot be written ({err.strerror})") from err


def table(problem: Problem, plan: Plan) -> str:
    """The plan as aligned text: one line a slot, then one a car, then the site."""
    starts = problem.slot_starts()
    header = ["from", "to", f"{problem.currency}/kWh", "base W", "site W"]
    for ev in plan.evs:
        header += [f"{ev.id} A", "W", "because"]
    rows = [header]
    for slot, price in enumerate(problem.price_per_kwh):
        base_load_w = problem.site.base_load_w[slot] if problem.site.base_load_w is not None else 0.0
        row = [
            f"{starts[slot]:%m-%d %H:%M}",
            f"{starts[slot + 1]:%H:%M}",
            f"{price:.4f}",
            f"{base_load_w:.0f}",
            f"{plan.site.power_w[slot]:.0f}",
        ]
        for ev in plan.evs:
            row += [f"{ev.current_a[slot]:.2f}", f"{ev.power_w[slot]:.0f}", ev.reasons[slot].value]
        rows.append(row)
    lines = _aligned(rows)
    for ev in plan.evs:
        lines.append(
            f"{ev.id}: {ev.summary}. {ev.energy_wh / 1000:.2f} kWh for {ev.cost:.2f} {problem.currency}"
            f" ({ev.cost_if_at_once:.2f} at once), {ev.missing_wh / 1000:.2f} kWh missing"
        )
    lines.append(
        f"site: peak {plan.site.peak_w:.0f} W; objective {plan.objective:.4f}, bound {plan.bound:.4f},"
        f" gap {plan.gap:.2%}, {plan.solver}, {1000 * plan.solve_s:.1f} ms"
    )
    return "\n".join(lines)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if cell[:1].isalpha() else cell.rjust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
