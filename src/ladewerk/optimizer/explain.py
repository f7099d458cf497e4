"""Why a plan is as it is: a reason for each slot, and a sentence."""

from typing import Final

from ladewerk.optimizer.problem import Plan, Problem

LANGUAGES: Final = ("en", "de", "zh")


def summarize(problem: Problem, plan: Plan, ev_id: str, language: str = "en") -> str:
    """One sentence about the plan of ``ev_id`` in English, German or Chinese."""
    raise NotImplementedError
