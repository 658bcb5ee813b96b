"""Scenarios of the door and the bytes: codes, frames, strict CBOR, the one envelope (spec 02)."""

from __future__ import annotations

import hashlib

from feiqian.protocol import base45, cbor, frame
from feiqian.protocol.cose import Kind
from feiqian.protocol.keys import CURVE_ORDER
from feiqian.protocol.refusals import RefusalCode
from tests.vectors.reader import notation
from tests.vectors.scenario import Scenario, Shelf
from tests.vectors.world import DEPLOYMENT, ISSUER, Wallet, octets, public, sign_content

MALFORMED, NOT_CANONICAL = RefusalCode.MALFORMED, RefusalCode.NOT_CANONICAL

GOOD_CBOR: dict[str, tuple[object, str]] = {
    "zero": (0, "The smallest integer takes one byte."),
    "twenty-four": (24, "The first integer that needs a second byte."),
    "largest-amount": (2**53 - 1, "What a double holds exactly."),
    "largest-integer": (2**64 - 1, "The largest unsigned integer that CBOR has without a tag."),
    "negative": (-1, "No message has a negative field, but a later version may."),
    "byte-string": (b"\x00\xff", "Bytes."),
    "text": ("Café 茶", "Text is UTF-8."),
    "array": ([0, [], b""], "Arrays nest."),
    "map": ({0: 4, 1: b"\x01", 24: "a"}, "Keys are unsigned and ascend."),
    "empty-map": ({}, "A map may be empty."),
    "nested-six": ([[[[[[]]]]]], "Six containers, one in the other, are allowed."),
}

BAD_CBOR: dict[str, tuple[str, RefusalCode, str, str]] = {
    "zero-in-two-bytes": ("1800", NOT_CANONICAL, "zero", "A second spelling would be a second identity."),
    "integer-in-nine-bytes": ("1b0000000000000018", NOT_CANONICAL, "twenty-four", "Only the shortest head."),
    "length-in-two-bytes": ("580200ff", NOT_CANONICAL, "byte-string", "Lengths have one spelling too."),
    "keys-descend": ("a301410100041818" + "6161", NOT_CANONICAL, "map", "Keys out of order."),
    "key-twice": ("a300040004181861" + "61", MALFORMED, "map", "Which of the two would count?"),
    "key-negative": ("a3200401410118186161", NOT_CANONICAL, "map", "Keys are unsigned."),
    "key-text": ("a3616104014101181800", NOT_CANONICAL, "map", "Keys are integers."),
    "key-bignum": ("a1c24901000000000000000000", NOT_CANONICAL, "empty-map", "A tag as a key."),
    "float": ("f93c00", NOT_CANONICAL, "zero", "Money is never a float, and neither is anything else."),
    "true": ("f5", NOT_CANONICAL, "zero", "Simple values are not used; true must not pass for 1."),
    "null": ("f6", NOT_CANONICAL, "zero", "What is absent is left out."),
    "undefined": ("f7", NOT_CANONICAL, "zero", "Simple values are not used."),
    "simple-value": ("f820", NOT_CANONICAL, "zero", "Simple values are not used."),
    "tag-instant": ("c11a6b49d200", NOT_CANONICAL, "zero", "Tags are not used."),
    "tag-unknown": ("d9ffff00", NOT_CANONICAL, "zero", "Tags are not used, known or not."),
    "tag-with-wrong-content": ("d81e820100", NOT_CANONICAL, "zero", "A tag is refused whatever it holds: 1/0 here."),
    "bignum": ("c249010000000000000000", NOT_CANONICAL, "largest-integer", "2^64 as a tagged byte string."),
    "bignum-negative": ("c349010000000000000000", NOT_CANONICAL, "negative", "-2^64 - 1 as a tagged byte string."),
    "reference": ("82d81c80d81d00", NOT_CANONICAL, "array", "A reference makes one item into many."),
    "cycle": ("d81c81d81d00", NOT_CANONICAL, "array", "An array that holds itself has no end."),
    "indefinite-bytes": ("5f4100" + "41ffff", MALFORMED, "byte-string", "Indefinite lengths are not used."),
    "indefinite-text": ("7f6161ff", MALFORMED, "text", "Indefinite lengths are not used."),
    "indefinite-array": ("9f00ff", MALFORMED, "array", "Indefinite lengths are not used."),
    "indefinite-map": ("bfff", MALFORMED, "empty-map", "Indefinite lengths are not used."),
    "trailing-byte": ("0000", NOT_CANONICAL, "zero", "Nothing may follow."),
    "cut-short": ("4200", MALFORMED, "byte-string", "A byte is missing."),
    "empty": ("", MALFORMED, "zero", "No bytes are no value."),
    "break-alone": ("ff", MALFORMED, "zero", "A break without anything to end."),
    "reserved-head": ("1c", MALFORMED, "zero", "Additional information 28 to 30 is reserved."),
    "length-beyond-memory": ("5b7fffffffffffffff", MALFORMED, "byte-string", "A length is no reason to allocate."),
    "array-beyond-memory": ("9b7fffffffffffffff", MALFORMED, "array", "A length is no reason to allocate."),
    "wrong-utf-8": ("62c328", MALFORMED, "text", "Text is UTF-8 or not text."),
    "overlong-utf-8": ("62c0af", MALFORMED, "text", "A second spelling of a slash."),
    "surrogate": ("63eda080", MALFORMED, "text", "Half of a UTF-16 pair is no character."),
    "nested-seven": ("81" * 6 + "80", MALFORMED, "nested-six", "One container deeper than allowed."),
}


