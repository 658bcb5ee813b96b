"""What takes long to find out, found out seldom: whoever asks meanwhile gets what the one before was told."""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class LookedUp:
    """Answers by what was asked. Thread-safe; one at a time is computed, and whoever asks meanwhile waits for it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds that only go forward."""
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[Hashable, tuple[float, Any]] = {}

    def once(self, asked: Hashable, find: Callable[[], T], held_s: float) -> T:
        """The answer, found out now or less than `held_s` ago. Raises what `find` raises, and keeps nothing of it."""
        with self._lock:
            now = self._clock()
            self._held = {key: held for key, held in self._held.items() if now < held[0]}
            if asked not in self._held:
                self._held[asked] = (now + held_s, find())
            return cast(T, self._held[asked][1])
