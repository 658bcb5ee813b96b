"""PostgreSQL itself: what the database refuses whoever asks, its steps, and what happens when it dies."""
# ruff: noqa: S608  # names of tables and columns come from the schema

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest

from feiqian.issuer.known import Wanted
from feiqian.ledger.accounts import CASH, PAYABLE, RECEIVABLE, free_of, payee_of
from feiqian.ledger.clearing import Advice, Stale
from feiqian.ledger.entry import Draft, Entry, LedgerBroken, Reason
from feiqian.ledger.verify import verify_books
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId
from feiqian.storage import StoreTooNew
from feiqian.storage.books_reading import BooksOfAnotherVersion
from feiqian.storage.disk import DatabaseFault, DiskFault
from feiqian.storage.operator_schema import IMMUTABLE
from feiqian.storage.postgres_known import read_known
from feiqian.storage.postgres_link import Ask, Links
from feiqian.storage.postgres_rules import SLOTS
from feiqian.storage.postgres_schema import NOT_SPREAD, SPREAD_BY, STEPS
from feiqian.storage.postgres_steps import bring_up_to_date, take_back, version_of
from feiqian.storage.postgres_store import PostgresStore
from tests.contracts.postgres_server import PostgresServer, running
from tests.contracts.stores import open_postgres
from tests.issuer import world as worlds
from tests.issuer.world import World, opened
from tests.storage.test_operator_store import live

ONE_STORE = True  # what is tried here is PostgreSQL's own


@pytest.fixture
def url(postgres: PostgresServer, tmp_path: Path) -> str:
    return postgres.database(tmp_path)


@pytest.fixture
def lived(postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Books in which something of everything happened."""
    monkeypatch.setattr(worlds, "open_store", lambda path: open_postgres(postgres, path))
    with opened(tmp_path) as world:
        live(world)
    return postgres.database(tmp_path)


@pytest.fixture
def raw(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody at the database with a tool of their own."""
    with psycopg.connect(url, autocommit=True) as link:
        yield link


def funding(payer: bytes, amount_minor: int, entry_id: bytes = b"1" * 16) -> Entry:
    draft = Draft()
    draft.move(debit=CASH, credit=free_of(payer), amount_minor=amount_minor, currency="CNY")
    made = draft.entry(entry_id=entry_id, reason=Reason.FUNDED, at=1)
    assert made is not None
    return made


# --- the schema


def test_what_grows_with_claims_can_be_spread_over_machines(raw: psycopg.Connection[Any]) -> None:
    """Every unique key of such a table holds the column by which it is spread, or no machine could keep it alone."""
    keys = """SELECT c.relname, array_agg(a.attname::text) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
        WHERE i.indisunique AND c.relnamespace = current_schema()::regnamespace GROUP BY i.indexrelid, c.relname"""
    found = [(table, columns) for table, columns in raw.execute(keys) if table in SPREAD_BY]
    assert {table for table, _ in found} == set(SPREAD_BY)
    assert [(table, columns) for table, columns in found if SPREAD_BY[table] not in columns] == []


def test_every_table_says_by_what_it_is_spread_or_why_not(raw: psycopg.Connection[Any]) -> None:
    found = raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    assert {table for (table,) in found} == {*SPREAD_BY, *NOT_SPREAD}
    assert not SPREAD_BY.keys() & NOT_SPREAD.keys()


def test_steps_lead_up_and_back_down(postgres: PostgresServer) -> None:
    url = postgres.empty("steps")
    links = Links(url)
    with links.one() as link:
        for _ in range(2):
            bring_up_to_date(link)
            assert version_of(link) == len(STEPS)
            take_back(link, 0)
            assert version_of(link) == 0
            left = link.execute(
                """SELECT relname FROM pg_class
                   WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S', 'c')
                   UNION SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"""
            ).fetchall()
            assert left == [("schema_steps",)]
    links.close()


def test_many_processes_bring_it_up_to_date_once(postgres: PostgresServer) -> None:
    url = postgres.empty("together")
    with ThreadPoolExecutor(6) as pool:
        stores = list(pool.map(lambda _: PostgresStore.open(url), range(6)))
    for store in stores:
        assert verify_books(store).postings == 0
        store.close()


def test_a_newer_schema_is_refused_and_an_older_one_is_not_read(postgres: PostgresServer) -> None:
    url = postgres.empty("newer")
    with pytest.raises(BooksOfAnotherVersion) as older:
        PostgresStore.open_to_read(url)
    assert older.value.code == "books_too_old"
    PostgresStore.open(url).close()
    PostgresStore.open_to_read(url).close()
    with psycopg.connect(url) as link:
        link.execute("INSERT INTO schema_steps (version, name) VALUES (99, 'of tomorrow')")
    with pytest.raises(StoreTooNew):
        PostgresStore.open(url)
    with pytest.raises(BooksOfAnotherVersion) as newer:
        PostgresStore.open_to_read(url)
    assert newer.value.code == "books_too_new"


@pytest.mark.parametrize("table", IMMUTABLE)
def test_what_happened_is_never_changed(lived: str, raw: psycopg.Connection[Any], table: str) -> None:
    assert lived
    column = raw.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", (table,)
    ).fetchone()
    assert column is not None
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column[0]} = {column[0]}", f"TRUNCATE {table}"):
        with pytest.raises(psycopg.Error, match=r"never changed|referenced in a foreign key"):
            raw.execute(statement.encode())


