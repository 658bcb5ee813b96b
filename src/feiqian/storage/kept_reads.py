"""Kept reads: what a device's store has read and nothing can have changed since is not read again.

A vault is held by one process and used by one thread, so rows change in two ways only: by a write of this store, or
while the vault was let go. A write forgets everything that it is not known to spare; letting go forgets all.
"""

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

from feiqian.storage.vault import Vault

if TYPE_CHECKING:
    from sqlite3 import Connection

KEPT_MAX: Final = 64
"""Of each group; when there are more, all of them are read anew."""
T = TypeVar("T")
Spared = Mapping[str, frozenset[str]]
"""By write point the groups that it leaves as they are; a point that is not named spares nothing."""


class KeptReads:
    """The reads of one store. Groups are the store's own words for what changes together."""

    def __init__(self, vault: Vault, spared: Spared) -> None:
        self._vault, self._spared = vault, spared
        self._groups: dict[str, dict[Hashable, Any]] = {}
        self._absences = vault.absences
        self._writing = False

    def of(self, group: str, key: Hashable, read: Callable[[], T]) -> T:
        """What `read` gives, from an earlier time if it is still so. Within a write it is always read."""
        if self._writing:
            return read()
        if self._absences != self._vault.absences:
            self.forget()
        kept = self._groups.setdefault(group, {})
        if key not in kept:
            found = read()
            if len(kept) >= KEPT_MAX:
                kept.clear()
            kept[key] = found
        return kept[key]  # type: ignore[no-any-return]  # a group holds values of many types, a key of one

    @contextmanager
    def write(self, point: str) -> Iterator["Connection"]:
        """One transaction of the vault, after which nothing is kept that it may have changed."""
        self._writing = True
        try:
            with self._vault.write(point) as connection:
                yield connection
        finally:
            self._writing = False
            spared = self._spared.get(point, frozenset())
            self._groups = {group: kept for group, kept in self._groups.items() if group in spared}

    def forget(self) -> None:
        """Everything is read anew."""
        self._groups.clear()
        self._absences = self._vault.absences
