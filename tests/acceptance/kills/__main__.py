"""``python -m tests.acceptance.kills [KILLS] [--seed FIRST] [--chains N]``: kill the station program at random moments.

Each case has a seed of its own, which says what happens at the charging point, at which frame, write or change of the
hardware the program dies, whether its supervisor dies with it, and whether it is killed again while it recovers. A failure
prints its seed; ``1 --chains 1 --seed THAT`` plays it again.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from ladewerk.clock import LoopClock
from ladewerk.paced_loop import ScaledLoop
from tests.acceptance.kills.case import STUCK, run_case
from tests.acceptance.kills.place import Wrong, running_place, speed

_LOG_TAIL = 3_000
START = datetime(2026, 1, 5, 17, 0, tzinfo=UTC)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.kills", description=__doc__)
    parser.add_argument("kills", nargs="?", type=int, default=500, help="how many cases (500)")
    parser.add_argument("--seed", type=int, default=1, help="of the first case (1)")
    parser.add_argument("--chains", type=int, default=4, help="so many places at once (4)")
    parser.add_argument("--every", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.chains > 1:
        return asyncio.run(_in_chains(options.kills, options.seed, min(options.chains, options.kills)))
    return _chain(range(options.seed, options.seed + options.kills * options.every, options.every))


async def _in_chains(kills: int, seed: int, chains: int) -> int:
    began_s = time.perf_counter()
    counts = [kills // chains + (index < kills % chains) for index in range(chains)]
    running = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.acceptance.kills", str(count)),
            *("--seed", str(seed + index), "--every", str(chains), "--chains", "1"),
        )
        for index, count in enumerate(counts)
    ]
    failed = sum([await one.wait() != 0 for one in running])
    print(f"{kills} kills from seed {seed} on in {time.perf_counter() - began_s:.0f} s", flush=True)
    return 1 if failed else 0


def _chain(seeds: range) -> int:
    logging.disable(logging.CRITICAL)  # the CSMS here would tell each link that it loses
    with asyncio.Runner(loop_factory=lambda: ScaledLoop(speed())) as runner:
        return runner.run(_run(seeds))


async def _run(seeds: range) -> int:
    clock = LoopClock(asyncio.get_running_loop(), START)
    failed = stuck = 0
    left = list(seeds)
    while left:
        with tempfile.TemporaryDirectory(prefix="kills-") as folder:
            async with running_place(Path(folder), clock, left[0]) as place:
                while left:
                    seed = left.pop(0)
                    told: list[str] = []
                    try:
                        await run_case(place, seed, told.append)
                        stuck += any(STUCK in what for what in told)
                    except Wrong as err:
                        failed += 1
                        print(f"seed {seed}: {err}\n  {'; '.join(told)}", flush=True)
                        print(f"  again: python -m tests.acceptance.kills 1 --chains 1 --seed {seed}", flush=True)
                        print("  " + place.log.read_text()[-_LOG_TAIL:].replace("\n", "\n  "), flush=True)
                        break  # what went wrong may go on: the next case gets a place of its own
    if stuck > 1 + len(seeds) // 4:
        print(f"{stuck} of {len(seeds)} cases got stuck before their kill: too busy a machine, or a fault", flush=True)
        return 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