def scenarios() -> list[Scenario]:
    """All of them."""
    shelf = Shelf()
    _cbor(shelf)
    _envelopes(shelf)
    _frames(shelf)
    _qr_texts(shelf)
    return shelf.scenarios


def _cbor(shelf: Shelf) -> None:
    for name, (value, why) in GOOD_CBOR.items():
        given = {"bytes": cbor.encode(value).hex(), "max_bytes": 64}
        title = f"CBOR: {name.replace('-', ' ')}"
        shelf.accept(f"cbor/{name}", title, why, check="cbor", input=given, output={"value": notation(value)})
    for name, (spelling, code, beside, why) in BAD_CBOR.items():
        _bad_cbor(shelf, name, bytes.fromhex(spelling), code, beside, why)
    # Each array holds the one before a hundred times: 2 kB on the wire, more items than there is memory.
    layers = [b"\xd8\x1c\x81\x00"] + [b"\xd8\x1c\x98\x64" + (b"\xd8\x1d" + bytes([n])) * 100 for n in range(6)]
    bomb = bytes([0x80 + len(layers)]) + b"".join(layers)
    _bad_cbor(shelf, "reference-bomb", bomb, NOT_CANONICAL, "array", "2 kB that stand for 10^12 items.")
    large = {"bytes": cbor.encode(b"\x00" * 63).hex(), "max_bytes": 64}
    shelf.refuse(
        "cbor/too-large",
        "CBOR: one byte above the limit",
        "The size is looked at before any work is spent.",
        check="cbor",
        input=large,
        code=RefusalCode.TOO_LARGE,
        beside="cbor/at-the-limit",
    )
    fits = b"\x00" * 62
    given = {"bytes": cbor.encode(fits).hex(), "max_bytes": 64}
    output = {"value": notation(fits)}
    why = "64 bytes where 64 are allowed."
    shelf.accept("cbor/at-the-limit", "CBOR: as large as allowed", why, check="cbor", input=given, output=output)


def _bad_cbor(shelf: Shelf, name: str, data: bytes, code: RefusalCode, beside: str, why: str) -> None:
    shelf.refuse(
        f"cbor/{name}",
        f"CBOR: {name.replace('-', ' ')}",
        why,
        check="cbor",
        input={"bytes": data.hex(), "max_bytes": 4096},
        code=code,
        beside=f"cbor/{beside}",
    )


