"""Why a plan is as it is: a reason for each slot, and a sentence."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from ladewerk.electrical import energy_wh
from ladewerk.optimizer.bounds import Room, Taken, rooms
from ladewerk.optimizer.problem import EvPlan, Need, Plan, Problem, Reason
from ladewerk.optimizer.single import Optimum, levels_a

LANGUAGES: Final = ("en", "de", "zh")

SAME_A: Final = 1e-5
"""Currents closer than this are the same."""
SAME_PRICE: Final = 1e-9
NOTHING_WH: Final = 0.5
"""Missing energy that nobody would speak of."""
NOTHING_MONEY: Final = 0.005


def reasons_for(need: Need, found: Sequence[Room], optimum: Optimum) -> tuple[Reason, ...]:
    """What binds in each slot: why the car draws no more there, or why not at all."""
    used = zip(found, optimum.current_a, strict=True)
    dearest = max((_last_price(need, room, amps) for room, amps in used if amps > 0.0), default=float("inf"))
    return tuple(
        _why_idle(need, room, optimum, dearest) if amps == 0.0 else _why_no_more(need, room, optimum, amps)
        for room, amps in zip(found, optimum.current_a, strict=True)
    )


def _why_idle(need: Need, room: Room, optimum: Optimum, dearest: float) -> Reason:
    if room.limit is Reason.ABSENT:
        return Reason.ABSENT
    if optimum.complete_s is not None and room.start_s >= optimum.complete_s:
        return Reason.COMPLETE
    if levels_a(need, room) is None:
        return Reason.MINIMUM_CURRENT if room.most_a > 0.0 and room.limit is not Reason.PRIORITY else room.limit
    here = room.export_price_per_kwh if room.surplus_w > 0.0 else room.price_per_kwh
    if here > dearest - SAME_PRICE:
        return Reason.PRICE if here > dearest + SAME_PRICE or need.start_cost == 0.0 else Reason.START_COST
    return Reason.START_COST if need.start_cost > 0.0 else Reason.MINIMUM_CURRENT


def _why_no_more(need: Need, room: Room, optimum: Optimum, amps: float) -> Reason:
    least_a, most_a = levels_a(need, room) or (0.0, 0.0)
    if amps > most_a - SAME_A:
        return room.limit
    if room.surplus_w > 0.0 and abs(need.power_w(amps) - room.surplus_w) < need.power_w(SAME_A):
        return Reason.PV_SURPLUS
    if amps < least_a + SAME_A:
        return Reason.MINIMUM_CURRENT
    return Reason.COMPLETE if room.end_s == optimum.complete_s else Reason.PRICE


def _last_price(need: Need, room: Room, amps: float) -> float:
    """Price of the last watt drawn."""
    covered = need.power_w(amps) <= room.surplus_w + need.power_w(SAME_A)
    return room.export_price_per_kwh if covered else room.price_per_kwh


# --- sentences

_SENTENCES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "nothing": "Needs no energy",
        "absent": "Is not there for a whole slot",
        "blocked": "Cannot charge",
        "now": "Charges from {begin} on",
        "cheaper": "Waits until {begin} because power is {percent}% cheaper then",
        "wait": "Waits until {begin} ({reason})",
        "done": "full at {complete}",
        "missing": "{missing} kWh are missing ({reason})",
        "saves": "saves {saved} {currency}",
        "joint": "; ",
        "between": ", ",
    },
    "de": {
        "nothing": "Braucht keine Energie",
        "absent": "Ist in keinem ganzen Zeitabschnitt da",
        "blocked": "Kann nicht laden",
        "now": "Lädt ab {begin}",
        "cheaper": "Wartet bis {begin}, weil der Strom dann {percent} % billiger ist",
        "wait": "Wartet bis {begin} ({reason})",
        "done": "voll um {complete}",
        "missing": "{missing} kWh fehlen ({reason})",
        "saves": "spart {saved} {currency}",
        "joint": "; ",
        "between": ", ",
    },
    "zh": {
        "nothing": "不需要充电",
        "absent": "没有一个完整的时段在场",
        "blocked": "无法充电",
        "now": "从 {begin} 开始充电",
        "cheaper": "等到 {begin}，因为届时电价便宜 {percent}%",
        "wait": "等到 {begin}（{reason}）",
        "done": "{complete} 充满",
        "missing": "缺少 {missing} kWh（{reason}）",
        "saves": "节省 {saved} {currency}",
        "joint": "；",
        "between": "，",
    },
}

REASONS: Final[Mapping[str, Mapping[Reason, str]]] = {
    "en": {reason: reason.value for reason in Reason},
    "de": {
        Reason.CAR_LIMIT: "Grenze des Autos",
        Reason.CABLE_LIMIT: "Grenze des Kabels",
        Reason.SITE_LIMIT: "Grenze des Netzanschlusses",
        Reason.PHASE_LIMIT: "Grenze einer Phase",
        Reason.PRICE: "Preis",
        Reason.PRIORITY: "Vorrang eines anderen Autos",
        Reason.MINIMUM_CURRENT: "Mindeststrom",
        Reason.COMPLETE: "fertig",
        Reason.ABSENT: "nicht da",
        Reason.START_COST: "Startkosten",
        Reason.PV_SURPLUS: "Solarüberschuss",
    },
    "zh": {
        Reason.CAR_LIMIT: "车辆限制",
        Reason.CABLE_LIMIT: "电缆限制",
        Reason.SITE_LIMIT: "电网接入限制",
        Reason.PHASE_LIMIT: "单相限制",
        Reason.PRICE: "电价",
        Reason.PRIORITY: "其他车辆优先",
        Reason.MINIMUM_CURRENT: "最小电流",
        Reason.COMPLETE: "已完成",
        Reason.ABSENT: "不在场",
        Reason.START_COST: "启动成本",
        Reason.PV_SURPLUS: "光伏余电",
    },
}


def summarize(problem: Problem, plan: Plan, ev_id: str, language: str = "en") -> str:
    """One sentence about the plan of ``ev_id``: when it begins and why, when it is full or what is missing, what it saves.

    ``language`` is one of :data:`LANGUAGES`; times are in the zone of ``problem.start``. KeyError for another car or
    language.
    """
    return summarize_ev(problem, problem.need(ev_id), plan.ev(ev_id), language)


def summarize_ev(problem: Problem, need: Need, ev: EvPlan, language: str) -> str:
    """The sentence of :func:`summarize` for a plan by itself."""
    words = _SENTENCES[language]
    if need.energy_wh == 0.0:
        return words["nothing"]
    end = []
    if ev.missing_wh > NOTHING_WH:
        reason = REASONS[language][holding_back(problem, need, ev)]
        end.append(words["missing"].format(missing=_number(ev.missing_wh / 1000, 1, language), reason=reason))
    elif ev.complete_at is not None:
        end.append(words["done"].format(complete=_clock(problem.start, ev.complete_at)))
    saved = ev.cost_if_at_once - ev.cost
    if saved > NOTHING_MONEY:
        end.append(words["saves"].format(saved=_number(saved, 2, language), currency=problem.currency))
    beginning = _beginning(problem, ev, language)
    return words["joint"].join([beginning, words["between"].join(end)]) if end else beginning


def _beginning(problem: Problem, ev: EvPlan, language: str) -> str:
    words = _SENTENCES[language]
    present = [slot for slot, reason in enumerate(ev.reasons) if reason is not Reason.ABSENT]
    if not present:
        return words["absent"]
    used = next((slot for slot, amps in enumerate(ev.current_a) if amps > 0.0), None)
    if used is None:
        return words["blocked"]
    begin = _clock(problem.start, problem.slot_starts()[used])
    if used == present[0]:
        return words["now"].format(begin=begin)
    price_first, price_then = problem.price_per_kwh[present[0]], problem.price_per_kwh[used]
    if price_then < price_first and price_first > 0.0:
        return words["cheaper"].format(begin=begin, percent=f"{100 * (1 - price_then / price_first):.0f}")
    return words["wait"].format(begin=begin, reason=REASONS[language][ev.reasons[used - 1]])


def holding_back(problem: Problem, need: Need, ev: EvPlan) -> Reason:
    """The limit without which the missing energy could be had: the one that keeps the car furthest below its own."""
    if all(reason is Reason.ABSENT for reason in ev.reasons):
        return Reason.ABSENT
    lost_wh: dict[Reason, float] = {}
    alone = rooms(problem, need, Taken.nothing(len(problem.slot_s)))
    for room, amps, reason in zip(alone, ev.current_a, ev.reasons, strict=True):
        if room.limit is not Reason.ABSENT:
            lost_w = need.power_w(need.max_current_a - amps)
            lost_wh[reason] = lost_wh.get(reason, 0.0) + energy_wh(lost_w, room.length_s)
    worst = max(lost_wh, key=lambda reason: lost_wh[reason])
    # What the limits take explains the shortfall only if it is most of it; else there was too little time for the car.
    return worst if lost_wh[worst] >= ev.missing_wh / 2 else Reason.CAR_LIMIT


def _number(value: float, decimals: int, language: str) -> str:
    text = f"{value:.{decimals}f}"
    return text.replace(".", ",") if language == "de" else text


def _clock(start: datetime, moment: datetime) -> str:
    """Time of day in the zone of ``start``, with the date from a day later on."""
    local = moment.astimezone(start.tzinfo)
    apart = local.astimezone(UTC) - start.astimezone(UTC)
    return f"{local:%H:%M}" if apart < timedelta(days=1) else f"{local:%Y-%m-%d %H:%M}"
