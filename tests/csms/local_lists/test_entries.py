"""What stands on a station's local list, and in which messages it goes there."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import UNSET

from ladewerk.csms.local_lists.entries import Batch, difference, entry, messages, next_version, whole_list
from ladewerk.csms.tokens import Token
from ladewerk.ocpp import Version, v21
from ladewerk.ocpp.messages import encode

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def status(token: Token, version: Version = Version.V21) -> str | None:
    made = entry(token, "s-1", version, NOW)
    if made is None:
        return None
    assert made.id_token_info is not UNSET
    return str(made.id_token_info.status)


@pytest.mark.parametrize(
    ("token", "version", "said"),
    [
        (Token(id_token="A"), Version.V21, "Accepted"),
        (Token(id_token="A", blocked=True), Version.V16, "Blocked"),
        (Token(id_token="A", valid_until=NOW), Version.V201, "Expired"),
        (Token(id_token="A", valid_from=NOW + DAY), Version.V21, "NotAtThisTime"),
        (Token(id_token="A", stations=("S-2",)), Version.V21, None),
        (Token(id_token="A" * 21), Version.V16, None),
        (Token(id_token="A" * 37), Version.V201, None),
        (Token(id_token="A" * 37), Version.V21, "Accepted"),
        (Token(id_token="A", type="EVCCID"), Version.V201, None),
        (Token(id_token="A", type="EVCCID"), Version.V21, "Accepted"),
        (Token(id_token="A", type="T" * 21), Version.V21, None),
    ],
)
def test_a_token_stands_there_as_it_is_judged_if_the_version_can_say_it(
    token: Token, version: Version, said: str | None
) -> None:
    assert status(token, version) == said


def test_d01_fr17_what_is_gone_stands_in_a_difference_with_nothing_about_it() -> None:
    tokens = [
        Token(id_token="Same"),
        Token(id_token="Changed"),
        Token(id_token="Moved", stations=("S-2",)),
        Token(id_token="Young", valid_from=NOW - timedelta(hours=1)),
    ]
    changed = ["changed", "moved", "gone", "g" * 300]
    found = difference(tokens, changed, NOW - DAY, "s-1", Version.V21, NOW)
    assert {one.id_token.id_token: one.id_token_info is UNSET for one in found} == {
        "Changed": False,
        "Young": False,
        "moved": True,
        "gone": True,
    }


def test_a_list_goes_in_messages_of_so_many_tokens_and_bytes() -> None:
    entries = whole_list([Token(id_token=f"{number:020}") for number in range(7)], "s-1", Version.V21, NOW)
    full = v21.UpdateEnumType.FULL
    sent = messages(full, entries, 100, Batch(items=3))
    assert [(one.version_number, str(one.update_type)) for one in sent] == [
        (100, "Full"),
        (101, "Differential"),
        (102, "Differential"),
    ]
    assert [len(one.local_authorization_list or ()) for one in sent] == [3, 3, 1]
    three = 300 + 3 * (len(encode(entries[0])) + 1)
    sent = messages(full, entries, 100, Batch(items=50, most_bytes=three))
    assert all(len(encode(one)) <= three for one in sent)
    assert [len(one.local_authorization_list or ()) for one in sent] == [3, 3, 1]
    (empty,) = messages(full, [], 100, Batch())
    assert empty.local_authorization_list is UNSET
    # One that fits nowhere goes alone: the station says what it makes of it.
    assert len(messages(full, entries, 100, Batch(most_bytes=10))) == 7


def test_a_version_is_above_the_one_before_and_fits_into_32_bits() -> None:
    assert next_version(0, NOW) == 63_565_200
    assert next_version(63_565_200, NOW) == 63_565_201
    assert next_version(2**31 - 1, NOW) == 63_565_200
