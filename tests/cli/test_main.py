"""The command itself: one line for what is wrong, and the right status."""

import subprocess
import sys

import pytest

from ladewerk import __version__
from ladewerk.cli import main


def test_it_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as done:
        main(["--version"])
    assert done.value.code == 0
    assert capsys.readouterr().out == f"ladewerk {__version__}\n"


@pytest.mark.parametrize("words", [[], ["charge"], ["csms", "--nonsense"], ["station"]])
def test_what_it_does_not_know_is_one_line_and_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(words)
    assert refused.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "--help" in printed.err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    printed = capsys.readouterr().out
    for command in ("demo", "csms", "station", "simulate", "plan"):
        assert command in printed


@pytest.mark.parametrize(("command", "extra"), [("station", "station"), ("csms", "csms"), ("demo", "all")])
def test_without_its_extra_a_command_says_what_to_install(command: str, extra: str) -> None:
    without = "import sys; sys.modules['litestar'] = None; from ladewerk.cli import main; sys.exit(main(sys.argv[1:]))"
    finished = subprocess.run([sys.executable, "-c", without, command, "x"], capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert finished.stderr.strip() == f"ladewerk: litestar is not installed; run: pip install 'ladewerk[{extra}]'"


def test_the_optimizer_and_the_ocpp_library_need_no_extra() -> None:
    without = "import sys; sys.modules.update(litestar=None, httpx=None, sqlalchemy=None, rich=None, pymodbus=None); "
    use = "import ladewerk.ocpp, ladewerk.ocpp.v21; from ladewerk.cli import main; sys.exit(main(['plan', '--help']))"
    finished = subprocess.run([sys.executable, "-c", without + use], capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr
