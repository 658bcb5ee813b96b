"""Scenarios of the chain rule and of fork proofs: who lied, shown by signatures alone (spec 04, 05)."""

from __future__ import annotations

import dataclasses
from typing import Any

from feiqian.protocol.chain import Contradiction, Link
from feiqian.protocol.cose import Kind
from feiqian.protocol.fork_proof import LAYOUT, encode_fork_proof
from feiqian.protocol.ids import StatementId
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.trust_pack import KeyRole
from tests.vectors.payment_scenarios import answer, believed
from tests.vectors.scenario import Scenario, Shelf
from tests.vectors.world import (
    DAY,
    ISSUER,
    KEYS,
    NOW,
    PACK,
    Drawn,
    Terminal,
    Wallet,
    octets,
    pack,
    signed_again,
    trusted,
)

WALLET, TERMINAL = Wallet(), Terminal()
SALES = [TERMINAL.ask(f"sale {number}") for number in range(4)]
FIRST = answer(WALLET, SALES[0])
SECOND = answer(WALLET, SALES[1], after=FIRST)
THIRD = answer(WALLET, SALES[2], after=SECOND)
CLONED = answer(WALLET, SALES[3])
GOOD = "fork-proof/same-counter"


def scenarios() -> list[Scenario]:
    """All of them."""
    shelf = Shelf()
    _pairs(shelf)
    _devices(shelf)
    _terminals(shelf)
    return shelf.scenarios


def link(name: str, counter: int, amount: int, cumulative: int, *, after: str = "none", closing: bool = False) -> Link:
    """A link by names."""
    return Link(
        cheque_id=StatementId(octets(name, 32)),
        counter=counter,
        amount_minor=amount,
        cumulative_minor=cumulative,
        previous=octets(after, 32)[:16],
        closing=closing,
    )


def _pairs(shelf: Shelf) -> None:
    one = link("a", 1, 100, 100)
    closing = link("c", 2, 0, 100, after="a", closing=True)
    why_of = Contradiction
    pairs: list[tuple[str, Link, Link, Contradiction | None, str]] = [
        ("same-cheque", one, one, None, "A cheque agrees with itself."),
        ("same-counter", one, link("b", 1, 100, 100), why_of.SAME_COUNTER, "Two ids at one counter."),
        ("next", one, link("b", 2, 50, 150, after="a"), None, "Base and previous fit."),
        ("next-other-previous", one, link("b", 2, 50, 150, after="x"), why_of.BROKEN_LINK, "It follows another one."),
        ("next-gap", one, link("b", 2, 50, 151, after="a"), why_of.CUMULATIVE_GAP, "One unit was skipped."),
        ("next-falls", one, link("b", 2, 50, 149, after="a"), why_of.CUMULATIVE_FALLS, "One unit was un-spent."),
        ("next-gap-and-link", one, link("b", 2, 50, 151, after="x"), why_of.CUMULATIVE_GAP, "The gap is named first."),
        ("later-equal", one, link("b", 3, 50, 150, after="x"), None, "Nothing was spent between."),
        ("later-above", one, link("b", 3, 50, 9_000, after="x"), None, "Something was spent between."),
        ("later-falls", one, link("b", 3, 50, 149, after="x"), why_of.CUMULATIVE_FALLS, "One unit was un-spent."),
        ("later-previous-not-asked", one, link("b", 3, 50, 150, after="a"), None, "Only neighbours name each other."),
        ("closing-next", one, closing, None, "The closing cheque follows like any other."),
        ("closing-gap", one, link("c", 2, 0, 101, after="a", closing=True), why_of.CUMULATIVE_GAP,
         "Nor may a closing cheque skip."),
        ("after-closing", closing, link("b", 3, 50, 150, after="c"), why_of.AFTER_CLOSING, "It was the last one."),
        ("after-closing-later", closing, link("b", 9, 50, 900), why_of.AFTER_CLOSING, "It was the last one."),
        ("closing-twice", closing, link("d", 3, 0, 100, after="c", closing=True), why_of.AFTER_CLOSING, "It was last."),
        ("closing-same-counter", closing, link("b", 2, 50, 150, after="a"), why_of.SAME_COUNTER, "Two at one counter."),
        ("largest", link("a", 1, 2**53 - 2, 2**53 - 2), link("b", 2**32 - 1, 1, 2**53 - 1), None, "No unit is lost."),
        ("largest-falls", link("a", 1, 2**53 - 1, 2**53 - 1), link("b", 2**32 - 1, 1, 2**53 - 1),
         why_of.CUMULATIVE_FALLS, "A double would not see this one unit."),
    ]  # fmt: skip
    for name, first, second, found, why in pairs:
        for turned, links in (("", [first, second]), ("-turned", [second, first])):
            shelf.accept(f"chain/{name}{turned}", f"Two cheques: {name.replace('-', ' ')}{turned and ', turned round'}",
                         why, check="chain", input={"links": links},
                         output={"contradiction": found and found.value})  # fmt: skip


