"""What becomes a leaf of the audit log: every act that writes rows of money or evidence (spec 09 section 1).

Each method writes as the tables do and notes the rows; the unit queues one leaf for each act when it is sealed. A
batch is one act with its ledger entries, however many claims it holds: of its claims nothing is noted, because the
batch's own bytes say what they are.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, islice
from typing import Any, ClassVar, Final

from feiqian.acquirer.dispute_values import ChargeBack, Dispute, DisputeStep
from feiqian.acquirer.ports import Payee, PayeeCode, TakenBatch
from feiqian.acquirer.values import Terminal
from feiqian.audit.evidence import RowMark, Table, allowance_mark, batch_mark, sha256
from feiqian.audit.leaf import LeafKind
from feiqian.audit.verify import LogFacts, StoredLeaf
from feiqian.issuer.authenticator_facts import Authenticator, UsedCode
from feiqian.issuer.facts import AllowanceFacts, ClaimFacts, Payer
from feiqian.issuer.known import NOBODY, Changes
from feiqian.issuer.lock_ports import LockDecision, ReportedLock
from feiqian.issuer.lost_ports import LostCode
from feiqian.issuer.papers import ReceiptEvidence
from feiqian.issuer.ports import Funding, Publication, StoredCode, StoredList
from feiqian.issuer.values import AttestationRoot, AttestedKey, Device, Identity, PayerId
from feiqian.ledger.clearing import Advice
from feiqian.ledger.entry import Entry
from feiqian.ledger.papers import Presented
from feiqian.ledger.retention import PersonKind
from feiqian.ledger.revocation import RevokedTerminal
from feiqian.protocol.ids import AllowanceRef, BatchId, TerminalRef
from feiqian.staff.values import Credentials, StaffAct, StaffMember
from feiqian.storage.acquirer_tables import AcquirerTables
from feiqian.storage.attestation_tables import AttestationTables
from feiqian.storage.audit_holds import TakenBatches, off_in
from feiqian.storage.audit_rows import (
    CLAIM,
    KEPT,
    STATE_COLUMNS,
    claim_mark,
    claim_marks,
    entry_mark,
    kept_mark,
    marks_of,
    state_mark,
)
from feiqian.storage.audit_tables import AuditQueue, AuditTables
from feiqian.storage.code_tables import CodeTables
from feiqian.storage.device_tables import DeviceTables
from feiqian.storage.dispute_tables import DisputeTables
from feiqian.storage.issuer_tables import IssuerTables
from feiqian.storage.personal_tables import PersonalTables, Touched
from feiqian.storage.revocation_tables import RevocationTables
from feiqian.storage.staff_tables import StaffTables

MARKED: Final = {
    "payers": Table.PAYERS,
    "payees": Table.PAYEES,
    "terminals": Table.TERMINALS,
    "dispute_steps": Table.DISPUTE_STEPS,
    "staff": Table.STAFF,
    "authenticators": Table.AUTHENTICATORS,
    "identities": Table.IDENTITIES,
}
POOL_SUBJECT: Final = bytes(8)
"""The subject of money that came in for the guarantee pool, which has no id."""
_ROWS_AT_ONCE: Final = 1_000


class RecordedTables(
    AuditQueue,
    IssuerTables,
    AcquirerTables,
    DisputeTables,
    PersonalTables,
    StaffTables,
    CodeTables,
    RevocationTables,
    AttestationTables,
    DeviceTables,
    AuditTables,
):
    """All tables of the operator, and a leaf for each act on them."""

    HOLDS: ClassVar[Sequence[tuple[str, str, str]]] = ()
    """What must hold in this database and not in every one."""
    REQUEST_AT: ClassVar[str | None] = None
    """Finds a request by payee, time and hash, where requests are kept by their time."""

    # --- money and evidence ---

    def post(self, entry: Entry) -> None:
        super().post(entry)
        postings = (
            (line.account.book, line.account.kind.value, line.account.owner, line.currency, line.amount_minor)
            for line in entry.postings
        )
        mark = entry_mark(entry.entry_id, entry.reason.value, entry.at, postings)
        self._mark(mark, LeafKind.ENTRY, entry.entry_id)

    def add_batch(self, terminal_ref: TerminalRef, batch_id: BatchId, taken: TakenBatch, body: bytes, at: int) -> None:
        super().add_batch(terminal_ref, batch_id, taken, body, at)
        mark = batch_mark(terminal_ref, batch_id, body_hash=taken.body_hash, answer=taken.answer, received_at=at)
        self._act(LeafKind.BATCH, terminal_ref + batch_id, mark)

    def apply(self, changes: Changes) -> None:
        by_batch = bool(self._acts) and self._acts[-1].kind is LeafKind.BATCH
        if changes.payee_id == NOBODY and changes.touched:
            self._apply_alone(changes)
        else:
            if not by_batch:
                self._begin(LeafKind.PAPERS, changes.touched[0].ref if changes.touched else changes.payee_id)
            super().apply(changes)
        if not by_batch:
            self._note_claims(changes.new_claims)
        for heard in changes.testimonies:
            row = (heard.allowance_ref, *heard.link[:5], int(heard.link.closing), heard.raw)
            self._note(Table.TESTIMONIES, row, heard.allowance_ref)
        for note_id, raw in changes.notes:
            self._note(Table.NOTES, (note_id, changes.payee_id, raw, changes.at), note_id)
        for fork in changes.forks:
            proved = _kept(Table.FORKS, (fork.ref, fork.reason, fork.proof, fork.found_at))
            self._aside(LeafKind.FORK, fork.ref, (proved, *self._states([fork.ref]).values()))
        self._apply_codes(changes)

    def _apply_alone(self, changes: Changes) -> None:
        """What comes without a batch: an allowance is closed by its payer, or its window ends."""
        refs = [one.ref for one in changes.touched]
        before = self._states(refs)
        ended = [one.ref for one in changes.touched if one.closed_at is not None and one.closed_at == changes.at]
        kind = LeafKind.WINDOW_CLOSED if ended else LeafKind.SUSPENSION
        self._begin(kind, (ended or refs)[0])
        super().apply(changes)
        changed = [mark for ref, mark in self._states(refs).items() if mark != before[ref]]
        if not changed:  # papers on which nobody is named
            self._acts[-1] = replace(self._acts[-1], kind=LeafKind.PAPERS)
        self._acts[-1].marks.extend(changed)

    def _apply_codes(self, changes: Changes) -> None:
        """What one-time codes used up goes with the act; whoever is accused by one has a leaf of its own."""
        for used in changes.code_uses:
            self.add_code_use(used)
        for wrong in changes.wrong_codes:
            self.add_wrong_code(wrong)
        if changes.wrong_codes:
            found = [self._kept_row(Table.WRONG_CODES, wrong.cheque_id) for wrong in changes.wrong_codes]
            devices = {wrong.device_id for wrong in changes.wrong_codes}
            refs = [one.ref for one in changes.touched if one.device_id in devices]
            found += self._states(refs).values()
            self._aside(LeafKind.SUSPENSION, changes.wrong_codes[0].allowance_ref, found)

    def _note_claims(self, claims: Iterable[ClaimFacts]) -> None:
        for claim in claims:
            key, columns = ([getattr(claim, name) for name in names] for names in (CLAIM.key, CLAIM.columns))
            self._mark(claim_mark(key, columns), LeafKind.PAPERS, claim.allowance_ref)

    def add_advices(self, advices: Sequence[Advice]) -> None:
        last = self._one("SELECT coalesce(max(number), 0) FROM advices")[0]
        super().add_advices(advices)
        kept = KEPT[Table.ADVICES]
        query = f"SELECT {', '.join((*kept.key, *kept.columns))} FROM advices WHERE number > ? ORDER BY number"  # noqa: S608  # names of ours
        for row in self._db.execute(query, (last,)):
            self._note(Table.ADVICES, row, row[3])

    # --- papers and disputes ---

    def add_presented(self, presented: Presented) -> None:
        super().add_presented(presented)
        named = (presented.allowance_ref, presented.cheque_id, presented.payer_id, presented.payee_id)
        row = (*named, presented.counter, presented.amount_minor, presented.at)
        self._mark(_kept(Table.PRESENTED, row), LeafKind.PAPERS, presented.cheque_id)

    def add_receipt(self, receipt: ReceiptEvidence, ref: AllowanceRef, at: int) -> None:
        super().add_receipt(receipt, ref, at)
        row = (receipt.receipt_id, ref, receipt.terms.cheque_id, receipt.payee_id, receipt.raw, at)
        self._mark(_kept(Table.PAYER_RECEIPTS, row), LeafKind.PAPERS, receipt.receipt_id)

    def put_dispute(self, dispute: Dispute, step: DisputeStep) -> None:
        super().put_dispute(dispute, step)
        tables = (Table.DISPUTES, Table.DISPUTE_STATE) if step.act is None else (Table.DISPUTE_STATE,)
        stands = [self._kept_row(table, dispute.dispute_id) for table in tables]
        said = self._kept_row(Table.DISPUTE_STEPS, dispute.dispute_id, step.number)
        self._act(LeafKind.DISPUTE, dispute.dispute_id, *stands, said)

    def add_charge_back(self, moved: ChargeBack) -> None:
        super().add_charge_back(moved)
        self._mark(self._kept_row(Table.CHARGE_BACKS, moved.dispute_id), LeafKind.DISPUTE, moved.dispute_id)

    # --- payers ---

    def add_payer(self, payer: Payer, created_at: int) -> None:
        super().add_payer(payer, created_at)
        self._act(LeafKind.ENROLMENT, payer.payer_id, self._kept_row(Table.PAYERS, payer.payer_id))

    def add_payer_code(self, code_hash: bytes, code: StoredCode) -> None:
        super().add_payer_code(code_hash, code)
        mark = _kept(Table.PAYER_CODES, (code_hash, code.owner, code.expires_at))
        self._mark(mark, LeafKind.OPERATOR_ACTION, code.owner)

    def add_funding(self, key: str, funding: Funding, at: int) -> None:
        super().add_funding(key, funding, at)
        row = (key, funding.payer_id, funding.currency, funding.amount_minor, at)
        self._act(LeafKind.FUNDING, funding.payer_id or POOL_SUBJECT, _kept(Table.FUNDINGS, row))

    def put_device(self, device: Device, token_hash: bytes | None, at: int) -> None:
        known = self.device(device.device_id)
        super().put_device(device, token_hash, at)
        if known is None:
            row = (device.device_id, device.payer_id, device.account_key, at)
            self._act(LeafKind.ENROLMENT, device.device_id, _kept(Table.DEVICES, row))

    def put_identity(self, payer_id: PayerId, identity: Identity) -> None:
        super().put_identity(payer_id, identity)
        self._mark(self._kept_row(Table.IDENTITIES, payer_id), LeafKind.OPERATOR_ACTION, payer_id)

    def put_attestation_root(self, root: AttestationRoot) -> None:
        super().put_attestation_root(root)
        mark = self._kept_row(Table.ATTESTATION_ROOTS, root.fingerprint)
        self._act(LeafKind.OPERATOR_ACTION, root.fingerprint, mark)

    def put_attested_key(self, key: AttestedKey) -> None:
        super().put_attested_key(key)
        mark = self._kept_row(Table.ATTESTED_KEYS, key.payer_id, key.key)
        self._mark(mark, LeafKind.ENROLMENT, key.device_id)

    def put_authenticator(self, authenticator: Authenticator) -> None:
        super().put_authenticator(authenticator)
        mark = self._kept_row(Table.AUTHENTICATORS, authenticator.authenticator_id)
        self._act(LeafKind.OPERATOR_ACTION, authenticator.authenticator_id, mark)

    def add_code_use(self, used: UsedCode) -> None:
        super().add_code_use(used)
        mark = self._kept_row(Table.CODE_USES, used.authenticator_id, used.use.factor)
        self._mark(mark, LeafKind.OPERATOR_ACTION, used.authenticator_id)

    def put_allowance(self, allowance: AllowanceFacts) -> None:
        before = self._states([allowance.ref])
        super().put_allowance(allowance)
        if before:
            after = self._states([allowance.ref])
            if after != before:
                self._act(LeafKind.SUSPENSION, allowance.ref, *after.values())
            return
        kept = KEPT[Table.ALLOWANCE_FACTS]
        row = [getattr(allowance, name) for name in (*kept.key, *kept.columns)]
        signed = allowance_mark(allowance.ref, allowance.raw)
        self._act(LeafKind.ALLOWANCE, allowance.ref, signed, _kept(Table.ALLOWANCE_FACTS, row))

    def add_list(self, published: StoredList) -> None:
        super().add_list(published)
        row = self._one(
            "SELECT version, issued_at, size, entries, raw FROM status_lists WHERE version = ?", (published.version,)
        )
        self._act(LeafKind.LIST_PUBLISHED, sha256(published.raw), _kept(Table.STATUS_LISTS, row))

    def add_publication(self, published: Publication) -> None:
        latest = self.latest_publication()
        super().add_publication(published)
        row = (
            *(published.index_version, published.issued_at, published.list_version),
            *(published.key_set_hash, published.raw),
        )
        mark = _kept(Table.PUBLICATIONS, row)
        if latest is None or latest.key_set_hash != published.key_set_hash:
            self._act(LeafKind.KEY_CHANGE, published.key_set_hash, mark)
        else:
            self._act(LeafKind.LIST_PUBLISHED, sha256(published.raw), mark)

    # --- devices ---

    def add_lock(self, lock: ReportedLock) -> None:
        super().add_lock(lock)
        mark = self._kept_row(Table.DEVICE_LOCKS, lock.payer_id, lock.lock_id)
        self._act(LeafKind.OPERATOR_ACTION, lock.lock_id, mark)

    def add_lock_decision(self, decided: LockDecision) -> None:
        super().add_lock_decision(decided)
        mark = self._kept_row(Table.LOCK_DECISIONS, decided.payer_id, decided.lock_id)
        self._mark(mark, LeafKind.OPERATOR_ACTION, decided.lock_id)

    def add_lost_code(self, code: LostCode) -> None:
        super().add_lost_code(code)
        self._act(LeafKind.OPERATOR_ACTION, code.device_id, self._kept_row(Table.LOST_CODES, code.code_id))

    def add_till_recovery(self, recovery_id: bytes, terminal_ref: TerminalRef, request_hash: bytes, at: int) -> None:
        super().add_till_recovery(recovery_id, terminal_ref, request_hash, at)
        self._act(LeafKind.OPERATOR_ACTION, recovery_id, self._kept_row(Table.TILL_RECOVERIES, recovery_id))

    # --- payees ---

    def add_payee(self, payee: Payee, created_at: int) -> None:
        super().add_payee(payee, created_at)
        self._act(LeafKind.ENROLMENT, payee.payee_id, self._kept_row(Table.PAYEES, payee.payee_id))

    def add_payee_code(self, code_hash: bytes, code: PayeeCode) -> None:
        super().add_payee_code(code_hash, code)
        mark = _kept(Table.PAYEE_CODES, (code_hash, code.payee_id, code.expires_at))
        self._mark(mark, LeafKind.OPERATOR_ACTION, code.payee_id)

    def put_terminal(self, terminal: Terminal, terminal_key: bytes, token_hash: bytes, at: int) -> None:
        known = self.terminal(terminal.terminal_ref)
        super().put_terminal(terminal, terminal_key, token_hash, at)
        if known is None:
            self._act(LeafKind.ENROLMENT, terminal.terminal_ref, self._kept_row(Table.TERMINALS, terminal.terminal_ref))

    def add_revoked_terminal(self, revoked: RevokedTerminal, written_at: int) -> None:
        super().add_revoked_terminal(revoked, written_at)
        mark = self._kept_row(Table.REVOKED_TERMINALS, revoked.terminal_ref)
        self._act(LeafKind.OPERATOR_ACTION, revoked.terminal_ref, mark)

    # --- people ---

    def add_data_key(self, number: int, at: int) -> None:
        super().add_data_key(number, at)
        self._act(LeafKind.OPERATOR_ACTION, secrets.token_bytes(16), self._kept_row(Table.DATA_KEYS, number))

    def reseal(self, number: int, limit: int) -> Touched:
        touched = super().reseal(number, limit)
        self._rewritten(secrets.token_bytes(16), touched)
        return touched

    def erase_person(self, kind: PersonKind, person_id: bytes) -> Touched:
        touched = super().erase_person(kind, person_id)
        self._rewritten(person_id, touched)
        return touched

    def erase_words(self, disputes: Sequence[bytes]) -> Touched:
        touched = super().erase_words(disputes)
        self._rewritten(secrets.token_bytes(16), touched)
        return touched

    def _rewritten(self, subject: bytes, touched: Touched) -> None:
        """Rows that were sealed anew or erased: their marks from now on, in a leaf of their own."""
        if touched:
            marks = [self._kept_row(MARKED[table], *key) for table, key in touched]
            self._act(LeafKind.OPERATOR_ACTION, subject, *marks)

    # --- staff ---

    def put_staff(self, member: StaffMember, credentials: Credentials | None = None) -> None:
        super().put_staff(member, credentials)
        self._act(LeafKind.OPERATOR_ACTION, member.staff_id, self._kept_row(Table.STAFF, member.staff_id))

    def add_staff_act(self, act: StaffAct) -> None:
        super().add_staff_act(act)
        self._act(LeafKind.ACCESS, act.act_id, self._kept_row(Table.STAFF_ACTS, act.act_id))

    # --- the log itself ---

    def add_witness(self, key: str, at: int) -> bool:
        """A witness to trust; False if it is trusted already."""
        added = self._db.execute("INSERT INTO audit_witnesses VALUES (?, ?) ON CONFLICT DO NOTHING", (key, at))
        if added.rowcount == 1:
            self._act(LeafKind.OPERATOR_ACTION, sha256(key.encode()), _kept(Table.WITNESSES, (key, at)))
        return added.rowcount == 1

    def begin_log(self) -> None:
        """Books older than their log: what stands in them today is what the log begins with. Harmless when repeated."""
        if not self.log_has_begun():
            marks = marks_of(self._db)
            while some := tuple(islice(marks, _ROWS_AT_ONCE)):
                self._act(LeafKind.OPERATOR_ACTION, secrets.token_bytes(16), *some)

    def log_has_begun(self) -> bool:
        """Whether anything was ever queued for it; books in which nothing stands yet have nothing to begin it with."""
        found = """SELECT 1 FROM audit_leaves UNION ALL SELECT 1 FROM audit_queue
                   UNION ALL SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM entries) AND NOT EXISTS (SELECT 1 FROM payers)
                       AND NOT EXISTS (SELECT 1 FROM payees) AND NOT EXISTS (SELECT 1 FROM publications) LIMIT 1"""
        return self._maybe(found) is not None

    def log_facts(self, deployment: str) -> LogFacts:
        """Everything that a verification compares, read while it goes on."""
        db = self._db
        batches = TakenBatches(db, deployment, self.REQUEST_AT)
        leaves = db.execute("SELECT leaf_index, leaf, salt, evidence FROM audit_leaves ORDER BY leaf_index")
        queued = db.execute("SELECT NULL, leaf, salt, evidence FROM audit_queue ORDER BY number")
        return LogFacts(
            leaves=(StoredLeaf(*row) for row in leaves),
            queued=(StoredLeaf(*row) for row in queued),
            node_at=self.node,
            node_count=self._one("SELECT count(*) FROM audit_nodes")[0],
            states=tuple(self.states()),
            rows=chain(marks_of(db), claim_marks(db, batches.alone)),
            off=off_in(db, batches, self.HOLDS),
        )

    # --- inside ---

    def _act(self, kind: LeafKind, subject: bytes, *marks: RowMark) -> None:
        """An act with its first rows; what is written next belongs to it, too."""
        self._begin(kind, subject)
        self._acts[-1].marks.extend(marks)

    def _kept_row(self, table: Table, *key: bytes | int) -> RowMark:
        """The mark of a row that stands there now."""
        kept = KEPT[table]
        named = " AND ".join(f"{name} = ?" for name in kept.key)
        query = f"SELECT {', '.join((*kept.key, *kept.columns))} FROM {kept.table} WHERE {named}"  # noqa: S608  # names of ours
        return _kept(table, self._one(query, key))

    def _note(self, table: Table, row: Sequence[Any], subject: bytes) -> None:
        self._mark(_kept(table, row), LeafKind.ENTRY, subject)

    def _states(self, refs: Iterable[AllowanceRef]) -> dict[AllowanceRef, RowMark]:
        query = f"SELECT ref, {STATE_COLUMNS} FROM allowances WHERE ref IN ({{keys}})"  # noqa: S608  # names of ours
        return {AllowanceRef(row[0]): state_mark(row[0], row[1:]) for row in self._among(query, refs)}


def _kept(table: Table, row: Sequence[Any]) -> RowMark:
    """The mark of a row: its key first, then the other columns that never change."""
    size = len(KEPT[table].key)
    return kept_mark(table, row[:size], row[size:])
