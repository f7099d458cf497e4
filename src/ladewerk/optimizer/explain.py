"""A plan in a sentence, and beside it what charging at once would have been.

The reasons behind the sentence are those of :mod:`ladewerk.optimizer.reasons`; the words are in
:mod:`ladewerk.optimizer.phrases`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from ladewerk.electrical import energy_wh
from ladewerk.optimizer.bounds import Room
from ladewerk.optimizer.phrases import CLAUSES, LANGUAGES, REASONS, clock, energy, number
from ladewerk.optimizer.problem import EvPlan, Need, Plan, Problem, Reason
from ladewerk.optimizer.single import at_once

__all__ = ["LANGUAGES", "REASONS", "AtOnce", "holding_back", "summarize", "summarize_ev", "without_plan"]

NOTHING_WH: Final = 0.5
"""Missing energy that nobody would speak of."""
NOTHING_MONEY: Final = 0.005
MOST_SPANS: Final = 2
"""Stretches of time named one by one; more are named as one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AtOnce:
    """A car that charges from its arrival on as fast as the limits let it."""

    current_a: tuple[float, ...]
    cost: float
    complete_s: float | None
    """From the start of the problem; None if the energy is not reached."""


def without_plan(need: Need, paid: Sequence[Room]) -> AtOnce:
    """What ``need`` would do at once in its rooms, at the prices that are ``paid``."""
    current_a = at_once(need, paid)
    rest_wh, complete_s = need.energy_wh, None if need.energy_wh > 0.0 else 0.0
    for room, amps in zip(paid, current_a, strict=True):
        rest_wh -= energy_wh(need.power_w(amps), room.length_s)
        if complete_s is None and rest_wh < NOTHING_WH:
            complete_s = room.end_s
    cost = sum(room.money(need.power_w(amps)) for room, amps in zip(paid, current_a, strict=True))
    return AtOnce(current_a=current_a, cost=cost, complete_s=complete_s)


def summarize(problem: Problem, plan: Plan, ev_id: str, language: str = "en", now: datetime | None = None) -> str:
    """One sentence about the plan of ``ev_id``: when it begins and why, when it is full or what is missing, what it saves.

    ``language`` is one of :data:`LANGUAGES`; times are in the zone of ``problem.start``. ``now`` is when it is read, by
    default the start of the problem: nobody is told to wait for a time gone by. KeyError for another car or language.
    """
    return summarize_ev(problem, problem.need(ev_id), plan.ev(ev_id), language, now)


def summarize_ev(problem: Problem, need: Need, ev: EvPlan, language: str, now: datetime | None = None) -> str:
    """The sentence of :func:`summarize` for a plan by itself."""
    return _Sentence(problem, need, ev, language, problem.start if now is None else now).text()


