import pytest

from ladewerk.simulator.meter import EnergyMeter


def test_registers_advance_with_the_minute_only() -> None:
    meter = EnergyMeter(seed=1, start_wh=100)
    meter.count(30, phases=3)
    assert list(meter.registers_wh) == [100, 100, 100]
    meter.publish()
    assert list(meter.registers_wh) == [110, 110, 110]


def test_a_single_phase_vehicle_counts_on_the_first_phase() -> None:
    meter = EnergyMeter(seed=1, start_wh=0)
    meter.count(30, phases=1)
    meter.publish()
    assert meter.registers_wh == (30, 0, 0)


def test_a_reset_forgets_what_was_not_yet_published_too() -> None:
    meter = EnergyMeter(seed=1, start_wh=100)
    meter.count(30, phases=3)
    meter.reset()
    assert list(meter.registers_wh) == [0, 0, 0]
    meter.publish()
    assert list(meter.registers_wh) == [0, 0, 0]


def test_readings_are_noisy_and_the_noise_repeats() -> None:
    first = EnergyMeter(seed=1, start_wh=0).read(77, voltage_v=230, power_w=11_000, phases=3)
    again = EnergyMeter(seed=1, start_wh=0).read(77, voltage_v=230, power_w=11_000, phases=3)
    later = EnergyMeter(seed=1, start_wh=0).read(78, voltage_v=230, power_w=11_000, phases=3)
    assert first == again != later
    assert len({phase.voltage_v for phase in first.phases}) == 3


def test_the_noise_is_small_and_without_bias() -> None:
    meter = EnergyMeter(seed=1, start_wh=0)
    readings = [meter.read(second, voltage_v=230, power_w=11_040, phases=3) for second in range(2000)]
    powers = [phase.power_w for reading in readings for phase in reading.phases]
    assert max(abs(power - 3680) for power in powers) < 3680 * 0.0021
    assert sum(powers) / len(powers) == pytest.approx(3680, rel=1e-4)
    assert all(abs(phase.voltage_v - 230) < 0.61 for reading in readings for phase in reading.phases)
    assert all(abs(reading.frequency_hz - 50) < 0.03 for reading in readings)


def test_current_voltage_and_power_of_a_phase_agree() -> None:
    reading = EnergyMeter(seed=1, start_wh=0).read(5, voltage_v=230, power_w=3680, phases=1)
    first, second, third = reading.phases
    assert first.voltage_v * first.current_a == pytest.approx(first.power_w)
    assert (second.current_a, third.power_w) == (0, 0)


def test_a_clamp_the_wrong_way_round_gives_negative_power_and_counts_as_returned() -> None:
    meter = EnergyMeter(seed=1, start_wh=100)
    meter.turn_clamps([1])
    first, second, _ = meter.read(5, voltage_v=230, power_w=11_040, phases=3).phases
    assert first.power_w > 0 > second.power_w
    assert second.current_a > 0
    meter.count(30, phases=3)
    meter.publish()
    assert (meter.registers_wh, meter.returned_wh) == ((110, 100, 110), (0, 10, 0))
    meter.reset()
    assert meter.returned_wh == (0, 0, 0)
