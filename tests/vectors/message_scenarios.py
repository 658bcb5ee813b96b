"""Scenarios of single messages: what each carries, and what no message may carry (spec 03, 06)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from feiqian.protocol import cbor, cose
from feiqian.protocol.answer import AnswerItem, Verdict, sign_answer
from feiqian.protocol.claim import Claim, encode_claim, sign_batch
from feiqian.protocol.cose import Kind
from feiqian.protocol.credit import Credit, encode_credits
from feiqian.protocol.fork_proof import encode_fork_proof
from feiqian.protocol.ids import BatchId, StatementId
from feiqian.protocol.keys import key_id_of
from feiqian.protocol.limits import AMOUNT_MAX_MINOR, COUNTER_MAX, TIME_MAX_S
from feiqian.protocol.receipt import NoteTerms, ReceiptTerms
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.settled_notice import sign_settled_notice
from tests.vectors.scenario import Scenario, Shelf, as_json
from tests.vectors.world import (
    ACQUIRER,
    CNY,
    DEPLOYMENT,
    EUR,
    ISSUER,
    KEYS,
    NOW,
    ONLINE,
    PACK,
    ROOT_POINTS,
    Terminal,
    Wallet,
    entry_of,
    index,
    key,
    key_set,
    octets,
    public,
    root_signature,
    sign_content,
    status_list,
    stored,
)

INVALID = RefusalCode.FIELD_INVALID
Content = dict[int, Any]
Wrap = Callable[[bytes], bytes]

FIRST_LATER = {"key_set": 25, "trust_index": 25, "trust_pack": 25}
"""The first field that nobody knows yet, where it is not 24."""
WALLET, TERMINAL = Wallet(), Terminal()
ASKED = TERMINAL.ask()
CHEQUE = WALLET.draw(exact_minor=1_250, request=ASKED.request_hash)
RECEIPT, VOID = TERMINAL.receipt(CHEQUE, 1_250), TERMINAL.void(CHEQUE, 1_250, counter=2)
BATCH_ID = BatchId(octets("batch", 16))
CREDIT = Credit(cheque=CHEQUE.raw, request=ASKED.payload, statement=VOID, certificate=TERMINAL.raw)


def scenarios() -> list[Scenario]:
    """All of them."""
    shelf = Shelf()
    for sample in samples():
        _laws_of_every_message(shelf, sample)
    _edges(shelf)
    _texts(shelf)
    _shapes(shelf)
    _shapes_of_operators(shelf)
    _lists(shelf)
    _large(shelf)
    _presentations(shelf)
    _statements(shelf)
    return shelf.scenarios


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A message: its name, a valid content, what that decodes to, and how a payload of its kind is sent.

    `wrong` is a field with a value of another type.
    """

    name: str
    raw: bytes
    output: Mapping[str, Any] | list[Any]
    wrong: tuple[int, object]
    wrap: Wrap = bytes
    spelling: str = ""

    @property
    def folder(self) -> str:
        """Its folder in vectors/."""
        return self.name.replace("_", "-")

    @property
    def payload(self) -> bytes:
        """The map inside."""
        if self.name == "credits":
            item = cbor.decode(self.raw, max_bytes=4096)[0]
            assert isinstance(item, bytes)
            return item
        return cose.open_envelope(self.raw, max_bytes=4096).payload if cose.is_envelope(self.raw) else self.raw

    @property
    def content(self) -> Content:
        """The map inside, decoded."""
        return cbor.decode_map(self.payload, max_bytes=4096)


def signed(signer: str, kind: Kind, binding: bytes) -> Wrap:
    """Signs payloads of this kind."""
    return lambda payload: sign_content(signer, kind, binding, payload)


