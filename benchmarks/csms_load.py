"""Stations that cost next to nothing, in a process of their own: what is measured is the CSMS.

``python -m benchmarks.csms_load events PORT STATIONS SECONDS`` sends one TransactionEvent after the other from every station
and prints how many were answered, and how fast, as JSON. ``boots PORT STATIONS`` connects stations all at once, prints when
the last one was accepted, and keeps them connected until its input ends.
"""

import asyncio
import json
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

_HANDSHAKE = (
    "GET /{identity} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ocpp2.1\r\n\r\n"
)
_BOOT = '{"chargingStation":{"model":"Load","vendorName":"Ladewerk","firmwareVersion":"1.0"},"reason":"PowerUp"}'
_EVENT = (
    '{"eventType":"%s","timestamp":"2026-01-05T17:00:00.000Z","triggerReason":"MeterValuePeriodic","seqNo":%d,'
    '"transactionInfo":{"transactionId":"tx-%s","chargingState":"Charging"},"evse":{"id":1,"connectorId":1},"meterValue":[{'
    '"timestamp":"2026-01-05T17:00:00.000Z","sampledValue":['
    '{"value":%d.0,"context":"Sample.Periodic","measurand":"Energy.Active.Import.Register","unitOfMeasure":{"unit":"Wh"}},'
    '{"value":11040.0,"context":"Sample.Periodic","measurand":"Power.Active.Import","unitOfMeasure":{"unit":"W"}},'
    '{"value":16.0,"context":"Sample.Periodic","measurand":"Current.Import","phase":"L1","unitOfMeasure":{"unit":"A"}}]}]}'
)


class Station(asyncio.Protocol):
    """One WebSocket by hand: frames masked with nothing but zeros, answers looked at just far enough to tell them apart."""

    def __init__(
        self, identity: str, on_open: Callable[["Station"], None], on_answer: Callable[["Station", bytes], None]
    ) -> None:
        self.identity = identity
        self.calls = 0
        self._on_open = on_open
        self._on_answer = on_answer
        self._received = b""
        self._is_open = False

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        transport.write(_HANDSHAKE.format(identity=self.identity).encode())

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._is_open:
            head, end, rest = self._received.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                raise SystemExit(f"refused: {head.decode()}")
            self._received, self._is_open = rest, True
            self._on_open(self)
        while len(self._received) >= 2:
            length, start = self._received[1], 2
            if length == 126:
                length, start = struct.unpack_from("!H", self._received, 2)[0], 4
            if len(self._received) < start + length:
                return
            opcode, payload = self._received[0] & 15, self._received[start : start + length]
            self._received = self._received[start + length :]
            if opcode == 1 and payload.startswith(b"[2"):
                self._refuse(json.loads(payload))
            elif opcode == 1:
                self._on_answer(self, payload)
            elif opcode == 9:
                self._transport.write(bytes((0x8A, 0x80 | len(payload), 0, 0, 0, 0)) + payload)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc

    def _refuse(self, call: list[Any]) -> None:
        """Take every profile, and nothing else that the CSMS asks."""
        if call[2] == "SetChargingProfile":
            self._send(f'[3,"{call[1]}",{{"status":"Accepted"}}]')
        else:
            self._send(f'[4,"{call[1]}","NotImplemented","",{{}}]')

    def call(self, action: str, payload: str) -> None:
        self.calls += 1
        self._send(f'[2,"{self.calls}","{action}",{payload}]')

    def _send(self, text: str) -> None:
        data = text.encode()
        size = (0x80 | len(data)).to_bytes() if len(data) < 126 else struct.pack("!BH", 0x80 | 126, len(data))
        self._transport.write(b"\x81" + size + bytes(4) + data)


async def _connect(port: int, stations: list[Station], at_once: int) -> None:
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(at_once)

    async def one(station: Station) -> None:
        async with gate:
            await loop.create_connection(lambda: station, "127.0.0.1", port)

    await asyncio.gather(*map(one, stations))


async def events(port: int, count: int, seconds: float) -> dict[str, float]:
    took_s: list[float] = []
    sent_s: dict[str, float] = {}
    counting = asyncio.Event()

    def send(station: Station) -> None:
        seq_no = station.calls - 1
        sent_s[station.identity] = time.perf_counter()
        kind = "Started" if seq_no == 0 else "Updated"
        station.call("TransactionEvent", _EVENT % (kind, seq_no, station.identity, seq_no))

    def answered(station: Station, payload: bytes) -> None:
        if not payload.startswith(b"[3"):
            raise SystemExit(f"not accepted: {payload.decode()}")
        if counting.is_set() and station.calls > 1:
            took_s.append(time.perf_counter() - sent_s[station.identity])
        send(station)

    stations = [
        Station(f"L-{number:05}", lambda station: station.call("BootNotification", _BOOT), answered)
        for number in range(count)
    ]
    await _connect(port, stations, 50)
    await asyncio.sleep(2)
    counting.set()
    began_s = time.perf_counter()
    await asyncio.sleep(seconds)
    elapsed_s = time.perf_counter() - began_s
    took_s.sort()
    return {
        "events": len(took_s),
        "per_s": len(took_s) / elapsed_s,
        "p50_ms": 1000 * took_s[len(took_s) // 2],
        "p99_ms": 1000 * took_s[len(took_s) * 99 // 100],
    }


async def boots(port: int, count: int) -> None:
    accepted = 0
    done = asyncio.Event()

    def answered(_: Station, payload: bytes) -> None:
        nonlocal accepted
        accepted += b'"Accepted"' in payload
        if accepted == count:
            done.set()

    stations = [
        Station(f"L-{number:05}", lambda station: station.call("BootNotification", _BOOT), answered)
        for number in range(count)
    ]
    began_s = time.perf_counter()
    await _connect(port, stations, 500)
    await done.wait()
    print(json.dumps({"accepted_s": time.perf_counter() - began_s}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    if sys.argv[1] == "events":
        print(json.dumps(asyncio.run(events(int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))))
    else:
        asyncio.run(boots(int(sys.argv[2]), int(sys.argv[3])))
