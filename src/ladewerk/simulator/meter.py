"""The energy meter in the unit's supply: true energy per phase, published in steps of a minute, and noisy readings."""

from collections.abc import Iterable

from msgspec import Struct

from ladewerk.simulator.noise import symmetric

_POWER_NOISE = 0.002
_VOLTAGE_NOISE_V = 0.6
_FREQUENCY_NOISE_HZ = 0.02


class PhaseReading(Struct, frozen=True, kw_only=True):
    """One phase at one moment."""

    voltage_v: float
    current_a: float
    power_w: float


Phases = tuple[PhaseReading, PhaseReading, PhaseReading]


class Reading(Struct, frozen=True, kw_only=True):
    """All phases at one moment."""

    phases: Phases
    frequency_hz: float


class EnergyMeter:
    """Counts what flows; the registers (Wh per phase) advance only with :meth:`publish`."""

    def __init__(self, *, seed: int, start_wh: float) -> None:
        self.booted_s = 0.0
        """When it was switched on, in seconds on the world's own scale."""
        self._seed = seed
        self._reversed: frozenset[int] = frozenset()
        self._true_wh = [start_wh, start_wh, start_wh]
        self._true_returned_wh = [0.0, 0.0, 0.0]
        self.publish()

    @property
    def registers_wh(self) -> tuple[float, float, float]:
        """Imported energy as the meter tells it."""
        first, second, third = self._published_wh
        return first, second, third

    @property
    def returned_wh(self) -> tuple[float, float, float]:
        """Exported energy as the meter tells it: what it counts where a clamp is the wrong way round."""
        first, second, third = self._published_returned_wh
        return first, second, third

    def turn_clamps(self, phases: Iterable[int]) -> None:
        """From now on the clamps of these phases, and no other, are on the wrong way round."""
        self._reversed = frozenset(phases)

    def reboot(self, at_s: float) -> None:
        """Restart: what was counted stays."""
        self.booted_s = at_s

    def count(self, energy_wh: float, phases: int) -> None:
        """Take in energy that flowed, in equal parts over the first ``phases``."""
        for phase in range(phases):
            counted_wh = self._true_returned_wh if phase in self._reversed else self._true_wh
            counted_wh[phase] += energy_wh / phases

    def publish(self) -> None:
        """Bring the registers up to date, as the meter does once a minute."""
        self._published_wh = list(self._true_wh)
        self._published_returned_wh = list(self._true_returned_wh)

    def reset(self) -> None:
        """Set all registers to 0."""
        self._true_wh = [0.0, 0.0, 0.0]
        self._true_returned_wh = [0.0, 0.0, 0.0]
        self.publish()

    def read(self, second: int, *, voltage_v: float, power_w: float, phases: int) -> Reading:
        """What it shows in a second of the world's scale, ``power_w`` flowing over the first ``phases``."""
        frequency_hz = 50 + _FREQUENCY_NOISE_HZ * symmetric(self._seed, second * 4 + 3)
        shown = self.read_phases(second, voltage_v=voltage_v, power_w=power_w, phases=phases)
        return Reading(phases=shown, frequency_hz=frequency_hz)

    def read_phases(self, second: int, *, voltage_v: float, power_w: float, phases: int) -> Phases:
        """The same without what is of no single phase."""
        index, phase_w = second * 4, power_w / phases
        return (
            self._phase(index, voltage_v, phase_w),
            self._phase(index + 1, voltage_v, phase_w if phases > 1 else 0.0),
            self._phase(index + 2, voltage_v, phase_w if phases > 2 else 0.0),
        )

    def _phase(self, index: int, voltage_v: float, power_w: float) -> PhaseReading:
        noisy_v = voltage_v + _VOLTAGE_NOISE_V * symmetric(self._seed, index)
        if power_w == 0:
            return PhaseReading(voltage_v=noisy_v, current_a=0.0, power_w=0.0)
        noisy_w = power_w * (1 + _POWER_NOISE * symmetric(self._seed + 1, index))
        # A current has no sign, power has.
        sign = -1 if index % 4 in self._reversed else 1
        return PhaseReading(voltage_v=noisy_v, current_a=noisy_w / noisy_v, power_w=sign * noisy_w)
