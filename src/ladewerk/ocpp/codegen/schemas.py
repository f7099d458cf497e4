"""Where the JSON schemas are and what they say: one file a message, read but never changed or copied."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ladewerk.ocpp.codegen.model import SchemaError

Schema = dict[str, Any]


def packaged() -> Path:
    """The folder of the development dependency ``ocpp``, found without importing it."""
    spec = find_spec("ocpp")
    if spec is None or spec.origin is None:
        raise SchemaError("the PyPI package ocpp has the schemas and is not installed; or name a folder with --schemas")
    return Path(spec.origin).parent


def read(folder: Path, version: str) -> dict[str, Schema]:
    """All schemas of ``version`` (``v21``) by file name without its ending; they lie in ``v21/schemas`` or ``v21``."""
    place = folder / version / "schemas"
    if not place.is_dir():
        place = folder / version
    files = sorted(place.glob("*.json"))
    if not files:
        raise SchemaError(f"no *.json in {place}: --schemas names a folder that has one folder a version (v16, v201, v21)")
    return {file.stem: _read_file(file) for file in files}


def _read_file(file: Path) -> Schema:
    try:
        schema = json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as err:
        raise SchemaError(f"{file}: {err}") from err
    if not isinstance(schema, dict):
        raise SchemaError(f"{file}: expected an object")
    return schema
