"""Chance: everything in a world that could have been otherwise, drawn from its seed and from nothing else."""

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """One stream of chance. Streams of other names are independent: one more draw here moves nothing there."""

    def __init__(self, seed: int, name: str) -> None:
        self._random = random.Random(f"{seed}/{name}")  # noqa: S311  # repeatable on purpose: nothing here is a secret

    def octets(self, size: int) -> bytes:
        """So many bytes: the port that roles call randomness."""
        return self._random.randbytes(size)

    def between(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self._random.random() * (high - low + 1))

    def happens(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self._random.random() * 100 < percent

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them, all alike."""
        return choices[int(self._random.random() * len(choices))]

    def weighted(self, weights: Mapping[T, int]) -> T:
        """One of the keys, as often as its weight says."""
        left = self._random.random() * sum(weights.values())
        for choice, weight in weights.items():
            left -= weight
            if left < 0:
                return choice
        raise ValueError("the weights are all zero")
