"""The 21 cases of MicroOcpp's own suite for OCPP 1.6."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ladewerk.charging.abilities import Abilities, Replacing
from ladewerk.charging.composite import Situation, Station, Transaction, applicable, composite
from ladewerk.charging.installation import Installation, Purpose
from ladewerk.charging.installed import Installed
from ladewerk.charging.occurrences import Setting, Window, profile_line
from ladewerk.charging.periods import periods
from ladewerk.charging.rates import Limit, Unit
from ladewerk.charging.refusal import Refusal
from ladewerk.ocpp import Version
from ladewerk.ocpp.charging_profiles import read_charging_profile
from tests.conformance.cases import Json, load

SUITE: Json = load("microocpp_ocpp16.json") or {"cases": [], "profiles": {}}
NOW = datetime(2023, 1, 1, tzinfo=UTC)
RATING_A = 80.0
STATION = Station(ratings_a={1: RATING_A, 2: RATING_A})
ABILITIES = Abilities(evse_ids=(1, 2), replacing=Replacing.BY_LEVEL, most_stack_level=8, most_periods=24)
TRANSACTION = "123"


def case(name: str) -> Json:
    found: Json = next(one for one in SUITE["cases"] if one["id"] == name)
    return found


def read(name: str) -> tuple[Installation, bool]:
    """The profile, and whether it comes with a RemoteStartTransaction."""
    import json

    known = name.partition(" on connector ")
    message = SUITE["profiles"][known[0]]
    payload = message["payload"]
    wire = payload.get("csChargingProfiles", payload.get("chargingProfile"))
    evse_id = int(known[2] or payload["connectorId"])
    profile = read_charging_profile(Version.V16, json.dumps(wire).encode())
    return Installation(evse_id, profile), message["action"] == "RemoteStartTransaction"


def install(names: list[str], abilities: Abilities = ABILITIES, running: str | None = TRANSACTION) -> Installed:
    """All of them; what is refused is left out."""
    held = Installed()
    for name in names:
        candidate, starts = read(name)
        transactions = {1: running} if running is not None else {}
        outcome = held.install(candidate, abilities=abilities, transactions=transactions, now=NOW, starts_transaction=starts)
        held = held if isinstance(outcome, Refusal) else outcome
    return held


def limit(held: Installed, moment: datetime, unit: Unit = Unit.A) -> Limit:
    running = {1: Transaction(transaction_id=TRANSACTION, begun_at=NOW)}
    situation = Situation(station=STATION, installed=held.profiles, transactions=running)
    found = composite(situation, 1, unit, Window(moment, moment + timedelta(seconds=1))).at(moment)
    assert found is not None
    return found


def says_anything(held: Installed, moment: datetime) -> bool:
    """Some profile that holds without a transaction too has a limit at ``moment``."""
    window = Window(moment, moment + timedelta(seconds=1))
    station_wide = applicable(held, 0, Purpose.CHARGING_STATION_MAX_PROFILE, None)
    return any(profile_line(one.profile, window, Setting(begun_at=moment)).at(moment) for one in station_wide)


def test_all_cases_are_there() -> None:
    assert len(SUITE["cases"]) == 21


@pytest.mark.parametrize("given", [one for one in SUITE["cases"] if "limits" in one], ids=lambda one: one["id"])
def test_a_limit_holds_at_its_moment(given: Json) -> None:
    held = install(given["set"])
    for row in given["limits"]:
        if row["at"] == "after the transaction ends":
            held, moment = held.without_transaction(TRANSACTION, 1), NOW
        else:
            moment = datetime.fromisoformat(row["at"])
        if row["limitA"] is None and not row["transaction_active"]:
            # MicroOcpp limits nothing where nothing charges; ours answers as if a transaction ran (2.x, K08.FR.06).
            assert not says_anything(held, moment)
            continue
        found = limit(held, moment)
        assert found.lowest == pytest.approx(row["limitA"])
        assert found.phases == row.get("numberPhases", found.phases)
        if row["limitW"] is not None:
            # MicroOcpp tells amps and watts apart; the lower of both holds, here 20 A on one phase.
            assert limit(held, moment, Unit.W).limit[0] == pytest.approx(
                min(row["limitW"], found.lowest * found.phases * 230)
            )


@pytest.mark.parametrize("name", ["same id replaces", "same stackLevel and purpose replaces (1.6)", "persist over reboot"])
def test_one_profile_is_left(name: str) -> None:
    assert len(install(case(name)["set"])) == 1


@pytest.mark.parametrize(
    ("name", "running"), [("TxProfile no transaction", None), ("TxProfile wrong transactionId", "other")]
)
def test_a_tx_profile_without_its_transaction_is_refused(name: str, running: str | None) -> None:
    assert len(install(case(name)["set"], running=running)) == 0


def test_a_tx_profile_goes_with_its_transaction() -> None:
    held = install(case("TxProfile matching transactionId")["set"])
    assert len(held) == 1
    assert len(held.without_transaction(TRANSACTION, 1)) == 0


@pytest.mark.parametrize("given", [one for one in SUITE["cases"] if "composite" in one], ids=lambda one: one["id"])
def test_a_composite_schedule_has_its_periods(given: Json) -> None:
    asked = given["composite"]
    situation = Situation(station=STATION, installed=install(given["set"]).profiles)
    window = Window(NOW, NOW + timedelta(seconds=asked["duration"]))
    line = composite(situation, asked["connectorId"], Unit.A, window)
    found = [[one.start_s, one.value.lowest] for one in periods(line, NOW, asked["duration"])]
    # Where no profile speaks MicroOcpp says so; the answer of a station is its rating there.
    assert found == [[start_s, RATING_A if amps is None else amps] for start_s, amps in asked["periods"]]


def test_no_more_profiles_are_kept_than_fit() -> None:
    three = replace(ABILITIES, most_profiles=3)
    names = case("MaxChargingProfilesInstalled (3) reached")["set"]
    held = install(names, three)
    assert len(held) == 3
    again = held.install(read(names[0])[0], abilities=three, transactions={}, now=NOW)
    further = held.install(read("SCPROFILE_5_VALID_UNTIL_2022_16A")[0], abilities=three, transactions={}, now=NOW)
    assert isinstance(again, Installed)
    assert isinstance(further, Refusal)


def test_a_stack_level_or_a_number_of_periods_beyond_the_most_is_refused() -> None:
    assert {one["id"] for one in SUITE["cases"] if one.get("expect") == "CALLERROR"} == {
        "stackLevel above ChargeProfileMaxStackLevel",
        "periods above ChargingScheduleMaxPeriods",
    }
    low = [replace(ABILITIES, most_stack_level=0), replace(ABILITIES, most_periods=1)]
    assert [len(install(["SCPROFILE_8_RECURRING_WEEK_2H_10A_12A"], abilities)) for abilities in low] == [0, 0]
