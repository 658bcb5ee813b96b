"""The till's store keeps its laws by itself, whatever the code above believes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlcipher3.dbapi2 import IntegrityError

from feiqian.ledger.clearing import AdviceKind
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.chain import Contradiction, Link
from feiqian.protocol.ids import AllowanceRef, BatchId, PayeeId, RequestHash, StatementId
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.trust import TrustRoot
from feiqian.storage.migrations import migrate, version_of
from feiqian.storage.plain_rows import PlainRows
from feiqian.storage.plain_terminal import PlainTerminalStore
from feiqian.storage.terminal_schema import MIGRATIONS
from feiqian.storage.terminal_store import CRASH_POINTS, VaultTerminalStore
from feiqian.storage.terminal_writes import PROOFS_MAX, put_acceptance, put_results, put_trust
from feiqian.storage.vault import Vault
from feiqian.terminal.ports import Conflict, TerminalStore, WritePoint
from feiqian.terminal.records import (
    AskedRequest,
    BatchAnswer,
    Enrolment,
    HeardPage,
    HeldTrust,
    KeptProof,
    NewAcceptance,
    NewEvent,
    NewNote,
    NewStatement,
    PaidRequest,
    StoredBatch,
)
from feiqian.terminal.states import ClaimState, RequestState

PIN, NOW = "407193", 1_800_000_000


def id_of(number: int) -> StatementId:
    return StatementId(number.to_bytes(32, "big"))


def statement(counter: int, number: int | None = None) -> NewStatement:
    return NewStatement(
        statement_id=id_of(900 + (counter if number is None else number)),
        counter=counter,
        raw=b"raw %d" % counter,
        shown=b"shown %d" % counter,
        time=NOW + counter,
    )


def acceptance(cheque: int, receipt: int, *, request: int | None = None, counter: int = 1) -> NewAcceptance:
    link = Link(
        cheque_id=id_of(cheque),
        counter=counter,
        amount_minor=10_00,
        cumulative_minor=10_00,
        previous=bytes(16),
        closing=False,
    )
    return NewAcceptance(
        cheque=b"cheque %d" % cheque,
        link=link,
        witnessed_time=NOW,
        allowance=b"allowance",
        allowance_id=id_of(50),
        allowance_ref=AllowanceRef(bytes(8)),
        allowance_expires_at=NOW + 1000,
        credits=None,
        request_hash=None if request is None else RequestHash(id_of(request)),
        final_minor=10_00,
        guaranteed_minor=10_00,
        deadline=NOW + 5000,
        warn=False,
        receipt=statement(receipt),
    )


def asked(number: int) -> AskedRequest:
    return AskedRequest(
        request_hash=RequestHash(id_of(number)),
        payload=b"payload",
        shown=b"shown",
        amount_minor=10_00,
        is_maximum=False,
        reference="",
        time=NOW,
        expires_at=NOW + 120,
    )


Disk = Vault | PlainRows


@pytest.fixture(params=["vault", "plain"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """What the store lies on: the vault, or the plain rows that simulated tills use."""
    if request.param == "plain":
        yield PlainRows(lambda _point: None)
        return
    with Vault.create(tmp_path / "till", PIN) as opened:
        yield opened


def store_on(disk: Disk) -> TerminalStore:
    return PlainTerminalStore(disk) if isinstance(disk, PlainRows) else VaultTerminalStore(disk)


@contextmanager
def reopened(disk: Disk, directory: Path) -> Iterator[TerminalStore]:
    """The store of a till that was restarted."""
    if isinstance(disk, PlainRows):
        yield store_on(disk.copy())
        return
    disk.close()
    with Vault.open(directory, PIN, NOW) as opened:
        yield store_on(opened)
        assert version_of(opened.connection) == len(MIGRATIONS)


@pytest.fixture
def store(disk: Disk) -> TerminalStore:
    made = store_on(disk)
    made.keep_pending_key(b"key")
    enrolment = Enrolment(
        deployment="test", server="s", key=b"key", token="", certificate=b"cert", certificate_id=id_of(1)
    )
    root = TrustRoot(deployment="test", roots=(b"\x02" * 33, b"\x03" * 33), threshold=2)
    made.enrol(enrolment, HeldTrust(root=root, raw=b"pack", etag="tag", fetched_at=NOW))
    made.add_request(asked(10))
    made.add_request(asked(11))
    return made


def everything(disk: Disk) -> object:
    if isinstance(disk, PlainRows):
        return disk.contents()
    vault = disk
    tables = [name for (name,) in vault.connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return [vault.connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables]  # noqa: S608 - ours


def test_what_was_stored_comes_back_after_reopening(disk: Disk, store: TerminalStore, tmp_path: Path) -> None:
    store.accept(acceptance(20, 1, request=10))
    before = (store.enrolment(), store.trust(), store.accepted(id_of(20)), store.history(9), store.totals())
    with reopened(disk, tmp_path / "till") as again:
        found = (again.enrolment(), again.trust(), again.accepted(id_of(20)), again.history(9), again.totals())
        assert found == before
        assert again.accepted_bytes(b"cheque 20") == again.accepted_at(1) == again.accepted_on(RequestHash(id_of(10)))
        assert again.chain_head().counter == 2
        assert again.chain_head().previous == id_of(901)[:16]
        assert [link.cheque_id for link in again.links(AllowanceRef(bytes(8)))] == [id_of(20)]
        assert again.allowance(id_of(50)) == b"allowance"


@pytest.mark.parametrize(
    "second",
    [
        acceptance(20, 2, counter=2),  # the same cheque
        acceptance(21, 2, request=10, counter=2),  # the same request
        acceptance(21, 1, counter=2),  # the same receipt counter
        acceptance(21, 2, counter=1),  # the same counter of the allowance
        dataclasses.replace(acceptance(21, 2, counter=2), final_minor=10_01),  # more than the cheque
        dataclasses.replace(acceptance(21, 2, counter=2), guaranteed_minor=10_01),
        acceptance(21, 2, request=12, counter=2),  # a request that was never made
    ],
    ids=["cheque", "request", "receipt", "allowance", "final", "guaranteed", "unknown request"],
)
def test_what_must_not_happen_twice_cannot_be_stored_twice(
    disk: Disk, store: TerminalStore, second: NewAcceptance
) -> None:
    store.accept(acceptance(20, 1, request=10))
    before = everything(disk)
    with pytest.raises((IntegrityError, Conflict)):
        store.accept(second)
    assert everything(disk) == before


def test_a_request_ends_once(disk: Disk, store: TerminalStore) -> None:
    cancel = NewNote(kind=NoteKind.CANCEL, subject=id_of(10), back_minor=0, statement=statement(1))
    store.add_note(cancel)
    before = everything(disk)
    paid = PaidRequest(request_hash=RequestHash(id_of(10)), notice=b"n", final_minor=1, reference="", time=NOW)
    with pytest.raises(Conflict):
        store.accept(acceptance(20, 2, request=10))
    with pytest.raises((IntegrityError, Conflict)):
        store.add_note(dataclasses.replace(cancel, statement=statement(2)))
    with pytest.raises(Conflict):
        store.settle_request(paid, NOW)
    assert everything(disk) == before
    request = store.request(RequestHash(id_of(10)))
    assert request is not None
    assert request.state is RequestState.CANCELLED


def test_notes_only_ever_give_back_more(disk: Disk, store: TerminalStore) -> None:
    store.accept(acceptance(20, 1))
    store.add_note(NewNote(kind=NoteKind.VOID, subject=id_of(20), back_minor=5_00, statement=statement(2)))
    before = everything(disk)
    for back_minor in (5_00, 4_99, 10_01):
        with pytest.raises((IntegrityError, Conflict)):
            store.add_note(
                NewNote(kind=NoteKind.VOID, subject=id_of(20), back_minor=back_minor, statement=statement(3))
            )
    with pytest.raises(Conflict):
        store.add_note(NewNote(kind=NoteKind.VOID, subject=id_of(21), back_minor=1, statement=statement(3)))
    assert everything(disk) == before


def test_the_queue_is_forgotten_only_with_its_whole_answer(disk: Disk, store: TerminalStore) -> None:
    store.accept(acceptance(20, 1))
    store.accept(acceptance(21, 2, counter=2))
    claims, notes = store.queued(1000)
    assert ([claim.cheque_id for claim in claims], notes) == ([id_of(20), id_of(21)], [])
    batch = StoredBatch(
        batch_id=BatchId(bytes(16)), raw=b"batch", made_at=NOW, claims=(id_of(20), id_of(21)), notes=(), answer=None
    )
    store.add_batch(batch)
    with pytest.raises((IntegrityError, Conflict)):
        store.add_batch(batch)
    with pytest.raises(Conflict):
        store.add_batch(dataclasses.replace(batch, batch_id=BatchId(b"\x01" * 16)))
    assert (store.unanswered_batches(), store.queued(1000)) == ([batch], ([], []))
    paid = AnswerItem(verdict=Verdict.SETTLED, paid_minor=10_00)
    answer = BatchAnswer(
        batch_id=batch.batch_id,
        raw=b"answer",
        time=NOW,
        clock_ahead_s=3,
        claims=((id_of(20), ClaimState.SETTLED, paid), (id_of(22), ClaimState.SETTLED, paid)),
        notes=(),
    )
    before = everything(disk)
    with pytest.raises(Conflict):
        store.keep_answer(answer)
    assert (everything(disk), store.queue().claims) == (before, 2)
    right = dataclasses.replace(answer, claims=(answer.claims[0], (id_of(21), ClaimState.SETTLED, paid)))
    store.keep_answer(right)
    assert (store.queue().is_empty, store.clock_ahead_s(), store.operator_time()) == (True, 3, NOW)
    with pytest.raises(Conflict):
        store.keep_answer(right)
    last = store.last_answered_batch()
    assert last == dataclasses.replace(batch, answer=b"answer")
    assert store.batch(batch.batch_id) == last


def test_an_enrolment_is_not_overwritten(disk: Disk, store: TerminalStore) -> None:
    enrolment, trust = store.enrolment(), store.trust()
    assert enrolment is not None
    assert trust is not None
    before = everything(disk)
    with pytest.raises(Conflict):
        store.enrol(dataclasses.replace(enrolment, key=b"other"), trust)
    assert everything(disk) == before
    store.sign_out()
    with pytest.raises(Conflict):
        store.chain_head()
    with pytest.raises(Conflict):
        store.accept(acceptance(20, 1))


def test_secrets_are_not_shown(store: TerminalStore) -> None:
    assert "token" not in repr(store.enrolment())
    assert "key=" not in repr(store.enrolment())


def test_every_write_point_has_its_two_crash_points() -> None:
    assert len(CRASH_POINTS) == len(set(CRASH_POINTS)) == 2 * len(WritePoint)
    assert "terminal.accept:before-commit" in CRASH_POINTS


def test_what_begins_alike_is_told_apart(store: TerminalStore) -> None:
    assert len(store.requests_named("00")) == 2
    assert [bytes(found.request_hash) for found in store.requests_named(id_of(10).hex())] == [bytes(id_of(10))]
    assert store.requests_named("ff") == []
    assert store.accepted_named("0") == []


PAYEE = PayeeId(b"payee-01")


def event(number: int, cheque: int = 20, **changes: object) -> NewEvent:
    made = NewEvent(
        number=number,
        kind=AdviceKind.FORK,
        at=NOW,
        cheque_id=id_of(cheque),
        paid_minor=4_00,
        waiting_minor=0,
        deadline=NOW + 5000,
        state=ClaimState.SETTLED,
    )
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def page(before: int | None, up_to: int, *events: NewEvent) -> HeardPage:
    return HeardPage(deployment="test", payee_id=PAYEE, before=before, up_to=up_to, time=NOW + 60, events=events)


@pytest.fixture
def answered(store: TerminalStore) -> TerminalStore:
    """Cheque 20 is answered as contingent, cheque 21 waits in the queue."""
    store.accept(acceptance(20, 1))
    batch = StoredBatch(
        batch_id=BatchId(bytes(16)), raw=b"batch", made_at=NOW, claims=(id_of(20),), notes=(), answer=None
    )
    store.add_batch(batch)
    held = AnswerItem(verdict=Verdict.CONTINGENT, waiting_minor=10_00)
    store.keep_answer(
        BatchAnswer(
            batch_id=batch.batch_id,
            raw=b"answer",
            time=NOW,
            clock_ahead_s=0,
            claims=((id_of(20), ClaimState.CONTINGENT, held),),
            notes=(),
        )
    )
    store.accept(acceptance(21, 2, counter=2))
    return store


def test_an_event_counts_once_and_the_answer_stays(disk: Disk, answered: TerminalStore) -> None:
    assert answered.heard_up_to("test", PAYEE) is None
    (stored,) = answered.keep_events(page(None, 9, event(7)))
    assert (stored.number, stored.nth, stored.is_news, stored.heard_at) == (7, 1, True, NOW + 60)
    found = answered.accepted(id_of(20))
    assert found is not None
    assert (found.state, found.paid_minor, found.waiting_minor, found.told) == (ClaimState.SETTLED, 4_00, 0, stored)
    assert found.answer == AnswerItem(verdict=Verdict.CONTINGENT, waiting_minor=10_00)
    assert answered.heard_up_to("test", PAYEE) == 9
    assert answered.heard_up_to("other", PAYEE) is None
    totals = answered.totals()
    assert (totals.paid_minor, totals.contingent_minor, totals.unpaid_minor) == (4_00, 0, 6_00)
    assert (totals.told, totals.told_count) == ((stored,), 1)
    assert stored in answered.history(9)
    before = everything(disk)
    for wrong in (
        page(None, 9, event(7)),  # the same page again
        page(8, 12, event(11)),  # another place than where the store has stopped
        page(9, 12, event(7)),  # a number that was heard
        page(9, 12, event(11), event(12, 21)),  # what is queued is moved by its answer alone
        page(9, 12, event(11, state=None)),  # and what is answered has a state
        page(9, 12, event(11, 22)),  # a cheque that was never accepted
        page(9, 12, event(11, paid_minor=-1)),
    ):
        with pytest.raises((IntegrityError, Conflict)):
            answered.keep_events(wrong)
        assert everything(disk) == before


def test_what_is_told_of_a_queued_claim_waits_for_its_answer(answered: TerminalStore) -> None:
    answered.keep_events(page(None, 7, event(7, 21, state=None)))
    found = answered.accepted(id_of(21))
    assert found is not None
    assert (found.state, found.paid_minor, found.stands) == (ClaimState.WAITING, 0, None)
    assert (answered.queue().claims, answered.totals().paid_minor) == (1, 0)


def test_proofs_are_kept_once_an_allowance_and_bounded(disk: Disk, store: TerminalStore) -> None:
    def proof(number: int) -> KeptProof:
        return KeptProof(
            proof_id=id_of(number),
            raw=b"proof",
            allowance_id=id_of(5000 + number),
            reason=Contradiction.SAME_COUNTER,
            time=NOW,
        )

    for number in range(PROOFS_MAX + 3):
        store.keep_proof(proof(number))
    assert list(store.proofs()) == [proof(number) for number in range(3, PROOFS_MAX + 3)]
    assert store.proof_on(id_of(5003)) == proof(3)
    assert store.proof_on(id_of(5002)) is None
    before = everything(disk)
    with pytest.raises((IntegrityError, Conflict)):
        store.keep_proof(dataclasses.replace(proof(3), proof_id=id_of(7)))
    assert everything(disk) == before


def test_a_store_of_the_first_version_is_carried_forward_whole(tmp_path: Path) -> None:
    """A till in the field: enrolled, one payment answered, one waiting. All of it is there after the step."""
    with Vault.create(tmp_path / "old", PIN) as vault:
        assert migrate(vault.connection, MIGRATIONS[:1]) == 1
        with vault.write(WritePoint.ACCEPT) as db:
            db.execute(
                "INSERT INTO enrolment (one, deployment, server, key, token, certificate, certificate_id)"
                " VALUES (1, 'test', 's', x'01', 't', x'02', ?)",
                (id_of(1),),
            )
            put_trust(
                db,
                HeldTrust(
                    root=TrustRoot(deployment="test", roots=(b"\x02" * 33,), threshold=1),
                    raw=b"pack",
                    etag="",
                    fetched_at=NOW,
                ),
            )
            db.execute("INSERT INTO shift (number, began_at) VALUES (1, ?)", (NOW,))
            put_acceptance(db, acceptance(20, 1))
            put_acceptance(db, acceptance(21, 2, counter=2))
            db.execute("INSERT INTO batch (batch_id, raw, made_at) VALUES (?, x'03', ?)", (bytes(16), NOW))
            db.execute(
                "UPDATE accepted SET state = 'sent', batch_id = ?, position = 0 WHERE cheque_id = ?",
                (bytes(16), id_of(20)),
            )
            held = AnswerItem(verdict=Verdict.CONTINGENT, waiting_minor=10_00)
            put_results(db, "accepted", "cheque_id", BatchId(bytes(16)), [(id_of(20), ClaimState.CONTINGENT, held)])
        tables = ("enrolment", "trust", "shift", "statement", "allowance", "batch", "asked", "note", "paid", "refusal")
        old = [vault.connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables]  # noqa: S608 - ours
        claims = vault.connection.execute("SELECT * FROM accepted").fetchall()

        store = VaultTerminalStore(vault)
        assert version_of(vault.connection) == len(MIGRATIONS)
        new = [vault.connection.execute(f"SELECT * FROM {name}").fetchall() for name in tables]  # noqa: S608 - ours
        assert new == old
        assert vault.connection.execute("SELECT * FROM accepted").fetchall() == [(*row, None) for row in claims]
        assert (store.queue().claims, store.totals().contingent_minor) == (1, 10_00)
        store.keep_events(page(None, 7, event(7)))
        assert (store.totals().paid_minor, store.totals().contingent_minor) == (4_00, 0)