def _devices(shelf: Shelf) -> None:
    def given(one: Drawn, other: Drawn, wallet: Wallet, packs: list[bytes]) -> dict[str, Any]:
        raw = encode_fork_proof(wallet.raw, one.raw, other.raw)
        return {"check": "fork_proof", "input": {"bytes": raw}, "context": believed(packs)}

    def accept(name: str, why: str, one: Drawn, other: Drawn, reason: Contradiction, packs: list[bytes]) -> None:
        output = {"party": "device", "authority_id": WALLET.allowance_id, "reason": reason.value}
        title = f"A fork proof against a device: {name.replace('-', ' ')}"
        shelf.accept(f"fork-proof/{name}", title, why, output=output, **given(one, other, WALLET, packs))

    def refuse(name: str, title: str, why: str, code: RefusalCode, one: Drawn, other: Drawn, *,
               wallet: Wallet = WALLET, packs: list[bytes] | None = None) -> None:  # fmt: skip
        told = given(one, other, wallet, packs or [PACK])
        shelf.refuse(f"fork-proof/{name}", title, why, code=code, beside=GOOD, **told)

    packs = [PACK]
    accept("same-counter", "A cloned key.", FIRST, CLONED, Contradiction.SAME_COUNTER, packs)
    accept("cumulative-falls", "The third cheque forgets the first.", FIRST,
           answer(WALLET, SALES[2], after=SECOND, cumulative_minor=1_300), Contradiction.CUMULATIVE_FALLS,
           packs)  # fmt: skip
    accept("cumulative-gap", "The second cheque skips one unit.", FIRST,
           answer(WALLET, SALES[1], after=FIRST, cumulative_minor=2_501), Contradiction.CUMULATIVE_GAP,
           packs)  # fmt: skip
    accept("broken-link", "The second cheque follows another first one.", FIRST,
           answer(WALLET, SALES[1], after=CLONED), Contradiction.BROKEN_LINK, packs)  # fmt: skip
    closing = WALLET.draw(after=FIRST, exact_minor=0)
    accept("after-closing", "A cheque after the one that said it was the last.", closing,
           answer(WALLET, SALES[2], after=closing), Contradiction.AFTER_CLOSING, packs)  # fmt: skip
    gone = [pack(keys=[trusted(ISSUER, KeyRole.ISSUER, not_after=NOW - 300 * DAY, revoked_at=NOW), *KEYS[1:]])]
    accept("under-an-old-key", "An old issuer's key still testifies.", FIRST, CLONED, Contradiction.SAME_COUNTER,
           gone)  # fmt: skip
    honest = RefusalCode.NOT_CONTRADICTORY
    refuse("honest-pair", "Two cheques that agree", "They accuse nobody.", honest, FIRST, SECOND)
    refuse("honest-gap", "Two cheques with one between them", "They accuse nobody.", honest, FIRST, THIRD)
    refuse("same-twice", "The same cheque twice", "It agrees with itself, and two statements ascend.",
           RefusalCode.FIELD_INVALID, FIRST, FIRST)  # fmt: skip
    again = dataclasses.replace(
        FIRST, raw=signed_again(FIRST.raw, "device of wallet", Kind.CHEQUE, WALLET.allowance_id)
    )
    refuse("signed-again", "One cheque under two good signatures",
           "The id is of what is signed, not of the signature: signing the same again accuses nobody.", honest, FIRST,
           again)  # fmt: skip
    by_device = RefusalCode.DEVICE_SIGNATURE_INVALID
    refuse("forged", "A second cheque that the device did not sign", "Anybody could accuse anybody.", by_device,
           FIRST, answer(WALLET, SALES[3], key_of="stranger"))  # fmt: skip
    turned = LAYOUT.encode(dict(zip(("authority", "other", "one"), (WALLET.raw, *sorted((FIRST.raw, CLONED.raw))),
                                    strict=True)))  # fmt: skip
    shelf.refuse("fork-proof/descending", "The two cheques in descending order", "One fork has one proof.",
                 check="fork_proof", input={"bytes": turned}, context=believed(), code=RefusalCode.FIELD_INVALID,
                 beside=GOOD)  # fmt: skip
    elsewhere = Wallet("another wallet")
    refuse("another-allowance", "A cheque of another allowance", "Each allowance has its own chain.",
           RefusalCode.WRONG_ALLOWANCE, FIRST, answer(elsewhere, SALES[1]))  # fmt: skip
    refuse("not-good", "A second cheque that nobody would have accepted", "Its cumulative is below its amount.",
           RefusalCode.AMOUNT_INVALID, FIRST,
           answer(WALLET, SALES[1], after=FIRST, cumulative_minor=1_249))  # fmt: skip
    nobody = [pack(keys=[trusted("another issuer", KeyRole.ISSUER), *KEYS[1:]], lists=())]
    refuse("issuer-unknown", "An allowance of an unknown issuer", "Whose device is it?", RefusalCode.ISSUER_UNKNOWN,
           FIRST, CLONED, packs=nobody)  # fmt: skip
    altered = Wallet()
    altered.raw = altered.raw[:-1] + bytes([altered.raw[-1] ^ 1])
    refuse("issuer-signature", "An allowance with an altered signature", "The issuer did not sign it.",
           RefusalCode.ISSUER_SIGNATURE_INVALID, FIRST, CLONED, wallet=altered)  # fmt: skip


