"""Publication documents of ENTSO-E, written after its guide."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ladewerk.errors import ConfigError
from ladewerk.optimizer.price_formats import read_entsoe

BERLIN = ZoneInfo("Europe/Berlin")
SPACE = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"
SEQUENCE = "classificationSequence_AttributeInstanceComponent.position"
START = datetime(2026, 1, 4, 23, tzinfo=UTC)


def series(
    prices: dict[int, object],
    *,
    resolution: str = "PT60M",
    start: datetime = START,
    hours: int = 24,
    curve: str | None = "A03",
    sequence: int | None = None,
    contract: str = "A01",
    currency: str = "EUR",
    unit: str = "MWH",
) -> str:
    end = start + timedelta(hours=hours)
    lines = [
        "<TimeSeries>",
        "<mRID>1</mRID>",
        "<businessType>A62</businessType>",
        f"<contract_MarketAgreement.type>{contract}</contract_MarketAgreement.type>",
        f"<currency_Unit.name>{currency}</currency_Unit.name>",
        f"<price_Measure_Unit.name>{unit}</price_Measure_Unit.name>",
        "" if sequence is None else f"<{SEQUENCE}>{sequence}</{SEQUENCE}>",
        "" if curve is None else f"<curveType>{curve}</curveType>",
        "<Period>",
        f"<timeInterval><start>{start:%Y-%m-%dT%H:%MZ}</start><end>{end:%Y-%m-%dT%H:%MZ}</end></timeInterval>",
        f"<resolution>{resolution}</resolution>",
        *(
            f"<Point><position>{position}</position><price.amount>{price}</price.amount></Point>"
            for position, price in prices.items()
        ),
        "</Period></TimeSeries>",
    ]
    return "\n".join(lines)


def document(*all_series: str, kind: str = "A44") -> bytes:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<Publication_MarketDocument xmlns="{SPACE}">\n<type>{kind}</type>\n'
    return (head + "\n".join(all_series) + "\n</Publication_MarketDocument>").encode()


def at_hours(said: bytes, *hours: float, sequence: int = 1) -> list[float | None]:
    line = read_entsoe(said, sequence=sequence).market_per_kwh
    assert line is not None
    return [line.at(START + timedelta(hours=hour)) for hour in hours]


def test_prices_become_money_per_kwh_of_the_document_s_currency() -> None:
    said = document(series({position: 10 * position for position in range(1, 25)}))
    assert at_hours(said, -0.1, 0, 1, 23.9, 24) == [None, 0.01, 0.02, 0.24, None]
    assert read_entsoe(said).currency == "EUR"
    assert read_entsoe(document(series({1: 100}, currency="PLN"))).currency == "PLN"


def test_with_curve_a03_a_position_left_out_repeats_the_one_before() -> None:
    said = document(series({1: 50, 3: -7.5, 5: 80}))
    assert at_hours(said, 0, 1, 2, 3, 4, 23, 24) == [0.05, 0.05, -0.0075, -0.0075, 0.08, 0.08, None]


def test_with_curve_a01_a_position_left_out_says_nothing() -> None:
    for curve in ("A01", None):
        assert at_hours(document(series({1: 50, 3: 70}, curve=curve)), 0, 1, 2, 3) == [0.05, None, 0.07, None]


@pytest.mark.parametrize(("resolution", "step"), [("PT15M", 0.25), ("PT30M", 0.5), ("PT60M", 1.0), ("PT1H", 1.0)])
def test_every_resolution_is_read(resolution: str, step: float) -> None:
    said = document(series({1: 10, 2: 20, 3: 30}, resolution=resolution))
    assert at_hours(said, 0, step, 2 * step, 23.9) == [0.01, 0.02, 0.03, 0.03]


@pytest.mark.parametrize(
    ("day", "hours"), [(datetime(2026, 3, 29, tzinfo=BERLIN), 23), (datetime(2026, 10, 25, tzinfo=BERLIN), 25)]
)
def test_days_of_23_and_25_hours_have_that_many_positions(day: datetime, hours: int) -> None:
    midnight = day.astimezone(UTC)
    prices: dict[int, object] = {position: position for position in range(1, 4 * hours + 1)}
    said = document(series(prices, start=midnight, hours=hours, resolution="PT15M"))
    line = read_entsoe(said).market_per_kwh
    assert line is not None
    assert len(list(line.segments())) == 4 * hours
    assert line.end == (day + timedelta(days=1)).astimezone(UTC)


def test_the_auction_is_chosen_by_its_sequence_not_by_its_place() -> None:
    said = document(series({1: 999}, sequence=2), series({1: 50}, sequence=1))
    assert at_hours(said, 0) == [0.05]
    assert at_hours(said, 0, sequence=2) == [0.999]
    with pytest.raises(ConfigError, match="prices of auction sequence 1 are expected; only 2 is there"):
        read_entsoe(document(series({1: 999}, sequence=2)))


def test_intraday_auctions_are_left_out() -> None:
    assert at_hours(document(series({1: 999}, contract="A07"), series({1: 50})), 0) == [0.05]


def test_of_two_resolutions_the_finer_one_wins() -> None:
    said = document(series({1: 60, 13: 61}), series({1: 15, 2: 16}, resolution="PT15M", hours=1))
    assert at_hours(said, 0, 0.25, 1, 12) == [0.015, 0.016, 0.06, 0.061]


def test_several_days_are_one_line() -> None:
    said = document(series({1: 20}, start=START + timedelta(days=1)), series({1: 10}))
    assert at_hours(said, 0, 23, 24, 47, 48) == [0.01, 0.01, 0.02, 0.02, None]


def test_a_price_per_kwh_is_taken_as_it_is() -> None:
    assert at_hours(document(series({1: 0.3}, unit="KWH")), 0) == [0.3]


def test_an_acknowledgement_is_an_error_in_its_own_words() -> None:
    said = (
        '<?xml version="1.0"?><Acknowledgement_MarketDocument'
        ' xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0"><mRID>x</mRID><Reason><code>999</code>'
        "<text>No matching data\n   found.</text></Reason></Acknowledgement_MarketDocument>"
    )
    with pytest.raises(ConfigError, match=r"line 1: ENTSO-E has no prices for this: 999 No matching data found\.$"):
        read_entsoe(said.encode())
    with pytest.raises(ConfigError, match="no reason given"):
        read_entsoe(b"<Acknowledgement_MarketDocument/>")


@pytest.mark.parametrize(
    ("said", "key", "why"),
    [
        (
            b"<Balancing_MarketDocument/>",
            "line 1",
            "<Publication_MarketDocument> is expected, not <Balancing_MarketDocument>",
        ),
        (b"<Publication_MarketDocument/>", "line 1", "<type> is expected in <Publication_MarketDocument>"),
        (document(kind="A65"), "line 3", "type A44, are expected, not 'A65'"),
        (document(), "line 2", "there is none"),
        (document(series({1: 1}, contract="A07")), "line 2", "there is none"),
        (document(series({1: 1}, unit="MAW")), "line 9", "per MWH is expected, not per 'MAW'"),
        (document(series({1: 1}, curve="A02")), "line 11", "A01 or A03 is expected, not 'A02'"),
        (document(series({1: 1}, resolution="P1D")), "line 14", "not 'P1D'"),
        (document(series({1: 1}, hours=0)), "line 12", "a period of whole 1:00:00 is expected"),
        (document(series({1: 1}, hours=24 * 500)), "line 12", "a period of whole"),
        (document(series({2: 1})), "line 12", "position 1 is expected"),
        (document(series({})), "line 12", "position 1 is expected"),
        (document(series({1: 1, 25: 2})), "line 16", "a position from 2 to 24 is expected, not 25"),
        (document(series({1: 1, 3: 2, 2: 3})), "line 17", "a position from 4 to 24 is expected, not 2"),
        (document(series({1: 1, 0: 2})), "line 16", "a position from 2 to 24"),
        (document(series({1: "dear"})), "line 15", "a price is expected, not 'dear'"),
        (document(series({1: "nan"})), "line 15", "a price is expected, not 'nan'"),
        (document(series({1: 1})).replace(b"<position>1<", b"<position>1.0<"), "line 15", "a whole number is expected"),
        (document(series({1: 1})).replace(b"2026-01-04T23:00Z", b"2026-01-04T23:00"), "line 13", "a time such as"),
        (document(series({1: 1})).replace(b"2026-01-04T23:00Z", b"yesterday"), "line 13", "a time such as"),
        (document(series({1: 1})).replace(b"2026-01-05T23", b"9999-12-31T23"), "line 13", "a time of this century"),
        (document(series({1: 1})).replace(b"<price.amount>1</price.amount>", b""), "line 15", "<price.amount> is expected"),
        (document(series({1: 1}), series({1: 2})), "line 28", "a start at or after"),
        (
            document(series({1: 1}), series({1: 2}, currency="PLN", start=START + timedelta(days=1))),
            "line 21",
            "EUR is expected, as before",
        ),
    ],
)
def test_what_does_not_fit_is_named_by_its_line(said: bytes, key: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as refused:
        read_entsoe(said)
    assert refused.value.key == key
