"""The audit log over the operator's books: every act is a leaf, a changed row is found, nothing is appended twice."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from feiqian.acquirer.dispute_values import Dispute, DisputeId, DisputeStep
from feiqian.acquirer.disputes import DisputeAct, DisputeReason, DisputeState, Party
from feiqian.acquirer.revoking import revoke_terminal
from feiqian.acquirer.till_recovery import note_recovery
from feiqian.audit.checkpoint import LogTrust
from feiqian.audit.leaf import LeafKind, decode_leaf
from feiqian.audit.note_key import NoteKey, SignatureType, SoftwareNoteKey
from feiqian.audit.verify import LogReport, verify_log
from feiqian.issuer.papers import ReceiptEvidence
from feiqian.issuer.values import Identity, IdentityKind
from feiqian.keys.software import SoftwareKey
from feiqian.ledger.papers import Presented
from feiqian.ledger.personal import begin_sealing
from feiqian.ledger.verify import verify_books
from feiqian.protocol.allowance import Tier
from feiqian.protocol.ids import PayeeId, StatementId, TerminalRef
from feiqian.protocol.possession import Purpose, prove_possession
from feiqian.protocol.receipt import ReceiptTerms
from feiqian.risk.anomaly import LockReason
from feiqian.server.audit_log import AuditLog
from feiqian.staff.roles import Role
from feiqian.staff.values import Act, Credentials, StaffAct, StaffId, StaffMember
from feiqian.storage.audit_schema import AUDIT_IMMUTABLE
from feiqian.storage.books_reading import BooksReading
from feiqian.storage.operator_store import OperatorStore
from tests.issuer.test_one_time_codes import paying
from tests.issuer.world import DEPLOYMENT, SEALS, START, Wallet, World, opened
from tests.keys.authorities import Authority, card_evidence
from tests.storage.test_operator_store import live

ORIGIN = "test.feiqian/audit"
SECRET = SoftwareNoteKey(b"l" * 32)
WITNESS = NoteKey(name="w.example", type=SignatureType.COSIGNATURE, public_key=SoftwareNoteKey(b"w" * 32).public_key)
TRUST = LogTrust(log_keys=(NoteKey(name=ORIGIN, type=SignatureType.NOTE, public_key=SECRET.public_key),))
NOT_EVIDENCE = {
    "sqlite_sequence": "the database's own counter",
}


def log_of(store: OperatorStore) -> AuditLog:
    return AuditLog(store=store, signer=SECRET, origin=ORIGIN, clock=lambda: START)


def append_all(store: OperatorStore) -> None:
    while log_of(store).append_queued():
        pass


def checked(path: Path) -> LogReport:
    return BooksReading(path).read(lambda unit: verify_log(unit.log_facts(DEPLOYMENT), TRUST))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "operator.db"


@pytest.fixture
def lived(path: Path) -> Path:
    """Books in which something of everything happened, all of it in the log, closed."""
    with opened(path) as world:
        live_more(world)
        append_all(world.store)
    return path


def live_more(world: World) -> None:
    live(world)
    log_of(world.store).trust_witness(WITNESS.text)
    world.publisher.trust_pack()
    till, wallet = world.till("P"), world.wallet()
    till.index_version = 3
    till.send(till.take_code(wallet, wallet.draw(40_00, ttl_s=60, time=world.now), 40_00))  # waits until its D
    world.issuer.report_lost(wallet.bound.payer_id)
    world.publisher.trust_pack()
    dispute(world, till.payee_id, wallet)
    revoke_terminal(world.store, world.till("S").enrolled.terminal_ref, world.now)
    hire(world)
    lose(world)
    take_codes(world)
    attest(world)
    begin_sealing(world.store, SEALS.newest(), world.now)


def attest(world: World) -> None:
    """Somebody looked at a payer's papers, and its key lives on a card whose maker is believed."""
    maker, card, request = Authority(now=world.now), SoftwareKey.generate(), b"t" * 16
    world.issuer.attesting.add_root(maker.root_pem, tier=Tier.CARD, maker="Maker")
    payer_id, bound = world.payer(900_00)
    world.issuer.identify(
        payer_id, Identity(kind=IdentityKind.EID, reference="1", checked_by="administrator", checked_at=START)
    )
    device = world.issuer.authenticate_device(bound.token)
    world.issuer.issue_allowance(
        device,
        device_key=card.public_key,
        proof=prove_possession(card, Purpose.ALLOWANCE, DEPLOYMENT, device.device_id, request),
        request_id=request,
        amount_minor=100_00,
        evidence=card_evidence(maker, card),
    )


