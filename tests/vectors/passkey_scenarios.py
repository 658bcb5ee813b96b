"""Scenarios of cheques that a passkey signed: assertions rebuilt and checked without a network (spec 02.4, 04.1)."""

from __future__ import annotations

from typing import Any

from feiqian.protocol import cose
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.chain import Contradiction
from feiqian.protocol.cheque import draw_asserted_cheque, draw_cheque
from feiqian.protocol.fork_proof import encode_fork_proof
from feiqian.protocol.keys import CURVE_ORDER
from feiqian.protocol.passkey import Asserting
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.trust_pack import decode_key_set
from tests.keys.soft_authenticator import AT, BE, BS, CHROMIUM_ADDS, ED, UP, UV
from tests.vectors.payment_scenarios import TERMINAL, Till, answer, believed
from tests.vectors.scenario import Scenario, Shelf, as_json
from tests.vectors.world import (
    DEPLOYMENT,
    PACK,
    PASSKEY_ORIGIN,
    PASSKEY_PACK,
    Drawn,
    PasskeyWallet,
    Wallet,
    key_set,
    octets,
)

GOOD = "passkey/two-way"
PASSKEYS: dict[str, Any] = {"packs": [PASSKEY_PACK], "beside": GOOD}
WALLET = PasskeyWallet()
CHEQUE = answer(WALLET)
ADDING = PasskeyWallet()
ADDING.added = CHROMIUM_ADDS
ADDED = "passkey/added-member"
ADDS: dict[str, Any] = {"packs": [PASSKEY_PACK], "beside": ADDED}
ASSERTED_AT = -69
WITH_ADDED = 0x02


def scenarios() -> list[Scenario]:
    """All of them."""
    till = Till()
    _forms(till)
    _added(till)
    _flags(till)
    _assertions(till)
    _headers(till)
    _forks(till.shelf)
    _origins(till.shelf)
    return till.shelf.scenarios


def said(**changed: Any) -> Drawn:
    """The cheque of a passkey that is as it was changed."""
    wallet = PasskeyWallet()
    terms = {name: changed.pop(name) for name in ("holder_check",) if name in changed}
    for name, part in changed.items():
        setattr(wallet, name, part)
    return answer(wallet, **terms)


def patched(cheque: Drawn, at: int, *, flip: int = 1) -> Drawn:
    """The same cheque with some bits of one byte turned."""
    raw = bytearray(cheque.raw)
    raw[at] ^= flip
    return WALLET.drawn(bytes(raw), cheque.terms)


def _forms(till: Till) -> None:
    packs = [PASSKEY_PACK]
    till.accept(GOOD, "A cheque that a passkey signed, its holder verified",
                "Flags, counter and signature are enough: challenge, origin and JSON are rebuilt by the verifier.",
                wallet=WALLET, cheque=CHEQUE, packs=packs)  # fmt: skip
    till.accept("passkey/present-only", "A passkey that only saw its holder touch it", "Such a cheque claims no more.",
                wallet=WALLET, cheque=said(flags=UP, holder_check=HolderCheck.NONE), packs=packs)  # fmt: skip
    one_way = WALLET.draw(exact_minor=1_250, ttl_s=60)
    till.accept("passkey/one-way", "A one-way code of a passkey", "The same signature for every form of cheque.",
                wallet=WALLET, cheque=one_way, guaranteed_minor=0, packs=packs,
                due={"due_minor": 1_250})  # fmt: skip
    second = answer(WALLET, after=WALLET.draw(exact_minor=500, request=octets("earlier", 32)))
    till.accept("passkey/after-a-draft", "The next cheque after one that was never signed",
                "What was burned counts in the cumulative, whether or not anybody ever sees it.",
                wallet=WALLET, cheque=second, packs=packs)  # fmt: skip


