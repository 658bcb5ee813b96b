"""The operator's store: what the database itself refuses, and that one changed row is found."""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.ledger.accounts import CASH, free_of
from feiqian.ledger.entry import Draft, Entry, LedgerBroken, Reason
from feiqian.ledger.verify import verify_books
from feiqian.storage import StoreTooNew
from feiqian.storage.operator_schema import IMMUTABLE
from feiqian.storage.operator_store import OperatorStore
from tests.issuer.world import World, opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "operator.db"


@pytest.fixture
def lived(path: Path) -> Path:
    """A store in which something of everything happened, closed."""
    with opened(path) as world:
        live(world)
    return path


def live(world: World) -> None:
    world.issuer.fund_pool("CNY", 10_00, "pool")
    wallet, one, other = world.wallet(300_00), world.till("M"), world.till("N")
    thief = wallet.clone()
    claim = one.accept(wallet, 200_00)
    one.send(claim, notes=[one.note(bytes(32), 1)])
    other.send(other.accept(thief, 190_00))
    honest = world.wallet()
    one.send(one.take_code(honest, honest.draw(50_00, ttl_s=60), 50_00))
    device = world.issuer.authenticate_device(honest.bound.token)
    world.issuer.close_allowance(device, honest.draw(0))
    world.publisher.trust_pack()
    world.end_windows()


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody at the file with a tool of their own."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def test_the_file_is_for_its_owner_only_and_durable(path: Path) -> None:
    with OperatorStore.open(path) as store, store.write("test") as unit:
        assert unit.allowance_count() == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_newer_store_is_refused(path: Path, raw: sqlite3.Connection) -> None:
    raw.execute("PRAGMA user_version = 99")
    with pytest.raises(StoreTooNew):
        OperatorStore.open(path)


def test_an_exception_leaves_nothing_behind(path: Path) -> None:
    with OperatorStore.open(path) as store:
        with pytest.raises(KeyError):
            post_and_fail(store)
        assert verify_books(store).postings == 0
        with store.write("test") as unit:
            unit.post(funding(b"payer", 5))
        assert verify_books(store).postings == 2


def post_and_fail(store: OperatorStore) -> None:
    with store.write("test") as unit:
        unit.post(funding(b"payer", 5))
        raise KeyError


def test_a_reader_sees_what_is_committed_and_does_not_wait(path: Path) -> None:
    with OperatorStore.open(path) as store, store.write("test") as unit:
        unit.post(funding(b"payer", 5))
        seen: list[int] = []
        thread = threading.Thread(target=lambda: seen.append(verify_books(store).postings))
        thread.start()
        thread.join(timeout=10)
        assert seen == [0]


def test_a_reader_can_not_write(path: Path) -> None:
    with OperatorStore.open(path) as store, store.read() as unit, pytest.raises(sqlite3.OperationalError):
        unit.use_payer_code(b"x", b"y")


def test_the_database_refuses_to_overdraw(path: Path) -> None:
    with OperatorStore.open(path) as store:
        with pytest.raises(LedgerBroken), store.write("test") as unit:
            unit.post(funding(b"payer", -1))
        with store.write("test") as unit:
            unit.post(funding(b"payer", 5))
            unit.post(funding(b"payer", -5, entry_id=b"2" * 16))
            assert unit.balance_minor(free_of(b"payer"), "CNY") == 0


def funding(payer: bytes, amount_minor: int, entry_id: bytes = b"1" * 16) -> Entry:
    draft = Draft()
    draft.move(debit=CASH, credit=free_of(payer), amount_minor=amount_minor, currency="CNY")
    made = draft.entry(entry_id=entry_id, reason=Reason.FUNDED, at=1)
    assert made is not None
    return made


@pytest.mark.parametrize("table", IMMUTABLE)
def test_what_happened_is_never_changed(lived: Path, raw: sqlite3.Connection, table: str) -> None:
    assert lived.exists()
    column = raw.execute(f"SELECT name FROM pragma_table_info('{table}') LIMIT 1").fetchone()[0]  # noqa: S608
    assert raw.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):  # noqa: S608
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            raw.execute(statement)


