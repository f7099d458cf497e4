from collections.abc import Iterator

import pytest

from tests.hostile.scene import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One CSMS for all attacks: what one of them leaves behind, the next one meets."""
    stage = Stage(tmp_path_factory.mktemp("hostile"))
    yield stage
    stage.close()
