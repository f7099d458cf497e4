"""A settings file is read whole and checked, or refused with the place and the remedy."""

from pathlib import Path

import msgspec
import pytest

from ladewerk.errors import ConfigError
from ladewerk.settings import data_folder, read_toml, split_address


class Garage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    phases: int
    limit_a: float = 16.0
    name: str = ""


class House(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    garage: Garage


class Street(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    houses: dict[str, Garage]


def test_a_good_file_becomes_its_type(tmp_path: Path) -> None:
    file = tmp_path / "house.toml"
    file.write_text("[garage]\nphases = 3\nlimit_a = 13\n", encoding="utf-8")
    assert read_toml(file, House) == House(garage=Garage(phases=3, limit_a=13.0))


@pytest.mark.parametrize(
    ("text", "key", "why"),
    [
        ("[garage]\nlimit_a = 3\n", "house.toml: garage", "missing key `phases`"),
        (
            "[garage]\nphases = 3\nlimit = 3\n",
            "house.toml: garage.limit",
            "no such setting; look for its spelling, and for the table it stands in",
        ),
        ('[garage]\nphases = "3"\n', "house.toml: garage.phases", "expected a whole number, got a text in quotes"),
        ("[garage]\nphases = 3\nname = 3\n", "house.toml: garage.name", "expected a text in quotes, got a whole number"),
        ("garage = 3\n", "house.toml: garage", "expected a table, got a whole number"),
        ("[garage\n", "house.toml", "is not TOML: Expected ']' at the end of a table declaration (at line 1, column 8)"),
    ],
)
def test_a_wrong_file_is_refused_with_the_place_in_it(tmp_path: Path, text: str, key: str, why: str) -> None:
    file = tmp_path / "house.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_toml(file, House)
    assert refused.value.key.endswith(key)
    assert refused.value.why == why


def test_of_many_tables_the_one_at_fault_is_named(tmp_path: Path) -> None:
    file = tmp_path / "street.toml"
    file.write_text('[houses.one]\nphases = 3\n[houses.two]\nphases = "3"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"street.toml: houses.two.phases: expected a whole number"):
        read_toml(file, Street)


def test_what_was_expected_can_be_said_in_better_words(tmp_path: Path) -> None:
    file = tmp_path / "house.toml"
    file.write_text('[garage]\nphases = "three"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="expected 1 or 3"):
        read_toml(file, House, {"garage.phases": "expected 1 or 3"})


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: No such file"):
        read_toml(tmp_path / "none.toml", House)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="is not UTF-8 text"):
        read_toml(tmp_path / "bytes.toml", House)


def test_an_address_is_a_host_and_a_port() -> None:
    assert split_address("web", "127.0.0.1:8080") == ("127.0.0.1", 8080)
    assert split_address("web", "[::1]:0") == ("::1", 0)


@pytest.mark.parametrize("text", ["8080", ":8080", "localhost:", "localhost:http", "localhost:65536"])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ConfigError, match="is not HOST:PORT"):
        split_address("web", text)


def test_data_lies_where_the_user_s_data_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert data_folder() == Path("/data/ladewerk")
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/user")
    assert data_folder() == Path("/home/user/.local/share/ladewerk")
