"""PostgreSQL books of before the sealing, brought up and, as long as nothing is sealed, back down."""

from __future__ import annotations

import psycopg
import pytest

from feiqian.issuer.values import PayerId
from feiqian.ledger.personal import begin_sealing
from feiqian.protocol.ids import PayeeId, TerminalRef
from feiqian.storage.postgres_link import Links
from feiqian.storage.postgres_schema import STEPS
from feiqian.storage.postgres_steps import bring_up_to_date, take_back, version_of
from feiqian.storage.postgres_store import PostgresStore
from feiqian.storage.schema_change import ChangeTrouble
from tests.contracts.postgres_server import PostgresServer
from tests.issuer.world import SEALS, START

ONE_STORE = True
BEFORE = 3
PAYER, PAYEE, TILL = b"p" * 8, b"e" * 8, b"t" * 8
CERTIFICATE = b"\x84 certificate of a shop"


@pytest.fixture
def old_books(postgres: PostgresServer, request: pytest.FixtureRequest) -> str:
    """What an older version left, names in plain."""
    url = postgres.empty(f"old{abs(hash(request.node.name)) % 10**6}")
    links = Links(url)
    with links.one() as link:
        bring_up_to_date(link, STEPS[:BEFORE])
        link.execute("INSERT INTO payers VALUES (%s, '赵 Quiet', 'CNY', %s)", (PAYER, START))
        link.execute("INSERT INTO payees VALUES (%s, 'Corner Shop', 'CNY', %s)", (PAYEE, START))
        terminal = (TILL, PAYEE, b"k", CERTIFICATE, b"h", START)
        link.execute("INSERT INTO terminals VALUES (%s, %s, %s, %s, %s, %s)", terminal)
    links.close()
    return url


def test_names_are_kept_and_sealed_by_the_first_start(old_books: str) -> None:
    for sealed in (3, 0):
        with PostgresStore.open(old_books, seals=SEALS) as store:
            assert begin_sealing(store, 1, START) == sealed
            with store.read() as unit:
                payer, payee = unit.payer(PayerId(PAYER)), unit.payee(PayeeId(PAYEE))
                till = unit.terminal(TerminalRef(TILL))
                assert payer is not None
                assert payee is not None
                assert till is not None
                assert (payer.name, payee.name, till.certificate) == ("赵 Quiet", "Corner Shop", CERTIFICATE)
                assert (unit.sealed_by(0), unit.sealed_by(1)) == (0, 3)
    with psycopg.connect(old_books) as raw:
        held = repr(raw.execute("SELECT name FROM payers UNION SELECT name FROM payees").fetchall())
        assert "Quiet" not in held
        assert "Corner" not in held


def test_a_step_back_gives_plain_names_back_and_refuses_to_drop_sealed_ones(old_books: str) -> None:
    links = Links(old_books)
    with links.one() as link:
        bring_up_to_date(link)
        take_back(link, BEFORE)
        assert version_of(link) == BEFORE
        assert link.execute("SELECT name FROM payers").fetchone() == ("赵 Quiet",)
    with PostgresStore.open(old_books, seals=SEALS) as store:
        begin_sealing(store, 1, START)
    with links.one() as link:
        with pytest.raises(ChangeTrouble, match="step_one_way"):
            take_back(link, BEFORE)
        assert version_of(link) == len(STEPS)
    links.close()
