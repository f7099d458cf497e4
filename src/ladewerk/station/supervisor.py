"""The dead-man: a process of its own that takes the current off every board when the station program is gone or hangs.

The boards have no watchdog: what dies beside them leaves its last current on. This program shares nothing with the one it
watches, not a package, not a driver, not an event loop; it starts no thread and needs the standard library alone. It reads
one byte a beat from its standard input; end of file without a goodbye means dead, silence for too long means hung, and a
hung program is killed first, because it owns the serial line. Then 0 A goes to register 1000 of each board until the board
says that it has it.

    python supervisor.py PID SILENCE_S DEVICE:ADDRESS...

PID is the program's, which waits for nothing but goes on to be alive while this starts: its process is held by a descriptor
from then on, so a number that is given away again kills nobody else.

Registers: datasheet "EVSE Wallbox, DIN, W16", 2021-08-31; the board knows function codes 3 and 16 alone.
"""

import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import Enum

BEAT = b"."
GOODBYE = b"q"
"""The program ends as it should and has made its boards safe itself."""

SET_CURRENT = 1000
SPACING_S = 0.1
ANSWER_S = 0.5
ENDING_S = 5.0
GIVE_UP_S = 300.0
"""A board that has not answered for so long has lost its power, or its line."""


class Why(Enum):
    """What is wrong with the program."""

    GONE = "is gone"
    HANGS = "hangs"


def main(arguments: Sequence[str]) -> int:
    """0 when the program ended as it should, 1 when the boards had to be made safe, 2 when one of them could not be."""
    program, silence_s = os.pidfd_open(int(arguments[0])), float(arguments[1])
    boards = [(device, int(address)) for device, _, address in (board.rpartition(":") for board in arguments[2:])]
    # What ends the program at the terminal ends it through its own shutdown, which this process has to outlive.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    why = watch(sys.stdin.fileno(), silence_s)
    if why is None:
        return 0
    say(f"the station program {why.value}: taking the current off {len(boards)} board(s)")
    end(program, hangs=why is Why.HANGS)
    safe = [make_safe(device, addresses) for device, addresses in by_device(boards)]
    return 1 if all(safe) else 2


def watch(beats: int, silence_s: float) -> Why | None:
    """Wait until the program says goodbye (None), dies or falls silent.

    Before the first beat it has switched nothing on, so a program that ends then, over its settings, needs nobody.
    """
    patience_s: float | None = None
    while True:
        ready, _, _ = select.select([beats], [], [], patience_s)
        if not ready:
            return Why.HANGS
        heard = os.read(beats, 4096)
        if not heard:
            return Why.GONE if patience_s is not None else None
        if GOODBYE in heard:
            return None
        patience_s = silence_s


def end(program: int, *, hangs: bool) -> None:
    """See to it that the program's serial lines are free: one that hangs is killed, one that is ending gets a moment."""
    if not hangs and select.select([program], [], [], ENDING_S)[0]:
        return
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(program, signal.SIGKILL)
    select.select([program], [], [], ENDING_S)


def by_device(boards: Sequence[tuple[str, int]]) -> Iterator[tuple[str, list[int]]]:
    """The addresses on each serial line."""
    for device in dict.fromkeys(device for device, _ in boards):
        yield device, [address for other, address in boards if other == device]


def make_safe(device: str, addresses: list[int]) -> bool:
    """Write 0 A to every board on ``device`` until each has confirmed it; False for giving up.

    A line that somebody else has taken is left alone: a station program that was started again makes its boards safe first.
    """
    missing = list(addresses)
    give_up_s = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up_s:
        try:
            line = open_line(device)
        except BlockingIOError:
            say(f"{device} has a new owner")
            return True
        except OSError as err:
            say(f"{device}: {err.strerror}")
            time.sleep(1.0)
            continue
        try:
            missing = [address for address in missing if not takes_no_current(line, address)]
        except OSError as err:
            say(f"{device}: {err.strerror}")
        finally:
            os.close(line)
        if not missing:
            say(f"{device}: no current on board {', '.join(map(str, addresses))}")
            return True
        time.sleep(SPACING_S)
    say(f"{device}: board {', '.join(map(str, missing))} does not answer; switch its supply off")
    return False


def open_line(device: str) -> int:
    """The serial line at 9600 8N1 and nobody else's; BlockingIOError while another process has it."""
    line = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        fcntl.flock(line, fcntl.LOCK_EX | fcntl.LOCK_NB)
        control = termios.CS8 | termios.CREAD | termios.CLOCAL
        attributes = [0, 0, control, 0, termios.B9600, termios.B9600, termios.tcgetattr(line)[6]]
        termios.tcsetattr(line, termios.TCSANOW, attributes)
        termios.tcflush(line, termios.TCIOFLUSH)
    except BaseException:
        os.close(line)
        raise
    return line


def takes_no_current(line: int, address: int) -> bool:
    """Whether the board at ``address`` confirms 0 A: the answer to a write with function 16 repeats what was written."""
    head = struct.pack(">BBHH", address, 16, SET_CURRENT, 1)
    os.write(line, with_crc(head + struct.pack(">BH", 2, 0)))
    wanted, heard = with_crc(head), b""
    until_s = time.monotonic() + ANSWER_S
    while (left_s := until_s - time.monotonic()) > 0 and wanted not in heard:
        if select.select([line], [], [], left_s)[0]:
            heard += os.read(line, 256)
    time.sleep(SPACING_S)
    return wanted in heard


def with_crc(frame: bytes) -> bytes:
    """A Modbus RTU frame with its checksum (Modbus over serial line 1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return frame + struct.pack("<H", crc)


def say(text: str) -> None:
    print(f"ladewerk supervisor: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
