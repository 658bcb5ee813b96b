"""Any bytes give a value or a coded refusal, never another exception, and never cost more than their size.

Three kinds of bytes: any at all; valid messages with one field replaced and signed by the right key, so that they get
past the signatures; and the known bombs, whose cost is measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feiqian.protocol import (
    allowance,
    cbor,
    certificate,
    cheque,
    claim,
    cose,
    credit,
    fork_proof,
    frame,
    receipt,
    request,
    settled_notice,
    status_list,
    trust_pack,
)
from feiqian.protocol import answer as answer_message
from feiqian.protocol.credit import credits_hash, decode_credits
from feiqian.protocol.layout import Layout
from feiqian.protocol.presentation import decode_acknowledgement, decode_payment, kind_shown
from feiqian.protocol.qrtext import decode_text
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.trust import advance, first_trust
from feiqian.protocol.verified import AllowanceCache
from feiqian.protocol.verify import Answering, verify_payment
from tests.property.hostile_cbor import ANY_BYTES, AWKWARD, WELL_FORMED, map_of
from tests.vectors.message_scenarios import ASKED, CHEQUE, TERMINAL, WALLET, Sample, samples
from tests.vectors.payment_scenarios import answer, believed
from tests.vectors.reader import DECODERS, run
from tests.vectors.scenario import as_json
from tests.vectors.trust_scenarios import assembled
from tests.vectors.world import NOW, PACK, PAYEE, TRUST_ROOT, entry_of

Verify = Callable[[bytes], object]
HELD = first_trust(TRUST_ROOT, PACK)
RECEIPT_CONTEXT = {
    "now": NOW, "skew_s": 120, "cheque_id": CHEQUE.cheque_id, "amount_minor": 1_250,
    "request_hash": ASKED.request_hash, "payee_id": PAYEE,
}  # fmt: skip


def ask(check: str, body: bytes, **context: Any) -> object:
    return run({"check": check, "input": {"bytes": body.hex()}, "context": as_json(believed() | context)})


def pay(body: bytes) -> object:
    return ask("verify_payment", body, now=NOW, receiver=PAYEE, request=ASKED.payload)


def pay_one_way(body: bytes) -> object:
    due = {"due_minor": 1_250, "currency": "EUR", "latest": NOW}
    return ask("verify_payment", body, now=NOW, receiver=PAYEE, due=due)


def read_request(body: bytes) -> object:
    return ask("verify_request", body, now=NOW, currency="EUR")


def acknowledge(body: bytes) -> object:
    return ask("verify_acknowledgement", body, **RECEIPT_CONTEXT)


def settle(body: bytes) -> object:
    return ask("verify_settled_notice", body, request=ASKED.payload)


def pay_for(asked: bytes) -> object:
    """A payment for a request that reads like this."""
    return ask("verify_payment", WALLET.raw + CHEQUE.raw, now=NOW, receiver=PAYEE, request=asked)


def show_credits(bundle: bytes) -> object:
    committed = answer(WALLET, ASKED, credits_hash=credits_hash(bundle))
    return pay(WALLET.raw + committed.raw + bundle)


ENTRIES: Mapping[str, Verify] = {
    **DECODERS,
    "batch_head": claim.decode_batch_head,
    "cbor": lambda body: cbor.decode(body, max_bytes=4096),
    "cbor_map": lambda body: cbor.decode_map(body, max_bytes=4096),
    "envelope": lambda body: cose.open_envelope(body, max_bytes=4096),
    "frame": lambda body: frame.join([body]),
    "text": lambda body: decode_text("FQ1:" + body.decode("latin-1")),
    "first_trust": lambda body: first_trust(TRUST_ROOT, body),
    "advance": lambda body: advance(HELD, body),
    "pay": pay,
    "pay_after_allowance": lambda body: pay(WALLET.raw + body),
    "pay_after_cheque": lambda body: pay(WALLET.raw + CHEQUE.raw + body),
    "show_credits": show_credits,
    "read_request": read_request,
    "read_request_after_certificate": lambda body: read_request(TERMINAL.raw + body),
    "acknowledge": acknowledge,
    "acknowledge_after_certificate": lambda body: acknowledge(TERMINAL.raw + body),
    "settle": settle,
    "convict": lambda body: ask("fork_proof", body),
}

# What asks the most of each kind of message, given its bytes: the way into the verifier behind its decoder.
DEEPEST: Mapping[str, tuple[Verify, ...]] = {
    "allowance": (lambda raw: pay(raw + CHEQUE.raw), pay_one_way),
    "certificate": (lambda raw: read_request(raw + TERMINAL.sign(ASKED)),),
    "request": (read_request, pay_for),
    "cheque": (lambda raw: pay(WALLET.raw + raw), lambda raw: pay_one_way(WALLET.raw + raw)),
    "receipt": (lambda raw: acknowledge(TERMINAL.raw + raw),),
    "note": (lambda raw: acknowledge(TERMINAL.raw + raw),),
    "batch": (),
    "answer": (),
    "settled_notice": (settle,),
    "fork_proof": (lambda raw: ask("fork_proof", raw),),
    "status_list": (lambda raw: advance(HELD, assembled(lists=[raw], named=[entry_of(raw)])),),
    "key_set": (lambda raw: first_trust(TRUST_ROOT, assembled(payload=raw)),),
    "trust_index": (lambda raw: advance(HELD, assembled(signed=raw)),),
    "trust_pack": (lambda raw: advance(HELD, raw),),
    "credits": (show_credits,),
    "claim": (),
}
SAMPLES = samples()


@pytest.mark.parametrize("name", ENTRIES)
@given(body=ANY_BYTES)
def test_any_bytes_give_a_value_or_a_refusal(name: str, body: bytes) -> None:
    value_or_refusal(ENTRIES[name], body)


@pytest.mark.parametrize("name", ENTRIES)
def test_every_awkward_spelling_gives_a_value_or_a_refusal(name: str) -> None:
    for spelling in AWKWARD:
        value_or_refusal(ENTRIES[name], bytes.fromhex(spelling))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@given(data=st.data())
def test_a_signed_message_with_a_hostile_field_gives_a_value_or_a_refusal(sample: Sample, data: st.DataObject) -> None:
    """The field's bytes are anything, and the signature is right: what is behind the signatures must hold too."""
    spelt = {key: cbor.encode(value) for key, value in sample.content.items()}
    changed = data.draw(st.dictionaries(st.integers(0, 30), WELL_FORMED, min_size=1, max_size=3))
    kept = dict(sorted((spelt | changed).items()))
    for key in data.draw(st.sets(st.sampled_from(sorted(kept)), max_size=1)):
        del kept[key]
    raw = sample.wrap(map_of(kept))
    for entry in (DECODERS[sample.name], *DEEPEST[sample.name]):
        value_or_refusal(entry, raw)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@given(data=st.data())
