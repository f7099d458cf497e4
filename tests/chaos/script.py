"""A random script of some minutes: who takes part, what people do, and what breaks. The same seed is the same script."""

from dataclasses import dataclass
from random import Random
from typing import Any, Final, Literal

SHORT_S: Final = (600.0, 1500.0)
LONG_S: Final = (1800.0, 3600.0)
LONG_ONES: Final = 0.1
"""What breaks, breaks close together: hours between two faults show little and cost much. One in ten takes its time."""
UNITS: Final = ("north", "middle", "south")

Args = dict[str, Any]
CableAmps = Literal[13, 20, 32]

_CABLES_A: Final[tuple[CableAmps, ...]] = (13, 20, 32)
_LIMITS_W: Final = (4500.0, 6000.0, 8000.0, 11_000.0, 14_000.0, 17_250.0)
"""Room for one vehicle on three phases at its least current, and up to what several at once draw."""
_PUSHES: Final = ("push start", "push stop")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """``what`` happens at ``at_s``, to a unit, a station, or all of it."""

    at_s: float
    what: str
    whom: str = ""
    args: Args

    def __str__(self) -> str:
        args = " ".join(f"{name}={value}" for name, value in self.args.items())
        return f"{self.at_s:8.1f}  {self.what:14} {self.whom:8} {args}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is played. ``stations`` are the units of each station; ``cars`` and ``cables_a`` go by unit."""

    seed: int
    lasts_s: float
    stations: dict[str, tuple[str, ...]]
    cars: dict[str, Args]
    cables_a: dict[str, CableAmps]
    versions: tuple[str, ...]
    buttons: tuple[str, ...]
    """The units that have push-buttons."""
    unit: Args
    site: Args
    acts: tuple[Act, ...]


def write_script(seed: int) -> Script:
    """The script of ``seed``."""
    rng = Random(f"script {seed}")
    names = UNITS[: rng.randint(1, 3)]
    together = rng.random() < 0.5
    apart: dict[str, tuple[str, ...]] = {f"LW-{number}": (name,) for number, name in enumerate(names, 1)}
    stations = {"LW-1": names} if together else apart
    lasts_s = round(rng.uniform(*(LONG_S if rng.random() < LONG_ONES else SHORT_S)))
    # Buttons are looked at twenty times a second, which costs as much as all else.
    buttons = (rng.choice(names),) if rng.random() < 0.2 else ()
    acts = [act for name in names for act in _people(rng, name, lasts_s, has_buttons=name in buttons)]
    acts += [_fault(rng, names, tuple(stations), lasts_s) for _ in range(rng.randint(3, 12))]
    return Script(
        seed=seed,
        lasts_s=lasts_s,
        stations=stations,
        cars={name: _car(rng) for name in names},
        cables_a={name: rng.choice(_CABLES_A) for name in names},
        versions=rng.choice((("2.1", "2.0.1"), ("2.0.1",), ("1.6",))),
        buttons=buttons,
        unit={
            "autostart": rng.random() < 0.5,
            "self_test": rng.choice(("before-each", "never")),
            "max_current_a": rng.choice((10.0, 16.0, 32.0)),
            "direct_current_a": rng.choice((6.0, 8.5, 16.0)),
            "calibration_s": rng.choice((300.0, 3600.0)),
        },
        site={"limit_w": rng.choice(_LIMITS_W)},
        acts=tuple(sorted(acts, key=lambda act: act.at_s)),
    )


def _car(rng: Random) -> Args:
    return {
        "phases": rng.choice((1, 3)),
        "min_current_a": rng.choice((6.0, 6.0, 8.0)),
        "max_current_a": rng.choice((10.0, 16.0, 32.0)),
        "shortfall_a": rng.choice((0.0, 0.2, 1.0)),
        "wake_up_s": rng.uniform(0.2, 20.0),
        "reaction_s": rng.uniform(0.2, 4.9),
        "fall_back_s": rng.uniform(0.2, 5.0),
        "capacity_wh": rng.choice((8000.0, 40_000.0, 90_000.0)),
        "soc": rng.choice((0.1, 0.5, 0.8, 0.99)) * rng.uniform(0.8, 1.0),
    }


