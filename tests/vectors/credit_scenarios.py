"""Scenarios of credits: what adds to an allowance, and what does not (spec 04, Cover)."""

from __future__ import annotations

from typing import Any

from feiqian.protocol.certificate import Capability
from feiqian.protocol.credit import Credit, credits_hash, encode_credits
from feiqian.protocol.keys import CURVE_ORDER
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.trust_pack import KeyRole
from tests.vectors.payment_scenarios import Till, answer
from tests.vectors.scenario import Scenario
from tests.vectors.world import (
    DAY,
    ISSUER,
    KEYS,
    NOW,
    PAYEE,
    SUSPENDED_INDEX,
    Asked,
    Drawn,
    Terminal,
    Wallet,
    octets,
    pack,
    trusted,
)

INVALID, UNCOVERED = RefusalCode.CREDIT_INVALID, RefusalCode.NOT_COVERED
TERMINAL, STRANGER = Terminal(), Terminal("stranger")
FULL = "credit/void-full"

# The story: 20.00 are reserved; 15.00 were paid and given back; 12.50 are to be paid next. Cumulative 27.50.
WALLET = Wallet("small wallet", amount_minor=2_000)
FIRST_ASKED = TERMINAL.ask("given back", exact_minor=1_500)
FIRST = answer(WALLET, FIRST_ASKED)
ASKED = TERMINAL.ask("paid with a credit")


def scenarios() -> list[Scenario]:
    """All of them."""
    till = Till()
    _given_back(till)
    _several(till)
    _not_given_back(till)
    _testimony(till)
    _received(till)
    _hops(till)
    _limits(till)
    return till.shelf.scenarios


def back(statement: bytes, cheque: Drawn = FIRST, asked: Asked = FIRST_ASKED, by: Terminal = TERMINAL) -> Credit:
    """What a terminal's statement gives back."""
    return Credit(cheque=cheque.raw, request=asked.payload, statement=statement, certificate=by.raw)


def pay(credits: list[Credit], *, after: Drawn = FIRST, wallet: Wallet = WALLET, **terms: Any) -> dict[str, Any]:
    """The payment that shows these credits."""
    bundle = encode_credits(credits)
    cheque = answer(wallet, ASKED, after=after, credits_hash=credits_hash(bundle), **terms)
    return {"wallet": wallet, "cheque": cheque, "asked": ASKED, "credits": bundle}


def counted(**amounts: int) -> dict[str, int]:
    """Credits by the cheque they are on, with what each counts for."""
    return {{"first": FIRST.cheque_id.hex()}[name]: amount for name, amount in amounts.items()}


