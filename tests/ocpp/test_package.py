"""The package's face: every name it promises, and nothing loaded before it is used."""

import subprocess
import sys

import ladewerk.ocpp


def test_every_name_promised_is_there() -> None:
    for name in ladewerk.ocpp.__all__:
        assert getattr(ladewerk.ocpp, name).__name__.rpartition(".")[2] == name


def test_a_name_not_promised_is_not_there() -> None:
    assert not hasattr(ladewerk.ocpp, "nonsense")


def test_importing_it_loads_neither_types_nor_websockets() -> None:
    program = (
        "import sys, ladewerk.ocpp\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('websockets', 'msgspec', 'asyncio')"
        " or name.startswith('ladewerk.ocpp.')])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout == "[]\n"
