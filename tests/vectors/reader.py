"""The reader of vectors/: what each `check` means, spelt out against feiqian.protocol (vectors/README.md).

`run` answers one file's question with the output that it must have, or raises Refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from feiqian.protocol import cbor, cose, frame
from feiqian.protocol.allowance import decode_allowance
from feiqian.protocol.answer import decode_answer
from feiqian.protocol.certificate import decode_certificate
from feiqian.protocol.chain import Link, contradiction
from feiqian.protocol.cheque import decode_cheque
from feiqian.protocol.claim import decode_batch, decode_claim
from feiqian.protocol.cose import Kind
from feiqian.protocol.credit import decode_credits
from feiqian.protocol.fork_proof import decode_fork_proof, verify_fork_proof
from feiqian.protocol.ids import KeyId, RequestHash, StatementId
from feiqian.protocol.keys import load_public_key
from feiqian.protocol.presentation import decode_acknowledgement, decode_asking, decode_payment, kind_shown
from feiqian.protocol.qrtext import decode_text
from feiqian.protocol.receipt import Receipt, decode_note, decode_receipt
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.request import decode_request, request_hash
from feiqian.protocol.settled_notice import decode_settled_notice
from feiqian.protocol.status_list import decode_status_list
from feiqian.protocol.trust import Trust, TrustRoot, advance, first_trust
from feiqian.protocol.trust_pack import decode_index, decode_key_set, decode_trust_pack
from feiqian.protocol.verified import AllowanceCache, VerifiedCertificate
from feiqian.protocol.verify import Answering, Remembered, Taking, verify_payment
from feiqian.protocol.verify_credit import verify_certificate
from feiqian.protocol.verify_payee import verify_acknowledgement, verify_request, verify_settled_notice
from tests.vectors.scenario import as_json

FOLDER = Path(__file__).resolve().parents[2] / "vectors"

Json = Any
Given = Mapping[str, Json]


def files() -> list[Path]:
    """Every vector, in a stable order."""
    return sorted(FOLDER.rglob("*.json"))


def name_of(path: Path) -> str:
    """A vector's path below vectors/."""
    return path.relative_to(FOLDER).as_posix()


def load(path: Path) -> dict[str, Json]:
    """One vector."""
    content: dict[str, Json] = json.loads(path.read_text(encoding="utf-8"))
    return content


def run(vector: Given) -> Json:
    """The output of a vector's check. Raises Refused."""
    return CHECKS[vector["check"]](vector["input"], vector["context"])


# --- bytes --------------------------------------------------------------------------------------------------


def _cbor(given: Given, _context: Given) -> Json:
    return {"value": notation(cbor.decode(_bytes(given["bytes"]), max_bytes=given["max_bytes"]))}


def notation(value: object) -> Json:
    """A CBOR value as vectors spell it: every item says its type."""
    match value:
        case int():
            return {"int": str(value)}
        case bytes():
            return {"bytes": value.hex()}
        case str():
            return {"text": value}
        case list():
            return {"array": [notation(item) for item in value]}
        case dict():
            return {"map": [[notation(key), notation(item)] for key, item in value.items()]}
        case _:
            raise TypeError(type(value).__name__)


DECODERS: Mapping[str, Callable[[bytes], object]] = {
    "allowance": decode_allowance,
    "certificate": decode_certificate,
    "request": decode_request,
    "cheque": decode_cheque,
    "receipt": decode_receipt,
    "note": decode_note,
    "batch": decode_batch,
    "answer": decode_answer,
    "settled_notice": decode_settled_notice,
    "fork_proof": decode_fork_proof,
    "key_set": decode_key_set,
    "trust_index": decode_index,
    "status_list": decode_status_list,
    "trust_pack": decode_trust_pack,
    "credits": decode_credits,
    "claim": decode_claim,
    "payment": decode_payment,
    "asking": decode_asking,
    "acknowledgement": decode_acknowledgement,
    "kind_shown": lambda body: kind_shown(body).name.lower(),
}


def _decode(given: Given, _context: Given) -> Json:
    return {"message": as_json(DECODERS[given["message"]](_bytes(given["bytes"])))}


def _statement(given: Given, context: Given) -> Json:
    key = load_public_key(_bytes(given["key"]))
    envelope = cose.open_envelope(_bytes(given["bytes"]), max_bytes=len(given["bytes"]))
    prefix = cose.signing_prefix(Kind[given["kind"].upper()], context["deployment"], _bytes(given["binding"]))
    code = RefusalCode(f"{given['signer']}_signature_invalid")
    return {"id": cose.verify(envelope, prefix, key, code).hex(), "payload": envelope.payload.hex()}


def _frames(given: Given, _context: Given) -> Json:
    return {"body": frame.join(_bytes(raw) for raw in given["frames"]).hex()}


def _qr_text(given: Given, _context: Given) -> Json:
    return {"body": decode_text(given["text"]).hex()}


# --- payments -----------------------------------------------------------------------------------------------


def _verify_payment(given: Given, context: Given) -> Json:
    trust = trust_of(context)
    found = verify_payment(
        decode_payment(_bytes(given["bytes"])),
        asked_of(context, trust.deployment),
        receiver=_bytes(context["receiver"]),
        now=context["now"],
        knowledge=trust,
        cache=AllowanceCache(),
        remembered=remembered_of(context),
    )
    credits = [{"cheque_id": c.cheque_id.hex(), "amount_minor": c.amount_minor} for c in found.credits]
    return {
        "allowance_id": found.allowance.allowance_id.hex(),
        "cheque_id": found.cheque_id.hex(),
        "form": found.terms.form.value,
        "final_minor": found.final_minor,
        "guaranteed_minor": found.guaranteed_minor,
        "warn": found.warn,
        "credits": sorted(credits, key=lambda credit: credit["cheque_id"]),
    }