def samples() -> list[Sample]:
    """One of every message."""
    by_issuer, by_acquirer, by_online = (hashlib.sha256(public(who)).digest() for who in (ISSUER, ACQUIRER, ONLINE))
    device, terminal = "device of wallet", "terminal terminal"
    certificate_id = TERMINAL.certificate_id
    notice_terms = {"request": ASKED.request_hash, "final_minor": 1_250, "currency": "EUR", "time": NOW}
    notice = sign_settled_notice(key(ISSUER), DEPLOYMENT, **notice_terms)  # type: ignore[arg-type]  # one by one
    issuer_key_id = key_id_of(public(ISSUER))
    listed = status_list()
    bits = bytes(1) + bytes((0b01000000, 0b1110)) + bytes(13)
    return [
        Sample(name="allowance", raw=WALLET.raw, output={"terms": as_json(WALLET.terms)}, wrong=(5, b"\x01"),
               wrap=signed(ISSUER, Kind.ALLOWANCE, by_issuer)),
        Sample(name="certificate", raw=TERMINAL.raw, output={"terms": as_json(TERMINAL.terms)}, wrong=(4, b"Teahouse"),
               wrap=signed(ACQUIRER, Kind.CERTIFICATE, by_acquirer)),
        Sample(name="request", raw=ASKED.payload, output={"terms": as_json(ASKED.terms)}, wrong=(3, "1250")),
        Sample(name="cheque", raw=CHEQUE.raw, output={"terms": as_json(CHEQUE.terms)}, wrong=(2, b"\x01"),
               wrap=signed(device, Kind.CHEQUE, WALLET.allowance_id)),
        Sample(name="receipt", raw=RECEIPT, output={"terms": as_json(_receipt_terms())}, wrong=(3, [1250]),
               wrap=signed(terminal, Kind.RECEIPT, certificate_id)),
        Sample(name="note", raw=VOID, output={"terms": as_json(_note_terms())}, wrong=(4, {0: 1}),
               wrap=signed(terminal, Kind.NOTE, certificate_id)),
        Sample(name="settled_notice", raw=notice, output=as_json({"issuer_key_id": issuer_key_id} | notice_terms),
               wrong=(3, "1250"), wrap=signed(ISSUER, Kind.SETTLED_NOTICE, by_issuer)),
        _batch_sample(terminal), _answer_sample(by_acquirer),
        Sample(name="fork_proof", raw=encode_fork_proof(WALLET.raw, RECEIPT, CHEQUE.raw), wrong=(2, 1),
               output=dict(zip(("authority", "one", "other"),
                               as_json([WALLET.raw, *sorted((RECEIPT, CHEQUE.raw))]), strict=True))),
        Sample(name="status_list", raw=listed, wrong=(4, b"\x40"), wrap=signed(ISSUER, Kind.STATUS_LIST, by_issuer),
               output=as_json({"issuer_key_id": issuer_key_id, "version": 3, "time": NOW - 3600,
                               "size": 64, "bits": bits})),
        Sample(name="key_set", raw=key_set(), output=_key_set_output(), wrong=(9, b"\x02")),
        Sample(name="trust_index", raw=index(key_set(), named=[entry_of(listed)]), output=_index_output(),
               wrong=(2, "1"), wrap=signed(ONLINE, Kind.TRUST_INDEX, by_online)),
        Sample(name="trust_pack", raw=PACK, wrong=(3, 1), output=as_json({
            "key_set": _key_set_output(), "index": _index_output(), "lists": [listed],
            "root_signatures": [root_signature(key_set(), label) for label in ("root 1", "root 2")]})),
        Sample(name="credits", raw=encode_credits([CREDIT]), output=[as_json(CREDIT)], wrong=(3, "void"),
               wrap=lambda payload: cbor.encode([payload])),
        Sample(name="claim", raw=encode_claim(Claim(cheque=CHEQUE.raw, receipt=RECEIPT, request=ASKED.payload)),
               output=as_json({"cheque": CHEQUE.raw, "receipt": RECEIPT, "request": ASKED.payload}), wrong=(1, 1)),
    ]  # fmt: skip


def _receipt_terms() -> ReceiptTerms:
    return ReceiptTerms(
        terminal_ref=TERMINAL.ref,
        cheque_id=CHEQUE.cheque_id,
        final_minor=1_250,
        time=NOW,
        counter=1,
        previous=TERMINAL.certificate_id[:16],
        index_version=1,
    )


def _note_terms() -> NoteTerms:
    return NoteTerms(
        terminal_ref=TERMINAL.ref,
        note_kind=1,
        subject=CHEQUE.cheque_id,
        back_minor=1_250,
        time=NOW,
        counter=2,
        previous=TERMINAL.certificate_id[:16],
    )


def _batch_sample(terminal: str) -> Sample:
    given: dict[str, Any] = {
        "terminal_ref": TERMINAL.ref,
        "batch_id": BATCH_ID,
        "time": NOW,
        "index_version": 1,
        "allowances": [WALLET.raw],
        "claims": [encode_claim(Claim(cheque=CHEQUE.raw, receipt=RECEIPT, request=ASKED.payload)), b"junk"],
        "notes": [VOID],
        "counter": 2,
        "attested_at": NOW - 3600,
    }
    raw = sign_batch(TERMINAL.key, TERMINAL.certificate_id, DEPLOYMENT, **given)
    wrap = signed(terminal, Kind.BATCH, TERMINAL.certificate_id)
    return Sample(name="batch", raw=raw, output=as_json(given), wrong=(6, b""), wrap=wrap)


def _answer_sample(by_acquirer: bytes) -> Sample:
    items = [
        AnswerItem(verdict=Verdict.SETTLED, paid_minor=1_250),
        AnswerItem(verdict=Verdict.FORK, paid_minor=0, waiting_minor=AMOUNT_MAX_MINOR),
        AnswerItem(verdict=Verdict.REFUSED, code="malformed"),
    ]
    notes = [AnswerItem(verdict=Verdict.NOTED)]
    given = {"terminal_ref": TERMINAL.ref, "batch_id": BATCH_ID, "time": NOW, "claims": items, "notes": notes}
    raw = sign_answer(key(ACQUIRER), DEPLOYMENT, batch=b"the batch as sent", **given)  # type: ignore[arg-type]
    output = {"acquirer_key_id": key_id_of(public(ACQUIRER)), **given}
    output["batch_hash"] = hashlib.sha256(b"the batch as sent").digest()
    wrap = signed(ACQUIRER, Kind.ANSWER, by_acquirer)
    return Sample(name="answer", raw=raw, output=as_json(output), wrong=(6, b""), wrap=wrap)


def _key_set_output() -> Any:
    return as_json(
        {
            "version": 1,
            "issued_at": NOW - 24 * 3600,
            "expires_at": NOW + 90 * 24 * 3600,
            "keys": KEYS,
            "policies": [EUR, CNY],
            "least_wire": 1,
            "least_app": "0.1.0",
            "roots": ROOT_POINTS,
            "threshold": 2,
        }
    )


