"""An evening, planned step by step: from two CSV files to plans that explain themselves, with a picture of each.

python examples/plans/evening.py [FOLDER]        pictures go into FOLDER, by default beside this file

Read it from top to bottom like a notebook; each part prints what it found.
"""

# %% What is known: prices, what the house draws, what its connection stands.
# Both files say from when on a value holds. `horizon_slots` cuts the evening wherever one of them changes, and at the
# latest every quarter of an hour; so slots are as long as they are, and nothing is rounded to a grid.

import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ladewerk.optimizer import Battery, Mode, Need, Problem, Reason, Site, V2g, solve, summarize
from ladewerk.optimizer.horizon import horizon_slots, per_slot
from ladewerk.optimizer.plots import plan_figure
from ladewerk.optimizer.series_file import read_series
from ladewerk.timeline import Timeline

HERE = Path(__file__).parent
FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE

prices = Timeline.of(read_series(HERE / "prices.csv", "price_per_kwh"))
base_load = Timeline.of(read_series(HERE / "base_load.csv", "power_w"))
start = datetime.fromisoformat("2026-01-05T17:40:00+01:00")
departure = datetime.fromisoformat("2026-01-06T06:30:00+01:00")
slot_s = horizon_slots(start, departure, prices, base_load)
site = Site(limit_w=(11_000.0,) * len(slot_s), base_load_w=per_slot(base_load, start, slot_s))
print(f"{len(slot_s)} slots from {start:%H:%M} to {departure:%H:%M}, {min(slot_s):.0f} to {max(slot_s):.0f} s long")

# %% One car: 16 kWh by half past six.
# In `balanced` mode an hour earlier is worth something: here 35 cents. The plan waits for the cheap hours, but not for the
# cheapest if they are late. `gap` 0 means that there is no better plan.

car = Need(id="car", energy_wh=16_000, max_current_a=16, mode=Mode.BALANCED, value_of_time_per_h=0.35)
problem = Problem(start=start, slot_s=slot_s, price_per_kwh=per_slot(prices, start, slot_s), site=site, evs=(car,))
plan = solve(problem)
for language in ("en", "de", "zh"):
    print(summarize(problem, plan, "car", language))
print(f"objective {plan.objective:.4f}, bound {plan.bound:.4f}, gap {plan.gap:.0%}")
plan_figure(problem, plan, [FOLDER / "one-car.svg"])

# %% Why: a reason for each slot.
# Neighbours with the same reason are one line.

moments = problem.slot_starts()
before = None
for at, amps, reason in zip(moments, plan.ev("car").current_a, plan.ev("car").reasons, strict=False):
    if reason is not before:
        print(f"{at:%H:%M}  {amps:5.2f} A  {reason}")
    before = reason

# %% The three modes, beside charging at once.
# Each is the optimum of what it minimises; the same evening, three answers.

for mode in Mode:
    asked = replace(problem, evs=(replace(car, mode=mode),))
    ev = solve(asked).ev("car")
    assert ev.complete_at is not None
    print(f"{mode:<9} {ev.cost:.2f} EUR, full {ev.complete_at:%H:%M}  (at once {ev.cost_if_at_once:.2f} EUR)")

# %% Two cars at one connection, and too little time for both.
# The second one leaves at eight and has priority. What the first cannot have is counted, and the sentence says why.

guest = Need(
    id="guest",
    energy_wh=12_000,
    max_current_a=16,
    mode=Mode.CHEAPEST,
    priority=2,
    departure=datetime.fromisoformat("2026-01-05T20:00:00+01:00"),
)
hurried = replace(car, energy_wh=10_000, departure=guest.departure)
both = replace(problem, evs=(hurried, guest))
plan = solve(both)
for ev in plan.evs:
    print(f"{ev.id}: {summarize(both, plan, ev.id)}")
assert Reason.PRIORITY in plan.ev("car").reasons
assert max(plan.site.power_w) <= 11_000
plan_figure(both, plan, [FOLDER / "two-cars.svg"])

# %% A battery that gives back.
# It comes with 60 % of 60 kWh and may go down to 20 %. At six o'clock power costs 36 cents, at night 19: what the house
# draws in the evening comes out of the car, less what is lost on the way and what it wears. This part needs highspy.

battery = Battery(capacity_wh=60_000, soc=0.6, v2g=V2g(max_current_a=16, wear_cost_per_kwh=0.04))
giving = replace(problem, evs=(replace(car, mode=Mode.CHEAPEST, energy_wh=10_000, battery=battery),))
plan = solve(giving)
print(summarize(giving, plan, "car"))
plan_figure(giving, plan, [FOLDER / "giving-back.svg"])