POSTING = "INSERT INTO postings (entry, book, kind, owner, currency, amount_minor) VALUES "
ENTRY = (
    "INSERT INTO entries (number, entry_id, reason, at) VALUES (1000, '\\x00112233445566778899aabbccddeeff', 'f', 1)"
)
LINE = "(1000, 'issuer', 'payable', '', 'CNY', {})"


@pytest.mark.parametrize(
    "statements",
    [
        (ENTRY, f"{POSTING} {LINE.format(-5)}"),
        (ENTRY, "COMMIT"),
        (f"{POSTING} (1, 'issuer', 'payable', '', 'EUR', -5), (1, 'issuer', 'cash', '', 'EUR', 5)",),
        (f"{POSTING} {LINE.format(-5)}, (1000, 'issuer', 'cash', '', 'CNY', 5)",),
        (ENTRY, f"{POSTING} (1000, 'acquirer', 'payable', '', 'CNY', -5), (1000, 'acquirer', 'cash', '', 'CNY', 5)"),
        (ENTRY, f"{POSTING} {LINE.format(0)}"),
        ("UPDATE balances SET posted_minor = 5 WHERE kind = 'reserve'",),
        ("DELETE FROM allowances",),
        (
            """INSERT INTO claims SELECT '\\x00', cheque_id, payee_id, counter, amount_minor, cumulative_minor,
               previous, request_hash, terminal_ref, receipt_counter, index_version, bound, guaranteed, borne, barred,
               arrived_at, final_minor, raw, paid_minor, waiting_minor, verdict FROM claims LIMIT 1""",
        ),
    ],
    ids=["unbalanced", "empty", "sealed", "no entry", "wrong book", "nothing", "overdrawn", "gone", "of no allowance"],
)
def test_the_database_keeps_the_ledgers_rules_by_itself(
    lived: str, raw: psycopg.Connection[Any], statements: tuple[str, ...]
) -> None:
    assert lived
    raw.execute("BEGIN")
    *before, last = statements
    for statement in before:
        raw.execute(statement.encode())
    with pytest.raises(psycopg.Error):
        raw.execute(last.encode())


CHANGES = [
    ("postings", "UPDATE postings SET amount_minor = amount_minor + 1 WHERE entry = 1 AND kind = 'cash'"),
    ("postings", "DELETE FROM postings WHERE entry = 2 AND kind = 'cash'"),
    (
        "postings",
        """UPDATE postings SET owner = (SELECT max(owner) FROM postings WHERE kind = 'payee')
           WHERE kind = 'payee' AND owner = (SELECT min(owner) FROM postings WHERE kind = 'payee')""",
    ),
    ("entries", "DELETE FROM entries WHERE number = 1"),
    ("balances", "UPDATE balances SET posted_minor = posted_minor - 1 WHERE kind = 'payee'"),
    ("claims", "UPDATE claims SET paid_minor = paid_minor - 1 WHERE paid_minor > 0"),
    ("claims", "DELETE FROM claims WHERE paid_minor > 0"),
    ("allowances", "UPDATE allowances SET amount_minor = amount_minor + 1 WHERE number = 1"),
    ("allowances", "UPDATE allowances SET drawn_reserve_minor = drawn_reserve_minor - 1 WHERE drawn_reserve_minor > 0"),
    ("allowances", "UPDATE allowances SET returned_minor = returned_minor - 1 WHERE number = 2"),
    ("fundings", "UPDATE fundings SET amount_minor = amount_minor + 1 WHERE key = 'pool'"),
    ("payee_events", "UPDATE payee_events SET paid_minor = paid_minor + 1 WHERE number = 1"),
]


