"""A log line that would come with every request, said now and then instead, with how often it was meant.

A database that is away fails every request of every device that tries again: a line for each would fill disks and hide
the rest, and a log that is not read as fast as it is written holds up whoever writes it.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

EVERY_S: Final = 5.0


class Seldom:
    """Says each kind of line at most every five seconds."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._lock = threading.Lock()
        self._said: dict[str, tuple[float, int]] = {}
        """By kind: when it was said, and how often it was not since."""

    def error(self, kind: str, message: str, *values: object) -> None:
        """An error; `kind` is one of few words, what follows is said of the one that is said."""
        with self._lock:
            now = self._clock()
            said_at, untold = self._said.get(kind, (None, 0))
            if said_at is not None and now - said_at < EVERY_S:
                self._said[kind] = said_at, untold + 1
                return
            self._said[kind] = now, 0
        more = f" ({untold} more like it since this was last said)" if untold else ""
        self._log.error(message + "%s", *values, more)