POSTING = "INSERT INTO postings (entry, book, kind, owner, currency, amount_minor) VALUES "
ENTRY = "INSERT INTO entries VALUES (1000, x'00112233445566778899aabbccddeeff', 'forged', 1)"


@pytest.mark.parametrize(
    "statements",
    [
        (f"{POSTING} (1000, 'issuer', 'payable', x'', 'CNY', -5)", ENTRY),
        (ENTRY,),
        (f"{POSTING} (1, 'issuer', 'payable', x'', 'CNY', -5)",),
        (f"{POSTING} (1000, 'issuer', 'payable', x'', 'CNY', -5)", "COMMIT"),
        (f"{POSTING} (1000, 'acquirer', 'payable', x'', 'CNY', -5)",),
        (f"{POSTING} (1000, 'issuer', 'payable', x'', 'CNY', 'five')",),
        (f"{POSTING} (1000, 'issuer', 'payable', x'', 'CNY', 0)",),
        ("UPDATE balances SET posted_minor = 5 WHERE kind = 'reserve'",),
    ],
    ids=["unbalanced", "empty", "after the entry", "without entry", "wrong book", "no number", "nothing", "overdrawn"],
)
def test_the_database_keeps_the_ledgers_rules_by_itself(
    lived: Path, raw: sqlite3.Connection, statements: tuple[str, ...]
) -> None:
    assert lived.exists()
    raw.execute("PRAGMA foreign_keys = ON")
    raw.execute("BEGIN IMMEDIATE")
    *before, last = statements
    for statement in before:
        raw.execute(statement)
    with pytest.raises(sqlite3.IntegrityError):
        raw.execute(last)
    raw.execute("ROLLBACK")


def test_untouched_books_agree(lived: Path) -> None:
    with OperatorStore.open(lived) as store:
        report = verify_books(store)
    assert report.mismatches == ()
    assert report.sums == {"CNY": 0}
    assert report.postings > 10


CHANGES = [
    ("postings", "UPDATE postings SET amount_minor = amount_minor + 1 WHERE number = 1"),
    ("postings", "DELETE FROM postings WHERE number = 3"),
    (
        "postings",
        """UPDATE postings SET owner = (SELECT payee_id FROM payees WHERE payee_id <> postings.owner)
           WHERE kind = 'payee'""",
    ),
    ("entries", "DELETE FROM entries WHERE number = 1"),
    ("balances", "UPDATE balances SET posted_minor = posted_minor - 1 WHERE kind = 'payee'"),
    ("claims", "UPDATE claims SET paid_minor = paid_minor - 1 WHERE paid_minor > 0"),
    ("claims", "DELETE FROM claims WHERE paid_minor > 0"),
    ("allowances", "UPDATE allowances SET amount_minor = amount_minor + 1 WHERE rowid = 1"),
    ("allowances", "UPDATE allowances SET drawn_reserve_minor = drawn_reserve_minor - 1 WHERE drawn_reserve_minor > 0"),
    ("allowances", "UPDATE allowances SET returned_minor = returned_minor - 1 WHERE rowid = 2"),
    ("fundings", "UPDATE fundings SET amount_minor = amount_minor + 1 WHERE key = 'pool'"),
    ("payee_events", "UPDATE payee_events SET paid_minor = paid_minor + 1 WHERE number = 1"),
]


@pytest.mark.parametrize(("table", "change"), CHANGES, ids=[f"{n}-{table}" for n, (table, _) in enumerate(CHANGES)])
def test_one_changed_row_is_found(lived: Path, raw: sqlite3.Connection, table: str, change: str) -> None:
    for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)):
        raw.execute(f"DROP TRIGGER {name}")
    assert raw.execute(change).rowcount > 0
    with OperatorStore.open(lived) as store:
        assert verify_books(store).mismatches != ()
