"""`feiqian bench sizes`: bytes, characters and QR version (ECC M) of every message, made as they are in use.

Typical values: amounts in the hundreds, times of this decade, a payee's name at its limit. The budgets are those of
spec 03; a message above its budget is a failure.
"""

import os
from dataclasses import dataclass

from feiqian.cli.bench_samples import AMOUNT_MINOR, CURRENCY, DEPLOYMENT, NOW, SampleAllowance, SampleWorld
from feiqian.links.qr import qr_version
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.cheque import ChequeTerms, draw_asserted_cheque, draw_cheque
from feiqian.protocol.claim import Claim, encode_claim, sign_batch
from feiqian.protocol.credit import Credit, credits_hash, encode_credits
from feiqian.protocol.fork_proof import encode_fork_proof
from feiqian.protocol.frame import split
from feiqian.protocol.ids import BatchId, StatementId
from feiqian.protocol.limits import BATCH_ID_BYTES, FRAME_MAX_BYTES, ONE_CODE_MAX_BYTES, PREVIOUS_BYTES
from feiqian.protocol.passkey import USER_PRESENT, USER_VERIFIED, Asserting
from feiqian.protocol.qrtext import encode_text
from feiqian.protocol.receipt import (
    NoteKind,
    NoteTerms,
    ReceiptTerms,
    decode_receipt,
    sign_note,
    sign_receipt,
)
from feiqian.protocol.request import decode_request, request_hash
from feiqian.protocol.settled_notice import sign_settled_notice

BUDGETS = {
    "allowance": 185,
    "cheque": 164,
    "allowance + cheque": 349,
    "passkey cheque": 182,
    "allowance + passkey cheque": 450,
    "certificate": 180,
    "request, unsigned": 60,
    "request, signed": 145,
    "certificate + signed request": 349,
    "receipt": 165,
    "certificate + receipt": 349,
    "note": 165,
    "closing cheque": 164,
    "settled notice": 160,
    "frame": FRAME_MAX_BYTES,
    "trust index": 1024,
}
"""The largest each message may be, bytes (spec 03)."""

LARGEST_QR_BYTES = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageSize:
    """One row: bytes, characters of the QR text and QR version; both None for what never travels by QR."""

    name: str
    size: int
    chars: int | None
    qr: int | None

    @property
    def over_budget(self) -> bool:
        """True if the message is larger than spec 03 allows."""
        return self.size > BUDGETS.get(self.name, self.size)


def measure() -> list[MessageSize]:
    """Every message of the wire, made by the product's own code."""
    world = SampleWorld()
    allowance = world.allowance()
    payload = world.request()
    signed = world.signed_request(payload)
    cheque = world.cheque(allowance, payload)
    by_passkey = _by_passkey(allowance, payload)
    certificate = world.certificate.raw
    receipt, note = _receipt(world), _note(world)
    credits = _credits(world, payload, cheque, note)
    covered = _covered_cheque(world, allowance, credits)
    claim = encode_claim(Claim(cheque=cheque, receipt=decode_receipt(receipt).payload, request=payload))
    messages = {
        "allowance": allowance.raw,
        "cheque": cheque,
        "allowance + cheque": allowance.raw + cheque,
        "passkey cheque": by_passkey,
        "allowance + passkey cheque": allowance.raw + by_passkey,
        "one-way cheque": _one_way(allowance),
        "closing cheque": _closing(allowance),
        "cheque with credits": covered,
        "allowance + cheque + one credit": allowance.raw + covered + credits,
        "certificate": certificate,
        "request, unsigned": payload,
        "request, signed": signed,
        "certificate + signed request": certificate + signed,
        "receipt": receipt,
        "certificate + receipt": certificate + receipt,
        "note": note,
        "settled notice": sign_settled_notice(
            world.issuer,
            DEPLOYMENT,
            request=request_hash(payload, DEPLOYMENT),
            final_minor=AMOUNT_MINOR,
            currency=CURRENCY,
            time=NOW,
        ),
        "fork proof": encode_fork_proof(allowance.raw, cheque, covered),
        "frame": max(split(os.urandom(1000)), key=len),
        "claim": claim,
        "batch of 100 claims": _batch(world, allowance, claim, 100),
        "trust index": world.index,
        "status list, 1,000,000 at 0.1 %": world.status_list,
        "trust pack": world.pack,
    }
    return [_size(name, message) for name, message in messages.items()]


