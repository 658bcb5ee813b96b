"""What a settling bench stands on: a home with payers, allowances and terminals, and books that are full beforehand.

Everything is written through the store's own units, many allowances in one transaction, so that a bench need not wait
for a commit each. Rows are those that issuing and settling leave behind, in the same tables by the same code; what
`fill` writes differs in one thing: signatures there are random bytes, for nobody verifies a settled cheque again. That
the books are whole afterwards is checked as `ledger verify` does.
"""

import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import cycle
from typing import Final, Protocol, cast

from feiqian.acquirer.ports import AcquirerUnit, TakenBatch
from feiqian.acquirer.values import EnrolledTerminal
from feiqian.issuer.facts import AllowanceFacts, ClaimFacts, Drawn, Payer
from feiqian.issuer.issuing import AllowanceOrder, sign_allowance
from feiqian.issuer.known import Changes, PaidRequest
from feiqian.issuer.ports import Funding, IssuerUnit
from feiqian.issuer.values import Device, DeviceId, IssuingTerms, PayerId
from feiqian.keys.software import SoftwareKey
from feiqian.ledger.accounts import CASH, PAYABLE, RECEIVABLE, free_of, payee_of, reserve_of
from feiqian.ledger.clearing import Advice, AdviceKind
from feiqian.ledger.entry import Draft, Reason
from feiqian.protocol import cose
from feiqian.protocol.allowance import Tier, allowance_id, decode_allowance
from feiqian.protocol.answer import AnswerItem, Verdict, batch_hash, sign_answer
from feiqian.protocol.certificate import certificate_prefix, decode_certificate
from feiqian.protocol.ids import AllowanceRef, BatchId, PayeeId, RequestHash, StatementId, TerminalRef
from feiqian.protocol.keys import PublicKey, Signer
from feiqian.protocol.limits import BATCH_ID_BYTES, ID_BYTES, PREVIOUS_BYTES, REF_BYTES
from feiqian.protocol.policy import Policy, deadline
from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.server.operator import Operator

CLAIMS_PER_ALLOWANCE: Final = 20
CLAIM_MINOR: Final = 50_00
ALLOWANCE_MINOR: Final = CLAIMS_PER_ALLOWANCE * CLAIM_MINOR
FILL_BATCH: Final = 1_000
"""Claims in a batch of those that are there beforehand."""
_FILL_BATCHES_AT_ONCE: Final = 10
_STOCK_AT_ONCE: Final = 1_000
_CLAIM_BYTES: Final = 313
_CHEQUE_BYTES: Final = 158
_POINT: Final = "bench.stock"


