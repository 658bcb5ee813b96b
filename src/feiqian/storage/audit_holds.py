"""What must hold between the operator's tables, beyond money: each statement finds the rows of which it is not so.

These are the columns that change by design, and so stand in no leaf; each follows from rows that never change. What
the ledger's verification compares (balances, drawn amounts) is not repeated here.
"""
# ruff: noqa: S608  # statements are put together from names of this file only

from collections.abc import Iterator, Sequence
from typing import Final

from feiqian.audit.evidence import sha256
from feiqian.audit.verify import Bad
from feiqian.issuer.judge import ALL_OF_IT, ANY_PAYEE
from feiqian.issuer.placing import Sync, sync_in
from feiqian.protocol.answer import Verdict, decode_answer
from feiqian.protocol.cheque import decode_cheque
from feiqian.protocol.claim import Batch, decode_batch, decode_claim
from feiqian.protocol.receipt import NoteKind, decode_note, decode_receipt
from feiqian.protocol.refusals import Refused
from feiqian.protocol.request import decode_request, request_hash
from feiqian.storage.ledger_tables import Database
from feiqian.storage.sync_schema import SYNC

_TURNED_AWAY: Final = frozenset(
    {
        *(Verdict.PAYEE_NOT_NAMED, Verdict.NOT_COVERED, Verdict.UNKNOWN_ALLOWANCE),
        *(Verdict.LATE, Verdict.OUT_OF_POLICY, Verdict.REFUSED),
    }
)
"""Answers to claims that left no trace in the books."""

_TOLD: Final = """
    SELECT payee_id, cheque_id, paid_minor, waiting_minor FROM payee_events
    UNION ALL SELECT payee_id, cheque_id, paid_minor, waiting_minor FROM advices
    WHERE number > (SELECT max(number) FROM advices_applied)"""
_LAST: Final = """
    SELECT payee_id, cheque_id, stands_waiting_minor AS waiting_minor, deadline FROM payee_events e
    WHERE stands_waiting_minor > 0 AND number = (
        SELECT max(number) FROM payee_events l WHERE l.payee_id = e.payee_id AND l.cheque_id = e.cheque_id)"""
_WAITING: Final = "SELECT payee_id, cheque_id, waiting_minor, deadline FROM payee_waiting"

