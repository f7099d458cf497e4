"""The units of one station, found by name, by EVSE or by transaction. They may come and go while the station runs."""

from collections.abc import Callable, Iterable, Iterator

from ladewerk.signals import Signal
from ladewerk.station.control import UnitControl


class Units:
    """All units, in the order of their EVSE ids; ``added`` and ``removed`` announce who came and who went."""

    def __init__(self, units: Iterable[UnitControl] = ()) -> None:
        self._units: tuple[UnitControl, ...] = ()
        self.added: Signal[UnitControl] = Signal()
        self.removed: Signal[UnitControl] = Signal()
        for unit in units:
            self.add(unit)

    def __iter__(self) -> Iterator[UnitControl]:
        return iter(self._units)

    def __len__(self) -> int:
        return len(self._units)

    @property
    def evse_ids(self) -> list[int]:
        return [unit.evse_id for unit in self._units]

    def add(self, unit: UnitControl) -> None:
        """``unit`` is one of them from now on."""
        self._units = tuple(sorted((*self._units, unit), key=lambda one: one.evse_id))
        self.added.emit(unit)

    def remove(self, unit: UnitControl) -> None:
        """``unit`` is none of them any more."""
        self._units = tuple(one for one in self._units if one is not unit)
        self.removed.emit(unit)

    def each(self, slot: Callable[[UnitControl], object]) -> None:
        """Call ``slot`` for every unit that is here, and for every one that comes."""
        for unit in self._units:
            slot(unit)
        self.added.connect(slot)

    def named(self, unit_id: str) -> UnitControl | None:
        """The unit called ``unit_id`` in the configuration."""
        return next((unit for unit in self._units if unit.unit_id == unit_id), None)

    def of_evse(self, evse_id: int) -> UnitControl | None:
        """The unit of an EVSE."""
        return next((unit for unit in self._units if unit.evse_id == evse_id), None)

    def of_transaction(self, transaction_id: str) -> UnitControl | None:
        """The unit whose open transaction this is."""
        for unit in self._units:
            if unit.transaction is not None and unit.transaction.transaction_id == transaction_id:
                return unit
        return None