def _given_back(till: Till) -> None:
    void = TERMINAL.void(FIRST, 1_500)
    till.accept(FULL, "A cheque covered by a void note",
                "The cumulative is gross and never falls; the note covers what is above the reserve.",
                **pay([back(void)]), counted=counted(first=1_500))  # fmt: skip
    bare = answer(WALLET, ASKED, after=FIRST)
    till.refuse("credit/none-shown", "The same cheque without the note", "27.50 of 20.00.", UNCOVERED,
                wallet=WALLET, cheque=bare, asked=ASKED, beside=FULL)  # fmt: skip
    till.accept("credit/void-part", "A void note over just enough", "7.50 back: 27.50 of 20.00 and 7.50.",
                **pay([back(TERMINAL.void(FIRST, 750))]), counted=counted(first=750))  # fmt: skip
    till.refuse("credit/void-part-too-little", "A void note over one minor unit too little",
                "7.49 back: 27.50 of 27.49.", UNCOVERED, **pay([back(TERMINAL.void(FIRST, 749))]),
                beside="credit/void-part")  # fmt: skip
    till.accept("credit/cancel", "A cheque covered by a cancel note",
                "It names the request and gives back whatever cheque answered it.",
                **pay([back(TERMINAL.cancel(FIRST_ASKED))]), counted=counted(first=1_500))  # fmt: skip
    till.refuse("credit/cancel-of-another-request", "A cancel note for another request", "It is about another cheque.",
                INVALID, **pay([back(TERMINAL.cancel(ASKED))]), beside="credit/cancel")  # fmt: skip
    up_to = TERMINAL.ask("up to", maximum_minor=1_500)
    most = answer(WALLET, up_to)
    receipt = back(TERMINAL.receipt(most, 700), most, up_to)
    till.accept("credit/receipt-below-maximum", "A cheque covered by a receipt below the maximum",
                "7.00 of 15.00 were taken: 8.00 come back.", **pay([receipt], after=most),
                counted={most.cheque_id.hex(): 800})  # fmt: skip
    whole = back(TERMINAL.receipt(most, 1_500), most, up_to)
    till.refuse("credit/receipt-at-maximum", "A receipt at the maximum", "Nothing comes back.", INVALID,
                **pay([whole], after=most), beside="credit/receipt-below-maximum")  # fmt: skip
    above = back(TERMINAL.receipt(most, 1_501), most, up_to)
    till.refuse("credit/receipt-above-maximum", "A receipt above the maximum", "Less than nothing comes back.",
                INVALID, **pay([above], after=most), beside="credit/receipt-below-maximum")  # fmt: skip
    bundle = encode_credits([back(void)])
    shown = answer(WALLET, ASKED, after=FIRST, credits_hash=octets("others", 16))
    till.refuse("credit/not-the-committed-ones", "Credits that the cheque does not commit to",
                "Whoever carries the payment could swap them.", RefusalCode.CREDITS_MISMATCH, wallet=WALLET,
                cheque=shown, asked=ASKED, credits=bundle, beside=FULL)  # fmt: skip
    swapped = encode_credits([back(TERMINAL.void(FIRST, 1_500, time=NOW + 1))])
    till.refuse("credit/swapped", "Other credits than the cheque commits to", "A second note instead of the first.",
                RefusalCode.CREDITS_MISMATCH, **{**pay([back(void)]), "credits": swapped}, beside=FULL)  # fmt: skip


def _several(till: Till) -> None:
    notes = [back(TERMINAL.void(FIRST, amount, counter=number)) for number, amount in ((1, 300), (2, 750), (3, 500))]
    till.accept("credit/several-notes-largest", "Three notes on one cheque",
                "They count once, at the largest: 3.00, 7.50 and 5.00 give 7.50.", **pay(notes),
                counted=counted(first=750))  # fmt: skip
    less = [back(TERMINAL.void(FIRST, amount, counter=number)) for number, amount in ((1, 300), (2, 749), (3, 500))]
    till.refuse("credit/several-notes-no-sum", "Three notes on one cheque, the largest too small",
                "Together they would be enough, but a cheque is given back once.", UNCOVERED, **pay(less),
                beside="credit/several-notes-largest")  # fmt: skip
    same = back(TERMINAL.void(FIRST, 750))
    till.accept("credit/note-twice", "The same note twice", "It counts once and does no harm.", **pay([same, same]),
                counted=counted(first=750))  # fmt: skip
    wallet = Wallet("two notes", amount_minor=2_000)
    asked = [TERMINAL.ask(f"both {number}", exact_minor=800) for number in range(2)]
    one = answer(wallet, asked[0])
    two = answer(wallet, asked[1], after=one)
    both = [back(TERMINAL.void(one, 800), one, asked[0]),
            back(TERMINAL.void(two, 800, counter=2), two, asked[1])]  # fmt: skip
    till.accept("credit/two-cheques", "Notes on two cheques", "Distinct credits add up: 28.50 of 20.00 and 16.00.",
                **pay(both, after=two, wallet=wallet),
                counted={one.cheque_id.hex(): 800, two.cheque_id.hex(): 800})  # fmt: skip
    till.refuse("credit/two-cheques-one-note", "The note on one of them only", "28.50 of 20.00 and 8.00.", UNCOVERED,
                **pay(both[:1], after=two, wallet=wallet), beside="credit/two-cheques")  # fmt: skip
    till.refuse("credit/one-bad-spoils-all", "A good note and one that does not hold",
                "A verifier that skipped bad ones would accept what it did not check.", INVALID,
                **pay([both[0], back(STRANGER.void(two, 800), two, asked[1], STRANGER)], after=two, wallet=wallet),
                beside="credit/two-cheques")  # fmt: skip


