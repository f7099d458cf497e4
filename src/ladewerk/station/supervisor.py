"""The dead-man: a process of its own that takes the current off every board, and the motor of every plug lock off its
supply, when the station program is gone or hangs.

The boards have no watchdog: what dies beside them leaves its last current on. This program shares nothing with the one it
watches, not a package, not a driver, not an event loop; it starts no thread and needs the standard library alone. It reads
one byte a beat from its standard input; end of file without a goodbye means dead, silence for too long means hung, and a
hung program is killed first, because it owns the serial line. Then 0 A goes to register 1000 of each board, until the
board says that it has it, and the relays of the locks are let go.

    python supervisor.py PID SILENCE_S [DEVICE:ADDRESS | PINS#PIN=OFF,PIN=OFF]...

DEVICE is a serial device, or a bridge, ``tcp://HOST:PORT`` or ``modbus-tcp://HOST:PORT``. PINS is ``gpio``, the pins of this
Raspberry Pi, or ``pigpiod://HOST:PORT``; OFF is the level, 0 or 1, at which the relay at the pin is off. A pin keeps its
level when its program dies: pigpiod's always, and those of a Raspberry Pi too, whose kernels leave an output that is given
back as it is, unless ``dtparam=strict_gpiod`` makes it an input (raspberrypi/linux, pull requests 6117 and 6150).

PID is the program's, which waits for nothing but goes on to be alive while this starts: its process is held by a descriptor
from then on, so a number that is given away again kills nobody else.

Registers: datasheet "EVSE Wallbox, DIN, W16", 2021-08-31; the board knows function codes 3 and 16 alone. Pins: Linux,
``include/uapi/linux/gpio.h`` (version 2); pigpio, "Socket Interface".
"""

import errno
import fcntl
import os
import select
import signal
import socket
import struct
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
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

PIGPIOD_PORT = "8888"
PIGPIOD_WRITE = 4
GET_CHIP = 0x8044B401
GET_LINES = 0xC250B407
CHIP = struct.Struct("32s32sI")
"""Name, label, number of lines."""
LINES = struct.Struct("64I32s QI20x IIQQ 216x II20xi")
"""Offsets, consumer; flags and one attribute (id, its values by mask); number of lines, of events; their descriptor."""
AS_OUTPUT = 1 << 3
OUTPUT_VALUES = 2


Relays = tuple[str, Mapping[int, int]]
"""Where the pins are, and the level of each at which its relay is off."""


class Why(Enum):
    """What is wrong with the program."""

    GONE = "is gone"
    HANGS = "hangs"


def main(arguments: Sequence[str]) -> int:
    """0 when the program ended as it should, 1 when the boards had to be made safe, 2 when one of them could not be."""
    program, silence_s = process(int(arguments[0])), float(arguments[1])
    named = [one.rpartition(":") for one in arguments[2:] if "#" not in one]
    boards = [(device, int(address)) for device, _, address in named]
    relays = [relays_of(one) for one in arguments[2:] if "#" in one]
    # What ends the program at the terminal ends it through its own shutdown, which this process has to outlive.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    why = watch(sys.stdin.fileno(), silence_s)
    if why is None:
        return 0
    say(f"the station program {why.value}: taking the current off {len(boards)} board(s), {len(relays)} lock(s)")
    if program is not None:
        end(program, hangs=why is Why.HANGS)
    return 1 if make_safe(boards, relays) else 2


def process(number: int) -> int | None:
    """A descriptor of the program; None for one that died while this started, which may have beaten before."""
    try:
        return os.pidfd_open(number)
    except ProcessLookupError:
        return None


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


def make_safe(boards: Sequence[tuple[str, int]], relays: Sequence[Relays] = ()) -> bool:
    """Write 0 A to every board and let the relays go, until all of it is confirmed; False for giving up.

    No line waits for another that is dead. One that somebody else has taken is left alone: a station program that was
    started again makes its boards and locks safe first.
    """
    missing, pulled = list(boards), list(relays)
    said: set[str] = set()
    give_up_s = time.monotonic() + GIVE_UP_S
    while (missing or pulled) and time.monotonic() < give_up_s:
        for device in dict.fromkeys(device for device, _ in missing):
            addresses = [address for other, address in missing if other == device]
            done, trouble = make_line_safe(device, addresses)
            if trouble and (line := f"{device}: {trouble}") not in said:
                say(line)
                said.add(line)
            missing = [board for board in missing if board[0] != device or board[1] not in done]
        # Behind the boards: to look up the name of a host may take long, and the current is the greater danger.
        for one in tuple(pulled):
            trouble = let_go(*one)
            if not trouble:
                pulled.remove(one)
            elif (line := f"{one[0]}: {trouble}") not in said:
                say(line)
                said.add(line)
        time.sleep(SPACING_S)
    for device, address in missing:
        say(f"{device}: board {address} does not answer; switch its supply off")
    for pins, levels in pulled:
        say(f"{pins}: the relays at {', '.join(map(str, levels))} cannot be let go; switch their supply off")
    return not missing and not pulled


def relays_of(argument: str) -> Relays:
    """``PINS#PIN=OFF,PIN=OFF``."""
    pins, _, levels = argument.rpartition("#")
    return pins, {int(pin): int(level) for pin, _, level in (one.partition("=") for one in levels.split(","))}


