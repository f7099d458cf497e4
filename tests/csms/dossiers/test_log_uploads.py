"""The upload of a log, as it is shown."""

import pytest

from ladewerk.csms.dossiers.log_uploads import without_credentials


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("ftp://name:pass@word@host/a@b", "ftp://host/a@b"),
        ("https://host", "https://host"),
        ("host/a", "host/a"),
    ],
)
def test_an_address_is_shown_without_its_password(location: str, shown: str) -> None:
    assert without_credentials(location) == shown
