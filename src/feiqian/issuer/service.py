"""Issuer: the payer's operator as one service (spec 05).

It holds the payers' money, reserves it and issues allowances on it, honours claims behind the acquirer's gateway,
and gives back what is left at D. Every method is durable when it returns and may be retried with the same ids.
"""

from collections.abc import Callable
from dataclasses import replace

from feiqian.issuer.attesting import Attesting, NoAttestations
from feiqian.issuer.authenticators import Authenticators, no_codes
from feiqian.issuer.code_ports import CodeMaker
from feiqian.issuer.examine import Examined, SharedCache, examine_claims, examine_note
from feiqian.issuer.facts import AllowanceFacts
from feiqian.issuer.honour import Settling, wanted_by
from feiqian.issuer.issuing import (
    TIERS_THAT_KEEP_KEYS,
    AllowanceOrder,
    amount_granted,
    free_status_index,
    list_size,
    sign_allowance,
)
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.issuer.known import Changes, Wanted
from feiqian.issuer.listing import Listing
from feiqian.issuer.opening import ClaimOpener, Opened
from feiqian.issuer.papers import examine_papers, receipt_in_papers
from feiqian.issuer.papers_taken import papers_ground, take_papers
from feiqian.issuer.placing import sync_in
from feiqian.issuer.ports import (
    Attestations,
    IssuerReading,
    IssuerStore,
    IssuerUnit,
    PinHasher,
    WritePoint,
)
from feiqian.issuer.statement import exposures_of, statement_of
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import (
    Device,
    Exposure,
    Fork,
    IssuedAllowance,
    IssuingTerms,
    PayerId,
    PayerStatement,
    SuspendReason,
    Suspension,
    WindowsClosed,
)
from feiqian.issuer.witness import Witness, suspended
from feiqian.ledger.accounts import free_of, reserve_of
from feiqian.ledger.clearing import Advice, Honoured, thought_out_again
from feiqian.ledger.entry import Draft, Reason
from feiqian.ledger.papers import Papers, PapersTaken
from feiqian.protocol import cose
from feiqian.protocol.allowance import Tier
from feiqian.protocol.chain import link_of
from feiqian.protocol.cheque import ChequeForm, decode_cheque
from feiqian.protocol.claim import Batch
from feiqian.protocol.ids import AllowanceRef, PayeeId, StatementId, TerminalRef
from feiqian.protocol.keys import Signer
from feiqian.protocol.limits import BATCH_ID_BYTES, STATEMENT_MAX_BYTES
from feiqian.protocol.policy import deadline
from feiqian.protocol.possession import Purpose, check_possession
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.protocol.verified import VerifiedCertificate
from feiqian.protocol.verify_allowance import check_amounts, identify_allowance, verify_device

_WINDOWS_AT_ONCE = 100
_ENTRY_ID_BYTES = 16


