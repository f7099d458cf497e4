"""The pages for integrators: programs that work together as shown, and tables that leave nothing out."""

import ast
import inspect
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ladewerk import errors
from ladewerk.ocpp import ErrorCode, Version, reports, websocket_client, websocket_tls
from ladewerk.ocpp.frames import spelled_code

DOCS = Path(__file__).parents[2] / "docs"
COMING = (DOCS / "coming-from-mobilityhouse.md").read_text(encoding="utf-8")
ERRORS = (DOCS / "ocpp-errors.md").read_text(encoding="utf-8")
PROGRAMS = dict(re.findall(r"```python\n# (.*?)\n(.*?)```", COMING, re.DOTALL))


def test_the_page_has_both_ends_of_both_libraries() -> None:
    assert set(PROGRAMS) == {"their csms", "our csms", "their station", "our station"}


@pytest.mark.parametrize(
    ("csms", "station"), [("our csms", "our station"), ("our csms", "their station"), ("their csms", "our station")]
)
def test_either_end_of_the_page_may_be_changed_first(csms: str, station: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])
    serving = subprocess.Popen(
        [sys.executable, "-u", "-c", PROGRAMS[csms].replace("9000", port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert serving.stdout is not None
        said = said_when_it_listens(PROGRAMS[station].replace("9000", port))
        assert said.stdout == "Accepted 300\n", said.stderr
        assert serving.stdout.readline() == "CS-1 is a Garage\n"
    finally:
        serving.kill()
        serving.communicate()


def said_when_it_listens(program: str) -> subprocess.CompletedProcess[str]:
    for _ in range(100):
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=180)
        if "refused" not in said.stderr and "Connect call failed" not in said.stderr:
            return said
    raise AssertionError("the CSMS does not listen")


def test_every_exception_of_the_protocol_is_explained() -> None:
    explained = set(re.findall(r"^\| `(\w+)` \|", ERRORS.partition("## CALLERROR codes")[0], re.MULTILINE))
    families = (errors.ProtocolError, errors.CallFailed, errors.ConfigError)
    known = {
        name
        for module in (errors, reports)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, families)
    }
    assert explained == known - {"ProtocolError", "CallFailed"}  # the families


def test_every_code_is_explained_in_the_spelling_of_each_version() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| (.*?) \|", ERRORS.partition("## CALLERROR codes")[2], re.MULTILINE)
    assert [code for code, _, _ in rows] != []
    assert {code for code, _, _ in rows} == {code.value for code in ErrorCode}
    for code, in_16, in_2x in rows:
        for version, said in ((Version.V16, in_16), (Version.V201, in_2x), (Version.V21, in_2x)):
            spelling = code if said.startswith("same") else said.split("`")[1]
            assert spelled_code(code, version) == spelling


def reasons(function: Callable[..., str]) -> Iterator[str]:
    """How each text that ``function`` returns begins."""
    for node in ast.walk(ast.parse(inspect.getsource(function))):
        if isinstance(node, ast.Return):
            texts = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
            yield from texts[:1]


@pytest.mark.parametrize("function", [websocket_client._why_not, websocket_tls.why_no_tls])
def test_every_reason_for_no_connection_is_explained(function: Callable[..., str]) -> None:
    rows = re.findall(r"^\| (.*?) \|", ERRORS.partition("## Why there is no connection")[2], re.MULTILINE)
    begun = [text.partition("(")[0].partition("%")[0].strip() for text in reasons(function)]
    assert len(begun) >= 6
    assert [text for text in begun if not any(row.startswith(" ".join(text.split()[:5])) for row in rows)] == []
