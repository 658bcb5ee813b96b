"""A plan for the next key set, which the root keys are asked to sign. Pure: the new keys are made elsewhere.

A plan begins as the key set in force, without the keys that nobody will ask for any more, and takes changes one after
the other. What it may not do: leave a role without a key that serves now, or take back a revocation.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

from feiqian.issuer.key_life import BEFORE_S, KEY_SET_LIFETIME_S, OVERLAP_S, PERIOD_S, is_over
from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import key_id_of
from feiqian.protocol.policy import Policy
from feiqian.protocol.trust import app_is_too_old
from feiqian.protocol.trust_pack import KeyRole, KeySet, TrustedKey, decode_key_set, encode_key_set

AT_ONCE: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlan:
    """What a key set of this version will say. Times are Unix seconds."""

    now: int
    version: int
    expires_at: int
    keys: tuple[TrustedKey, ...]
    policies: tuple[Policy, ...]
    least_wire: int
    least_app: str
    roots: tuple[bytes, ...]
    threshold: int
    passkey_origin: str | None = None

    @classmethod
    def after(cls, current: KeySet, now: int) -> Self:
        """The next version of this key set, with nothing changed but what is over."""
        return cls(
            now=now,
            version=current.version + 1,
            expires_at=current.expires_at,
            keys=tuple(key for key in current.keys if not is_over(key, now)),
            policies=current.policies,
            least_wire=current.least_wire,
            least_app=current.least_app,
            roots=current.roots,
            threshold=current.threshold,
            passkey_origin=current.passkey_origin,
        )

    @classmethod
    def onto(cls, proposed: KeySet, now: int) -> Self:
        """A proposal that is not published yet, to be changed further."""
        return replace(cls.after(proposed, now), version=proposed.version)

    def renewed(self) -> Self:
        """Good for a year from now; each role's last key serves as long."""
        until = self.now + KEY_SET_LIFETIME_S
        last = {id(key) for role in KeyRole if (key := self._last(role)) is not None}
        keys = tuple(replace(key, not_after=until) if id(key) in last else key for key in self.keys)
        return replace(self, expires_at=until, keys=keys)

    def rotated(self, role: KeyRole, point: bytes, head_start_s: int) -> Self:
        """`point` signs for this role when it was known for `head_start_s`; until then the present key does.

        That one is believed for a day longer. AT_ONCE is for emergencies: whoever does not hold the new key set yet
        refuses what the new key signs.
        """
        before = [key.not_before for key in self._of(role) if head_start_s or key.not_before <= self.now]
        wanted = self.now + head_start_s if head_start_s else self.now - BEFORE_S
        begins_at = max([wanted, *(one + 1 for one in before)])
        ends_at = max(begins_at, self.now) + OVERLAP_S
        keys = tuple(
            replace(key, not_after=min(key.not_after, ends_at))
            if key.role == role and key.revoked_at is None and key.not_before < begins_at
            else key
            for key in self.keys
        )
        made = TrustedKey(key=point, role=int(role), not_before=begins_at, not_after=self.expires_at)
        return replace(self, keys=(*keys, made))

    def revoked(self, role: KeyRole, key_id: KeyId, at: int) -> Self:
        """Nobody believes this key any more; of an online key those prepared beside it go, too. Raises KeyError."""
        if all(key.role != role or key_id_of(key.key) != key_id for key in self.keys):
            raise KeyError(key_id)
        keys = [
            replace(key, revoked_at=min(at, self.now))
            if key.role == role and key_id_of(key.key) == key_id and key.revoked_at is None
            else key
            for key in self.keys
            if role != KeyRole.ONLINE or key.role != role or key.not_before <= self.now or key_id_of(key.key) == key_id
        ]
        return replace(self, keys=tuple(keys))

    def with_online(self, points: Sequence[bytes]) -> Self:
        """One online key a week, behind those that are there; the last of all serves as long as the key set.

        So the server changes its key by itself, within what the root keys allowed beforehand.
        """
        period_s, last = PERIOD_S[KeyRole.ONLINE], self._last(KeyRole.ONLINE)
        begins_at = self.now - BEFORE_S
        if last is not None:
            serves = any(key.role == KeyRole.ONLINE for key in self._serving())
            begins_at = last.not_before + period_s if serves else max(begins_at, last.not_before + 1)
        keys = [key if key is not last else self._week(key, key.not_before) for key in self.keys]
        for point in points:
            made = TrustedKey(key=point, role=int(KeyRole.ONLINE), not_before=begins_at, not_after=self.expires_at)
            keys.append(made if point == points[-1] else self._week(made, begins_at))
            begins_at += period_s
        return replace(self, keys=tuple(keys))

    def with_roots(self, roots: Sequence[bytes], threshold: int) -> Self:
        """From this key set on these root keys sign; a threshold of the present ones has to sign it, too."""
        return replace(self, roots=tuple(roots), threshold=threshold)

    def with_policy(self, currency: str, **changed: int | None) -> Self:
        """The policy of this currency with these of its fields in the place of its own. Raises PolicyUnfit."""
        if all(policy.currency != currency for policy in self.policies):
            raise PolicyUnfit("policy_currency_unknown", currency=currency)
        policies = tuple(_changed(one, changed) if one.currency == currency else one for one in self.policies)
        return replace(self, policies=policies)

    def with_least_app(self, version: str) -> Self:
        """Apps below `version` ask for an update. It only rises. Raises PolicyUnfit."""
        if app_is_too_old(self.least_app, version):
            raise PolicyUnfit("least_app_falls", held=self.least_app, asked=version)
        return replace(self, least_app=version)

    def unserved(self) -> list[KeyRole]:
        """The roles for which no key would serve now."""
        serving = {key.role for key in self._serving()}
        return [role for role in KeyRole if role not in serving]

    def encode(self) -> bytes:
        """The payload that the root keys sign. Raises Refused for what no device would take."""
        raw = encode_key_set(
            version=self.version,
            issued_at=self.now,
            expires_at=self.expires_at,
            keys=sorted(self.keys, key=lambda key: (key.role, key.not_before, key.key)),
            policies=self.policies,
            least_wire=self.least_wire,
            least_app=self.least_app,
            roots=self.roots,
            threshold=self.threshold,
            passkey_origin=self.passkey_origin,
        )
        decode_key_set(raw)
        return raw

    def _week(self, key: TrustedKey, begins_at: int) -> TrustedKey:
        ends_at = max(begins_at + PERIOD_S[KeyRole.ONLINE], self.now) + OVERLAP_S
        return replace(key, not_after=min(key.not_after, ends_at, self.expires_at))

    def _serving(self) -> list[TrustedKey]:
        return [key for key in self.keys if key.revoked_at is None and key.not_before <= self.now <= key.not_after]

    def _last(self, role: KeyRole) -> TrustedKey | None:
        return max(self._of(role), key=lambda key: (key.not_before, key.key), default=None)

    def _of(self, role: KeyRole) -> list[TrustedKey]:
        return [key for key in self.keys if key.role == role and key.revoked_at is None]


