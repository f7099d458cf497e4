"""A thousand random sets of profiles; ``make conformance ARGS=1000000`` looks at a million."""

import pytest

from tests.charging.random_sets import disagreement


@pytest.mark.parametrize("hundred", range(10))
def test_a_composite_schedule_agrees_with_the_rules_looked_up_second_by_second(hundred: int) -> None:
    wrong = (disagreement(seed) for seed in range(100 * hundred, 100 * hundred + 100))
    assert next((found for found in wrong if found is not None), None) is None
