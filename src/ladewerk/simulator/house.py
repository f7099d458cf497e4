"""What else hangs on the grid connection: a household and a roof, each by its model or set by hand."""

from datetime import datetime

from ladewerk.simulator.household import Household
from ladewerk.simulator.photovoltaics import Photovoltaics


class House:
    """``household_set_w`` and ``pv_set_w`` overrule the models while they are not None."""

    def __init__(self, household: Household, photovoltaics: Photovoltaics | None = None) -> None:
        self.household = household
        self.photovoltaics = photovoltaics
        self.household_set_w: float | None = None
        self.pv_set_w: float | None = None

    def load_w(self, at: datetime) -> float:
        """What the household draws."""
        return self.household.load_w(at) if self.household_set_w is None else self.household_set_w

    def pv_w(self, at: datetime) -> float:
        """What the roof gives; 0 without one."""
        if self.pv_set_w is not None:
            return self.pv_set_w
        return self.photovoltaics.power_w(at) if self.photovoltaics else 0.0
