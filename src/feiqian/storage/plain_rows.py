"""Plain rows: what a device stores as dicts of its own records, for worlds in which reading tables is what costs.

There are no tables, statements or encryption here, so this is nobody's store but a simulated device's; whoever plays
with it plays some worlds on the real tables, too, and holds one against the other (docs/simulation.md). What is kept
is what crashes are about: a write is one transaction with its two points, and one that does not come to its end has
changed nothing.
"""

from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, TypeVar

from feiqian.storage.memory import AtPoint
from feiqian.storage.vault import NestedWrite

K = TypeVar("K")
V = TypeVar("V")


class PlainRows:
    """Named dicts that are written together or not at all. Keys and values are never changed in place."""

    def __init__(self, at_point: AtPoint) -> None:
        self._at_point = at_point
        self._tables: dict[str, dict[Any, Any]] = {}
        self._undo: list[Callable[[], object]] | None = None

    def table(self, name: str) -> dict[Any, Any]:
        """One of the dicts. It is read as it is; it is written by `put` and `drop`."""
        return self._tables.setdefault(name, {})

    def write(self, point: str) -> "PlainWrite":
        """One transaction under this name, with the two points at which somebody may die."""
        return PlainWrite(self, point)

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """A row, new or instead of the one that was there."""
        if self._undo is None:
            raise LookupError("rows are changed within a write")
        if key in table:
            before = table[key]
            self._undo.append(lambda: table.__setitem__(key, before))
        else:
            self._undo.append(lambda: table.__delitem__(key))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """A row less. After a roll-back it stands last: whoever drops rows reads them by a number of their own."""
        if self._undo is None:
            raise LookupError("rows are changed within a write")
        before = table.pop(key)
        self._undo.append(lambda: table.__setitem__(key, before))

    def drop_all(self, table: dict[K, V], keys: Iterable[K]) -> None:
        """Rows less. After a roll-back every row of the table stands where it stood."""
        if self._undo is None:
            raise LookupError("rows are changed within a write")
        before = dict(table)

        def put_back() -> None:
            table.clear()
            table.update(before)

        self._undo.append(put_back)
        for key in keys:
            del table[key]

    def use(self, at_point: AtPoint) -> None:
        """From now on points are told to `at_point`: a copy belongs to another device."""
        self._at_point = at_point

    def copy(self) -> "PlainRows":
        """Rows that are what these are now, and go their own way."""
        twin = PlainRows(self._at_point)
        twin._tables = {name: dict(table) for name, table in self._tables.items()}
        return twin

    def contents(self) -> dict[str, dict[Any, Any]]:
        """All that is stored, for whoever compares two moments."""
        return {name: dict(table) for name, table in self._tables.items() if table}

    def close(self) -> None:
        """Nothing is left of it. Harmless when repeated."""
        for table in self._tables.values():
            table.clear()

    # --- transactions ---

    def begin(self, point: str) -> None:
        """Used by `PlainWrite`."""
        if self._undo is not None:
            raise NestedWrite(f"{point} begins within another write")
        self._undo = []

    def commit(self, point: str) -> None:
        """Used by `PlainWrite`. Whoever is stopped at the first point has written nothing."""
        try:
            self._at_point(f"{point}:before-commit")
        except BaseException:
            self.roll_back()
            raise
        self._undo = None
        self._at_point(f"{point}:after-commit")

    def roll_back(self) -> None:
        """Used by `PlainWrite`."""
        undo, self._undo = self._undo or [], None
        for step in reversed(undo):
            step()


class PlainWrite:
    """A write that is under way. A class, because a generator would cost more than most writes do."""

    __slots__ = ("_point", "_rows")

    def __init__(self, rows: PlainRows, point: str) -> None:
        self._rows, self._point = rows, point

    def __enter__(self) -> PlainRows:
        self._rows.begin(self._point)
        return self._rows

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._rows.commit(self._point)
        else:
            self._rows.roll_back()