def _people(rng: Random, unit: str, lasts_s: float, *, has_buttons: bool) -> list[Act]:
    """Cars come and go, drivers ask, start, stop and change their minds."""
    acts = []
    at_s = rng.uniform(20.0, 120.0)
    while at_s < lasts_s - 240.0:
        leaves_s = min(lasts_s - 60.0, at_s + rng.choice((120.0, 600.0, 2400.0)) * rng.uniform(0.5, 1.5))
        acts.append(Act(at_s=at_s, what="plug in", whom=unit, args={}))
        wait_s = at_s + rng.uniform(1.0, 60.0)
        while wait_s < leaves_s:
            acts += _session(rng, unit, wait_s, has_buttons=has_buttons)
            wait_s += rng.uniform(150.0, 600.0)  # whoever is stopped by a fault looks after it, and tries again
        for _ in range(rng.randint(0, 3)):
            what = rng.choice(("ask", "start", "stop", "direct", "reset", "charge soc", *_PUSHES * has_buttons))
            args = _needs(rng) if what == "ask" else {"soc": rng.uniform(0.1, 1.0)} if what == "charge soc" else {}
            acts.append(Act(at_s=rng.uniform(at_s, leaves_s), what=what, whom=unit, args=args))
        if rng.random() < 0.7:
            acts.append(Act(at_s=leaves_s - 45.0, what="stop", whom=unit, args={}))
        acts.append(Act(at_s=leaves_s, what="unplug", whom=unit, args={}))
        at_s = leaves_s + rng.uniform(5.0, 200.0)
    return acts


def _session(rng: Random, unit: str, at_s: float, *, has_buttons: bool) -> list[Act]:
    """What it takes to charge, whatever was before: a reset, then a plan that is started, or the direct current."""
    acts = [Act(at_s=at_s, what="reset", whom=unit, args={})]
    if rng.random() < 0.7:
        acts.append(Act(at_s=at_s + 2.0, what="ask", whom=unit, args=_needs(rng)))
        acts.append(Act(at_s=at_s + rng.uniform(5.0, 60.0), what="start", whom=unit, args={}))
    else:
        acts.append(Act(at_s=at_s + 2.0, what="push start" if has_buttons else "direct", whom=unit, args={}))
    return acts


def _needs(rng: Random) -> Args:
    return {
        "mode": rng.choice(("shortest", "shortest", "balanced", "cheapest")),
        "energy_wh": round(rng.choice((300.0, 3000.0, 20_000.0)) * rng.uniform(0.5, 1.5)),
        "hours": round(rng.uniform(0.3, 8.0), 2),
    }


def _lasting(rng: Random) -> float:
    return round(rng.choice((3.0, 9.0, 12.0, 31.0, 70.0, 300.0)) * rng.uniform(0.8, 1.2), 1)


def _fault(rng: Random, units: tuple[str, ...], stations: tuple[str, ...], lasts_s: float) -> Act:
    at_s = round(rng.uniform(30.0, lasts_s - 120.0), 1)
    kind = rng.choice(tuple(_KINDS))
    whom, args = rng.choice(units if kind in _OF_UNITS else stations if kind in _OF_STATIONS else ("",)), {}
    for_s = _lasting(rng)
    match kind:
        case "fault":
            args = dict(rng.choice(_FAULTS)) | {"for_s": for_s}
        case "clock" | "CSMS clock":
            args = {
                "by_s": round(
                    rng.choice((-1, 1)) * rng.choice((1.5, 60.0, 3600.0, 86_400.0, 3e7)) * rng.uniform(0.5, 1.5), 1
                )
            }
            args |= {"for_s": for_s}
        case "limit":
            args = {
                "source": rng.choice(("SO", "EMS")),
                "limit_a": round(rng.choice((0.0, 7.0, 12.0, 20.0)) * rng.uniform(0.9, 1.4), 1),
            }
            args |= {"for_s": for_s}
        case "power cut":
            args = {"for_s": for_s, "clock_after_s": rng.choice((0.0, 20.0, 200.0))}
        case "end station" | "end CSMS" | "kill station" | "kill CSMS" | "cut" | "stall":
            args = {"for_s": for_s}
    return Act(at_s=at_s, what=kind, whom=whom, args=args)


_KINDS: Final = (
    *("fault",) * 12,
    *(
        "cut",
        "stall",
        "kill station",
        "kill CSMS",
        "end station",
        "end CSMS",
        "power cut",
        "clock",
        "CSMS clock",
        "limit",
        "lose",
    ),
)
_OF_UNITS: Final = frozenset({"fault"})
_OF_STATIONS: Final = frozenset({"cut", "stall", "kill station", "end station", "power cut", "clock", "limit", "lose"})
_FAULTS: Final[tuple[Args, ...]] = (
    {"board_silent": True},
    {"board_unpowered": True},
    {"board_loses_every": 2},
    {"board_loses_every": 7},
    {"board_delay_s": 0.3},
    {"board_delay_s": 0.7},
    {"board_failure": "diode"},
    {"board_failure": "rcd"},
    {"relay_welded": True},
    {"meter_silent": True},
    {"meter_refuses": True},
    {"meter_frozen": True},
    {"meter_null_phases": ("a",)},
    {"meter_null_phases": ("a", "b", "c")},
    {"meter_reversed_phases": ("a", "b", "c")},
    {"vehicle_swings_a": 5.0},
    {"vehicle_ignores_offer": True},
    {"vehicle_overdraws_a": 4.0},
    {"pilot_interrupted": True},
    {"lock_jams_at": 0.3},
    {"lock_stuck": True},
    {"lock_slowness": 3.0},
    {"lock_feedback": "open"},
    {"lock_unpowered": True},
)