def _envelopes(shelf: Shelf) -> None:
    allowance = Wallet().raw
    payload = allowance[8:-66]
    signature = allowance[-64:]
    good = "cose/envelope"
    binding = hashlib.sha256(public(ISSUER)).digest()

    def given(raw: bytes, **changed: str) -> dict[str, object]:
        told = {"kind": "allowance", "binding": binding.hex(), "key": public(ISSUER).hex(), "signer": "issuer"}
        return {"bytes": raw.hex(), **told, **changed}

    at_home = {"deployment": DEPLOYMENT}

    def refuse(
        name: str, title: str, why: str, raw: bytes, code: RefusalCode, beside: str = good, **changed: str
    ) -> None:
        told = given(raw, **changed)
        shelf.refuse(
            f"cose/{name}", title, why, check="statement", input=told, context=at_home, code=code, beside=beside
        )

    statement_id = Wallet().allowance_id.hex()
    output = {"id": statement_id, "payload": payload.hex()}
    why = "84 43A10126 A0, payload, 64 bytes of signature; the id is SHA-256 of the Sig_structure."
    shelf.accept(
        good, "The one envelope", why, check="statement", input=given(allowance), context=at_home, output=output
    )
    head, tail = b"\x84\x43\xa1\x01\x26\xa0", b"\x58" + bytes([len(payload)]) + payload
    header = RefusalCode.HEADER_REFUSED
    other_header = "The header is a constant: nothing in it can be negotiated."
    refuse("tagged", "Tagged as COSE_Sign1", "The tag says nothing new and would be a second spelling.",
           b"\xd2" + allowance, MALFORMED)  # fmt: skip
    refuse("algorithm-es384", "Another algorithm", other_header,
           allowance.replace(b"\x43\xa1\x01\x26", b"\x44\xa1\x01\x38\x22", 1), header)  # fmt: skip
    refuse("algorithm-none", "No algorithm", other_header, b"\x84\x40\xa0" + tail + b"\x58\x40" + signature, header)
    refuse("algorithm-eddsa", "EdDSA in the header", other_header,
           b"\x84\x43\xa1\x01\x27\xa0" + tail + b"\x58\x40" + signature, header)  # fmt: skip
    refuse("key-id-unprotected", "A key id in the unprotected header", "Nobody signs the unprotected header.",
           b"\x84\x43\xa1\x01\x26\xa1\x04\x41\x01" + tail + b"\x58\x40" + signature, header)  # fmt: skip
    refuse("critical-header", "A critical header of a later time", other_header,
           b"\x84\x47\xa2\x01\x26\x02\x81\x18\x2a\xa0" + tail + b"\x58\x40" + signature, header)  # fmt: skip
    refuse("payload-detached", "No payload", "The payload always travels along.",
           head + b"\xf6\x58\x40" + signature, MALFORMED)  # fmt: skip
    refuse("payload-length-long", "The payload's length in four bytes", "Lengths have one spelling.",
           head + b"\x59" + len(payload).to_bytes(2, "big") + payload + b"\x58\x40" + signature,
           NOT_CANONICAL)  # fmt: skip
    refuse("signature-63-bytes", "A signature one byte short", "r and s are 32 bytes each, with leading zeros.",
           head + tail + b"\x58\x3f" + signature[:-1], MALFORMED)  # fmt: skip
    refuse("signature-der", "A signature in DER", "r and s stand one behind the other.",
           head + tail + b"\x58\x46\x30\x44\x02\x20" + signature[:32] + b"\x02\x20" + signature[32:],
           MALFORMED)  # fmt: skip
    refuse("trailing-byte", "A byte after the statement", "Nothing may follow.", allowance + b"\x00", MALFORMED)
    refuse("cut-short", "The last byte is missing", "Half a statement is none.", allowance[:-1], MALFORMED)
    refuse("empty", "No bytes", "Nothing is no statement.", b"", MALFORMED)
    s = int.from_bytes(signature[32:], "big")
    refuse("high-s", "The same signature with s in the upper half",
           "(r, n - s) verifies as well; two spellings of one signature would be two statements.",
           head + tail + b"\x58\x40" + signature[:32] + (CURVE_ORDER - s).to_bytes(32, "big"),
           RefusalCode.SIGNATURE_HIGH_S)  # fmt: skip
    half = CURVE_ORDER // 2
    invalid = RefusalCode.ISSUER_SIGNATURE_INVALID
    refuse("s-at-half", "s is the largest that counts as low", "The bound is low: the signature is looked at.",
           head + tail + b"\x58\x40" + signature[:32] + half.to_bytes(32, "big"), invalid)  # fmt: skip
    refuse("s-above-half", "s is the smallest that counts as high", "One above the bound.",
           head + tail + b"\x58\x40" + signature[:32] + (half + 1).to_bytes(32, "big"),
           RefusalCode.SIGNATURE_HIGH_S)  # fmt: skip
    for name, r, s_bytes in (("r-zero", bytes(32), signature[32:]), ("s-zero", signature[:32], bytes(32)),
                             ("r-at-order", CURVE_ORDER.to_bytes(32, "big"), signature[32:])):  # fmt: skip
        why = "r and s lie in 1..n-1; zero must not verify for any message."
        refuse(name, f"A signature with {name.replace('-', ' ')}", why,
               head + tail + b"\x58\x40" + r + s_bytes, invalid)  # fmt: skip
    refuse("key-not-on-curve", "A key that is no point", "x has no y on P-256.", allowance, RefusalCode.FIELD_INVALID,
           key="02" + "00" * 31 + "01")  # fmt: skip
    refuse("key-uncompressed-prefix", "A key with another first byte", "Points are compressed: 02 or 03.", allowance,
           RefusalCode.FIELD_INVALID, key="04" + public(ISSUER).hex()[2:])  # fmt: skip
    refuse("other-key", "Another key", "The signature is another's.", allowance, invalid, key=public("stranger").hex())
    refuse("other-kind", "The same bytes as another kind", "The kind is signed: a receipt is no note.", allowance,
           invalid, kind="certificate")  # fmt: skip
    refuse("other-binding", "The same bytes under another key's hash", "The full hash is signed, never only a ref.",
           allowance, invalid, binding=octets("another binding", 32).hex())  # fmt: skip
    abroad = {"deployment": "another"}
    shelf.refuse(
        "cose/other-deployment",
        "The same bytes in another deployment",
        "Test money is no money: the deployment's name is signed.",
        check="statement",
        input=given(allowance),
        context=abroad,
        code=invalid,
        beside=good,
    )
    for size in (23, 24, 255, 256, 1900):
        edge = cbor.encode({0: 1, 24: octets("filling", 32) * 60})[:size]
        raw = sign_content(ISSUER, Kind.ALLOWANCE, binding, edge)
        output = {"id": _id_of(Kind.ALLOWANCE, binding, edge), "payload": edge.hex()}
        shelf.accept(f"cose/payload-{size}-bytes", f"A payload of {size} bytes", "Each form of the length's head.",
                     check="statement", input=given(raw), context=at_home, output=output)  # fmt: skip


