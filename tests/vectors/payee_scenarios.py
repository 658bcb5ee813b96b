"""Scenarios of what a wallet checks of the payee: request, receipt, note; and the settled notice (spec 04)."""

from __future__ import annotations

import hashlib
from typing import Any

from feiqian.protocol import cose
from feiqian.protocol.certificate import Capability
from feiqian.protocol.keys import CURVE_ORDER
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.settled_notice import sign_settled_notice
from feiqian.protocol.trust_pack import KeyRole
from tests.vectors.payment_scenarios import answer, believed
from tests.vectors.scenario import Scenario, Shelf
from tests.vectors.world import (
    ACQUIRER,
    DAY,
    DEPLOYMENT,
    ISSUER,
    KEYS,
    NOW,
    PACK,
    SKEW_S,
    Asked,
    Drawn,
    Terminal,
    Wallet,
    key,
    pack,
    public,
    sign_content,
    trusted,
)

TERMINAL, STRANGER = Terminal(), Terminal("stranger")
ASKED = TERMINAL.ask()
WALLET = Wallet()
FIRST_CONTACT = "request/verified-first-contact"
UNSIGNED = "request/verified-unsigned"


def scenarios() -> list[Scenario]:
    """All of them."""
    shelf = Shelf()
    _requests(Counter(shelf))
    _request_times(Counter(shelf))
    _certificates(Counter(shelf))
    _receipts(shelf)
    _notes(shelf)
    _notices(shelf)
    return shelf.scenarios


class Counter:
    """A wallet at a counter, shown requests."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def accept(self, name: str, title: str, why: str, body: bytes, asked: Asked = ASKED,
               proved: str | None = None, **given: Any) -> None:  # fmt: skip
        """An accepted request, with the payee's name if it is proved."""
        output = {"request_hash": asked.request_hash, "amount_minor": asked.terms.amount_minor, "proved_name": proved}
        self._shelf.accept(f"request/{name}", title, why, check="verify_request", input={"bytes": body},
                           context=self._context(given), output=output)  # fmt: skip

    def refuse(self, name: str, title: str, why: str, body: bytes, code: RefusalCode,
               beside: str = FIRST_CONTACT, **given: Any) -> None:  # fmt: skip
        """A refused request."""
        self._shelf.refuse(f"request/{name}", title, why, check="verify_request", input={"bytes": body},
                           context=self._context(given), code=code, beside=beside)  # fmt: skip

    @staticmethod
    def _context(given: dict[str, Any]) -> dict[str, Any]:
        packs = given.pop("packs", (PACK,))
        return {**believed(packs), "currency": "EUR", "now": NOW} | given


def known(terminal: Terminal = TERMINAL) -> dict[str, Any]:
    """A certificate that the wallet verified yesterday."""
    return {"certificate": terminal.raw, "verified_at": NOW - DAY}


