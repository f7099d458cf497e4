"""``python -m tests.ocpp.fuzz.guided SECONDS SEED NEW FINDS``: the guided fuzzer, in a process of its own that it ends.

atheris watches which ways through ``ladewerk.ocpp`` an input takes, and breeds those that find new ones.
"""

import random
import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped]

with atheris.instrument_imports(include=["ladewerk.ocpp"], enable_loader_override=False):
    # What connections would import later, when nobody watches any more.
    import ladewerk.ocpp.v16.codec
    import ladewerk.ocpp.v21.codec
    import ladewerk.ocpp.v201.codec  # noqa: F401
    from tests.ocpp.fuzz.target import Target

from tests.ocpp.fuzz import corpus
from tests.ocpp.fuzz.mutation import mutated, seeds

LONGEST = 16_384
MEMORY_MB = 512
"""Nothing a peer says may stay; with more than this libFuzzer gives up."""


def main(seconds: str, seed: str, new: str, finds: str) -> None:
    """Fuzz from what is kept; inputs that find a new way go into the folder ``new``, those that are wrong into ``finds``."""
    Path(finds).mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as kept:
        for number, data in enumerate((*seeds(), *corpus.read(corpus.WRITTEN), *corpus.read(corpus.FOUND))):
            (Path(kept) / str(number)).write_bytes(data)
        options = [
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            f"-max_len={LONGEST}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-artifact_prefix={finds}/",
            "-timeout=120",
            "-verbosity=0",
            "-print_final_stats=1",
        ]
        target = Target()
        atheris.Setup([sys.argv[0], *options, new, kept], target.take, custom_mutator=_mutate)
        atheris.Fuzz()


def _mutate(data: bytes, longest: int, seed: int) -> bytes:
    chance = random.Random(seed)
    if chance.random() < 0.3:
        changed: bytes = atheris.Mutate(data, longest)
        return changed
    return mutated(data, chance)[:longest]


if __name__ == "__main__":
    main(*sys.argv[1:])
