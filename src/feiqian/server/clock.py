"""The server's clock, and how one act of an administrator can take place at another time on a trial deployment."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_SET_TO: ContextVar[int | None] = ContextVar("feiqian_server_time", default=None)


class ServerClock:
    """Now, seconds since 1970. `at` sets it for one act in one thread; everybody else's time goes on."""

    def __call__(self) -> int:
        """Now."""
        set_to = _SET_TO.get()
        return int(time.time()) if set_to is None else set_to

    @contextmanager
    def at(self, now: int) -> Iterator[None]:
        """Within this block it is `now`."""
        token = _SET_TO.set(now)
        try:
            yield
        finally:
            _SET_TO.reset(token)