def trust_of(context: Given) -> Trust:
    """What the vector's verifier believes."""
    root = context["root"]
    pinned = TrustRoot(
        deployment=context["deployment"],
        roots=tuple(_bytes(point) for point in root["keys"]),
        threshold=root["threshold"],
    )
    return _trust_after(pinned, tuple(_bytes(raw) for raw in context["packs"]))


@lru_cache(maxsize=64)
def _trust_after(root: TrustRoot, packs: tuple[bytes, ...]) -> Trust:
    """Kept, because most vectors hold the same pack; the state is a value and nothing in it can change."""
    *earlier, last = packs
    return advance(_trust_after(root, tuple(earlier)), last) if earlier else first_trust(root, last)


def asked_of(context: Given, deployment: str) -> Answering | Taking:
    """What the vector's verifier asked for."""
    if "due" in context:
        return Taking(**context["due"])
    asked = decode_request(_bytes(context["request"]))
    return Answering(
        terms=asked.terms,
        request_hash=request_hash(asked.payload, deployment),
        final_minor=context.get("final_minor"),
    )


def remembered_of(context: Given) -> Remembered:
    """What the vector's verifier holds of the allowance and the request."""
    answered_by = context.get("answered_by")
    return Remembered(
        links=tuple(link_of_json(content) for content in context.get("links", ())),
        answered_by=None if answered_by is None else StatementId(_bytes(answered_by)),
    )


def link_of_json(content: Given) -> Link:
    """One link."""
    octets = {name: _bytes(content[name]) for name in ("cheque_id", "previous")}
    return Link(**{**content, **octets})


def _verify_request(given: Given, context: Given) -> Json:
    trust = trust_of(context)
    found = verify_request(
        decode_asking(_bytes(given["bytes"])),
        currency=context["currency"],
        now=context["now"],
        knowledge=trust,
        known=_known(context, trust),
    )
    certificate = found.certificate
    return {
        "request_hash": found.request_hash.hex(),
        "amount_minor": found.terms.amount_minor,
        "proved_name": None if certificate is None else certificate.terms.payee_name,
    }


def _known(context: Given, trust: Trust) -> VerifiedCertificate | None:
    if "known" not in context:
        return None
    raw, then = _bytes(context["known"]["certificate"]), context["known"]["verified_at"]
    return verify_certificate(decode_certificate(raw), trust, now=then, skew_s=0)


def _verify_acknowledgement(given: Given, context: Given) -> Json:
    trust = trust_of(context)
    asked = context["request_hash"]
    payee_id = context["payee_id"]
    statement, certificate = verify_acknowledgement(
        decode_acknowledgement(_bytes(given["bytes"])),
        cheque_id=StatementId(_bytes(context["cheque_id"])),
        asked=None if asked is None else RequestHash(_bytes(asked)),
        amount_minor=context["amount_minor"],
        payee_id=None if payee_id is None else _bytes(payee_id),
        now=context["now"],
        knowledge=trust,
        known=_known(context, trust),
        skew_s=context["skew_s"],
    )
    return {
        "statement": "receipt" if isinstance(statement, Receipt) else "note",
        "terms": as_json(statement.terms),
        "certificate_id": certificate.certificate_id.hex(),
    }


def _verify_settled_notice(given: Given, context: Given) -> Json:
    trust = trust_of(context)
    notice = decode_settled_notice(_bytes(given["bytes"]))
    asked = decode_request(_bytes(context["request"]))
    asked_hash = request_hash(asked.payload, trust.deployment)
    verify_settled_notice(notice, asked=asked.terms, asked_hash=asked_hash, knowledge=trust)
    return {"final_minor": notice.final_minor, "currency": notice.currency}


# --- trust and evidence -------------------------------------------------------------------------------------


def _trust(given: Given, context: Given) -> Json:
    trust = trust_of({**context, "packs": given["packs"]})
    now = context["now"]
    return {
        "key_set_version": trust.key_set.version,
        "index_version": trust.index.version,
        "list_age_s": trust.list_age_s(now),
        "guarantee": {policy.currency: _guarantee(trust, policy.currency, now) for policy in trust.key_set.policies},
        "statuses": [_status(trust, lookup) for lookup in given.get("lookups", ())],
    }


def _guarantee(trust: Trust, currency: str, now: int) -> Json:
    found = trust.guarantee(currency, now)
    told = {name: getattr(found, name) for name in ("cap_minor", "accept_cap_minor", "one_way_cap_minor", "warn")}
    return {name: part for name, part in told.items() if part is not None}


def _status(trust: Trust, lookup: Given) -> Json:
    found = trust.status(KeyId(_bytes(lookup["issuer_key_id"])), lookup["index"])
    return found.name.lower()


def _fork_proof(given: Given, context: Given) -> Json:
    convicted = verify_fork_proof(decode_fork_proof(_bytes(given["bytes"])), trust_of(context))
    return {
        "party": convicted.party.value,
        "authority_id": convicted.authority_id.hex(),
        "reason": convicted.reason.value,
    }


def _chain(given: Given, _context: Given) -> Json:
    one, other = (link_of_json(content) for content in given["links"])
    why = contradiction(one, other)
    return {"contradiction": None if why is None else why.value}


CHECKS: Mapping[str, Callable[[Given, Given], Json]] = {
    "cbor": _cbor,
    "decode": _decode,
    "statement": _statement,
    "frames": _frames,
    "qr_text": _qr_text,
    "verify_payment": _verify_payment,
    "verify_request": _verify_request,
    "verify_acknowledgement": _verify_acknowledgement,
    "verify_settled_notice": _verify_settled_notice,
    "trust": _trust,
    "fork_proof": _fork_proof,
    "chain": _chain,
}


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text)
