"""Verified values are sealed, and the cache of allowances is bounded and keeps only what never ages."""

from __future__ import annotations

import pytest

from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.trust import Trust, first_trust
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.verified import AllowanceCache, VerifiedCertificate, VerifiedCheque, VerifiedCredit, check_seal
from feiqian.protocol.verify import Answering, Remembered, verify_payment
from tests.vectors.payment_scenarios import answer
from tests.vectors.world import (
    ISSUER,
    KEYS,
    NOW,
    PACK,
    PAYEE,
    SUSPENDED_INDEX,
    TRUST_ROOT,
    Drawn,
    Terminal,
    Wallet,
    pack,
    status_list,
    trusted,
)

ASKED = Terminal().ask()
TRUST = first_trust(TRUST_ROOT, PACK)


def pay(
    body: bytes, cache: AllowanceCache, trust: Trust = TRUST, remembered: Remembered | None = None
) -> VerifiedCheque:
    asked = Answering(terms=ASKED.terms, request_hash=ASKED.request_hash)
    return verify_payment(
        decode_payment(body),
        asked,
        receiver=PAYEE,
        now=NOW,
        knowledge=trust,
        cache=cache,
        remembered=remembered or Remembered(),
    )


def shown(wallet: Wallet, cheque: Drawn | None = None) -> bytes:
    return wallet.raw + (cheque or answer(wallet, ASKED)).raw


def code_of(body: bytes, cache: AllowanceCache, trust: Trust = TRUST) -> RefusalCode:
    with pytest.raises(Refused) as refused:
        pay(body, cache, trust)
    return refused.value.code


def test_the_cache_is_bounded_and_the_one_that_came_first_goes_first() -> None:
    cache = AllowanceCache(max_entries=2)
    first, second, third = (Wallet(f"cached {number}") for number in range(3))
    for wallet in (first, second, third):
        pay(shown(wallet), cache)
    assert cache.get(first.raw) is None
    assert cache.get(second.raw) is not None
    assert cache.get(third.raw) is not None


def test_putting_again_does_not_push_others_out() -> None:
    cache = AllowanceCache(max_entries=2)
    first, second = Wallet("cached 0"), Wallet("cached 1")
    pay(shown(first), cache)
    pay(shown(second), cache)
    held = cache.get(first.raw)
    assert held is not None
    cache.put(*held)
    assert cache.get(second.raw) is not None


def test_a_known_allowance_gives_the_same_answer() -> None:
    cache, wallet = AllowanceCache(), Wallet()
    new = pay(shown(wallet), cache)
    known = pay(shown(wallet), cache)
    assert known == new
    held = cache.get(wallet.raw)
    assert held is not None
    assert known.allowance is held[0]


def test_a_forged_allowance_is_never_kept() -> None:
    cache, wallet = AllowanceCache(), Wallet()
    forged = wallet.raw[:-1] + bytes([wallet.raw[-1] ^ 1])
    assert code_of(forged + answer(wallet, ASKED).raw, cache) is RefusalCode.ISSUER_SIGNATURE_INVALID
    assert cache.get(forged) is None


def test_the_same_terms_under_another_signature_are_not_known() -> None:
    """The cache is by exact bytes: a copy with a bad signature does not ride on the good one."""
    cache, wallet = AllowanceCache(), Wallet()
    pay(shown(wallet), cache)
    forged = wallet.raw[:-1] + bytes([wallet.raw[-1] ^ 1])
    assert code_of(forged + answer(wallet, ASKED).raw, cache) is RefusalCode.ISSUER_SIGNATURE_INVALID


def test_what_ages_is_asked_again_of_a_known_allowance() -> None:
    cache, wallet = AllowanceCache(), Wallet()
    pay(shown(wallet), cache)
    revoked = [trusted(ISSUER, KeyRole.ISSUER, revoked_at=NOW), *KEYS[1:]]
    gone = [trusted("another issuer", KeyRole.ISSUER), *KEYS[1:]]
    suspended = status_list(entries={wallet.terms.status_index: 1})  # type: ignore[dict-item]  # SUSPENDED
    for trust_bytes, code in (
        (pack(keys=revoked), RefusalCode.KEY_RETIRED),
        (pack(keys=gone, lists=()), RefusalCode.ISSUER_UNKNOWN),
        (pack(lists=[suspended]), RefusalCode.ALLOWANCE_SUSPENDED),
    ):
        assert code_of(shown(wallet), cache, first_trust(TRUST_ROOT, trust_bytes)) is code


def test_a_suspended_allowance_is_not_kept_before_its_signature_was_seen() -> None:
    cache, marked = AllowanceCache(), Wallet("marked wallet", status_index=SUSPENDED_INDEX)
    assert code_of(shown(marked), cache) is RefusalCode.ALLOWANCE_SUSPENDED
    assert cache.get(marked.raw) is None


def test_a_refused_cheque_leaves_its_good_allowance_known() -> None:
    """The issuer signed it; who shows a bad cheque on it changes nothing about that."""
    cache, wallet = AllowanceCache(), Wallet()
    bad = answer(wallet, ASKED, key_of="stranger")
    assert code_of(shown(wallet, bad), cache) is RefusalCode.DEVICE_SIGNATURE_INVALID
    assert cache.get(wallet.raw) is not None


def test_a_verified_cheque_says_what_was_checked() -> None:
    wallet = Wallet()
    cheque = answer(wallet, ASKED)
    found = pay(shown(wallet, cheque), AllowanceCache())
    assert (found.cheque_id, found.link, found.raw) == (cheque.cheque_id, cheque.link, cheque.raw)
    assert found.terms == cheque.terms
    assert found.allowance.allowance_id == wallet.allowance_id


def test_verified_values_are_not_built_by_hand() -> None:
    not_the_seal = object()
    with pytest.raises(TypeError, match="verifiers"):
        check_seal(not_the_seal)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="verifiers"):
        VerifiedCredit(
            seal=not_the_seal,  # type: ignore[arg-type]
            cheque_id=Wallet().allowance_id,
            amount_minor=1,
            link=None,
            terminal_ref=None,
        )
    terminal = Terminal()
    with pytest.raises(TypeError, match="verifiers"):
        VerifiedCertificate(
            seal=not_the_seal,  # type: ignore[arg-type]
            terms=terminal.terms,
            certificate_id=terminal.certificate_id,
            ref=terminal.ref,
            raw=terminal.raw,
            terminal_key=None,  # type: ignore[arg-type]
        )
