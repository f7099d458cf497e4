"""The device model of a running station: what each variable is now, set for good before it is answered.

A value is what the CSMS has set, else what the station's file says, else the default of the table. Facts are asked for
anew each time, because units come and go.
"""

from collections.abc import Callable, Mapping, Sequence

from ladewerk.errors import StoreError
from ladewerk.signals import Signal
from ladewerk.station.device_model.settings_memory import SettingsMemory
from ladewerk.station.device_model.variable import Mutability, Variable, members, why_not
from ladewerk.station.device_model.variables import SETTINGS

Facts = Mapping[Variable, str]
Check = Callable[[str], str | None]


class DeviceModel:
    """``changed`` announces each setting that has another value now."""

    def __init__(self, memory: SettingsMemory, given: Facts) -> None:
        self.changed: Signal[Variable] = Signal()
        self.facts: Callable[[], Facts] = dict
        """What the station tells of itself beside the settings."""
        self.checks: dict[Variable, Check] = {}
        """What more than the table says has to hold for a value: why it does not, or None."""
        self._memory = memory
        self._given = given
        self._set: dict[str, str] = {}

    async def load(self) -> None:
        """Take over what survived a restart, as far as it still fits. Raises StoreError."""
        kept = await self._memory.read()
        for variable in SETTINGS:
            value = kept.get(variable.key)
            if value is not None and variable.writable and why_not(variable, value) is None:
                self._set[variable.key] = value

    # What it is

    def text(self, variable: Variable) -> str:
        """The value of a setting as it is written."""
        return self._set.get(variable.key, self._given.get(variable, variable.default))

    def whole(self, variable: Variable) -> int:
        """The value of an integer."""
        return int(self.text(variable))

    def true(self, variable: Variable) -> bool:
        """The value of a boolean."""
        return self.text(variable) == "true"

    def items(self, variable: Variable) -> tuple[str, ...]:
        """The items of a list."""
        return members(self.text(variable))

    def inventory(self) -> list[tuple[Variable, str]]:
        """Every variable with its value, settings first; what is write-only has none."""
        settings = [(one, "" if one.mutability is Mutability.WRITE_ONLY else self.text(one)) for one in SETTINGS]
        return [*settings, *self.facts().items()]

    # What it becomes

    def refusal(self, variable: Variable, value: str) -> str | None:
        """Why ``variable`` cannot become ``value``, None where it can."""
        if not variable.writable:
            return "it is read-only"
        check = self.checks.get(variable)
        return why_not(variable, value) or (check(value) if check is not None else None)

    async def put(self, values: Sequence[tuple[Variable, str]]) -> str | None:
        """Keep checked values and follow them from now on; why they could not be kept, None where they are."""
        new = {variable.key: value for variable, value in values}
        try:
            await self._memory.keep(new)
        except StoreError as err:
            return str(err)
        self._set.update(new)
        for variable, _value in values:
            self.changed.emit(variable)
        return None