def dispute(world: World, payee_id: PayeeId, wallet: Wallet) -> None:
    """A payer presented a payment with its receipt, and disputes it; the payee contests."""
    cheque_id, payer_id = StatementId(b"c" * 32), wallet.bound.payer_id
    opened_as = Dispute(
        dispute_id=DisputeId(b"d" * 16),
        opener=Party.PAYER,
        reason=DisputeReason.NOT_DELIVERED,
        cheque_id=cheque_id,
        allowance_ref=wallet.ref,
        payer_id=payer_id,
        payee_id=payee_id,
        payee_name="P",
        currency="CNY",
        amount_minor=5,
        moved_minor=0,
        deadline=world.now,
        state=DisputeState.OPENED,
        opened_at=world.now,
        until=None,
    )
    terms = ReceiptTerms(
        terminal_ref=TerminalRef(bytes(8)),
        cheque_id=cheque_id,
        final_minor=5,
        time=world.now,
        counter=1,
        previous=bytes(16),
        index_version=1,
    )
    shown = ReceiptEvidence(
        receipt_id=StatementId(b"r" * 32), terms=terms, payee_id=payee_id, claim=None, raw=b"receipt"
    )
    with world.store.write("test") as unit:
        unit.add_presented(
            Presented(
                allowance_ref=wallet.ref,
                cheque_id=cheque_id,
                payer_id=payer_id,
                payee_id=payee_id,
                counter=2,
                amount_minor=5,
                at=world.now,
            )
        )
        unit.add_receipt(shown, wallet.ref, world.now)
        unit.put_dispute(opened_as, step_of(opened_as, 1, Party.PAYER, None))
    with world.store.write("test") as unit:
        contested = replace(opened_as, state=DisputeState.CONTESTED)
        unit.put_dispute(contested, step_of(contested, 2, Party.PAYEE, DisputeAct.CONTEST))


def lose(world: World) -> None:
    """A wallet locked itself, has a code to be stopped with, and a till was opened again."""
    device = world.issuer.authenticate_device(world.payer()[1].token)
    reason = LockReason.BURST
    world.issuer.report_lock(device, lock_id=b"l" * 16, reason=reason, locked_at=world.now, seen=21, allowed=20)
    world.issuer.new_lost_code(device)
    ref = world.till("Q").enrolled.terminal_ref
    note_recovery(world.store, ref, bytes(32), at=world.now, randomness=world.randomness)


def take_codes(world: World) -> None:
    """Two payments with one-time codes, of which one is wrong."""
    payer, till = paying(world), world.till("R")
    till.send(payer.pay(till, 40_00, payer.token.code()))
    till.send(payer.pay(till, 40_00, payer.token.wrong()))


def hire(world: World) -> None:
    """Somebody of the operator, who looks at something."""
    lin = StaffMember(
        staff_id=StaffId(b"s" * 8), name="lin", role=Role.RISK, is_starting=True, added_at=world.now, removed_at=None
    )
    looked = StaffAct(act_id=b"a" * 16, staff_id=lin.staff_id, act=Act.VIEW_FORKS, subject=b"", at=world.now)
    with world.store.write("test") as unit:
        unit.put_staff(lin, Credentials(password="argon2id", secret=b"secret"))  # noqa: S106  # nobody's
        unit.add_staff_act(looked)