def _not_given_back(till: Till) -> None:
    def refuse(name: str, title: str, why: str, credit: Credit, beside: str = FULL, **given: Any) -> None:
        till.refuse(f"credit/{name}", title, why, INVALID, beside=beside, **pay([credit]), **given)

    void = TERMINAL.void(FIRST, 1_500)
    refuse("note-of-another-payee", "A note of a payee that the request does not name",
           "Only who was paid can give back.", back(STRANGER.void(FIRST, 1_500), by=STRANGER))  # fmt: skip
    refuse("note-under-another-certificate", "The named payee's certificate, somebody else's note",
           "The certificate's terminal did not sign it.", back(STRANGER.void(FIRST, 1_500)))  # fmt: skip
    forged = Terminal("forger", payee_id=PAYEE, acquirer_key_id=octets("no acquirer", 4))
    refuse("acquirer-unknown", "A certificate of an acquirer that nobody trusts", "Anybody could write one.",
           back(forged.void(FIRST, 1_500), by=forged))  # fmt: skip
    altered = void[:-1] + bytes([void[-1] ^ 1])
    refuse("note-signature", "A note with an altered signature", "The terminal did not sign it.", back(altered))
    s = CURVE_ORDER - int.from_bytes(void[-32:], "big")
    refuse("note-high-s", "A note with s in the upper half", "A second spelling.",
           back(void[:-32] + s.to_bytes(32, "big")))  # fmt: skip
    elsewhere = Wallet("another wallet", amount_minor=2_000)
    theirs = answer(elsewhere, FIRST_ASKED)
    refuse("cheque-of-another-allowance", "A note on a cheque of another allowance", "It gives back somebody else's.",
           back(TERMINAL.void(theirs, 1_500), theirs))  # fmt: skip
    refuse("note-on-another-cheque", "A note on another cheque than the one shown", "The two belong together.",
           back(TERMINAL.void(theirs, 1_500)))  # fmt: skip
    other = TERMINAL.ask("not it", exact_minor=1_500)
    refuse("another-request", "A note with a request that its cheque does not answer", "It may name another payee.",
           back(void, asked=other))  # fmt: skip
    invented = WALLET.draw(exact_minor=1_500, request=FIRST_ASKED.request_hash, key_of="stranger")
    refuse("cheque-not-signed-by-device", "A note on a cheque that the device never signed",
           "A stolen terminal could accuse an honest device by inventing cheques.",
           back(TERMINAL.void(invented, 1_500), invented))  # fmt: skip
    code = WALLET.draw(exact_minor=1_500, ttl_s=60)
    refuse("one-way", "A note on a one-way code", "It may be shown elsewhere: it comes back when settled, not before.",
           back(TERMINAL.void(code, 1_500), code))  # fmt: skip
    yuan = Terminal("terminal", currency="CNY", note_cap_minor=10**9)
    refuse("note-cap-in-another-currency", "A terminal certified for another currency",
           "Its note cap would be compared across currencies.",
           back(yuan.void(FIRST, 1_500), by=yuan))  # fmt: skip
    in_yuan = yuan.ask("in yuan", exact_minor=1_500, currency="CNY")
    foreign = answer(WALLET, in_yuan)
    refuse("given-back-in-another-currency", "A note on a request in another currency", "15.00 of what?",
           back(yuan.void(foreign, 1_500), foreign, in_yuan, yuan))  # fmt: skip
    refuse("void-nothing", "A note that gives back nothing", "0 is no credit.", back(TERMINAL.void(FIRST, 0)))
    refuse("void-more", "A note that gives back more than was paid", "15.01 of 15.00.",
           back(TERMINAL.void(FIRST, 1_501)))  # fmt: skip
    capped = Terminal("terminal", note_cap_minor=1_500)
    till.accept("credit/note-cap-edge", "A note at the cap of its terminal", "The cap itself is allowed.",
                **pay([back(capped.void(FIRST, 1_500), by=capped)]), counted=counted(first=1_500))  # fmt: skip
    tight = Terminal("terminal", note_cap_minor=1_499)
    refuse("note-cap", "A note one minor unit above the cap of its terminal", "The acquirer stands for no more.",
           back(tight.void(FIRST, 1_500), by=tight), "credit/note-cap-edge")  # fmt: skip
    mute = Terminal("terminal", capabilities=int(Capability.REQUEST))
    refuse("note-not-allowed", "A note of a terminal that may write none", "The acquirer did not allow it.",
           back(mute.void(FIRST, 1_500), by=mute))  # fmt: skip
    for name, refused, terms in (("not-yet", NOW - 1, {"not_before": NOW}), ("after", NOW + 1, {"expires_at": NOW})):
        narrow = Terminal("terminal", **terms)
        edge = f"credit/certificate-{name}-edge"
        till.accept(edge, f"A note in the {'first' if name == 'not-yet' else 'last'} second of its certificate",
                    "The note's own time counts, not today's.",
                    **pay([back(narrow.void(FIRST, 1_500, time=NOW), by=narrow)]),
                    counted=counted(first=1_500))  # fmt: skip
        refuse(f"certificate-{name}", "A note one second outside its certificate", "The key was not its terminal's.",
               back(narrow.void(FIRST, 1_500, time=refused), by=narrow), edge)  # fmt: skip
    rotated = [KEYS[0], trusted("acquirer", KeyRole.ACQUIRER, revoked_at=NOW), KEYS[2]]
    refuse("acquirer-key-revoked", "A note under an acquirer's key that was revoked", "A stolen key can put any date.",
           back(void), packs=[pack(keys=rotated)])  # fmt: skip
    for amount in (2_000, 2_001):
        late_asked = TERMINAL.ask(f"late {amount}", exact_minor=amount)
        late = WALLET.draw(exact_minor=amount, request=late_asked.request_hash, counter=5, cumulative_minor=2_000,
                           previous=octets("the one before", 16))  # fmt: skip
        credit = back(TERMINAL.void(late, amount), late, late_asked)
        if amount == 2_000:
            till.accept("credit/later-cheque", "A note on a later cheque, its amount equal to its cumulative",
                        "32.50 of 20.00 and 20.00.", **pay([credit], after=late),
                        counted={late.cheque_id.hex(): amount})  # fmt: skip
        else:
            till.refuse("credit/cheque-above-its-cumulative", "A note on a cheque whose amount is above its cumulative",
                        "Device and terminal together could give back what was never counted: only a good cheque "
                        "can be given back.", INVALID, beside="credit/later-cheque",
                        **pay([credit], after=late))  # fmt: skip
    not_good: dict[str, dict[str, Any]] = {
        "cumulative": {"cumulative_minor": 1_501},
        "previous": {"previous": octets("else", 16)},
    }
    for name, wrong in not_good.items():
        early = answer(WALLET, FIRST_ASKED, **wrong)
        till.refuse(f"credit/first-cheque-{name}", f"A note on a first cheque with a wrong {name}",
                    "Only a good cheque can be given back.", INVALID, beside=FULL,
                    **pay([back(TERMINAL.void(early, 1_500), early)], after=early))  # fmt: skip