def test_one_changed_row_is_found(lived: str, raw: psycopg.Connection[Any]) -> None:
    with PostgresStore.open_to_read(lived) as store:
        assert verify_books(store).mismatches == ()
        for table, change in CHANGES:
            raw.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
            raw.execute("BEGIN")
            assert raw.execute(change.encode()).rowcount > 0, change
            raw.execute("COMMIT")
            assert verify_books(store).mismatches != (), change


# --- units


def test_a_unit_writes_all_or_nothing_and_reads_what_it_wrote(url: str) -> None:
    with PostgresStore.open(url) as store:
        with pytest.raises(KeyError):
            post_and_fail(store)
        assert verify_books(store).postings == 0
        with pytest.raises(LedgerBroken), store.write("test") as unit:
            unit.post(funding(b"payer", -1))
        with store.write("test") as unit:
            unit.post(funding(b"payer", 5))
        with pytest.raises(Stale), store.write("test") as unit:
            unit.post(funding(b"payer", 5))  # the same entry
        with store.read() as unit, pytest.raises(DatabaseFault, match="25006"):
            unit.use_payer_code(b"x", b"y")
        assert verify_books(store).postings == 2


def post_and_fail(store: PostgresStore) -> None:
    with store.write("test") as unit:
        unit.post(funding(b"payer", 5))
        assert unit.balance_minor(free_of(b"payer"), "CNY") == 5
        raise KeyError


def test_accounts_that_all_batches_touch_are_striped(url: str) -> None:
    with PostgresStore.open(url) as store:
        for number in range(2 * SLOTS):
            draft = Draft()
            draft.move(debit=CASH, credit=PAYABLE, amount_minor=1, currency="CNY")
            draft.move(debit=RECEIVABLE, credit=payee_of(b"payee"), amount_minor=1, currency="CNY")
            entry = draft.entry(entry_id=bytes([number]) * 16, reason=Reason.CREDITED, at=1)
            assert entry is not None
            with store.write("test") as unit:
                unit.post(entry)
        with store.read() as unit:
            assert unit.balance_minor(payee_of(b"payee"), "CNY") == 2 * SLOTS
    with psycopg.connect(url) as link:
        rows = link.execute("SELECT kind, count(*), count(DISTINCT slot) FROM balances GROUP BY kind ORDER BY kind")
        assert rows.fetchall() == [(kind, SLOTS, SLOTS) for kind in ("cash", "payable", "payee", "receivable")]


def test_later_events_become_visible_in_the_order_of_their_numbers(world_on_postgres: World) -> None:
    """Who numbers a later event waits for whoever numbered one before; an answer's own events wait for nobody."""
    world = world_on_postgres
    till = world.till()
    till.send(till.accept(world.wallet(), 10_00))
    with world.store.read() as reading:
        event = reading.payee_events(till.payee_id, 1)[0]
    told: list[str] = []

    def tell(name: str, *, first: bool) -> None:
        with world.store.write("test") as unit:
            unit.add_payee_events([advice_of(till.payee_id, event, first=first)])
        told.append(name)

    with world.store.write("test") as unit:
        unit.add_payee_events([advice_of(till.payee_id, event, first=False)])
        assert unit.payee(till.payee_id) is not None  # what was collected is sent
        threads = [
            threading.Thread(target=tell, args=("later",), kwargs={"first": False}),
            threading.Thread(target=tell, args=("first",), kwargs={"first": True}),
        ]
        for thread in threads:
            thread.start()
        threads[1].join(10)
        time.sleep(0.2)
        assert told == ["first"]
    threads[0].join(10)
    assert told == ["first", "later"]


def advice_of(payee_id: PayeeId, event: Any, *, first: bool) -> Any:
    nothing = (0, 0, event.stands_paid_minor, 0, event.deadline, event.at)
    return Advice(event.kind, payee_id, event.cheque_id, bytes(16), "CNY", *nothing, first=first)


