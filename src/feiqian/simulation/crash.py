"""Crashes: a party dies at a named write, loses whatever was in memory, and is opened again from its store."""

from collections.abc import Callable

from feiqian.storage.memory import AtPoint

AFTER = ":after-commit"


class Died(BaseException):
    """A process is gone. Not an `Exception`, so that nobody on its way handles it: a dead process handles nothing."""

    def __init__(self, point: str) -> None:
        super().__init__(point)
        self.point = point


class Mortal:
    """Where one party may die: called at each of its points. `told` hears of every write that has been committed."""

    def __init__(self, died_at: set[str], told: Callable[[str], None] | None = None) -> None:
        self._died_at = died_at
        self._told = told
        self._armed: set[str] = set()

    def arm(self, point: str) -> None:
        """It dies when it next comes to this point."""
        self._armed.add(point)

    def disarm(self) -> None:
        """It dies no more."""
        self._armed.clear()

    def at_point(self) -> AtPoint:
        """The hook for a store."""
        return self._reached

    def _reached(self, point: str) -> None:
        if self._told is not None and point.endswith(AFTER):
            self._told(point.removesuffix(AFTER))
        if point in self._armed:
            self._armed.discard(point)
            self._died_at.add(point)
            raise Died(point)