def _testimony(till: Till) -> None:
    """The cheque of a credit is signed by the device, so it testifies against it."""
    clone = answer(WALLET, TERMINAL.ask("clone's", exact_minor=600))
    till.refuse("credit/testifies", "A note on one of two cheques at one counter",
                "The other one is known: a clone's fork shows although its cheque was given back.",
                RefusalCode.FORK_SEEN, **pay([back(TERMINAL.void(FIRST, 1_500))]), links=[clone.link],
                beside="credit/testifies-known")  # fmt: skip
    till.accept("credit/testifies-known", "A note on a cheque that is known", "It agrees with what is remembered.",
                **pay([back(TERMINAL.void(FIRST, 1_500))]), links=[FIRST.link],
                counted=counted(first=1_500))  # fmt: skip
    till.refuse("credit/testifies-against-this-one", "A note on a cheque that this one contradicts",
                "The cheque at counter 2 does not follow the one at counter 1 that its own credit shows.",
                RefusalCode.FORK_SEEN, **pay([back(TERMINAL.void(FIRST, 1_500))], cumulative_minor=2_751),
                beside=FULL)  # fmt: skip


def gift(giver: Wallet, receiver: Wallet, label: str, amount: int, **terms: Any) -> tuple[Asked, Drawn]:
    """A request of one person and the cheque of another that answers it."""
    asked = TERMINAL.ask(label, payee_id=None, receiver_allowance=receiver.ref, exact_minor=amount)
    return asked, answer(giver, asked, **terms)