def _added(till: Till) -> None:
    added = answer(ADDING)
    assert added.raw[ASSERTED_AT] == UP | UV | WITH_ADDED
    till.accept(ADDED, "Client data with the member that Chromium adds to one in five",
                "A bit beside the flags says so, and the verifier rebuilds it with that member.",
                wallet=WALLET, cheque=added, packs=[PASSKEY_PACK])  # fmt: skip
    touched = said(added=CHROMIUM_ADDS, flags=UP, holder_check=HolderCheck.NONE)
    till.accept("passkey/added-present-only", "The same from a passkey that only saw its holder touch it",
                "The bit says nothing about the holder.", wallet=WALLET, cheque=touched,
                packs=[PASSKEY_PACK])  # fmt: skip
    code = RefusalCode.DEVICE_SIGNATURE_INVALID
    ((name, text),) = CHROMIUM_ADDS.items()
    for label, cheque, why in (
        ("not-said", turned(added), "Without the bit the plain form is rebuilt."),
        ("said-of-plain", turned(CHEQUE), "With the bit the other form is rebuilt."),
        ("signed-bit", said(flags=UP | UV | WITH_ADDED), "The bit is the wallet's; an authenticator does not set it."),
        ("signed-bit-too", said(flags=UP | UV | WITH_ADDED, added=CHROMIUM_ADDS), "Nor beside the member."),
        ("other-text", turned(said(added={name: text[:-1] + "Y"})), "One text, byte for byte."),
        ("more", turned(said(added=CHROMIUM_ADDS | {"more": "members"})), "One member, and nothing behind it."),
        ("cross-origin", said(added={"crossOrigin": True} | CHROMIUM_ADDS), "A frame in another page asked for it."),
        ("top-origin", said(added={"topOrigin": PASSKEY_ORIGIN} | CHROMIUM_ADDS), "Nothing stands before it, either."),
    ):
        till.refuse(f"passkey/added-{label}", f"The added member: {label.replace('-', ' ')}", why, code,
                    wallet=WALLET, cheque=cheque, **ADDS)  # fmt: skip
    till.refuse("passkey/added-and-copied", "The added member, and a key that was copied", "Other bits stay refused.",
                RefusalCode.PASSKEY_FLAGS_REFUSED, wallet=WALLET,
                cheque=said(added=CHROMIUM_ADDS, flags=UP | UV | BE), **ADDS)  # fmt: skip


def turned(cheque: Drawn) -> Drawn:
    """The cheque with the other word on what its client data end with."""
    return patched(cheque, ASSERTED_AT, flip=WITH_ADDED)


def _flags(till: Till) -> None:
    code = RefusalCode.PASSKEY_FLAGS_REFUSED
    for name, flags, why in (
        ("not-present", UV, "An authenticator that nobody touched."),
        ("may-be-copied", UP | UV | BE, "A key that can be copied could pay from two devices at once."),
        ("was-copied", UP | UV | BE | BS, "A key that was copied can pay from two devices at once."),
        ("with-extensions", UP | UV | ED, "Bytes that nobody could rebuild would be signed."),
        ("with-credential", UP | UV | AT, "A registration is no assertion."),
        ("reserved", UP | UV | 0x20, "A bit without a meaning means nothing good."),
    ):
        till.refuse(f"passkey/{name}", f"Flags: {name.replace('-', ' ')}", why, code,
                    wallet=WALLET, cheque=said(flags=flags), **PASSKEYS)  # fmt: skip
    code = RefusalCode.HOLDER_CHECK_MISMATCH
    till.refuse("passkey/verified-unclaimed", "The authenticator verified its holder and the cheque says PIN",
                "The authenticator's own bit is what was done; a cheque may not say otherwise.",
                code, wallet=WALLET, cheque=said(holder_check=HolderCheck.PIN), **PASSKEYS)  # fmt: skip
    till.refuse("passkey/claimed-unverified", "The cheque says that the holder was verified and nobody was",
                "Whoever only has the device in hand must not pay as its holder.",
                code, wallet=WALLET, cheque=said(flags=UP), **PASSKEYS)  # fmt: skip
    till.refuse("passkey/not-served", "A passkey, and a trust pack without an origin",
                "Without an origin from the key set anybody's web page could have asked for the signature.",
                RefusalCode.PASSKEY_NOT_SERVED, wallet=WALLET, cheque=CHEQUE, packs=[PACK], beside=GOOD)  # fmt: skip


