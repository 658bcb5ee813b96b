"""Bringing books in PostgreSQL to a version that a person names, up or down."""

from typing import Final

from feiqian.ledger.sealing import NO_KEYS, Seals
from feiqian.storage import StoreTooNew
from feiqian.storage.personal_schema import SEALED_TABLES
from feiqian.storage.postgres_ledger import Writing
from feiqian.storage.postgres_link import LONG_ANSWER_MAX_S, Link, Links, Talk, in_our_words
from feiqian.storage.postgres_schema import STEPS
from feiqian.storage.postgres_steps import bring_up_to_date, take_back, version_of
from feiqian.storage.schema_change import Change, must_unseal, rows_lost, wanted_version
from feiqian.storage.unsealing import Unsealing

_ALONE: Final = f"LOCK TABLE {', '.join((*SEALED_TABLES, 'data_keys', 'audit_queue'))} IN EXCLUSIVE MODE"
"""A server that still runs writes no name between the opening and the step."""


def change_postgres(
    url: str, to: int | None, *, may_lose: bool, may_unseal: bool = False, seals: Seals = NO_KEYS
) -> Change:
    """As `change_sqlite`; servers that still run wait for it, and hear then that the version is another.

    Raises ChangeTrouble, SealTrouble, StoreTooNew, MigrationFailed, DatabaseFault.
    """
    links = Links(url)
    try:
        with links.one(LONG_ANSWER_MAX_S) as link:
            return _changed(link, to, seals, may_lose=may_lose, may_unseal=may_unseal)
    finally:
        links.close()


def _changed(link: Link, to: int | None, seals: Seals, *, may_lose: bool, may_unseal: bool) -> Change:
    with in_our_words():
        found, wanted = version_of(link), wanted_version(to, STEPS)
        if found > len(STEPS):
            raise StoreTooNew(found=found, known=len(STEPS))
        lost = rows_lost(STEPS[wanted:found], wanted, lambda table: _count(link, table), may_lose=may_lose)
        within = Writing(Talk(link, "SELECT 1"), locks=False)  # in whatever transaction the connection is
        unsealing, opened = Unsealing(within, seals), list[int]()
        must_unseal(STEPS[wanted:found], wanted, unsealing, may_unseal=may_unseal)

        def unseal() -> None:
            link.execute(_ALONE.encode())
            opened.append(unsealing.unseal())
            within.execute_all(())  # sends what was collected

        if wanted < found:
            take_back(link, wanted, STEPS, unseal)
        else:
            bring_up_to_date(link, STEPS[:wanted])
        return Change(found=found, reached=version_of(link), lost=lost, unsealed=sum(opened))


def _count(link: Link, table: str) -> int:
    row = link.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()  # noqa: S608  # a name from our own steps
    return 0 if row is None else int(row[0])
