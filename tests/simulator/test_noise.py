from ladewerk.simulator.noise import symmetric, uniform


def test_the_numbers_are_those_of_splitmix64() -> None:
    # The generator's published first two outputs for seed 0.
    assert uniform(0, 0) == (0xE220A8397B1DCDAF >> 11) / 2**53
    assert uniform(0, 1) == (0x6E789E6AA1B965F4 >> 11) / 2**53


def test_another_seed_or_index_gives_another_number() -> None:
    numbers = {uniform(seed, index) for seed in range(10) for index in range(1000)}
    assert len(numbers) == 10_000


def test_numbers_fill_the_range_evenly() -> None:
    numbers = [uniform(3, index) for index in range(10_000)]
    assert min(numbers) >= 0
    assert max(numbers) < 1
    assert abs(sum(numbers) / len(numbers) - 0.5) < 0.01


def test_symmetric_noise_has_no_bias() -> None:
    numbers = [symmetric(3, index) for index in range(10_000)]
    assert min(numbers) < -0.99
    assert max(numbers) > 0.99
    assert abs(sum(numbers)) / len(numbers) < 0.02