HOLDS: Final = (
    (
        "allowances",
        "convicted without a proof, or not convicted with one",
        "SELECT ref FROM allowances WHERE (forked = 1) <> (ref IN (SELECT ref FROM forks))",
    ),
    (
        "allowances",
        "said to be listed where it is not",
        """SELECT a.ref FROM allowances a WHERE a.listed_in IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM publications p JOIN status_lists s ON s.version = p.list_version, json_each(s.entries) e
               WHERE p.index_version = a.listed_in AND json_extract(e.value, '$[0]') = a.status_index)""",
    ),
    (
        "claims",
        "stands otherwise than its payee was told",
        f"""SELECT c.cheque_id FROM claims c LEFT JOIN (
                SELECT payee_id, cheque_id, sum(paid_minor) AS paid_minor, sum(waiting_minor) AS waiting_minor
                FROM ({_TOLD}) GROUP BY payee_id, cheque_id) t USING (payee_id, cheque_id)
            WHERE c.paid_minor <> coalesce(t.paid_minor, 0) OR c.waiting_minor <> coalesce(t.waiting_minor, 0)""",
    ),
    (
        "payee_events",
        "about no claim of this payee, or with another deadline than its allowance",
        """SELECT e.cheque_id FROM payee_events e LEFT JOIN allowances a ON a.ref = e.allowance_ref
           WHERE a.deadline IS DISTINCT FROM e.deadline OR (e.kind <> 'missing' AND NOT EXISTS (
                   SELECT 1 FROM claims c WHERE c.payee_id = e.payee_id
                   AND c.cheque_id = e.cheque_id AND c.allowance_ref = e.allowance_ref))
               OR (e.kind = 'missing' AND NOT EXISTS (SELECT 1 FROM presented s WHERE s.payee_id = e.payee_id
                   AND s.cheque_id = e.cheque_id AND s.allowance_ref = e.allowance_ref))""",
    ),
    (
        "payee_events",
        "says something else than all events up to it",
        """SELECT cheque_id FROM (SELECT payee_id, cheque_id, stands_paid_minor, stands_waiting_minor, first, kind,
                  sum(paid_minor) OVER told AS paid_minor, sum(waiting_minor) OVER told AS waiting_minor,
                  count(*) FILTER (WHERE kind <> 'missing') OVER told AS place
               FROM payee_events WINDOW told AS (PARTITION BY payee_id, cheque_id ORDER BY number)) e
           WHERE stands_paid_minor <> paid_minor OR stands_waiting_minor <> waiting_minor OR (first = 1 AND place <> 1)
               OR (first = 0 AND place = 1 AND kind <> 'missing' AND NOT EXISTS (SELECT 1 FROM payer_receipts r
                   WHERE r.payee_id = e.payee_id AND r.cheque_id = e.cheque_id))""",
    ),
    (
        "payee_waiting",
        "does not wait, or with another amount or deadline",
        f"SELECT cheque_id FROM ({_WAITING} EXCEPT {_LAST})",
    ),
    (
        "payee_waiting",
        "waits and is not here",
        f"SELECT cheque_id FROM ({_LAST} EXCEPT {_WAITING})",
    ),
    (
        "requests",
        "paid with a cheque that does not answer it",
        """SELECT r.request_hash FROM requests r WHERE NOT EXISTS (SELECT 1 FROM claims c
               WHERE c.allowance_ref = r.allowance_ref AND c.cheque_id = r.cheque_id AND c.payee_id = r.payee_id
               AND c.request_hash = r.request_hash)""",
    ),
    (
        "claims",
        "answers a request that is paid with nothing, or with another cheque",
        """SELECT c.cheque_id FROM claims c
               LEFT JOIN requests r ON r.payee_id = c.payee_id AND r.request_hash = c.request_hash
           WHERE c.request_hash IS NOT NULL
               AND (r.cheque_id IS NULL OR (c.paid_minor + c.waiting_minor > 0 AND r.cheque_id <> c.cheque_id))""",
    ),
    (
        "payee_notes",
        "counts more notes than there are, or none",
        """SELECT payee_id FROM payee_notes v LEFT JOIN
               (SELECT payee_id, count(*) AS notes FROM notes GROUP BY payee_id) n USING (payee_id)
           WHERE (v.version = 0) <> (n.notes IS NULL) OR v.version NOT BETWEEN 0 AND coalesce(n.notes, 0)
           UNION ALL SELECT payee_id FROM notes WHERE payee_id NOT IN (SELECT payee_id FROM payee_notes)""",
    ),
    (
        "advices_applied",
        "applied, and there is none",
        """SELECT number FROM advices_applied
           WHERE number > (SELECT coalesce(max(number), 0) FROM advices) OR number < 0""",
    ),
    (
        "payer_codes",
        "used by a device that is not the payer's",
        """SELECT code_hash FROM payer_codes c WHERE used_by IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM devices d WHERE d.payer_id = c.payer_id AND d.account_key = c.used_by)""",
    ),
    (
        "payee_codes",
        "used by a terminal that is not the payee's",
        """SELECT code_hash FROM payee_codes c WHERE used_by IS NOT NULL AND NOT EXISTS (
               SELECT 1 FROM terminals t WHERE t.payee_id = c.payee_id AND t.terminal_key = c.used_by)""",
    ),
)
"""Table, what is wrong, and the statement that finds it."""

_CLAIM: Final = """SELECT counter, amount_minor, cumulative_minor, previous, request_hash, terminal_ref,
    receipt_counter, index_version, arrived_at, raw FROM claims
    WHERE allowance_ref = ? AND cheque_id = ? AND payee_id = ?"""


def off_in(db: Database, batches: "TakenBatches", more: Sequence[tuple[str, str, str]]) -> Iterator[Bad]:
    """Everything that does not hold in these books; `more` is what must hold as `HOLDS` does."""
    for table, why, query in (*HOLDS, *more):
        for (found,) in db.execute(query):
            yield Bad(table, found.hex() if isinstance(found, bytes) else str(found), why)
    yield from batches.off
    yield from _given_back_off(db)