def received(giver: Wallet, asked: Asked, cheque: Drawn, bundle: bytes | None = None) -> Credit:
    """A received cheque as a credit."""
    return Credit(cheque=cheque.raw, request=asked.payload, allowance=giver.raw, credits=bundle)


EMPTY = Wallet("empty wallet", amount_minor=0)
GIVER = Wallet("giver")
GIFT = "credit/received"


def spend(credits: list[Credit], wallet: Wallet = EMPTY, **terms: Any) -> dict[str, Any]:
    """The receiver's first payment, covered by what it received."""
    bundle = encode_credits(credits)
    cheque = answer(wallet, ASKED, credits_hash=credits_hash(bundle), **terms)
    return {"wallet": wallet, "cheque": cheque, "asked": ASKED, "credits": bundle}


UNSURE: dict[str, Any] = {"guaranteed_minor": 0}  # what leans on a received cheque is as sure as that one


def _received(till: Till) -> None:
    asked, cheque = gift(GIVER, EMPTY, "gift", 1_250)
    good = received(GIVER, asked, cheque)
    till.accept(GIFT, "A cheque covered by a received one",
                "Nothing is reserved; 12.50 were received. No issuer guarantees what leans on another's cheque.",
                **spend([good]), **UNSURE, counted={cheque.cheque_id.hex(): 1_250})  # fmt: skip
    reserved = Wallet("reserve and gift")
    theirs, given = gift(GIVER, reserved, "gift beside a reserve", 1_250)
    till.accept("credit/received-not-needed", "A cheque that its reserve covers, shown with a received one",
                "What is shown is checked and counts; so nothing is guaranteed.",
                **spend([received(GIVER, theirs, given)], reserved), **UNSURE,
                counted={given.cheque_id.hex(): 1_250})  # fmt: skip
    small_asked, small = gift(GIVER, EMPTY, "small gift", 1_249)
    till.refuse("credit/received-too-little", "One minor unit less received", "12.50 of 12.49.", UNCOVERED,
                **spend([received(GIVER, small_asked, small)]), beside=GIFT)  # fmt: skip
    till.accept("credit/received-twice-shown", "A received cheque shown twice", "It counts once.",
                **spend([good, good]), **UNSURE, counted={cheque.cheque_id.hex(): 1_250})  # fmt: skip
    half_asked, half = gift(GIVER, EMPTY, "half a gift", 625)
    doubled = received(GIVER, half_asked, half)
    till.refuse("credit/received-twice-counted", "Half as much received, shown twice", "It counts once.", UNCOVERED,
                **spend([doubled, doubled]), beside="credit/received-twice-shown")  # fmt: skip

    def refuse(name: str, title: str, why: str, credit: Credit, **given: Any) -> None:
        till.refuse(f"credit/received-{name}", title, why, INVALID, beside=GIFT, **spend([credit]), **given)

    theirs, for_them = gift(GIVER, Wallet("passer-by"), "gift to another", 1_250)
    refuse("by-another", "A cheque that was given to somebody else", "Another allowance is named.",
           received(GIVER, theirs, for_them))  # fmt: skip
    to_payee = answer(GIVER, ASKED)
    refuse("by-a-payee", "A cheque that was paid to a payee", "A photographed payment is no credit.",
           received(GIVER, ASKED, to_payee))  # fmt: skip
    up_to = TERMINAL.ask("gift up to", payee_id=None, receiver_allowance=EMPTY.ref, maximum_minor=1_250)
    refuse("up-to", "A received cheque up to an amount", "What was taken of it is not known.",
           received(GIVER, up_to, answer(GIVER, up_to)))  # fmt: skip
    refuse("one-way", "A received one-way code", "It is addressed to nobody.",
           received(GIVER, asked, GIVER.draw(exact_minor=1_250, ttl_s=60)))  # fmt: skip
    refuse("another-request", "A received cheque with another request", "It does not answer it.",
           received(GIVER, half_asked, cheque))  # fmt: skip
    refuse("another-amount", "A received cheque over more than asked", "Exact is exact.",
           received(GIVER, half_asked, answer(GIVER, half_asked, exact_minor=1_250)))  # fmt: skip
    refuse("wrong-allowance", "A received cheque with another allowance", "It is not drawn on it.",
           received(Wallet("another wallet"), asked, cheque))  # fmt: skip
    refuse("not-signed", "A received cheque that its device did not sign", "Anybody could write one.",
           received(GIVER, asked, answer(GIVER, asked, key_of="stranger")))  # fmt: skip
    altered = GIVER.raw[:-1] + bytes([GIVER.raw[-1] ^ 1])
    refuse("issuer-signature", "A giver's allowance with an altered signature", "The issuer did not sign it.",
           Credit(cheque=cheque.raw, request=asked.payload, allowance=altered))  # fmt: skip
    scoped = Wallet("scoped giver", audience=PAYEE)
    refuse("scoped", "A cheque on an allowance with an audience", "Its spent list has not seen it.",
           received(scoped, *gift(scoped, EMPTY, "gift", 1_250)))  # fmt: skip
    yuan = Wallet("giver in yuan", currency="CNY")
    refuse("currency", "A received cheque in another currency", "12.50 of what?",
           received(yuan, *gift(yuan, EMPTY, "gift", 1_250)))  # fmt: skip
    limits: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("over-per-payment", "above its allowance's limit of one payment", {"per_payment_minor": 1_249}, {}),
        ("over-count", "beyond its allowance's count", {"count_limit": 1}, {"counter": 2, "cumulative_minor": 2_500}),
        ("holder-check", "that needed a holder check", {"holder_check_above_minor": 1_249}, {"holder_check": 0}),
        ("suspended", "of a suspended allowance", {"status_index": SUSPENDED_INDEX}, {}),
    ]  # fmt: skip
    for name, title, terms, drawn in limits:
        giver = Wallet("limited giver", **terms)
        refuse(name, f"A received cheque {title}", "What its receiver had to refuse pays nobody else.",
               received(giver, *gift(giver, EMPTY, "gift", 1_250, **drawn)))  # fmt: skip
    poor = Wallet("poor giver", amount_minor=1_249)
    refuse("not-covered", "A received cheque above its own reserve", "Nobody set it aside.",
           received(poor, *gift(poor, EMPTY, "gift", 1_250)))  # fmt: skip
    refuse("wild", "A received cheque whose cumulative is below its amount", "Only a good cheque pays on.",
           received(GIVER, *gift(GIVER, EMPTY, "gift", 1_250, counter=2, cumulative_minor=1_249)))  # fmt: skip
    old = Wallet("old giver", not_before=NOW - 200 * DAY)
    in_time = {"packs": [pack(keys=[trusted(ISSUER, KeyRole.ISSUER, not_before=NOW - 100 * DAY), *KEYS[1:]])]}
    refuse("key-retired", "A received cheque of an allowance from before its issuer's key", "A key has its time.",
           received(old, *gift(old, EMPTY, "gift", 1_250)), **in_time)  # fmt: skip
    refuse("unshown-credits", "A received cheque that commits to credits not shown", "Its own cover is missing.",
           received(GIVER, *gift(GIVER, EMPTY, "gift", 1_250, credits_hash=octets("credits", 16))))  # fmt: skip
    note = TERMINAL.void(cheque, 1_250)
    till.refuse("credit/received-voided", "A received cheque with a note of a payee",
                "It is never voided, only paid back.", INVALID, beside=GIFT,
                **spend([back(note, cheque, asked)]))  # fmt: skip
    own = Wallet("to itself", amount_minor=625)
    self_asked, to_self = gift(own, own, "gift to itself", 625)
    till.refuse("credit/received-from-itself", "A cheque to its own allowance", "Money from nothing.", INVALID,
                **spend([received(own, self_asked, to_self)], own), beside=GIFT)  # fmt: skip


