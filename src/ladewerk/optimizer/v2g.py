"""Plans for batteries that give back, or that want a low rate: all cars of the site together, by a programme with a bound.

The goals come in the order of every plan: missing energy by priority, the completion of the shortest, then cost, then few
starts, distance from the last plan, then time. Each is solved for itself with the ones before it kept, so no weight
decides. Where nothing needs a switch the programme is linear and the answer the optimum; else HiGHS searches until its
bound is within a hundred-thousandth, or gives up after a fixed number of branches and says how far off the answer can be.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ladewerk.optimizer.account import OnDemand, moment
from ladewerk.optimizer.bounds import Room, Taken, limits, rooms
from ladewerk.optimizer.problem import EvPlan, Mode, Need, Problem, Reason
from ladewerk.optimizer.single import Optimum, starts
from ladewerk.optimizer.v2g_model import NOTHING_WH, CarColumns, Model
from ladewerk.optimizer.v2g_programme import MOST_NODES, Goal, Solution, Solver, unsolved, weighted

NOTHING_A = 1e-6
NOTHING_KWH = 1e-6
DECIMALS_A = 6
"""Of a current that are meant; the goals kept leave noise behind them."""
SOLVER = "batteries, linear programme (HiGHS)"
SOLVER_WITH_SWITCHES = "batteries, mixed-integer programme (HiGHS)"


@dataclass(frozen=True, slots=True)
class Answer:
    """The plan of every car, and what is proven about all of them."""

    evs: tuple[EvPlan, ...]
    objective: float
    bound: float
    solver: str

    @property
    def gap(self) -> float:
        """Distance of the objective from its bound, relative to it; at most 1, which says that little is known."""
        return min(1.0, (self.objective - self.bound) / max(abs(self.objective), 1e-9))


def is_for(problem: Problem) -> bool:
    """Whether ``problem`` has a battery that only the programme plans for."""
    shared = len(problem.evs) > 1 or problem.site.peak_price_per_kw > 0
    for need in problem.evs:
        battery = need.battery
        if battery is None:
            continue
        if battery.v2g is not None or (battery.low_rate is not None and battery.low_rate.cost_per_kwh > 0):
            return True
        if shared and battery.rest_cost_per_kwh_h > 0:
            return True
    return False


def plan_batteries(problem: Problem, most_nodes: int = MOST_NODES) -> Answer:
    """The plan for ``problem``, which has been checked; the search for each goal ends after ``most_nodes`` branches.

    Raises LadewerkError where highspy is not installed.
    """
    model = Model(problem)
    solver = Solver(model.programme, most_nodes)
    missing = {car.missing: car.need.priority for car in model.cars}
    best = _spare(model, solver, _serve(model, solver, missing))
    hurry = weighted([term for car in model.cars if car.need.mode is Mode.SHORTEST for term in _hours(model, car)])
    if hurry:
        best = _least(solver, hurry, best)
        solver.keep(hurry, best.worth(hurry))
    cost = _cost(model)
    best = _least(solver, cost, best)
    bound = best.bound
    solver.keep(cost, best.worth(cost))
    solver.hurry()
    for tie in _ties(model):
        best = solver.least(tie, best) or best
        solver.keep(tie, best.worth(tie))
    solver.bind_switches(best)
    early = _early(model)
    best = solver.least(early) or best
    return _answer(model, best, bound + _constant(model))


def _serve(model: Model, solver: Solver, missing: Goal) -> Solution:
    """Bind what each car misses: nothing, if that can be, else the least there is."""
    found = _least(solver, missing)
    if found.worth(missing) < NOTHING_KWH:
        for car in model.cars:
            solver.bind(car.missing, 0.0)
    else:
        solver.keep(missing, found.worth(missing) + NOTHING_KWH)
    return found


def _spare(model: Model, solver: Solver, near: Solution) -> Solution:
    """Bind the energy beyond the need to nothing, if minimum currents and steps leave a way."""
    excess = {car.excess: 1.0 for car in model.cars}
    found = _least(solver, excess, near)
    if found.worth(excess) < NOTHING_KWH:
        for car in model.cars:
            solver.bind(car.excess, 0.0)
    return found


def _least(solver: Solver, goal: Goal, near: Solution | None = None) -> Solution:
    found = solver.least(goal, near)
    if found is None:
        raise unsolved()
    return found


# --- what is least


def _cost(model: Model) -> Goal:
    """Money for the site, start costs, wear, rest, and the value of time of cars in balanced mode."""
    site, terms = model.problem.site, list[tuple[int, float]]()
    for slot, hours in enumerate(model.hours):
        terms.append((model.imported[slot], model.problem.price_per_kwh[slot] * hours))
        terms.append((model.exported[slot], -site.export_price_per_kwh * hours))
    if model.peak is not None:
        terms.append((model.peak, site.peak_price_per_kw))
    # Energy beyond the need never earns, however negative the price.
    least = min(0.0, site.export_price_per_kwh, *model.problem.price_per_kwh)
    for car in model.cars:
        terms.append((car.excess, -least))
        terms += [(started, car.need.start_cost) for started in car.started]
        terms += _wear(model, car)
        if car.need.mode is Mode.BALANCED:
            terms += [(column, car.need.value_of_time_per_h * hours) for column, hours in _hours(model, car)]
    return weighted(terms)


def _constant(model: Model) -> float:
    """What the cost has beside its columns: the site without a car is not paid for by the cars, and the first hours until a
    completion are waited in any case."""
    site = model.problem.site
    idle = sum(
        _trade(kw, price, site.export_price_per_kwh) * hours
        for kw, price, hours in zip(model.idle_kw, model.problem.price_per_kwh, model.hours, strict=True)
    )
    waited = sum(
        car.need.value_of_time_per_h * model.begins_h[car.first + 1]
        for car in model.cars
        if car.need.mode is Mode.BALANCED and car.unfinished
    )
    return waited - idle


def _trade(kw: float, price: float, export_price: float) -> float:
    """Money per hour for what the site draws."""
    return kw * price if kw > 0 else kw * export_price


def _wear(model: Model, car: CarColumns) -> list[tuple[int, float]]:
    """Low rate, rest until the departure, and what giving back costs the battery."""
    battery, terms = car.need.battery, list[tuple[int, float]]()
    if battery is None:
        return terms
    for index, slot in enumerate(car.slots):
        kwh_per_a = car.kw_per_a * model.hours[slot]
        rest_h = model.begins_h[car.last] - (model.begins_h[slot] + model.begins_h[slot + 1]) / 2
        rest = battery.rest_cost_per_kwh_h * rest_h * kwh_per_a
        terms += [(column, rest) for column in car.charged[index]]
        if battery.low_rate is not None:
            terms += [(column, battery.low_rate.cost_per_kwh * kwh_per_a) for column in car.charged[index][1:]]
        if battery.v2g is not None:
            wear = battery.v2g.wear_cost_per_kwh * kwh_per_a - rest / battery.v2g.round_trip_efficiency
            terms.append((car.given[index], wear))
    return terms


def _hours(model: Model, car: CarColumns) -> list[tuple[int, float]]:
    """Hours until the completion behind the first slot of the stay."""
    return [(one, model.hours[car.first + index + 1]) for index, one in enumerate(car.unfinished[:-1])]


def _ties(model: Model) -> list[Goal]:
    """What decides between plans of equal cost: few starts, then near to the last plan, or else early."""
    distance = {column: 1.0 for car in model.cars for column in car.moved}
    few = {started: 1.0 for car in model.cars for started in car.started}
    if distance:
        return [goal for goal in (few, distance) if goal]
    # Starts are whole numbers, and what is added for lateness is below one: both are decided in one go, in this order.
    early = _early(model)
    latest = 1.0 + sum(cost * model.programme.upper[column] for column, cost in early.items())
    return [weighted([*few.items(), *((column, cost / latest) for column, cost in early.items())])] if few else []


def _early(model: Model) -> Goal:
    return weighted(
        [
            (column, (model.begins_h[slot] + model.begins_h[slot + 1]) * car.kw_per_a * model.hours[slot])
            for car in model.cars
            for index, slot in enumerate(car.slots)
            for column in (*car.charged[index], *car.given[index : index + 1])
        ]
    )


# --- the answer


def _answer(model: Model, solution: Solution, bound: float) -> Answer:
    currents = [_currents(model, car, solution) for car in model.cars]
    _shave(model, currents)
    optima = [_optimum(model, car, amps) for car, amps in zip(model.cars, currents, strict=True)]
    price = _slot_prices(model, currents)
    evs = tuple(_ev_plan(model.problem, number, currents, optimum, price) for number, optimum in enumerate(optima))
    objective = sum(ev.cost for ev in evs) + sum(one.objective for one in optima) + _peak_cost(model, currents)
    has_switches = any(model.programme.whole)
    return Answer(evs, objective, min(bound, objective), SOLVER_WITH_SWITCHES if has_switches else SOLVER)


def _currents(model: Model, car: CarColumns, solution: Solution) -> list[float]:
    """Current in every slot, never drawn and given at once: what goes round in the battery is left out."""
    out = [0.0] * len(model.hours)
    for index, slot in enumerate(car.slots):
        drawn = sum(solution.values[column] for column in car.charged[index])
        given = solution.values[car.given[index]] if car.given else 0.0
        if car.v2g is not None and drawn > NOTHING_A and given > NOTHING_A:
            round_a = min(drawn, given / car.v2g.round_trip_efficiency)
            drawn, given = drawn - round_a, given - round_a * car.v2g.round_trip_efficiency
        amps = round(drawn - given, DECIMALS_A)
        out[slot] = amps if abs(amps) > NOTHING_A else 0.0
    return out


def _shave(model: Model, currents: list[list[float]]) -> None:
    """Take the noise of the sums off where it would be beyond a limit."""
    site, cars = model.problem.site, model.cars
    every = range(len(cars))
    for slot, idle_kw in enumerate(model.idle_kw):
        if site.limit_w is not None:
            room_kw = site.limit_w[slot] / 1000 - idle_kw
            _shave_to(room_kw, currents, slot, [(number, cars[number].kw_per_a) for number in every], cars)
        for phase, room_a in enumerate(model.phase_room_a(slot), start=1):
            sharing = [(number, 1.0) for number in every if phase in cars[number].need.phases]
            _shave_to(room_a, currents, slot, sharing, cars)


def _shave_to(
    room: float,
    currents: list[list[float]],
    slot: int,
    sharing: Sequence[tuple[int, float]],
    cars: Sequence[CarColumns],
) -> None:
    drawn = sum(one * currents[number][slot] for number, one in sharing)
    if drawn <= room or not any(currents[number][slot] > 0 for number, _ in sharing):
        return
    number, one = max(sharing, key=lambda car: currents[car[0]][slot] - cars[car[0]].need.min_current_a)
    currents[number][slot] -= (drawn - room) / one + 1e-12 * currents[number][slot]


def _optimum(model: Model, car: CarColumns, current_a: Sequence[float]) -> Optimum:
    """What one car has of it; its objective is that of the car alone, money for energy left out."""
    need, v2g, battery = car.need, car.v2g, car.need.battery
    loss = 1.0 if v2g is None else v2g.round_trip_efficiency
    stored_kwh, wear, reached = 0.0, 0.0, []
    for slot in car.slots:
        kwh = car.kw_per_a * model.hours[slot] * current_a[slot]
        gained_kwh = kwh if kwh > 0 else kwh / loss
        stored_kwh += gained_kwh
        reached.append(stored_kwh)
        if battery is not None:
            rest_h = model.begins_h[car.last] - (model.begins_h[slot] + model.begins_h[slot + 1]) / 2
            wear += battery.rest_cost_per_kwh_h * rest_h * gained_kwh
            if battery.low_rate is not None:
                above_a = max(0.0, current_a[slot] - battery.low_rate.above_a)
                wear += battery.low_rate.cost_per_kwh * above_a * car.kw_per_a * model.hours[slot]
            if v2g is not None:
                wear -= v2g.wear_cost_per_kwh * min(0.0, kwh)
    complete_s = _complete_s(model, car, reached)
    objective = wear + need.start_cost * starts([max(0.0, amps) for amps in current_a], running=car.is_running)
    if need.mode is Mode.BALANCED:
        waited_h = model.begins_h[car.last] if car.slots else 0.0
        objective += need.value_of_time_per_h * (waited_h if complete_s is None else complete_s / 3600)
    missing_wh = need.energy_wh - 1000 * stored_kwh
    return Optimum(
        current_a=tuple(current_a),
        energy_wh=1000 * stored_kwh,
        missing_wh=missing_wh if missing_wh > NOTHING_WH else 0.0,
        complete_s=complete_s,
        objective=objective,
        bound=objective,
    )


def _complete_s(model: Model, car: CarColumns, reached_kwh: Sequence[float]) -> float | None:
    """End of the slot in which the energy is reached for good."""
    wanted_kwh = car.wanted_kwh
    if wanted_kwh == 0.0:
        return 0.0
    if not reached_kwh or reached_kwh[-1] < wanted_kwh - 1e-5:
        return None
    index = next((i for i in range(len(reached_kwh), 0, -1) if reached_kwh[i - 1] < wanted_kwh - 1e-5), 0)
    return model.begins_h[car.first + index + 1] * 3600


def _slot_prices(model: Model, currents: Sequence[Sequence[float]]) -> list[float]:
    """What a kWh of the cars costs in each slot, the sun and export counted; the same for all of them."""
    out, export_price = [], model.problem.site.export_price_per_kwh
    for slot, (idle_kw, price) in enumerate(zip(model.idle_kw, model.problem.price_per_kwh, strict=True)):
        kw = sum(car.kw_per_a * amps[slot] for car, amps in zip(model.cars, currents, strict=True))
        more = _trade(idle_kw + kw, price, export_price) - _trade(idle_kw, price, export_price)
        out.append(more / kw if abs(kw) > 1e-9 else price)
    return out


def _peak_cost(model: Model, currents: Sequence[Sequence[float]]) -> float:
    site_kw = [
        idle_kw + sum(car.kw_per_a * amps[slot] for car, amps in zip(model.cars, currents, strict=True))
        for slot, idle_kw in enumerate(model.idle_kw)
    ]
    return model.problem.site.peak_price_per_kw * max(0.0, *site_kw)


def _ev_plan(
    problem: Problem, number: int, currents: Sequence[Sequence[float]], optimum: Optimum, price: Sequence[float]
) -> EvPlan:
    need = problem.evs[number]
    power_w = tuple(need.power_w(amps) for amps in optimum.current_a)
    cost = sum(
        watts / 1000 * length_s / 3600 * one for watts, length_s, one in zip(power_w, problem.slot_s, price, strict=True)
    )
    return EvPlan(
        id=need.id,
        current_a=optimum.current_a,
        power_w=power_w,
        energy_wh=optimum.energy_wh,
        missing_wh=optimum.missing_wh,
        complete_at=moment(problem, optimum.complete_s),
        cost=cost,
        account=OnDemand(problem, need, lambda: _beside(problem, number, currents, misses=optimum.missing_wh > 0), optimum),
    )


def _beside(problem: Problem, number: int, currents: Sequence[Sequence[float]], *, misses: bool) -> tuple[Room, ...]:
    """The slots as one car finds them beside the others."""
    need, taken = problem.evs[number], Taken.nothing(len(problem.slot_s))
    for other, amps in zip(problem.evs, currents, strict=True):
        if other is not need:
            taken = taken.plus(other, tuple(amps))
    ahead = [amps for other, amps in zip(problem.evs, currents, strict=True) if misses and other.priority > need.priority]
    return tuple(
        _named(problem, need, taken, slot, room, any(amps[slot] > 0 for amps in ahead))
        for slot, room in enumerate(rooms(problem, need, taken))
    )


def _named(problem: Problem, need: Need, taken: Taken, slot: int, room: Room, is_behind: bool) -> Room:
    """``room`` with the limit itself where no car of higher priority holds it."""
    if room.limit is not Reason.PRIORITY or is_behind:
        return room
    return replace(room, limit=min(limits(problem, need, taken, slot), key=lambda one: one[0])[1])