def _size(name: str, message: bytes) -> MessageSize:
    if len(message) > LARGEST_QR_BYTES or name in {"claim", "trust index", "trust pack"}:
        return MessageSize(name=name, size=len(message), chars=None, qr=None)
    qr = qr_version(message) if len(message) <= ONE_CODE_MAX_BYTES else None
    return MessageSize(name=name, size=len(message), chars=len(encode_text(message)), qr=qr)


def _receipt(world: SampleWorld) -> bytes:
    return sign_receipt(
        world.terminal,
        world.certificate.certificate_id,
        DEPLOYMENT,
        ReceiptTerms(
            terminal_ref=world.certificate.ref,
            cheque_id=StatementId(os.urandom(32)),
            final_minor=AMOUNT_MINOR,
            time=NOW,
            counter=1000,
            previous=os.urandom(PREVIOUS_BYTES),
            index_version=100_000,
        ),
    )


def _note(world: SampleWorld) -> bytes:
    return sign_note(
        world.terminal,
        world.certificate.certificate_id,
        DEPLOYMENT,
        NoteTerms(
            terminal_ref=world.certificate.ref,
            note_kind=NoteKind.VOID,
            subject=os.urandom(32),
            back_minor=AMOUNT_MINOR,
            time=NOW,
            counter=1001,
            previous=os.urandom(PREVIOUS_BYTES),
        ),
    )


def _credits(world: SampleWorld, payload: bytes, cheque: bytes, note: bytes) -> bytes:
    request = decode_request(payload).payload
    return encode_credits([Credit(cheque=cheque, request=request, statement=note, certificate=world.certificate.raw)])


def _covered_cheque(world: SampleWorld, allowance: SampleAllowance, credits: bytes) -> bytes:
    terms = ChequeTerms(
        allowance_ref=allowance.ref,
        counter=2,
        previous=os.urandom(PREVIOUS_BYTES),
        cumulative_minor=1_100_00,
        time=NOW,
        holder_check=1,
        exact_minor=AMOUNT_MINOR,
        request=request_hash(world.request(), DEPLOYMENT),
        credits_hash=credits_hash(credits),
    )
    return draw_cheque(allowance.device, allowance.full_id, DEPLOYMENT, terms)


def _by_passkey(allowance: SampleAllowance, payload: bytes) -> bytes:
    terms = ChequeTerms(
        allowance_ref=allowance.ref,
        counter=2,
        previous=os.urandom(PREVIOUS_BYTES),
        cumulative_minor=1_100_00,
        time=NOW,
        holder_check=HolderCheck.BIOMETRIC,
        exact_minor=AMOUNT_MINOR,
        request=request_hash(payload, DEPLOYMENT),
    )
    passkey = Asserting(allowance.device, "https://pay.example", flags=USER_PRESENT | USER_VERIFIED)
    return draw_asserted_cheque(passkey, allowance.full_id, DEPLOYMENT, terms)


def _one_way(allowance: SampleAllowance) -> bytes:
    return _first_cheque(allowance, amount_minor=50_00, ttl_s=60)


def _closing(allowance: SampleAllowance) -> bytes:
    return _first_cheque(allowance, amount_minor=0, ttl_s=None)


def _first_cheque(allowance: SampleAllowance, *, amount_minor: int, ttl_s: int | None) -> bytes:
    terms = ChequeTerms(
        allowance_ref=allowance.ref,
        counter=1,
        previous=allowance.full_id[:PREVIOUS_BYTES],
        cumulative_minor=amount_minor,
        time=NOW,
        holder_check=1,
        exact_minor=amount_minor,
        ttl_s=ttl_s,
    )
    return draw_cheque(allowance.device, allowance.full_id, DEPLOYMENT, terms)


def _batch(world: SampleWorld, allowance: SampleAllowance, claim: bytes, count: int) -> bytes:
    return sign_batch(
        world.terminal,
        world.certificate.certificate_id,
        DEPLOYMENT,
        terminal_ref=world.certificate.ref,
        batch_id=BatchId(os.urandom(BATCH_ID_BYTES)),
        time=NOW,
        index_version=1,
        allowances=[allowance.raw] * (count // 20),
        claims=[claim] * count,
        notes=[],
        counter=count,
        attested_at=NOW,
    )