def _requests(at: Counter) -> None:
    signed = TERMINAL.sign(ASKED)
    at.accept("verified-first-contact", "A signed request with its certificate", "The name is proved.",
              TERMINAL.raw + signed, proved="Teahouse")  # fmt: skip
    at.accept("verified-known", "A signed request of a known terminal", "Its certificate was seen before.", signed,
              proved="Teahouse", known=known())  # fmt: skip
    at.accept("verified-unsigned", "A small unsigned request", "The name is not proved; the amount is small.",
              ASKED.payload)  # fmt: skip
    at.refuse("certificate-not-shown", "A signed request without any certificate", "Nobody says whose key that is.",
              signed, RefusalCode.ACQUIRER_UNKNOWN, "request/verified-known")  # fmt: skip
    edge, over = TERMINAL.ask("unsigned", exact_minor=2_000), TERMINAL.ask("unsigned", exact_minor=2_001)
    at.accept("unsigned-cap-edge", "As much as an unsigned request may ask for", "The cap itself is allowed.",
              edge.payload, edge)  # fmt: skip
    at.refuse("over-unsigned-cap", "One minor unit above the cap of unsigned requests", "A swapped sticker.",
              over.payload, RefusalCode.OVER_UNSIGNED_CAP, "request/unsigned-cap-edge")  # fmt: skip
    at.accept("over-unsigned-cap-signed", "The same amount, signed", "The payee is proved.",
              TERMINAL.raw + TERMINAL.sign(over), over, proved="Teahouse")  # fmt: skip
    up_to = TERMINAL.ask("unsigned", maximum_minor=2_001)
    at.refuse("over-unsigned-cap-maximum", "An unsigned request up to more than the cap", "The maximum counts.",
              up_to.payload, RefusalCode.OVER_UNSIGNED_CAP, "request/unsigned-cap-edge")  # fmt: skip
    person = TERMINAL.ask("person", payee_id=None, receiver_allowance=WALLET.ref)
    at.accept("verified-person", "A small unsigned request of a person", "It names an allowance.",
              person.payload, person)  # fmt: skip
    named = RefusalCode.PAYEE_NOT_NAMED
    other = STRANGER.ask("other")
    at.refuse("payee-of-another", "A certificate and the request of another payee",
              "A known name would be shown beside a stranger's request.", TERMINAL.raw + STRANGER.sign(other),
              named)  # fmt: skip
    at.refuse("payee-of-another-unsigned", "A certificate and the unsigned request of another payee",
              "A name that was not asked for is not shown.", TERMINAL.raw + other.payload, named, UNSIGNED)  # fmt: skip
    at.refuse("payee-known-is-another", "A known certificate and the request of another payee", "The names differ.",
              TERMINAL.sign(other), named, "request/verified-known", known=known())  # fmt: skip
    currency = RefusalCode.CURRENCY_MISMATCH
    yuan = TERMINAL.ask("yuan", currency="CNY")
    at.refuse("currency", "A request in a currency that the wallet does not hold", "1,250 of what?", yuan.payload,
              currency, UNSIGNED)  # fmt: skip
    at.refuse("currency-of-certificate", "A request in another currency than its certificate's",
              "The acquirer settles in one.", TERMINAL.raw + TERMINAL.sign(yuan), currency, currency="CNY")  # fmt: skip
    dollars = TERMINAL.ask("dollars", currency="USD")
    at.refuse("currency-not-served", "A currency without policy", "Nobody said what holds in it.", dollars.payload,
              currency, UNSIGNED, currency="USD")  # fmt: skip
    invalid = RefusalCode.TERMINAL_SIGNATURE_INVALID
    forged = sign_content("stranger", cose.Kind.REQUEST, TERMINAL.certificate_id, ASKED.payload)
    at.refuse("signature", "A request that another key signed", "Anybody can show a seen certificate.",
              TERMINAL.raw + forged, invalid)  # fmt: skip
    elsewhere = sign_content("terminal terminal", cose.Kind.REQUEST, STRANGER.certificate_id, ASKED.payload)
    at.refuse("signature-under-another-certificate", "A request signed under another certificate",
              "A terminal with two certificates cannot mix them.", TERMINAL.raw + elsewhere, invalid)  # fmt: skip
    at.refuse("high-s", "A request with s in the upper half", "A second spelling of the same signature.",
              TERMINAL.raw + high_s(signed), RefusalCode.SIGNATURE_HIGH_S)  # fmt: skip
    mute = Terminal("terminal", capabilities=int(Capability.NOTES))
    at.refuse("not-allowed", "A request of a terminal that may make none", "The acquirer did not allow it.",
              mute.raw + mute.sign(ASKED), RefusalCode.FIELD_INVALID)  # fmt: skip


def _request_times(at: Counter) -> None:
    begins, ends = ASKED.terms.time, ASKED.terms.time + ASKED.terms.ttl_s
    for name, title, last, step in (
        ("expired", "A request's time to live and the skew", ends + SKEW_S, 1),
        ("of-the-future", "A request made ahead of the wallet's clock by the skew", begins - SKEW_S, -1),
    ):
        why = "The wallet's clock and the terminal's may differ by the skew."
        at.accept(f"{name}-last-second", f"{title}: the last second", why, ASKED.payload, now=last)
        at.refuse(name, f"{title}: one second beyond", why, ASKED.payload, RefusalCode.REQUEST_EXPIRED,
                  f"request/{name}-last-second", now=last + step)  # fmt: skip


