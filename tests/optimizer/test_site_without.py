"""A site is planned whatever is installed: without highspy, without a compiled kernel, without both."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import ladewerk
from ladewerk.optimizer.site_kernel import library

ROOT = Path(__file__).parents[2]
ASK = """
import json, sys
for name in {missing!r}:
    sys.modules[name] = None
from dataclasses import replace
from ladewerk.optimizer import Mode, solve
from tests.optimizer.site_cases import random_site
from tests.optimizer.site_oracle_free import violations
out = []
for seed in range(4):
    for least in (0.0, 6.0):
        problem = random_site(seed, cars=3 + seed, slots=12, min_current_a=least, mode=None if least else Mode.CHEAPEST)
        plan = solve(problem)
        out.append([plan.solver, plan.bound <= plan.objective, violations(problem, plan), 0.0 <= plan.gap <= 1.0])
print(json.dumps({{"plans": out, "loaded": [name for name in ("numpy", "highspy") if sys.modules.get(name)]}}))
"""


def asked(source: Path, missing: list[str]) -> tuple[list[tuple[str, bool, list[str], bool]], list[str]]:
    """The plans that a fresh Python makes with the package in ``source`` and without the modules ``missing``."""
    finished = subprocess.run(
        [sys.executable, "-c", ASK.format(missing=missing)],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": f"{source}:{ROOT}", "PATH": "/usr/bin:/bin"},
    )
    told = json.loads(finished.stdout)
    return [tuple(plan) for plan in told["plans"]], told["loaded"]


@pytest.fixture(scope="module")
def not_compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package without its compiled kernel."""
    folder = tmp_path_factory.mktemp("source")
    package = Path(ladewerk.__file__).parent
    unwanted = shutil.ignore_patterns("*.so", "__pycache__", "vendor", "ocpp", "web", "page")
    shutil.copytree(package, folder / "ladewerk", ignore=unwanted)
    return folder


def test_t3_with_neither_a_rule_answers_within_every_limit(not_compiled: Path) -> None:
    plans, loaded = asked(not_compiled, ["highspy", "numpy"])
    assert loaded == []
    assert {solver for solver, _, _, _ in plans} == {"one after the other by earliest departure"}
    assert all(is_bounded and found == [] and is_part for _, is_bounded, found, is_part in plans)


def test_t3_without_the_kernel_highs_plans(not_compiled: Path) -> None:
    plans, _ = asked(not_compiled, [])
    assert all("HiGHS" in solver for solver, _, _, _ in plans)
    assert all(is_bounded and found == [] for _, is_bounded, found, _ in plans)


@pytest.mark.skipif(library() is None, reason="no compiled kernel")
def test_t3_without_highs_the_kernel_plans_and_proves() -> None:
    plans, loaded = asked(ROOT / "src", ["highspy", "numpy"])
    assert loaded == []
    assert {solver for solver, _, _, _ in plans[::2]} == {"site, interior point"}
    assert all(is_bounded and found == [] for _, is_bounded, found, _ in plans)


@pytest.mark.skipif(library() is None, reason="no compiled kernel")
def test_nothing_big_is_loaded_for_a_site_that_the_kernel_plans() -> None:
    script = """
import sys
from ladewerk.optimizer import Mode, solve
from tests.optimizer.site_cases import random_site
plan = solve(random_site(1, cars=5, tight=0.4))
print(plan.solver, [name for name in ("numpy", "highspy") if name in sys.modules])
"""
    finished = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert finished.stdout.strip() == "site, interior point []"