def _index_output() -> Any:
    return as_json(
        {
            "online_key_id": key_id_of(public(ONLINE)),
            "version": 1,
            "issued_at": NOW - 3600,
            "key_set_version": 1,
            "key_set_hash": hashlib.sha256(key_set()).digest(),
            "lists": [entry_of(status_list())],
        }
    )


def _laws_of_every_message(shelf: Shelf, sample: Sample) -> None:
    """What holds for each message: its kind, critical and other unknown fields, types, presence."""
    content, name, good = sample.content, sample.name.replace("_", " "), f"{sample.folder}/whole"
    kind = content[0]

    def accept(file: str, title: str, why: str, raw: bytes) -> None:
        given = {"message": sample.name, "bytes": raw}
        output = {"message": sample.output}
        shelf.accept(f"{sample.folder}/{file}", title, why, check="decode", input=given, output=output)

    def refuse(file: str, title: str, why: str, changed: Content | bytes, code: RefusalCode) -> None:
        payload = changed if isinstance(changed, bytes) else cbor.encode(changed)
        given = {"message": sample.name, "bytes": sample.wrap(payload)}
        shelf.refuse(f"{sample.folder}/{file}", title, why, check="decode", input=given, code=code, beside=good)

    accept("whole", f"A {name}", "Every field at an ordinary value.", sample.raw)
    later = {**content, FIRST_LATER.get(sample.name, 24): ["a later", {1: b"field"}], 4096: 1}
    accept("unknown-field", f"A {name} with fields of a later version",
           "Fields from 24 on may be ignored by whoever does not know them; they are signed all the same.",
           sample.wrap(cbor.encode(later)))  # fmt: skip
    refuse("unknown-critical-field", f"A {name} with an unknown critical field",
           "Field 23 may change what the message means: whoever does not know it must not guess.",
           {**content, 23: 0}, RefusalCode.UPDATE_NEEDED)  # fmt: skip
    refuse("another-kind", f"A {name} that says it is something else", "Field 0 says what a message is.",
           {**content, 0: kind % 17 + 1}, RefusalCode.WRONG_MESSAGE)  # fmt: skip
    refuse("kind-of-later", f"A {name} of a kind of a later version", "Kind 18 is not known yet.",
           {**content, 0: 18}, RefusalCode.UPDATE_NEEDED)  # fmt: skip
    refuse("kind-absent", f"A {name} that does not say what it is", "Field 0 is always there.",
           {field: value for field, value in content.items() if field}, RefusalCode.WRONG_MESSAGE)  # fmt: skip
    refuse("field-missing", f"A {name} without field 1", "A required field is absent.",
           {field: value for field, value in content.items() if field != 1}, INVALID)  # fmt: skip
    field, value = sample.wrong
    refuse("field-of-another-type", f"A {name} with field {field} of another type", "Types are not converted.",
           {**content, field: value}, INVALID)  # fmt: skip
    spelt = [cbor.encode(number) + cbor.encode(part) for number, part in content.items()]
    start = bytes([0xA0 + len(spelt)])
    refuse("fields-out-of-order", f"A {name} whose fields do not ascend", "A second spelling is a second identity.",
           start + b"".join([spelt[0], spelt[2], spelt[1], *spelt[3:]]), RefusalCode.NOT_CANONICAL)  # fmt: skip
    refuse("length-not-shortest", f"A {name} with field 1 under a longer head", "A second spelling.",
           start + b"".join([spelt[0], spelt[1][:1] + _longer(spelt[1][1:]), *spelt[2:]]),
           RefusalCode.NOT_CANONICAL)  # fmt: skip
    refuse("field-twice", f"A {name} that says field 1 twice", "Which of the two would count?",
           bytes([0xA1 + len(spelt)]) + b"".join([*spelt[:2], *spelt[1:]]), RefusalCode.MALFORMED)  # fmt: skip
    refuse("byte-behind", f"A {name} with a byte behind its fields", "Nothing may follow.",
           cbor.encode(content) + b"\x00", RefusalCode.NOT_CANONICAL)  # fmt: skip
    refuse("critical-before-invalid", f"A {name} with an invalid field and an unknown critical one",
           "Two things are wrong: an update may know better what the invalid field means, so it is asked for first.",
           {**content, field: value, 23: 0}, RefusalCode.UPDATE_NEEDED)  # fmt: skip


def _longer(item: bytes) -> bytes:
    """The same CBOR item under the next longer head."""
    major, size = item[0] & 0xE0, item[0] & 0x1F
    if size < 24:
        return bytes([major | 24, size]) + item[1:]
    width = 1 << (size - 24)
    return bytes([major | size + 1]) + bytes(width) + item[1:]


@dataclass(frozen=True, slots=True)
class Edge:
    """A field's bounds: the largest and smallest value accepted; the ones beyond are refused."""

    message: str
    field: int
    name: str
    high: int
    low: int = 0
    with_: Mapping[int, object] | None = None


