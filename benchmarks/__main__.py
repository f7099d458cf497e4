"""``python -m benchmarks [NAME ...] [--json]``: run benchmarks and print their tables."""

import argparse
import importlib
import sys

from benchmarks.rows import as_json, table

NAMES = ("footprint", "station", "sd_card", "ocpp", "optimizer", "optimizer_site", "forecast", "csms", "demo", "rehearsal")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; all by default")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]}; there are {', '.join(NAMES)}")
    for name in options.names or NAMES:
        rows = importlib.import_module(f"benchmarks.{name}").run()
        print(as_json(rows) if options.json else f"## {name}\n\n{table(rows)}\n", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
