"""Acquirer: the payee's operator as one service (spec 05).

It certifies terminals, takes their batches exactly once, has the issuer honour them in the same transaction, and
credits payees from the issuer's advices, each applied once and in order.
"""

import threading
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Generic

from feiqian.acquirer.ports import (
    AcquirerReading,
    AcquirerStore,
    IssuerGateway,
    Payee,
    PayeeCode,
    TakenBatch,
    Unit,
    WritePoint,
)
from feiqian.acquirer.revoking import revoke_terminal
from feiqian.acquirer.troubles import AcquirerTrouble
from feiqian.acquirer.values import (
    AdmittedBatch,
    CertifyingTerms,
    EnrolledTerminal,
    NewPayee,
    PayeeLine,
    PayeeStatement,
    Terminal,
)
from feiqian.ledger.accounts import RECEIVABLE, payee_of
from feiqian.ledger.clearing import TRIES_MAX, Advice, Honoured, Stale, thought_out_again
from feiqian.ledger.entry import Draft, LedgerBroken, Reason
from feiqian.ledger.papers import Papers, PapersTaken
from feiqian.ledger.revocation import RevokedTerminal
from feiqian.protocol import cose
from feiqian.protocol.answer import batch_hash, sign_answer
from feiqian.protocol.certificate import (
    CertificateTerms,
    certificate_prefix,
    decode_certificate,
    issue_certificate,
    terminal_ref,
)
from feiqian.protocol.claim import Batch, batch_prefix, decode_batch, decode_batch_head
from feiqian.protocol.ids import PayeeId, TerminalRef
from feiqian.protocol.keys import Signer, load_public_key
from feiqian.protocol.layout import Layout, text
from feiqian.protocol.limits import CLAIMS_MAX, PAYEE_NAME_MAX_BYTES
from feiqian.protocol.possession import (
    CODE_RANDOM_BYTES,
    Purpose,
    check_possession,
    code_context,
    secret_hash,
    spell_code,
)
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.verified import VerifiedCertificate
from feiqian.protocol.verify_allowance import Knowledge
from feiqian.protocol.verify_credit import verify_own_certificate

_ID_BYTES, _ENTRY_ID_BYTES, _TOKEN_BYTES = 8, 16, 32
_EVENTS_SHOWN = 200
_CERTIFICATES_HELD = 4096
_NAME = Layout(None, text(1, "name", PAYEE_NAME_MAX_BYTES))
_NOT_FOR_NAMES = frozenset({"Cn", "Co"})
"""Unassigned and private: a device that knows another Unicode might refuse what it is shown (spec 08)."""