def _certificates(at: Counter) -> None:
    body = TERMINAL.raw + TERMINAL.sign(ASKED)
    nobody = [KEYS[0], trusted("another acquirer", KeyRole.ACQUIRER), KEYS[2]]
    at.refuse("acquirer-unknown", "A certificate of an acquirer that is not in the key set", "Its word is no proof.",
              body, RefusalCode.ACQUIRER_UNKNOWN, packs=[pack(keys=nobody)])  # fmt: skip
    as_issuer = [*KEYS[:1], trusted(ACQUIRER, KeyRole.ISSUER), KEYS[2]]
    at.refuse("acquirer-of-another-role", "An acquirer's key that the key set has as an issuer's",
              "A key may sign what its role says.", body, RefusalCode.ACQUIRER_UNKNOWN,
              packs=[pack(keys=as_issuer)])  # fmt: skip
    for name, code, edge, beyond in (
        ("certificate-not-yet-valid", RefusalCode.NOT_YET_VALID, {"not_before": NOW + SKEW_S},
         {"not_before": NOW + SKEW_S + 1}),
        ("certificate-expired", RefusalCode.CERTIFICATE_EXPIRED, {"expires_at": NOW - SKEW_S},
         {"expires_at": NOW - SKEW_S - 1}),
    ):  # fmt: skip
        why = "The wallet's clock may be off by the skew."
        title = f"A {name.replace('-', ' ')} by the skew"
        good, bad = Terminal("terminal", **edge), Terminal("terminal", **beyond)
        at.accept(f"{name}-last-second", f"{title}: still accepted", why, good.raw + good.sign(ASKED),
                  proved="Teahouse")  # fmt: skip
        at.refuse(name, f"{title} and one second", why, bad.raw + bad.sign(ASKED), code,
                  f"request/{name}-last-second")  # fmt: skip
    revoked = [KEYS[0], trusted(ACQUIRER, KeyRole.ACQUIRER, revoked_at=NOW), KEYS[2]]
    at.refuse("acquirer-key-revoked", "A certificate under a revoked acquirer's key", "A stolen key can put any date.",
              body, RefusalCode.KEY_RETIRED, packs=[pack(keys=revoked)])  # fmt: skip
    forged = sign_content("stranger", cose.Kind.CERTIFICATE, hashlib.sha256(public(ACQUIRER)).digest(),
                          TERMINAL.raw[8:-66])  # fmt: skip
    at.refuse("acquirer-signature", "A certificate that somebody else signed", "Anybody can name an acquirer.",
              forged + TERMINAL.sign(ASKED), RefusalCode.ACQUIRER_SIGNATURE_INVALID)  # fmt: skip
    at.refuse("certificate-high-s", "A certificate with s in the upper half", "A second spelling.",
              high_s(TERMINAL.raw) + TERMINAL.sign(ASKED), RefusalCode.SIGNATURE_HIGH_S)  # fmt: skip
    at.refuse("acquirer-signature-unsigned", "A forged certificate before an unsigned request",
              "What is shown is checked, also where it is not needed.", forged + ASKED.payload,
              RefusalCode.ACQUIRER_SIGNATURE_INVALID, UNSIGNED)  # fmt: skip


def high_s(raw: bytes) -> bytes:
    """The same statement with s in the upper half."""
    return raw[:-32] + (CURVE_ORDER - int.from_bytes(raw[-32:], "big")).to_bytes(32, "big")


