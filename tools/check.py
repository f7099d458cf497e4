"""Everything that CI runs, in the order of the quickest answer first; stops at the first thing that is not right.

``make check`` calls it inside the project's environment. With ``CI`` set nothing may be left out.
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
SOURCES = ("src", "tests", "examples", "benchmarks", "tools", "hatch_build.py")
IN_CI = bool(os.environ.get("CI"))


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
        ("tests", [sys.executable, "-m", "pytest", *_left_out()]),
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
    """Arguments that leave the browser tests out where there is no browser and none may be installed."""
    if _browser_is_here() or _browser_installed_from_the_distribution():
        return []
    remedy = "install the packages chromium and chromium-driver (Ubuntu: chromium-browser and chromium-chromedriver)"
    if IN_CI:
        sys.exit(f"make check: nothing is left out in CI, and the browser tests need Chromium and its driver: {remedy}")
    print(f"left out: the browser tests need Chromium and its driver: {remedy}", flush=True)
    return ["-m", "not browser"]


def _unguided() -> list[str]:
    """The argument that fuzzes without looking where an input goes, where the package that looks has no wheel."""
    if find_spec("atheris") is not None:
        return []
    if IN_CI:
        sys.exit("make check: nothing is left out in CI, and the fuzzer needs atheris: run it on Linux on x86_64")
    print("left out: fuzzing guided by coverage, since atheris has no wheel for this machine; unguided instead", flush=True)
    return ["--seeded"]


def _browser_is_here() -> bool:
    return any(map(shutil.which, ("chromium", "chromium-browser"))) and shutil.which("chromedriver") is not None


def _browser_installed_from_the_distribution() -> bool:
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    print("installing chromium and chromium-driver from the distribution", flush=True)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ([apt, "update"], [apt, "install", "-y", "--no-install-recommends", "chromium", "chromium-driver"]):
        subprocess.run(command, env=environment, **quiet)  # type: ignore[call-overload]  # one set of options for both
    return _browser_is_here()


if __name__ == "__main__":
    sys.exit(main())