def _assertions(till: Till) -> None:
    code = RefusalCode.DEVICE_SIGNATURE_INVALID

    def refuse(name: str, title: str, why: str, cheque: Drawn, code: RefusalCode = code) -> None:
        till.refuse(f"passkey/{name}", title, why, code, wallet=WALLET, cheque=cheque, **PASSKEYS)

    refuse("count-changed", "Another signature counter than the one signed", "All five bytes are signed.",
           patched(CHEQUE, ASSERTED_AT + 4))  # fmt: skip
    refuse("signature-changed", "One bit of the signature turned", "It is a signature.", patched(CHEQUE, -1))
    refuse("other-origin", "An assertion that another page asked for", "The origin is signed and pinned.",
           said(origin="https://evil.example"))  # fmt: skip
    refuse("other-rp", "An assertion for another relying party", "Its hash is signed.", said(rp_id="evil.example"))
    refuse("creation", "An assertion whose type is that of a registration", "Only `webauthn.get` is rebuilt.",
           said(kind="webauthn.create"))  # fmt: skip
    refuse("other-key", "An assertion of another passkey", "The allowance names the key.",
           answer(WALLET, key_of="device of somebody else"))  # fmt: skip
    opened = cose.open_envelope(CHEQUE.raw, max_bytes=500, asserted=True)
    other = WALLET.signed(opened.payload, octets("a challenge of a sign-in", 32))
    refuse("sign-in", "An assertion over the challenge of a sign-in", "No other challenge makes a cheque.",
           WALLET.drawn(other, CHEQUE.terms))  # fmt: skip
    replayed = WALLET.signed(opened.payload, WALLET.draw(exact_minor=1_250, ttl_s=60).cheque_id)
    refuse("replayed", "The assertion of another cheque", "The challenge is this cheque's id.",
           WALLET.drawn(replayed, CHEQUE.terms))  # fmt: skip
    s = CURVE_ORDER - int.from_bytes(CHEQUE.raw[-32:], "big")
    refuse("high-s", "The other spelling of the same signature", "One spelling, of assertions, too.",
           WALLET.drawn(CHEQUE.raw[:-32] + s.to_bytes(32, "big"), CHEQUE.terms),
           RefusalCode.SIGNATURE_HIGH_S)  # fmt: skip


def _headers(till: Till) -> None:
    code = RefusalCode.SIGNATURE_FORM_MISMATCH
    plain = draw_cheque(WALLET.key, WALLET.allowance_id, DEPLOYMENT, CHEQUE.terms)
    till.refuse("passkey/plain-signature", "A plain signature on a passkey's allowance",
                "Whoever got a key out of its authenticator gets no further.", code,
                wallet=WALLET, cheque=WALLET.drawn(plain, CHEQUE.terms), **PASSKEYS)  # fmt: skip
    soft = Wallet()
    terms = answer(soft, holder_check=HolderCheck.BIOMETRIC).terms
    asserted = draw_asserted_cheque(Asserting(soft.key, PASSKEY_ORIGIN, flags=UP | UV), soft.allowance_id,
                                    DEPLOYMENT, terms)  # fmt: skip
    till.refuse("passkey/software-tier", "An assertion on a software key's allowance",
                "The tier says how a cheque is signed, and nothing is negotiated.", code,
                wallet=soft, cheque=soft.drawn(asserted, terms), **PASSKEYS)  # fmt: skip
    for name, header, refusal in (
        ("other-parameter", "84 50 a301260281 3a00010001 3a00010001 01 a0", RefusalCode.HEADER_REFUSED),
        ("not-critical", "84 49 a20126 3a00010000 01 a0", RefusalCode.HEADER_REFUSED),
        ("other-algorithm", "84 52 a301390100 0281 3a00010000 3a00010000 01 a0", RefusalCode.HEADER_REFUSED),
    ):
        raw = bytes.fromhex(header) + CHEQUE.raw[19:]
        till.refuse(f"passkey/{name}", f"A header: {name.replace('-', ' ')}", "There are two headers, byte for byte.",
                    refusal, wallet=WALLET, cheque=CHEQUE, body=WALLET.raw + raw, **PASSKEYS)  # fmt: skip
    short = CHEQUE.raw.replace(b"\x58\x45" + CHEQUE.raw[ASSERTED_AT:], b"\x58\x40" + CHEQUE.raw[-64:])
    till.refuse("passkey/without-flags", "The header of assertions before a plain signature", "69 bytes, no fewer.",
                RefusalCode.MALFORMED, wallet=WALLET, cheque=CHEQUE, body=WALLET.raw + short, **PASSKEYS)  # fmt: skip
    request = TERMINAL.ask("signed by assertion")
    asserted = cose.with_assertion(request.payload, bytes(69))
    till.shelf.refuse("passkey/request", "A request with the header of assertions", "Only cheques are signed so.",
                      code=RefusalCode.HEADER_REFUSED, beside="request/whole", check="decode",
                      input={"message": "request", "bytes": asserted})  # fmt: skip


