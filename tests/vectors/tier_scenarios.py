"""Scenarios of a policy that asks where the payer's key lives: for one-way codes, and above an amount (04.1)."""

from __future__ import annotations

from typing import Any

from feiqian.protocol.allowance import Tier
from feiqian.protocol.policy import Policy
from feiqian.protocol.refusals import RefusalCode
from tests.vectors.payment_scenarios import TERMINAL, Till, answer
from tests.vectors.scenario import Scenario
from tests.vectors.world import CNY, Wallet, key_set, pack

LIMIT_MINOR = 3_000
STRICT = Policy(
    currency="EUR", one_way_least_tier=Tier.TPM, tier_above_minor=LIMIT_MINOR, least_tier_above=Tier.PASSKEY
)
HALF = Policy(currency="EUR", least_tier_above=Tier.CARD)
PACKS: dict[str, Any] = {"packs": [pack(payload=key_set(policies=(STRICT, CNY)))]}
UNKNOWN_TIER = 9


def scenarios() -> list[Scenario]:
    """All of them."""
    till = Till()
    software, tpm = Wallet("tier software"), Wallet("tier tpm", tier=Tier.TPM)
    unknown = Wallet("tier unknown", tier=UNKNOWN_TIER)
    edge, above = TERMINAL.ask("tier edge", exact_minor=LIMIT_MINOR), TERMINAL.ask("above", exact_minor=LIMIT_MINOR + 1)
    good, code = "tier/at-the-limit", RefusalCode.TIER_TOO_LOW
    beside: dict[str, Any] = {"beside": good} | PACKS
    till.accept(good, "As much as any key may pay", "The limit itself asks for nothing.", wallet=software, asked=edge,
                cheque=answer(software, edge), **PACKS)  # fmt: skip
    till.refuse("tier/above-the-limit", "One minor unit more, from a key in software",
                "Such a key can be copied; the operator bears less of it.", code, wallet=software, asked=above,
                cheque=answer(software, above), **beside)  # fmt: skip
    till.accept("tier/above-from-a-tpm", "The same from a key in a TPM", "It is at least what the policy asks for.",
                wallet=tpm, asked=above, cheque=answer(tpm, above), **PACKS)  # fmt: skip
    till.refuse("tier/unknown", "The same from a key of a tier that nobody knows yet",
                "An unknown tier is trusted like the lowest.", code, wallet=unknown, asked=above,
                cheque=answer(unknown, above), **beside)  # fmt: skip
    for wallet, name in ((software, "tier/one-way-software"), (tpm, "tier/one-way-tpm")):
        shown = wallet.draw(exact_minor=100, ttl_s=60)
        told: dict[str, Any] = {"wallet": wallet, "cheque": shown, "due": {"due_minor": 100}}
        if wallet is tpm:
            till.accept(name, "A one-way code from a key in a TPM", "The policy asks for no more.",
                        guaranteed_minor=0, **told, **PACKS)  # fmt: skip
        else:
            till.refuse(name, "A one-way code of any amount, from a key in software",
                        "It can be shown twice, and this key can be copied.", code, **told, **beside)  # fmt: skip
    till.refuse("tier/after-holder-check", "Neither the holder's check nor the tier will do",
                "The first reason in the order of the checks is told.", RefusalCode.HOLDER_CHECK_MISSING,
                wallet=software, cheque=answer(software, above, holder_check=2), asked=above, **beside)  # fmt: skip
    till.accept("tier/half-a-rule", "A policy that names a tier and no amount", "One says nothing without the other.",
                wallet=software, cheque=answer(software, above), asked=above,
                packs=[pack(payload=key_set(policies=(HALF, CNY)))])  # fmt: skip
    return till.shelf.scenarios
