"""``python -m tests.chaos``: play random scripts in virtual time, and say which did not hold."""

import argparse
import hashlib
import logging
import sys
import time
from pathlib import Path

from tests.chaos.rehearsal import rehearse
from tests.chaos.script import write_script

_TOLD_EVERY = 10


def main() -> int:
    """0 where everything held, 1 where not."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="play this script alone, and show it")
    parser.add_argument("--first", type=int, default=0, help="the first of several seeds")
    parser.add_argument("--scripts", type=int, default=100, help="how many")
    parser.add_argument("--record", type=Path, metavar="FILE.jsonl", help="write everything that happens there")
    args = parser.parse_args()
    logging.getLogger().addHandler(logging.NullHandler())
    if args.seed is not None:
        return _one(args.seed, args.record)
    failed = 0
    began_s = time.perf_counter()
    for seed in range(args.first, args.first + args.scripts):
        verdict = rehearse(write_script(seed))
        if verdict.broken:
            failed += 1
            sys.stdout.write("".join(f"seed {seed}: {line}\n" for line in verdict.broken))
            sys.stdout.write(f"  replay: {replay(seed)}\n")
        done = seed - args.first + 1
        if done % _TOLD_EVERY == 0 and done < args.scripts:
            sys.stdout.write(f"{done} scripts, {failed} did not hold\n")
        sys.stdout.flush()
    sys.stdout.write(f"{args.scripts} scripts, {failed} did not hold, {time.perf_counter() - began_s:.0f} s\n")
    return 1 if failed else 0


def _one(seed: int, record: Path | None) -> int:
    script = write_script(seed)
    sys.stdout.write(
        f"seed {seed}: {script.lasts_s / 3600:.1f} h, {script.stations}, {script.unit}, {script.versions}, {script.site}\n"
    )
    sys.stdout.write("".join(f"{act}\n" for act in script.acts))
    verdict = rehearse(script)
    if record is not None:
        record.write_text(verdict.record, encoding="utf-8")
    sys.stdout.write(f"record: {hashlib.sha256(verdict.record.encode()).hexdigest()}\n")
    sys.stdout.write("".join(f"BROKEN {line}\n" for line in verdict.broken) or "everything held\n")
    return 1 if verdict.broken else 0


def replay(seed: int) -> str:
    """The command that plays the script of ``seed`` again."""
    return f'make chaos ARGS="--seed {seed}"'


if __name__ == "__main__":
    raise SystemExit(main())