def _forks(shelf: Shelf) -> None:
    cloned = answer(WALLET, TERMINAL.ask("sale by the clone"))

    def told(one: bytes, other: bytes, packs: list[bytes]) -> dict[str, Any]:
        raw = encode_fork_proof(WALLET.raw, one, other)
        return {"check": "fork_proof", "input": {"bytes": raw}, "context": believed(packs)}

    output = {"party": "device", "authority_id": WALLET.allowance_id, "reason": Contradiction.SAME_COUNTER.value}
    shelf.accept("passkey/fork-proof", "Two cheques of one passkey at one counter",
                 "A passkey that was copied convicts itself like any key.", output=output,
                 **told(CHEQUE.raw, cloned.raw, [PASSKEY_PACK]))  # fmt: skip
    added = answer(ADDING, TERMINAL.ask("sale by the clone"))
    shelf.accept("passkey/fork-proof-added", "Two cheques at one counter, one with the added member",
                 "Each is rebuilt in its own form.", output=output,
                 **told(CHEQUE.raw, added.raw, [PASSKEY_PACK]))  # fmt: skip
    forged = patched(CHEQUE, -1)
    shelf.refuse("passkey/fork-proof-forged", "One of the two assertions is bad", "Nobody is accused by a forgery.",
                 code=RefusalCode.DEVICE_SIGNATURE_INVALID, beside="passkey/fork-proof",
                 **told(forged.raw, cloned.raw, [PASSKEY_PACK]))  # fmt: skip
    shelf.refuse("passkey/fork-proof-not-served", "No origin to check the assertions by", "Then they prove nothing.",
                 code=RefusalCode.PASSKEY_NOT_SERVED, beside="passkey/fork-proof",
                 **told(CHEQUE.raw, cloned.raw, [PACK]))  # fmt: skip


def _origins(shelf: Shelf) -> None:
    good = key_set(passkey_origin=PASSKEY_ORIGIN)
    output = {"message": as_json(decode_key_set(good))}
    shelf.accept("key-set/passkey-origin", "A key set that says where passkeys may sign", "As browsers spell it.",
                 output=output, check="decode", input={"message": "key_set", "bytes": good})  # fmt: skip
    for name, origin in (
        ("not-secure", "http://pay.example"),
        ("capital", "https://Pay.example"),
        ("path", "https://pay.example/"),
        ("port-zero", "https://pay.example:0443"),
        ("no-host", "https://"),
        ("quote", 'https://pay.example"'),
    ):
        changed = good.replace(_text(PASSKEY_ORIGIN), _text(origin))
        shelf.refuse(f"key-set/origin-{name}", f"A passkey origin that is none: {origin}",
                     "Whoever rebuilds what was signed needs the one spelling.", code=RefusalCode.FIELD_INVALID,
                     beside="key-set/passkey-origin", check="decode",
                     input={"message": "key_set", "bytes": changed})  # fmt: skip


def _text(value: str) -> bytes:
    size = len(value)
    return (bytes((0x60 | size,)) if size < 24 else bytes((0x78, size))) + value.encode()