class PolicyUnfit(ValueError):
    """A policy that would contradict itself or what was promised; `code` and `facts` say how."""

    def __init__(self, code: str, **facts: object) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts


def _changed(policy: Policy, changed: Mapping[str, Any]) -> Policy:
    """This policy, changed. Its skew and claim window stay: D follows from them, and everybody computes it."""
    if not changed.keys() <= _MAY_CHANGE:
        raise ValueError(f"fixed, or no field of a policy: {sorted(changed.keys() - _MAY_CHANGE)}")
    made = replace(policy, **changed)
    if made.list_stale_age_s < made.list_warn_age_s:
        hours = {"warn_h": made.list_warn_age_s // 3600, "stale_h": made.list_stale_age_s // 3600}
        raise PolicyUnfit("policy_ages_crossed", **hours)
    if (made.tier_above_minor is None) != (made.least_tier_above is None):
        raise PolicyUnfit("policy_tier_alone")
    return made


_MAY_CHANGE: Final = {one.name for one in fields(Policy)} - {"currency", "skew_s", "claim_window_s"}


def first_plan(
    now: int,
    *,
    issuer: bytes,
    acquirer: bytes,
    online: Sequence[bytes],
    policies: Sequence[Policy],
    least_wire: int,
    least_app: str,
    roots: Sequence[bytes],
    threshold: int,
) -> KeyPlan:
    """The first key set of an operator."""
    begins_at, until = now - BEFORE_S, now + KEY_SET_LIFETIME_S
    keys = tuple(
        TrustedKey(key=point, role=int(role), not_before=begins_at, not_after=until)
        for role, point in ((KeyRole.ISSUER, issuer), (KeyRole.ACQUIRER, acquirer))
    )
    plan = KeyPlan(
        now=now,
        version=1,
        expires_at=until,
        keys=keys,
        policies=tuple(policies),
        least_wire=least_wire,
        least_app=least_app,
        roots=tuple(roots),
        threshold=threshold,
    )
    return plan.with_online(online)
