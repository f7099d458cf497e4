"""Requests and answers as bytes: the maker's and the standard's own examples, and answers found in all that a line says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ladewerk.station.drivers.modbus_frames import Read, Refusal, Rtu, Tcp, Write, with_crc

DATASHEET = Read(address=1, first=1000, count=2)
DATASHEET_ANSWER = bytes.fromhex("01 03 04 00 20 00 20 FA 21")
SET_16_A = Write(address=1, register=1000, value=16)


def test_the_datasheet_s_example_in_both_directions() -> None:
    assert Rtu().frame(DATASHEET) == bytes.fromhex("01 03 03 E8 00 02 44 7B")
    assert Rtu().answer(DATASHEET, DATASHEET_ANSWER) == (32, 32)


def test_a_write_goes_out_with_function_16_and_comes_back_without_its_value() -> None:
    assert Rtu().frame(SET_16_A)[:-2] == bytes.fromhex("01 10 03 E8 00 01 02 00 10")
    assert Rtu().answer(SET_16_A, with_crc(bytes.fromhex("01 10 03 E8 00 01"))) == ()


def test_a_refusal_has_a_code() -> None:
    assert Rtu().answer(DATASHEET, with_crc(b"\x01\x83\x02")) == Refusal(2)
    assert Rtu().answer(SET_16_A, with_crc(b"\x01\x90\x03")) == Refusal(3)


@given(noise=st.binary(max_size=60), after=st.binary(max_size=10))
def test_an_answer_is_found_in_noise(noise: bytes, after: bytes) -> None:
    assert Rtu().answer(DATASHEET, noise + DATASHEET_ANSWER + after) is not None


@given(size=st.integers(0, len(DATASHEET_ANSWER) - 1))
def test_a_part_of_an_answer_is_none(size: int) -> None:
    assert Rtu().answer(DATASHEET, DATASHEET_ANSWER[:size]) is None


@given(at=st.integers(0, 8 * len(DATASHEET_ANSWER) - 1))
def test_an_answer_with_one_wrong_bit_is_none(at: int) -> None:
    wrong = bytearray(DATASHEET_ANSWER)
    wrong[at // 8] ^= 1 << at % 8
    assert Rtu().answer(DATASHEET, bytes(wrong)) is None


@pytest.mark.parametrize(
    "frame",
    [
        "02 03 04 00 20 00 20",  # another board's
        "01 03 02 00 20",  # to a question for one register
        "01 04 04 00 20 00 20",  # of another function
        "01 90 03",  # a write that was refused
    ],
)
def test_the_answer_to_another_question_is_passed_over(frame: str) -> None:
    foreign = with_crc(bytes.fromhex(frame))
    assert Rtu().answer(DATASHEET, foreign) is None
    assert Rtu().answer(DATASHEET, foreign + DATASHEET_ANSWER) == (32, 32)


def test_the_confirmation_of_another_register_confirms_nothing() -> None:
    assert Rtu().answer(SET_16_A, with_crc(bytes.fromhex("01 10 03 EC 00 01"))) is None


def test_over_tcp_each_request_has_its_own_number_and_no_checksum() -> None:
    framing = Tcp()
    assert framing.frame(DATASHEET) == bytes.fromhex("00 01 00 00 00 06 01 03 03 E8 00 02")
    assert framing.frame(DATASHEET) == bytes.fromhex("00 02 00 00 00 06 01 03 03 E8 00 02")
    assert framing.answer(DATASHEET, bytes.fromhex("00 02 00 00 00 07 01 03 04 00 20 00 20")) == (32, 32)
    assert framing.answer(DATASHEET, bytes.fromhex("00 02 00 00 00 03 01 83 0B")) == Refusal(11)


def test_over_tcp_the_answer_with_an_older_number_is_passed_over() -> None:
    framing = Tcp()
    framing.frame(DATASHEET)
    framing.frame(DATASHEET)
    late = bytes.fromhex("00 01 00 00 00 07 01 03 04 00 10 00 10")
    assert framing.answer(DATASHEET, late) is None
    assert framing.answer(DATASHEET, late + bytes.fromhex("00 02 00 00 00 07 01 03 04 00 20 00 20")) == (32, 32)


def test_numbers_begin_again_after_the_highest() -> None:
    framing = Tcp()
    numbers = [framing.frame(DATASHEET)[:2] for _ in range(65537)]
    assert numbers[65533:] == [b"\xff\xfe", b"\xff\xff", b"\x00\x01", b"\x00\x02"]