def step_of(on: Dispute, number: int, by: Party, act: DisputeAct | None) -> DisputeStep:
    return DisputeStep(
        dispute_id=on.dispute_id,
        number=number,
        by=by,
        act=act,
        amount_minor=0,
        words="It never came",
        evidence=b"a picture",
        at=on.opened_at,
    )


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody at the file with a tool of their own."""
    connection = sqlite3.connect(path, isolation_level=None)
    yield connection
    connection.close()


def test_untouched_books_and_log_agree(lived: Path) -> None:
    report = checked(lived)
    assert report.bad == ()
    assert (report.inclusion_ok, report.consistency_ok, report.witnessed) == (True, True, 0)
    assert report.leaves_checked == report.size > 20


def test_leaves_that_still_wait_count(path: Path) -> None:
    with opened(path) as world:
        live_more(world)
    report = checked(path)
    assert (report.bad, report.size) == ((), 0)


def test_each_kind_of_act_is_a_leaf_and_a_batch_is_one(lived: Path, raw: sqlite3.Connection) -> None:
    assert lived.exists()
    kinds = [LeafKind(kind) for (kind,) in raw.execute("SELECT kind FROM audit_leaves")]
    assert set(kinds) == {
        *(LeafKind.BATCH, LeafKind.ALLOWANCE, LeafKind.SUSPENSION, LeafKind.WINDOW_CLOSED, LeafKind.FORK),
        *(LeafKind.LIST_PUBLISHED, LeafKind.KEY_CHANGE, LeafKind.ENTRY, LeafKind.ENROLMENT, LeafKind.FUNDING),
        *(LeafKind.OPERATOR_ACTION, LeafKind.PAPERS, LeafKind.DISPUTE, LeafKind.ACCESS),
    }
    (batches,) = raw.execute("SELECT count(*) FROM batches").fetchone()
    assert kinds.count(LeafKind.BATCH) == batches
    for leaf, salt in raw.execute("SELECT leaf, salt FROM audit_leaves"):
        assert decode_leaf(leaf).kind.salted is (salt is not None)


CHANGES = {
    "entries": ["reason = 'forged'", "at = at + 1", "entry_id = zeroblob(16)"],
    "postings": ["amount_minor = amount_minor + 1", "owner = zeroblob(8)", "entry = entry + 1"],
    "balances": ["posted_minor = posted_minor - 1"],
    "payers": ["name = x'00'", "sealed_by = 0", "name = x'', sealed_by = -1", "currency = 'EUR'", "created_at = 1"],
    "payer_codes": ["expires_at = expires_at + 1", "payer_id = x'00'", "used_by = x'00'"],
    "fundings": ["amount_minor = amount_minor + 1", "at = at + 1", "key = 'another'"],
    "devices": ["account_key = x'00'", "bound_at = bound_at + 1"],
    "allowances": [
        *("raw = x'00'", "request_id = x'00'", "device_key = x'00'", "amount_minor = amount_minor + 1"),
        *("status_index = 254", "scoped = 1 - scoped", "expires_at = expires_at + 1", "deadline = deadline + 1"),
        *("status = 1 - min(status, 1)", "lost_at = 5", "reason = 'x'", "forked = 1 - forked", "listed_in = 77"),
        *("drawn_reserve_minor = drawn_reserve_minor + 1", "drawn_free_minor = drawn_free_minor + 1"),
        *("drawn_pool_minor = drawn_pool_minor + 1", "drawn_loss_minor = drawn_loss_minor + 1"),
        *("borne_pool_minor = borne_pool_minor + 1", "borne_loss_minor = borne_loss_minor + 1"),
        *("returned_minor = returned_minor - 1", "closed_at = 5", "issued_at = issued_at + 1"),
    ],
    "claims": [
        *("counter = counter + 7", "amount_minor = amount_minor + 1", "cumulative_minor = cumulative_minor + 1"),
        *("previous = x'00'", "terminal_ref = x'00'", "receipt_counter = 99", "index_version = 99", "raw = x'00'"),
        *("arrived_at = 5", "paid_minor = paid_minor - 1", "waiting_minor = waiting_minor + 1", "payee_id = x'00'"),
        "request_hash = CASE WHEN request_hash IS NULL THEN x'00' ELSE NULL END",
    ],
    "testimonies": ["raw = x'00'", "counter = counter + 1", "closing = 1 - closing"],
    "given_back": ["back_minor = back_minor + 1", "subject = x'00'"],
    "notes": ["raw = (SELECT raw FROM allowances)", "at = at + 1", "payee_id = x'00'"],
    "forks": ["proof = x'00'", "reason = 'x'", "found_at = 5"],
    "status_lists": ["raw = x'00'", "entries = '[[1,2]]'", "issued_at = issued_at + 1", "size = size + 1"],
    "publications": ["raw = x'00'", "issued_at = 5", "key_set_hash = x'00'", "list_version = 1 + (list_version < 2)"],
    "advices": ["paid_minor = paid_minor + 1", "kind = 'x'", "at = 5", "deadline = 5"],
    "payees": ["name = x'00'", "sealed_by = 0", "created_at = 1"],
    "payee_codes": ["expires_at = expires_at + 1", "used_by = x'00'"],
    "terminals": ["certificate = x'00'", "sealed_by = 0", "terminal_key = x'00'", "enrolled_at = 5"],
    "batches": ["body = x'00'", "answer = x'00'", "body_hash = zeroblob(32)", "received_at = 5"],
    "payee_events": [
        *("paid_minor = paid_minor + 1", "waiting_minor = waiting_minor + 1", "deadline = 5", "cheque_id = x'00'"),
        *("stands_paid_minor = stands_paid_minor + 1", "allowance_ref = x'00'", "first = 1 - first"),
    ],
    "code_finals": ["final_minor = final_minor + 1", "terminal_ref = x'00'"],
    "requests": ["cheque_id = x'00'", "allowance_ref = x'00'", "asked_at = asked_at + 1", "run = 9"],
    "payee_notes": ["version = 99"],
    "syncs": [
        *("counter = counter + 1", "received_at = received_at + 1", "batch_id = x'00'", "terminal_ref = x'00'"),
        *("time = time + 1", "attested_at = attested_at - 1", "index_version = index_version + 1", "payee_id = x'00'"),
    ],
    "advices_applied": ["number = 99"],
    "payee_waiting": ["waiting_minor = waiting_minor + 1", "deadline = 5"],
    "audit_leaves": ["leaf = x'00'", "salt = zeroblob(32)", "evidence = x'80'", "leaf_index = leaf_index + 999"],
    "audit_nodes": ["hash = zeroblob(32)", "node_index = node_index + 999"],
    "checkpoints": ["root = zeroblob(32)", "note = x'00'", "size = 999"],
    "audit_witnesses": ["added_at = 5"],
    "audit_queue": [],
    "presented": ["payee_id = x'00'", "amount_minor = 1", "at = 5"],
    "payer_receipts": ["raw = x'00'", "payee_id = x'00'", "at = 5"],
    "disputes": ["amount_minor = amount_minor + 1", "state = 'upheld'", "moved_minor = 1", "until = 5", "reason = 'x'"],
    "data_keys": ["proof = x'00'", "begun_at = 5"],
    "dispute_steps": ["words = x'00'", "sealed_by = 0", "evidence = x'00'", "party = 'payee'", "at = 5"],
    "staff": ["role = 'admin'", "password = 'x'", "secret = x'00'", "name = 'x'", "is_starting = 0", "sealed_by = 0"],
    "staff_acts": ["act = 'sign_out'", "at = 5", "subject = zeroblob(32)", "staff_id = x'00'", "act_id = zeroblob(16)"],
    "staff_tries": [],
    "staff_sessions": [],
    "authenticators": ["kind = 'hotp'", "secret = x'00'", "confirmed_at = 5", "removed_at = 5", "payer_id = x'00'"],
    "code_uses": ["factor = factor + 1000", "allowance_ref = x'00'", "used_at = 5", "drift = 5", "counter = 7"],
    "wrong_codes": ["fault = 'reused'", "allowance_ref = x'00'", "device_id = x'00'", "found_at = 5"],
    "device_locks": ["reason = 'x'", "seen = 5", "allowed = 5", "locked_at = 5", "reported_at = 5"],
    "lock_decisions": ["decision = 'refused'", "decided_by = 'operator'", "at = 5"],
    "lost_codes": ["hashed = 'x'", "payer_id = x'00'", "device_id = x'00'", "made_at = 5"],
    "till_recoveries": ["terminal_ref = x'00'", "request_hash = x'00'", "at = 5"],
    "attestation_roots": ["tier = 3", "maker = 'x'", "certificate = x'00'", "added_at = 5", "removed_at = 5"],
    "attested_keys": ["tier = 3", "maker = 'x'", "evidence = x'00'", "root = zeroblob(32)", "attested_at = 5"],
    "identities": ["kind = 'document'", "reference = x'00'", "checked_by = 'x'", "checked_at = 5", "sealed_by = 7"],
    "tpm_questions": [],
    "enrolment_pins": [],
    "revoked_terminals": ["revoked_at = 5", "expires_at = 5", "written_at = written_at + 1"],
    "charge_backs": [],
    "cosignatures": [],
}
"""Every table, and what may be changed in one row of it. Tokens are secrets, neither money nor evidence."""


def test_every_table_is_in_the_list(lived: Path, raw: sqlite3.Connection) -> None:
    assert lived.exists()
    tables = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert tables == set(CHANGES) | set(NOT_EVIDENCE)


@pytest.mark.parametrize(
    ("table", "change"), [(table, change) for table, changes in CHANGES.items() for change in changes]
)
def test_one_changed_row_is_found(lived: Path, raw: sqlite3.Connection, table: str, change: str) -> None:
    unlock(raw, table)
    key = raw.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE pk > 0").fetchone()[0]  # noqa: S608
    changed = raw.execute(
        f"UPDATE {table} SET {change} WHERE {key} = (SELECT {key} FROM {table} ORDER BY {key} LIMIT 1)"  # noqa: S608
    )
    assert changed.rowcount > 0
    assert_found(lived)


@pytest.mark.parametrize("table", [table for table in CHANGES if CHANGES[table]])
def test_one_removed_row_is_found(lived: Path, raw: sqlite3.Connection, table: str) -> None:
    unlock(raw, table)
    key = raw.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE pk > 0").fetchone()[0]  # noqa: S608
    gone = f"DELETE FROM {table} WHERE {key} = (SELECT max({key}) FROM {table})"  # noqa: S608
    assert raw.execute(gone).rowcount > 0
    assert_found(lived)


def test_a_row_that_was_slipped_in_is_found(lived: Path, raw: sqlite3.Connection) -> None:
    raw.execute("INSERT INTO payers VALUES (x'0011223344556677', x'00', 'CNY', 1, 1)")
    assert [(bad.table, bad.why) for bad in checked(lived).bad] == [("payers", "no leaf is about this row")]


def unlock(raw: sqlite3.Connection, table: str) -> None:
    """What somebody does who owns the file: the checks and the triggers go first."""
    raw.execute("PRAGMA ignore_check_constraints = ON")
    for (name,) in raw.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", (table,)
    ).fetchall():
        raw.execute(f"DROP TRIGGER {name}")


def assert_found(path: Path) -> None:
    report = checked(path)
    with OperatorStore.open(path) as store:
        assert report.bad or verify_books(store).mismatches


@pytest.mark.parametrize("table", AUDIT_IMMUTABLE)
def test_the_log_is_never_changed(lived: Path, raw: sqlite3.Connection, table: str) -> None:
    if table == "cosignatures":
        (size,) = raw.execute("SELECT max(size) FROM checkpoints").fetchone()
        raw.execute("INSERT INTO cosignatures VALUES (?, 'w', x'00112233', x'00')", (size,))
    assert lived.exists()
    column = raw.execute(f"SELECT name FROM pragma_table_info('{table}') LIMIT 1").fetchone()[0]  # noqa: S608
    for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = {column}"):  # noqa: S608
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            raw.execute(statement)


def test_a_leaf_leaves_the_queue_for_the_log_only(path: Path, raw: sqlite3.Connection) -> None:
    with opened(path) as world:
        live(world)
    with pytest.raises(sqlite3.IntegrityError, match="never removed"):
        raw.execute("DELETE FROM audit_queue")
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        raw.execute("UPDATE audit_queue SET leaf = x'00'")


def test_two_sequencers_at_once_append_once(path: Path) -> None:
    """Two processes' stores over one file: each leaf gets one place, and the log stays one log."""
    with opened(path) as world:
        live_more(world)
        waiting = waiting_in(world.store)
        with OperatorStore.open(path) as other:
            threads = [threading.Thread(target=append_all, args=(store,)) for store in (world.store, other) * 2]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    report = checked(path)
    assert (report.bad, report.size) == ((), waiting)


def test_books_older_than_their_log_go_into_it_as_they_are(path: Path, raw: sqlite3.Connection) -> None:
    with opened(path) as world:
        live_more(world)
    for table in ("audit_queue", "audit_witnesses"):
        unlock(raw, table)
        raw.execute(f"DELETE FROM {table}")  # noqa: S608
    assert not checked(path).inclusion_ok
    for _ in range(2):
        with OperatorStore.open(path) as store:
            append_all(store)
        report = checked(path)
        assert (report.bad, report.size) == ((), 1)


def test_nothing_is_queued_by_a_write_that_fails(path: Path) -> None:
    with opened(path) as world:
        before = waiting_in(world.store)
        with pytest.raises(KeyError):
            enrol_and_fail(world.store)
        assert waiting_in(world.store) == before


def waiting_in(store: OperatorStore) -> int:
    with store.read() as reading:
        return len(reading.queued(10_000))


def enrol_and_fail(store: OperatorStore) -> None:
    with store.write("test") as unit:
        unit.add_witness(WITNESS.text, START)
        raise KeyError