EDGES = [
    Edge("allowance", 5, "amount", AMOUNT_MAX_MINOR),
    Edge("allowance", 6, "per-payment", AMOUNT_MAX_MINOR),
    Edge("allowance", 7, "count-limit", COUNTER_MAX, 1),
    Edge("allowance", 8, "not-before", TIME_MAX_S),
    Edge("allowance", 9, "expires-at", TIME_MAX_S),
    Edge("allowance", 10, "status-index", 2**32 - 1),
    Edge("allowance", 11, "tier", 15, 1),
    Edge("allowance", 12, "holder-check-above", AMOUNT_MAX_MINOR),
    Edge("certificate", 5, "capabilities", 2**16 - 1),
    Edge("certificate", 6, "note-cap", AMOUNT_MAX_MINOR),
    Edge("request", 3, "exact", AMOUNT_MAX_MINOR, 1),
    Edge("request", 6, "time", TIME_MAX_S),
    Edge("request", 7, "ttl", 86_400, 1),
    Edge("cheque", 2, "counter", COUNTER_MAX, 1),
    Edge("cheque", 4, "exact", AMOUNT_MAX_MINOR),
    Edge("cheque", 6, "cumulative", AMOUNT_MAX_MINOR),
    Edge("cheque", 7, "time", TIME_MAX_S),
    Edge("cheque", 8, "holder-check", 3),
    Edge("receipt", 3, "final", AMOUNT_MAX_MINOR),
    Edge("receipt", 5, "counter", COUNTER_MAX, 1),
    Edge("receipt", 7, "index-version", 2**32 - 1),
    Edge("note", 2, "kind", 2, 1),
    Edge("note", 4, "back", AMOUNT_MAX_MINOR),
    Edge("settled_notice", 3, "final", AMOUNT_MAX_MINOR),
]
FIELD_NAMES = {
    "amount": "amount_minor", "per-payment": "per_payment_minor", "count-limit": "count_limit",
    "not-before": "not_before", "expires-at": "expires_at", "status-index": "status_index",
    "holder-check-above": "holder_check_above_minor", "note-cap": "note_cap_minor", "exact": "exact_minor",
    "ttl": "ttl_s", "cumulative": "cumulative_minor", "holder-check": "holder_check", "final": "final_minor",
    "index-version": "index_version", "kind": "note_kind", "back": "back_minor",
}  # fmt: skip


def _edges(shelf: Shelf) -> None:
    known = {sample.name: sample for sample in samples()}
    for edge in EDGES:
        sample = known[edge.message]
        stem = f"{sample.folder}/{edge.name}"
        title = f"{edge.message.replace('_', ' ')}, {edge.name.replace('-', ' ')}".capitalize()

        def given(value: int, edge: Edge = edge, sample: Sample = sample) -> dict[str, Any]:
            raw = sample.wrap(cbor.encode({**sample.content, edge.field: value}))
            return {"message": sample.name, "bytes": raw}

        for label, value in (("largest", edge.high), ("smallest", edge.low)):
            output = _with(sample.output, FIELD_NAMES.get(edge.name, edge.name), value)
            shelf.accept(f"{stem}-{label}", f"{title}: the {label}", f"The bound {value} itself is allowed.",
                         check="decode", input=given(value), output={"message": output})  # fmt: skip
        beyond = [("above", edge.high + 1, "largest"), ("below", edge.low - 1, "smallest")]
        for label, value, beside in beyond:
            shelf.refuse(f"{stem}-{label}", f"{title}: one {label} the {beside}", "Bounds are checked before use.",
                         check="decode", input=given(value), code=INVALID, beside=f"{stem}-{beside}")  # fmt: skip


def _with(output: Any, name: str, value: int) -> Any:
    if "terms" in output:
        return {"terms": {**output["terms"], name: value}}
    return {**output, name: value}


TEXTS_REFUSED: dict[str, tuple[str, str]] = {
    "decomposed": ("Cafe\u0301", "Two spellings of one name look alike; only normal form C is accepted."),
    "control": ("Tea\x07house", "A control character is not shown."),
    "line-end": ("Tea\nhouse", "A second line could say anything."),
    "delete": ("Tea\x7fhouse", "DEL is a control character."),
    "c1-control": ("Tea\x85house", "So is NEL."),
    "right-to-left-override": ("Tea\u202eesuoh", "It turns what follows: the name shown is not the name signed."),
    "isolate": ("Tea\u2067house", "It turns what follows."),
    "zero-width-space": ("Tea\u200bhouse", "It hides a difference."),
    "line-separator": ("Tea\u2028house", "U+2028 starts a line, and a second line could say anything."),
    "letter-mark": ("Tea\u061chouse", "U+061C turns what follows."),
    "soft-hyphen": ("Tea\u00adhouse", "It hides a difference."),
    "joiner": ("Tea\u200dhouse", "It hides a difference."),
    "byte-order-mark": ("\ufeffTeahouse", "It hides a difference."),
    "empty": ("", "A payee has a name."),
    "too-long": ("x" * 24, "At most 23 bytes."),
    "too-long-in-bytes": ("茶" * 8, "Bytes count, not characters: 24 in 8."),
}
TEXTS_ACCEPTED: dict[str, tuple[str, str]] = {
    "composed": ("Caf\u00e9", "Normal form C."),
    "chinese": ("茶馆", "Any script."),
    "longest": ("x" * 23, "23 bytes."),
    "longest-in-bytes": ("茶" * 7 + "xx", "23 bytes in 9 characters."),
    "no-break-space": ("Tea\u00a0house", "U+00A0 is no control character: the first one after them."),
    "emoji": ("Tea \U0001f375", "Outside the basic plane."),
}
TEXT_BESIDE = {"decomposed": "composed", "too-long": "longest", "too-long-in-bytes": "longest-in-bytes"}


