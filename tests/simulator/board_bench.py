"""A simulated EVSE board on the bench: its registers by name, and a vehicle's pilot held by hand."""

from collections.abc import Sequence

import pytest

from ladewerk.simulator.evse_board import EvseBoard, RegisterRefused
from ladewerk.simulator.vehicle import Pilot

AMPS, OFFER, VEHICLE, CABLE, COMMAND, FIRMWARE, STATE, STATUS, RECOVERY, TEST = range(1000, 1010)


class Bench:
    """A board with a vehicle's pilot held by hand, moved from one thing that is due to the next."""

    def __init__(self, *, pilot: Pilot = Pilot.A, cable_limit_a: int = 32, rcd_wired: bool = False) -> None:
        self.board = EvseBoard(cable_limit_a=cable_limit_a, rcd_wired=rcd_wired)
        self.at_s = 100.1
        self.pilot = pilot
        self.board.pass_time(self.at_s)
        self.board.update(pilot)

    def see(self, pilot: Pilot) -> None:
        self.pilot = pilot
        self.board.update(pilot)

    def wait(self, seconds: float) -> None:
        end_s = self.at_s + seconds
        while self.board.next_change_s() <= end_s:
            self.board.pass_time(self.board.next_change_s())
            self.board.update(self.pilot)
        self.at_s = end_s
        self.board.pass_time(end_s)

    def __getitem__(self, register: int) -> int:
        return self.board.read(register, 1)[0]

    def __setitem__(self, register: int, value: int) -> None:
        self.board.write(register, [value])
        self.board.update(self.pilot)

    def relay_on(self) -> bool:
        return bool(self[STATUS] & 1)


def charging(amps: int = 16) -> Bench:
    bench = Bench(pilot=Pilot.B)
    bench[AMPS] = amps
    bench.see(Pilot.C)
    bench.wait(3)
    assert bench.relay_on()
    return bench


def refusal(board: EvseBoard, first: int, values: Sequence[int]) -> int:
    with pytest.raises(RegisterRefused) as refused:
        board.write(first, values)
    return refused.value.code
