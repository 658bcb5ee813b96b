"""Whether this process should be given work: the books can be read and written, and no stop has begun.

That a disk takes a write is known by writing. The answer holds for `READY_HELD_S`, so a stranger who asks all day
costs next to nothing.
"""

import logging
from collections.abc import Callable

from feiqian.server.crowd_trouble import CrowdTrouble
from feiqian.server.held import Held
from feiqian.server.limits import READY_HELD_S, READY_WAIT_S
from feiqian.server.problems import trouble_of_database
from feiqian.server.trouble import ServerTrouble

_log = logging.getLogger("feiqian.server")


class Readiness:
    """Of one process. `probe` reads and writes the books without changing them, and raises what the store raises."""

    def __init__(self, probe: Callable[[], None]) -> None:
        self._probed = Held(probe, held_s=READY_HELD_S, wait_s=READY_WAIT_S)
        self._drains = False

    @property
    def drains(self) -> bool:
        """Whether a stop has begun."""
        return self._drains

    def drain(self) -> None:
        """A stop has begun; it is not taken back."""
        self._drains = True

    async def check(self) -> None:
        """Raises draining, server_busy for books that take too long, and what is wrong with them: 503 or 507."""
        if self._drains:
            raise ServerTrouble("draining")
        try:
            await self._probed.get()
        except TimeoutError:
            raise CrowdTrouble("server_busy") from None
        except Exception as failure:  # noqa: BLE001  # whatever it is, the answer is that it is not ready
            trouble = trouble_of_database(failure) or ServerTrouble("disk_failed")
            _log.error("not ready: %s (%s)", trouble.code, type(failure).__name__)
            raise trouble from None

    def close(self) -> None:
        """Asks no more."""
        self._probed.close()
