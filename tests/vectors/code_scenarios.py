"""Scenarios of a policy that asks for one-time codes above an amount, of allowances with a code anchor (spec 04.1)."""

from __future__ import annotations

from typing import Any

from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.one_time_code import code_anchor, code_value
from feiqian.protocol.policy import Policy
from feiqian.protocol.refusals import RefusalCode
from tests.vectors.payment_scenarios import TERMINAL, Till, answer
from tests.vectors.scenario import Scenario
from tests.vectors.world import CNY, Asked, Drawn, Wallet, key_set, octets, pack

LIMIT_MINOR = 2_000
ASKS = Policy(currency="EUR", code_above_minor=LIMIT_MINOR)
PACKS: dict[str, Any] = {"packs": [pack(payload=key_set(policies=(ASKS, CNY)))]}
CODE_KEY = octets("code key", 32)
DIGITS = "287082"


def coded(wallet: Wallet, asked: Asked, **terms: Any) -> Drawn:
    """The answer to a request with a code of an authenticator."""
    code = code_value(CODE_KEY, wallet.allowance_id, 1, asked.request_hash, DIGITS)
    return answer(wallet, asked, **{"holder_check": HolderCheck.ONE_TIME_CODE, "code": code} | terms)


def scenarios() -> list[Scenario]:
    """All of them."""
    till = Till()
    plain, anchored = Wallet("code plain"), Wallet("code anchored", code_anchor=code_anchor(CODE_KEY))
    edge, above = TERMINAL.ask("code edge", exact_minor=LIMIT_MINOR), TERMINAL.ask("code", exact_minor=LIMIT_MINOR + 1)
    good, missing = "code/above-with-a-code", RefusalCode.HOLDER_CHECK_MISSING
    told: dict[str, Any] = {"wallet": anchored, "asked": above} | PACKS
    till.accept(good, "Above the amount, with a code", "Whether it is the right one only the issuer can tell.",
                cheque=coded(anchored, above), **told)  # fmt: skip
    till.refuse("code/above-without", "The same without a code", "Whoever found the phone has no authenticator.",
                missing, cheque=answer(anchored, above), beside=good, **told)  # fmt: skip
    till.refuse("code/above-claimed", "A code that is claimed and not there", "What is claimed must be there.",
                missing, cheque=coded(anchored, above, code=None), beside=good, **told)  # fmt: skip
    till.accept("code/beside-another-check", "A code beside another holder check",
                "What the device did beside it is its own word; the code is judged just the same.",
                cheque=coded(anchored, above, holder_check=HolderCheck.PIN), **told)  # fmt: skip
    till.accept("code/at-the-limit", "As much as is paid without a code", "The limit itself asks for none.",
                wallet=anchored, asked=edge, cheque=answer(anchored, edge), **PACKS)  # fmt: skip
    till.accept("code/no-anchor", "Above it, from an allowance without an anchor", "Its payer has no authenticator.",
                wallet=plain, asked=above, cheque=answer(plain, above), **PACKS)  # fmt: skip
    till.accept("code/no-policy", "Above it, under a policy that asks for no codes", "Absent is never.",
                wallet=anchored, asked=above, cheque=answer(anchored, above))  # fmt: skip
    till.refuse("code/one-way", "A one-way code above it without one", "It is a payment like any other.", missing,
                wallet=anchored, cheque=anchored.draw(exact_minor=LIMIT_MINOR + 1, ttl_s=60),
                due={"due_minor": LIMIT_MINOR + 1}, beside=good, **PACKS)  # fmt: skip
    return till.shelf.scenarios
