"""Several processes that serve on one socket, and the one that started them and looks after them.

Rules kept:

- The socket is bound once, by the parent, which accepts nothing itself: whoever is free takes the next connection.
- Every process is made before anything is open that must not be shared, and opens the operator for itself.
- A process that dies is replaced; one that dies young is replaced after a pause, so that a fault costs no storm.
- A stop reaches each of them by the end of a pipe that only the parent holds: when the parent is gone, however it went,
  they finish what they serve and end, too.
- Who has more connections than another leaves it a moment to take the next one. Connections live long and the kernel
  wakes whom it likes, so that one process could have them all while the next one sleeps.
"""

import logging
import mmap
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, NoReturn, Self

YOUNG_S: Final = 1.0
"""Whoever dies within this time after its start is replaced only after as long."""
STOP_S: Final = 30.0
"""How long a stop waits for all of them; it is longer than they wait for their own requests."""
GIVING_WAY_S: Final = 0.002
"""How long a process with more connections leaves the next one to the others."""
COUNT_BYTES: Final = 4
_WATCHED: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
_READY: Final = b"r"
_log = logging.getLogger("feiqian.server")


class Seat:
    """One process's place among its like: the pipe that ends with the parent, and how many connections each has."""

    def __init__(self, parent: int, counts: mmap.mmap, number: int) -> None:
        """`counts` is memory that all of them share; `parent` a file descriptor that reads as ended at the stop."""
        self.parent = parent
        self.number = number
        self._counts = counts

    def has(self, connections: int) -> None:
        """Says how many connections this process has now."""
        at = self.number * COUNT_BYTES
        self._counts[at : at + COUNT_BYTES] = connections.to_bytes(COUNT_BYTES, "big")

    def listener(self, shared: socket.socket) -> socket.socket:
        """The shared socket as this process listens on it."""
        own = _PoliteListener(shared.family, shared.type, shared.proto, fileno=os.dup(shared.fileno()))
        own.gives_way = self._gives_way
        return own

    def _gives_way(self) -> bool:
        """Whether another process has fewer connections."""
        whole = self._counts[:]
        counts = [whole[at : at + COUNT_BYTES] for at in range(0, len(whole), COUNT_BYTES)]
        return counts[self.number] > min(counts)


class _PoliteListener(socket.socket):
    """A listening socket that is shared: what another process takes meanwhile is not there any more, and no error."""

    gives_way: Callable[[], bool]

    def accept(self) -> tuple[socket.socket, object]:
        """The next connection. Raises BlockingIOError when there is none, as the loop expects."""
        if self.gives_way():
            time.sleep(GIVING_WAY_S)
        return super().accept()


Serve = Callable[[Callable[[], None], Seat], None]
"""Serves until told to stop: `serve(on_ready, seat)` calls `on_ready` when it accepts."""


class WorkerFailed(Exception):
    """A process ended before it ever accepted; the log says why."""


def supervise(count: int, serve: Serve, on_ready: Callable[[], None]) -> None:
    """Runs `serve` in `count` processes until SIGTERM or SIGINT; calls `on_ready` once all of them accept.

    Call from the main thread of a process without others. Raises WorkerFailed when one ends before all are ready.
    """
    with _signals() as told, _Nursery(count, serve) as nursery:
        nursery.raise_all()
        accepting = 0
        while True:
            for event in nursery.wait(told):
                if event == _READY:
                    accepting += 1
                    if accepting == count:
                        on_ready()
                else:
                    return
            died = nursery.bury()
            if died and accepting < count:
                raise WorkerFailed
            nursery.raise_missing()


class _Nursery:
    """The processes that serve."""

    def __init__(self, count: int, serve: Serve) -> None:
        self._count = count
        self._serve = serve
        self._born_at: dict[int, float] = {}
        self._seats: dict[int, int] = {}
        self._counts = mmap.mmap(-1, count * COUNT_BYTES)
        self._next_at = 0.0
        self._ready, self._is_ready = os.pipe()
        self._lives, self._life = os.pipe()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Tells all to stop, waits for them, and ends by force whoever does not listen."""
        os.close(self._life)
        last = time.monotonic() + STOP_S
        while self._born_at and time.monotonic() < last:
            self.bury()
            time.sleep(0.02)
        for pid in self._born_at:
            _log.error("a process did not end within %d s and is killed", STOP_S)
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for pipe in (self._lives, self._ready, self._is_ready):
            os.close(pipe)

    def raise_all(self) -> None:
        """Starts them."""
        for _ in range(self._count):
            self._raise_one()

    def raise_missing(self) -> None:
        """Replaces those that have died, if it is time."""
        while len(self._born_at) < self._count and time.monotonic() >= self._next_at:
            self._raise_one()

    def bury(self) -> int:
        """How many have ended since the last time."""
        died = 0
        for pid in list(self._born_at):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            died += 1
            now = time.monotonic()
            self._seat(self._seats.pop(pid)).has(0)
            if now - self._born_at.pop(pid) < YOUNG_S:
                self._next_at = now + YOUNG_S
            if status:
                _log.error("a process that served has ended: %s", _how(status))
        return died

    def wait(self, told: socket.socket) -> Iterator[bytes]:
        """Sleeps until something happens; yields every process that is ready, and a stop."""
        with selectors.DefaultSelector() as selector:
            selector.register(told, selectors.EVENT_READ)
            selector.register(self._ready, selectors.EVENT_READ)
            missing = len(self._born_at) < self._count
            happened = {key.fd for key, _ in selector.select(YOUNG_S if missing else None)}
        if told.fileno() in happened and set(told.recv(64)) & {signal.SIGTERM, signal.SIGINT}:
            yield b""
        if self._ready in happened:
            yield os.read(self._ready, 1)

    def _raise_one(self) -> None:
        number = min(set(range(self._count)) - set(self._seats.values()))
        pid = os.fork()
        if not pid:
            self._live(self._seat(number))
        self._born_at[pid] = time.monotonic()
        self._seats[pid] = number

    def _seat(self, number: int) -> Seat:
        return Seat(self._lives, self._counts, number)

    def _live(self, seat: Seat) -> NoReturn:
        """The life of one process, from its birth to its end; nothing of the parent's unwinds in it."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            os.close(self._life)
            os.close(self._ready)
            self._serve(lambda: _tell(self._is_ready), seat)
            status = 0
        except BaseException:  # noqa: BLE001  # whatever it was, this process ends here and not in the parent's code
            _log.exception("a process cannot serve")
        finally:
            logging.shutdown()
            os._exit(status)


def _tell(pipe: int) -> None:
    """Says that this process accepts, to a parent that may have died meanwhile: what came in is served all the same."""
    with suppress(BrokenPipeError):
        os.write(pipe, _READY)


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket on which the numbers of the signals that concern us arrive, so that none comes between two steps."""

    def noted(_number: int, _frame: FrameType | None) -> None:
        """The number is on the socket already."""

    reading, writing = socket.socketpair()
    with reading, writing:
        reading.settimeout(0)
        writing.settimeout(0)
        before = {number: signal.signal(number, noted) for number in _WATCHED}
        fd = signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        try:
            yield reading
        finally:
            signal.set_wakeup_fd(fd)
            for number, handler in before.items():
                signal.signal(number, handler)


def _how(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"
