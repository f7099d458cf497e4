"""Everything that CI runs, in the order of the quickest answer first; stops at the first thing that is not right.

``make check`` calls it inside the project's environment. With ``CI`` set nothing may be left out.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
SOURCES = ("src", "tests", "examples", "benchmarks", "tools", "hatch_build.py")
IN_CI = bool(os.environ.get("CI"))


@dataclass(frozen=True)
class Need:
    """Programs of the distribution that the tests marked ``marker`` run."""

    marker: str
    what: str
    packages: tuple[str, ...]
    remedy: str
    is_here: Callable[[], bool]


def _browser_is_here() -> bool:
    return any(map(shutil.which, ("chromium", "chromium-browser"))) and shutil.which("chromedriver") is not None


def _postgresql_is_here() -> bool:
    return shutil.which("initdb") is not None or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


NEEDS = (
    Need(
        "browser",
        "Chromium and its driver",
        ("chromium", "chromium-driver"),
        "install the packages chromium and chromium-driver (Ubuntu: chromium-browser and chromium-chromedriver)",
        _browser_is_here,
    ),
    Need("postgresql", "the programs of PostgreSQL", ("postgresql",), "install the package postgresql", _postgresql_is_here),
)


def main() -> int:
    steps: list[tuple[str, list[str]]] = [
        ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", *SOURCES]),
        ("lint", [str(BIN / "ruff"), "check", "--quiet", *SOURCES]),
        ("generated code is current", [sys.executable, "-m", "ladewerk.ocpp.codegen", "--check"]),
        ("import rules", [str(BIN / "lint-imports"), "--no-cache"]),
        ("types", [str(BIN / "mypy")]),
        ("types of the OCPP library and its examples, by pyright", [str(BIN / "pyright"), "--warnings"]),
        (
            "types of what the OCPP library shows, by pyright",
            [str(BIN / "pyright"), "--verifytypes", "ladewerk.ocpp", "--ignoreexternal"],
        ),
        # Many tests wait for programs that run at their own pace: two at a time take half as long.
        ("tests", [sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal", *_left_out()]),
        ("fuzzing for a minute", [sys.executable, "-m", "tests.ocpp.fuzz", "--seconds", "60", *_unguided()]),
    ]
    # pyright looks for the environment on the PATH.
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    for name, command in steps:
        print(f"== {name}", flush=True)
        finished = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        if finished.returncode != 0:
            print(f"make check: {name} failed", file=sys.stderr)
            return 1
    return 0


def _left_out() -> list[str]:
    """Arguments that leave out the tests whose programs are not here and may not be installed."""
    missing = [need for need in NEEDS if not need.is_here() and not _installed_from_the_distribution(need)]
    for need in missing:
        reason = f"the {need.marker} tests need {need.what}: {need.remedy}"
        if IN_CI:
            sys.exit(f"make check: nothing is left out in CI, and {reason}")
        print(f"left out: {reason}", flush=True)
    return ["-m", " and ".join(f"not {need.marker}" for need in missing)] if missing else []


def _unguided() -> list[str]:
    """The argument that fuzzes without looking where an input goes, where the package that looks has no wheel."""
    if find_spec("atheris") is not None:
        return []
    if IN_CI:
        sys.exit("make check: nothing is left out in CI, and the fuzzer needs atheris: run it on Linux on x86_64")
    print("left out: fuzzing guided by coverage, since atheris has no wheel for this machine; unguided instead", flush=True)
    return ["--seeded"]


def _installed_from_the_distribution(need: Need) -> bool:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    print(f"installing {' and '.join(need.packages)} from the distribution", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "update"], [apt, "install", "-y", "--no-install-recommends", *need.packages]):
        subprocess.run(command, env=environment, **quiet)  # type: ignore[call-overload]  # one set of options for both
    return need.is_here()


if __name__ == "__main__":
    sys.exit(main())
