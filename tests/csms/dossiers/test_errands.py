"""How errands of stations move, and what else is kept of what stations tell."""

from datetime import UTC, datetime

from msgspec import UNSET, UnsetType

from ladewerk.csms.data_transfer_rules import DataTransferRule, answer
from ladewerk.csms.dossiers.customers import CustomerReport, with_part
from ladewerk.csms.dossiers.errands import ASKED, CANCELED, after_answer, after_report, superseded, without_answer
from ladewerk.csms.dossiers.firmware import ENDS, FirmwareUpdate
from ladewerk.csms.dossiers.inventories import Inventories
from ladewerk.csms.dossiers.reports import Place, reported, with_value
from ladewerk.ocpp import v21

NOW = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)
ASKED_FOR = FirmwareUpdate(request_id=1, status=ASKED, changed_at=NOW, asked_at=NOW)


def test_a_report_that_passes_the_answer_on_its_way_holds() -> None:
    reported_first = after_report(ASKED_FOR, "Downloading", "", NOW, ends=ENDS)
    assert after_answer(reported_first, "Accepted", "", NOW).status == "Downloading"
    assert without_answer(reported_first, "timed out", NOW).status == "Downloading"
    unanswered = without_answer(ASKED_FOR, "timed out", NOW)
    assert (unanswered.status, unanswered.reason) == (ASKED, "timed out")
    assert after_answer(ASKED_FOR, "Rejected", "Busy", NOW).reason == "Busy"


def test_what_has_come_to_its_end_stays_there() -> None:
    installed = after_report(ASKED_FOR, "Installed", "", NOW, ends=ENDS)
    assert after_report(installed, "Installing", "", NOW, ends=ENDS) is installed
    assert superseded(installed, NOW, ends=ENDS) is installed
    assert superseded(ASKED_FOR, NOW, ends=ENDS).status == CANCELED


def test_of_a_customer_so_much_is_kept_in_the_order_of_its_parts() -> None:
    known: CustomerReport | None = CustomerReport(request_id=1, status="Accepted", changed_at=NOW)
    for number in reversed(range(250)):
        part = v21.NotifyCustomerInformationRequest(
            data=f"{number} ", seq_no=number, generated_at=NOW, request_id=1, tbc=True
        )
        known = with_part(known, part, NOW)
    assert known is not None
    assert len(known.parts) == 200
    assert known.text.startswith("50 51 ")
    assert known.status == "Accepted"


def test_a_message_of_a_vendor_is_answered_by_the_rule_that_fits_best() -> None:
    rules = (
        DataTransferRule(vendor_id="a", status="Rejected"),
        DataTransferRule(vendor_id="a", message_id="x", data="1"),
        DataTransferRule(vendor_id="b", message_id="x"),
    )

    def told(vendor_id: str, message_id: str | UnsetType = UNSET) -> tuple[str, object]:
        said = answer(rules, v21.DataTransferRequest(vendor_id=vendor_id, message_id=message_id))
        return str(said.status), said.data

    assert told("a", message_id="x") == ("Accepted", "1")
    assert told("a", message_id="y")[0] == "Rejected"
    assert told("a")[0] == "Rejected"
    assert told("b")[0] == "UnknownMessageId"
    assert told("c", message_id="x")[0] == "UnknownVendorId"


def test_b07_an_inventory_is_whole_when_every_part_has_come_in_any_order() -> None:
    inventories = Inventories()
    assert inventories.part("all", "s", 1, 0, is_last=True) is None
    inventories.asked("all", "s", 1, NOW)
    assert inventories.part("all", "s", 2, 0, is_last=True) is None
    assert inventories.part("all", "s", 1, 2, is_last=True) is None
    assert inventories.part("all", "s", 1, 0, is_last=False) is None
    assert inventories.part("all", "s", 1, 10**9, is_last=False) is None
    assert inventories.part("all", "s", 1, 1, is_last=False) == NOW
    assert inventories.part("all", "s", 1, 1, is_last=False) is None
    inventories.asked("all", "s", 3, NOW)
    inventories.refused("all", "s", 2)
    inventories.refused("all", "s", 3)
    assert inventories.part("all", "s", 3, 0, is_last=True) is None


def test_a_variable_is_the_same_however_it_is_spelled_and_no_secret_of_it_is_kept() -> None:
    said = v21.ReportDataType(
        component=v21.ComponentType(name="evse", instance="I", evse=v21.EVSEType(id=1, connector_id=2)),
        variable=v21.VariableType(name="Power", instance="Max"),
        variable_attribute=(
            v21.VariableAttributeType(value="1", type=v21.AttributeEnumType.TARGET, constant=True),
            v21.VariableAttributeType(value="2"),
        ),
        variable_characteristics=v21.VariableCharacteristicsType(
            data_type=v21.DataEnumType.INTEGER, supports_monitoring=True, unit="W", max_limit=9.0, max_elements=3
        ),
    )
    ((name, variable),) = reported([said]).items()
    other = Place(
        component="EVSE",
        component_instance="i",
        evse_id=1,
        connector_id=2,
        variable="POWER",
        variable_instance="mAX",
    )
    assert other.name == name
    assert variable.characteristics is not None
    assert (variable.characteristics.unit, variable.characteristics.max_elements) == ("W", 3)
    after = with_value(variable, other, "Actual", "5")
    assert [(one.type, one.value) for one in after.attributes] == [("Target", "1"), ("Actual", "5")]
    secret = Place(component="SecurityCtrlr", variable="BasicAuthPassword")
    assert with_value(None, secret, "Actual", "x").attributes[0].value is None