def _id_of(kind: Kind, binding: bytes, payload: bytes) -> str:
    """The id of a statement, written out here once more: SHA-256 of [context, protected, aad, payload]."""
    aad = cbor.encode([kind.name.lower(), 1, DEPLOYMENT, binding])
    return hashlib.sha256(cbor.encode(["Signature1", b"\xa1\x01\x26", aad, payload])).hexdigest()


def _frames(shelf: Shelf) -> None:
    body = b"".join(octets(f"part {number}", 32) for number in range(17))
    frames = frame.split(body)
    one, two, three = frames
    check: dict[str, str] = {"check": "frames"}
    good = "frame/three"

    def accept(name: str, title: str, why: str, shown: list[bytes]) -> None:
        given = {"frames": shown}
        shelf.accept(f"frame/{name}", title, why, input=given, output={"body": body}, **check)

    def refuse(name: str, title: str, why: str, shown: list[bytes], code: RefusalCode) -> None:
        shelf.refuse(f"frame/{name}", title, why, input={"frames": shown}, code=code, beside=good, **check)

    def piece(**changed: object) -> bytes:
        values = {"number": 1, "total": 3, "whole_hash": hashlib.sha256(body).digest(), "part": body[:250]}
        return frame.LAYOUT.encode(values | changed)

    accept("three", "Three frames in order", "The pieces of one message.", frames)
    accept("any-order", "Three frames, last first", "A camera catches them as they come.", [three, one, two])
    accept("repeated", "A frame seen twice", "A camera sees most frames more than once.", [one, one, two, three, two])
    later = {**cbor.decode_map(one, max_bytes=300), 24: 0}
    accept("unknown-field", "A frame with a field of a later version", "It may be ignored.",
           [cbor.encode(later), two, three])  # fmt: skip
    refuse("unknown-critical-field", "A frame with an unknown critical field", "It may change what the frame means.",
           [cbor.encode({**later, 23: 0}), two, three], RefusalCode.UPDATE_NEEDED)  # fmt: skip
    refuse("another-kind", "A frame that says it is something else", "Field 0 says what a message is.",
           [cbor.encode({**later, 0: 16}), two, three], RefusalCode.WRONG_MESSAGE)  # fmt: skip
    incomplete, mismatch = RefusalCode.FRAME_INCOMPLETE, RefusalCode.FRAME_MISMATCH
    refuse("one-missing", "One frame is missing", "Part of a message is none.", [one, three], incomplete)
    refuse("none", "No frame at all", "Nothing was read yet.", [], incomplete)
    stranger = frame.split(body[::-1])
    refuse("two-messages", "Frames of two messages", "The hash of the whole keeps them apart.",
           [one, stranger[1], three], mismatch)  # fmt: skip
    refuse("two-parts-one-number", "Two different parts under one number", "One of them was altered.",
           [one, piece(part=b"\x00" * 250), two, three], mismatch)  # fmt: skip
    refuse("totals-differ", "Two frames state different totals", "They are not of one message.",
           [one, two, piece(number=3, total=4, part=body[500:])], mismatch)  # fmt: skip
    refuse("altered", "An altered part", "The joined bytes have another hash.",
           [one, piece(number=2, part=b"\x00" * 250), three], mismatch)  # fmt: skip
    refuse("number-above-total", "A frame beyond the last", "Four of three.",
           [one, two, three, piece(number=4, part=b"\x00")], mismatch)  # fmt: skip
    refuse("number-zero", "A frame with number 0", "They are numbered from 1.",
           [cbor.encode({0: 15, 1: 0, 2: 3, 3: bytes(32), 4: b"\x00"})], RefusalCode.FIELD_INVALID)  # fmt: skip
    refuse("too-many", "A frame of 65", "At most 64: what a phone can hold and a person wait for.",
           [cbor.encode({0: 15, 1: 1, 2: 65, 3: bytes(32), 4: b"\x00"})], RefusalCode.FIELD_INVALID)  # fmt: skip
    refuse("part-too-long", "A part of 251 bytes", "A frame fits one code that scans well.",
           [cbor.encode({0: 15, 1: 1, 2: 3, 3: bytes(32), 4: b"\x00" * 251})], RefusalCode.FIELD_INVALID)  # fmt: skip
    refuse("too-large", "A frame above 300 bytes", "The size is looked at first.",
           [cbor.encode({0: 15, 1: 1, 2: 3, 3: bytes(32), 4: b"\x00" * 300})], RefusalCode.TOO_LARGE)  # fmt: skip