def _hops(till: Till) -> None:
    """Paying on: what was received pays again, at most twice."""
    people = [Wallet("rich giver"), *(Wallet(f"hop {number}", amount_minor=0) for number in (1, 2, 3))]
    bundle: bytes | None = None
    credit: Credit | None = None
    for hop in (1, 2, 3):
        giver, receiver = people[hop - 1], people[hop]
        committed = {} if bundle is None else {"credits_hash": credits_hash(bundle)}
        asked, cheque = gift(giver, receiver, f"hop {hop}", 1_250, **committed)
        credit = received(giver, asked, cheque, bundle)
        if hop == 3:
            till.refuse("credit/hops-three", "A cheque received, paid on twice, and paid on again",
                        "Evidence grows with each hop; two are allowed.", INVALID, **spend([credit], receiver),
                        beside="credit/hops-two")  # fmt: skip
        if hop == 2:
            till.accept("credit/hops-two", "A cheque covered by a received one that was covered by a received one",
                        "Two hops are allowed.", **spend([credit], receiver), **UNSURE,
                        counted={cheque.cheque_id.hex(): 1_250})  # fmt: skip
            swapped = received(giver, asked, cheque, encode_credits([credit]))
            till.refuse("credit/hops-swapped", "An inner credit that its cheque does not commit to",
                        "Whoever carries it could swap it.", INVALID, **spend([swapped], receiver),
                        beside="credit/hops-two")  # fmt: skip
        bundle = encode_credits([credit])


