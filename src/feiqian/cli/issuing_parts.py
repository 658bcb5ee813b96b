"""What an issuer is put together with: who tells where keys live, who makes second secrets slow to guess, its terms.

Terms are read from `operator.json`: its `issuing` object, all of it optional.

    "issuing": {
      "software": {"allowance_minor": 100000, "per_payment_minor": 20000, "count_limit": 20, "lifetime_s": 259200,
                   "holder_check_above_minor": 5000},
      "passkey": {...}, "tpm": {...}, "card": {...},
      "unidentified_allowance_minor": 20000
    }

A tier that is not named is granted what `IssuingTerms` says; a name that is not known, or a number that cannot be, is a
damaged home and not a guess.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from feiqian.cli.operator_home import SETTINGS, HomeTrouble
from feiqian.cli.tier_words import TIER_NAMES
from feiqian.issuer.ports import Attestor, IssuerStore
from feiqian.issuer.values import AttestationRoot, IssuingTerms, TierTerms
from feiqian.keys.attestation import Attestations
from feiqian.keys.staff_secrets import PasswordsAndCodes
from feiqian.protocol.allowance import Tier
from feiqian.protocol.limits import AMOUNT_MAX_MINOR

T = TypeVar("T", IssuingTerms, TierTerms)
SECTION: Final = "issuing"
_UNIDENTIFIED: Final = "unidentified_allowance_minor"
_LIFETIME_MAX_S: Final = 31 * 86_400
_MOST: Final = {
    "per_payment_minor": AMOUNT_MAX_MINOR,
    "allowance_minor": AMOUNT_MAX_MINOR,
    "count_limit": 65_535,
    "lifetime_s": _LIFETIME_MAX_S,
    "holder_check_above_minor": AMOUNT_MAX_MINOR,
}


def attestations_of(
    store: IssuerStore,
    clock: Callable[[], int],
    *,
    passkeys: Callable[[Callable[[], list[AttestationRoot]]], Attestor] | None = None,
) -> Attestations:
    """All formats. `passkeys` makes, of the roots for them, whoever checks passkeys, when the first one comes."""

    def trusted() -> list[AttestationRoot]:
        with store.read() as reading:
            return [root for root in reading.attestation_roots() if root.removed_at is None]

    made: list[Attestor] = []

    def of_passkeys() -> Attestor:
        if not made and passkeys is not None:
            made.append(passkeys(lambda: [root for root in trusted() if root.tier is Tier.PASSKEY]))
        return made[0]

    return Attestations(roots=trusted, clock=clock, passkeys=None if passkeys is None else of_passkeys)


def enrolment_pins() -> PasswordsAndCodes:
    """Who makes second secrets of enrolment codes slow to guess."""
    return PasswordsAndCodes()


def read_issuing_terms(home: Path) -> IssuingTerms:
    """The terms of a complete home. Raises HomeTrouble home_damaged."""
    try:
        said = json.loads((home / SETTINGS).read_text(encoding="utf-8")).get(SECTION, {})
        return _terms(said)
    except (OSError, ValueError, TypeError, AttributeError):
        raise HomeTrouble("home_damaged", part=f"{SETTINGS}: {SECTION}") from None


def _terms(said: dict[str, Any]) -> IssuingTerms:
    if unknown := said.keys() - TIER_NAMES.keys() - {_UNIDENTIFIED}:
        raise ValueError(min(unknown))
    terms = _with(IssuingTerms(), _numbers(said.get("software", {})))
    if _UNIDENTIFIED in said:
        terms = replace(terms, unidentified_allowance_minor=_number(_UNIDENTIFIED, said[_UNIDENTIFIED], 0))
    tiers: dict[Tier, TierTerms] = {}
    for tier in Tier:
        own = said.get(tier.name.lower())
        if own is not None and tier is not Tier.SOFTWARE:
            tiers[tier] = _with(terms.of(tier), _numbers(own))
    return replace(terms, tiers=tiers)


def _with(terms: T, numbers: dict[str, int]) -> T:
    changes: dict[str, Any] = dict(numbers)
    return replace(terms, **changes)


def _numbers(said: dict[str, Any]) -> dict[str, int]:
    if unknown := said.keys() - _MOST.keys():
        raise ValueError(min(unknown))
    return {name: _number(name, value, 0 if name.startswith("holder") else 1) for name, value in said.items()}


def _number(name: str, value: object, least: int) -> int:
    if type(value) is not int or not least <= value <= _MOST.get(name, AMOUNT_MAX_MINOR):
        raise ValueError(name)
    return value
