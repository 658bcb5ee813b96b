"""Scenarios of the check of a payment: purpose, time, limits, standing, signatures, memory (spec 04)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from feiqian.protocol import cose
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.chain import Link
from feiqian.protocol.keys import CURVE_ORDER
from feiqian.protocol.refusals import RefusalCode
from feiqian.protocol.trust_pack import KeyRole
from tests.vectors.scenario import Scenario, Shelf
from tests.vectors.world import (
    CLOSED_INDEX,
    DAY,
    DEPLOYMENT,
    HOUR,
    ISSUER,
    KEYS,
    NOW,
    PACK,
    PAYEE,
    RESERVED_INDEX,
    SKEW_S,
    SUSPENDED_INDEX,
    TRUST_ROOT,
    Asked,
    Drawn,
    Terminal,
    Wallet,
    key,
    octets,
    pack,
    sign_content,
    signed_again,
    trusted,
)

EXACT = "payment/two-way-exact"
ONE_WAY = "payment/one-way-exact"
TERMINAL = Terminal()
ASKED = TERMINAL.ask()


def scenarios() -> list[Scenario]:
    """All of them."""
    till = Till()
    _forms(till)
    _purpose(till)
    _amounts(till)
    _times(till)
    _limits(till)
    _arithmetic(till)
    _standing(till)
    _ages(till)
    _signatures(till)
    _memory(till)
    _order(till)
    return till.shelf.scenarios


def believed(packs: Sequence[bytes] = (PACK,)) -> dict[str, Any]:
    """The part of a context that says what the verifier believes."""
    root = {"keys": TRUST_ROOT.roots, "threshold": TRUST_ROOT.threshold}
    return {"deployment": DEPLOYMENT, "root": root, "packs": packs}


class Till:
    """A terminal that is shown payments: fills in what a scenario leaves unsaid."""

    def __init__(self) -> None:
        self.shelf = Shelf()

    def accept(
        self,
        name: str,
        title: str,
        why: str,
        *,
        wallet: Wallet,
        cheque: Drawn,
        final_minor: int | None = None,
        guaranteed_minor: int | None = None,
        warn: bool = False,
        counted: Mapping[str, int] | None = None,
        **given: Any,
    ) -> None:
        """An accepted payment; `counted` are the credits, amount by hex id of their cheque."""
        final = cheque.terms.amount_minor if final_minor is None else final_minor
        output = {
            "allowance_id": wallet.allowance_id,
            "cheque_id": cheque.cheque_id,
            "form": cheque.terms.form.value,
            "final_minor": final,
            "guaranteed_minor": final if guaranteed_minor is None else guaranteed_minor,
            "warn": warn,
            "credits": [{"cheque_id": i, "amount_minor": n} for i, n in sorted((counted or {}).items())],
        }
        if final_minor is not None and "due" not in given:
            given["final_minor"] = final_minor
        told = self._told(wallet, cheque, given)
        self.shelf.accept(name, title, why, check="verify_payment", output=output, **told)

    def refuse(
        self,
        name: str,
        title: str,
        why: str,
        code: RefusalCode,
        *,
        wallet: Wallet,
        cheque: Drawn,
        beside: str = EXACT,
        **given: Any,
    ) -> None:
        """A refused payment."""
        told = self._told(wallet, cheque, given)
        self.shelf.refuse(name, title, why, check="verify_payment", code=code, beside=beside, **told)

    def _told(self, wallet: Wallet, cheque: Drawn, given: dict[str, Any]) -> dict[str, Any]:
        context: dict[str, Any] = believed(given.pop("packs", (PACK,)))
        context |= {"now": given.pop("now", NOW), "receiver": given.pop("receiver", PAYEE)}
        body = given.pop("body", None) or wallet.raw + cheque.raw + given.pop("credits", b"")
        if "due" in given:
            context["due"] = {"currency": "EUR", "latest": NOW} | given.pop("due")
        else:
            context["request"] = given.pop("asked", ASKED).payload
        links: Sequence[Link] = given.pop("links", ())
        context |= {"links": links} if links else {}
        return {"input": {"bytes": body}, "context": context | given}


def answer(wallet: Wallet, asked: Asked = ASKED, **terms: Any) -> Drawn:
    """The cheque that answers a request exactly."""
    given = {"exact_minor": asked.terms.exact_minor, "maximum_minor": asked.terms.maximum_minor}
    return wallet.draw(**{name: part for name, part in given.items() if part is not None}
                       | {"request": asked.request_hash} | terms)  # fmt: skip


def _forms(till: Till) -> None:
    wallet = Wallet()
    till.accept(EXACT, "A two-way payment", "Request, cheque, all checks passed: guaranteed.",
                wallet=wallet, cheque=answer(wallet))  # fmt: skip
    up_to = TERMINAL.ask("maximum", maximum_minor=10_000)
    cheque = answer(wallet, up_to)
    till.accept("payment/two-way-maximum", "A payment up to an amount, all of it taken",
                "The cumulative counts the maximum.", wallet=wallet, cheque=cheque, asked=up_to)  # fmt: skip
    till.accept("payment/two-way-maximum-part", "A payment up to an amount, part of it taken",
                "A receipt below the maximum gives the rest back.", wallet=wallet, cheque=cheque, asked=up_to,
                final_minor=7_345)  # fmt: skip
    till.refuse("payment/two-way-maximum-more", "More taken than the maximum", "The payer agreed to the maximum.",
                RefusalCode.AMOUNT_MISMATCH, wallet=wallet, cheque=cheque, asked=up_to, final_minor=10_001,
                beside="payment/two-way-maximum-part")  # fmt: skip
    till.refuse("payment/two-way-maximum-nothing", "Nothing taken", "An acceptance takes something; a void gives back.",
                RefusalCode.AMOUNT_MISMATCH, wallet=wallet, cheque=cheque, asked=up_to, final_minor=0,
                beside="payment/two-way-maximum-part")  # fmt: skip
    code = wallet.draw(exact_minor=900, ttl_s=60)
    due = {"due_minor": 900}
    till.accept(ONE_WAY, "A one-way code", "Nothing binds it to this payee, so nothing is guaranteed.",
                wallet=wallet, cheque=code, due=due, guaranteed_minor=0)  # fmt: skip
    scoped = Wallet("scoped wallet", audience=PAYEE)
    till.accept("payment/one-way-scoped", "A one-way code with an audience",
                "The allowance is for this payee alone, so the payment is guaranteed.", wallet=scoped,
                cheque=scoped.draw(exact_minor=900, ttl_s=60), due=due)  # fmt: skip
    up_to_code = wallet.draw(maximum_minor=2_000, ttl_s=60)
    till.accept("payment/one-way-maximum", "A one-way code up to an amount", "Part of it is due.", wallet=wallet,
                cheque=up_to_code, due={"due_minor": 700}, final_minor=700, guaranteed_minor=0)  # fmt: skip
    mismatch = RefusalCode.AMOUNT_MISMATCH
    till.refuse("payment/one-way-maximum-more", "More due than a code's maximum", "The payer agreed to the maximum.",
                mismatch, wallet=wallet, cheque=up_to_code, due={"due_minor": 2_001},
                beside="payment/one-way-maximum")  # fmt: skip
    till.refuse("payment/one-way-exact-less", "Less due than an exact code", "An exact code pays its amount.",
                mismatch, wallet=wallet, cheque=code, due={"due_minor": 899}, beside=ONE_WAY)  # fmt: skip
    till.refuse("payment/one-way-nothing-due", "Nothing due", "A payment takes something.",
                mismatch, wallet=wallet, cheque=up_to_code, due={"due_minor": 0},
                beside="payment/one-way-maximum")  # fmt: skip
    friend = Wallet("friend")
    personal = TERMINAL.ask("to a person", payee_id=None, receiver_allowance=friend.ref)
    till.accept("payment/to-a-person", "A payment to another person", "The request names the receiver's allowance.",
                wallet=wallet, cheque=answer(wallet, personal), asked=personal, receiver=friend.ref)  # fmt: skip
    named = RefusalCode.PAYEE_NOT_NAMED
    till.refuse("payment/to-another-person", "A payment to somebody else's allowance", "Another allowance is named.",
                named, wallet=wallet, cheque=answer(wallet, personal), asked=personal,
                receiver=Wallet("passer-by").ref, beside="payment/to-a-person")  # fmt: skip


def _purpose(till: Till) -> None:
    wallet = Wallet()
    other = Wallet("another wallet")
    cheque = answer(wallet)
    till.refuse("payment/wrong-allowance", "A cheque behind another allowance", "It is drawn on something else.",
                RefusalCode.WRONG_ALLOWANCE, wallet=other, cheque=cheque)  # fmt: skip
    closing = wallet.draw(exact_minor=0)
    till.refuse("payment/closing", "A closing cheque as a payment", "It pays nothing and ends the allowance.",
                RefusalCode.CLOSING_CHEQUE, wallet=wallet, cheque=closing)  # fmt: skip
    till.refuse("payment/closing-one-way", "A closing cheque as a one-way code", "It pays nothing.",
                RefusalCode.CLOSING_CHEQUE, wallet=wallet, cheque=closing, due={"due_minor": 900},
                beside=ONE_WAY)  # fmt: skip
    mismatch = RefusalCode.REQUEST_MISMATCH
    till.refuse("payment/another-request", "A cheque that answers another request", "H(request) differs.", mismatch,
                wallet=wallet, cheque=answer(wallet, TERMINAL.ask("another request")))  # fmt: skip
    abroad = Asked(ASKED.terms, "another")
    till.refuse("payment/request-of-another-deployment", "A cheque that answers the request of another deployment",
                "The deployment is part of H(request).", mismatch, wallet=wallet,
                cheque=answer(wallet, abroad))  # fmt: skip
    code = wallet.draw(exact_minor=1_250, ttl_s=60)
    till.refuse("payment/one-way-for-a-request", "A one-way code where a request was made", "It answers nothing.",
                mismatch, wallet=wallet, cheque=code)  # fmt: skip
    small = TERMINAL.ask("small", exact_minor=900)
    till.refuse("payment/answer-as-one-way", "An answer where a one-way code was expected",
                "It was meant for a request.", mismatch, wallet=wallet, cheque=answer(wallet, small),
                due={"due_minor": 900}, beside=ONE_WAY)  # fmt: skip
    till.refuse("payment/neither-with-an-amount", "A cheque with an amount, but neither request nor marker",
                "Only the closing cheque has neither.", mismatch, wallet=wallet,
                cheque=wallet.draw(exact_minor=1_250))  # fmt: skip
    till.refuse("payment/payee-not-named", "A request that names another payee",
                "A bystander photographed it: H(request) names who is paid.", RefusalCode.PAYEE_NOT_NAMED,
                wallet=wallet, cheque=cheque, receiver=octets("bystander", 8))  # fmt: skip
    scoped = Wallet("scoped wallet", audience=PAYEE)
    till.accept("payment/audience", "An allowance for this payee alone", "The audience is the receiver.",
                wallet=scoped, cheque=answer(scoped))  # fmt: skip
    elsewhere = Wallet("scoped wallet", audience=octets("another payee", 8))
    till.refuse("payment/audience-of-another", "An allowance for another payee alone", "Its audience keeps the list.",
                RefusalCode.AUDIENCE_MISMATCH, wallet=elsewhere, cheque=answer(elsewhere),
                beside="payment/audience")  # fmt: skip
    yuan = Wallet("wallet in yuan", currency="CNY")
    till.refuse("payment/currency", "An allowance in another currency", "1,250 of what?",
                RefusalCode.CURRENCY_MISMATCH, wallet=yuan, cheque=answer(yuan))  # fmt: skip
    dollars = TERMINAL.ask("dollars", currency="USD")
    american = Wallet("wallet in dollars", currency="USD")
    till.refuse("payment/currency-not-served", "A currency without policy", "Nobody said what is guaranteed in it.",
                RefusalCode.CURRENCY_MISMATCH, wallet=american, cheque=answer(american, dollars),
                asked=dollars)  # fmt: skip
    in_yuan = TERMINAL.ask("yuan", currency="CNY")
    till.accept("payment/currency-second", "A payment in the second currency", "Each has its own policy.",
                wallet=yuan, cheque=answer(yuan, in_yuan), asked=in_yuan)  # fmt: skip


def _amounts(till: Till) -> None:
    wallet = Wallet()
    mismatch = RefusalCode.AMOUNT_MISMATCH
    for name, amount in (("less", 1_249), ("more", 1_251)):
        till.refuse(f"payment/amount-{name}", f"A cheque over one minor unit {name} than asked", "Exact is exact.",
                    mismatch, wallet=wallet, cheque=answer(wallet, exact_minor=amount))  # fmt: skip
    up_to = TERMINAL.ask("maximum", maximum_minor=10_000)
    till.refuse("payment/exact-for-maximum", "An exact cheque for a request up to an amount",
                "The payer would pay the maximum.", mismatch, wallet=wallet, asked=up_to,
                cheque=wallet.draw(exact_minor=10_000, request=up_to.request_hash),
                beside="payment/two-way-maximum")  # fmt: skip
    till.refuse("payment/final-of-exact", "Less taken of an exact request", "Exact is exact.", mismatch,
                wallet=wallet, cheque=answer(wallet), final_minor=1_249)  # fmt: skip


def _times(till: Till) -> None:
    wallet = Wallet()
    asked_at, ttl = ASKED.terms.time, ASKED.terms.ttl_s
    cheque = answer(wallet)

    def edge(name: str, title: str, why: str, code: RefusalCode, last: int, first_refused: int, **given: Any) -> None:
        told: dict[str, Any] = {"wallet": wallet, "cheque": cheque, **given}
        till.accept(f"payment/{name}-last-second", f"{title}: the last second", why, now=last, **told)
        told.pop("guaranteed_minor", None)
        till.refuse(f"payment/{name}", f"{title}: one second beyond", why, code, now=first_refused,
                    beside=f"payment/{name}-last-second", **told)  # fmt: skip

    edge("request-expired", "A request's time to live", "It runs on its maker's clock and gets no skew.",
         RefusalCode.REQUEST_EXPIRED, asked_at + ttl, asked_at + ttl + 1)  # fmt: skip
    begins, ends = wallet.terms.not_before, wallet.terms.expires_at
    long = TERMINAL.ask("long", time=begins - HOUR, ttl_s=86_400)
    edge("not-yet-valid", "An allowance that begins", "The verifier's clock may be slow by the skew.",
         RefusalCode.NOT_YET_VALID, begins - SKEW_S, begins - SKEW_S - 1, cheque=answer(wallet, long),
         asked=long)  # fmt: skip
    late = TERMINAL.ask("late", time=ends - 10, ttl_s=600)
    edge("allowance-expired", "An allowance that ends", "The verifier's clock may be fast by the skew.",
         RefusalCode.ALLOWANCE_EXPIRED, ends + SKEW_S, ends + SKEW_S + 1, cheque=answer(wallet, late), asked=late,
         packs=[pack(issued_at=ends - HOUR)])  # fmt: skip
    code = wallet.draw(exact_minor=900, ttl_s=60)
    long_lived = wallet.draw(exact_minor=900, ttl_s=3_600)
    last = NOW + 60 + SKEW_S
    till.accept("payment/code-lives-as-policy-says-last-second", "A code that says it lives an hour: the last second",
                "Policy lets it live 60 s, whatever its maker wrote: its life is the replay window.", wallet=wallet,
                cheque=long_lived, due={"due_minor": 900, "latest": last}, guaranteed_minor=0)  # fmt: skip
    till.refuse("payment/code-lives-as-policy-says", "A code that says it lives an hour: one second beyond",
                "Policy lets it live 60 s.", RefusalCode.CODE_EXPIRED, wallet=wallet, cheque=long_lived,
                due={"due_minor": 900, "latest": last + 1},
                beside="payment/code-lives-as-policy-says-last-second")  # fmt: skip
    for name, title, last, step in (
        ("code-expired", "A one-way code's time to live and the skew", NOW + 60 + SKEW_S, 1),
        ("code-of-the-future", "A one-way code drawn ahead of our clock by the skew", NOW - SKEW_S, -1),
    ):
        why = "What counts is the latest time that the terminal can attest."
        given: dict[str, Any] = {"wallet": wallet, "cheque": code}
        till.accept(f"payment/{name}-last-second", f"{title}: the last second", why,
                    due={"due_minor": 900, "latest": last}, guaranteed_minor=0, **given)  # fmt: skip
        till.refuse(f"payment/{name}", f"{title}: one second beyond", why, RefusalCode.CODE_EXPIRED,
                    due={"due_minor": 900, "latest": last + step}, beside=f"payment/{name}-last-second",
                    **given)  # fmt: skip


def _limits(till: Till) -> None:
    wallet = Wallet()
    asked = TERMINAL.ask("per payment", exact_minor=20_000)
    over = TERMINAL.ask("over per payment", exact_minor=20_001)
    till.accept("payment/per-payment-edge", "As much as one payment may be", "The limit itself is allowed.",
                wallet=wallet, cheque=answer(wallet, asked), asked=asked)  # fmt: skip
    till.refuse("payment/over-per-payment", "One minor unit above the limit of one payment", "The issuer set it.",
                RefusalCode.OVER_PER_PAYMENT, wallet=wallet, cheque=answer(wallet, over), asked=over,
                beside="payment/per-payment-edge")  # fmt: skip
    for counter in (20, 21):
        cheque = answer(wallet, counter=counter, previous=octets("the one before", 16), cumulative_minor=50_000)
        if counter == 20:
            till.accept("payment/count-edge", "The last cheque of the count", "The 20th of 20.",
                        wallet=wallet, cheque=cheque)  # fmt: skip
        else:
            till.refuse("payment/over-count", "One cheque beyond the count", "The 21st of 20.",
                        RefusalCode.OVER_COUNT, wallet=wallet, cheque=cheque, beside="payment/count-edge")  # fmt: skip
    for amount in (5_000, 5_001):
        code = wallet.draw(exact_minor=amount, ttl_s=60)
        due = {"due_minor": amount}
        if amount == 5_000:
            till.accept("payment/one-way-cap-edge", "As much as a one-way code may be", "The cap itself is allowed.",
                        wallet=wallet, cheque=code, due=due, guaranteed_minor=0)  # fmt: skip
        else:
            till.refuse("payment/over-one-way-cap", "One minor unit above the cap of one-way codes",
                        "They can be shown twice.", RefusalCode.OVER_ONE_WAY_CAP, wallet=wallet, cheque=code, due=due,
                        beside="payment/one-way-cap-edge")  # fmt: skip
    small, large = TERMINAL.ask("at holder check", exact_minor=5_000), TERMINAL.ask("above it", exact_minor=5_001)
    till.accept("payment/holder-check-edge", "As much as is paid without checking the holder",
                "The limit itself needs no check.", wallet=wallet, asked=small,
                cheque=answer(wallet, small, holder_check=HolderCheck.NONE))  # fmt: skip
    till.refuse("payment/holder-check-missing", "Above it without a check", "Whoever found the phone may hold it.",
                RefusalCode.HOLDER_CHECK_MISSING, wallet=wallet, asked=large,
                cheque=answer(wallet, large, holder_check=HolderCheck.NONE),
                beside="payment/holder-check-made")  # fmt: skip
    till.accept("payment/holder-check-made", "Above it with a PIN", "The holder was checked.", wallet=wallet,
                asked=large, cheque=answer(wallet, large))  # fmt: skip
    by_code: dict[str, Any] = {"asked": large, "wallet": wallet}
    till.accept("payment/holder-check-by-code", "Above it with a one-time code", "The code travels in the cheque.",
                **by_code, cheque=answer(wallet, large, holder_check=HolderCheck.ONE_TIME_CODE,
                                         code=octets("code", 16)))  # fmt: skip
    till.refuse("payment/holder-check-code-missing", "A one-time code that is claimed and not there",
                "What is claimed must be there.", RefusalCode.HOLDER_CHECK_MISSING, **by_code,
                cheque=answer(wallet, large, holder_check=HolderCheck.ONE_TIME_CODE),
                beside="payment/holder-check-by-code")  # fmt: skip
    rich = Wallet("rich wallet", per_payment_minor=50_000)
    for amount in (20_000, 20_001):
        asked = TERMINAL.ask(f"guarantee {amount}", exact_minor=amount)
        within = amount == 20_000
        till.accept(f"payment/guarantee-{'edge' if within else 'above'}",
                    f"A payment {'at' if within else 'one minor unit above'} the guarantee",
                    "Above the operator's cap the payee accepts at its own risk: nothing of it is guaranteed.",
                    wallet=rich, cheque=answer(rich, asked), asked=asked,
                    guaranteed_minor=amount if within else 0)  # fmt: skip
    top = 2**53 - 1
    most = Wallet("largest wallet", amount_minor=top, per_payment_minor=top)
    asked = TERMINAL.ask("largest", exact_minor=top)
    till.accept("payment/largest-amount", "2^53 - 1 minor units", "Sums must not lose a unit, in any language.",
                wallet=most, cheque=answer(most, asked), asked=asked, guaranteed_minor=0)  # fmt: skip


def _arithmetic(till: Till) -> None:
    wallet = Wallet()
    invalid, uncovered = RefusalCode.AMOUNT_INVALID, RefusalCode.NOT_COVERED
    till.refuse("payment/first-cumulative-above", "A first cheque whose cumulative is above its amount",
                "Something would be spent before the first cheque.", invalid, wallet=wallet,
                cheque=answer(wallet, cumulative_minor=1_251))  # fmt: skip
    till.refuse("payment/first-previous-wrong", "A first cheque that names another previous one",
                "The chain starts at the allowance.", invalid, wallet=wallet,
                cheque=answer(wallet, previous=octets("elsewhere", 16)))  # fmt: skip
    second: dict[str, Any] = {"counter": 2, "previous": octets("first cheque", 16)}
    till.accept("payment/second", "A second cheque", "The terminal need not know the first.", wallet=wallet,
                cheque=answer(wallet, **second, cumulative_minor=3_000))  # fmt: skip
    till.accept("payment/second-cumulative-least", "A second cheque whose cumulative is its amount",
                "Its predecessor's cumulative is then 0; only a pair can tell that this is a lie.", wallet=wallet,
                cheque=answer(wallet, **second, cumulative_minor=1_250))  # fmt: skip
    till.refuse("payment/cumulative-below-amount", "A cumulative below the amount",
                "The predecessor's cumulative would be negative.", invalid, wallet=wallet,
                cheque=answer(wallet, **second, cumulative_minor=1_249),
                beside="payment/second-cumulative-least")  # fmt: skip
    till.accept("payment/reserve-used-up", "A cheque that uses up the reserve", "Cumulative equals what is reserved.",
                wallet=wallet, cheque=answer(wallet, **second, cumulative_minor=100_000))  # fmt: skip
    till.refuse("payment/not-covered", "A cumulative one minor unit above the reserve", "Nobody set it aside.",
                uncovered, wallet=wallet, cheque=answer(wallet, **second, cumulative_minor=100_001),
                beside="payment/reserve-used-up")  # fmt: skip
    committed = RefusalCode.CREDITS_MISMATCH
    till.refuse("payment/credits-not-shown", "A cheque whose credits were not shown", "It commits to some.",
                committed, wallet=wallet, cheque=answer(wallet, credits_hash=octets("credits", 16)))  # fmt: skip
    till.refuse("payment/credits-not-committed", "Credits behind a cheque that commits to none",
                "Anybody could have put them there.", committed, wallet=wallet, cheque=answer(wallet),
                credits=b"\x80")  # fmt: skip


def _standing(till: Till) -> None:
    wallet = Wallet()
    cheque = answer(wallet)
    begins = wallet.terms.not_before
    stranger = [trusted("another issuer", KeyRole.ISSUER), *KEYS[1:]]
    till.refuse("payment/issuer-unknown", "An issuer that is not in the key set", "Its word counts for nothing here.",
                RefusalCode.ISSUER_UNKNOWN, wallet=wallet, cheque=cheque,
                packs=[pack(keys=stranger, lists=())])  # fmt: skip
    as_acquirer = [trusted(ISSUER, KeyRole.ACQUIRER), trusted(ISSUER, KeyRole.ONLINE), *KEYS[1:]]
    till.refuse("payment/issuer-of-another-role", "An issuer's key that the key set has in other roles only",
                "A key may sign what its role says.", RefusalCode.ISSUER_UNKNOWN, wallet=wallet, cheque=cheque,
                packs=[pack(keys=as_acquirer, lists=())])  # fmt: skip
    retired = RefusalCode.KEY_RETIRED
    for name, title, accepted, refused in (
        ("key-retired", "An issuer's key that went out of service", {"not_after": begins}, {"not_after": begins - 1}),
        ("key-not-in-service", "An issuer's key that came into service", {"not_before": begins},
         {"not_before": begins + 1}),
    ):  # fmt: skip
        why = "What counts is when the allowance begins: older ones stay good after a rotation."
        till.accept(f"payment/{name}-edge", f"{title} in the second in which the allowance begins", why,
                    wallet=wallet, cheque=cheque, packs=[_with_issuer(**accepted)])  # fmt: skip
        till.refuse(f"payment/{name}", f"{title} on the wrong side of it", why, retired, wallet=wallet, cheque=cheque,
                    packs=[_with_issuer(**refused)], beside=f"payment/{name}-edge")  # fmt: skip
    till.refuse("payment/key-revoked", "An issuer's key that was revoked", "A stolen key can put any date.", retired,
                wallet=wallet, cheque=cheque, packs=[_with_issuer(revoked_at=NOW + DAY)])  # fmt: skip
    for name, index in (("suspended", SUSPENDED_INDEX), ("closed", CLOSED_INDEX), ("reserved", RESERVED_INDEX)):
        marked = Wallet("marked wallet", status_index=index)
        till.refuse(f"payment/allowance-{name}", f"An allowance that the list says is {name}",
                    "Whatever is not good is refused.", RefusalCode.ALLOWANCE_SUSPENDED, wallet=marked,
                    cheque=answer(marked), beside="payment/allowance-beside-it")  # fmt: skip
    beside = Wallet("marked wallet", status_index=SUSPENDED_INDEX - 1)
    till.accept("payment/allowance-beside-it", "The allowance beside a suspended one", "Two bits each, exact.",
                wallet=beside, cheque=answer(beside))  # fmt: skip
    for index in (64, 2**32 - 1):
        young = Wallet("young wallet", status_index=index)
        till.accept(f"payment/allowance-beyond-list-{index}", f"An allowance at {index} of a list of 64",
                    "It is younger than the list.", wallet=young, cheque=answer(young))  # fmt: skip
    till.accept("payment/no-list", "An issuer without a list", "Nothing is known against it.", wallet=wallet,
                cheque=cheque, packs=[pack(lists=())])  # fmt: skip


def _with_issuer(**terms: int) -> bytes:
    return pack(keys=[trusted(ISSUER, KeyRole.ISSUER, **terms), *KEYS[1:]])


def _ages(till: Till) -> None:
    """How the guarantee shrinks as the lists grow old: 24 h and 72 h to the second, then an expired key set."""
    wallet = Wallet("rich wallet", per_payment_minor=50_000)

    def at(age_s: int, amount: int, label: str) -> dict[str, Any]:
        asked = TERMINAL.ask(label, exact_minor=amount)
        return {"wallet": wallet, "asked": asked, "cheque": answer(wallet, asked),
                "packs": [pack(issued_at=NOW - age_s)]}  # fmt: skip

    day, three = 24 * HOUR, 72 * HOUR
    for name, age, amount, guaranteed, warn, why in (
        ("fresh", day - 1, 20_000, 20_000, False, "One second before a day: the whole guarantee."),
        ("a-day", day, 10_000, 10_000, True, "From a day on half the guarantee, with a warning."),
        ("a-day-above-half", day, 10_001, 0, True, "Above half, at the payee's own risk."),
        ("before-three-days", three - 1, 20_000, 0, True, "One second before three days anything may be accepted."),
        ("three-days", three, 5_000, 5_000, True, "From three days on only small payments."),
        ("a-year", 365 * DAY, 5_000, 5_000, True, "Age degrades, never bricks."),
        ("from-the-future", -DAY, 20_000, 20_000, False, "A slow clock: the age is never negative."),
    ):
        till.accept(f"payment/list-age-{name}", f"Lists: {name.replace('-', ' ')}", why,
                    **at(age, amount, f"age {name}"), guaranteed_minor=guaranteed, warn=warn)  # fmt: skip
    old = RefusalCode.TRUST_TOO_OLD
    till.refuse("payment/list-age-three-days-above", "Lists of three days, one minor unit above a small payment",
                "Too much may have changed.", old, **at(three, 5_001, "age too old"),
                beside="payment/list-age-three-days")  # fmt: skip
    gone = [pack(expires_at=NOW - 1)]
    last = [pack(expires_at=NOW)]
    for name, packs, amount, guaranteed, warn in (
        ("key-set-last-second", last, 5_000, 5_000, False), ("key-set-expired", gone, 5_000, 0, True),
    ):  # fmt: skip
        till.accept(f"payment/{name}", f"A key set: {name[8:].replace('-', ' ')}",
                    "Without valid knowledge small payments are the payee's own risk.",
                    **{**at(0, amount, name), "packs": packs}, guaranteed_minor=guaranteed, warn=warn)  # fmt: skip
    till.refuse("payment/key-set-expired-above", "An expired key set, one minor unit above a small payment",
                "Nothing valid is known.", old, **{**at(0, 5_001, "expired"), "packs": gone},
                beside="payment/key-set-expired")  # fmt: skip
    stale = [pack(issued_at=NOW - day)]
    code = {amount: wallet.draw(exact_minor=amount, ttl_s=60) for amount in (2_500, 2_501)}
    till.accept("payment/one-way-cap-halved", "A one-way code at half the cap, with lists of a day",
                "The cap halves with age.", wallet=wallet, cheque=code[2_500], due={"due_minor": 2_500}, packs=stale,
                guaranteed_minor=0, warn=True)  # fmt: skip
    till.refuse("payment/over-one-way-cap-halved", "One minor unit above half the cap, with lists of a day",
                "The cap halves with age.", RefusalCode.OVER_ONE_WAY_CAP, wallet=wallet, cheque=code[2_501],
                due={"due_minor": 2_501}, packs=stale, beside="payment/one-way-cap-halved")  # fmt: skip


def _signatures(till: Till) -> None:
    wallet = Wallet()
    cheque = answer(wallet)
    by_issuer, by_device = RefusalCode.ISSUER_SIGNATURE_INVALID, RefusalCode.DEVICE_SIGNATURE_INVALID
    forged = sign_content("stranger", cose.Kind.ALLOWANCE, b"", wallet.raw[8:-66])
    till.refuse("payment/issuer-signature", "An allowance that somebody else signed", "Anybody can name an issuer.",
                by_issuer, wallet=wallet, cheque=cheque, body=forged + cheque.raw)  # fmt: skip
    till.refuse("payment/device-signature", "A cheque that another device signed",
                "A seen allowance does not let anybody draw on it.", by_device, wallet=wallet,
                cheque=answer(wallet, key_of="stranger"))  # fmt: skip
    foreign = Wallet(deployment="another")
    till.refuse("payment/allowance-of-another-deployment", "A payment of another deployment",
                "The same keys, another name: test money is no money.", RefusalCode.WRONG_ALLOWANCE,
                wallet=foreign, cheque=answer(foreign))  # fmt: skip
    pretending = answer(foreign, allowance_ref=wallet.ref, previous=wallet.base)
    till.refuse("payment/cheque-of-another-deployment", "A cheque signed for another deployment",
                "The deployment is signed.", by_device, wallet=wallet, cheque=pretending)  # fmt: skip
    till.refuse("payment/allowance-signed-for-another-deployment", "An allowance signed for another deployment",
                "The deployment is signed.", by_issuer, wallet=wallet, cheque=cheque,
                body=foreign.raw + cheque.raw)  # fmt: skip
    for name, raw in (("device", wallet.raw + _high_s(cheque.raw)), ("issuer", _high_s(wallet.raw) + cheque.raw)):
        till.refuse(f"payment/high-s-{name}", f"The {name}'s signature with s in the upper half",
                    "A second spelling of the same signature.", RefusalCode.SIGNATURE_HIGH_S, wallet=wallet,
                    cheque=cheque, body=raw)  # fmt: skip
    as_receipt = sign_content(key("device of wallet"), cose.Kind.RECEIPT, wallet.allowance_id, cheque.raw[8:-66])
    till.refuse("payment/cheque-signed-as-receipt", "A cheque signed as another kind of message",
                "The kind is signed: no statement can be taken for another.", by_device, wallet=wallet, cheque=cheque,
                body=wallet.raw + as_receipt)  # fmt: skip


def _high_s(raw: bytes) -> bytes:
    s = int.from_bytes(raw[-32:], "big")
    return raw[:-32] + (CURVE_ORDER - s).to_bytes(32, "big")


def _memory(till: Till) -> None:
    wallet = Wallet()
    asked = [TERMINAL.ask(f"sale {number}") for number in range(4)]
    first = answer(wallet, asked[0])
    second = answer(wallet, asked[1], after=first)
    third = answer(wallet, asked[2], after=second)
    till.accept("payment/chain-next", "The next cheque of a known one", "Its base is the other's cumulative.",
                wallet=wallet, cheque=second, asked=asked[1], links=[first.link])  # fmt: skip
    till.accept("payment/chain-gap", "A later cheque, the one between not known", "Its base is not below.",
                wallet=wallet, cheque=third, asked=asked[2], links=[first.link])  # fmt: skip
    till.accept("payment/chain-earlier", "An earlier cheque after a later one", "Claims come in any order.",
                wallet=wallet, cheque=first, asked=asked[0], links=[third.link])  # fmt: skip
    till.refuse("payment/already-accepted", "The same cheque again", "It was accepted once.",
                RefusalCode.ALREADY_ACCEPTED, wallet=wallet, cheque=second, asked=asked[1],
                links=[first.link, second.link], answered_by=second.cheque_id, beside="payment/chain-next")  # fmt: skip
    till.refuse("payment/already-accepted-by-request", "The cheque that already answered this request",
                "What is remembered of the request is enough.", RefusalCode.ALREADY_ACCEPTED, wallet=wallet,
                cheque=second, asked=asked[1], links=[first.link], answered_by=second.cheque_id,
                beside="payment/chain-next")  # fmt: skip
    again = signed_again(second.raw, "device of wallet", cose.Kind.CHEQUE, wallet.allowance_id)
    till.refuse("payment/already-accepted-signed-again", "The same cheque under another good signature",
                "Its id is the same.", RefusalCode.ALREADY_ACCEPTED, wallet=wallet, cheque=second, asked=asked[1],
                body=wallet.raw + again, links=[first.link, second.link],
                beside="payment/signed-again")  # fmt: skip
    till.accept("payment/signed-again", "A cheque under another good signature", "The id is not the signature's.",
                wallet=wallet, cheque=second, asked=asked[1], body=wallet.raw + again, links=[first.link])  # fmt: skip
    elsewhere = answer(Wallet("another wallet"), asked[1])
    till.refuse("payment/request-answered", "A second cheque for one request", "A request is paid once.",
                RefusalCode.REQUEST_ANSWERED, wallet=wallet, cheque=second, asked=asked[1], links=[first.link],
                answered_by=elsewhere.cheque_id, beside="payment/chain-next")  # fmt: skip
    fork = RefusalCode.FORK_SEEN
    base = first.terms.cumulative_minor
    for name, title, why, cheque, links in (
        ("same-counter", "Two cheques at one counter", "A copied key.",
         answer(wallet, asked[1], after=None), [first.link]),
        ("broken-link", "A next cheque that names another previous one", "Two chains.",
         answer(wallet, asked[1], after=first, previous=octets("elsewhere", 16)), [first.link]),
        ("cumulative-gap", "A next cheque whose base is above", "Between neighbours it is equal.",
         answer(wallet, asked[1], after=first, cumulative_minor=base + 1_251), [first.link]),
        ("cumulative-falls-next", "A next cheque whose base is below", "What was spent is spent.",
         answer(wallet, asked[1], after=first, cumulative_minor=base + 1_249), [first.link]),
        ("cumulative-falls-later", "A later cheque whose base is below", "What was spent is spent.",
         answer(wallet, asked[2], after=second, cumulative_minor=base + 1_249), [first.link]),
        ("before-a-known-one", "An earlier cheque whose cumulative is above a known base", "What was spent is spent.",
         answer(wallet, asked[1], after=first, cumulative_minor=base + 1_251), [third.link]),
    ):  # fmt: skip
        index = 2 if name.endswith("later") else 1
        till.refuse(f"payment/fork-{name}", title, why, fork, wallet=wallet, cheque=cheque, asked=asked[index],
                    links=links, beside="payment/chain-gap" if index == 2 else "payment/chain-next")  # fmt: skip
    till.accept("payment/chain-gap-equal", "A later cheque whose base equals the known cumulative",
                "Nothing was spent between, which may be.", wallet=wallet, asked=asked[2], links=[first.link],
                cheque=answer(wallet, asked[2], after=second, cumulative_minor=base + 1_250))  # fmt: skip
    closing = wallet.draw(after=first, exact_minor=0)
    till.accept("payment/chain-closed-later", "A cheque from before the closing one", "It was drawn in time.",
                wallet=wallet, cheque=first, asked=asked[0], links=[closing.link])  # fmt: skip
    till.refuse("payment/fork-after-closing", "A cheque after the closing one", "The device said it was the last.",
                fork, wallet=wallet, cheque=answer(wallet, asked[2], after=closing), asked=asked[2],
                links=[closing.link], beside="payment/chain-gap-equal")  # fmt: skip


def _order(till: Till) -> None:
    """Two things are wrong: every implementation names the same one."""
    wallet, marked = Wallet(), Wallet("marked wallet", status_index=SUSPENDED_INDEX)
    late = ASKED.terms.time + ASKED.terms.ttl_s + 1
    till.refuse("payment/order-mismatch-before-expired", "Another request, and an expired one",
                "Whose and what comes before when.", RefusalCode.REQUEST_MISMATCH, wallet=wallet, now=late,
                cheque=answer(wallet, TERMINAL.ask("another request")))  # fmt: skip
    till.refuse("payment/order-expired-before-suspended", "An expired request and a suspended allowance",
                "A new request mends the first; people are told what they can mend.", RefusalCode.REQUEST_EXPIRED,
                wallet=marked, cheque=answer(marked), now=late)  # fmt: skip
    till.refuse("payment/order-suspended-before-signature", "A suspended allowance and a wrong signature",
                "Cheap checks come before signatures.", RefusalCode.ALLOWANCE_SUSPENDED, wallet=marked,
                cheque=answer(marked, key_of="stranger"))  # fmt: skip
    till.refuse("payment/order-signature-before-memory", "A forged copy of a known counter",
                "Nobody is accused by a statement that the device did not sign.", RefusalCode.DEVICE_SIGNATURE_INVALID,
                wallet=wallet, cheque=answer(wallet, key_of="stranger", time=NOW + 1),
                links=[answer(wallet).link])  # fmt: skip
    over = TERMINAL.ask("over all", exact_minor=100_001)
    till.refuse("payment/order-limit-before-cover", "Above the payment's limit and above the reserve",
                "The limit is looked at first.", RefusalCode.OVER_PER_PAYMENT, wallet=wallet, asked=over,
                cheque=answer(wallet, over))  # fmt: skip
