"""Bringing the operator's books to a version that a person names, up or down (`postgres_change` for PostgreSQL).

Going up happens at every start of a server by itself. Going down is an act of its own: a step that drops rows which
somebody wrote is taken back only when told that they may be lost, one that leaves names in plain only when told that
they may stand so, and a step that says no way back is refused before anything is changed.
"""

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Protocol

from feiqian.ledger.sealing import NO_KEYS, Seals
from feiqian.protocol.words import Trouble, Words, WordsTable
from feiqian.storage import StoreTooNew
from feiqian.storage.file_lock import FairLock
from feiqian.storage.migrations import Migration, migrate, take_back, version_of
from feiqian.storage.operator_schema import MIGRATIONS
from feiqian.storage.operator_store import LOCK_SUFFIX
from feiqian.storage.unsealing import Unsealing

_TAKES_ROWS: Final = re.compile(
    r"\s*DROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?(\w+)|\s*ALTER\s+TABLE\s+(\w+)\s+DROP\s+COLUMN\b", re.IGNORECASE
)
_BUSY_TIMEOUT_S: Final = 10.0


class ChangeTrouble(Trouble):
    """Why books cannot be brought to a version."""

    table: ClassVar[WordsTable] = {
        "no_such_version": {
            "en": Words(
                "There is no version {wanted} of the books; this program knows 1 to {known}.",
                "Nothing was changed.",
                "Choose one of them with --to, or use the version of Feiqian that knows {wanted}.",
            ),
            "zh": Words(
                "账目没有版本 {wanted}；本程序识别 1 至 {known}。",
                "没有任何改动。",
                "请用 --to 选择其中之一，或换用识别 {wanted} 的飞钱版本。",
            ),
        },
        "rows_would_be_lost": {
            "en": Words(
                "Going back to version {wanted} would lose what only newer versions hold: {tables}.",
                "Nothing was changed.",
                "Bring back the backup from before the upgrade and hand in again what came since; or, if these rows "
                "may go for good, repeat this with --lose-rows.",
            ),
            "zh": Words(
                "退回版本 {wanted} 会丢失仅新版本才有的数据：{tables}。",
                "没有任何改动。",
                "请恢复升级前的备份，并重新提交此后的批次；若这些数据可以永久丢弃，请加 --lose-rows 重试。",
            ),
        },
        "names_would_be_plain": {
            "en": Words(
                "Version {wanted} encrypts no names: {rows} rows with names and words would stand in plain.",
                "Nothing was changed.",
                "Decide who may read the books and their backups from then on; then repeat this with --unseal.",
            ),
            "zh": Words(
                "版本 {wanted} 不加密名称：{rows} 行名称与文字将以明文保存。",
                "没有任何改动。",
                "请先确定此后谁可以读取账目及其备份，再加 --unseal 重试。",
            ),
        },
        "step_one_way": {
            "en": Words(
                "Step {version} ({name}) has no way back.",
                "Nothing was changed.",
                "Bring back the backup from before the upgrade, and hand in again what came since.",
            ),
            "zh": Words(
                "第 {version} 步（{name}）不可退回。", "没有任何改动。", "请恢复升级前的备份，并重新提交此后的批次。"
            ),
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was done: from which version to which, how many rows of which tables went, how many stand in plain now."""

    found: int
    reached: int
    lost: Mapping[str, int]
    unsealed: int


class Step(Protocol):
    """What both stores' steps have."""

    @property
    def version(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def down(self) -> tuple[str, ...]: ...
    @property
    def unseals(self) -> bool: ...


def change_sqlite(
    path: Path,
    to: int | None,
    *,
    may_lose: bool,
    may_unseal: bool = False,
    seals: Seals = NO_KEYS,
    steps: Sequence[Migration] = MIGRATIONS,
) -> Change:
    """Brings the books in this file to version `to`, or to the newest. Nobody else may be writing.

    Raises ChangeTrouble, SealTrouble, StoreTooNew, MigrationFailed, and the database's own error, undone.
    """
    with closing(FairLock(path.with_name(path.name + LOCK_SUFFIX))) as turns, turns.held():
        connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
        with closing(connection):
            connection.execute("PRAGMA synchronous = FULL")
            found, wanted = version_of(connection), wanted_version(to, steps)
            if found > len(steps):
                raise StoreTooNew(found=found, known=len(steps))

            def count(table: str) -> int:
                return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  # our own name

            lost = rows_lost(steps[wanted:found], wanted, count, may_lose=may_lose)
            unsealing, opened = Unsealing(connection, seals), list[int]()
            must_unseal(steps[wanted:found], wanted, unsealing, may_unseal=may_unseal)
            if wanted < found:
                reached = take_back(connection, wanted, steps, lambda: opened.append(unsealing.unseal()))
            else:
                reached = migrate(connection, steps[:wanted])
            return Change(found=found, reached=reached, lost=lost, unsealed=sum(opened))


def wanted_version(to: int | None, steps: Sequence[Step]) -> int:
    """The version that is meant; None is the newest. Raises ChangeTrouble."""
    if to is None:
        return len(steps)
    if not 1 <= to <= len(steps):
        raise ChangeTrouble("no_such_version", wanted=to, known=len(steps))
    return to


def must_unseal(steps: Iterable[Step], wanted: int, unsealing: Unsealing, *, may_unseal: bool) -> None:
    """Whether these steps may be taken back with what is sealed now. Raises ChangeTrouble, SealTrouble."""
    if any(step.unseals for step in steps) and unsealing.is_sealed():
        if not may_unseal:
            raise ChangeTrouble("names_would_be_plain", wanted=wanted, rows=unsealing.sealed_rows())
        unsealing.check()


def rows_lost(steps: Iterable[Step], wanted: int, count: Callable[[str], int], *, may_lose: bool) -> dict[str, int]:
    """What taking these steps back removes. Raises ChangeTrouble where that may not be."""
    lost: dict[str, int] = {}
    for step in steps:
        if not step.down:
            raise ChangeTrouble("step_one_way", version=step.version, name=step.name)
        for found in map(_TAKES_ROWS.match, step.down):
            if found is not None:
                table = found[1] or found[2]
                lost[table] = count(table)
    lost = {table: rows for table, rows in lost.items() if rows}
    if lost and not may_lose:
        tables = ", ".join(f"{table} {rows}" for table, rows in lost.items())
        raise ChangeTrouble("rows_would_be_lost", wanted=wanted, tables=tables)
    return lost