class Acquirer(Generic[Unit]):
    """The acquirer. Raises AcquirerTrouble or Refused; all methods are thread-safe and durable on return."""

    def __init__(
        self,
        *,
        store: AcquirerStore[Unit],
        issuer: IssuerGateway[Unit],
        signer: Signer,
        deployment: str,
        knowledge: Knowledge,
        terms: CertifyingTerms,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        """`clock` gives Unix seconds, `randomness(n)` n unpredictable bytes."""
        self._store = store
        self._issuer = issuer
        self._signer = signer
        self._deployment = deployment
        self._knowledge = knowledge
        self._terms = terms
        self._clock = clock
        self._randomness = randomness
        self._certificates: dict[bytes, VerifiedCertificate] = {}
        self._certificates_lock = threading.Lock()

    def take_keys(self, signer: Signer, knowledge: Knowledge) -> None:
        """From now on signs with this key and believes this key set."""
        self._knowledge = knowledge
        self._signer = signer

    @property
    def terms(self) -> CertifyingTerms:
        """What a terminal is granted by default."""
        return self._terms

    @thought_out_again
    def enrol_payee(self, name: str, currency: str) -> NewPayee:
        """A new payee and its first one-time code. `name` is at most 23 bytes of UTF-8.

        Raises name_invalid, currency_not_served.
        """
        self._check_payee(name, currency)
        payee = Payee(payee_id=PayeeId(self._randomness(_ID_BYTES)), name=name, currency=currency)
        with self._store.write(WritePoint.ENROL_PAYEE) as unit:
            unit.add_payee(payee, self._clock())
            return self._new_code(unit, payee.payee_id)

    @thought_out_again
    def new_code(self, payee_id: PayeeId) -> NewPayee:
        """Another one-time code, for another terminal. Raises unknown_payee."""
        with self._store.write(WritePoint.ENROL_PAYEE) as unit:
            self._payee(unit, payee_id)
            return self._new_code(unit, payee_id)

    def revoke_terminal(self, ref: TerminalRef, at: int | None = None) -> RevokedTerminal:
        """See `revoking`. Raises unknown_terminal."""
        return revoke_terminal(self._store, ref, self._clock(), at)

    def payees(self, *, after: PayeeId | None, limit: int) -> tuple[PayeeLine, ...]:
        """Payees in the order of their ids, at most `limit`; with `after` those behind that id."""
        with self._store.read() as reading:
            return tuple(reading.payee_lines(after, limit))

    def take_carried_batch(self, raw: bytes, received_at: int | None = None) -> bytes:
        """As `take_batch`, for a batch that came as a file or has waited in a queue.

        Its terminal is the one that it names and is signed by. Raises unknown_terminal, too.
        """
        return self.take_batch(self._terminal(decode_batch_head(raw).terminal_ref), raw, received_at)

    def admit_batch(self, raw: bytes, terminal: Terminal | None = None) -> AdmittedBatch:
        """Checks what is cheap of a batch that is to wait until it is taken: the terminal's signature over it.

        What was taken before is found by its id and its bytes, and nothing is decoded for it. Without `terminal` it is
        the one that the batch names. Raises what `take_batch` and `take_carried_batch` raise.
        """
        named_ref, batch_id = decode_batch_head(raw)
        terminal = terminal or self._terminal(named_ref)
        with self._store.read() as reading:
            taken = reading.batch(terminal.terminal_ref, batch_id)
        body_hash = batch_hash(raw)
        again = taken is not None and taken.body_hash == body_hash
        if not again:
            self._opened(terminal, raw)
            if taken is not None:
                raise AcquirerTrouble("batch_id_reused")
        return AdmittedBatch(
            terminal_ref=terminal.terminal_ref,
            batch_id=batch_id,
            body_hash=body_hash,
            answer=None if taken is None else taken.answer,
        )

    def answer_to(self, admitted: AdmittedBatch) -> bytes | None:
        """The answer to a batch that was admitted, as soon as it is taken. Raises batch_id_reused: another one was."""
        with self._store.read() as reading:
            taken = reading.batch(admitted.terminal_ref, admitted.batch_id)
        if taken is not None and taken.body_hash != admitted.body_hash:
            raise AcquirerTrouble("batch_id_reused")
        return None if taken is None else taken.answer

    @thought_out_again
    def enrol_terminal(self, code: str, terminal_key: bytes, proof: bytes) -> EnrolledTerminal:
        """Certifies a terminal. `proof`: prove_possession(terminal, Purpose.TERMINAL, deployment, code_context(code)).

        A retry with the same code and key gives the same certificate and a fresh token. Raises
        enrolment_code_invalid, terminal_key_used, Refused for a proof that does not hold.
        """
        check_possession(
            proof,
            terminal_key,
            Purpose.TERMINAL,
            self._deployment,
            code_context(code),
            read_key=self._knowledge.read_key,
        )
        now = self._clock()
        with self._store.write(WritePoint.ENROL_TERMINAL) as unit:
            stored = unit.payee_code(secret_hash(code))
            if stored is None or now > stored.expires_at or stored.used_by not in (None, terminal_key):
                raise AcquirerTrouble("enrolment_code_invalid")
            known = unit.terminal_by_key(terminal_key)
            again = known is not None and stored.used_by is not None and known.payee_id == stored.payee_id
            if known is not None and (not again or unit.revoked_terminal(known.terminal_ref) is not None):
                raise AcquirerTrouble("terminal_key_used")
            terminal = known or self._certify(self._payee(unit, stored.payee_id), terminal_key, now)
            unit.use_payee_code(secret_hash(code), terminal_key)
            token = self._randomness(_TOKEN_BYTES).hex()
            unit.put_terminal(terminal, terminal_key, secret_hash(token), now)
            return EnrolledTerminal(
                terminal_ref=terminal.terminal_ref,
                payee_id=terminal.payee_id,
                payee_name=terminal.payee_name,
                currency=terminal.currency,
                certificate=terminal.certificate,
                token=token,
            )

    def authenticate_terminal(self, token: str) -> Terminal:
        """Whose token it is. Raises not_signed_in."""
        with self._store.read() as reading:
            terminal = reading.terminal_by_token(secret_hash(token))
        if terminal is None:
            raise AcquirerTrouble("not_signed_in")
        return terminal

    def take_batch(self, terminal: Terminal, raw: bytes, received_at: int | None = None) -> bytes:
        """The signed answer to a batch; the same bytes get the same answer, exactly once.

        Raises Refused for bytes that are no batch of this terminal, batch_id_reused for the same id with another
        body. The arrival that counts is the stamp taken here, or `received_at` for a batch that has waited in a queue;
        it is durable before the answer leaves.
        """
        now = self._clock()
        received_at = now if received_at is None else min(received_at, now)
        batch, certificate = self._opened(terminal, raw)
        with self._store.read() as reading:
            answer = _answered(reading, batch, raw)
        if answer is not None:
            return answer
        think = self._issuer.examine(batch, certificate, received_at)
        broken: LedgerBroken | None = None
        for _ in range(TRIES_MAX):
            honoured, honour = think()
            answer = self._answer(batch, raw, honoured, received_at)
            try:
                with self._store.write(WritePoint.TAKE_BATCH) as unit:
                    unit.add_batch(
                        batch.terminal_ref, batch.batch_id, TakenBatch(batch_hash(raw), answer), raw, received_at
                    )
                    honour(unit)
                    self._credit(unit, honoured.advices, received_at)
            except (Stale, LedgerBroken) as refused:
                # Something it rests on has changed (money that was free is gone, too): look again, perhaps this very
                # batch was taken meanwhile.
                broken = refused if isinstance(refused, LedgerBroken) else None
                with self._store.read() as reading:
                    taken = _answered(reading, batch, raw)
                if taken is not None:
                    return taken
            else:
                return answer
        raise broken or AcquirerTrouble("operator_busy")

    def _opened(self, terminal: Terminal, raw: bytes) -> tuple[Batch, VerifiedCertificate]:
        """The batch and the certificate of the terminal that has signed it. Raises Refused."""
        batch = decode_batch(raw)
        if batch.terminal_ref != terminal.terminal_ref:
            raise Refused(RefusalCode.TERMINAL_SIGNATURE_INVALID, "another terminal's batch")
        certificate = self._certificate(terminal)
        prefix = batch_prefix(certificate.certificate_id, self._deployment)
        cose.verify(batch.envelope, prefix, certificate.terminal_key, RefusalCode.TERMINAL_SIGNATURE_INVALID)
        return batch, certificate

    def _terminal(self, ref: TerminalRef) -> Terminal:
        with self._store.read() as reading:
            terminal = reading.terminal(ref)
        if terminal is None:
            raise AcquirerTrouble("unknown_terminal")
        return terminal

    def _answer(self, batch: Batch, raw: bytes, honoured: Honoured, received_at: int) -> bytes:
        return sign_answer(
            self._signer,
            self._deployment,
            terminal_ref=batch.terminal_ref,
            batch_id=batch.batch_id,
            batch=raw,
            time=received_at,
            claims=honoured.claims,
            notes=honoured.notes,
        )

    def take_papers(self, payer_id: bytes, papers: Papers) -> PapersTaken:
        """Takes what a payer hands in about its own payment; the payees concerned hear of it in the same transaction.

        Again is harmless. Raises Refused, the issuer's unknown_allowance, operator_busy.
        """
        received_at = self._clock()
        think = self._issuer.examine_papers(payer_id, papers, received_at)
        broken: LedgerBroken | None = None
        for _ in range(TRIES_MAX):
            taken, advices, write = think()
            if write is None:
                return taken
            try:
                with self._store.write(WritePoint.TAKE_PAPERS) as unit:
                    write(unit)
                    self._credit(unit, advices, received_at)
            except (Stale, LedgerBroken) as refused:
                broken = refused if isinstance(refused, LedgerBroken) else None
            else:
                return taken
        raise broken or AcquirerTrouble("operator_busy")

    @thought_out_again
    def collect(self) -> int:
        """Applies the issuer's advices that came outside of a batch (windows closed); how many. Idempotent."""
        with self._store.write(WritePoint.COLLECT) as unit:
            return self._apply_advices(unit, self._clock())

    def statement(self, payee_id: PayeeId, after: int | None = None) -> PayeeStatement:
        """What the payee has, what waits until when, and the newest changes, newest first. Raises unknown_payee.

        With `after`, the number of an event, the changes behind it, oldest first: asked for the next and the next
        until there is none, a terminal hears every change however many there were since.
        """
        with self._store.read() as reading:
            payee = self._payee(reading, payee_id)
            waiting = tuple(reading.payee_waiting(payee_id))
            return PayeeStatement(
                payee_id=payee_id,
                name=payee.name,
                currency=payee.currency,
                balance_minor=reading.balance_minor(payee_of(payee_id), payee.currency),
                waiting_minor=sum(claim.waiting_minor for claim in waiting),
                waiting=waiting,
                events=tuple(reading.payee_events(payee_id, _EVENTS_SHOWN, after)),
            )

    def _apply_advices(self, unit: Unit, now: int) -> int:
        applied = 0
        while advices := unit.advices_to_apply(CLAIMS_MAX):
            self._credit(unit, advices, now)
            applied += len(advices)
        return applied

    def _credit(self, unit: Unit, advices: Sequence[Advice], now: int) -> None:
        """Tells payees of these advices and posts what they are owed by them."""
        if not advices:
            return
        paid_minor: defaultdict[tuple[PayeeId, str], int] = defaultdict(int)
        for advice in advices:
            paid_minor[advice.payee_id, advice.currency] += advice.paid_minor
        draft = Draft()
        for (payee_id, currency), amount_minor in paid_minor.items():
            draft.move(debit=RECEIVABLE, credit=payee_of(payee_id), amount_minor=amount_minor, currency=currency)
        unit.add_payee_events(advices)
        entry = draft.entry(entry_id=self._randomness(_ENTRY_ID_BYTES), reason=Reason.CREDITED, at=now)
        if entry is not None:
            unit.post(entry)

    def _certify(self, payee: Payee, terminal_key: bytes, now: int) -> Terminal:
        signer = self._signer
        key = load_public_key(signer.public_key)
        raw = issue_certificate(
            signer,
            self._deployment,
            CertificateTerms(
                acquirer_key_id=key.key_id,
                terminal_key=terminal_key,
                payee_id=payee.payee_id,
                payee_name=payee.name,
                capabilities=self._terms.capabilities,
                note_cap_minor=self._terms.note_cap_minor,
                currency=payee.currency,
                not_before=now,
                expires_at=now + self._terms.lifetime_s,
            ),
        )
        payload = decode_certificate(raw).envelope.payload
        return Terminal(
            terminal_ref=terminal_ref(cose.digest(certificate_prefix(key, self._deployment), payload)),
            payee_id=payee.payee_id,
            payee_name=payee.name,
            currency=payee.currency,
            certificate=raw,
        )

    def _certificate(self, terminal: Terminal) -> VerifiedCertificate:
        """The terminal's certificate; an expired one still speaks for what was accepted while it was valid."""
        with self._certificates_lock:
            held = self._certificates.get(terminal.certificate)
        if held is not None:
            return held
        decoded = decode_certificate(terminal.certificate)
        verified = verify_own_certificate(decoded, self._knowledge)
        with self._certificates_lock:
            if len(self._certificates) >= _CERTIFICATES_HELD:
                self._certificates.clear()
            self._certificates[terminal.certificate] = verified
        return verified

    def _new_code(self, unit: Unit, payee_id: PayeeId) -> NewPayee:
        code = spell_code(self._randomness(CODE_RANDOM_BYTES))
        expires_at = self._clock() + self._terms.code_lifetime_s
        unit.add_payee_code(secret_hash(code), PayeeCode(payee_id=payee_id, expires_at=expires_at, used_by=None))
        return NewPayee(payee_id=payee_id, code=code, code_expires_at=expires_at)

    def _payee(self, reading: AcquirerReading, payee_id: PayeeId) -> Payee:
        payee = reading.payee(payee_id)
        if payee is None:
            raise AcquirerTrouble("unknown_payee")
        return payee

    def _check_payee(self, name: str, currency: str) -> None:
        try:
            self._knowledge.policy(currency)
        except Refused:
            raise AcquirerTrouble("currency_not_served", currency=currency) from None
        try:
            _NAME.content({"name": name})
        except Refused:
            raise AcquirerTrouble("name_invalid") from None
        if any(unicodedata.category(character) in _NOT_FOR_NAMES for character in name):
            raise AcquirerTrouble("name_invalid")


def _answered(reading: AcquirerReading, batch: Batch, raw: bytes) -> bytes | None:
    """The answer that this batch was given before, or None. Raises batch_id_reused for another body."""
    taken = reading.batch(batch.terminal_ref, batch.batch_id)
    if taken is None:
        return None
    if taken.body_hash != batch_hash(raw):
        raise AcquirerTrouble("batch_id_reused")
    return taken.answer
