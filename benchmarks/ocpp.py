"""The OCPP library beside PyPI's ``ocpp`` (mobilityhouse/ocpp) in one run: what a message, a station and an import cost.

Times are processor time unless said otherwise. A ratio is how many times more the other library takes for the same work,
measured alternately with ours, so that what else the machine does falls on both: JSON text of a payload to what a handler
gets, checked against the schema; what a caller hands in to checked JSON text; a CALL to the server and its answer.

The other library is asked for no more than its users get, in its best setting: validation at once and not in a thread pool
(``ASYNC_VALIDATION = False``, two thirds of the time of its default), its schemas read and compiled before the clock starts,
the same message in its own classes, the same interpreter and event loop, the same WebSocket library without compression, no
logging. Its payload is a dict with other keys, ours an object with every value in its own class. What it does not check
(times, formats) it need not check here. The frame that it writes around a payload is in its time (1 %), in ours it is not.
"""

import asyncio
import json
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import ocpp.messages as theirs
import psutil
from ocpp import charge_point
from ocpp.v21 import call as their_calls
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from benchmarks.ocpp_messages import EVENT, MESSAGES
from benchmarks.rows import Row, median_row
from ladewerk.ocpp import Version
from ladewerk.ocpp.messages import Payload
from ladewerk.ocpp.version_codecs import codec_for

_REPEATS = 9
_IMPORTS = 9
_IDLE = 2000
_IDLE_TLS = 200
_ROUNDS = 5
_CLIENTS = 20


def run() -> list[Row]:
    """All of it, in about a minute."""
    return [*_payloads(), *asyncio.run(_rounds()), *asyncio.run(_idle()), *asyncio.run(_slow_handler()), *_imports()]


# Payloads


def _payloads() -> list[Row]:
    return [row for name, message in MESSAGES.items() for row in _payload(name, message)]


def _payload(name: str, message: Payload) -> list[Row]:
    codec = codec_for(Version.V21)
    action, payload = codec.encode_request(message)
    text = payload.decode()
    call = _their_call(action, text)
    read_us, read_ratio = _beside(lambda: codec.decode_request(action, payload), lambda: _their_decode(action, text))
    write_us, write_ratio = _beside(lambda: codec.encode_request(message), lambda: _their_encode(action, call))
    return [
        Row(name=f"read and check {name}", value=read_us, unit="us", runs=_REPEATS),
        Row(name=f"read and check {name}, ratio", value=read_ratio, unit="x", at_least=150, runs=_REPEATS),
        Row(name=f"check and write {name}", value=write_us, unit="us", runs=_REPEATS),
        Row(name=f"check and write {name}, ratio", value=write_ratio, unit="x", at_least=100, runs=_REPEATS),
    ]


def _beside(ours: Callable[[], object], theirs_: Callable[[], object]) -> tuple[float, float]:
    """Median us of ours, and the median ratio of pairs measured one after the other."""
    pairs = [(_cost_us(ours, 0.05), _cost_us(theirs_, 0.1)) for _ in range(_REPEATS)]
    return statistics.median(us for us, _ in pairs), statistics.median(them / us for us, them in pairs)


def _cost_us(work: Callable[[], object], for_s: float) -> float:
    """Processor time of one call, over as many as fit into about ``for_s``."""
    work()
    count = 1
    while True:
        began_s = time.process_time()
        for _ in range(count):
            work()
        took_s = time.process_time() - began_s
        if took_s >= for_s:
            return 1e6 * took_s / count
        count *= 2


def _their_decode(action: str, text: str) -> object:
    message = theirs.Call("1", action, json.loads(text))
    theirs._validate_payload(message, "2.1")
    return charge_point.camel_to_snake_case(message.payload)


def _their_call(action: str, text: str) -> object:
    return getattr(their_calls, action)(**charge_point.camel_to_snake_case(json.loads(text)))


def _their_encode(action: str, call: object) -> str:
    payload = charge_point.remove_nones(charge_point.snake_to_camel_case(charge_point.serialize_as_dict(call)))
    message = theirs.Call("1", action, payload)
    theirs._validate_payload(message, "2.1")
    text: str = message.to_json()
    return text


# Servers in processes of their own


