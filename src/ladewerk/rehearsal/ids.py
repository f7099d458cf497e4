"""Ids that look random and are the same in every run with one seed."""

import random
from uuid import UUID


class Ids:
    """Call it for the next one, in the form of a UUID."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def __call__(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))