class Issuer(Listing):
    """The issuer. Raises IssuerTrouble or Refused; all methods are thread-safe and durable on return.

    What concerns people and devices (enrol, fund, bind, sign in) is in `Accounts`, its key in `Listing`.
    """

    def __init__(
        self,
        *,
        store: IssuerStore,
        signer: Signer,
        deployment: str,
        knowledge: OperatorKnowledge,
        terms: IssuingTerms,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
        attestations: Attestations | None = None,
        pins: PinHasher | None = None,
        code_at: CodeMaker = no_codes,
    ) -> None:
        """`clock` gives Unix seconds, `randomness(n)` n unpredictable bytes.

        Without `attestations` every key counts as one in software, without `pins` enrolment codes have no second
        secret, without `code_at` no authenticator can be confirmed.
        """
        super().__init__(
            store=store,
            signer=signer,
            deployment=deployment,
            knowledge=knowledge,
            terms=terms,
            clock=clock,
            randomness=randomness,
            pins=pins,
        )
        self.attesting = Attesting(store, attestations or NoAttestations(), deployment)
        self.authenticators = Authenticators(store, code_at, clock, randomness)
        self._cache = SharedCache()
        self._opener = ClaimOpener()

    @thought_out_again
    def issue_allowance(
        self,
        device: Device,
        *,
        device_key: bytes,
        proof: bytes | None,
        request_id: bytes,
        amount_minor: int | None = None,
        evidence: bytes | None = None,
        audience: PayeeId | None = None,
    ) -> IssuedAllowance:
        """Reserves money and issues an allowance on it, in one transaction; the same request id gives the same bytes.

        `request_id` is 16 bytes; `proof`: prove_possession(device_signer, Purpose.ALLOWANCE, deployment,
        device.device_id, request_id); None only with evidence that shows possession itself. `amount_minor` None takes
        the default, or what is free if that is less. `evidence` shows where the key lives (spec 12); without any it
        counts as one in software, or as what this payer's key is known to be.
        Raises not_enough_money, amount_out_of_range, too_many_allowances, device_convicted, idempotency_reused,
        device_key_used, key_invalid, attestation_refused.
        """
        if len(request_id) != BATCH_ID_BYTES:
            raise IssuerTrouble("key_invalid")
        if proof is not None:
            context = (device.device_id, request_id)
            read_key = self._knowledge.read_key
            check_possession(proof, device_key, Purpose.ALLOWANCE, self._deployment, *context, read_key=read_key)
        now = self._clock()
        shown = self.attesting.shown(device, device_key=device_key, request_id=request_id, evidence=evidence, now=now)
        with self._store.write(WritePoint.ISSUE) as unit:
            known = unit.allowance_of_request(device.device_id, request_id)
            if known is not None:
                if known.device_key != device_key or amount_minor not in (None, known.amount_minor):
                    raise IssuerTrouble("idempotency_reused")
                code_key = self.authenticators.code_key(unit, known.payer_id, known.raw)
                return IssuedAllowance(ref=known.ref, raw=known.raw, deadline=known.deadline, code_key=code_key)
            standing = shown or self.attesting.known(unit, device, device_key)
            if proof is None and not standing.proves_possession:
                raise Refused(RefusalCode.DEVICE_SIGNATURE_INVALID)
            held = unit.allowances_of(device.payer_id)
            own = standing.tier in TIERS_THAT_KEEP_KEYS and any(one.device_key == device_key for one in held)
            if not own and unit.device_key_known(device_key):
                raise IssuerTrouble("device_key_used")
            if any(one.forked for one in held):
                raise IssuerTrouble("device_convicted")
            live = [one for one in held if now <= one.expires_at]
            if len([one for one in live if one.status is AllowanceStatus.GOOD]) >= self._terms.live_allowances_max:
                raise IssuerTrouble("too_many_allowances", most=self._terms.live_allowances_max)
            size = list_size(self._terms, unit.allowance_count())
            order = AllowanceOrder(
                device_key=device_key,
                currency=device.currency,
                amount_minor=self._amount_free(unit, device, amount_minor, standing.tier),
                tier=standing.tier,
                audience=audience,
                status_index=free_status_index(size, self._randomness, unit.status_index_used),
                pseudonym=self._randomness(8),
                now=now,
                code_secret=self.authenticators.asked_of(unit, device),
            )
            if standing.fresh is not None:
                unit.put_attested_key(standing.fresh)
            return self._reserve(unit, device, request_id, order)

    @thought_out_again
    def close_allowance(self, device: Device, closing_cheque: bytes) -> Suspension:
        """Takes the signed closing cheque as testimony; CLOSED in the next list. Nothing is freed before D.

        Idempotent. Raises unknown_allowance; Refused for bytes that are no closing cheque of this allowance.
        """
        cheque = decode_cheque(closing_cheque)
        if cheque.form is not ChequeForm.CLOSING:
            raise Refused(RefusalCode.WRONG_MESSAGE, "a closing cheque was expected")
        now = self._clock()
        with self._store.write(WritePoint.CLOSE) as unit:
            held = self._allowance(unit, cheque.terms.allowance_ref)
            if held.payer_id != device.payer_id:
                raise IssuerTrouble("unknown_allowance")
            envelope = cose.open_envelope(held.raw, max_bytes=STATEMENT_MAX_BYTES)
            allowance = identify_allowance(envelope, self._knowledge)
            check_amounts(cheque, allowance)
            link = link_of(verify_device(cheque, allowance), cheque.terms)
            known = unit.known(Wanted(refs=frozenset((held.ref,))))
            loaded = dict(known.allowances)
            witness = Witness(loaded, known.claims, known.testimonies, now)
            witness.hear(held.ref, link, cheque.envelope.raw, unclaimed=True)
            after = loaded[held.ref]
            if after.status is AllowanceStatus.GOOD:
                after = replace(after, status=AllowanceStatus.CLOSED, reason=SuspendReason.CLOSED.value)
            unit.apply(Changes(touched=[after], testimonies=witness.heard, forks=witness.forks, at=now))
            return _suspension(after)

    @thought_out_again
    def suspend(self, ref: AllowanceRef, reason: SuspendReason) -> Suspension:
        """Suspends at once (idempotent; the first reason stays); listed in the next pack. Raises unknown_allowance."""
        with self._store.write(WritePoint.SUSPEND) as unit:
            return self._suspend(unit, self._allowance(unit, ref), reason)

    @thought_out_again
    def report_lost(self, payer_id: PayerId) -> tuple[Suspension, ...]:
        """Suspends every live allowance of a payer and signs its devices out: the lost phone. Raises unknown_payer."""
        with self._store.write(WritePoint.SUSPEND) as unit:
            self._payer(unit, payer_id)
            unit.sign_out(payer_id)
            live = [one for one in unit.allowances_of(payer_id) if one.closed_at is None]
            return tuple(self._suspend(unit, one, SuspendReason.LOST) for one in live)

    def statement(self, payer_id: PayerId) -> PayerStatement:
        """What the payer has, where it is, and why. Raises unknown_payer."""
        with self._store.read() as reading:
            return statement_of(reading, self._payer(reading, payer_id))

    def forks(self) -> tuple[Fork, ...]:
        """Every conviction, oldest first."""
        with self._store.read() as reading:
            return tuple(reading.forks())

    def exposures(self) -> tuple[Exposure, ...]:
        """Live allowances and those on which the issuer lost: what is at stake where."""
        with self._store.read() as reading:
            return exposures_of(reading.open_allowances())

    def close_windows(self) -> WindowsClosed:
        """Ends every allowance whose D has passed: pays waiting claims, returns the rest. Idempotent; run often.

        Afterwards call `Acquirer.collect()` so that payees are credited.
        """
        now = self._clock()
        ended = paid_minor = returned_minor = 0
        while True:
            closed = self._close_some_windows(now)
            ended += closed.allowances
            paid_minor += closed.paid_minor
            returned_minor += closed.returned_minor
            if closed.allowances < _WINDOWS_AT_ONCE:
                return WindowsClosed(allowances=ended, paid_minor=paid_minor, returned_minor=returned_minor)

    @thought_out_again
    def _close_some_windows(self, now: int) -> WindowsClosed:
        with self._store.write(WritePoint.CLOSE_WINDOW) as unit:
            due = unit.due_allowances(now, _WINDOWS_AT_ONCE)
            closed = [self._close_window(unit, ref, now) for ref in due]
        return WindowsClosed(
            allowances=len(closed),
            paid_minor=sum(shared_minor for shared_minor, _ in closed),
            returned_minor=sum(back_minor for _, back_minor in closed),
        )

    def _close_window(self, unit: IssuerUnit, ref: AllowanceRef, now: int) -> tuple[int, int]:
        """One window, read behind what the one before has changed: its end may heal what another one has cost."""
        known = unit.known(Wanted(refs=frozenset((ref,))))
        settling = Settling(known, at=now, entry_id=self._randomness(_ENTRY_ID_BYTES))
        others = unit.allowances_of(known.allowances[ref].payer_id)
        shared_minor, back_minor, changes = settling.close_window(ref, others)
        unit.apply(changes)
        unit.add_advices(changes.advices)
        return shared_minor, back_minor

    def examine(
        self, batch: Batch, certificate: VerifiedCertificate, received_at: int
    ) -> Callable[[], tuple[Honoured, Callable[[IssuerUnit], None]]]:
        """Checks every signature of a batch (already verified as this terminal's) outside of any transaction.

        The result, called, thinks out on what the books know now how every item is answered, and gives beside the
        answers what writes it: inside a transaction, once, all or (Stale) nothing. Then call the result again.
        """
        opened = [self._opener.open(raw) for raw in batch.claims]
        fit = [item for item in opened if isinstance(item, Opened)]
        receipts = [item.receipt.terms for item in fit]
        sync = sync_in(batch, received_at)
        with self._store.read() as reading:
            ground = self._policies.ground(
                reading,
                reading.allowance_bytes({item.cheque.terms.allowance_ref for item in fit}),
                receipts,
                terminal_ref=certificate.ref,
                currency=certificate.terms.currency,
                this=sync,
                received_at=received_at,
            )
            revoked = self._policies.revocation(reading, batch.notes, certificate, this=sync, received_at=received_at)
        check = None if revoked is None else revoked.check
        examined = Examined(
            claims=examine_claims(opened, certificate, ground, self._knowledge, self._cache),
            notes=tuple(examine_note(raw, certificate, self._deployment, check) for raw in batch.notes),
        )
        payee_id = certificate.terms.payee_id
        wanted = wanted_by(examined, payee_id)
        judge_codes = self.authenticators.judging(examined.claims, self._knowledge)

        def think() -> tuple[Honoured, Callable[[IssuerUnit], None]]:
            with self._store.read() as reading:
                known = reading.known(wanted)
            entry_id = self._randomness(_ENTRY_ID_BYTES)
            honoured, changes = Settling(known, at=received_at, entry_id=entry_id, payee_id=payee_id).honour(examined)
            changes.sync = sync
            judge_codes(known, changes)
            return honoured, lambda unit: unit.apply(changes)

        return think

    def examine_papers(
        self, payer_id: bytes, papers: Papers, received_at: int
    ) -> Callable[[], tuple[PapersTaken, tuple[Advice, ...], Callable[[IssuerUnit], None] | None]]:
        """Checks what a payer hands in about one of its payments, outside of any transaction (spec 10.1).

        The result, called, says on what the books know now how the payment stands then, what its payee has to hear,
        and what writes it, as `examine` does; None when nothing is new. Raises unknown_allowance, Refused.
        """
        ref = decode_cheque(papers.cheque).terms.allowance_ref
        with self._store.read() as reading:
            held = reading.allowances([ref]).get(ref)
            if held is None or held.payer_id != payer_id:
                raise IssuerTrouble("unknown_allowance")
            receipt = receipt_in_papers(papers)
            ground = self._policies.ground(
                reading,
                {ref: held.raw},
                [] if receipt is None else [receipt],
                terminal_ref=TerminalRef(b"") if receipt is None else receipt.terminal_ref,
                currency=held.currency,
                this=None,
                received_at=received_at,
            )
        shown = examine_papers(papers, ground.allowances[ref], ground, self._knowledge, self._cache)

        judge_codes = self.authenticators.judging(shown.claims, self._knowledge)

        def think() -> tuple[PapersTaken, tuple[Advice, ...], Callable[[IssuerUnit], None] | None]:
            with self._store.read() as reading:
                ground = papers_ground(reading, shown)
            entry_id = self._randomness(_ENTRY_ID_BYTES)
            return take_papers(shown, ground, at=received_at, entry_id=entry_id, judge_codes=judge_codes)

        return think

    def drawn_cheque(self, raw: bytes) -> tuple[StatementId, AllowanceRef, int]:
        """Id, allowance and amount of a cheque that a device of ours signed. Raises Refused, unknown_allowance."""
        cheque = decode_cheque(raw)
        with self._store.read() as reading:
            held = self._allowance(reading, cheque.terms.allowance_ref)
        envelope = cose.open_envelope(held.raw, max_bytes=STATEMENT_MAX_BYTES)
        allowance = identify_allowance(envelope, self._knowledge)
        check_amounts(cheque, allowance)
        return verify_device(cheque, allowance), held.ref, cheque.amount_minor

    def _amount_free(self, unit: IssuerUnit, device: Device, wanted_minor: int | None, tier: Tier) -> int:
        """The amount to reserve, if it is granted to this payer and a key of this tier, and there."""
        free_minor = unit.balance_minor(free_of(device.payer_id), device.currency)
        identified = self._terms.unidentified_allowance_minor is None or unit.is_identified(device.payer_id)
        most_minor = self._terms.most_minor(tier, identified=identified)
        return amount_granted(wanted_minor, most_minor=most_minor, free_minor=free_minor, currency=device.currency)

    def _reserve(self, unit: IssuerUnit, device: Device, request_id: bytes, order: AllowanceOrder) -> IssuedAllowance:
        ref, raw, expires_at = sign_allowance(self._signer, self._deployment, self._terms, order)
        ends_at = deadline(self._knowledge.policy(order.currency), expires_at)
        unit.put_allowance(
            AllowanceFacts(
                ref=ref,
                raw=raw,
                payer_id=device.payer_id,
                device_id=device.device_id,
                request_id=request_id,
                device_key=order.device_key,
                currency=order.currency,
                amount_minor=order.amount_minor,
                status_index=order.status_index,
                scoped=order.audience is not None,
                issued_at=order.now,
                expires_at=expires_at,
                deadline=ends_at,
            )
        )
        draft = Draft()
        draft.move(
            debit=free_of(device.payer_id),
            credit=reserve_of(ref),
            amount_minor=order.amount_minor,
            currency=order.currency,
        )
        self._post(unit, draft, Reason.RESERVED, order.now)
        code_key = self.authenticators.code_key(unit, device.payer_id, raw)
        return IssuedAllowance(ref=ref, raw=raw, deadline=ends_at, code_key=code_key)

    def _suspend(self, unit: IssuerUnit, allowance: AllowanceFacts, reason: SuspendReason) -> Suspension:
        after = suspended(allowance, reason)
        if reason is SuspendReason.LOST and after.lost_at is None:
            after = replace(after, lost_at=self._clock())
        if after != allowance:
            unit.put_allowance(after)
        return _suspension(after)

    def _allowance(self, unit: IssuerReading, ref: AllowanceRef) -> AllowanceFacts:
        found = unit.allowances([ref]).get(ref)
        if found is None:
            raise IssuerTrouble("unknown_allowance")
        return found


def _suspension(allowance: AllowanceFacts) -> Suspension:
    return Suspension(
        ref=allowance.ref,
        reason=SuspendReason(allowance.reason),
        at_risk_minor=allowance.reserved_minor,
        currency=allowance.currency,
        deadline=allowance.deadline,
    )
