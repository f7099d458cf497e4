"""The simulator as one file that runs on a machine without Python and without this project.

    python tools/executable.py dist/ladewerk-simulate

What comes out is ``ladewerk simulate``, for this kind of processor and a C library at least as new as this machine's. Needs
PyInstaller, and objcopy from binutils.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PACKAGE: Final = ROOT / "src" / "ladewerk"

DATA: Final = ("simulator/web/page", "web/kit", "simulator/vehicles.toml")
"""What is read at run time and no module."""

MODULES: Final = ("ladewerk.cli.simulate",)
"""What is imported by a name put together at run time."""

UNUSED: Final = ("tkinter", "numpy", "setuptools", "attr", "yaml", "tomli_w", "pydoc", "unittest", "doctest")
"""What the standard library or a dependency would take along, were it there."""

MAIN: Final = """\
import sys

from ladewerk.cli import main

sys.exit(main(["simulate", *sys.argv[1:]]))
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", type=Path, help="the file to write")
    target: Path = parser.parse_args().target.resolve()
    with tempfile.TemporaryDirectory() as folder:
        built = build(target, Path(folder))
    if built.returncode != 0:
        print(built.stdout, file=sys.stderr)
        print(f"{target} could not be built", file=sys.stderr)
        return 1
    print(f"{target}: {target.stat().st_size / 1e6:.0f} MB")
    return 0


def build(target: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Let PyInstaller write ``target``, working in ``folder``."""
    script = folder / "main.py"
    script.write_text(MAIN, encoding="utf-8")
    command = [sys.executable, "-m", "PyInstaller", "--onefile", "--noconfirm", "--log-level", "WARN"]
    command += ["--name", target.name, "--distpath", str(target.parent)]
    command += ["--workpath", str(folder / "work"), "--specpath", str(folder), "--paths", str(ROOT / "src")]
    for path in DATA:
        place = Path("ladewerk") / path
        command += ["--add-data", f"{PACKAGE / path}:{place if (PACKAGE / path).is_dir() else place.parent}"]
    for name in MODULES:
        command += ["--hidden-import", name]
    for name in UNUSED:
        command += ["--exclude-module", name]
    return subprocess.run([*command, str(script)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


if __name__ == "__main__":
    sys.exit(main())
