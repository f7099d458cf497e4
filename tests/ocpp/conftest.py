"""What tests of several folders are handed."""

import pytest

from tests.ocpp import payloads


@pytest.fixture(scope="session")
def message_schemas() -> dict[str, list[payloads.MessageSchema]]:
    """Every official schema, by version folder."""
    return payloads.message_schemas()