@contextmanager
def _server(whose: str, tls: Sequence[Path] = ()) -> Iterator[tuple[psutil.Process, str]]:
    """The process and its address; with ``tls``, a certificate and its key, it is encrypted."""
    command = [sys.executable, "-m", "benchmarks.ocpp_server", whose, *map(str, tls)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield psutil.Process(process.pid), f"{'wss' if tls else 'ws'}://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


@asynccontextmanager
async def _stations(url: str, count: int, *, compression: bool = False) -> AsyncIterator[list[ClientConnection]]:
    """Bare WebSockets: what a station costs at its own end is not measured."""
    async with AsyncExitStack() as open_ones:
        yield [
            await open_ones.enter_async_context(
                connect(
                    f"{url}/CS{number}",
                    ssl=_trusting_anyone() if url.startswith("wss") else None,
                    subprotocols=[Subprotocol("ocpp2.1")],
                    proxy=None,
                    ping_interval=None,
                    compression="deflate" if compression else None,
                )
            )
            for number in range(count)
        ]


def _trusting_anyone() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _certificate(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "csms.pem", folder / "csms.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"]
    command += ["-subj", "/CN=localhost", "-out", str(certificate), "-keyout", str(key)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


async def _round(station: ClientConnection, number: int, action: str, payload: str) -> None:
    message_id = f"{number}-{action}"
    await station.send(f'[2,"{message_id}","{action}",{payload}]')
    while json.loads(await station.recv())[:2] != [3, message_id]:
        pass


async def _rounds() -> list[Row]:
    """A TransactionEvent and its answer: what the server's process takes for it."""
    rows = []
    ours: list[float] = []
    theirs_: list[float] = []
    for _ in range(_ROUNDS):
        ours.append(await _server_us("ours", 400))
        theirs_.append(await _server_us("theirs", 30))
    ratio = statistics.median(them / us for us, them in zip(ours, theirs_, strict=True))
    rows.append(median_row("TransactionEvent over WebSocket, server", ours, "us", aim=60))
    rows.append(Row(name="TransactionEvent over WebSocket, server, ratio", value=ratio, unit="x", at_least=25, runs=_ROUNDS))
    squeezed = [await _server_us("ours", 400, compression=True) for _ in range(3)]
    rows.append(median_row("TransactionEvent over WebSocket with compression, server", squeezed, "us"))
    return rows


async def _server_us(whose: str, rounds: int, *, compression: bool = False) -> float:
    payload = codec_for(Version.V21).encode_request(EVENT)[1].decode()
    with _server(whose) as (process, url):
        async with _stations(url, _CLIENTS, compression=compression) as stations:

            async def talk(station: ClientConnection, first: int, last: int) -> None:
                for number in range(first, last):
                    await _round(station, number, "TransactionEvent", payload)

            await asyncio.gather(*(talk(station, 0, 10) for station in stations))
            before = process.cpu_times()
            await asyncio.gather(*(talk(station, 10, 10 + rounds) for station in stations))
            after = process.cpu_times()
    return 1e6 * (after.user + after.system - before.user - before.system) / (rounds * _CLIENTS)


async def _idle() -> list[Row]:
    rows = []
    for compression, aim in ((False, 20.0), (True, 60.0)):
        grown_kib = await _idle_kib(_IDLE, compression=compression)
        words = "with" if compression else "without"
        rows.append(Row(name=f"one of {_IDLE} idle stations, {words} compression", value=grown_kib, unit="KiB", aim=aim))
    with tempfile.TemporaryDirectory() as folder:
        grown_kib = await _idle_kib(_IDLE_TLS, tls=_certificate(Path(folder)))
    rows.append(Row(name=f"one of {_IDLE_TLS} idle stations, over TLS", value=grown_kib, unit="KiB"))
    return rows


async def _idle_kib(count: int, *, compression: bool = False, tls: Sequence[Path] = ()) -> float:
    """What the server's process grows by for one station that has said a word and then nothing."""
    with _server("ours", tls) as (process, url):
        async with _stations(url, 20, compression=compression) as few:
            await asyncio.gather(*(_round(station, 1, "Heartbeat", "{}") for station in few))
            before = process.memory_info().rss
            async with _stations(url, count, compression=compression) as many:
                await asyncio.gather(*(_round(station, 1, "Heartbeat", "{}") for station in many))
                return (process.memory_info().rss - before) / 1024 / count


async def _slow_handler() -> list[Row]:
    """What a handler of half a second adds to the round of another message, in wall time."""
    rows = []
    for whose, aim in (("ours", 5.0), ("theirs", None)):
        with _server(whose) as (_, url):
            async with _stations(url, 1) as [station]:
                quick = [await _heartbeat_ms(station, number) for number in range(50)]
                await station.send('[2,"slow","DataTransfer",{"vendorId":"V"}]')
                beside = [await _heartbeat_ms(station, 100 + number) for number in range(20 if aim else 1)]
        added_ms = statistics.median(beside) - statistics.median(quick)
        owner = "" if aim else ", mobilityhouse"
        rows.append(Row(name=f"added by a handler of 0.5 s{owner}", value=added_ms, unit="ms", aim=aim, runs=len(beside)))
    return rows


async def _heartbeat_ms(station: ClientConnection, number: int) -> float:
    began_s = time.perf_counter()
    await _round(station, number, "Heartbeat", "{}")
    return 1000 * (time.perf_counter() - began_s)


# Imports

_OURS = """
from ladewerk.ocpp import Version, v21
from ladewerk.ocpp.version_codecs import codec_for
from ladewerk.errors import RemoteProtocolError
codec = codec_for(Version.V21)
for action in v21.ACTIONS.values():
    for read in (codec.decode_request, codec.decode_response)[: 2 if action.response else 1]:
        try:
            read(action.name, b"{}")
        except RemoteProtocolError:
            pass
"""
_THEIRS = """
import ocpp.v21, ocpp.messages, pathlib
for schema in (pathlib.Path(ocpp.__file__).parent / "v21/schemas").glob("*.json"):
    if schema.stem.endswith("Request"):
        ocpp.messages.get_validator(2, schema.stem.removesuffix("Request"), "2.1")
    elif schema.stem.endswith("Response"):
        ocpp.messages.get_validator(3, schema.stem.removesuffix("Response"), "2.1")
"""
_REPORT = """
took_s = time.process_time() - began_s
resident = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS"))
print(1000 * took_s, int(resident) / 1024)
"""


def _imports() -> list[Row]:
    """What it takes a process to be able to read every message of OCPP 2.1, and its resident memory then."""
    rows = []
    for program, owner, aims in ((_OURS, "", (150.0, 25.0)), (_THEIRS, ", mobilityhouse", (None, None))):
        seen = [_imported(program) for _ in range(_IMPORTS)]
        rows.append(median_row(f"import OCPP 2.1 with all decoders{owner}", [ms for ms, _ in seen], "ms", aim=aims[0]))
        rows.append(median_row(f"process after that{owner}", [mib for _, mib in seen], "MiB", aim=aims[1]))
    return rows


def _imported(program: str) -> tuple[float, float]:
    text = f"import time\nbegan_s = time.process_time()\n{program}{_REPORT}"
    said = subprocess.run([sys.executable, "-c", text], check=True, capture_output=True, text=True).stdout.split()
    return float(said[0]), float(said[1])
