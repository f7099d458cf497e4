"""The CSMS under load: durable TransactionEvents a second, beside a server of PyPI's ``ocpp`` without any store, and memory.

"Durable": committed to SQLite with full synchronisation before it is answered. The load comes from a process of its own.
Where other programs keep the processors busy, rates say little: read the processor time of an event, and the ratios.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil

from benchmarks.rows import Row

_SECONDS = 6.0
_RUNS = 3


def run() -> list[Row]:
    """All rows."""
    _allow_many_connections()
    rows: list[Row] = []
    for count in (50, 200):
        rows += _event_rows(count)
    return rows + _idle_rows(200, most_mib=150) + _idle_rows(2000) + _idle_rows(5000, most_mib=600)


def _event_rows(count: int) -> list[Row]:
    measured: dict[str, list[dict[str, float]]] = {"ours": [], "theirs": []}
    for _ in range(_RUNS):
        for whose, runs in measured.items():
            with _server(whose) as (server, port):
                runs.append(_loaded(server, port, count))
    ours, theirs = ({name: _median([run[name] for run in runs]) for name in runs[0]} for runs in measured.values())
    by = f"of {count} stations"
    return [
        Row(name=f"durable events a second {by}", value=ours["per_s"], unit="/s", runs=_RUNS),
        Row(
            name=f"the same, as a multiple of ocpp's {theirs['per_s']:.0f}/s without a store",
            value=ours["per_s"] / theirs["per_s"],
            unit="x",
            at_least=5,
            runs=_RUNS,
        ),
        Row(name=f"answer to a durable event {by}, p50", value=ours["p50_ms"], unit="ms", runs=_RUNS),
        Row(name=f"answer to a durable event {by}, p99", value=ours["p99_ms"], unit="ms", runs=_RUNS),
        Row(name=f"processor time of a durable event {by}", value=ours["cpu_us"], unit="us", runs=_RUNS),
        Row(
            name=f"processor time of ocpp's event {by}, in ours",
            value=theirs["cpu_us"] / ours["cpu_us"],
            unit="x",
            runs=_RUNS,
        ),
        Row(name=f"processor time of ocpp's event {by}", value=theirs["cpu_us"], unit="us", runs=_RUNS),
    ]


def _loaded(server: psutil.Process, port: int, count: int) -> dict[str, float]:
    load = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.csms_load", "events", str(port), str(count), str(_SECONDS)],
        stdout=subprocess.PIPE,
        text=True,
    )
    time.sleep(3)  # connected and in full swing
    before, began_s = server.cpu_times(), time.perf_counter()
    time.sleep(_SECONDS / 2)
    after, took_s = server.cpu_times(), time.perf_counter() - began_s
    out, _ = load.communicate()
    found: dict[str, float] = json.loads(out)
    used_s = after.user + after.system - before.user - before.system
    return found | {"cpu_us": 1e6 * used_s / (found["per_s"] * took_s)}


def _idle_rows(count: int, most_mib: float | None = None) -> list[Row]:
    with _server("ours") as (server, port):
        load = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.csms_load", "boots", str(port), str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert load.stdout is not None
        accepted_s = json.loads(load.stdout.readline())["accepted_s"]
        time.sleep(5)
        resident_mib = server.memory_info().rss / 2**20
        load.communicate("")
    return [
        Row(
            name=f"{count} stations at once, until all are accepted",
            value=accepted_s,
            unit="s",
            aim=30 if count == 2000 else None,
        ),
        Row(name=f"{count} idle stations, resident", value=resident_mib, unit="MiB", aim=most_mib),
    ]


@contextmanager
def _server(whose: str) -> Iterator[tuple[psutil.Process, int]]:
    """A CSMS of ours, or a bare server of theirs."""
    with tempfile.TemporaryDirectory() as folder:
        if whose == "ours":
            where = ["--listen", "127.0.0.1:0", "--web", "127.0.0.1:0", "--database", f"sqlite:///{folder}/csms.sqlite3"]
            command = ["ladewerk", "--log", "error", "csms", *where, "--accept-unknown"]
        else:
            command = ["benchmarks.ocpp_server", "theirs"]
        process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            yield psutil.Process(process.pid), int(said.rpartition(":")[2].partition("/")[0])
        finally:
            process.kill()
            process.wait()


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _allow_many_connections() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
