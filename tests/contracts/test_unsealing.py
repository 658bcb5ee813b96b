"""Books of both stores brought back behind the sealing and up again: names in plain by consent only, and nothing lost.

Run as a program it is the victim of a kill: `python -m tests.contracts.test_unsealing STORE VERSION`.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from feiqian.acquirer.dispute_values import DisputeId
from feiqian.audit.verify import verify_log
from feiqian.ledger.personal import begin_sealing, erase_person, rotate
from feiqian.ledger.retention import PersonKind, RetentionTerms
from feiqian.ledger.sealing import SealTrouble
from feiqian.ledger.verify import verify_books
from feiqian.storage.crash import CRASH_VARIABLE
from feiqian.storage.migrations import MIGRATE_POINT, migrate, version_of
from feiqian.storage.operator_schema import MIGRATIONS
from feiqian.storage.operator_store import OperatorStore
from feiqian.storage.postgres_change import change_postgres
from feiqian.storage.postgres_link import Links
from feiqian.storage.postgres_schema import STEPS
from feiqian.storage.postgres_steps import bring_up_to_date
from feiqian.storage.postgres_steps import version_of as postgres_version_of
from feiqian.storage.postgres_store import PostgresStore
from feiqian.storage.schema_change import Change, ChangeTrouble, change_sqlite
from tests.contracts.postgres_server import PostgresServer
from tests.faults.operator_acts import prepare_answer
from tests.issuer.world import DATA_KEYS, DAY, DEPLOYMENT, LOG_TRUST, SEALS, START, opened
from tests.tidy.house import ROOT

PLAIN_VERSION = {"sqlite": 7, "postgres": 3}
"""The last version of each store's books that encrypts nothing."""
NAME, GONE, SHOP, SAID = "Zhao Quiet", "Lin Erased", "Corner Shop 店", "it never came"
NEWER = 9
NO_TIME = RetentionTerms(dispute_open_s=1, names_days=0, words_days=0)
READ = {
    "payers": "SELECT payer_id, name FROM payers ORDER BY payer_id",
    "payees": "SELECT payee_id, name FROM payees ORDER BY payee_id",
    "words": "SELECT dispute_id, words FROM dispute_steps ORDER BY dispute_id, number",
    "terminals": "SELECT terminal_ref, certificate FROM terminals ORDER BY terminal_ref",
}


class Books:
    """Populated books, closed: several payments, a payer, a payer erased, a payee, a dispute, and two keys used."""

    def __init__(self, kind: str, at: str) -> None:
        self.kind, self.at = kind, at
        self.plain = PLAIN_VERSION[kind]

    def change(self, to: int | None, **consent: Any) -> Change:
        return change(self.at, to, **consent)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self.at)) as books:
                return books.execute(query).fetchall()
        with psycopg.connect(self.at) as link:
            return link.execute(query.encode()).fetchall()

    def version(self) -> int:
        if self.kind == "sqlite":
            with closing(sqlite3.connect(self.at)) as books:
                return version_of(books)
        links = Links(self.at)
        with links.one() as link:
            found = postgres_version_of(link)
        links.close()
        return found

    @contextmanager
    def store(self) -> Iterator[OperatorStore | PostgresStore]:
        store: OperatorStore | PostgresStore = (
            OperatorStore.open(Path(self.at), SEALS)
            if self.kind == "sqlite"
            else PostgresStore.open(self.at, seals=SEALS)
        )
        with store:
            yield store

    def check(self) -> None:
        """`ledger verify` and `audit verify`."""
        with self.store() as store:
            report = verify_books(store)
            assert (report.mismatches, set(report.sums.values()) - {0}) == ((), set())
            with store.read() as unit:
                assert verify_log(unit.log_facts(DEPLOYMENT), LOG_TRUST).bad == ()

    def held(self) -> str:
        """All that the tables with names say."""
        return repr([self.ask(query) for query in READ.values()])


