"""Honouring: what an examined batch does to the books, in one transaction (spec 05).

All facts that the batch touches are loaded set-wise, the new ones are added, every allowance concerned is weighed
anew, and the differences between how its claims stood and how they stand become postings and advices.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace

from feiqian.issuer.drawing import Available, draw
from feiqian.issuer.examine import Evidence, Examined, NoteEvidence
from feiqian.issuer.facts import AllowanceFacts, ClaimFacts, ClaimKey, Drawn
from feiqian.issuer.judge import ALL_OF_IT, ANY_PAYEE, Standing, admit, displaced_by_request, weigh
from feiqian.issuer.ports import IssuerUnit
from feiqian.issuer.sharing import share_out
from feiqian.issuer.witness import Witness
from feiqian.ledger.accounts import LOSS, PAYABLE, POOL, free_of, reserve_of
from feiqian.ledger.clearing import Advice, AdviceKind, Honoured
from feiqian.ledger.entry import Draft, Reason
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId

_ADVICE = {
    Verdict.SETTLED: AdviceKind.SETTLED,
    Verdict.CONTINGENT: AdviceKind.WAITING,
    Verdict.FORK: AdviceKind.FORK,
    Verdict.DOUBLE_ACCEPTANCE: AdviceKind.DOUBLE_ACCEPTANCE,
    Verdict.SECOND_CHEQUE: AdviceKind.SECOND_CHEQUE,
    Verdict.NOTED: AdviceKind.GIVEN_BACK,
    Verdict.SUSPENDED: AdviceKind.UNPAID,
}


class Settling:
    """One batch being honoured, or one window being closed, inside one unit."""

    def __init__(self, unit: IssuerUnit, *, at: int, randomness: Callable[[int], bytes]) -> None:
        self._unit = unit
        self._at = at
        self._randomness = randomness
        self._allowances: dict[AllowanceRef, AllowanceFacts] = {}
        self._loaded: dict[AllowanceRef, AllowanceFacts] = {}
        self._claims: dict[ClaimKey, ClaimFacts] = {}
        self._before: dict[ClaimKey, ClaimFacts] = {}
        self._draft = Draft()
        self._advices: list[Advice] = []
        self._free: dict[tuple[bytes, str], int] = {}

    def honour(self, examined: Examined) -> Honoured:
        """Takes the batch in and answers it."""
        evidence = [item for item in examined.claims if isinstance(item, Evidence)]
        notes = [item for item in examined.notes if isinstance(item, NoteEvidence)]
        self._load(evidence, notes)
        witness = Witness(self._unit, self._allowances, self._at)
        keys = [self._take(item, witness) if isinstance(item, Evidence) else item for item in examined.claims]
        note_answers = tuple(
            self._take_note(item) if isinstance(item, NoteEvidence) else item for item in examined.notes
        )
        self._unit.add_testimonies(witness.heard)
        asked = {item.request_hash for item in evidence if item.request_hash is not None}
        self._weigh(witness.accused, asked)
        self._store(Reason.HONOURED)
        return Honoured(claims=tuple(self._answers(keys)), notes=note_answers)

    def close_window(self, allowance: AllowanceFacts) -> tuple[int, int]:
        """Ends an allowance whose D has passed; what waiting claims were paid and what went back, minor units."""
        self._allowances[allowance.ref] = self._loaded[allowance.ref] = allowance
        for claim in self._unit.claims_on([allowance.ref]):
            self._claims[claim.key] = self._before[claim.key] = claim
        parts = share_out(allowance.reserved_minor, self._claims)
        for key, part_minor in parts.items():
            claim = self._claims[key]
            kind = AdviceKind.SHARED if part_minor else AdviceKind.UNPAID
            self._restand(claim, Standing(claim.paid_minor + part_minor, 0, claim.verdict), kind)
        self._move(allowance, self._claims.values())
        left = self._allowances[allowance.ref]
        back_minor = left.reserved_minor - self._heal(left)
        self._draft.move(
            debit=reserve_of(left.ref), credit=free_of(left.payer_id), amount_minor=back_minor, currency=left.currency
        )
        self._allowances[left.ref] = replace(left, returned_minor=left.reserved_minor, closed_at=self._at)
        self._store(Reason.WINDOW_CLOSED)
        return sum(parts.values()), back_minor

    def _heal(self, left: AllowanceFacts) -> int:
        """What of this reserve makes good what its payer's convicted devices cost the issuer and the pool.

        It counts as the payer's other money, which it would be now, had everything been known at once.
        """
        healed_minor = 0
        for debt in self._unit.allowances_of(left.payer_id):
            if not debt.forked or debt.lost_at is not None or debt.ref == left.ref or debt.currency != left.currency:
                continue
            loss_minor = min(left.reserved_minor - healed_minor, debt.drawn.loss_minor)
            pool_minor = min(left.reserved_minor - healed_minor - loss_minor, debt.drawn.pool_minor)
            for account, amount_minor in ((LOSS, loss_minor), (POOL, pool_minor)):
                self._draft.move(
                    debit=reserve_of(left.ref), credit=account, amount_minor=amount_minor, currency=left.currency
                )
            drawn = Drawn(
                debt.drawn.reserve_minor,
                debt.drawn.free_minor + loss_minor + pool_minor,
                debt.drawn.pool_minor - pool_minor,
                debt.drawn.loss_minor - loss_minor,
            )
            self._loaded[debt.ref], self._allowances[debt.ref] = debt, replace(debt, drawn=drawn)
            healed_minor += loss_minor + pool_minor
        return healed_minor

    def _load(self, evidence: list[Evidence], notes: list[NoteEvidence]) -> None:
        refs = {item.cheque.allowance.ref for item in evidence}
        subjects: set[bytes] = {note.subject for note in notes}
        subjects |= {item.request_hash for item in evidence if item.request_hash is not None}
        refs |= self._unit.related_refs(subjects)
        self._loaded = self._unit.allowances(refs)
        self._allowances = dict(self._loaded)
        for claim in self._unit.claims_on(refs):
            self._claims[claim.key] = self._before[claim.key] = claim

    def _take(self, item: Evidence, witness: Witness) -> tuple[ClaimKey, bool] | AnswerItem:
        """The claim's key and whether it was known before, or its answer."""
        allowance = self._allowances[item.cheque.allowance.ref]
        if self._frozen(allowance.ref):
            return AnswerItem(verdict=Verdict.LATE)
        witness.hear(item.testimonies)
        for cheque_id, back_minor in item.given_back:
            self._unit.put_given_back(cheque_id, ANY_PAYEE, back_minor)
        key = ClaimKey(item.cheque.cheque_id, item.payee_id)
        final_minor = item.receipt.final_minor
        if item.request_hash is None:
            # Each terminal of a payee takes its own part of a code: the lowest counts within one terminal only.
            final_minor = self._unit.put_code_final(key, item.receipt.terminal_ref, final_minor)
        known = self._claims.get(key)
        if known is not None:
            final_minor = min(known.amount_minor if item.request_hash is None else known.final_minor, final_minor)
            self._claims[key] = replace(known, final_minor=final_minor)
            return key, True
        self._claims[key] = _claim_of(item, self._allowances[allowance.ref], self._at)
        return key, False

    def _take_note(self, note: NoteEvidence) -> AnswerItem:
        concerned = [
            claim
            for claim in self._claims.values()
            if claim.payee_id == note.payee_id and note.subject in (claim.cheque_id, claim.request_hash)
        ]
        if any(self._frozen(claim.allowance_ref) for claim in concerned):
            return AnswerItem(verdict=Verdict.LATE)
        if not self._unit.add_note(note.note_id, note.payee_id, note.raw, self._at):
            return AnswerItem(verdict=Verdict.DUPLICATE)
        back_minor = ALL_OF_IT if note.back_minor is None else note.back_minor
        self._unit.put_given_back(note.subject, note.payee_id, back_minor)
        return AnswerItem(verdict=Verdict.NOTED)

    def _frozen(self, ref: AllowanceRef) -> bool:
        """True once D has passed: how its claims stand is final."""
        allowance = self._allowances[ref]
        return allowance.closed_at is not None or self._at > allowance.deadline

    def _displaced(self, asked: set[RequestHash]) -> frozenset[ClaimKey]:
        """Only requests that this batch asks for can change; `_load` has brought all of their claims."""
        touched = [claim for claim in self._claims.values() if claim.request_hash in asked]
        frozen = {claim.key for claim in touched if self._frozen(claim.allowance_ref)}
        others = frozenset(
            claim.key
            for claim in self._claims.values()
            if claim.request_hash not in asked and claim.verdict is Verdict.SECOND_CHEQUE
        )
        return displaced_by_request(touched, frozen) | others

    def _weigh(self, accused: set[StatementId], asked: set[RequestHash]) -> None:
        displaced = self._displaced(asked)
        subjects: set[bytes] = {claim.cheque_id for claim in self._claims.values()}
        subjects |= {claim.request_hash for claim in self._claims.values() if claim.request_hash is not None}
        given_back = self._unit.given_back(subjects)
        by_ref: defaultdict[AllowanceRef, list[ClaimFacts]] = defaultdict(list)
        for claim in self._claims.values():
            by_ref[claim.allowance_ref].append(claim)
        for ref, claims in by_ref.items():
            if self._frozen(ref):
                continue
            allowance = self._allowances[ref]
            for key, standing in weigh(allowance, claims, given_back, displaced).items():
                self._restand(self._claims[key], _told(standing, self._claims[key], accused))
            self._move(allowance, [self._claims[claim.key] for claim in claims])

    def _restand(self, claim: ClaimFacts, standing: Standing, kind: AdviceKind | None = None) -> None:
        """The claim stands as `standing`; the payee is told when that is new."""
        before = self._before.get(claim.key)
        paid_minor, waiting_minor = (0, 0) if before is None else (before.paid_minor, before.waiting_minor)
        self._claims[claim.key] = replace(
            claim, paid_minor=standing.paid_minor, waiting_minor=standing.waiting_minor, verdict=standing.verdict
        )
        changed = (paid_minor, waiting_minor) != (standing.paid_minor, standing.waiting_minor)
        if not changed and before is not None and before.verdict is standing.verdict:
            return
        allowance = self._allowances[claim.allowance_ref]
        less = standing.paid_minor + standing.waiting_minor < paid_minor + waiting_minor
        if less and standing.verdict in (Verdict.SETTLED, Verdict.CONTINGENT):
            kind = kind or AdviceKind.GIVEN_BACK
        self._advices.append(
            Advice(
                number=0,
                kind=kind or _ADVICE[standing.verdict],
                payee_id=claim.payee_id,
                cheque_id=claim.cheque_id,
                currency=allowance.currency,
                paid_minor=standing.paid_minor - paid_minor,
                waiting_minor=standing.waiting_minor - waiting_minor,
                deadline=allowance.deadline,
                at=self._at,
            )
        )

    def _move(self, allowance: AllowanceFacts, claims: Iterable[ClaimFacts]) -> None:
        """Brings what was drawn for an allowance in line with what its claims are paid."""
        paid_minor = {False: 0, True: 0}
        for claim in claims:
            paid_minor[claim.borne] += claim.paid_minor
        drawn = self._draw(allowance, allowance.drawn, paid_minor[False], own_debt=False)
        borne = self._draw(allowance, allowance.borne, paid_minor[True], own_debt=True)
        self._allowances[allowance.ref] = replace(allowance, drawn=drawn, borne=borne)

    def _draw(self, allowance: AllowanceFacts, before: Drawn, paid_minor: int, *, own_debt: bool) -> Drawn:
        currency, payer = allowance.currency, free_of(allowance.payer_id)
        change_minor = paid_minor - before.total_minor
        if not change_minor:
            return before
        short = change_minor > allowance.reserved_minor or own_debt
        # Whoever reported the loss answers with the reserve and with nothing else: the forger is a thief.
        answers = allowance.forked and allowance.lost_at is None and not own_debt
        free_minor = self._left(payer.owner, currency) if short and answers else 0
        available = Available(
            reserve_minor=0 if own_debt else allowance.reserved_minor,
            free_minor=free_minor,
            pool_minor=self._left(b"", currency) if short else 0,
        )
        after = draw(before, change_minor, available)
        moves = (
            (reserve_of(allowance.ref), after.reserve_minor - before.reserve_minor),
            (payer, after.free_minor - before.free_minor),
            (POOL, after.pool_minor - before.pool_minor),
            (LOSS, after.loss_minor - before.loss_minor),
        )
        for account, amount_minor in moves:
            self._draft.move(debit=account, credit=PAYABLE, amount_minor=amount_minor, currency=currency)
            if (account.owner, currency) in self._free and account in (payer, POOL):
                self._free[account.owner, currency] -= amount_minor
        return after

    def _left(self, owner: bytes, currency: str) -> int:
        """What a payer (or the pool, without an owner) still has, this unit's draws included."""
        if (owner, currency) not in self._free:
            account = free_of(owner) if owner else POOL
            self._free[owner, currency] = self._unit.balance_minor(account, currency) - self._draft.drawn_minor(
                account, currency
            )
        return self._free[owner, currency]

    def _store(self, reason: Reason) -> None:
        for ref, allowance in self._allowances.items():
            if allowance != self._loaded.get(ref):
                self._unit.put_allowance(allowance)
        self._unit.put_claims([claim for key, claim in self._claims.items() if claim != self._before.get(key)])
        entry = self._draft.entry(entry_id=self._randomness(16), reason=reason, at=self._at)
        if entry is not None:
            self._unit.post(entry)
        self._unit.add_advices(self._advices)

    def _answers(self, keys: Iterable[tuple[ClaimKey, bool] | AnswerItem]) -> Iterable[AnswerItem]:
        for item in keys:
            if isinstance(item, AnswerItem):
                yield item
                continue
            key, known = item
            claim = self._claims[key]
            verdict = Verdict.DUPLICATE if known else claim.verdict
            yield AnswerItem(verdict=verdict, paid_minor=claim.paid_minor, waiting_minor=claim.waiting_minor)


