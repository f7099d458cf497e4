"""What is said of a plan, in three languages: whole clauses with places for times and numbers, nothing glued together.

A sentence is one ``begin`` clause, then up to three more clauses that stand beside it; every clause is whole by itself, so
that no grammar reaches from one into the other.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from ladewerk.optimizer.problem import Reason

LANGUAGES: Final = ("en", "de", "zh")

CLAUSES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "nothing": "Needs no energy",
        "absent": "Is not there for a whole slot",
        "blocked": "Cannot charge",
        "now": "Charges from {begin} on",
        "gives first": "Gives power back first and charges from {begin} on",
        "since": "Has been charging since {begin}",
        "over": "Charging is over",
        "wait cheaper": "Waits until {begin} because power is {percent}% cheaper then",
        "wait negative": "Waits until {begin} because the price of power is negative then",
        "wait pv surplus": "Waits until {begin} because there is solar power to spare then",
        "wait price": "Waits until {begin} because of the price",
        "wait site limit": "Waits until {begin} because the site limit leaves no power before",
        "wait phase limit": "Waits until {begin} because a phase limit leaves no power before",
        "wait priority": "Waits until {begin} because a car with higher priority charges before",
        "wait minimum current": "Waits until {begin} because before less is left than its minimum current",
        "wait start cost": "Waits until {begin} so that it starts no oftener than it must",
        "done": "full {complete}",
        "was done": "full since {complete}",
        "gives": "gives back {energy}",
        "saves": "saves {saved} {currency}",
        "saved": "saved {saved} {currency}",
        "missing": "{energy} missing at departure",
        "missing site limit": "{energy} missing at departure: the site limit {spans} holds it back",
        "missing phase limit": "{energy} missing at departure: a phase limit {spans} holds it back",
        "missing priority": "{energy} missing at departure: a car with higher priority has the power {spans}",
        "missing minimum current": "{energy} missing at departure: less than its minimum current is left {spans}",
        "missing car limit": "{energy} missing at departure: the time is too short for the car's {most} A",
        "missing absent": "{energy} missing at departure",
        "joint": "; ",
        "between": ", ",
        "and": " and ",
        "span": "{begin}–{end}",
        "time": "{time}",
        "weekday": "{weekday} {time}",
        "date": "{date} {time}",
        "at time": "at {time}",
        "at weekday": "on {weekday} at {time}",
        "at date": "on {date} at {time}",
    },
    "de": {
        "nothing": "Braucht keine Energie",
        "absent": "Ist in keinem ganzen Zeitabschnitt da",
        "blocked": "Kann nicht laden",
        "now": "Lädt ab {begin}",
        "gives first": "Gibt erst Strom zurück und lädt ab {begin}",
        "since": "Lädt seit {begin}",
        "over": "Das Laden ist vorbei",
        "wait cheaper": "Wartet bis {begin}, weil der Strom dann {percent} % billiger ist",
        "wait negative": "Wartet bis {begin}, weil der Strompreis dann negativ ist",
        "wait pv surplus": "Wartet bis {begin}, weil dann Solarstrom übrig ist",
        "wait price": "Wartet wegen des Preises bis {begin}",
        "wait site limit": "Wartet bis {begin}, weil der Netzanschluss vorher nichts übrig lässt",
        "wait phase limit": "Wartet bis {begin}, weil die Grenze einer Phase vorher nichts übrig lässt",
        "wait priority": "Wartet bis {begin}, weil vorher ein Auto mit höherem Vorrang lädt",
        "wait minimum current": "Wartet bis {begin}, weil vorher weniger als der Mindeststrom übrig ist",
        "wait start cost": "Wartet bis {begin}, um nicht öfter als nötig zu starten",
        "done": "voll {complete}",
        "was done": "voll seit {complete}",
        "gives": "gibt {energy} zurück",
        "saves": "spart {saved} {currency}",
        "saved": "sparte {saved} {currency}",
        "missing": "bei der Abfahrt fehlen {energy}",
        "missing site limit": "bei der Abfahrt fehlen {energy}, weil der Netzanschluss nicht mehr hergibt ({spans})",
        "missing phase limit": "bei der Abfahrt fehlen {energy}, weil eine Phase nicht mehr hergibt ({spans})",
        "missing priority": "bei der Abfahrt fehlen {energy}, weil ein Auto mit höherem Vorrang den Strom hat ({spans})",
        "missing minimum current": "bei der Abfahrt fehlen {energy}, weil weniger als der Mindeststrom übrig ist ({spans})",
        "missing car limit": "bei der Abfahrt fehlen {energy}, weil die Zeit für die {most} A des Autos nicht reicht",
        "missing absent": "bei der Abfahrt fehlen {energy}",
        "joint": "; ",
        "between": ", ",
        "and": " und ",
        "span": "{begin}–{end}",
        "time": "{time}",
        "weekday": "{weekday} {time}",
        "date": "{date} {time}",
        "at time": "um {time}",
        "at weekday": "am {weekday} um {time}",
        "at date": "am {date} um {time}",
    },
    "zh": {
        "nothing": "不需要充电",
        "absent": "没有一个完整的时段在场",
        "blocked": "无法充电",
        "now": "从 {begin} 开始充电",
        "gives first": "先回馈电力，{begin} 起充电",
        "since": "{begin} 起一直在充电",
        "over": "充电已结束",
        "wait cheaper": "等到 {begin}，因为届时电价便宜 {percent}%",
        "wait negative": "等到 {begin}，因为届时电价为负",
        "wait pv surplus": "等到 {begin}，因为届时有光伏余电",
        "wait price": "因电价等到 {begin}",
        "wait site limit": "等到 {begin}，因为此前电网接入限制没有余量",
        "wait phase limit": "等到 {begin}，因为此前单相限制没有余量",
        "wait priority": "等到 {begin}，因为此前有优先级更高的车辆在充电",
        "wait minimum current": "等到 {begin}，因为此前余量低于最小电流",
        "wait start cost": "等到 {begin}，以免多启动一次",
        "done": "{complete} 充满",
        "was done": "{complete} 已充满",
        "gives": "回馈 {energy}",
        "saves": "节省 {saved} {currency}",
        "saved": "已节省 {saved} {currency}",
        "missing": "离开时缺少 {energy}",
        "missing site limit": "离开时缺少 {energy}：受电网接入限制（{spans}）",
        "missing phase limit": "离开时缺少 {energy}：受单相限制（{spans}）",
        "missing priority": "离开时缺少 {energy}：电力让给了优先级更高的车辆（{spans}）",
        "missing minimum current": "离开时缺少 {energy}：余量低于最小电流（{spans}）",
        "missing car limit": "离开时缺少 {energy}：以车辆的 {most} A 充电时间不够",
        "missing absent": "离开时缺少 {energy}",
        "joint": "；",
        "between": "，",
        "and": "和",
        "span": "{begin}–{end}",
        "time": "{time}",
        "weekday": "{weekday} {time}",
        "date": "{date} {time}",
        "at time": "{time}",
        "at weekday": "{weekday} {time}",
        "at date": "{date} {time}",
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

_WEEKDAYS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}

_A_DAY: Final = timedelta(days=1)


def number(value: float, decimals: int, language: str) -> str:
    """``value`` with ``decimals`` digits behind the comma or the point."""
    text = f"{value:.{decimals}f}"
    return text.replace(".", ",") if language == "de" else text


def energy(energy_wh: float, language: str) -> str:
    """In kWh; in Wh where that would be 0.0 kWh."""
    if abs(energy_wh) < 95:
        return f"{number(energy_wh, 0, language)} Wh"
    return f"{number(energy_wh / 1000, 1, language)} kWh"


def clock(now: datetime, moment: datetime, language: str, *, preposition: str = "") -> str:
    """Time of day in the zone of ``now``, with the weekday or the date where that alone would be another moment.

    ``preposition`` is "at " for a time that stands by itself in a clause, "" behind "until", "since" and the like.
    """
    local = moment.astimezone(now.tzinfo)
    apart = abs(moment.astimezone(UTC) - now.astimezone(UTC))
    form = "time" if apart < _A_DAY else "weekday" if apart < 6 * _A_DAY else "date"
    return CLAUSES[language][preposition + form].format(
        time=f"{local:%H:%M}", weekday=_WEEKDAYS[language][local.weekday()], date=f"{local:%Y-%m-%d}"
    )