@pytest.fixture
def world_on_postgres(postgres: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr(worlds, "open_store", lambda path: open_postgres(postgres, path))
    world = World(tmp_path)
    world.publisher.trust_pack()
    yield world
    world.close()


# --- a database that is away


def test_who_waits_for_a_connection_waits_so_long_and_no_longer(url: str) -> None:
    with PostgresStore.open(url, links_max=1, wait_max_s=0.1) as store, store.read():
        with pytest.raises(DatabaseFault) as raised, store.read():
            pass
        assert raised.value.fault is DiskFault.AWAY


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:s3cret@localhost:1/db?host=/nowhere",
        "postgresql://u:s3cret@127.0.0.1:1/db",
        "postgresql://u:s3cret@x:y:z/db",
        "postgresql://u:s3cret@h/db?nonsense=s3cret",
    ],
)
def test_no_password_is_ever_told(url: str) -> None:
    with pytest.raises(DatabaseFault) as raised:
        PostgresStore.open(url)
    told: BaseException | None = raised.value
    assert raised.value.fault is DiskFault.AWAY
    while told is not None:
        assert "s3cret" not in f"{told!s} {told!r}"
        told = told.__cause__


def test_a_killed_database_loses_and_doubles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL for all of it while batches come in; then every terminal sends again what it has no answer for."""
    with running() as server:
        monkeypatch.setattr(worlds, "open_store", lambda path: open_postgres(server, path))
        with opened(tmp_path) as world:
            tills = [world.till(f"M{number}") for number in range(4)]
            wallets = [world.wallet(900_00) for _ in tills]
            batches = [
                (till, till.batch([till.accept(wallet, 10_00)], ()))
                for _ in range(12)
                for till, wallet in zip(tills, wallets, strict=True)
            ]
            answers: dict[bytes, bytes] = {}
            threads = [threading.Thread(target=send, args=(world, batches[n::4], answers)) for n in range(4)]
            for thread in threads:
                thread.start()
            while len(answers) < 6:
                time.sleep(0.001)
            server.kill()
            for thread in threads:
                thread.join(30)
            assert 6 <= len(answers) < len(batches)
            with pytest.raises(DatabaseFault) as away:
                world.acquirer.statement(tills[0].payee_id)
            assert away.value.fault is DiskFault.AWAY
            server.start()
            for till, batch in batches:
                answer = world.acquirer.take_batch(till.terminal, batch)
                assert answers.get(batch, answer) == answer
            assert [till.balance_minor for till in tills] == [120_00] * 4


def send(world: World, batches: list[tuple[Any, bytes]], answers: dict[bytes, bytes]) -> None:
    for till, batch in batches:
        try:
            answers[batch] = world.acquirer.take_batch(till.terminal, batch)
        except DatabaseFault:
            return


# --- plans


def test_what_a_batch_asks_is_looked_up_by_keys_also_in_plans_of_empty_books(url: str) -> None:
    """A plan is kept by its connection: one that reads a whole table would still do so when the table has grown."""
    one = b"1" * 32
    wanted = Wanted(
        refs=frozenset((AllowanceRef(b"1" * 8),)),
        payee_id=PayeeId(b"1" * 8),
        requests={RequestHash(one): 1},
        cheques=frozenset((StatementId(one),)),
        codes=frozenset((StatementId(one),)),
        subjects=frozenset((one,)),
        notes=frozenset((StatementId(one),)),
    )
    asked: list[str] = []

    class Enough(Exception):
        """All was asked."""

    def listen(asks: Sequence[Ask]) -> list[Any]:
        asked.extend(query for query, _ in asks)
        raise Enough

    with pytest.raises(Enough):
        read_known(listen, wanted, locks=False)
    PostgresStore.open(url).close()
    links = Links(url)
    with links.one() as link:
        for query in asked:
            head, *rest = query.split("?")
            numbered = head + "".join(f"${place}{part}" for place, part in enumerate(rest, 1))
            plan = link.execute(f"EXPLAIN (GENERIC_PLAN) {numbered}".encode(), prepare=False).fetchall()
            assert not [line for (line,) in plan if "Seq Scan" in line], (query, plan)
    links.close()
    assert len(asked) > 9
