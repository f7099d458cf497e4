"""Configuration files: what is read, and the one line for what is wrong."""

from pathlib import Path

import pytest

from ladewerk.errors import ConfigError
from ladewerk.ocpp import Version
from ladewerk.station.config import load_config
from ladewerk.station.unit.state import SelfTest
from tests.pki import new_pki

GOOD = """
[station]
identity = "LW-0001"
csms = "ws://127.0.0.1:9000"
web = "127.0.0.1:8081"
data = "data"
[units.garage]
evse_id = 1
phases = 3
max_current_a = 16
direct_current_a = 10.5
evse  = { driver = "evse-wb", device = "/dev/serial0", address = 1 }
meter = { driver = "shelly-3em", url = "http://192.168.1.20" }
lock  = { driver = "motor", pins = "gpio", lock_pin = 23, unlock_pin = 24, drive_s = 1.0 }
needs_file = "needs.json"
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "station.toml"
    path.write_text(text)
    return path


def test_the_documented_file_is_read(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, GOOD))
    rules = config.units["garage"].rules()
    assert (rules.phases, rules.max_current_a, rules.direct_current_a, rules.has_lock) == (3, 16, 10.5, True)
    assert rules.self_test is SelfTest.BEFORE_EACH
    assert config.data_path == tmp_path / "data"
    assert config.units["garage"].needs_path(tmp_path) == tmp_path / "needs.json"


def test_the_settings_in_the_docs_are_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "station.md").read_text()
    load_config(written(tmp_path, page.partition("```toml\n")[2].partition("```")[0]))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('identity = "LW-0001"', 'identity = "LW 1/2"', "station.identity"),
        ('identity = "LW-0001"', "identity = 5", "station.identity: expected a text in quotes"),
        ('identity = "LW-0001"\n', "", "station: missing key `identity`"),
        ('data = "data"', 'data = "data"\ncolour = "red"', "station.colour: no such setting"),
        ("ws://127.0.0.1:9000", "http://127.0.0.1:9000", "station.csms"),
        ("127.0.0.1:8081", "localhost", "station.web"),
        ("evse_id = 1", "evse_id = 100", "units.garage.evse_id"),
        ("evse_id = 1", "evse_id = 0", "units.garage.evse_id"),
        ("phases = 3", "phases = 2", "phases"),
        ("max_current_a = 16", 'max_current_a = "16 A"', "max_current_a: expected a number"),
        ("max_current_a = 16", "max_current_a = 5", "max_current_a"),
        ("direct_current_a = 10.5", "direct_current_a = 20", "units.garage.direct_current_a: 20 A is above"),
        ("evse-wb", "other", "driver"),
        ("http://192.168.1.20", "192.168.1.20", "units.garage.meter.url"),
        ('pins = "gpio"', 'pins = "wires"', "units.garage.lock.pins"),
        ("[units.garage]", "[units.'a b']", "a unit's name"),
        ('data = "data"', 'data = "data"\npoll_s = 6', "station.poll_s: at most 5 s"),
        ('data = "data"', 'data = "data"\ntime_zone = "Mars/Base"', "station.time_zone: 'Mars/Base' is no time zone"),
        ('data = "data"', 'data = "data"\ntime_zone = "/etc/localtime"', "station.time_zone"),
        ("[station]", "[station", "is not TOML"),
        ('data = "data"', 'data = "data"\nocpp_versions = ["2.2"]', "station.ocpp_versions[0]: unknown value '2.2'"),
        ('data = "data"', 'data = "data"\nocpp_versions = []', "station.ocpp_versions: expected a list of length >= 1"),
        ('data = "data"', 'data = "data"\nocpp_versions = ["1.6", "1.6"]', "station.ocpp_versions: names each version once"),
        ('data = "data"', 'data = "data"\nping_s = -1', "station.ping_s: expected a number >= 0"),
        ('data = "data"', 'data = "data"\nlenient = { rules = ["all"] }', "station.lenient.rules[0]: unknown value 'all'"),
        (
            'data = "data"',
            'data = "data"\nlenient = { actions = { Boot = [] } }',
            "lenient.actions.Boot: no version",
        ),
        (
            "[units.garage]",
            '[station.tls]\nca = "ca.pem"\n[units.garage]',
            "station.csms: ws://127.0.0.1:9000 would not",
        ),
        ('needs_file = "needs.json"', "[units.garage.safety]\nmeter_silent_s = 5", "meter_silent_s"),
    ],
)
def test_what_is_wrong_is_one_line_with_file_and_key(tmp_path: Path, old: str, new: str, expected: str) -> None:
    assert old in GOOD
    path = written(tmp_path, GOOD.replace(old, new))
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert str(refused.value).startswith(str(path))
    assert expected in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_versions_are_offered_in_their_order(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD.replace('data = "data"', 'data = "data"\nocpp_versions = ["1.6", "2.1"]'))
    assert load_config(path).station.versions() == (Version.V16, Version.V21)
    assert load_config(written(tmp_path, GOOD)).station.versions() == (Version.V21, Version.V201, Version.V16)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"ca": "gone.pem"}, "station.tls.ca: {}/gone.pem: there is no such file"),
        ({"ca": "key.pem"}, "station.tls.ca: {}/key.pem: no PEM certificate"),
        ({"certificate": "station.pem"}, "station.tls.certificate: a client certificate and its key go together"),
        ({"certificate": "station.pem", "key": "gone.key"}, "station.tls.key: {}/gone.key: there is no such file"),
        (
            {"certificate": "station.pem", "key": "other.key"},
            "station.tls.certificate: {}/station.pem: no PEM",
        ),
    ],
)
def test_a_certificate_that_cannot_be_used_is_told_at_once(tmp_path: Path, files: dict[str, str], expected: str) -> None:
    pki = new_pki(tmp_path)
    pki.ca("ca")
    pki.issue("station", "/CN=LW-0001", by="ca")
    pki.issue("other", "/CN=LW-0002", by="ca")
    (tmp_path / "key.pem").write_bytes(pki.key("station").read_bytes())
    table = "".join(f'{name} = "{file}"\n' for name, file in files.items())
    text = GOOD.replace("ws://", "wss://").replace("[units.garage]", f"[station.tls]\n{table}[units.garage]")
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert str(refused.value).startswith(f"{path}: {expected.format(tmp_path)}")
    assert "\n" not in str(refused.value)


def test_a_key_that_everybody_can_read_is_warned_of_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    pki = new_pki(tmp_path)
    pki.ca("ca")
    pki.issue("station", "/CN=LW-0001", by="ca")
    table = 'certificate = "station.pem"\nkey = "station.key"\n'
    path = written(
        tmp_path, GOOD.replace("ws://", "wss://").replace("[units.garage]", f"[station.tls]\n{table}[units.garage]")
    )
    for mode, warnings in ((0o600, 0), (0o644, 1)):
        pki.key("station").chmod(mode)
        caplog.clear()
        load_config(path)
        assert caplog.text.count("everybody on this machine can read this key") == warnings


@pytest.mark.parametrize(
    ("shared", "own"),
    [
        ("evse_id", ""),
        ("evse", "evse_id"),
        ("meter.url", "evse_id evse"),
        ("lock.lock_pin", "evse_id evse meter"),
        ("lock.unlock_pin", "evse_id evse meter lock"),
        ("", "evse_id evse meter lock unlock"),
    ],
)
def test_two_units_cannot_share_number_board_meter_or_pins(tmp_path: Path, shared: str, own: str) -> None:
    second = GOOD.partition("[units.garage]")[2]
    for name in own.split():
        old, new = {
            "evse_id": ("evse_id = 1", "evse_id = 2"),
            "evse": ("address = 1", "address = 2"),
            "meter": ("192.168.1.20", "192.168.1.21"),
            "lock": (" lock_pin = 23", " lock_pin = 5"),
            "unlock": ("unlock_pin = 24", "unlock_pin = 6"),
        }[name]
        assert old in second
        second = second.replace(old, new)
    path = written(tmp_path, GOOD + "[units.street]" + second)
    if not shared:
        assert set(load_config(path).units) == {"garage", "street"}
        return
    with pytest.raises(ConfigError) as refused:
        load_config(path)
    assert str(refused.value) == f"{path}: units.street.{shared}: is the same as units.garage.{shared}"


def test_a_pin_has_one_purpose(tmp_path: Path) -> None:
    buttons = 'buttons = { pins = "gpio", start_pin = 23, stop_pin = 6 }\n'
    with pytest.raises(
        ConfigError, match=r"units\.garage\.buttons\.start_pin: is the same as units\.garage\.lock\.lock_pin"
    ):
        load_config(written(tmp_path, GOOD + buttons))


def test_no_units_are_no_station(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name at least one unit"):
        load_config(written(tmp_path, GOOD.partition("[units.garage]")[0] + "[units]\n"))


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        load_config(tmp_path / "nowhere.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_config(tmp_path / "bytes.toml")
