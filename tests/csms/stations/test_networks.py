"""Networks of the settings, and where the messages are kept."""

from pathlib import Path

import pytest

from ladewerk.csms.config import CsmsConfig, load_config
from ladewerk.csms.stations.networks import Networks
from ladewerk.csms.watching.message_log import MessageKeep
from ladewerk.errors import ConfigError


def test_an_address_is_looked_for_in_every_network_however_a_socket_writes_it() -> None:
    networks = Networks("key", ["10.0.0.0/8", "127.0.0.1", "2001:db8::/32"])
    assert "10.200.3.4" in networks
    assert "::ffff:10.200.3.4" in networks
    assert "2001:db8::7" in networks
    assert "127.0.0.2" not in networks
    assert "2001:db9::7" not in networks
    assert "10.0.0.1" not in Networks("key", [])


def test_what_is_no_network_is_named_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "csms.toml"
    path.write_text('[csms]\nmetrics_from = ["10.0.0.1/8"]\n')
    with pytest.raises(ConfigError, match=r"csms.toml: csms.metrics_from: '10.0.0.1/8' is no address or network"):
        load_config(path)


def test_messages_lie_beside_a_database_that_is_a_file_and_else_where_programs_keep_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    home = tmp_path / "ladewerk" / "csms.messages.sqlite3"
    assert CsmsConfig().messages_file() == home
    assert CsmsConfig(database="postgresql://u:p@h/d").messages_file() == home
    assert CsmsConfig(database="sqlite:////var/lib/x.db").messages_file() == Path("/var/lib/x.messages.sqlite3")
    named = CsmsConfig(messages=MessageKeep(file="m.sqlite3"), folder="/etc/ladewerk")
    assert named.messages_file() == Path("/etc/ladewerk/m.sqlite3")
