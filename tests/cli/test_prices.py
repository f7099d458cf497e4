"""`ladewerk prices` from outside: a file in, a part of a problem out."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ladewerk.cli import main
from ladewerk.optimizer import problem_from_json
from ladewerk.optimizer.series_file import parse_series

START = datetime(2026, 1, 5, tzinfo=UTC)
EVS = [{"id": "car", "energy_wh": 3000, "max_current_a": 16}]


class Words:
    """A standard input that has bytes."""

    def __init__(self, document: bytes) -> None:
        self.buffer = io.BytesIO(document)


def awattar(*prices: float) -> bytes:
    first_ms = int(START.timestamp() * 1000)
    hours = range(first_ms, first_ms + 3_600_000 * len(prices), 3_600_000)
    entries = [
        {"start_timestamp": at_ms, "end_timestamp": at_ms + 3_600_000, "marketprice": price, "unit": "Eur/MWh"}
        for at_ms, price in zip(hours, prices, strict=True)
    ]
    return json.dumps({"object": "list", "data": entries}).encode()


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    def runs(document: bytes, *arguments: str) -> tuple[int, Any, str]:
        monkeypatch.setattr("sys.stdin", Words(document))
        status = main(["prices", *arguments])
        said = capsys.readouterr()
        return status, json.loads(said.out) if said.out else None, said.err

    return runs


def test_what_is_printed_is_part_of_a_problem(run: Any) -> None:
    status, said, _ = run(awattar(100, 50), "--tax", "0.19", "--per-kwh", "0.10")
    assert status == 0
    assert said == {
        "start": "2026-01-05T00:00:00+00:00",
        "slot_s": 900,
        "price_per_kwh": [0.238] * 4 + [0.1785] * 4,
        "currency": "EUR",
    }
    assert len(problem_from_json(json.dumps({**said, "evs": EVS}).encode()).slot_s) == 8


def test_a_file_by_name_and_a_part_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "prices.csv"
    path.write_text("start_at;price_per_kwh\n2026-01-05 17:00;0,34\n2026-01-05 22:00;0,24\n")
    arguments = [
        "prices",
        str(path),
        "--zone",
        "Europe/Berlin",
        "--start",
        "2026-01-05T21:30",
        "--slots",
        "3",
        "--slot-s",
        "1800",
    ]
    assert main(arguments) == 0
    said = json.loads(capsys.readouterr().out)
    assert said == {"start": "2026-01-05T21:30:00+01:00", "slot_s": 1800, "price_per_kwh": [0.34, 0.24, 0.24]}


def test_the_sample_is_a_file_that_it_reads(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prices", "--sample"]) == 0
    status, said, _ = run(capsys.readouterr().out.encode(), "--slot-s", "3600")
    assert status == 0
    assert said["price_per_kwh"][16:22] == [0.29, 0.36, 0.36, 0.36, 0.36, 0.29]


def test_prices_go_on_as_a_forecast_that_states_its_error(run: Any) -> None:
    fortnight = awattar(*([10.0 * hour for hour in range(24)] * 14))
    status, said, words = run(fortnight, "--start", "2026-01-18T22:00Z", "--slots", "16", "--forecast")
    assert status == 0
    assert said["price_per_kwh"] == pytest.approx([0.22] * 4 + [0.23] * 4 + [0.0] * 4 + [0.01] * 4)
    assert words.startswith(
        "from 2026-01-19T00:00:00+00:00 on the prices are a forecast; mean error on the last 7 days: 0.0000"
    )


def test_a_csv_file_for_the_csms_may_be_printed_instead(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", Words(awattar(100, 100, 50)))
    assert main(["prices", "--tax", "0.19", "--zone", "Europe/Berlin", "--csv"]) == 0
    text = capsys.readouterr().out
    assert text == "start_at,price_per_kwh\n2026-01-05T01:00:00+01:00,0.119\n2026-01-05T03:00:00+01:00,0.0595\n"
    assert len(parse_series(text.encode(), "price_per_kwh", "printed")) == 2


def test_tibber_says_what_is_paid_itself(run: Any) -> None:
    prices = [{"startsAt": "2026-01-05T00:00:00+01:00", "total": 0.3, "energy": 0.1}]
    answer = {"data": {"viewer": {"homes": [{"currentSubscription": {"priceInfo": {"today": prices}}}]}}}
    assert run(json.dumps(answer).encode(), "--slots", "1")[1]["price_per_kwh"] == [0.3]
    assert run(json.dumps(answer).encode(), "--slots", "1", "--tax", "0.2")[1]["price_per_kwh"] == [0.12]
    del prices[0]["energy"]
    assert "market's prices (energy)" in run(json.dumps(answer).encode(), "--tax", "0.2")[2]


@pytest.mark.parametrize(
    ("document", "arguments", "words"),
    [
        (b"", (), "standard input:1: the first line is the header start_at,price_per_kwh"),
        (awattar(), (), "standard input: holds no price"),
        (
            awattar(1).replace(b"1.0", b'"1"').replace(b": 1,", b': "1",'),
            (),
            "standard input: $.data[0].marketprice: expected `float`",
        ),
        (b"<a>", (), "standard input: line 1: XML is expected: no element found"),
        (b"<a/>", ("--format", "entsoe", "--sequence", "2"), "<Publication_MarketDocument> is expected"),
        (awattar(1), ("--zone", "Mars/Base"), "--zone: a time zone such as Europe/Berlin is expected, not 'Mars/Base'"),
        (awattar(1), ("--start", "9999-12-31T23:59Z"), "--start: a time of this century is expected"),
        (awattar(1), ("--start", "soon"), "--start: a time such as"),
        (awattar(1), ("--start", "2026-01-05T00:00"), "--start: '2026-01-05T00:00' lacks an offset"),
        (awattar(1), ("--start", "2026-03-29T02:30", "--zone", "Europe/Berlin"), "does not exist in Europe/Berlin"),
        (awattar(1), ("--start", "2026-01-06T00:00Z"), "--start: a time is expected that is at least a slot before"),
        (awattar(1), ("--start", "2026-01-04T23:00Z"), "a series is expected to reach from 2026-01-04T23:00:00+00:00"),
        (awattar(1), ("--slots", "5"), "a series is expected to reach"),
        (awattar(1e308), ("--tax", "1e308"), "prices that a plan can reckon with"),
        (awattar(1), ("--tax", "-2"), "--tax: a share of 1 is expected"),
        (awattar(1), ("--per-kwh", "nan"), "--per-kwh: a finite number is expected"),
        (awattar(1), ("--slots", "8", "--forecast"), "--forecast: 7 days of prices are expected"),
        (b"start_at,price_per_kwh\n2026-01-05T00:00Z,1\n", (), "--slots: is expected: one price alone holds for ever"),
        (b"start_at,price_per_kwh\n2026-01-05 00:00,1\n", (), "standard input:2: '2026-01-05 00:00' lacks an offset"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_status_2(
    run: Any, document: bytes, arguments: tuple[str, ...], words: str
) -> None:
    status, said, error = run(document, *arguments)
    assert (status, said) == (2, None)
    assert words in error
    assert error.count("\n") == 1


def test_a_file_that_is_not_there_is_named(run: Any, tmp_path: Path) -> None:
    assert "none.csv: a readable file is expected" in run(b"", str(tmp_path / "none.csv"))[2]


@pytest.mark.parametrize("option", ["--slots", "--slot-s", "--sequence"])
def test_a_number_that_is_none_is_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["prices", option, "0"])
    assert ended.value.code == 2
    assert "a whole number from 1 to" in capsys.readouterr().err


def test_slots_are_of_the_length_asked_for(run: Any) -> None:
    _, said, _ = run(awattar(*range(1, 5)), "--slot-s", "7200")
    assert said["price_per_kwh"] == pytest.approx([0.0015, 0.0035])
    assert datetime.fromisoformat(said["start"]) + 2 * timedelta(hours=2) == START + timedelta(hours=4)