def _texts(shelf: Shelf) -> None:
    certificate = next(sample for sample in samples() if sample.name == "certificate")

    def given(name: str) -> dict[str, Any]:
        return {"message": "certificate", "bytes": certificate.wrap(cbor.encode({**certificate.content, 4: name}))}

    for file, (name, why) in TEXTS_ACCEPTED.items():
        output = {"message": {"terms": {**as_json(TERMINAL.terms), "payee_name": name}}}
        shelf.accept(f"certificate/name-{file}", f"A payee's name: {file.replace('-', ' ')}", why, check="decode",
                     input=given(name), output=output)  # fmt: skip
    for file, (name, why) in TEXTS_REFUSED.items():
        beside = TEXT_BESIDE.get(file)
        shelf.refuse(f"certificate/name-{file}", f"A payee's name: {file.replace('-', ' ')}", why, check="decode",
                     input=given(name), code=INVALID,
                     beside=f"certificate/name-{beside}" if beside else "certificate/whole")  # fmt: skip


class Shapes:
    """Changes single fields of the samples."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.known = {sample.name: sample for sample in samples()}

    def refuse(self, file: str, title: str, why: str, changed: Content, code: RefusalCode = INVALID) -> None:
        """The sample of this folder with other fields (None leaves one out), refused."""
        folder, _, _ = file.partition("/")
        self._shelf.refuse(file, title, why, check="decode", input=self._input(folder, changed), code=code,
                           beside=f"{folder}/whole")  # fmt: skip

    def accept(self, file: str, title: str, why: str, changed: Content, **terms: object) -> None:
        """The same, accepted with other terms."""
        folder, _, _ = file.partition("/")
        output: Any = self.known[folder.replace("-", "_")].output
        merged = {field: value for field, value in {**output["terms"], **terms}.items() if value is not None}
        self._shelf.accept(file, title, why, check="decode", input=self._input(folder, changed),
                           output={"message": {"terms": as_json(merged)}})  # fmt: skip

    def _input(self, folder: str, changed: Content) -> dict[str, Any]:
        sample = self.known[folder.replace("-", "_")]
        kept = {field: value for field, value in {**sample.content, **changed}.items() if value is not None}
        return {"message": sample.name, "bytes": sample.wrap(cbor.encode(kept))}


def _shapes(shelf: Shelf) -> None:
    """Rules between the fields of one message that is shown at the counter."""
    shapes = Shapes(shelf)
    accept, refuse = shapes.accept, shapes.refuse
    anchor, audience = octets("code anchor", 16), octets("audience", 8)
    accept("allowance/scoped-with-code", "An allowance with an audience and a code anchor", "Both optional fields.",
           {13: audience, 14: anchor}, audience=audience, code_anchor=anchor)  # fmt: skip
    refuse("allowance/key-too-short", "A device key of 32 bytes", "Points are 33 bytes.", {2: public(ISSUER)[1:]})
    refuse("allowance/currency-too-long", "A currency of four letters", "ISO 4217 has three.", {4: "EURO"})
    for folder, field in (("allowance", 4), ("certificate", 7), ("request", 5), ("settled-notice", 4)):
        for name, code in (("small", "eur"), ("digits", "EU1"), ("other-script", "\u00c9R")):
            refuse(f"{folder}/currency-{name}", f"A currency spelt {code}", "ISO 4217 has three capital letters.",
                   {field: code})  # fmt: skip
    refuse("request/two-amounts", "Exact and maximum at once", "A request asks for one amount.", {4: 1_250})
    refuse("request/no-amount", "Neither exact nor maximum", "A request asks for one amount.", {3: None})
    refuse("request/two-receivers", "A payee and a receiver's allowance", "A request names one receiver.",
           {9: octets("x", 8)})  # fmt: skip
    refuse("request/no-receiver", "Nobody is to be paid", "A request names one receiver.", {1: None})
    accept("request/maximum", "A request up to an amount", "A tip is added later.", {3: None, 4: 1_250},
           exact_minor=None, maximum_minor=1_250)  # fmt: skip
    refuse("request/maximum-zero", "A maximum of nothing", "A request asks for something.", {3: None, 4: 0})
    accept("request/to-a-person", "A request to an allowance", "Person to person.", {1: None, 9: octets("x", 8)},
           payee_id=None, receiver_allowance=octets("x", 8))  # fmt: skip
    accept("request/reference", "A request with a reference of 32 bytes", "As long as it may be.", {8: "x" * 32},
           reference="x" * 32)  # fmt: skip
    refuse("request/reference-too-long", "A request with a reference of 33 bytes", "32 bytes at most.", {8: "x" * 33})
    refuse("request/challenge-too-short", "A challenge of 15 bytes", "It makes every request unique.", {2: bytes(15)})
    refuse("cheque/two-amounts", "Exact and maximum at once", "A cheque has one amount.", {5: 1_250})
    refuse("cheque/no-amount", "Neither exact nor maximum", "A cheque has one amount.", {4: None})
    refuse("cheque/answer-and-code", "An answer and a one-way code at once", "A cheque is one or the other.", {10: 60})
    accept("cheque/one-way", "A one-way code", "A marker with its time to live instead of a request.",
           {9: None, 10: 60}, request=None, ttl_s=60)  # fmt: skip
    refuse("cheque/ttl-zero", "A one-way code that lives for no time", "1 to 86,400 seconds.", {9: None, 10: 0})
    accept("cheque/closing", "A closing cheque", "Amount 0, neither request nor marker.", {4: 0, 9: None},
           request=None, exact_minor=0)  # fmt: skip
    accept("cheque/maximum", "A cheque up to an amount", "The cumulative counts the maximum.", {4: None, 5: 1_250},
           exact_minor=None, maximum_minor=1_250)  # fmt: skip
    accept("cheque/with-credits-and-code", "A cheque with credits and a code", "All optional fields.",
           {11: bytes(16), 12: anchor}, credits_hash=bytes(16), code=anchor)  # fmt: skip


def _shapes_of_operators(shelf: Shelf) -> None:
    """The same for what operators exchange, and for bundles."""
    shapes = Shapes(shelf)
    refuse = shapes.refuse
    policies = shapes.known["key_set"].content[5]
    refuse("key-set/policy-twice", "Two policies for one currency", "Which of them holds?", {5: [policies[0]] * 2})
    refuse("key-set/policy-currency-small", "A policy for a currency in small letters", "Capital letters.",
           {5: [{**policies[0], 1: "eur"}]})  # fmt: skip
    refuse("answer/code-too-long", "An answer's code of 65 characters", "At most 64.", {6: [[13, 0, 0, "x" * 65]]})
    refuse("answer/code-not-ascii", "An answer's code that is not ASCII", "It is a code, not a sentence.",
           {6: [[13, 0, 0, "\u00e9"]]})  # fmt: skip
    refuse("key-set/threshold-above-keys", "A threshold that the roots can never reach", "Three keys, four needed.",
           {9: 4})  # fmt: skip
    refuse("key-set/same-root-twice", "The same root key twice", "Distinct keys count: two of one are one.",
           {8: [ROOT_POINTS[0]] * 2})  # fmt: skip
    refuse("key-set/nested-unknown-critical-field", "A key with an unknown critical field", "Nested maps keep the law.",
           {4: [{1: public(ISSUER), 2: 1, 3: 0, 4: 1, 23: 0}]}, RefusalCode.UPDATE_NEEDED)  # fmt: skip
    refuse("key-set/nested-kind", "A key with a field 0", "Only messages state a kind.",
           {4: [{0: 11, 1: public(ISSUER), 2: 1, 3: 0, 4: 1}]}, RefusalCode.UPDATE_NEEDED)  # fmt: skip
    refuse("key-set/no-keys", "A key set without keys", "Whom would it let anybody believe?", {4: []})
    refuse("answer/item-of-three", "An answer's item without its code", "Four parts.", {6: [[1, 1250, 0]]})
    refuse("answer/amount-above", "An answer's amount of 2^53", "Amounts end at 2^53 - 1.",
           {6: [[1, 2**53, 0, ""]]})  # fmt: skip
    refuse("answer/verdict-of-later", "A verdict of a later version", "It cannot be shown truthfully.",
           {6: [[15, 0, 0, ""]]}, RefusalCode.UPDATE_NEEDED)  # fmt: skip
    refuse("batch/claim-not-bytes", "A claim that is no byte string", "Each claim is bytes of its own.", {6: [1]})
    refuse("trust-index/entry-of-two", "A list entry without its hash", "Three parts.", {6: [[bytes(4), 1]]})
    refuse("trust-index/entry-version-zero", "A list entry of version 0", "Versions start at 1.",
           {6: [[bytes(4), 0, bytes(32)]]})  # fmt: skip
    refuse("trust-pack/signature-too-short", "A root signature of 67 bytes", "Key id and signature are 68.",
           {2: [bytes(67)]})  # fmt: skip
    refuse("credits/note-and-allowance", "A credit that is given back and received", "It is one or the other.",
           {5: WALLET.raw})  # fmt: skip
    refuse("credits/note-with-credits", "A note with credits of its own", "Only a received cheque has some.",
           {6: encode_credits([CREDIT])})  # fmt: skip
    refuse("credits/note-alone", "A note without its terminal's certificate", "All parts travel together.", {4: None})


# A compressor's own work, fixed here because it depends on the compressor: 1,024 bytes, and 16,384 zero bytes.
SPARSE_LIST = bytes.fromhex("636440011ca85c01546e032a97817154f3a8e651cd43593300")
ZEROES = bytes.fromhex("edc13101000000c2a0f54f6d0c1fa000000000000000000000000000000080b701")


def _lists(shelf: Shelf) -> None:
    listed = {"issuer_key_id": key_id_of(public(ISSUER)), "version": 3, "time": NOW - 3600}

    def refuse(file: str, title: str, why: str, packed: bytes) -> None:
        shelf.refuse(f"status-list/{file}", title, why, check="decode",
                     input={"message": "status_list", "bytes": status_list(packed=packed)}, code=INVALID,
                     beside="status-list/whole")  # fmt: skip

    def accept(file: str, title: str, why: str, raw: bytes, size: int, bits: bytes) -> None:
        output = {"message": listed | {"size": size, "bits": bits}}
        given = {"message": "status_list", "bytes": raw}
        shelf.accept(f"status-list/{file}", title, why, check="decode", input=given, output=output)

    refuse("one-byte-short", "A list shorter than it states", "15 of 16 bytes.", stored(bytes(15)))
    refuse("one-byte-long", "A list longer than it states", "17 of 16 bytes.", stored(bytes(17)))
    refuse("bomb", "A list that states 16 bytes and holds 16,384", "It is unpacked no further than it states.", ZEROES)
    refuse("cut-short", "A list whose compressed form is cut short", "It never ends.", stored(bytes(16))[:-1])
    refuse("not-ended", "A list without a last block", "It never ends.", b"\x00" + stored(bytes(16))[1:])
    refuse("bytes-after", "A byte after the compressed form", "A second spelling.", stored(bytes(16)) + b"\x00")
    refuse("zlib-header", "A list with zlib's header", "Raw DEFLATE has none.", b"\x78\x9c" + stored(bytes(16)))
    refuse("not-compressed", "Bits that were not compressed", "They do not inflate.", b"\xff" * 16)
    for size in (1, 3, 5):
        accept(f"of-{size}", f"A list of {size}", "Four entries a byte, the last one padded.",
               status_list(size=size, entries={}), size, bytes((size + 3) // 4))  # fmt: skip
    bits = bytearray(1024)
    for at in range(0, 4096, 61):
        bits[at >> 2] |= (1 + at % 2) << ((at & 3) << 1)
    accept("compressed", "A list as a compressor makes it", "Huffman codes and back references.",
           status_list(size=4096, packed=SPARSE_LIST), 4096, bytes(bits))  # fmt: skip


def _large(shelf: Shelf) -> None:
    """Sizes: looked at before any other work."""
    known = {sample.name: sample for sample in samples()}
    too_large = RefusalCode.TOO_LARGE

    def pair(name: str, limit: int, made: Callable[[int], bytes], output: Any, why: str) -> None:
        folder = name.replace("_", "-")
        title = f"{name.replace('_', ' ')} of".capitalize()
        for size in (limit, limit + 1):
            given = {"message": name, "bytes": _filled(made, size)}
            assert len(given["bytes"]) == size
            told = f"{title} {size:,} bytes"
            if size == limit:
                output = output(given["bytes"]) if callable(output) else output
                shelf.accept(f"{folder}/largest", told, why, check="decode", input=given, output={"message": output})
            else:
                shelf.refuse(f"{folder}/too-large", told, why, check="decode", input=given, code=too_large,
                             beside=f"{folder}/largest")  # fmt: skip

    for name, limit in (("allowance", 2048), ("cheque", 2048), ("receipt", 2048), ("trust_index", 1024)):
        sample = known[name]

        def made(size: int, sample: Sample = sample) -> bytes:
            return sample.wrap(cbor.encode({**sample.content, FIRST_LATER.get(sample.name, 24): bytes(size)}))

        pair(name, limit, made, sample.output, "The statement's whole size counts, signature and all.")
    pair("request", 2048, lambda size: cbor.encode({**known["request"].content, 24: bytes(size)}),
         known["request"].output, "An unsigned message has the same limit.")  # fmt: skip
    pair("claim", 4096, lambda size: cbor.encode({**known["claim"].content, 24: bytes(size)}),
         known["claim"].output, "A claim inside a batch.")  # fmt: skip
    pair("payment", 4096, lambda size: WALLET.raw + CHEQUE.raw + bytes(size), lambda body: as_json(
        {"allowance": WALLET.raw, "cheque": {"terms": CHEQUE.terms},
         "credits": body[len(WALLET.raw) + len(CHEQUE.raw):]}),
         "All that is shown at once.")  # fmt: skip
    item = known["credits"].content
    pair("credits", 2048, lambda size: cbor.encode([cbor.encode({**item, 24: bytes(size)})]),
         known["credits"].output, "What a tap can carry in good time.")  # fmt: skip


def _filled(made: Callable[[int], bytes], size: int) -> bytes:
    """The message of exactly this size; the filling's own head grows with it, so it is searched."""
    short = size - len(made(0))
    return next(body for body in (made(short - head) for head in range(8)) if len(body) == size)


