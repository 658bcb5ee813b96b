"""Trust changes only forwards: what is held stays as it was when a pack is refused, and age lowers in steps."""

from __future__ import annotations

import dataclasses
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.protocol import trust_pack
from feiqian.protocol.keys import PublicKey, key_id_of
from feiqian.protocol.policy import Guarantee, GuaranteeSteps, Policy, deadline
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.status_list import AllowanceStatus, decode_status_list, sign_status_list
from feiqian.protocol.trust import Trust, TrustRoot, advance, first_trust
from feiqian.protocol.trust_pack import KeyRole
from tests.vectors.trust_scenarios import assembled
from tests.vectors.world import (
    ACQUIRER,
    CNY,
    DAY,
    DEPLOYMENT,
    EUR,
    HOUR,
    ISSUER,
    KEYS,
    NOW,
    PACK,
    ROOT_POINTS,
    SUSPENDED_INDEX,
    TRUST_ROOT,
    entry_of,
    key,
    key_set,
    pack,
    public,
    status_list,
    trusted,
)

HELD = first_trust(TRUST_ROOT, PACK)


def code_of(held: Trust, raw: bytes) -> RefusalCode:
    with pytest.raises(Refused) as refused:
        advance(held, raw)
    return refused.value.code


def versioned(key_set_version: int, index_version: int, list_version: int) -> bytes:
    """A pack whose three parts have these versions."""
    listed = status_list(version=list_version)
    return assembled(
        payload=key_set(version=key_set_version),
        lists=[listed],
        named=[entry_of(listed, version=list_version)],
        version=index_version,
        key_set_version=key_set_version,
    )


def test_the_pack_that_is_held_changes_nothing() -> None:
    assert advance(HELD, PACK) is HELD


@pytest.mark.parametrize("steps", list(itertools.product((-1, 0, 1), repeat=3)), ids=str)
def test_each_version_is_a_ratchet_of_its_own(steps: tuple[int, int, int]) -> None:
    """Key set, index, list: a pack is taken if none of them falls, and a changed index has a new version."""
    held = first_trust(TRUST_ROOT, versioned(5, 5, 5))
    newer = versioned(*(5 + step for step in steps))
    key_set_step, index_step, list_step = steps
    changed_under_one_version = index_step == 0 and (key_set_step, list_step) != (0, 0)
    if min(steps) < 0 or changed_under_one_version:
        assert code_of(held, newer) is RefusalCode.VERSION_ROLLBACK
    else:
        found = advance(held, newer)
        assert (found.key_set.version, found.index.version) == (5 + key_set_step, 5 + index_step)


def test_a_refused_pack_leaves_what_is_held_as_it_was() -> None:
    before = dataclasses.replace(HELD)
    for bad in (pack(signers=("root 1",)), pack(lists=()), pack(version=2), PACK[:-1], b""):
        with pytest.raises(Refused):
            advance(HELD, bad)
    assert before == HELD


def test_a_key_of_one_role_is_not_one_of_another() -> None:
    issuer = key_id_of(public(ISSUER))
    found = HELD.key(KeyRole.ISSUER, issuer)
    assert found is not None
    assert found.point == public(ISSUER)
    assert HELD.key(KeyRole.ACQUIRER, issuer) is None
    assert HELD.key(KeyRole.ONLINE, issuer) is None
    stranger = PublicKey(public("stranger"))
    with pytest.raises(Refused, match="key_retired"):
        HELD.check_key_age(KeyRole.ISSUER, stranger, NOW)


@pytest.mark.parametrize(("begins_at", "good"), [(99, False), (100, True), (200, True), (201, False)])
def test_a_key_is_in_service_within_its_bounds(begins_at: int, good: bool) -> None:  # noqa: FBT001  a table's column
    keys = [trusted(ISSUER, KeyRole.ISSUER, not_before=100, not_after=200), *KEYS[1:]]
    held = first_trust(TRUST_ROOT, pack(keys=keys))
    signer = PublicKey(public(ISSUER))
    if good:
        held.check_key_age(KeyRole.ISSUER, signer, begins_at)
    else:
        with pytest.raises(Refused, match="key_retired"):
            held.check_key_age(KeyRole.ISSUER, signer, begins_at)


def test_a_status_is_good_where_nothing_is_known() -> None:
    issuer, acquirer = key_id_of(public(ISSUER)), key_id_of(public(ACQUIRER))
    assert HELD.status(issuer, SUSPENDED_INDEX) is AllowanceStatus.SUSPENDED
    assert HELD.status(issuer, 2**32 - 1) is AllowanceStatus.GOOD
    assert HELD.status(acquirer, SUSPENDED_INDEX) is AllowanceStatus.GOOD