class Waiting:
    """A wallet that showed a cheque and waits for a receipt or note."""

    def __init__(self, shelf: Shelf, asked: Asked = ASKED, cheque: Drawn | None = None) -> None:
        self._shelf = shelf
        self._asked = asked
        self._cheque = cheque or answer(WALLET, asked)

    def accept(self, name: str, title: str, why: str, statement: bytes, *, is_a: str, terms: dict[str, Any],
               by: Terminal = TERMINAL, **given: Any) -> None:  # fmt: skip
        """An accepted statement; `terms` are those of its fields that are not the usual ones."""
        usual: dict[str, Any] = {"terminal_ref": by.ref, "time": NOW, "counter": 1, "previous": by.certificate_id[:16]}
        output = {"statement": is_a, "terms": usual | terms, "certificate_id": by.certificate_id}
        shown, context = self._told(statement, by, given)
        self._shelf.accept(name, title, why, check="verify_acknowledgement", input=shown, context=context,
                           output=output)  # fmt: skip

    def refuse(self, name: str, title: str, why: str, statement: bytes, code: RefusalCode, beside: str,
               by: Terminal = TERMINAL, **given: Any) -> None:  # fmt: skip
        """A refused statement."""
        shown, context = self._told(statement, by, given)
        self._shelf.refuse(name, title, why, check="verify_acknowledgement", input=shown, context=context, code=code,
                           beside=beside)  # fmt: skip

    def _told(self, statement: bytes, by: Terminal, given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        alone = given.pop("alone", False)
        context = believed(given.pop("packs", (PACK,))) | {
            "now": NOW,
            "skew_s": SKEW_S,
            "cheque_id": self._cheque.cheque_id,
            "request_hash": self._cheque.terms.request,
            "amount_minor": self._cheque.terms.amount_minor,
            "payee_id": self._asked.terms.payee_id if self._cheque.terms.request else None,
        }
        return {"bytes": statement if alone else by.raw + statement}, context | given


def _receipts(shelf: Shelf) -> None:
    at = Waiting(shelf)
    cheque = answer(WALLET, ASKED)
    whole = {"cheque_id": cheque.cheque_id, "final_minor": 1_250, "index_version": 1}
    good = "receipt/verified"
    receipt = TERMINAL.receipt(cheque, 1_250)
    at.accept(good, "A receipt", "The payee accepted: paid.", receipt, is_a="receipt", terms=whole)
    at.accept("receipt/verified-known", "A receipt of a known terminal", "Its certificate was seen before.", receipt,
              is_a="receipt", terms=whole, alone=True, known=known())  # fmt: skip
    at.accept("receipt/verified-part", "A receipt over less", "What was not taken comes back.",
              TERMINAL.receipt(cheque, 1), is_a="receipt", terms=whole | {"final_minor": 1})  # fmt: skip
    amount = RefusalCode.AMOUNT_MISMATCH
    at.refuse("receipt/more", "A receipt over more than the cheque", "12.51 of 12.50.",
              TERMINAL.receipt(cheque, 1_251), amount, good)  # fmt: skip
    at.refuse("receipt/nothing", "A receipt over nothing", "Then a void note is due.", TERMINAL.receipt(cheque, 0),
              amount, good)  # fmt: skip
    at.refuse("receipt/another-cheque", "A receipt for another cheque", "It is about another payment.",
              TERMINAL.receipt(WALLET.draw(after=cheque, exact_minor=1_250), 1_250), RefusalCode.REQUEST_MISMATCH,
              good)  # fmt: skip
    at.refuse("receipt/another-payee", "A receipt of a payee that the request does not name", "Somebody else took it?",
              STRANGER.receipt(cheque, 1_250), RefusalCode.PAYEE_NOT_NAMED, good, by=STRANGER)  # fmt: skip
    invalid = RefusalCode.TERMINAL_SIGNATURE_INVALID
    at.refuse("receipt/signature", "A receipt with an altered signature", "The terminal did not sign it.",
              receipt[:-1] + bytes([receipt[-1] ^ 1]), invalid, good)  # fmt: skip
    at.refuse("receipt/under-another-certificate", "A receipt that names another certificate",
              "Its short ref belongs to another terminal.", TERMINAL.receipt(cheque, 1_250, terminal_ref=STRANGER.ref),
              invalid, good)  # fmt: skip
    at.refuse("receipt/high-s", "A receipt with s in the upper half", "A second spelling.", high_s(receipt),
              RefusalCode.SIGNATURE_HIGH_S, good)  # fmt: skip
    at.refuse("receipt/certificate-not-shown", "A receipt without any certificate", "Nobody says whose key that is.",
              receipt, RefusalCode.ACQUIRER_UNKNOWN, "receipt/verified-known", alone=True)  # fmt: skip
    late = Terminal("terminal", expires_at=NOW - SKEW_S - 1)
    at.refuse("receipt/certificate-expired", "A receipt under an expired certificate", "The key has had its time.",
              late.receipt(cheque, 1_250), RefusalCode.CERTIFICATE_EXPIRED, good, by=late)  # fmt: skip
    code = WALLET.draw(exact_minor=1_250, ttl_s=60)
    any_payee = Waiting(shelf, cheque=code)
    any_payee.accept("receipt/verified-one-way", "A receipt for a one-way code", "Any payee may have taken it.",
                     STRANGER.receipt(code, 1_250), is_a="receipt", by=STRANGER,
                     terms=whole | {"cheque_id": code.cheque_id})  # fmt: skip


def _notes(shelf: Shelf) -> None:
    at = Waiting(shelf)
    cheque = answer(WALLET, ASKED)
    void = {"note_kind": 1, "subject": cheque.cheque_id, "back_minor": 1_250}
    amount, mismatch = RefusalCode.AMOUNT_MISMATCH, RefusalCode.REQUEST_MISMATCH
    good = "note/verified-void"
    at.accept(good, "A void note", "All of it comes back.", TERMINAL.void(cheque, 1_250), is_a="note", terms=void)
    at.accept("note/verified-void-part", "A void note over a part", "Part of it comes back.", TERMINAL.void(cheque, 1),
              is_a="note", terms=void | {"back_minor": 1})  # fmt: skip
    at.refuse("note/void-more", "A void note over more than the cheque", "12.51 of 12.50.",
              TERMINAL.void(cheque, 1_251), amount, good)  # fmt: skip
    at.refuse("note/void-nothing", "A void note over nothing", "It gives nothing back.", TERMINAL.void(cheque, 0),
              amount, good)  # fmt: skip
    at.refuse("note/void-of-another", "A void note for another cheque", "It is about another payment.",
              TERMINAL.void(WALLET.draw(after=cheque, exact_minor=1_250), 1_250), mismatch, good)  # fmt: skip
    cancel = {"note_kind": 2, "subject": ASKED.request_hash, "back_minor": 0}
    cancelled = "note/verified-cancel"
    at.accept(cancelled, "A cancel note", "The request was never accepted and never will be.", TERMINAL.cancel(ASKED),
              is_a="note", terms=cancel)  # fmt: skip
    at.refuse("note/cancel-of-another", "A cancel note for another request", "It is about another payment.",
              TERMINAL.cancel(TERMINAL.ask("other")), mismatch, cancelled)  # fmt: skip
    at.refuse("note/cancel-with-amount", "A cancel note with an amount", "It gives back all, and says 0.",
              TERMINAL.cancel(ASKED, back_minor=1_250), amount, cancelled)  # fmt: skip
    by_cheque = TERMINAL.cancel(ASKED, subject=cheque.cheque_id)
    at.refuse("note/cancel-by-cheque", "A cancel note that names a cheque", "It names a request.", by_cheque, mismatch,
              cancelled)  # fmt: skip
    code = WALLET.draw(exact_minor=1_250, ttl_s=60)
    Waiting(shelf, cheque=code).refuse("note/cancel-of-one-way", "A cancel note for a one-way code",
                                       "It answered no request.", TERMINAL.cancel(ASKED), mismatch,
                                       cancelled)  # fmt: skip
    at.refuse("note/another-payee", "A void note of a payee that the request does not name", "It was not paid.",
              STRANGER.void(cheque, 1_250), RefusalCode.PAYEE_NOT_NAMED, good, by=STRANGER)  # fmt: skip
    note = TERMINAL.void(cheque, 1_250)
    at.refuse("note/signature", "A note with an altered signature", "The terminal did not sign it.",
              note[:-1] + bytes([note[-1] ^ 1]), RefusalCode.TERMINAL_SIGNATURE_INVALID, good)  # fmt: skip


def _notices(shelf: Shelf) -> None:
    good = "settled-notice/verified"

    def given(asked: Asked, by: str, packs: list[bytes], terms: dict[str, Any]) -> dict[str, Any]:
        told: dict[str, Any] = {"request": asked.request_hash, "final_minor": 1_250, "currency": "EUR", "time": NOW}
        raw = sign_settled_notice(key(by), DEPLOYMENT, **told | terms)
        context = {**believed(packs), "request": asked.payload}
        return {"check": "verify_settled_notice", "input": {"bytes": raw}, "context": context}

    def accept(name: str, title: str, why: str, asked: Asked = ASKED, packs: list[bytes] | None = None,
               **terms: Any) -> None:  # fmt: skip
        output = {"final_minor": terms.get("final_minor", 1_250), "currency": "EUR"}
        shelf.accept(name, title, why, output=output, **given(asked, ISSUER, packs or [PACK], terms))

    def refuse(name: str, title: str, why: str, code: RefusalCode, asked: Asked = ASKED, by: str = ISSUER,
               packs: list[bytes] | None = None, beside: str = good, **terms: Any) -> None:  # fmt: skip
        told = given(asked, by, packs or [PACK], terms)
        shelf.refuse(f"settled-notice/{name}", title, why, code=code, beside=beside, **told)

    accept(good, "A settled notice", "The issuer posted the money: final.")
    refuse("issuer-unknown", "A notice of an issuer that nobody trusts", "Its word is no money.",
           RefusalCode.ISSUER_UNKNOWN, by="another issuer")  # fmt: skip
    refuse("another-request", "A notice for another request", "A shown notice pays once.",
           RefusalCode.REQUEST_MISMATCH, request=TERMINAL.ask("another").request_hash)  # fmt: skip
    refuse("currency", "A notice in another currency", "1,250 of what?", RefusalCode.CURRENCY_MISMATCH,
           currency="CNY")  # fmt: skip
    amount = RefusalCode.AMOUNT_MISMATCH
    refuse("less", "A notice over less than asked", "Exact is exact.", amount, final_minor=1_249)
    refuse("more", "A notice over more than asked", "Exact is exact.", amount, final_minor=1_251)
    up_to = TERMINAL.ask("up to", maximum_minor=2_000)
    part = "settled-notice/verified-part"
    for_it: dict[str, Any] = {"asked": up_to, "request": up_to.request_hash}
    accept(part, "A notice over part of a request up to an amount", "Within the maximum.", **for_it)
    accept("settled-notice/verified-maximum", "A notice over all of a request up to an amount", "The maximum itself.",
           **for_it, final_minor=2_000)  # fmt: skip
    refuse("above-maximum", "A notice above the maximum", "20.01 of 20.00.", amount, **for_it, final_minor=2_001,
           beside=part)  # fmt: skip
    refuse("nothing", "A notice over nothing", "Nothing was paid.", amount, **for_it, final_minor=0, beside=part)
    for name, terms in (("edge", {"not_after": NOW}), ("retired", {"not_after": NOW - 1})):
        packs = [pack(keys=[trusted(ISSUER, KeyRole.ISSUER, **terms), *KEYS[1:]])]
        if name == "edge":
            accept("settled-notice/key-edge", "A notice in its key's last second", "The notice's own time counts.",
                   packs=packs)  # fmt: skip
        else:
            refuse("key-retired", "A notice one second after its key's time", "A key has its time.",
                   RefusalCode.KEY_RETIRED, packs=packs, beside="settled-notice/key-edge")  # fmt: skip
    asked = ASKED
    forged = sign_content(
        "stranger", cose.Kind.SETTLED_NOTICE, b"",
        cose.open_envelope(given(asked, ISSUER, [PACK], {})["input"]["bytes"], max_bytes=2048).payload,
    )  # fmt: skip
    shelf.refuse("settled-notice/signature", "A notice that somebody else signed", "Anybody can name an issuer.",
                 check="verify_settled_notice", input={"bytes": forged},
                 context={**believed(), "request": ASKED.payload}, code=RefusalCode.ISSUER_SIGNATURE_INVALID,
                 beside=good)  # fmt: skip
