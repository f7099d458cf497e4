"""Charging plans: what a car should draw in each slot, proven best, with the reason for each slot.

Usable by itself; knows no OCPP. The way of the data: ``prices``, ``price_formats`` and ``series_file`` read what energy
costs, ``price_forecast``, ``load_forecast`` and ``habits`` (on ``similar_days``) foretell what nobody has said yet,
``horizon`` cuts all of it into slots -> a ``problem`` (or its JSON form, ``wire``) -> ``solve``: ``bounds`` says what each
slot allows, ``single`` plans one car, ``exact`` searches (with ``envelope`` and ``suffix``), ``site`` plans several cars
together (``site_kernel`` or ``site_highs`` find prices, ``site_moves`` cars, ``site_bound`` the proof), ``fallback`` takes
them one after the other, ``v2g`` plans each ``battery`` that gives back -> ``reasons`` and ``explain`` say why -> a
``Plan``, drawn by ``plots``. Start reading in ``problem``, then ``single``.
"""

from ladewerk.optimizer.battery import Battery, LowRate, V2g
from ladewerk.optimizer.explain import LANGUAGES, summarize
from ladewerk.optimizer.problem import EvPlan, Mode, Need, Plan, Problem, Reason, Site, SitePlan
from ladewerk.optimizer.solve import solve
from ladewerk.optimizer.wire import plan_to_json, problem_from_json

__all__ = [
    "LANGUAGES",
    "Battery",
    "EvPlan",
    "LowRate",
    "Mode",
    "Need",
    "Plan",
    "Problem",
    "Reason",
    "Site",
    "SitePlan",
    "V2g",
    "plan_to_json",
    "problem_from_json",
    "solve",
    "summarize",
]
