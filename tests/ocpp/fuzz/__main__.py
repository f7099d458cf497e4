"""``python -m tests.ocpp.fuzz``: fuzz what a peer may say, from the root of the project, longer than the checks do.

Guided by coverage (atheris) unless --seeded. Either begins with valid messages and the corpus, and stops at the first thing
that is wrong, with the input in a file of build/fuzz. --keep adds to the corpus what takes a new way through the code,
--minimise drops from it what takes none of its own.
"""

import argparse
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha1
from pathlib import Path

from ladewerk.clock import SystemClock
from tests.ocpp.fuzz import corpus
from tests.ocpp.fuzz.mutation import mutated, seeds
from tests.ocpp.fuzz.target import Target
from tests.ocpp.fuzz.ways import smallest

ROOT = Path(__file__).parents[3]
FINDS = ROOT / "build" / "fuzz"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.ocpp.fuzz", description=__doc__)
    parser.add_argument("input", nargs="*", type=Path, help="only try these files, such as those in build/fuzz")
    parser.add_argument("--seconds", type=int, default=600, help="how long (default: 600)")
    parser.add_argument("--seed", type=int, default=0, help="the random seed (default: another one each time)")
    parser.add_argument("--seeded", action="store_true", help="not guided: random changes alone")
    parser.add_argument("--keep", action="store_true", help="add what is new to the corpus, and minimise it")
    parser.add_argument("--minimise", action="store_true", help="only minimise the corpus")
    options = parser.parse_args(arguments)
    if options.input:
        return _try([file.read_bytes() for file in options.input])
    seed = options.seed or random.SystemRandom().randrange(1, 2**31)
    if options.seeded:
        return _seeded(options.seconds, seed)
    with tempfile.TemporaryDirectory() as new:
        code = 0 if options.minimise else _guided(options.seconds, seed, new)
        if options.keep or options.minimise:
            _minimise([file.read_bytes() for file in Path(new).iterdir()])
    return code


def _try(inputs: Sequence[bytes]) -> int:
    with closing(Target()) as target:
        for data in inputs:
            target.take(data)
    print(f"{len(inputs)} inputs, nothing wrong")
    return 0


def _guided(seconds: int, seed: int, new: str) -> int:
    print(f"guided for {seconds} s from seed {seed}", flush=True)
    command = [sys.executable, "-m", "tests.ocpp.fuzz.guided", str(seconds), str(seed), new, str(FINDS)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _seeded(seconds: int, seed: int) -> int:
    chance, clock, number = random.Random(seed), SystemClock(), 0
    kept = [*seeds(), *corpus.read(corpus.WRITTEN), *corpus.read(corpus.FOUND)]
    end = clock.monotonic() + seconds
    with closing(Target()) as target:
        while clock.monotonic() < end:
            data = kept[number] if number < len(kept) else mutated(chance.choice(kept), chance)
            number += 1
            with _find_kept(data, f"input {number} from seed {seed}"):
                target.take(data)
    print(f"{number} inputs from seed {seed}, nothing wrong")
    return 0


@contextmanager
def _find_kept(data: bytes, what: str) -> Iterator[None]:
    """Leave ``data`` in a file where something is wrong with it."""
    try:
        yield
    except BaseException:
        FINDS.mkdir(parents=True, exist_ok=True)
        find = FINDS / f"crash-{sha1(data, usedforsecurity=False).hexdigest()}"
        find.write_bytes(data)
        print(f"{what} is in {find}", file=sys.stderr)
        raise


def _minimise(new: Sequence[bytes]) -> None:
    before = corpus.read(corpus.FOUND)
    kept = smallest([*seeds(), *corpus.read(corpus.WRITTEN)], [*before, *new])
    corpus.write(corpus.FOUND, kept)
    print(f"{corpus.FOUND.relative_to(ROOT)}: {len(before)} inputs and {len(new)} new ones are {len(kept)} now")


if __name__ == "__main__":
    sys.exit(main())
