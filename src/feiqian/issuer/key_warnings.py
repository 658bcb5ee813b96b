"""What an operator has to do about keys, and how soon: one function for every place that warns (spec 05.11). Pure.

`/ready`, `/metrics`, the console and `feiqian operator status` all say what this says. Of one key or one pack only the
worst is said, and nothing that needs no hand: prepared online keys take turns by themselves.
"""

from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from feiqian.issuer.key_life import DAY_S, RENEW_BEFORE_S, RoleLife, days_left, role_lives
from feiqian.protocol.trust_pack import KeyRole, KeySet

PLAN_BEFORE_S: Final = 90 * DAY_S
"""How long before its end a key set is spoken of: its root keys lie in several places."""
DUE_SOON_S: Final = 14 * DAY_S
"""How long before a role's next key is due it is spoken of: a signing brings people together."""


class KeyWarning(StrEnum):
    """What is to be said, most urgent first."""

    KEY_SET_EXPIRED = "key_set_expired"
    ROLE_ENDED = "key_role_ended"
    KEY_SET_EXPIRES_SOON = "key_set_expires_soon"
    ROLE_ENDS_SOON = "key_role_ends_soon"
    KEY_DUE = "key_due"
    KEY_DUE_SOON = "key_due_soon"
    INDEX_STALE = "index_stale"
    INDEX_OLD = "index_old"
    NO_SPARE_ROOT = "root_key_without_spare"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyWarned:
    """One warning. `role` where it is about one; `days` are whole days until it happens, or since the last pack."""

    code: KeyWarning
    role: KeyRole | None = None
    days: int = 0


def key_warnings(
    key_set: KeySet, held: Container[bytes], index_issued_at: int | None, now: int
) -> tuple[KeyWarned, ...]:
    """What there is to warn of at `now`, in the order of `KeyWarning`.

    `held` are the points of the keys whose private half is there. `index_issued_at` is when the newest trust index was
    signed, None before the first one.
    """
    found = [
        *_key_set(key_set, now),
        *(one for life in role_lives(key_set, held, now) for one in _role(life, now)),
        *_index(key_set, index_issued_at, now),
    ]
    if key_set.threshold == len(key_set.roots):
        found.append(KeyWarned(code=KeyWarning.NO_SPARE_ROOT))
    order = list(KeyWarning)
    return tuple(sorted(found, key=lambda one: (order.index(one.code), one.role or 0)))


def _key_set(key_set: KeySet, now: int) -> list[KeyWarned]:
    left_s = key_set.expires_at - now
    if left_s > PLAN_BEFORE_S:
        return []
    code = KeyWarning.KEY_SET_EXPIRED if left_s < 0 else KeyWarning.KEY_SET_EXPIRES_SOON
    return [KeyWarned(code=code, days=days_left(key_set.expires_at, now))]


def _role(life: RoleLife, now: int) -> list[KeyWarned]:
    if now > life.ends_at:
        return [KeyWarned(code=KeyWarning.ROLE_ENDED, role=life.role)]
    if now > life.ends_at - RENEW_BEFORE_S:
        return [KeyWarned(code=KeyWarning.ROLE_ENDS_SOON, role=life.role, days=days_left(life.ends_at, now))]
    if now >= life.due_at:
        return [KeyWarned(code=KeyWarning.KEY_DUE, role=life.role)]
    if now >= life.due_at - DUE_SOON_S:
        return [KeyWarned(code=KeyWarning.KEY_DUE_SOON, role=life.role, days=days_left(life.due_at, now))]
    return []


def _index(key_set: KeySet, issued_at: int | None, now: int) -> list[KeyWarned]:
    """The newest pack's age, by the strictest policy: from the first step on payees guarantee less."""
    if issued_at is None or not key_set.policies:
        return []
    age_s = now - issued_at
    if age_s < min(policy.list_warn_age_s for policy in key_set.policies):
        return []
    stale = age_s >= min(policy.list_stale_age_s for policy in key_set.policies)
    return [KeyWarned(code=KeyWarning.INDEX_STALE if stale else KeyWarning.INDEX_OLD, days=age_s // DAY_S)]
