"""Locks between the processes that serve one home: files that one process holds at a time.

The kernel lets go of a lock when its holder dies, however it dies, so there is nothing to clean up and no lock is ever
left behind. A lock is waited for asleep. The threads of one process share what it holds: who wants one thread at a
time queues on a lock of `threading` first.
"""

import fcntl
import os
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

TURN_SUFFIX: Final = ".turn"
_SLOTS: Final = 64


class FileLock:
    """A lock that one process holds at a time."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file, readable by its owner only; nothing is held yet."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def take(self) -> None:
        """Waits until it is held."""
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def try_take(self) -> bool:
        """Whether it is held now; never waits. Harmless when it is held already."""
        with suppress(BlockingIOError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def release(self) -> None:
        """Lets go of it."""
        fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Lets go of it for good."""
        os.close(self._file)


class FairLock:
    """A lock that a process which lets go of it cannot take again before one that waits.

    Whoever wants it takes the turn first and waits with it in hand; so one process that writes all the time must queue
    behind the one that came meanwhile.
    """

    def __init__(self, path: Path) -> None:
        """Opens or creates two files: `path`, and the turn beside it."""
        self._turn = FileLock(path.with_name(path.name + TURN_SUFFIX))
        self._lock = FileLock(path)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Holds it within this block; one thread at a time may be in here."""
        self.take()
        try:
            yield
        finally:
            self.release()

    def take(self) -> None:
        """Waits until it is held."""
        self._turn.take()
        try:
            self._lock.take()
        finally:
            self._turn.release()

    def release(self) -> None:
        """Lets go of it."""
        self._lock.release()

    def close(self) -> None:
        """Lets go of it for good."""
        self._turn.close()
        self._lock.close()


class KeyLocks:
    """Locks by key, between all threads and processes. Different keys seldom wait for each other."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file, of which each byte is a lock; no thread of this process may open it twice."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._threads = tuple(threading.Lock() for _ in range(_SLOTS))

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Within this block nobody else is in one for the same key."""
        slot = zlib.crc32(key.encode()) % _SLOTS
        with self._threads[slot]:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, slot)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, slot)

    def close(self) -> None:
        """Lets go of all of them for good."""
        os.close(self._file)