class BooksUnit(IssuerUnit, AcquirerUnit, Protocol):
    """Both roles' tables in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spendable:
    """An allowance and the key that may draw on it."""

    ref: AllowanceRef
    full_id: StatementId
    scalar: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """A terminal: its key, its token, and what its statements are bound to."""

    scalar: bytes
    token: str
    ref: TerminalRef
    payee_id: PayeeId
    certificate_id: StatementId


class Stock:
    """Puts payers, allowances and terminals into an operator's books."""

    def __init__(self, operator: Operator, issuer_key: Signer, acquirer_key: Signer, now: int) -> None:
        """Everything is issued at `now`."""
        self._operator = operator
        self._issuer_key = issuer_key
        self._issuer = PublicKey(issuer_key.public_key)
        self._acquirer_key = acquirer_key
        self._now = now
        self._terms = IssuingTerms()
        self._policy = Policy(currency=operator.currency)
        self._places = 0

    def tills(self, count: int) -> list[Till]:
        """Terminals, each of a payee of its own, enrolled as they are in the field."""
        return [self._till(f"Payee {number}") for number in range(count)]

    def spendable(self, count: int) -> list[Spendable]:
        """Allowances on which nothing is drawn yet, each of a payer of its own."""
        made: list[Spendable] = []
        while len(made) < count:
            keys = [SoftwareKey.generate() for _ in range(min(_STOCK_AT_ONCE, count - len(made)))]
            with self._operator.issuer.store.write(_POINT) as unit:
                issued = self._issued(unit, [key.public_key for key in keys])
            for key, facts in zip(keys, issued, strict=True):
                full_id = allowance_id(decode_allowance(facts.raw), self._issuer, self._operator.issuer.deployment)
                made.append(Spendable(ref=facts.ref, full_id=full_id, scalar=key.scalar))
        return made

    def fill(self, payments: int, tills: Sequence[Till]) -> Iterator[int]:
        """Settles so many payments that nobody made, at these tills in turn; says now and then how many are there."""
        stored, turns = 0, cycle(tills)
        public = SoftwareKey.generate().public_key
        while stored < payments:
            with self._operator.issuer.store.write(_POINT) as unit:
                for _ in range(min(_FILL_BATCHES_AT_ONCE, -(-(payments - stored) // FILL_BATCH))):
                    self._settled_batch(cast(BooksUnit, unit), next(turns), public)
                    stored += FILL_BATCH
            yield stored

    def _till(self, name: str) -> Till:
        acquirer, deployment = self._operator.acquirer, self._operator.issuer.deployment
        code = acquirer.enrol_payee(name, self._operator.currency).code
        key = SoftwareKey.generate()
        proof = prove_possession(key, Purpose.TERMINAL, deployment, code_context(code))
        enrolled: EnrolledTerminal = acquirer.enrol_terminal(code, key.public_key, proof)
        prefix = certificate_prefix(PublicKey(self._acquirer_key.public_key), deployment)
        return Till(
            scalar=key.scalar,
            token=enrolled.token,
            ref=enrolled.terminal_ref,
            payee_id=enrolled.payee_id,
            certificate_id=cose.digest(prefix, decode_certificate(enrolled.certificate).envelope.payload),
        )

    def _issued(self, unit: IssuerUnit, device_keys: Sequence[bytes]) -> list[AllowanceFacts]:
        """New payers with money, each with an allowance on all of it; two entries for all of them."""
        funded, reserved = Draft(), Draft()
        issued = [self._allowance(unit, device_key, funded, reserved) for device_key in device_keys]
        _post(unit, funded, Reason.FUNDED, self._now)
        _post(unit, reserved, Reason.RESERVED, self._now)
        return issued

    def _allowance(self, unit: IssuerUnit, device_key: bytes, funded: Draft, reserved: Draft) -> AllowanceFacts:
        currency, now = self._operator.currency, self._now
        payer = Payer(payer_id=PayerId(secrets.token_bytes(REF_BYTES)), name="Payer", currency=currency)
        unit.add_payer(payer, now)
        funding = Funding(payer_id=payer.payer_id, currency=currency, amount_minor=ALLOWANCE_MINOR)
        unit.add_funding(payer.payer_id.hex(), funding, now)
        device = Device(
            device_id=DeviceId(secrets.token_bytes(REF_BYTES)),
            payer_id=payer.payer_id,
            account_key=device_key,
            currency=currency,
        )
        unit.put_device(device, hashlib.sha256(device.device_id).digest(), now)
        facts = self._signed(unit, device, device_key)
        unit.put_allowance(facts)
        free, reserve = free_of(payer.payer_id), reserve_of(facts.ref)
        funded.move(debit=CASH, credit=free, amount_minor=ALLOWANCE_MINOR, currency=currency)
        reserved.move(debit=free, credit=reserve, amount_minor=ALLOWANCE_MINOR, currency=currency)
        return facts

    def _signed(self, unit: IssuerUnit, device: Device, device_key: bytes) -> AllowanceFacts:
        self._places = self._places or unit.allowance_count()
        order = AllowanceOrder(
            device_key=device_key,
            currency=device.currency,
            amount_minor=ALLOWANCE_MINOR,
            tier=Tier.SOFTWARE,
            audience=None,
            status_index=self._places,
            pseudonym=secrets.token_bytes(REF_BYTES),
            now=self._now,
        )
        self._places += 1
        ref, raw, expires_at = sign_allowance(self._issuer_key, self._operator.issuer.deployment, self._terms, order)
        return AllowanceFacts(
            ref=ref,
            raw=raw,
            payer_id=device.payer_id,
            device_id=device.device_id,
            request_id=secrets.token_bytes(BATCH_ID_BYTES),
            device_key=device_key,
            currency=device.currency,
            amount_minor=ALLOWANCE_MINOR,
            status_index=order.status_index,
            scoped=False,
            issued_at=self._now,
            expires_at=expires_at,
            deadline=deadline(self._policy, expires_at),
        )

    def _settled_batch(self, unit: BooksUnit, till: Till, device_key: bytes) -> None:
        """What settling a batch leaves behind: the batch and its answer, claims, requests, events, two entries."""
        allowances = self._issued(unit, [device_key] * (FILL_BATCH // CLAIMS_PER_ALLOWANCE))
        claims = [claim for one in allowances for claim in self._claims(one, till)]
        body, batch_id = os.urandom(len(claims) * _CLAIM_BYTES), BatchId(secrets.token_bytes(BATCH_ID_BYTES))
        answer = sign_answer(
            self._acquirer_key,
            self._operator.issuer.deployment,
            terminal_ref=claims[0].terminal_ref,
            batch_id=batch_id,
            batch=body,
            time=self._now,
            claims=[AnswerItem(verdict=one.verdict, paid_minor=one.paid_minor) for one in claims],
            notes=(),
        )
        unit.add_batch(claims[0].terminal_ref, batch_id, TakenBatch(batch_hash(body), answer), body, self._now)
        honoured, credited = Draft(), Draft()
        currency = self._operator.currency
        for one in allowances:
            honoured.move(debit=reserve_of(one.ref), credit=PAYABLE, amount_minor=ALLOWANCE_MINOR, currency=currency)
        total_minor = len(allowances) * ALLOWANCE_MINOR
        credited.move(debit=RECEIVABLE, credit=payee_of(till.payee_id), amount_minor=total_minor, currency=currency)
        requests = [
            PaidRequest(one.payee_id, one.request_hash, one.allowance_ref, one.cheque_id, self._now)
            for one in claims
            if one.request_hash is not None
        ]
        entry = honoured.entry(entry_id=secrets.token_bytes(16), reason=Reason.HONOURED, at=self._now)
        touched = [replace(one, drawn=Drawn(ALLOWANCE_MINOR)) for one in allowances]
        unit.apply(Changes(touched=touched, new_claims=claims, new_requests=requests, entry=entry, at=self._now))
        unit.add_payee_events([self._advice(one, allowances[0].deadline) for one in claims])
        _post(unit, credited, Reason.CREDITED, self._now)

    def _claims(self, allowance: AllowanceFacts, till: Till) -> Iterator[ClaimFacts]:
        previous = bytes(PREVIOUS_BYTES)
        for counter in range(1, CLAIMS_PER_ALLOWANCE + 1):
            cheque_id = StatementId(os.urandom(ID_BYTES))
            yield ClaimFacts(
                allowance_ref=allowance.ref,
                cheque_id=cheque_id,
                payee_id=till.payee_id,
                counter=counter,
                amount_minor=CLAIM_MINOR,
                cumulative_minor=counter * CLAIM_MINOR,
                previous=previous,
                request_hash=RequestHash(os.urandom(ID_BYTES)),
                terminal_ref=till.ref,
                receipt_counter=counter,
                index_version=1,
                bound=True,
                guaranteed=True,
                borne=False,
                barred=False,
                arrived_at=self._now,
                final_minor=CLAIM_MINOR,
                raw=os.urandom(_CHEQUE_BYTES),
                paid_minor=CLAIM_MINOR,
                waiting_minor=0,
                verdict=Verdict.SETTLED,
            )
            previous = cheque_id[:PREVIOUS_BYTES]

    def _advice(self, claim: ClaimFacts, ends_at: int) -> Advice:
        return Advice(
            kind=AdviceKind.SETTLED,
            payee_id=claim.payee_id,
            cheque_id=claim.cheque_id,
            allowance_ref=claim.allowance_ref,
            currency=self._operator.currency,
            paid_minor=CLAIM_MINOR,
            waiting_minor=0,
            stands_paid_minor=CLAIM_MINOR,
            stands_waiting_minor=0,
            deadline=ends_at,
            at=self._now,
            first=True,
        )


def _post(unit: IssuerUnit | AcquirerUnit, draft: Draft, reason: Reason, at: int) -> None:
    entry = draft.entry(entry_id=secrets.token_bytes(16), reason=reason, at=at)
    if entry is not None:
        unit.post(entry)