def _qr_texts(shelf: Shelf) -> None:
    body = bytes(range(24))
    text = "FQ1:" + base45.encode(body)
    largest = b"\x00" * 2861

    def accept(name: str, title: str, why: str, shown: str, output: bytes) -> None:
        shelf.accept(f"qr-text/{name}", title, why, check="qr_text", input={"text": shown}, output={"body": output})

    def refuse(name: str, title: str, why: str, shown: str, code: RefusalCode, beside: str = "plain") -> None:
        given = {"text": shown}
        shelf.refuse(f"qr-text/{name}", title, why, check="qr_text", input=given, code=code, beside=f"qr-text/{beside}")

    accept("plain", "A code of ours", "FQ1: and base45.", text, body)
    accept("empty-body", "A code that carries nothing", "Whether it is a message is asked later.", "FQ1:", b"")
    accept("largest", "As much as one code holds", "4,296 characters.", "FQ1:" + base45.encode(largest), largest)
    ours = RefusalCode.NOT_FEIQIAN
    refuse("menu", "A web address", "Somebody else's code is no broken payment.", "https://example.org/menu", ours)
    refuse("lower-case", "Lower case", "Not drawn by us.", text.lower(), ours)
    refuse("space-first", "A space before it", "Not drawn by us.", " " + text, ours)
    refuse("no-version", "FQ without a number", "Not drawn by us.", "FQ:" + base45.encode(body), ours)
    refuse("newer", "Version 2", "Ours, but newer than we are.", "FQ2:" + base45.encode(body),
           RefusalCode.UPDATE_NEEDED)  # fmt: skip
    refuse("too-large", "More than a code can hold", "It cannot come from a camera.",
           "FQ1:" + base45.encode(largest + b"\x00"), RefusalCode.TOO_LARGE, "largest")  # fmt: skip
    refuse("one-character-left", "A length that spells no bytes", "1 mod 3 characters.", text + "0", MALFORMED)
    refuse("group-too-large", "A group above 65,535", "RFC 9285 section 6 demands the refusal.", "FQ1:GGW", MALFORMED)
    refuse("not-in-alphabet", "A character that base45 has not", "Lower case inside.", text[:-1] + "a", MALFORMED)
    refuse("line-end", "A line end behind it", "A second spelling.", text + "\n", MALFORMED)
