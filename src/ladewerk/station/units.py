"""The units of one station, found by name, by EVSE or by transaction."""

from collections.abc import Iterator, Sequence

from ladewerk.station.control import UnitControl


class Units:
    """All units, in the order of their EVSE ids."""

    def __init__(self, units: Sequence[UnitControl]) -> None:
        self._units = sorted(units, key=lambda unit: unit.evse_id)

    def __iter__(self) -> Iterator[UnitControl]:
        return iter(self._units)

    @property
    def evse_ids(self) -> list[int]:
        return [unit.evse_id for unit in self._units]

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
