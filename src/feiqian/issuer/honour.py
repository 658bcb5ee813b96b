"""Honouring: what an examined batch does to the books, thought out on what they know (spec 05). Pure.

The new facts are added to the known ones, every allowance concerned is weighed anew, and the differences between how
its claims stood and how they stand become postings and advices. Nothing is read or written here.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from feiqian.issuer.drawing import Available, draw
from feiqian.issuer.examine import Evidence, Examined, NoteEvidence
from feiqian.issuer.facts import AllowanceFacts, ClaimFacts, ClaimKey, Drawn, Standing
from feiqian.issuer.judge import ALL_OF_IT, ANY_PAYEE, admit, displaced_by_request, weigh
from feiqian.issuer.known import Changes, CodeFinal, Known, PaidRequest, Subject, Wanted
from feiqian.issuer.papers import PapersEvidence, ReceiptEvidence
from feiqian.issuer.sharing import share_out
from feiqian.issuer.witness import Witness
from feiqian.ledger.accounts import LOSS, PAYABLE, POOL, free_of, reserve_of
from feiqian.ledger.clearing import Advice, AdviceKind, Honoured
from feiqian.ledger.entry import Draft, Reason
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId, TerminalRef

_ADVICE = {
    Verdict.SETTLED: AdviceKind.SETTLED,
    Verdict.CONTINGENT: AdviceKind.WAITING,
    Verdict.FORK: AdviceKind.FORK,
    Verdict.DOUBLE_ACCEPTANCE: AdviceKind.DOUBLE_ACCEPTANCE,
    Verdict.SECOND_CHEQUE: AdviceKind.SECOND_CHEQUE,
    Verdict.NOTED: AdviceKind.GIVEN_BACK,
    Verdict.SUSPENDED: AdviceKind.UNPAID,
}

_FORK: Final = Verdict.FORK  # an enum's member is a look-up of its own, and every claim is asked


def wanted_by(examined: Examined, payee_id: PayeeId) -> Wanted:
    """What has to be known to honour a batch of this payee."""
    notes = [item for item in examined.notes if isinstance(item, NoteEvidence)]
    refs: set[AllowanceRef] = set()
    requests: dict[RequestHash, int] = {}
    cheques: set[StatementId] = set()
    codes: set[StatementId] = set()
    for item in examined.claims:
        if isinstance(item, Evidence):
            cheque_id = item.cheque.cheque_id
            refs.add(item.cheque.allowance.ref)
            cheques.add(cheque_id)
            if item.request_hash is None:
                codes.add(cheque_id)
            else:
                requests[item.request_hash] = item.asked_at
    return Wanted(
        refs=frozenset(refs),
        payee_id=payee_id,
        requests=requests,
        cheques=frozenset(cheques),
        codes=frozenset(codes),
        subjects=frozenset(note.subject for note in notes),
        notes=frozenset(note.note_id for note in notes),
    )


class Settling:
    """One batch being honoured, or one window being closed, on what is known."""

    def __init__(self, known: Known, *, at: int, entry_id: bytes, payee_id: PayeeId = ANY_PAYEE) -> None:
        """`at` is the time, `entry_id` 16 bytes for the entry that it may post; `payee_id` whose batch it is."""
        self._known = known
        self._at = at
        self._entry_id = entry_id
        self._payee_id = payee_id
        self._allowances = dict(known.allowances)
        self._before = {claim.key: claim for claim in known.claims}
        self._claims = dict(self._before)
        self._given_back = dict(known.given_back)
        self._code_finals: defaultdict[ClaimKey, dict[TerminalRef, int]] = defaultdict(dict)
        for final, final_minor in known.code_finals.items():
            self._code_finals[ClaimKey(*final[:2])][final.terminal_ref] = final_minor
        self._noted = set(known.notes)
        self._balance_minor = dict(known.balance_minor)
        self._over = {ref for ref, one in known.allowances.items() if one.closed_at is not None or at > one.deadline}
        self._asked: dict[RequestHash, list[ClaimKey]] = {}
        self._asked_at: dict[RequestHash, int] = {}
        self._moved: set[AllowanceRef] = set()
        self._draft = Draft()
        self._changes = Changes(payee_id=payee_id, notes_version=known.notes_version, at=at)

    def honour(self, examined: Examined) -> tuple[Honoured, Changes]:
        """The answers to the batch, and what they change."""
        witness = Witness(self._allowances, self._before.values(), self._known.testimonies, self._at)
        keys = [self._take(item, witness) if isinstance(item, Evidence) else item for item in examined.claims]
        notes = tuple(self._take_notes(examined.notes))
        self._changes.testimonies = witness.heard
        self._changes.forks = witness.forks
        self._weigh(witness.accused)
        changes = self._finish(Reason.HONOURED)
        honoured = Honoured(claims=tuple(self._answers(keys)), notes=notes, advices=tuple(changes.advices))
        return honoured, changes

    def take_papers(self, shown: PapersEvidence) -> Changes:
        """What a payer's papers change: its receipt is a claim of the payee's, its note counts as the payee's own.

        Nothing here is answered to a terminal, so its payee hears of every change as an event.
        """
        witness = Witness(self._allowances, self._before.values(), self._known.testimonies, self._at)
        self._moved.add(shown.ref)
        if shown.receipt is not None and shown.receipt.claim is not None:
            self._take(shown.receipt.claim, witness)
        else:
            witness.hear(shown.ref, shown.link, shown.raw, unclaimed=True)
        if shown.receipt is not None and shown.receipt.claim is None:
            self._lower(shown, shown.receipt)
        if shown.note is not None:
            self._take_notes([shown.note])
        self._changes.testimonies = witness.heard
        self._changes.forks = witness.forks
        self._weigh(witness.accused)
        changes = self._finish(Reason.HONOURED)
        changes.advices = [advice._replace(first=False) for advice in changes.advices]
        return changes

    def claims_for(self, cheque_id: StatementId) -> list[ClaimFacts]:
        """All claims on one cheque, as they stand now."""
        return [claim for claim in self._claims.values() if claim.cheque_id == cheque_id]

    def close_window(self, ref: AllowanceRef, others: Sequence[AllowanceFacts]) -> tuple[int, int, Changes]:
        """Ends an allowance whose D has passed; what waiting claims were paid, what went back, minor units.

        `others` are all allowances of its payer.
        """
        parts = share_out(self._allowances[ref].reserved_minor, self._claims)
        for key, part_minor in parts.items():
            claim = self._claims[key]
            kind = AdviceKind.SHARED if part_minor else AdviceKind.UNPAID
            self._restand(key, claim, Standing(claim.paid_minor + part_minor, 0, claim.verdict), kind)
        self._move(self._allowances[ref], self._claims.values())
        left = self._allowances[ref]
        back_minor = left.reserved_minor - self._heal(left, others)
        self._draft.move(
            debit=reserve_of(ref), credit=free_of(left.payer_id), amount_minor=back_minor, currency=left.currency
        )
        self._put(replace(left, returned_minor=left.reserved_minor, closed_at=self._at))
        return sum(parts.values()), back_minor, self._finish(Reason.WINDOW_CLOSED)

    def _heal(self, left: AllowanceFacts, others: Sequence[AllowanceFacts]) -> int:
        """What of this reserve makes good what its payer's convicted devices cost the issuer and the pool.

        It counts as the payer's other money, which it would be now, had everything been known at once.
        """
        healed_minor = 0
        for debt in others:
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
            if drawn != debt.drawn:
                self._put(replace(debt, drawn=drawn))
            healed_minor += loss_minor + pool_minor
        return healed_minor

    def _take(self, item: Evidence, witness: Witness) -> tuple[ClaimKey, bool] | AnswerItem:
        """The claim's key and whether it was known before, or its answer."""
        cheque, link, receipt, request_hash, payee_id, _, given_back, testimonies, _, _, asked_at = item
        ref = cheque.allowance.ref
        if ref in self._over:
            return AnswerItem(verdict=Verdict.LATE)
        self._moved.add(ref)
        witness.hear(ref, link, cheque.raw)
        for testimony in testimonies:
            witness.hear(ref, testimony.link, testimony.raw, unclaimed=True)
        for cheque_id, back_minor in given_back:
            self._give_back((cheque_id, ANY_PAYEE), back_minor)
        key = ClaimKey(cheque.cheque_id, payee_id)
        final_minor = receipt.final_minor
        if request_hash is not None:
            self._asked.setdefault(request_hash, []).append(key)
            self._asked_at[request_hash] = asked_at
        else:
            final_minor = self._code_final(CodeFinal(*key, receipt.terminal_ref), final_minor)
        known = self._claims.get(key)
        if known is not None:
            final_minor = min(known.amount_minor if request_hash is None else known.final_minor, final_minor)
            self._claims[key] = known._replace(final_minor=final_minor)
            return key, True
        final_minor = min(final_minor, link.amount_minor)
        self._claims[key] = _claim_of(item, self._allowances[ref], final_minor, self._at)
        return key, False

    def _lower(self, shown: PapersEvidence, receipt: ReceiptEvidence) -> None:
        """A receipt that makes no claim still says the most that its payee signed for."""
        final_minor, key = receipt.terms.final_minor, ClaimKey(shown.cheque_id, receipt.payee_id)
        if shown.request_hash is not None:
            self._give_back(key, shown.link.amount_minor - final_minor)
            return
        final_minor = self._code_final(CodeFinal(*key, receipt.terms.terminal_ref), final_minor)
        known = self._claims.get(key)
        if known is not None:
            self._claims[key] = known._replace(final_minor=min(known.amount_minor, final_minor))

    def _code_final(self, mine: CodeFinal, final_minor: int) -> int:
        """What all terminals of a payee receipted of a code: of each one the lowest, for each takes its own part."""
        finals = self._code_finals[ClaimKey(*mine[:2])]
        lowest_minor = min(final_minor, finals.get(mine.terminal_ref, final_minor))
        if finals.get(mine.terminal_ref) != lowest_minor:
            finals[mine.terminal_ref] = self._changes.code_finals[mine] = lowest_minor
        return sum(finals.values())

    def _refs_by_subject(self) -> Mapping[Subject, set[AllowanceRef]]:
        """The allowances of the claims that a note about a cheque or a request concerns."""
        refs: defaultdict[Subject, set[AllowanceRef]] = defaultdict(set)
        for claim in self._claims.values():
            refs[claim.cheque_id, claim.payee_id].add(claim.allowance_ref)
            if claim.request_hash is not None:
                refs[claim.request_hash, claim.payee_id].add(claim.allowance_ref)
        return refs

    def _take_notes(self, notes: Sequence[NoteEvidence | AnswerItem]) -> list[AnswerItem]:
        """The answer to each; all claims were taken before."""
        refs = self._refs_by_subject() if notes else {}
        return [
            self._take_note(note, refs.get((note.subject, note.payee_id), ()))
            if isinstance(note, NoteEvidence)
            else note
            for note in notes
        ]

    def _take_note(self, note: NoteEvidence, concerned: Collection[AllowanceRef]) -> AnswerItem:
        """Takes a note in that concerns claims on these allowances."""
        if any(self._frozen(ref) for ref in concerned):
            return AnswerItem(verdict=Verdict.LATE)
        if note.note_id in self._noted:
            return AnswerItem(verdict=Verdict.DUPLICATE)
        self._noted.add(note.note_id)
        self._changes.notes.append((note.note_id, note.raw))
        self._moved.update(concerned)
        self._give_back((note.subject, note.payee_id), ALL_OF_IT if note.back_minor is None else note.back_minor)
        return AnswerItem(verdict=Verdict.NOTED)

    def _give_back(self, subject: Subject, back_minor: int) -> None:
        """Of one subject the largest amount stays."""
        if back_minor > self._given_back.get(subject, 0):
            self._given_back[subject] = self._changes.given_back[subject] = back_minor

    def _frozen(self, ref: AllowanceRef) -> bool:
        """True once D has passed: how its claims stand is final."""
        return ref in self._over

    def _displaced(self) -> Collection[ClaimKey]:
        """Claims that are not paid since their request pays another cheque; which one that is goes into the changes.

        A request's cheque is the one that wins against the one before, so the losers of earlier times stay lost.
        """
        lost = {key for key, claim in self._before.items() if claim.verdict is Verdict.SECOND_CHEQUE}
        for request_hash, keys in self._asked.items():
            before = self._known.paid_requests.get(request_hash)
            if before is None and not lost and len(keys) == 1:  # nearly always: a new request, answered once
                self._pay_request(request_hash, self._claims[keys[0]], None)
                continue
            rivals = set(keys) - lost if lost else set(keys)
            if before is not None:
                rivals.add(ClaimKey(before.cheque_id, before.payee_id))
            if len(rivals) > 1:
                claims = [self._claims[key] for key in rivals]
                losers = displaced_by_request(claims, {one.key for one in claims if self._frozen(one.allowance_ref)})
                lost |= losers
                rivals -= losers
            for paid in rivals:
                if before is None or before.cheque_id != paid.cheque_id:
                    self._pay_request(request_hash, self._claims[paid], before)
        return lost

    def _pay_request(self, request_hash: RequestHash, claim: ClaimFacts, before: PaidRequest | None) -> None:
        asked_at = self._asked_at[request_hash] if before is None else before.asked_at
        paid = PaidRequest(claim.payee_id, request_hash, claim.allowance_ref, claim.cheque_id, asked_at)
        if before is None:
            self._changes.new_requests.append(paid)
        else:
            self._changes.moved_requests.append((paid, before.cheque_id))

    def _weigh(self, accused: set[StatementId]) -> None:
        displaced = self._displaced()
        by_ref: defaultdict[AllowanceRef, list[tuple[ClaimKey, ClaimFacts]]] = defaultdict(list)
        for item in self._claims.items():
            by_ref[item[1].allowance_ref].append(item)
        for ref, items in by_ref.items():
            if self._frozen(ref):
                continue
            allowance = self._allowances[ref]
            claims = [claim for _, claim in items]
            standings = weigh(allowance, claims, self._given_back, displaced, agreed=not allowance.forked)
            stand = [self._restand(key, claim, _told(standings[key], claim, accused)) for key, claim in items]
            self._move(allowance, stand)

    def _restand(
        self, key: ClaimKey, claim: ClaimFacts, standing: Standing, kind: AdviceKind | None = None
    ) -> ClaimFacts:
        """The claim as it stands now; the payee is told when that is new."""
        before = self._before.get(key)
        self._claims[key] = after = claim.standing_as(standing)
        stands_paid_minor, stands_waiting_minor, verdict = standing
        paid_minor, waiting_minor = stands_paid_minor, stands_waiting_minor
        if before is not None:
            if before.standing == standing:
                return after
            paid_minor -= before.paid_minor
            waiting_minor -= before.waiting_minor
            if paid_minor + waiting_minor < 0 and verdict in (Verdict.SETTLED, Verdict.CONTINGENT):
                kind = kind or AdviceKind.GIVEN_BACK
        ref, cheque_id, payee_id = claim[:3]
        self._moved.add(ref)
        allowance = self._allowances[ref]
        self._changes.advices.append(
            Advice(
                kind or _ADVICE[verdict],
                payee_id,
                cheque_id,
                ref,
                allowance.currency,
                paid_minor,
                waiting_minor,
                stands_paid_minor,
                stands_waiting_minor,
                allowance.deadline,
                self._at,
                before is None,
            )
        )
        return after

    def _put(self, allowance: AllowanceFacts) -> None:
        self._allowances[allowance.ref] = allowance
        self._moved.add(allowance.ref)

    def _move(self, allowance: AllowanceFacts, claims: Iterable[ClaimFacts]) -> None:
        """Brings what was drawn for an allowance in line with what its claims are paid."""
        paid_minor = {False: 0, True: 0}
        for claim in claims:
            paid_minor[claim.borne] += claim.paid_minor
        drawn = self._draw(allowance, allowance.drawn, paid_minor[False], own_debt=False)
        borne = self._draw(allowance, allowance.borne, paid_minor[True], own_debt=True)
        if drawn is not allowance.drawn or borne is not allowance.borne:
            self._put(replace(allowance, drawn=drawn, borne=borne))

    def _draw(self, allowance: AllowanceFacts, before: Drawn, paid_minor: int, *, own_debt: bool) -> Drawn:
        change_minor = paid_minor - before.total_minor
        if not change_minor:
            return before
        currency, payer_id = allowance.currency, allowance.payer_id
        short = change_minor > allowance.reserved_minor or own_debt
        # Whoever reported the loss answers with the reserve and with nothing else: the forger is a thief.
        answers = allowance.forked and allowance.lost_at is None and not own_debt
        available = Available(
            reserve_minor=0 if own_debt else allowance.reserved_minor,
            free_minor=self._balance_minor.get((payer_id, currency), 0) if short and answers else 0,
            pool_minor=self._balance_minor.get((b"", currency), 0) if short else 0,
        )
        after = draw(before, change_minor, available)
        reserve_minor = after.reserve_minor - before.reserve_minor
        if reserve_minor:
            self._draft.move(
                debit=reserve_of(allowance.ref), credit=PAYABLE, amount_minor=reserve_minor, currency=currency
            )
        if reserve_minor == change_minor:  # nearly always: the reserve meets all of it
            return after
        moves = (
            (free_of(payer_id), after.free_minor - before.free_minor),
            (POOL, after.pool_minor - before.pool_minor),
            (LOSS, after.loss_minor - before.loss_minor),
        )
        for account, amount_minor in moves:
            if amount_minor:
                self._draft.move(debit=account, credit=PAYABLE, amount_minor=amount_minor, currency=currency)
                if account is not LOSS:
                    self._balance_minor[account.owner, currency] -= amount_minor
        return after

    def _finish(self, reason: Reason) -> Changes:
        changes = self._changes
        changes.touched.extend(self._allowances[ref] for ref in sorted(self._moved))
        if not self._before:  # nearly always: nobody has claimed on these allowances before
            changes.new_claims.extend(self._claims.values())
        for key, claim in self._claims.items() if self._before else ():
            before = self._before.get(key)
            if before is None:
                changes.new_claims.append(claim)
            elif claim != before:
                changes.changed_claims.append(claim)
        changes.entry = self._draft.entry(entry_id=self._entry_id, reason=reason, at=self._at)
        return changes

    def _answers(self, keys: Iterable[tuple[ClaimKey, bool] | AnswerItem]) -> Iterable[AnswerItem]:
        for item in keys:
            if isinstance(item, AnswerItem):
                yield item
                continue
            key, known = item
            claim = self._claims[key]
            verdict = Verdict.DUPLICATE if known else claim.verdict
            yield AnswerItem(verdict, claim.paid_minor, claim.waiting_minor)


def _claim_of(item: Evidence, allowance: AllowanceFacts, final_minor: int, at: int) -> ClaimFacts:
    cheque, link, receipt, request_hash, payee_id, bound, _, _, made_at, held_index, _ = item
    barred, borne = admit(allowance, held_index, made_at)
    cheque_id, counter, amount_minor, cumulative_minor, previous, _ = link
    terminal_ref, _, _, _, receipt_counter, _, index_version = receipt
    return ClaimFacts(
        allowance.ref,
        cheque_id,
        payee_id,
        counter,
        amount_minor,
        cumulative_minor,
        previous,
        request_hash,
        terminal_ref,
        receipt_counter,
        index_version,
        bound,
        cheque.guaranteed_minor > 0 and index_version >= held_index,
        borne,
        barred,
        at,
        final_minor,
        cheque.cheque.envelope.raw,
    )


def _told(standing: Standing, claim: ClaimFacts, accused: set[StatementId]) -> Standing:
    """Whoever holds one of two contradictory cheques is told so, whatever it is paid."""
    forked = claim.verdict is _FORK or claim.cheque_id in accused
    if forked and standing.verdict in (Verdict.SETTLED, Verdict.CONTINGENT):
        return standing._replace(verdict=Verdict.FORK)
    return standing