def change(at: str, to: int | None, **consent: Any) -> Change:
    if "://" in at or at.startswith("host="):
        return change_postgres(at, to, may_lose=True, seals=SEALS, **consent)
    return change_sqlite(Path(at), to, may_lose=True, seals=SEALS, **consent)


@pytest.fixture
def books(
    tmp_path: Path, request: pytest.FixtureRequest, store_kind: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Books]:
    path = tmp_path / "operator.db"
    with opened(path) as world:
        prepare_answer(world)
        world.payer(0, NAME)
        world.till(SHOP)
        gone, _ = world.payer(0, GONE)
        begin_sealing(world.store, 1, world.now)
        monkeypatch.setitem(DATA_KEYS, NEWER, b"9" * 32)
        rotate(world.store, NEWER, world.now, lambda *_: None)
        world.payer(0, "Zhao Newer")
        world.now += 9 * DAY
        assert erase_person(world.store, PersonKind.PAYER, gone, NO_TIME, world.now)
    server: PostgresServer | None = request.getfixturevalue("postgres") if store_kind == "postgres" else None
    yield Books(store_kind, str(path) if server is None else server.database(path))
    SEALS._ciphers.clear()  # noqa: SLF001  # other tests have other keys


def check_plain(books: Books) -> None:
    """An older version reads every name and word; what was erased is empty."""
    payers = [name for _, name in books.ask(READ["payers"])]
    assert {NAME, "Zhao Newer"} < set(payers)
    assert payers.count("") == 1
    assert GONE not in payers
    assert SHOP in {name for _, name in books.ask(READ["payees"])}
    assert [words for _, words in books.ask(READ["words"])] == [SAID]
    assert all(len(certificate) > 100 for _, certificate in books.ask(READ["terminals"]))


def check_sealed(books: Books) -> None:
    with books.store() as store, store.read() as unit:
        names = {line.name for line in unit.payer_lines(None, 99)}
        assert {NAME, "Zhao Newer"} < names
        ((dispute,),) = books.ask("SELECT dispute_id FROM disputes")
        assert [step.words for step in unit.dispute_steps(DisputeId(bytes(dispute)))] == [SAID]
        assert unit.sealed_by(0) == 0
    assert books.ask("SELECT count(*) FROM payers WHERE sealed_by = -1") == [(1,)]
    held = books.held()
    assert [word for word in (NAME, SHOP, SAID, "Zhao") if word in held or word.encode().hex() in held] == []


def test_down_in_plain_by_consent_and_up_again_with_nothing_lost(books: Books) -> None:
    newest = books.version()
    before = books.held()
    with pytest.raises(ChangeTrouble) as refused:
        books.change(books.plain)
    assert refused.value.code == "names_would_be_plain"
    assert (books.version(), books.held()) == (newest, before)

    rows = books.ask(
        "SELECT (SELECT count(*) FROM payers WHERE sealed_by > 0) + (SELECT count(*) FROM payees)"
        " + (SELECT count(*) FROM terminals) + (SELECT count(*) FROM dispute_steps)"
    )[0][0]
    done = books.change(books.plain, may_unseal=True)
    assert (done.found, done.reached, done.unsealed) == (newest, books.plain, rows)
    assert not {"payers", "payees", "terminals", "dispute_steps", "data_keys"} & set(done.lost)
    check_plain(books)

    assert books.change(None).reached == newest  # nobody has sealed them yet
    books.check()
    with books.store() as store:
        begin_sealing(store, NEWER, START + 30 * DAY)
    books.check()
    check_sealed(books)
    assert books.change(books.plain, may_unseal=True).unsealed == rows
    check_plain(books)