def _claim_of(item: Evidence, allowance: AllowanceFacts, at: int) -> ClaimFacts:
    admission = admit(allowance, item.receipt)
    return ClaimFacts(
        cheque_id=item.cheque.cheque_id,
        payee_id=PayeeId(item.payee_id),
        allowance_ref=allowance.ref,
        counter=item.cheque.link.counter,
        amount_minor=item.cheque.link.amount_minor,
        cumulative_minor=item.cheque.link.cumulative_minor,
        previous=item.cheque.link.previous,
        final_minor=item.receipt.final_minor,
        request_hash=item.request_hash,
        terminal_ref=item.receipt.terminal_ref,
        receipt_counter=item.receipt.counter,
        index_version=item.receipt.index_version,
        bound=item.bound,
        guaranteed=item.cheque.guaranteed_minor > 0,
        borne=admission.borne,
        barred=admission.barred,
        arrived_at=at,
        verdict=Verdict.CONTINGENT,
    )


def _told(standing: Standing, claim: ClaimFacts, accused: set[StatementId]) -> Standing:
    """Whoever holds one of two contradictory cheques is told so, whatever it is paid."""
    forked = claim.cheque_id in accused or claim.verdict is Verdict.FORK
    if forked and standing.verdict in (Verdict.SETTLED, Verdict.CONTINGENT):
        return replace(standing, verdict=Verdict.FORK)
    return standing