def test_a_signed_message_with_another_value_gives_a_value_or_a_refusal(sample: Sample, data: st.DataObject) -> None:
    """The field keeps its type, so more of these get as far as the arithmetic."""
    content = dict(sample.content)
    key = data.draw(st.sampled_from(sorted(content)))
    match content[key]:
        case int():
            content[key] = data.draw(st.integers(0, 2**53))
        case bytes() as held:
            content[key] = data.draw(st.binary(min_size=len(held), max_size=len(held)) | st.binary(max_size=300))
        case str():
            content[key] = data.draw(st.text(max_size=30))
        case list() as items:
            content[key] = data.draw(st.permutations(items)) + data.draw(st.lists(st.sampled_from(items), max_size=2))
        case other:
            raise TypeError(type(other).__name__)
    raw = sample.wrap(cbor.encode(content))
    for entry in (DECODERS[sample.name], *DEEPEST[sample.name]):
        value_or_refusal(entry, raw)


def test_every_message_has_a_way_into_the_verifier() -> None:
    assert {sample.name for sample in SAMPLES} == set(DEEPEST)


LAYOUTS: Mapping[str, Layout] = {
    "allowance": allowance.LAYOUT,
    "certificate": certificate.LAYOUT,
    "request": request.LAYOUT,
    "cheque": cheque.LAYOUT,
    "receipt": receipt.RECEIPT_LAYOUT,
    "note": receipt.NOTE_LAYOUT,
    "batch": claim.BATCH_LAYOUT,
    "answer": answer_message.LAYOUT,
    "settled_notice": settled_notice.LAYOUT,
    "fork_proof": fork_proof.LAYOUT,
    "status_list": status_list.LAYOUT,
    "key_set": trust_pack.KEY_SET_LAYOUT,
    "trust_index": trust_pack.INDEX_LAYOUT,
    "trust_pack": trust_pack.PACK_LAYOUT,
    "credits": credit.LAYOUT,
    "claim": claim.CLAIM_LAYOUT,
}
AWKWARD_BYTES = (
    0x00,
    0x01,
    0x17,
    0x18,
    0x19,
    0x1A,
    0x1B,
    0x1F,
    0x20,
    0x38,
    0x40,
    0x58,
    0x60,
    0x7F,
    0x80,
    0xA0,
    0xC2,
    0xFF,
)