class TakenBatches:
    """The batches that were taken, opened again: what they say of claims is what the claims' rows must say.

    `off` is what does not fit together; `alone` are the claims that no batch holds as they stand in the books.
    """

    def __init__(self, db: Database, deployment: str, request_at: str | None = None) -> None:
        """`request_at` finds a request by payee, time and hash, where it is kept by its time."""
        self._db, self._deployment, self._request_at = db, deployment, request_at
        self._mistimed: set[bytes] = set()
        self._found: set[tuple[bytes, bytes, bytes]] = set()
        self._finals: dict[tuple[bytes, bytes, bytes], int] = {}
        self._syncs: set[tuple[bytes, Sync]] = set()
        self.alone: list[tuple[bytes, bytes, bytes]] = []
        self.off = tuple(self._compared())

    def _compared(self) -> Iterator[Bad]:
        query = """SELECT b.batch_id, b.body_hash, b.body, b.answer, b.received_at, t.payee_id
                   FROM batches b LEFT JOIN terminals t USING (terminal_ref)"""
        for batch_id, body_hash, body, answer, received_at, payee_id in self._db.execute(query):
            if sha256(body) != body_hash:
                yield Bad("batches", batch_id.hex(), "its hash is not that of its bytes")
            try:
                batch = decode_batch(body)
                sync = sync_in(batch, received_at)
                if sync is not None:
                    self._syncs.add((payee_id or b"", sync))
                self._take(batch, answer, received_at, payee_id)
            except Refused as refused:
                yield Bad("batches", batch_id.hex(), refused.code.value)
        for key in self._db.execute("SELECT allowance_ref, cheque_id, payee_id FROM claims"):
            if key not in self._found:
                self.alone.append(key)
            self._found.discard(key)
        for key in self._found:
            yield Bad("claims", key[1].hex(), "taken with a batch, and not here")
        yield from self._finals_off()
        for asked in sorted(self._mistimed):
            yield Bad("requests", asked.hex(), "kept by another time than its own")
        yield from self._syncs_off()

    def _syncs_off(self) -> Iterator[Bad]:
        stored = {(row[0], Sync(*row[1:])) for row in self._db.execute(f"SELECT payee_id, {SYNC} FROM syncs")}
        for _, sync in sorted(stored ^ self._syncs):
            yield Bad("syncs", sync.batch_id.hex(), "not what its batch says of the terminal's clock")

    def _take(self, batch: Batch, answer: bytes, received_at: int, payee_id: bytes | None) -> None:
        answered = decode_answer(answer).claims
        for raw, item in zip(batch.claims, answered, strict=False):
            if item.verdict in _TURNED_AWAY:
                continue
            claim = decode_claim(raw)
            cheque, receipt = decode_cheque(claim.cheque).terms, decode_receipt(claim.receipt).terms
            request = None if claim.request is None else decode_request(claim.request)
            asked = None if request is None else request_hash(request.payload, self._deployment)
            key = (cheque.allowance_ref, receipt.cheque_id, payee_id or b"")
            if asked is None:
                place = (receipt.cheque_id, payee_id or b"", receipt.terminal_ref)
                self._finals[place] = min(receipt.final_minor, self._finals.get(place, receipt.final_minor))
            said = (
                *(cheque.counter, cheque.amount_minor, cheque.cumulative_minor, cheque.previous),
                asked,
                *(receipt.terminal_ref, receipt.counter, receipt.index_version, received_at, claim.cheque),
            )
            if request is not None and asked is not None and self._request_at is not None:
                kept = self._db.execute(self._request_at, (payee_id or b"", request.terms.time, asked)).fetchone()
                if kept is None:
                    self._mistimed.add(asked)
            row = self._db.execute(_CLAIM, key).fetchone()
            if item.verdict is not Verdict.DUPLICATE and (row == said or row is None):
                self._found.add(key)

    def _finals_off(self) -> Iterator[Bad]:
        query = "SELECT cheque_id, payee_id, terminal_ref, final_minor FROM code_finals"
        stored = {row[:3]: row[3] for row in self._db.execute(query)}
        shown = _shown_by_payers(self._db)
        for key in sorted(stored.keys() | self._finals.keys()):
            if stored.get(key) != self._finals.get(key) and key[:2] not in shown:
                yield Bad("code_finals", key[0].hex(), "not the lowest that this terminal receipted")


def _given_back_off(db: Database) -> Iterator[Bad]:
    """What payees gave back is the most that a note of theirs says. What payers showed stands in their claims."""
    most: dict[tuple[bytes, bytes], int] = {}
    for note_id, payee_id, raw in db.execute("SELECT note_id, payee_id, raw FROM notes"):
        try:
            terms = decode_note(raw).terms
        except Refused as refused:
            yield Bad("notes", note_id.hex(), refused.code.value)
            continue
        back_minor = ALL_OF_IT if terms.note_kind == NoteKind.CANCEL else terms.back_minor
        most[terms.subject, payee_id] = max(back_minor, most.get((terms.subject, payee_id), 0))
    query = "SELECT subject, payee_id, back_minor FROM given_back WHERE payee_id <> ?"
    stored = {row[:2]: row[2] for row in db.execute(query, (ANY_PAYEE,))}
    shown = _shown_by_payers(db)
    for key in sorted(stored.keys() | most.keys()):
        if stored.get(key) != most.get(key) and key not in shown:
            yield Bad("given_back", key[0].hex(), "not the most that a note gives back")


def _shown_by_payers(db: Database) -> set[tuple[bytes, bytes]]:
    """Cheque and payee of every receipt that a payer brought: it may say less than the payee's own batches."""
    rows = db.execute("SELECT cheque_id, payee_id FROM payer_receipts")
    return {(cheque_id, payee_id) for cheque_id, payee_id in rows}