def _presentations(shelf: Shelf) -> None:
    bundle = encode_credits([CREDIT])
    signed_request = TERMINAL.sign(ASKED)
    certificate, request = {"terms": TERMINAL.terms}, {"terms": ASKED.terms}

    def accept(message: str, file: str, title: str, why: str, body: bytes, output: Any) -> None:
        given = {"message": message, "bytes": body}
        shelf.accept(f"{file}", title, why, check="decode", input=given, output={"message": output})

    def refuse(message: str, file: str, title: str, why: str, body: bytes, code: RefusalCode, beside: str) -> None:
        given = {"message": message, "bytes": body}
        shelf.refuse(file, title, why, check="decode", input=given, code=code, beside=beside)

    cheque = {"terms": CHEQUE.terms}
    malformed, wrong = RefusalCode.MALFORMED, RefusalCode.WRONG_MESSAGE
    accept("payment", "payment/shown", "A payment", "Allowance and cheque, one behind the other, nothing between.",
           WALLET.raw + CHEQUE.raw, {"allowance": WALLET.raw, "cheque": cheque})  # fmt: skip
    accept("payment", "payment/shown-with-credits", "A payment with credits", "Whatever follows the cheque.",
           WALLET.raw + CHEQUE.raw + bundle,
           {"allowance": WALLET.raw, "cheque": cheque, "credits": bundle})  # fmt: skip
    refuse("payment", "payment/shown-without-cheque", "An allowance alone", "It pays nobody.", WALLET.raw, malformed,
           "payment/shown")  # fmt: skip
    refuse("payment", "payment/shown-cheque-first", "The cheque before its allowance", "The order is fixed.",
           CHEQUE.raw + WALLET.raw, wrong, "payment/shown")  # fmt: skip
    accept("asking", "request/shown-with-certificate", "A request at first contact", "The certificate comes first.",
           TERMINAL.raw + signed_request, {"certificate": certificate, "request": request})  # fmt: skip
    accept("asking", "request/shown-alone", "A request at a later contact", "The wallet knows the certificate.",
           signed_request, {"request": request})  # fmt: skip
    refuse("asking", "request/shown-twice", "Two requests at once", "One question at a time.",
           signed_request + signed_request, malformed, "request/shown-alone")  # fmt: skip
    refuse("asking", "request/shown-certificate-alone", "A certificate that asks nothing", "The request is missing.",
           TERMINAL.raw, wrong, "request/shown-with-certificate")  # fmt: skip
    accept("acknowledgement", "receipt/shown-with-certificate", "A receipt at first contact", "Certificate first.",
           TERMINAL.raw + RECEIPT,
           {"certificate": certificate, "statement": {"terms": _receipt_terms()}})  # fmt: skip
    accept("acknowledgement", "note/shown-alone", "A note at a later contact", "The wallet knows the certificate.",
           VOID, {"statement": {"terms": _note_terms()}})  # fmt: skip
    refuse("acknowledgement", "receipt/shown-unsigned", "A receipt that nobody signed",
           "Its bare payload counts only inside a signed batch.",
           cose.open_envelope(RECEIPT, max_bytes=2048).payload, malformed,
           "receipt/shown-with-certificate")  # fmt: skip
    refuse("acknowledgement", "receipt/shown-cheque", "A cheque in a receipt's place", "It acknowledges nothing.",
           TERMINAL.raw + CHEQUE.raw, wrong, "receipt/shown-with-certificate")  # fmt: skip
    bodies = {
        "cheque": WALLET.raw + CHEQUE.raw + bundle, "allowance": WALLET.raw, "request": TERMINAL.raw + signed_request,
        "receipt": TERMINAL.raw + RECEIPT, "note": VOID, "certificate": TERMINAL.raw,
        "settled_notice": next(sample.raw for sample in samples() if sample.name == "settled_notice"),
        "fork_proof": encode_fork_proof(WALLET.raw, RECEIPT, CHEQUE.raw), "trust_pack": PACK,
    }  # fmt: skip
    for kind, body in bodies.items():
        accept("kind_shown", f"{kind.replace('_', '-')}/recognised", f"What is shown is a {kind.replace('_', ' ')}",
               "The door asks before it decodes.", body, kind)  # fmt: skip