def both_ways(layout: Layout, payload: bytes) -> None:
    """A short, flat payload is read by a faster reader: it must never know another language than the strict one."""
    strict = outcome(lambda: layout.check(cbor.decode_map(payload, max_bytes=4096)))
    assert outcome(lambda: layout.decode(payload, max_bytes=4096)) == strict
    read = None if layout.pattern is None else layout.pattern.read(payload)
    if read is not None:
        named = zip((field.name for field in layout.fields), read, strict=True)
        assert {name: value for name, value in named if value is not None} == strict


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
@given(data=st.data())
def test_the_short_way_through_a_payload_takes_what_the_strict_way_takes(sample: Sample, data: st.DataObject) -> None:
    layout = LAYOUTS[sample.name]
    spelt = {key: cbor.encode(value) for key, value in sample.content.items()}
    changed = data.draw(st.dictionaries(st.integers(0, 24), WELL_FORMED, min_size=1, max_size=2))
    both_ways(layout, map_of(dict(sorted((spelt | changed).items()))))
    both_ways(layout, map_of(spelt | changed))
    both_ways(layout, data.draw(ANY_BYTES))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_short_way_stumbles_over_no_changed_byte(sample: Sample) -> None:
    layout, payload = LAYOUTS[sample.name], sample.payload
    assert layout.pattern is None or layout.pattern.read(payload) is not None
    both_ways(layout, payload)
    for at in range(min(len(payload), 250)):
        for byte in {*AWKWARD_BYTES, *(payload[at] ^ 1 << bit for bit in range(8))} - {payload[at]}:
            both_ways(layout, payload[:at] + bytes([byte]) + payload[at + 1 :])
        both_ways(layout, payload[:at])
        both_ways(layout, payload[:at] + payload[at + 1 :])
        both_ways(layout, payload[:at] + b"\x00" + payload[at:])


@given(ANY_BYTES)
def test_what_cbor_accepts_is_its_one_spelling(body: bytes) -> None:
    value = outcome(lambda: cbor.decode(body, max_bytes=700))
    if not isinstance(value, RefusalCode):
        assert cbor.encode(value) == body


@given(st.text(max_size=60) | st.text(alphabet="FQ12:0", max_size=12))
@example("FQ1:\ud800")
@example("FQ" + "9" * 5000 + ":")
def test_any_text_gives_a_body_or_a_refusal(text: str) -> None:
    outcome(lambda: decode_text(text))


BOMBS = {
    "large": b"\x81" * 2**20,
    "deep": b"\x81" * 2_000 + b"\x00",
    "deep-maps": b"\xa1\x00" * 1_000 + b"\x00",
    "deep-tags": b"\xd8\x1c" * 1_000 + b"\x00",
    "cycle": b"\xd8\x1c\x81\xd8\x1d\x00",
    # Each array holds the one before a hundred times: 2 kB that stand for 10^12 items.
    "references": b"\x87\xd8\x1c\x81\x00"
    + b"".join(b"\xd8\x1c\x98\x64" + (b"\xd8\x1d" + bytes([n])) * 100 for n in range(6)),
    "bignum": b"\xc2\x59\x07\xf0" + b"\xff" * 2_032,
    "wide": b"\x99\x07\xf0" + b"\x80" * 2_032,
    "certificates": TERMINAL.raw * 20,
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("shown", ["alone", "after_allowance", "as_credits", "as_acknowledgement", "at_the_door"])
def test_an_evidence_bomb_is_refused_in_less_than_5_ms(bomb: str, shown: str) -> None:
    """The best of several tries: a busy machine makes any one of them slow, never all."""
    body = BOMBS[bomb]
    committed = answer(WALLET, ASKED, credits_hash=credits_hash(body)).raw
    attempt: Callable[[], object] = {
        "alone": lambda: check_payment(body),
        "after_allowance": lambda: check_payment(WALLET.raw + body),
        "as_credits": lambda: check_payment(WALLET.raw + committed + body),
        "as_acknowledgement": lambda: decode_acknowledgement(TERMINAL.raw + body),
        "at_the_door": lambda: kind_shown(body),
    }[shown]
    took_s = []
    for _ in range(9):
        before_s = time.thread_time()
        assert isinstance(outcome(attempt), RefusalCode) or shown == "at_the_door"
        took_s.append(time.thread_time() - before_s)
    assert min(took_s) < 0.005


def check_payment(body: bytes) -> object:
    asked = Answering(terms=ASKED.terms, request_hash=ASKED.request_hash)
    payment = decode_payment(body)
    return verify_payment(payment, asked, receiver=PAYEE, now=NOW, knowledge=HELD, cache=AllowanceCache())


def test_credits_do_not_unfold() -> None:
    """Each level of paying on is decoded only when the one above it holds."""
    with pytest.raises(Refused):
        decode_credits(BOMBS["references"])
    with pytest.raises(Refused):
        decode_payment(WALLET.raw + CHEQUE.raw + BOMBS["large"])


def value_or_refusal(entry: Verify, body: bytes) -> None:
    outcome(lambda: entry(body))


def outcome(attempt: Callable[[], object]) -> object:
    """The value, or the refusal's code; every other exception is the failure that these tests look for."""
    try:
        return attempt()
    except Refused as refused:
        return refused.code
