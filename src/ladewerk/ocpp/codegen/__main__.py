"""``python -m ladewerk.ocpp.codegen``: write the types of every version, or say that the committed ones are not current."""

import argparse
import sys
from pathlib import Path

from ladewerk.ocpp.codegen import emit, parse, schemas
from ladewerk.ocpp.codegen.model import SchemaError

_VERSIONS = {"v16": "1.6", "v201": "2.0.1", "v21": "2.1"}
_PACKAGE = Path(__file__).resolve().parent.parent


def generated(folder: Path) -> dict[str, str]:
    """The text of ``types.py`` by version folder, from the schemas in ``folder``."""
    return {
        version: emit.types_module(parse.vocabulary(schemas.read(folder, version)), ocpp)
        for version, ocpp in _VERSIONS.items()
    }


def stale(modules: dict[str, str], package: Path) -> list[str]:
    """The versions whose file under ``package`` differs from what was generated."""
    return [version for version, text in modules.items() if _committed(package / version / "types.py") != text]


def _committed(file: Path) -> str | None:
    return file.read_text(encoding="utf-8") if file.is_file() else None


def main(arguments: list[str] | None = None) -> int:
    """0 done or current, 1 not current, 2 unusable schemas."""
    parser = argparse.ArgumentParser(prog="python -m ladewerk.ocpp.codegen", description="Generate the OCPP message types.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the committed types are not current")
    parser.add_argument(
        "--schemas", type=Path, metavar="DIR", help="a folder with v16, v201, v21 (default: the package ocpp)"
    )
    options = parser.parse_args(arguments)
    try:
        modules = generated(options.schemas or schemas.packaged())
    except SchemaError as err:
        print(err, file=sys.stderr)
        return 2
    differing = stale(modules, _PACKAGE)
    if options.check:
        if differing:
            names = ", ".join(f"{version}/types.py" for version in differing)
            print(f"not as the schemas say: {names}; run `python -m ladewerk.ocpp.codegen` and commit", file=sys.stderr)
        return 1 if differing else 0
    for version in differing:
        (_PACKAGE / version / "types.py").write_text(modules[version], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
