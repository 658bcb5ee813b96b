"""The tables of the payer's own door and of disputes: rows become values and values rows; no rule is decided here."""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from feiqian.acquirer.dispute_ports import DrawnCheque
from feiqian.acquirer.dispute_values import ChargeBack, Dispute, DisputedClaim, DisputeId, DisputeLine, DisputeStep
from feiqian.acquirer.disputes import DisputeAct, DisputeReason, DisputeState, Party
from feiqian.issuer.papers import ReceiptEvidence
from feiqian.issuer.values import MissingClaim, PayerId
from feiqian.ledger.clearing import Stale
from feiqian.ledger.papers import Presented
from feiqian.ledger.sealing import Sealed
from feiqian.ledger.verify import ChargeBackFacts
from feiqian.protocol.ids import AllowanceRef, PayeeId, StatementId
from feiqian.storage.sealed_tables import SealedTables, row_of

_OPENED: Final = "open"
"""How the first step of a dispute is spelled in its row."""
_DISPUTE: Final = """SELECT d.dispute_id, d.opener, d.reason, d.cheque_id, d.allowance_ref, d.payer_id, d.payee_id,
    d.currency, d.amount_minor, d.moved_minor, d.deadline, d.state, d.opened_at, d.until, d.version FROM disputes d"""
_STEP: Final = """SELECT dispute_id, number, party, act, amount_minor, words, evidence, at, sealed_by
    FROM dispute_steps"""
_FACTS: Final = """a.drawn_reserve_minor + a.drawn_free_minor,
    coalesce((SELECT sum(b.back_minor) FROM charge_backs b
        WHERE b.allowance_ref = a.ref AND b.cheque_id = {cheque} AND b.payee_id = p.payee_id), 0),
    coalesce((SELECT sum(b.back_minor) FROM charge_backs b WHERE b.allowance_ref = a.ref), 0),
    a.deadline, a.closed_at IS NOT NULL"""
"""What of an allowance bears on a dispute: what its payer answered for, what disputes moved of it, D, and its end."""
_FOUND: Final = {
    Party.PAYER: """SELECT a.ref FROM allowances a JOIN claims c ON c.allowance_ref = a.ref
        WHERE a.payer_id = ? AND c.cheque_id = ? LIMIT 1""",
    Party.PAYEE: "SELECT allowance_ref FROM payee_events WHERE payee_id = ? AND cheque_id = ? LIMIT 1",
}
_OF_ONE: Final = {
    Party.PAYER: f"{_DISPUTE} WHERE d.payer_id = ? ORDER BY d.opened_at DESC, d.dispute_id LIMIT ?",
    Party.PAYEE: f"{_DISPUTE} WHERE d.payee_id = ? ORDER BY d.opened_at DESC, d.dispute_id LIMIT ?",
}
_ALL: Final = f"{_DISPUTE} ORDER BY (d.until IS NULL), d.until, d.opened_at DESC, d.dispute_id LIMIT ?"


