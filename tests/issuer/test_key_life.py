"""Keys live and die by the plan: who signs when, what is due, and no plan that leaves a role without a key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feiqian.issuer import key_life
from feiqian.issuer.key_life import (
    DAY_S,
    HEAD_START_S,
    KEPT_S,
    ONLINE_PREPARED,
    OVERLAP_S,
    KeyState,
    key_lines,
    role_lives,
    signing_key,
)
from feiqian.issuer.key_plan import KeyPlan, PolicyUnfit, first_plan
from feiqian.issuer.key_service import KeyMissing, KeysInForce
from feiqian.protocol.keys import key_id_of
from feiqian.protocol.policy import Policy
from feiqian.protocol.trust_pack import KeyRole, KeySet, decode_key_set
from tests.issuer.world import CUR, START, key

ROOTS = [key(f"root {number}").public_key for number in (1, 2, 3)]
ONLINE = [key(f"online {number}").public_key for number in range(ONLINE_PREPARED)]
ISSUER, ACQUIRER, NEXT = (key(name).public_key for name in ("issuer", "acquirer", "issuer 2"))
HELD = {signer.public_key: signer for signer in map(key, ["issuer", "acquirer", "issuer 2", "other"])} | {
    key(f"online {number}").public_key: key(f"online {number}") for number in range(40)
}


def first() -> KeySet:
    plan = first_plan(
        START,
        issuer=ISSUER,
        acquirer=ACQUIRER,
        online=ONLINE,
        policies=[Policy(currency=CUR)],
        least_wire=1,
        least_app="1",
        roots=ROOTS,
        threshold=2,
    )
    return decode_key_set(plan.encode())


def signer(key_set: KeySet, role: KeyRole, now: int) -> bytes | None:
    found = signing_key(key_set, role, HELD, now)
    return None if found is None else found.key


def state(key_set: KeySet, point: bytes, now: int) -> KeyState:
    return next(one.state for one in key_lines(key_set, HELD, now) if one.key_id == key_id_of(point))


def test_prepared_online_keys_take_turns_every_week_without_a_gap() -> None:
    key_set = first()
    signing = [signer(key_set, KeyRole.ONLINE, START + day * DAY_S) for day in range(365)]
    assert None not in signing
    changes = [day for day in range(1, 365) if signing[day] != signing[day - 1]]
    assert changes == [6 + 7 * week for week in range(ONLINE_PREPARED - 1)]
    assert signing[-1] == ONLINE[-1], "the last one serves as long as the key set"


def test_a_rotated_key_is_known_before_it_signs_and_the_old_one_believed_after() -> None:
    begins = START + HEAD_START_S
    plan = KeyPlan.after(first(), START).rotated(KeyRole.ISSUER, NEXT, HEAD_START_S)
    key_set = decode_key_set(plan.encode())
    assert (signer(key_set, KeyRole.ISSUER, begins - 1), state(key_set, NEXT, begins - 1)) == (ISSUER, KeyState.NEXT)
    assert (signer(key_set, KeyRole.ISSUER, begins), state(key_set, ISSUER, begins)) == (NEXT, KeyState.RETIRED)
    old = next(one for one in key_set.keys if one.key == ISSUER)
    assert (old.not_after, key_set.version) == (begins + OVERLAP_S, 2)
    lists = KeysInForce.at(begins, key_set=plan.encode(), root_signatures=(), held=HELD).lists
    assert [one.public_key for one in lists] == [NEXT, ISSUER], "each issuer key that served signs a list of its own"


def test_a_revoked_key_signs_nothing_and_another_takes_over_at_once() -> None:
    plan = KeyPlan.after(first(), START).revoked(KeyRole.ISSUER, key_id_of(ISSUER), START + 99)
    assert plan.unserved() == [KeyRole.ISSUER]
    key_set = decode_key_set(plan.rotated(KeyRole.ISSUER, NEXT, 0).encode())
    assert (signer(key_set, KeyRole.ISSUER, START), state(key_set, ISSUER, START)) == (NEXT, KeyState.REVOKED)
    assert next(one.revoked_at for one in key_set.keys if one.key == ISSUER) == START, "never in the future"
    with pytest.raises(KeyError):
        plan.revoked(KeyRole.ACQUIRER, key_id_of(ISSUER), START)


def test_an_online_key_is_revoked_with_those_prepared_beside_it() -> None:
    plan = KeyPlan.after(first(), START).revoked(KeyRole.ONLINE, key_id_of(ONLINE[0]), START)
    fresh = [key(f"online {number}").public_key for number in range(20, 22)]
    key_set = decode_key_set(plan.with_online(fresh).encode())
    assert {one.key for one in key_set.keys if one.role == KeyRole.ONLINE} == {ONLINE[0], *fresh}
    assert signer(key_set, KeyRole.ONLINE, START) == fresh[0]
    assert signer(key_set, KeyRole.ONLINE, START + 364 * DAY_S) == fresh[1]


def test_what_is_due_is_told_in_time() -> None:
    key_set = first()
    lives = {life.role: life for life in role_lives(key_set, HELD, START)}
    assert lives[KeyRole.ISSUER].due_at == START - DAY_S + 90 * DAY_S - HEAD_START_S
    assert lives[KeyRole.ONLINE].due_at == START - DAY_S + ONLINE_PREPARED * 7 * DAY_S - HEAD_START_S
    assert {life.ends_at for life in lives.values()} == {key_set.expires_at}
    late = key_set.expires_at + 1
    assert [life.ends_at for life in role_lives(key_set, HELD, late)] == [late - 1] * 3, "nobody serves any more"
    renewed = decode_key_set(KeyPlan.after(key_set, START + 340 * DAY_S).renewed().encode())
    assert role_lives(renewed, HELD, late)[0].ends_at == renewed.expires_at


def test_keys_that_nobody_asks_for_leave_the_key_set() -> None:
    begins = START + HEAD_START_S
    key_set = decode_key_set(KeyPlan.after(first(), START).rotated(KeyRole.ISSUER, NEXT, HEAD_START_S).encode())
    gone_at = begins + OVERLAP_S + KEPT_S + 1
    assert ISSUER in {one.key for one in KeyPlan.after(key_set, gone_at - 1).keys}
    kept = KeyPlan.after(key_set, gone_at).keys
    assert ISSUER not in {one.key for one in kept}
    assert ONLINE[0] not in {one.key for one in kept}


def test_a_role_whose_keys_have_ended_goes_on_with_its_last_one_and_one_without_keys_does_not() -> None:
    payload = KeyPlan.after(first(), START).encode()
    late = START + 400 * DAY_S
    assert KeysInForce.at(late, key_set=payload, root_signatures=(), held=HELD).issuer.public_key == ISSUER
    with pytest.raises(KeyMissing):
        KeysInForce.at(START, key_set=payload, root_signatures=(), held={ACQUIRER: key("acquirer")})


def test_root_keys_are_changed_in_the_plan_only() -> None:
    others = [key("root 7").public_key]
    plan = KeyPlan.after(first(), START).with_roots(others, 1)
    assert (decode_key_set(plan.encode()).roots, plan.threshold) == (tuple(others), 1)
    assert replace(plan, now=START + 1).renewed().expires_at == START + 1 + key_life.KEY_SET_LIFETIME_S


def test_a_policy_changes_field_by_field_and_nothing_else_does() -> None:
    before = KeyPlan.after(first(), START)
    plan = before.with_policy(CUR, one_way_cap_minor=0, code_above_minor=30_00, tier_above_minor=1, least_tier_above=3)
    key_set = decode_key_set(plan.encode())
    (policy,) = key_set.policies
    expected = Policy(currency=CUR, one_way_cap_minor=0, code_above_minor=30_00, tier_above_minor=1, least_tier_above=3)
    assert (policy, key_set.version, replace(plan, policies=before.policies)) == (expected, 2, before)
    again = plan.with_policy(CUR, code_above_minor=None, tier_above_minor=None, least_tier_above=None)
    assert again.policies == (Policy(currency=CUR, one_way_cap_minor=0),)


@pytest.mark.parametrize("field", ["skew_s", "claim_window_s"])
def test_what_the_deadline_follows_from_stays(field: str) -> None:
    """Half of the devices would compute another D than the books, and send too late in good faith."""
    with pytest.raises(ValueError, match=field):
        KeyPlan.after(first(), START).with_policy(CUR, **{field: 1})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"list_warn_age_s": 73 * 3600}, "policy_ages_crossed"),
        ({"list_stale_age_s": 23 * 3600}, "policy_ages_crossed"),
        ({"tier_above_minor": 1}, "policy_tier_alone"),
        ({"least_tier_above": 3}, "policy_tier_alone"),
    ],
)
def test_a_policy_that_contradicts_itself_is_not_proposed(changed: dict[str, int], code: str) -> None:
    with pytest.raises(PolicyUnfit) as unfit:
        KeyPlan.after(first(), START).with_policy(CUR, **changed)
    assert unfit.value.code == code
    with pytest.raises(PolicyUnfit) as unfit:
        KeyPlan.after(first(), START).with_policy("XXX", one_way_cap_minor=0)
    assert unfit.value.code == "policy_currency_unknown"


def test_the_least_version_of_apps_only_rises() -> None:
    plan = KeyPlan.after(first(), START).with_least_app("1.2")
    assert plan.with_least_app("1.2.0").with_least_app("1.10").least_app == "1.10"
    for lower in ("1.1", "0.9.9"):
        with pytest.raises(PolicyUnfit):
            plan.with_least_app(lower)