SIGNERS = {
    "allowance": ("issuer", ISSUER), "settled_notice": ("issuer", ISSUER), "status_list": ("issuer", ISSUER),
    "certificate": ("acquirer", ACQUIRER), "answer": ("acquirer", ACQUIRER), "trust_index": ("operator", ONLINE),
    "key_set": ("operator", "root 1"), "cheque": ("device", "device of wallet"),
    "request": ("terminal", "terminal terminal"), "receipt": ("terminal", "terminal terminal"),
    "note": ("terminal", "terminal terminal"), "batch": ("terminal", "terminal terminal"),
}  # fmt: skip


def _statements(shelf: Shelf) -> None:
    """Each signed kind by itself: what is signed, under which binding, by whom."""
    known = {sample.name: sample for sample in samples()}
    for name, (signer, label) in SIGNERS.items():
        sample, kind = known[name], Kind[name.upper()]
        binding = {"device": WALLET.allowance_id, "terminal": TERMINAL.certificate_id}.get(
            signer, StatementId(hashlib.sha256(public(label)).digest())
        )
        raw = sign_content(label, kind, binding, sample.payload)
        told = {"kind": name, "binding": binding, "key": public(label), "signer": signer}
        folder = sample.folder
        statement_id = cose.digest(cose.signing_prefix(kind, DEPLOYMENT, binding), sample.payload)
        context = {"deployment": DEPLOYMENT}
        shelf.accept(f"{folder}/signed", f"A {name.replace('_', ' ')}: signature and id",
                     f"Signed by the {signer}, bound to the full hash of its key, allowance or certificate.",
                     check="statement", input={"bytes": raw, **told}, context=context,
                     output={"id": statement_id, "payload": sample.payload})  # fmt: skip
        forged = sign_content("stranger", kind, binding, sample.payload)
        shelf.refuse(f"{folder}/signed-by-another", f"A {name.replace('_', ' ')} that somebody else signed",
                     "A valid signature of the wrong key.", check="statement", input={"bytes": forged, **told},
                     context=context, code=RefusalCode(f"{signer}_signature_invalid"),
                     beside=f"{folder}/signed")  # fmt: skip