def test_a_policy_for_each_currency_served_and_for_no_other() -> None:
    assert (HELD.policy("EUR"), HELD.policy("CNY")) == (EUR, CNY)
    for ask in (HELD.policy, lambda currency: HELD.guarantee(currency, NOW)):
        with pytest.raises(Refused, match="currency_mismatch"):
            ask("USD")


@pytest.mark.parametrize("threshold", [1, 2, 3])
def test_the_pinned_threshold_counts_and_not_only_the_stated_one(threshold: int) -> None:
    """A thief of one root key cannot lower the bar by stating a lower one."""
    root = TrustRoot(deployment=DEPLOYMENT, roots=ROOT_POINTS, threshold=threshold)
    payload = key_set(threshold=1)
    raw = assembled(payload=payload, signatures=[trust_pack.sign_key_set(key("root 1"), DEPLOYMENT, payload)])
    if threshold == 1:
        assert first_trust(root, raw).key_set.threshold == 1
    else:
        with pytest.raises(Refused, match="threshold_not_met"):
            first_trust(root, raw)


# --- policy -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (0, (200_00, None, 50_00, False)),
        (24 * HOUR - 1, (200_00, None, 50_00, False)),
        (24 * HOUR, (100_00, None, 25_00, True)),
        (72 * HOUR - 1, (100_00, None, 25_00, True)),
        (72 * HOUR, (50_00, 50_00, 25_00, True)),
        (10 * 365 * DAY, (50_00, 50_00, 25_00, True)),
        (None, (0, 50_00, 25_00, True)),
    ],
)
def test_the_steps_of_the_default_policy(age_s: int | None, expected: tuple[int, int | None, int, bool]) -> None:
    assert told(GuaranteeSteps(EUR).at(age_s)) == expected


def told(found: Guarantee) -> tuple[int, int | None, int, bool]:
    return found.cap_minor, found.accept_cap_minor, found.one_way_cap_minor, found.warn


POLICIES = st.builds(
    Policy,
    currency=st.just("EUR"),
    guarantee_cap_minor=st.integers(0, 2**53 - 1),
    one_way_cap_minor=st.integers(0, 2**53 - 1),
    unsigned_cap_minor=st.integers(0, 2**53 - 1),
    stale_cap_minor=st.integers(0, 2**53 - 1),
    list_warn_age_s=st.integers(0, 31 * DAY),
    list_stale_age_s=st.integers(0, 31 * DAY),
)


@given(POLICIES, st.integers(0, 62 * DAY), st.integers(0, 62 * DAY))
def test_growing_older_never_allows_more(policy: Policy, one_s: int, other_s: int) -> None:
    """Age degrades: whatever an operator chose, older knowledge guarantees and accepts no more than fresher."""
    fresher, older = (GuaranteeSteps(policy).at(age_s) for age_s in sorted((one_s, other_s)))
    nothing = GuaranteeSteps(policy).at(None)
    for later, earlier in ((older, fresher), (nothing, older)):
        assert later.cap_minor <= earlier.cap_minor
        assert later.one_way_cap_minor <= earlier.one_way_cap_minor
        assert (later.accept_cap_minor is None) <= (earlier.accept_cap_minor is None)
        assert later.warn >= earlier.warn
        assert all(type(part) is int for part in (later.cap_minor, later.one_way_cap_minor))


def test_the_deadline_is_the_allowances_end_with_skew_and_claim_window() -> None:
    assert deadline(EUR, NOW) == NOW + 120 + 7 * DAY


# --- status lists -------------------------------------------------------------------------------------------


@given(st.dictionaries(st.integers(0, 299), st.sampled_from(AllowanceStatus), max_size=30), st.integers(0, 300))
def test_a_status_list_is_exact(entries: dict[int, AllowanceStatus], size: int) -> None:
    within = {index: status for index, status in entries.items() if index < size}
    raw = sign_status_list(key(ISSUER), DEPLOYMENT, version=1, time=NOW, size=size, entries=within)
    found = decode_status_list(raw)
    assert [found.status(index) for index in range(310)] == [
        within.get(index, AllowanceStatus.GOOD) for index in range(310)
    ]


def test_a_list_of_a_million_is_small() -> None:
    """At one in a thousand; the budget of a pack leans on it."""
    entries = dict.fromkeys(range(0, 1_000_000, 997), AllowanceStatus.SUSPENDED)
    raw = sign_status_list(key(ISSUER), DEPLOYMENT, version=1, time=NOW, size=1_000_000, entries=entries)
    assert len(raw) < 4_000
    assert decode_status_list(raw).status(997 * 500) is AllowanceStatus.SUSPENDED
