"""What the station tells of itself in the device model and nobody sets: its parts, its abilities, how it stands."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from ladewerk.electrical import power_w
from ladewerk.station.config import StationConfig
from ladewerk.station.control import UnitControl
from ladewerk.station.device_model.variable import Kind, Variable
from ladewerk.station.smart_charging.charging_profiles import ChargingProfiles
from ladewerk.station.units import Units

ITEMS_PER_MESSAGE: Final = 100
"""Variables in one message, entries in one SendLocalList."""
BYTES_PER_MESSAGE: Final = 65_536
MOST_LISTED: Final = 1000
"""Tokens in the local list."""
AVAILABILITY: Final = ("Available", "Occupied", "Reserved", "Unavailable", "Faulted")


def _text(component: str, name: str, instance: str = "", *, values: tuple[str, ...] = ()) -> Variable:
    kind = Kind.OPTION_LIST if values else Kind.STRING
    return Variable(component=component, name=name, instance=instance, kind=kind, values=values)


def _number(component: str, name: str, instance: str = "", *, most: float | None = None) -> Variable:
    return Variable(component=component, name=name, instance=instance, kind=Kind.INTEGER, most=most)


def _count(component: str, instance: str, most: float | None) -> Variable:
    return Variable(
        component=component, name="Entries", instance=instance, kind=Kind.INTEGER, most=most, has_max_set=most is not None
    )


def _flag(component: str, name: str) -> Variable:
    return Variable(component=component, name=name, kind=Kind.BOOLEAN)


def said(able: bool) -> str:
    """A boolean as the device model writes it."""
    return "true" if able else "false"


class DeviceFacts:
    """Asked each time somebody wants to know; ``status`` says how a connector is, ``listed`` how long the local list."""

    def __init__(
        self,
        config: StationConfig,
        units: Units,
        profiles: ChargingProfiles,
        *,
        status: Callable[[UnitControl], str],
        listed: Callable[[], int],
        now: Callable[[], str],
        linked_by: Callable[[], tuple[str, int]],
    ) -> None:
        self._config = config
        self._units = units
        self._profiles = profiles
        self._status = status
        self._listed = listed
        self._now = now
        self._linked_by = linked_by

    def __call__(self) -> Mapping[Variable, str]:
        """Every fact with its value."""
        facts = dict(self._station())
        facts.update(self._controllers())
        facts.update(self._smart_charging())
        for unit in self._units:
            facts.update(self._unit(unit))
        return facts

    def _station(self) -> Iterator[tuple[Variable, str]]:
        table = self._config.station
        phases = max((unit.state.rules.phases for unit in self._units), default=3)
        states = {self._status(unit) for unit in self._units}
        usable = next((state for state in AVAILABILITY if state in states), "Unavailable")
        yield _text("ChargingStation", "Model"), table.model
        yield _text("ChargingStation", "VendorName"), table.vendor
        yield _flag("ChargingStation", "Available"), "true"
        yield _text("ChargingStation", "AvailabilityState", values=AVAILABILITY), usable
        yield _flag("ChargingStation", "Problem"), said("Faulted" in states)
        yield _number("ChargingStation", "SupplyPhases"), str(phases)

    def _controllers(self) -> Iterator[tuple[Variable, str]]:
        slot, security_profile = self._linked_by()
        for message in ("GetReport", "GetVariables", "SetVariables"):
            yield _number("DeviceDataCtrlr", "ItemsPerMessage", message), str(ITEMS_PER_MESSAGE)
            yield _number("DeviceDataCtrlr", "BytesPerMessage", message), str(BYTES_PER_MESSAGE)
        yield _flag("AuthCacheCtrlr", "Available"), "true"
        yield _text("AuthCacheCtrlr", "Policy", values=("LRU",)), "LRU"
        yield _flag("LocalAuthListCtrlr", "Available"), "true"
        yield _count("LocalAuthListCtrlr", "", MOST_LISTED), str(self._listed())
        yield _number("LocalAuthListCtrlr", "ItemsPerMessage"), str(ITEMS_PER_MESSAGE)
        yield _number("LocalAuthListCtrlr", "BytesPerMessage"), str(BYTES_PER_MESSAGE)
        yield Variable(component="ClockCtrlr", name="DateTime", kind=Kind.DATE_TIME), self._now()
        yield _text("ClockCtrlr", "TimeSource"), "NTP"
        if self._config.station.time_zone is not None:
            yield _text("ClockCtrlr", "TimeZone"), self._config.station.time_zone
        yield _text("OCPPCommCtrlr", "ActiveNetworkProfile"), slot
        yield _text("OCPPCommCtrlr", "FileTransferProtocols"), ""
        yield _flag("OCPPCommCtrlr", "QueueAllMessages"), "false"
        yield _text("SecurityCtrlr", "Identity"), self._config.station.identity
        yield _number("SecurityCtrlr", "SecurityProfile"), str(security_profile)
        yield _number("SecurityCtrlr", "CertificateEntries", most=0), "0"
        yield _flag("SampledDataCtrlr", "Available"), "true"
        yield _flag("AlignedDataCtrlr", "Available"), "true"

    def _smart_charging(self) -> Iterator[tuple[Variable, str]]:
        can, name = self._profiles.abilities, "SmartChargingCtrlr"
        yield _flag(name, "Available"), "true"
        yield _number(name, "PeriodsPerSchedule"), str(can.most_periods)
        rate_units = tuple(sorted(can.rate_units))
        kind = Kind.MEMBER_LIST
        yield Variable(component=name, name="RateUnit", kind=kind, values=rate_units), ",".join(rate_units)
        installed = len(self._profiles.installed)
        yield _count(name, "ChargingProfiles", can.most_profiles), str(installed)
        yield _number(name, "ProfileStackLevel"), str(can.most_stack_level)
        yield _flag(name, "SupportsDynamicProfiles"), said(can.dynamic)
        yield _flag(name, "SupportsUseLocalTime"), said(can.local_time)
        yield _flag(name, "SupportsRandomizedDelay"), said(can.random_delay)
        yield _flag(name, "SupportsLimitAtSoC"), said(can.limit_at_soc)
        yield _flag(name, "SupportsMaxOfflineDuration"), "true"
        yield _flag(name, "ACPhaseSwitchingSupported"), said(can.phase_switching)
        yield _flag(name, "Phases3to1"), said(can.phase_switching)
        yield _flag(name, "ExternalControlSignalsEnabled"), "true"
        yield _flag(name, "NotifyChargingLimitWithSchedules"), "true"

    def _unit(self, unit: UnitControl) -> Iterator[tuple[Variable, str]]:
        evse, connector = partial(Variable, evse_id=unit.evse_id), partial(Variable, evse_id=unit.evse_id, connector_id=1)
        rules, meter, status = unit.state.rules, unit.state.meter, self._status(unit)
        most_w = power_w(rules.max_current_a, phases=rules.phases)
        drawn_w = 0.0 if meter is None else meter.total_power_w
        transaction_id = "" if unit.transaction is None else unit.transaction.transaction_id
        yield evse(component="EVSE", name="Available", kind=Kind.BOOLEAN), "true"
        yield evse(component="EVSE", name="AvailabilityState", kind=Kind.OPTION_LIST, values=AVAILABILITY), status
        yield evse(component="EVSE", name="Problem", kind=Kind.BOOLEAN), said(status == "Faulted")
        yield evse(component="EVSE", name="AllowReset", kind=Kind.BOOLEAN), "false"
        yield evse(component="EVSE", name="Power", kind=Kind.DECIMAL, unit="W", most=most_w), f"{drawn_w:.0f}"
        yield evse(component="EVSE", name="SupplyPhases", kind=Kind.INTEGER), str(rules.phases)
        yield evse(component="EVSE", name="ActiveTransactionId"), transaction_id
        yield connector(component="Connector", name="Available", kind=Kind.BOOLEAN), "true"
        yield connector(component="Connector", name="AvailabilityState", kind=Kind.OPTION_LIST, values=AVAILABILITY), status
        yield connector(component="Connector", name="ConnectorType"), "sType2" if rules.has_lock else "cType2"
        yield connector(component="Connector", name="SupplyPhases", kind=Kind.INTEGER), str(rules.phases)
