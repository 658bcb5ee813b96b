"""What is kept in runs is found in every run, and what was there before runs is found, too."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from feiqian.issuer.known import Wanted
from feiqian.protocol.answer import Verdict
from feiqian.protocol.claim import decode_claim
from feiqian.protocol.ids import RequestHash
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.request import request_hash
from feiqian.storage.run_schema import RUNS
from feiqian.storage.schema_change import change_sqlite
from tests.issuer.world import DEPLOYMENT, START, Till, Wallet, World, opened

LATER_RUN = 3 << 12
BEFORE = RUNS.version - 1


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "operator.db"


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody at the file with a tool of their own."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def begin_a_later_run(raw: sqlite3.Connection, till: Till) -> None:
    """The payee has had so many events that what comes now stands in another run."""
    events = [row[1] for row in raw.execute("PRAGMA table_info(payee_events)")]
    instead = {"number": f"{LATER_RUN:d}", "paid_minor": "0", "waiting_minor": "0"}
    columns = ", ".join(instead.get(name, name) for name in events)
    copy = f"INSERT INTO payee_events SELECT {columns} FROM payee_events WHERE payee_id = ? LIMIT 1"  # noqa: S608
    assert raw.execute(copy, (till.payee_id,)).rowcount == 1


def asked_in(claim: bytes) -> RequestHash:
    return request_hash(decode_claim(claim).request or b"", DEPLOYMENT)


@pytest.mark.parametrize("kind", [NoteKind.VOID, NoteKind.CANCEL])
def test_a_note_finds_what_it_is_about_in_every_run(path: Path, raw: sqlite3.Connection, kind: NoteKind) -> None:
    with closing(World(path)) as world:  # not `opened`, which finds the event that nothing stands for
        world.publisher.trust_pack()
        wallet, till = world.wallet(300_00), world.till()
        claims = [till.accept(wallet, 90_00), till.accept(wallet, 80_00)]
        till.send(claims[0])
        begin_a_later_run(raw, till)
        till.send(claims[1])
        assert {run for (run,) in raw.execute("SELECT run FROM requests")} == {0, LATER_RUN >> 12}
        for claim, back_minor in zip(claims, (90_00, 80_00), strict=True):
            cancels = kind is NoteKind.CANCEL
            subject = asked_in(claim) if cancels else wallet.id(decode_claim(claim).cheque)
            note = till.note(subject, 0 if cancels else back_minor, kind)
            assert till.send(notes=[note]).notes[0].verdict is Verdict.NOTED
        assert (till.balance_minor, world.reserved_minor(wallet)) == (0, 300_00)


def test_a_request_is_found_by_its_own_time_only(path: Path) -> None:
    """Whoever asks for a request by another time asks for another one: the time stands in what is hashed."""
    with opened(path) as world:
        wallet, till = world.wallet(300_00), world.till()
        claim = till.accept(wallet, 90_00)
        till.send(claim)
        asked = asked_in(claim)
        with world.store.read() as reading:
            for asked_at, found in ((START, [asked]), (START + 1, [])):
                wanted = Wanted(refs=frozenset(), payee_id=till.payee_id, requests={asked: asked_at})
                assert list(reading.known(wanted).paid_requests) == found


def test_a_request_that_is_older_than_the_runs_is_paid_once(path: Path) -> None:
    """Going back keeps every request, and those that come up again without their time are found all the same."""
    with opened(path) as world:
        wallet, other, till = world.wallet(300_00), world.wallet(300_00), world.till()
        request = till.ask(90_00)
        till.send(claim_of(till, wallet, request))
        world.close()
        assert change_sqlite(path, BEFORE, may_lose=False).lost == {}
        change_sqlite(path, None, may_lose=False)
        world.open()
        answer = till.send(claim_of(till, other, request))
        assert answer.claims[0].verdict is Verdict.SECOND_CHEQUE
        assert till.balance_minor == 90_00
        with world.store.read() as reading:
            assert [row for row in reading.log_facts(DEPLOYMENT).off if row.table == "requests"] == []


def claim_of(till: Till, wallet: Wallet, request: bytes) -> bytes:
    """A claim of this wallet's cheque that answers this request."""
    return till.claim(wallet, wallet.draw(90_00, request=request_hash(request, DEPLOYMENT)), 90_00, request)
