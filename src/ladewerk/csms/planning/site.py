"""The site: what limits its grid connection, what its energy costs and what else draws power there."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ladewerk.timeline import Timeline


class PriceStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From ``start_at`` on energy costs ``price_per_kwh``, until the next step; the last one holds for ever."""

    start_at: datetime
    price_per_kwh: float


class LoadStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From ``start_at`` on the site draws ``power_w`` besides the cars, until the next step; the last one holds for ever."""

    start_at: datetime
    power_w: float


class TariffStep(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every day from the local time ``from``, ``"HH:MM"``, on energy costs ``price_per_kwh``."""

    from_: str = msgspec.field(name="from")
    price_per_kwh: float


class Tariff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Prices that repeat daily: either day and night, or ``steps`` of the day, by the clock of the site's time zone.

    ``weekend_price_per_kwh`` holds all Saturday and Sunday beside day and night; None: they are days like the others.
    """

    day_price_per_kwh: float | None = None
    night_price_per_kwh: float | None = None
    night_from: str | None = None
    night_to: str | None = None
    weekend_price_per_kwh: float | None = None
    steps: tuple[TariffStep, ...] | None = None


DAY_AND_NIGHT = Tariff(day_price_per_kwh=0.30, night_price_per_kwh=0.20, night_from="22:00", night_to="06:00")


class SubFuse(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A fuse behind the site's, or behind the one it is ``within``.

    ``behind`` are identities of stations, or single EVSEs as ``"IDENTITY/2"``; those behind a fuse within it count too.
    ``limit_w`` is for all phases together, ``limit_a`` for each; None is not limited.
    """

    name: str
    behind: tuple[str, ...] = ()
    within: str | None = None
    limit_w: float | None = None
    limit_a: float | None = None