def test_the_schema_is_that_of_the_version_before(books: Books, tmp_path: Path, request: Any) -> None:
    books.change(books.plain, may_unseal=True)
    if books.kind == "sqlite":
        fresh = tmp_path / "fresh.db"
        with closing(sqlite3.connect(fresh, isolation_level=None)) as connection:
            migrate(connection, MIGRATIONS[: books.plain])
        other = Books("sqlite", str(fresh))
        query = "SELECT type, name, tbl_name, replace(sql, '\"', '') FROM sqlite_master ORDER BY 1, 2"
        told = [
            [tuple(" ".join(str(part).split()) for part in row) for row in one.ask(query)] for one in (books, other)
        ]
    else:
        url = request.getfixturevalue("postgres").empty("before_sealing")
        links = Links(url)
        with links.one() as link:
            bring_up_to_date(link, STEPS[: books.plain])
        links.close()
        other = Books("postgres", url)
        queries = (
            "SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns ORDER BY 1, 2",
            "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1, 2",
            "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
            "SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid > 16000",
            "SELECT proname FROM pg_proc WHERE oid > 16000 ORDER BY 1",
        )
        listed = [[sorted(map(str, one.ask(query))) for query in queries] for one in (books, other)]
        told = [[(str(found),)] for found in listed]
    assert told[0] == told[1]


@pytest.mark.parametrize("number", [1, NEWER])
def test_without_its_keys_nothing_is_changed(books: Books, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    newest, before = books.version(), books.held()
    if number == 1:  # the old key is needed no more
        monkeypatch.delitem(DATA_KEYS, 1)
        SEALS._ciphers.clear()  # noqa: SLF001
        assert books.change(books.plain, may_unseal=True).reached == books.plain
        return
    monkeypatch.delitem(DATA_KEYS, number)
    SEALS._ciphers.clear()  # noqa: SLF001
    with pytest.raises(SealTrouble) as refused:
        books.change(books.plain, may_unseal=True)
    assert refused.value.code == "data_key_missing"
    assert f"data-{number}.key" in refused.value.words("en")[0]
    assert (books.version(), books.held()) == (newest, before)


def test_one_value_that_does_not_open_stops_all_of_it(books: Books) -> None:
    spoil = "UPDATE payers SET name = {bytes}, sealed_by = {by} WHERE payer_id = (SELECT max(payer_id) FROM payers)"
    for by, code in ((NEWER, "sealed_value_damaged"), (0, "sealed_value_plain")):
        if books.kind == "sqlite":
            with closing(sqlite3.connect(books.at)) as connection, connection:
                connection.execute(spoil.format(bytes="x'00'", by=by))
        else:
            with psycopg.connect(books.at) as link:
                link.execute(spoil.format(bytes=r"'\x00'", by=by).encode())
        newest, before = books.version(), books.held()
        with pytest.raises(SealTrouble) as refused:
            books.change(books.plain, may_unseal=True)
        assert refused.value.code == code
        assert (books.version(), books.held()) == (newest, before)


@pytest.mark.parametrize("when", ["before-commit", "after-commit"])
def test_killed_in_the_middle_it_is_done_or_not_begun(books: Books, when: str) -> None:
    books.change(books.plain + 1)
    before = books.held()
    command = [sys.executable, "-m", "tests.contracts.test_unsealing", books.at, str(books.plain)]
    environment = os.environ | {CRASH_VARIABLE: f"{MIGRATE_POINT}:{when}"}
    died = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr
    if when == "before-commit":
        assert (books.version(), books.held()) == (books.plain + 1, before)
        assert books.change(books.plain, may_unseal=True).unsealed > 0
    assert books.version() == books.plain
    check_plain(books)
    books.change(None)
    books.check()


def test_books_of_which_nothing_was_ever_sealed_need_no_consent(
    tmp_path: Path, request: pytest.FixtureRequest, store_kind: str
) -> None:
    path = tmp_path / "operator.db"
    server: PostgresServer | None = request.getfixturevalue("postgres") if store_kind == "postgres" else None
    books = Books(store_kind, str(path) if server is None else server.database(path))
    with books.store():
        pass
    assert books.change(books.plain).unsealed == 0


if __name__ == "__main__":
    DATA_KEYS[NEWER] = b"9" * 32
    change(sys.argv[1], int(sys.argv[2]), may_unseal=True)
