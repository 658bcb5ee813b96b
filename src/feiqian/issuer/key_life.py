"""The life of the operator's keys: which one signs now, what is due, and for how long each serves (spec 05.11). Pure.

A key is made ahead of its time and published by the root keys with a head start, so that devices know it before it
signs. From its `not_before` on it signs and the one before it does not; that one is believed for a while longer, since
clocks differ. What it signed while it served stays good. A revoked key signs nothing and is believed nothing.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import key_id_of
from feiqian.protocol.trust_pack import KeyRole, KeySet, TrustedKey

DAY_S: Final = 86_400
KEY_SET_LIFETIME_S: Final = 365 * DAY_S
RENEW_BEFORE_S: Final = 30 * DAY_S
"""How long before its end a key set is to be renewed: every device has to hear of the new one in time."""
HEAD_START_S: Final = 3 * DAY_S
"""How long a new key is known before it signs: as long as a device may be offline before its lists are stale."""
OVERLAP_S: Final = DAY_S
"""How long a key is believed after its successor has begun."""
BEFORE_S: Final = DAY_S
"""A key that is to sign at once is good from a day before, for statements whose beginning allows for skew."""
KEPT_S: Final = 400 * DAY_S
"""How long a key that signs no more stays in the key set: certificates last a year, and claims come later still."""
PERIOD_S: Final = {KeyRole.ISSUER: 90 * DAY_S, KeyRole.ACQUIRER: 365 * DAY_S, KeyRole.ONLINE: 7 * DAY_S}
"""After how long each role gets a new key."""
ONLINE_PREPARED: Final = 13
"""How many online keys one signing of the key set prepares: a quarter of weeks, as long as an issuer key signs."""
ROLE_WORDS: Final = {KeyRole.ISSUER: "issuer", KeyRole.ACQUIRER: "acquirer", KeyRole.ONLINE: "online"}


class KeyState(StrEnum):
    """How a key of the key set stands."""

    NEXT = "next"
    ACTIVE = "active"
    RETIRED = "retired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLine:
    """One key as its operator sees it. `signs_until` is when its successor begins, or when nobody believes it."""

    role: KeyRole
    key_id: KeyId
    state: KeyState
    not_before: int
    not_after: int
    signs_until: int
    revoked_at: int | None
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLife:
    """What is left of a role. `ends_at`: nobody signs for it after that; `due_at`: its next key is to be made then."""

    role: KeyRole
    ends_at: int
    due_at: int


def in_service(key_set: KeySet, role: KeyRole, now: int) -> list[TrustedKey]:
    """The keys of this role that are believed for what begins now, the one that should sign first."""
    believed = [
        key
        for key in key_set.keys
        if key.role == role and key.revoked_at is None and key.not_before <= now <= key.not_after
    ]
    return sorted(believed, key=lambda key: (-key.not_before, key.key))


def signing_key(key_set: KeySet, role: KeyRole, held: Container[bytes], now: int) -> TrustedKey | None:
    """The key that signs for this role now, of those whose private half is held; None when there is none."""
    return next((key for key in in_service(key_set, role, now) if key.key in held), None)


def key_lines(key_set: KeySet, held: Container[bytes], now: int) -> list[KeyLine]:
    """Every key of the key set, by role and in the order in which they serve."""
    active = {role: signing_key(key_set, role, held, now) for role in KeyRole}
    ordered = sorted(key_set.keys, key=lambda key: (key.role, key.not_before, key.key))
    return [
        KeyLine(
            role=KeyRole(key.role),
            key_id=key_id_of(key.key),
            state=_state_of(key, active[KeyRole(key.role)], now),
            not_before=key.not_before,
            not_after=key.not_after,
            signs_until=_signs_until(key_set, key),
            revoked_at=key.revoked_at,
            held=key.key in held,
        )
        for key in ordered
        if key.role in active
    ]


def role_lives(key_set: KeySet, held: Container[bytes], now: int) -> list[RoleLife]:
    """For each role until when it is served, by the keys that are published and held, and when its next one is due."""
    return [_life(key_set, role, held, now) for role in KeyRole]


def changes_at(key_set: KeySet, now: int) -> int:
    """The next moment at which another key may have to sign; far away when there is none."""
    moments = {at for key in key_set.keys for at in (key.not_before, key.not_after + 1) if at > now}
    return min(moments, default=2**62)


def lists_signed_by(key_set: KeySet, now: int) -> list[TrustedKey]:
    """The issuer keys that may have signed allowances: each needs its own list for as long as it is in the key set."""
    return [key for key in key_set.keys if key.role == KeyRole.ISSUER and key.not_before <= now]


def is_over(key: TrustedKey, now: int) -> bool:
    """Whether nobody will ask for this key any more, so that a new key set need not name it."""
    if key.role == KeyRole.ONLINE:
        return now > key.not_after + OVERLAP_S
    return now > key.not_after + KEPT_S


def days_left(until: int, now: int) -> int:
    """Whole days until then, negative after it."""
    return (until - now) // DAY_S


def _state_of(key: TrustedKey, active: TrustedKey | None, now: int) -> KeyState:
    if key.revoked_at is not None:
        return KeyState.REVOKED
    if key is active:
        return KeyState.ACTIVE
    return KeyState.NEXT if now < key.not_before else KeyState.RETIRED


def _signs_until(key_set: KeySet, key: TrustedKey) -> int:
    behind = [later.not_before for later in _of_role(key_set.keys, key.role) if later.not_before > key.not_before]
    return min([key.not_after, *behind])


def _life(key_set: KeySet, role: KeyRole, held: Container[bytes], now: int) -> RoleLife:
    """The chain of keys that take over from one another without a gap, from the one that signs now."""
    keys = sorted((key for key in _of_role(key_set.keys, role) if key.key in held), key=lambda key: key.not_before)
    ends_at, began_at = now - 1, now - PERIOD_S[role]
    for key in keys:
        if key.not_before <= max(now, ends_at + 1) and key.not_after > ends_at:
            ends_at, began_at = key.not_after, max(began_at, key.not_before)
    ends_at = min(ends_at, key_set.expires_at)
    return RoleLife(role=role, ends_at=ends_at, due_at=min(began_at + PERIOD_S[role], ends_at) - HEAD_START_S)


def _of_role(keys: Iterable[TrustedKey], role: int) -> list[TrustedKey]:
    return [key for key in keys if key.role == role and key.revoked_at is None]