def _terminals(shelf: Shelf) -> None:
    good = "fork-proof/terminal-two-receipts"
    stranger = Terminal("stranger")
    certificate = TERMINAL.raw

    def given(one: bytes, other: bytes, authority: bytes, packs: list[bytes]) -> dict[str, Any]:
        raw = encode_fork_proof(authority, one, other)
        return {"check": "fork_proof", "input": {"bytes": raw}, "context": believed(packs)}

    def accept(name: str, title: str, why: str, one: bytes, other: bytes) -> None:
        output = {"party": "terminal", "authority_id": TERMINAL.certificate_id, "reason": "same_counter"}
        shelf.accept(name, title, why, output=output, **given(one, other, certificate, [PACK]))

    def refuse(name: str, title: str, why: str, code: RefusalCode, one: bytes, other: bytes,
               authority: bytes = certificate, packs: list[bytes] | None = None) -> None:  # fmt: skip
        told = given(one, other, authority, packs or [PACK])
        shelf.refuse(f"fork-proof/terminal-{name}", title, why, code=code, beside=good, **told)

    receipt, second = TERMINAL.receipt(FIRST, 1_250), TERMINAL.receipt(SECOND, 1_250)
    void = TERMINAL.void(FIRST, 1_250)
    accept(good, "Two receipts of a terminal at one counter", "Two stories.", receipt, second)
    accept("fork-proof/terminal-receipt-and-note", "A receipt and a note at one counter", "One chain for both.",
           receipt, void)  # fmt: skip
    accept("fork-proof/terminal-two-notes", "Two notes at one counter", "Two stories.", void,
           TERMINAL.void(FIRST, 1_249))  # fmt: skip
    honest = RefusalCode.NOT_CONTRADICTORY
    refuse("honest-pair", "A receipt and the next note", "They accuse nobody.", honest, receipt,
           TERMINAL.void(FIRST, 1_250, counter=2))  # fmt: skip
    refuse("same-twice", "The same receipt twice", "It agrees with itself, and two statements ascend.",
           RefusalCode.FIELD_INVALID, receipt, receipt)  # fmt: skip
    again = signed_again(receipt, "terminal terminal", Kind.RECEIPT, TERMINAL.certificate_id)
    refuse("signed-again", "One receipt under two good signatures", "The same statement twice.", honest, receipt, again)
    invalid = RefusalCode.TERMINAL_SIGNATURE_INVALID
    refuse("of-another", "A receipt of another terminal", "Each terminal has its own chain.", invalid, receipt,
           stranger.receipt(FIRST, 1_250))  # fmt: skip
    refuse("forged", "A receipt with an altered signature", "Anybody could accuse anybody.", invalid, receipt,
           second[:-1] + bytes([second[-1] ^ 1]))  # fmt: skip
    altered = certificate[:-1] + bytes([certificate[-1] ^ 1])
    refuse("acquirer-signature", "A certificate with an altered signature", "The acquirer did not sign it.",
           RefusalCode.ACQUIRER_SIGNATURE_INVALID, receipt, second, altered)  # fmt: skip
    nobody = [pack(keys=[KEYS[0], trusted("another acquirer", KeyRole.ACQUIRER), KEYS[2]])]
    refuse("acquirer-unknown", "A certificate of an unknown acquirer", "Whose terminal is it?",
           RefusalCode.ACQUIRER_UNKNOWN, receipt, second, packs=nobody)  # fmt: skip
    refuse("with-cheques", "A certificate with two cheques", "A terminal draws none.", RefusalCode.WRONG_MESSAGE,
           FIRST.raw, CLONED.raw)  # fmt: skip
    refuse("authority-is-a-cheque", "A cheque in the certificate's place", "It says nothing about a key.",
           RefusalCode.WRONG_MESSAGE, receipt, second, FIRST.raw)  # fmt: skip