def _limits(till: Till) -> None:
    gifts = [gift(Wallet(f"giver {number}"), EMPTY, f"gift {number}", 400) for number in range(4)]
    credits = [received(Wallet(f"giver {n}"), asked, cheque) for n, (asked, cheque) in enumerate(gifts)]
    short = TERMINAL.ask("three gifts", exact_minor=1_200)
    bundle = encode_credits(credits[:3])
    cheque = answer(EMPTY, short, credits_hash=credits_hash(bundle))
    till.accept("credit/three", "Three credits", "As many as may be shown.", wallet=EMPTY, cheque=cheque, asked=short,
                credits=bundle, **UNSURE, counted={drawn.cheque_id.hex(): 400 for _, drawn in gifts[:3]})  # fmt: skip
    four = b"\x84" + bundle[1:] + encode_credits(credits[3:])[1:]
    cheque = answer(EMPTY, short, credits_hash=credits_hash(four))
    till.refuse("credit/four", "Four credits", "Three are enough for a payment, and for a verifier.",
                RefusalCode.TOO_MANY_CREDITS, wallet=EMPTY, cheque=cheque, asked=short, credits=four,
                beside="credit/three")  # fmt: skip
    for name, body, code in (
        ("empty", b"\x80", RefusalCode.MALFORMED),
        ("no-array", b"\x00", RefusalCode.MALFORMED),
        ("not-bytes", b"\x81\x00", RefusalCode.FIELD_INVALID),
        ("too-large", b"\x81\x59\x08\x00" + bytes(2_048), RefusalCode.TOO_LARGE),
        ("nested-deep", b"\x81" * 1_000 + b"\x00", RefusalCode.MALFORMED),
        ("cycle", b"\xd8\x1c\x81\xd8\x1d\x00", RefusalCode.NOT_CANONICAL),
    ):
        cheque = answer(EMPTY, short, credits_hash=credits_hash(body))
        till.refuse(f"credit/bundle-{name}", f"A bundle that is {name.replace('-', ' ')}",
                    "An evidence bomb costs the verifier nothing.", code, wallet=EMPTY, cheque=cheque, asked=short,
                    credits=body, beside="credit/three")  # fmt: skip
