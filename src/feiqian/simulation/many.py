"""Many worlds: each on one thread of its own, several at once on a machine with several cores.

Worlds know nothing of each other, so playing them side by side changes none of them; they come out in the order of
their seeds, and the first that is broken is the same however many are played at once.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Final

from feiqian.simulation.run import Run

AHEAD: Final = 2
"""Worlds begun for each worker before the first of them is asked for."""


def cores() -> int:
    """How many worlds this machine plays at once."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def play_all(seeds: Iterable[int], one: Callable[[int], Run], workers: int) -> Iterator[Run]:
    """The runs of these seeds, in their order. `one` must be something that can be sent to another process."""
    if workers == 1:
        yield from map(one, seeds)
        return
    with ProcessPoolExecutor(workers) as pool:
        begun: deque[Future[Run]] = deque()
        try:
            for seed in seeds:
                begun.append(pool.submit(one, seed))
                if len(begun) >= AHEAD * workers:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)