class DisputeTables(SealedTables):
    """A `DisputeUnit`, and what an `IssuerUnit` keeps of papers, over one connection."""

    # --- papers ---

    def payee_name(self, payee_id: PayeeId) -> str | None:
        row = self._maybe("SELECT payee_id, name, sealed_by FROM payees WHERE payee_id = ?", (payee_id,))
        return None if row is None else self._opened_text(Sealed.PAYEE_NAME, *row)

    def is_presented(self, ref: AllowanceRef, cheque_id: StatementId) -> bool:
        query = "SELECT 1 FROM presented WHERE allowance_ref = ? AND cheque_id = ?"
        return self._maybe(query, (ref, cheque_id)) is not None

    def is_receipt_kept(self, receipt_id: StatementId) -> bool:
        return self._maybe("SELECT 1 FROM payer_receipts WHERE receipt_id = ?", (receipt_id,)) is not None

    def missing_claims(self, payer_id: PayerId, limit: int) -> list[MissingClaim]:
        query = """SELECT s.cheque_id, s.allowance_ref, s.amount_minor, s.at, a.deadline, s.payee_id
                   FROM presented s JOIN allowances a ON a.ref = s.allowance_ref
                   WHERE s.payer_id = ? AND a.closed_at IS NULL AND NOT EXISTS (SELECT 1 FROM claims c
                       WHERE c.allowance_ref = s.allowance_ref AND c.cheque_id = s.cheque_id)
                   ORDER BY s.at, s.cheque_id LIMIT ?"""
        rows = self._db.execute(query, (payer_id, limit)).fetchall()
        names = self.payee_names(row[5] for row in rows)
        return [
            MissingClaim(
                cheque_id=StatementId(row[0]),
                ref=AllowanceRef(row[1]),
                amount_minor=row[2],
                presented_at=row[3],
                deadline=row[4],
                payee_name=names.get(row[5]),
            )
            for row in rows
        ]

    def add_presented(self, presented: Presented) -> None:
        named = (presented.allowance_ref, presented.cheque_id, presented.payer_id, presented.payee_id)
        row = (*named, presented.counter, presented.amount_minor, presented.at)
        self._db.execute("INSERT INTO presented VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def add_receipt(self, receipt: ReceiptEvidence, ref: AllowanceRef, at: int) -> None:
        row = (receipt.receipt_id, ref, receipt.terms.cheque_id, receipt.payee_id, receipt.raw, at)
        self._db.execute("INSERT INTO payer_receipts VALUES (?, ?, ?, ?, ?, ?)", row)

    # --- disputes ---

    def allowance_of_cheque(self, party: Party, owner: bytes, cheque_id: StatementId) -> AllowanceRef | None:
        row = self._maybe(_FOUND[party], (owner, cheque_id))
        return None if row is None else AllowanceRef(row[0])

    def disputed_claims(self, ref: AllowanceRef, cheque_id: StatementId) -> list[DisputedClaim]:
        query = f"""SELECT c.cheque_id, a.ref, a.payer_id, p.payee_id, a.currency, c.amount_minor, c.paid_minor,
                           c.waiting_minor, c.borne, {_FACTS.format(cheque="c.cheque_id")}
                    FROM claims c JOIN allowances a ON a.ref = c.allowance_ref JOIN payees p ON p.payee_id = c.payee_id
                    WHERE c.allowance_ref = ? AND c.cheque_id = ? ORDER BY c.payee_id"""
        return [self._claim(row) for row in self._db.execute(query, (ref, cheque_id)).fetchall()]

    def unclaimed(self, drawn: DrawnCheque, payee_id: PayeeId) -> DisputedClaim | None:
        query = f"""SELECT a.ref, a.payer_id, p.payee_id, a.currency, {_FACTS.format(cheque="?")}
                    FROM allowances a CROSS JOIN payees p WHERE a.ref = ? AND p.payee_id = ?"""
        row = self._maybe(query, (drawn.cheque_id, drawn.allowance_ref, payee_id))
        if row is None:
            return None
        return self._claim((drawn.cheque_id, *row[:4], drawn.amount_minor, 0, 0, 0, *row[4:]))

    def dispute(self, dispute_id: DisputeId) -> Dispute | None:
        row = self._maybe(f"{_DISPUTE} WHERE d.dispute_id = ?", (dispute_id,))
        return None if row is None else self._disputes([row])[0]

    def dispute_steps(self, dispute_id: DisputeId) -> list[DisputeStep]:
        rows = self._db.execute(f"{_STEP} WHERE dispute_id = ? ORDER BY number", (dispute_id,))
        return [self._step(row) for row in rows.fetchall()]

    def disputes_of(self, party: Party, owner: bytes, limit: int) -> list[DisputeLine]:
        rows = (
            self._db.execute(_OF_ONE[party], (owner, limit)) if party in _OF_ONE else self._db.execute(_ALL, (limit,))
        )
        found = self._disputes(rows.fetchall())
        steps = self._steps_of(one.dispute_id for one in found)
        return [DisputeLine(dispute=one, steps=tuple(steps[one.dispute_id])) for one in found]

    def disputes_due(self, now: int, limit: int) -> list[Dispute]:
        query = f"{_DISPUTE} WHERE d.until < ? ORDER BY d.until, d.dispute_id LIMIT ?"
        return self._disputes(self._db.execute(query, (now, limit)).fetchall())

    def put_dispute(self, dispute: Dispute, step: DisputeStep) -> None:
        if step.act is None:
            self._db.execute(
                "INSERT INTO disputes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", _dispute_row(dispute)
            )
        else:
            put = self._db.execute(
                """UPDATE disputes SET moved_minor = ?, state = ?, until = ?, version = version + 1
                   WHERE dispute_id = ? AND version = ?""",
                (dispute.moved_minor, dispute.state.value, dispute.until, dispute.dispute_id, dispute.version),
            )
            if put.rowcount != 1:
                raise Stale
        self._add_step(step)

    def add_charge_back(self, moved: ChargeBack) -> None:
        parties = (moved.dispute_id, moved.payer_id, moved.payee_id, moved.cheque_id, moved.allowance_ref)
        row = (*parties, moved.currency, moved.back_minor, moved.at)
        self._db.execute("INSERT INTO charge_backs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _charge_backs(self) -> Iterable[ChargeBackFacts]:
        query = "SELECT payer_id, payee_id, currency, sum(back_minor) FROM charge_backs GROUP BY 1, 2, 3"
        for payer_id, payee_id, currency, back_minor in self._db.execute(query):
            yield ChargeBackFacts(payer_id=payer_id, payee_id=payee_id, currency=currency, back_minor=back_minor)

    def _add_step(self, step: DisputeStep) -> None:
        act = _OPENED if step.act is None else step.act.value
        done = (step.dispute_id, step.number, step.by.value, act)
        place = row_of(step.dispute_id, step.number)
        words, sealed_by = self._sealed(Sealed.WORDS, place, step.words)
        evidence = self._seals.seal(Sealed.EVIDENCE, place, step.evidence, sealed_by)
        row = (*done, step.amount_minor, words, evidence, step.at, sealed_by)
        self._db.execute(
            """INSERT INTO dispute_steps
                   (dispute_id, number, party, act, amount_minor, words, evidence, at, sealed_by)
               VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            row,
        )

    def _steps_of(self, dispute_ids: Iterable[DisputeId]) -> defaultdict[DisputeId, list[DisputeStep]]:
        steps: defaultdict[DisputeId, list[DisputeStep]] = defaultdict(list)
        for row in list(
            self._among(f"{_STEP} WHERE dispute_id IN ({{keys}}) ORDER BY dispute_id, number", dispute_ids)
        ):
            steps[DisputeId(row[0])].append(self._step(row))
        return steps

    def _disputes(self, rows: Sequence[Sequence[Any]]) -> list[Dispute]:
        names = self.payee_names(row[6] for row in rows)
        return [_dispute(row, names.get(row[6], "")) for row in rows]

    def _claim(self, row: Sequence[Any]) -> DisputedClaim:
        return _claim(row, self.payee_names([row[3]]).get(row[3], ""))

    def _step(self, row: Sequence[Any]) -> DisputeStep:
        place = row_of(row[0], row[1])
        words = self._opened_text(Sealed.WORDS, place, row[5], row[8])
        return _step(row, words, self._opened(Sealed.EVIDENCE, place, row[6], row[8]))


def _claim(row: Sequence[Any], payee_name: str) -> DisputedClaim:
    return DisputedClaim(
        cheque_id=StatementId(row[0]),
        allowance_ref=AllowanceRef(row[1]),
        payer_id=row[2],
        payee_id=PayeeId(row[3]),
        payee_name=payee_name,
        currency=row[4],
        amount_minor=row[5],
        paid_minor=row[6],
        waiting_minor=row[7],
        borne_by_issuer=bool(row[8]),
        borne_minor=row[9],
        moved_minor=row[10],
        moved_on_allowance_minor=row[11],
        deadline=row[12],
        closed=bool(row[13]),
    )


def _dispute(row: Sequence[Any], payee_name: str) -> Dispute:
    return Dispute(
        dispute_id=DisputeId(row[0]),
        opener=Party(row[1]),
        reason=DisputeReason(row[2]),
        cheque_id=StatementId(row[3]),
        allowance_ref=AllowanceRef(row[4]),
        payer_id=row[5],
        payee_id=PayeeId(row[6]),
        payee_name=payee_name,
        currency=row[7],
        amount_minor=row[8],
        moved_minor=row[9],
        deadline=row[10],
        state=DisputeState(row[11]),
        opened_at=row[12],
        until=row[13],
        version=row[14],
    )


def _dispute_row(one: Dispute) -> tuple[Any, ...]:
    parties = (one.dispute_id, one.opener.value, one.reason.value, one.cheque_id, one.allowance_ref)
    amounts = (one.payer_id, one.payee_id, one.currency, one.amount_minor, one.moved_minor)
    return (*parties, *amounts, one.deadline, one.state.value, one.opened_at, one.until, one.version)


def _step(row: Sequence[Any], words: str, evidence: bytes) -> DisputeStep:
    return DisputeStep(
        dispute_id=DisputeId(row[0]),
        number=row[1],
        by=Party(row[2]),
        act=None if row[3] == _OPENED else DisputeAct(row[3]),
        amount_minor=row[4],
        words=words,
        evidence=evidence,
        at=row[7],
    )