def let_go(pins: str, levels: Mapping[int, int]) -> str:
    """Bring each pin to the level at which its relay is off; what is wrong, empty for nothing."""
    try:
        if pins == "gpio":
            let_go_here(levels)
        else:
            let_go_at(pins, levels)
    except OSError as err:
        return "" if err.errno == errno.EBUSY else err.strerror or str(err)
    say(f"{pins}: the relays at {', '.join(map(str, levels))} are off")
    return ""


def let_go_at(url: str, levels: Mapping[int, int]) -> None:
    """The pins behind a pigpiod daemon: four words there, four back, the last one the result."""
    place = url.partition("://")[2]
    host, colon, port = place.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = place, PIGPIOD_PORT
    with socket.create_connection((host.strip("[]"), int(port)), ANSWER_S) as daemon:
        for pin, level in levels.items():
            daemon.sendall(struct.pack("<4I", PIGPIOD_WRITE, pin, level, 0))
            heard = b""
            while len(heard) < 16:
                news = daemon.recv(16 - len(heard))
                if not news:
                    raise ConnectionResetError("pigpiod ended the connection")
                heard += news
            if (result := struct.unpack("<3Ii", heard)[3]) < 0:
                raise OSError(f"pigpiod refuses pin {pin} (error {result})")


def let_go_here(levels: Mapping[int, int]) -> None:
    """The pins of this Raspberry Pi: asked for as outputs that have their level from the first moment on, and given back."""
    chip = os.open(processor_chip(), os.O_RDWR)
    try:
        asked = bytearray(lines_asked_for(levels))
        fcntl.ioctl(chip, GET_LINES, asked)
        os.close(LINES.unpack(asked)[-1])
    finally:
        os.close(chip)


def processor_chip() -> str:
    """The chip that has the pins of the header: ``pinctrl-bcm2835``, ``-bcm2711`` or ``-rp1`` by the Raspberry Pi."""
    for path in sorted(entry.path for entry in os.scandir("/dev") if entry.name.startswith("gpiochip")):
        chip = os.open(path, os.O_RDWR)
        try:
            label = CHIP.unpack(fcntl.ioctl(chip, GET_CHIP, bytes(CHIP.size)))[1]
        finally:
            os.close(chip)
        if label.startswith(b"pinctrl-"):
            return path
    raise FileNotFoundError("no gpiochip of a Raspberry Pi")


def lines_asked_for(levels: Mapping[int, int]) -> bytes:
    """A ``gpio_v2_line_request`` for outputs at ``levels``."""
    count = len(levels)
    offsets = (*levels, *(0,) * (64 - count))
    values = sum(level << at for at, level in enumerate(levels.values()))
    attribute = (OUTPUT_VALUES, 0, values, (1 << count) - 1)
    return LINES.pack(*offsets, b"ladewerk supervisor", AS_OUTPUT, 1, *attribute, count, 0, 0)


def make_line_safe(device: str, addresses: Sequence[int]) -> tuple[set[int], str]:
    """Write 0 A once to each board on the line; those that need no more, and what is wrong with the line."""
    done = set()
    try:
        with line_to(device) as line:
            for address in addresses:
                if takes_no_current(line, address, device):
                    say(f"{device}: no current on board {address}")
                    done.add(address)
    except BlockingIOError:
        return set(addresses), "has a new owner"
    except OSError as err:
        return done, err.strerror or str(err)
    return done, ""


@contextmanager
def line_to(device: str) -> Iterator[int]:
    """The line, open and nobody else's; BlockingIOError while another process has it."""
    if "://" not in device:
        line = open_line(device)
        try:
            yield line
        finally:
            os.close(line)
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as owner:
        try:
            owner.bind(f"\0ladewerk {device}")  # what the program claims a bridge with
        except OSError as err:
            raise BlockingIOError from err
        host, _, port = device.partition("://")[2].rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), ANSWER_S) as connection:
            yield connection.fileno()


def open_line(device: str) -> int:
    """A serial line at 9600 8N1."""
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


def takes_no_current(line: int, address: int, device: str) -> bool:
    """Whether the board at ``address`` confirms 0 A: the answer to a write with function 16 repeats what was written."""
    framed = with_header if device.startswith("modbus-tcp://") else with_crc
    head = struct.pack(">BBHH", address, 16, SET_CURRENT, 1)
    os.write(line, framed(head + struct.pack(">BH", 2, 0)))
    wanted, heard = framed(head), b""
    until_s = time.monotonic() + ANSWER_S
    while (left_s := until_s - time.monotonic()) > 0 and wanted not in heard:
        if select.select([line], [], [], left_s)[0]:
            news = os.read(line, 256)
            if not news:
                raise ConnectionResetError("the bridge ended the connection")
            heard += news
    time.sleep(SPACING_S)
    return wanted in heard


def with_header(frame: bytes) -> bytes:
    """A Modbus frame as a bridge wants it that speaks Modbus TCP (Messaging on TCP/IP 1.0b, 3.1.3)."""
    return struct.pack(">HHH", 1, 0, len(frame)) + frame


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