class Wiring(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a station's EVSEs, or one of them, are wired: the phases, and what it may draw if nothing limits it."""

    phases: tuple[int, ...] = (1, 2, 3)
    max_current_a: float | None = None


class Site(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for every car of a site.

    ``limit_w`` is the grid connection over all phases (25 A on three phases by default), ``limit_a`` each of them (None: not
    limited by itself), ``fuses`` those behind it, ``voltage_v`` line to neutral. ``evse_max_current_a`` is what an EVSE may
    draw if nothing limits it, where ``wiring`` does not say otherwise for its station or itself. ``fallback_a`` is what each
    EVSE is left without the CSMS; None works it out, see ``limit/fuses``. ``value_of_time_per_h`` is what an hour
    earlier is worth to a driver who asks for a balanced plan. Where ``prices`` and
    ``base_load`` say something they win over ``tariff`` and ``base_load_constant_w``. ``time_zone`` is the IANA name of
    the zone that the tariff and everything said to people is in; None is that of the machine.
    """

    limit_w: float = 17_250.0
    limit_a: float | None = None
    fuses: tuple[SubFuse, ...] = ()
    wiring: dict[str, Wiring] = {}
    evse_max_current_a: float = 32.0
    fallback_a: float | None = None
    voltage_v: float = 230.0
    currency: str = "EUR"
    time_zone: str | None = None
    value_of_time_per_h: float = 0.10
    prices: tuple[PriceStep, ...] = ()
    tariff: Tariff = DAY_AND_NIGHT
    base_load: tuple[LoadStep, ...] = ()
    base_load_constant_w: float = 0.0

    def base_load_line(self, start: datetime) -> Timeline[float]:
        """What the site draws besides the cars, from ``start`` on, in watts."""
        steps: list[tuple[datetime, float | None]] = [(step.start_at, step.power_w) for step in self.base_load]
        if not steps or steps[0][0] > start:
            steps.insert(0, (start, self.base_load_constant_w))
        return Timeline.of(steps).within(start)

    def price_series(self) -> Timeline[float]:
        """The explicit prices; where they say nothing the tariff holds."""
        return Timeline.of((step.start_at, step.price_per_kwh) for step in self.prices)


class SiteChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New values for some settings of the site; what is left out stays as it is."""

    limit_w: float | msgspec.UnsetType = msgspec.UNSET
    limit_a: float | msgspec.UnsetType | None = msgspec.UNSET
    fuses: tuple[SubFuse, ...] | msgspec.UnsetType = msgspec.UNSET
    wiring: dict[str, Wiring] | msgspec.UnsetType = msgspec.UNSET
    evse_max_current_a: float | msgspec.UnsetType = msgspec.UNSET
    fallback_a: float | msgspec.UnsetType | None = msgspec.UNSET
    voltage_v: float | msgspec.UnsetType = msgspec.UNSET
    currency: str | msgspec.UnsetType = msgspec.UNSET
    time_zone: str | msgspec.UnsetType | None = msgspec.UNSET
    value_of_time_per_h: float | msgspec.UnsetType = msgspec.UNSET
    prices: tuple[PriceStep, ...] | msgspec.UnsetType = msgspec.UNSET
    tariff: Tariff | msgspec.UnsetType = msgspec.UNSET
    base_load: tuple[LoadStep, ...] | msgspec.UnsetType = msgspec.UNSET
    base_load_constant_w: float | msgspec.UnsetType = msgspec.UNSET

    def applied_to(self, site: Site) -> Site:
        """``site`` with these values."""
        said = {name: value for name in self.__struct_fields__ if (value := getattr(self, name)) is not msgspec.UNSET}
        return msgspec.structs.replace(site, **said)


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Why one value cannot be used: ``field`` is where it stands, ``code`` and ``params`` what pages translate."""

    field: str
    code: str
    params: dict[str, str | float] = {}
    text: str


_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

_RANGES = {
    "limit_w": (100.0, 10_000_000.0),
    "voltage_v": (100.0, 400.0),
    "evse_max_current_a": (6.0, 1000.0),
    "value_of_time_per_h": (0.0, 1000.0),
    "base_load_constant_w": (0.0, 10_000_000.0),
}

_PRICE_RANGE = (-10.0, 100.0)
_LIMIT_A_RANGE = (1.0, 10_000.0)
_MOST_STEPS = 20_000


def site_faults(site: Site) -> list[Fault]:
    """Everything about ``site`` that cannot be planned with; empty is good."""
    faults = [
        fault
        for name, (low, high) in _RANGES.items()
        if (fault := _out_of_range(name, getattr(site, name), low, high)) is not None
    ]
    if not re.fullmatch(r"[A-Z]{3}", site.currency):
        faults.append(Fault(field="currency", code="not-a-currency", text="three capital letters, such as EUR"))
    if site.time_zone is not None:
        faults += _zone_faults(site.time_zone)
    faults += _limit_faults("limit_a", site.limit_a, *_LIMIT_A_RANGE)
    faults += _limit_faults("fallback_a", site.fallback_a, 0.0, _LIMIT_A_RANGE[1])
    faults += _fuse_faults(site.fuses)
    faults += _wiring_faults(site.wiring)
    faults += _tariff_faults(site.tariff)
    faults += _series_faults("prices", [step.start_at for step in site.prices])
    faults += _value_faults("prices", "price_per_kwh", [step.price_per_kwh for step in site.prices], _PRICE_RANGE)
    faults += _series_faults("base_load", [step.start_at for step in site.base_load])
    faults += _value_faults("base_load", "power_w", [step.power_w for step in site.base_load], (0.0, 10_000_000.0))
    return faults


def _out_of_range(field: str, value: float, low: float, high: float) -> Fault | None:
    if low <= value <= high:  # NaN is in no range
        return None
    params: dict[str, str | float] = {"low": low, "high": high}
    return Fault(
        field=field, code="out-of-range", params=params, text=f"{value:g} is not between {low:,.0f} and {high:,.0f}"
    )


def _limit_faults(field: str, value: float | None, low: float, high: float) -> Iterator[Fault]:
    fault = None if value is None else _out_of_range(field, value, low, high)
    if fault is not None:
        yield fault


def _fuse_faults(fuses: Sequence[SubFuse]) -> Iterator[Fault]:
    names: set[str] = set()
    for index, fuse in enumerate(fuses):
        where = f"fuses[{index}]"
        if not fuse.name or fuse.name in names:
            yield Fault(field=f"{where}.name", code="not-unique", text=f"{fuse.name!r}: every fuse has a name of its own")
        # A fuse hangs on one named before it, so no two can hang on each other.
        if fuse.within is not None and fuse.within not in names:
            text = f"no fuse {fuse.within!r} stands before {fuse.name!r}"
            yield Fault(field=f"{where}.within", code="unknown-fuse", params={"name": fuse.within}, text=text)
        names.add(fuse.name)
        if fuse.limit_w is None and fuse.limit_a is None:
            yield Fault(field=f"{where}.limit_w", code="missing", text="a fuse has limit_w or limit_a, or both")
        yield from _limit_faults(f"{where}.limit_w", fuse.limit_w, *_RANGES["limit_w"])
        yield from _limit_faults(f"{where}.limit_a", fuse.limit_a, *_LIMIT_A_RANGE)


def _wiring_faults(wiring: dict[str, Wiring]) -> Iterator[Fault]:
    for name, wired in wiring.items():
        where = f"wiring.{name}"
        if not wired.phases or len(set(wired.phases)) != len(wired.phases) or not set(wired.phases) <= {1, 2, 3}:
            yield Fault(
                field=f"{where}.phases", code="not-phases", text=f"different ones of 1, 2, 3, not {list(wired.phases)}"
            )
        yield from _limit_faults(f"{where}.max_current_a", wired.max_current_a, *_LIMIT_A_RANGE)


def _series_faults(field: str, starts: Sequence[datetime]) -> Iterator[Fault]:
    if len(starts) > _MOST_STEPS:
        text = f"{len(starts)} steps; at most {_MOST_STEPS} are taken"
        yield Fault(field=field, code="too-many", params={"most": _MOST_STEPS}, text=text)
        return
    for index, start in enumerate(starts):
        where = f"{field}[{index}].start_at"
        if start.utcoffset() is None:
            yield Fault(field=where, code="no-offset", text=f"{start.isoformat()} lacks an offset such as +01:00")
            return
        if index and start <= starts[index - 1]:
            yield Fault(field=where, code="not-later", text=f"{start.isoformat()} is not after the step before it")
            return


def _value_faults(field: str, name: str, values: Sequence[float], allowed: tuple[float, float]) -> Iterator[Fault]:
    for index, value in enumerate(values):
        fault = _out_of_range(f"{field}[{index}].{name}", value, *allowed)
        if fault is not None:
            yield fault
            return


def _tariff_faults(tariff: Tariff) -> Iterator[Fault]:
    if tariff.steps is not None:
        yield from _step_faults(tariff)
        return
    for name in ("day_price_per_kwh", "night_price_per_kwh", "night_from", "night_to"):
        value = getattr(tariff, name)
        if value is None:
            yield Fault(field=f"tariff.{name}", code="missing", text="needed, or `steps` instead")
        elif isinstance(value, float):
            fault = _out_of_range(f"tariff.{name}", value, *_PRICE_RANGE)
            if fault is not None:
                yield fault
        elif not _TIME_OF_DAY.fullmatch(value):
            yield _not_a_time(f"tariff.{name}", value)
    if tariff.weekend_price_per_kwh is not None:
        fault = _out_of_range("tariff.weekend_price_per_kwh", tariff.weekend_price_per_kwh, *_PRICE_RANGE)
        if fault is not None:
            yield fault
    if tariff.night_from is not None and tariff.night_from == tariff.night_to:
        yield Fault(field="tariff.night_to", code="same-time", text="the night ends when it begins")


def _step_faults(tariff: Tariff) -> Iterator[Fault]:
    steps = tariff.steps or ()
    names = ("day_price_per_kwh", "night_price_per_kwh", "night_from", "night_to", "weekend_price_per_kwh")
    if any(getattr(tariff, name) is not None for name in names):
        yield Fault(field="tariff.steps", code="two-tariffs", text="either day and night prices or steps, not both")
    if not 1 <= len(steps) <= 96:
        yield Fault(field="tariff.steps", code="out-of-range", params={"low": 1, "high": 96}, text="1 to 96 steps a day")
    for index, step in enumerate(steps):
        where = f"tariff.steps[{index}]"
        if not _TIME_OF_DAY.fullmatch(step.from_):
            yield _not_a_time(f"{where}.from", step.from_)
        elif index and step.from_ <= steps[index - 1].from_:
            yield Fault(field=f"{where}.from", code="not-later", text=f"{step.from_} is not after the step before it")
        fault = _out_of_range(f"{where}.price_per_kwh", step.price_per_kwh, *_PRICE_RANGE)
        if fault is not None:
            yield fault


def _zone_faults(name: str) -> Iterator[Fault]:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield Fault(field="time_zone", code="unknown-zone", text=f"no time zone {name!r}; such as Europe/Berlin")


def _not_a_time(field: str, value: str) -> Fault:
    return Fault(field=field, code="not-a-time", text=f"{value!r} is not a time of day such as 22:00")
