from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladewerk.simulator.evse_board import EvseBoard
from ladewerk.simulator.modbus_rtu import FrameReader, answer, crc16


def framed(*body: int) -> bytes:
    return bytes(body) + crc16(bytes(body))


def exchange(request: bytes, board: EvseBoard) -> bytes | None:
    frames = FrameReader().feed(request, 0.0)
    assert len(frames) == 1
    return answer(frames[0], board)


def test_the_datasheet_s_example_of_a_read() -> None:
    class Datasheet:
        address = 1

        def read(self, first: int, count: int) -> list[int]:
            assert (first, count) == (1000, 2)
            return [32, 32]

        def write(self, first: int, values: Sequence[int]) -> None:
            raise AssertionError

    request = bytes.fromhex("01 03 03 E8 00 02 44 7B")
    (frame,) = FrameReader().feed(request, 0.0)
    assert answer(frame, Datasheet()) == bytes.fromhex("01 03 04 00 20 00 20 FA 21")


def test_a_write_of_several_registers_is_confirmed_by_their_number() -> None:
    board = EvseBoard()
    assert exchange(framed(1, 16, 0x07, 0xD0, 0, 2, 4, 0, 6, 0, 1), board) == framed(1, 16, 0x07, 0xD0, 0, 2)
    assert board.read(2000, 2) == [6, 1]


@pytest.mark.parametrize("function", [1, 2, 4, 5, 6])
def test_other_function_codes_are_refused_with_exception_1(function: int) -> None:
    board = EvseBoard()
    assert exchange(framed(1, function, 0x03, 0xE8, 0, 16), board) == framed(1, function | 0x80, 1)
    assert board.read(1000, 1) == [32]


def test_function_code_15_is_refused_whole() -> None:
    assert exchange(framed(1, 15, 0x03, 0xE8, 0, 8, 1, 0xFF), EvseBoard()) == framed(1, 0x8F, 1)


def test_unknown_function_codes_of_any_length_are_refused() -> None:
    assert exchange(framed(1, 43, 14, 1, 0, 0, 0), EvseBoard()) == framed(1, 43 | 0x80, 1)


@pytest.mark.parametrize("request_body", [(1, 3, 0x03, 0xE7, 0, 1), (1, 3, 0x03, 0xE8, 0, 12), (1, 3, 0, 0, 0, 1)])
def test_a_read_outside_of_the_registers_is_exception_2(request_body: tuple[int, ...]) -> None:
    assert exchange(framed(*request_body), EvseBoard()) == framed(1, 0x83, 2)


def test_a_write_to_a_register_that_is_read_only_is_exception_2() -> None:
    assert exchange(framed(1, 16, 0x03, 0xEA, 0, 1, 2, 0, 1), EvseBoard()) == framed(1, 0x90, 2)


@pytest.mark.parametrize("count", [0, 126, 65535])
def test_a_read_of_none_or_too_many_is_exception_3(count: int) -> None:
    assert exchange(framed(1, 3, 0x03, 0xE8, *count.to_bytes(2, "big")), EvseBoard()) == framed(1, 0x83, 3)


@pytest.mark.parametrize(
    "request_body",
    [(1, 16, 0x03, 0xE8, 0, 0, 0), (1, 16, 0x03, 0xE8, 0, 2, 2, 0, 6), (1, 16, 0x03, 0xE8, 0, 1, 4, 0, 6, 0, 6)],
)
def test_a_write_whose_counts_disagree_is_exception_3(request_body: tuple[int, ...]) -> None:
    board = EvseBoard()
    assert exchange(framed(*request_body), board) == framed(1, 0x90, 3)
    assert board.read(1000, 1) == [32]


@pytest.mark.parametrize("address", [0, 2, 255])
def test_requests_to_others_are_met_with_silence(address: int) -> None:
    assert exchange(framed(address, 3, 0x03, 0xE8, 0, 1), EvseBoard(address=1)) is None


def test_a_board_with_another_address_answers_to_that_one_alone() -> None:
    board = EvseBoard(address=7)
    assert exchange(framed(1, 3, 0x03, 0xE8, 0, 1), board) is None
    assert exchange(framed(7, 3, 0x03, 0xE8, 0, 1), board) == framed(7, 3, 2, 0, 32)


def test_a_wrong_checksum_makes_no_frame() -> None:
    reader = FrameReader()
    assert reader.feed(bytes.fromhex("01 03 03 E8 00 02 44 7C"), 0.0) == []
    assert len(reader.feed(bytes.fromhex("01 03 03 E8 00 02 44 7B"), 1.0)) == 1


def test_a_frame_may_come_in_pieces() -> None:
    request = framed(1, 16, 0x03, 0xE8, 0, 1, 2, 0, 6)
    reader = FrameReader()
    frames = [frame for at, byte in enumerate(request) for frame in reader.feed(bytes([byte]), at * 0.001)]
    assert frames == [request[:-2]]


def test_two_frames_may_come_at_once() -> None:
    request = framed(1, 3, 0x03, 0xE8, 0, 1)
    assert FrameReader().feed(request + request, 0.0) == [request[:-2]] * 2


def test_after_a_silence_a_broken_off_frame_is_forgotten() -> None:
    reader = FrameReader()
    request = framed(1, 3, 0x03, 0xE8, 0, 1)
    assert reader.feed(request[:5], 0.0) == []
    assert reader.feed(request, 0.2) == [request[:-2]]


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_whatever_comes_over_the_line_the_next_request_is_understood(noise: list[bytes]) -> None:
    reader = FrameReader()
    for at, data in enumerate(noise):
        for frame in reader.feed(data, at * 0.01):
            answer(frame, EvseBoard())
    request = framed(1, 3, 0x03, 0xE8, 0, 1)
    assert reader.feed(request, 10.0) == [request[:-2]]
