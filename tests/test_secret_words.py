"""What is told as a secret by its name, and what is left of an address."""

import pytest

from ladewerk.secret_words import is_secret_name, without_credentials


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("ftp://name:pass@word@host/a@b", "ftp://…@host/a@b"),
        ("https://host", "https://host"),
        ("host/a", "host/a"),
        ("https://host:8443/a@b", "https://host:8443/a@b"),
        ("https://host/a?v=1&sig=x#y", "https://host/a?v=1&sig=…#y"),
        ("say http://a:b@c and http://d:e@f", "say http://…@c and http://…@f"),
    ],
)
def test_an_address_is_shown_without_its_password(location: str, shown: str) -> None:
    assert without_credentials(location) == shown


@pytest.mark.parametrize(
    "name", ["BasicAuthPassword", "AUTHORIZATIONKEY", "WiFi.Pass-Phrase", "apnPassword", "simPin", "x_psk", "vpn_key"]
)
def test_a_name_of_a_secret_is_known_however_it_is_written(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["MasterPassGroupId", "publicKey", "key", "HeartbeatInterval", "LoopSkip", "idToken", "pinCount"]
)
def test_other_names_are_not(name: str) -> None:
    assert not is_secret_name(name)