class _Sentence:
    """One sentence about one car."""

    def __init__(self, problem: Problem, need: Need, ev: EvPlan, language: str, now: datetime) -> None:
        self._problem = problem
        self._need = need
        self._ev = ev
        self._words = CLAUSES[language]
        self._language = language
        self._now = now.astimezone(problem.start.tzinfo)
        self._starts = [moment.astimezone(UTC) for moment in problem.slot_starts()]

    def text(self) -> str:
        if self._need.energy_wh == 0.0 and not any(self._ev.current_a):
            return self._words["nothing"]
        clauses = [clause for clause in (self._outcome(), self._given(), self._saving()) if clause]
        begin = self._beginning()
        return self._words["joint"].join([begin, self._words["between"].join(clauses)]) if clauses else begin

    # --- how it begins

    def _beginning(self) -> str:
        if all(reason is Reason.ABSENT for reason in self._ev.reasons):
            return self._words["absent"]
        # A full car that is kept awake does not charge any more.
        end = self._starts[-1] if self._ev.complete_at is None else self._ev.complete_at.astimezone(UTC)
        runs = self._runs([amps > 0.0 and self._starts[slot] < end for slot, amps in enumerate(self._ev.current_a)])
        if not runs:
            return self._words["blocked"]
        now = self._now.astimezone(UTC)
        ahead = next(((first, last) for first, last in runs if self._starts[last] > now), None)
        if ahead is None:
            return self._words["over"]
        begin = self._clock(self._starts[ahead[0]])
        if self._starts[ahead[0]] < now:
            return self._words["since"].format(begin=begin)
        waiting = [slot for slot in range(ahead[0]) if self._waits(slot, now)]
        if any(self._ev.current_a[slot] < 0.0 for slot in waiting):
            return self._words["gives first"].format(begin=begin)
        if not waiting:
            return self._words["now"].format(begin=begin)
        return self._why_waiting(waiting, ahead[0], begin)

    def _waits(self, slot: int, now: datetime) -> bool:
        is_idle = self._ev.current_a[slot] <= 0.0 and self._ev.reasons[slot] is not Reason.ABSENT
        return is_idle and self._starts[slot + 1] > now

    def _why_waiting(self, waiting: Sequence[int], begin: int, begin_text: str) -> str:
        """By the reason that holds for most of the time waited."""
        slot_s, reasons = self._problem.slot_s, self._ev.reasons
        lasting: dict[Reason, float] = {}
        for slot in waiting:
            lasting[reasons[slot]] = lasting.get(reasons[slot], 0.0) + slot_s[slot]
        reason = max(lasting, key=lambda one: lasting[one])
        if reason is not Reason.PRICE:
            return self._words.get(f"wait {reason}", self._words["wait price"]).format(begin=begin_text)
        site, prices = self._problem.site, self._problem.price_per_kwh
        then = prices[begin]
        if site.pv_w is not None and site.export_price_per_kwh < then:
            base_w = site.base_load_w[begin] if site.base_load_w is not None else 0.0
            if site.pv_w[begin] > base_w:
                return self._words["wait pv surplus"].format(begin=begin_text)
        before = next(prices[slot] for slot in waiting if reasons[slot] is Reason.PRICE)
        if then < 0.0 <= before:
            return self._words["wait negative"].format(begin=begin_text)
        percent = round(100 * (1 - then / before)) if before > 0.0 else 0
        form = "wait cheaper" if percent >= 1 else "wait price"
        return self._words[form].format(begin=begin_text, percent=percent)

    # --- how it ends

    def _outcome(self) -> str | None:
        ev, words, language = self._ev, self._words, self._language
        if ev.missing_wh > NOTHING_WH:
            reason, slots = holding_back(self._problem, self._need, ev)
            form = f"missing {reason}" if f"missing {reason}" in words else "missing"
            most = number(self._need.max_current_a, 0 if self._need.max_current_a % 1 == 0 else 1, language)
            return words[form].format(energy=energy(ev.missing_wh, language), spans=self._spans(slots), most=most)
        if ev.complete_at is None or self._need.energy_wh == 0.0:
            return None
        if ev.complete_at.astimezone(UTC) <= self._now.astimezone(UTC):
            return words["was done"].format(complete=self._clock(ev.complete_at))
        return words["done"].format(complete=clock(self._now, ev.complete_at, language, preposition="at "))

    def _spans(self, slots: Sequence[bool]) -> str:
        runs = self._runs(slots)
        if len(runs) > MOST_SPANS:
            runs = [(runs[0][0], runs[-1][1])]
        return self._words["and"].join(
            self._words["span"].format(begin=self._clock(self._starts[first]), end=self._clock(self._starts[last]))
            for first, last in runs
        )

    def _given(self) -> str | None:
        ev = self._ev
        given_wh = -sum(
            energy_wh(min(0.0, watts), length_s) for watts, length_s in zip(ev.power_w, self._problem.slot_s, strict=True)
        )
        return self._words["gives"].format(energy=energy(given_wh, self._language)) if given_wh > NOTHING_WH else None

    def _saving(self) -> str | None:
        saved = self._ev.cost_if_at_once - self._ev.cost
        if saved <= NOTHING_MONEY:
            return None
        is_over = self._ev.complete_at is not None and self._ev.complete_at.astimezone(UTC) <= self._now.astimezone(UTC)
        return self._words["saved" if is_over else "saves"].format(
            saved=number(saved, 2, self._language), currency=self._problem.currency
        )

    def _clock(self, moment: datetime) -> str:
        return clock(self._now, moment, self._language)

    def _runs(self, slots: Sequence[bool]) -> list[tuple[int, int]]:
        """Stretches of slots that are true: the first, and the one behind the last."""
        runs = []
        for wanted, group in groupby(range(len(slots)), key=lambda slot: slots[slot]):
            members = list(group)
            if wanted:
                runs.append((members[0], members[-1] + 1))
        return runs


def holding_back(problem: Problem, need: Need, ev: EvPlan) -> tuple[Reason, list[bool]]:
    """The limit without which the missing energy could be had, and the slots in which it holds.

    It is the one that keeps the car furthest below its own limit; where all of them together take less than half of
    what is missing, there is too little time for the car itself.
    """
    if all(reason is Reason.ABSENT for reason in ev.reasons):
        return Reason.ABSENT, []
    lost_wh: dict[Reason, float] = {}
    for amps, reason, length_s in zip(ev.current_a, ev.reasons, problem.slot_s, strict=True):
        if reason not in {Reason.ABSENT, Reason.CAR_LIMIT}:
            below_wh = energy_wh(need.power_w(need.max_current_a - amps), length_s)
            lost_wh[reason] = lost_wh.get(reason, 0.0) + below_wh
    if sum(lost_wh.values()) < ev.missing_wh / 2:
        return Reason.CAR_LIMIT, []
    worst = max(lost_wh, key=lambda reason: lost_wh[reason])
    return worst, [reason is worst for reason in ev.reasons]
