"""Trust: what a device believes, and the only way in which that may change (spec 05).

A device starts from the root keys it was given at enrolment. Each pack is checked as a whole against what is held
and replaces it only forwards: versions never fall, per key; a new root set must be signed by a threshold of the old
one and of itself. The state is a value; whoever holds it stores the pack's bytes and rebuilds the state from them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from feiqian.protocol import cose, trust_pack
from feiqian.protocol.ids import KeyId, TerminalRef
from feiqian.protocol.keys import KeyReader, PublicKey, key_id_of, load_public_key
from feiqian.protocol.limits import DEPLOYMENT_MAX_BYTES, WIRE_VERSION
from feiqian.protocol.policy import Guarantee, GuaranteeSteps, Policy
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.status_list import (
    AllowanceStatus,
    StatusList,
    decode_status_list,
    status_list_prefix,
)
from feiqian.protocol.terminal_list import decode_terminal_list
from feiqian.protocol.trust_pack import KeyRole, KeySet, TrustedKey, TrustIndex, TrustPack


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustRoot:
    """What is pinned at enrolment: root keys (compressed points), how many must sign, and the deployment's name."""

    deployment: str
    roots: tuple[bytes, ...]
    threshold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a device believes at one time. Made only by `first_trust` and `advance`."""

    deployment: str
    key_set: KeySet
    index: TrustIndex
    lists: Mapping[KeyId, StatusList]
    terminals: Mapping[TerminalRef, int]
    raw: bytes
    read_key: KeyReader = field(repr=False, compare=False)
    _by_id: Mapping[tuple[int, KeyId], TrustedKey] = field(repr=False)
    _by_point: Mapping[tuple[int, bytes], TrustedKey] = field(repr=False)
    _steps: Mapping[str, GuaranteeSteps] = field(repr=False)

    @property
    def passkey_origin(self) -> str | None:
        """The origin whose passkeys may sign cheques; None when none may."""
        return self.key_set.passkey_origin

    def key(self, role: KeyRole, key_id: KeyId) -> PublicKey | None:
        """The key of this role that a short id looks up, retired or not. Whether it signed is for the caller."""
        entry = self._by_id.get((role, key_id))
        return None if entry is None else self.read_key(entry.key)

    def online_key(self, key_id: KeyId) -> TrustedKey | None:
        """The entry of an online key."""
        return self._by_id.get((KeyRole.ONLINE, key_id))

    def check_key_age(self, role: KeyRole, key: PublicKey, begins_at: int) -> None:
        """Refuses KEY_RETIRED unless `key` was in service when what it signed begins, and is not revoked."""
        entry = self._by_point.get((role, key.point))
        if entry is None:
            raise Refused(RefusalCode.KEY_RETIRED, "not in the key set")
        if entry.revoked_at is not None or not entry.not_before <= begins_at <= entry.not_after:
            raise Refused(RefusalCode.KEY_RETIRED)

    def is_revoked(self, ref: TerminalRef, at: int) -> bool:
        """Whether what this terminal signs at `at` counts no more."""
        revoked_at = self.terminals.get(ref)
        return revoked_at is not None and at >= revoked_at

    def check_terminal(self, ref: TerminalRef, at: int) -> None:
        """Refuses TERMINAL_REVOKED for what a terminal signs at `at` if it was revoked by then."""
        if self.is_revoked(ref, at):
            raise Refused(RefusalCode.TERMINAL_REVOKED)

    def status(self, issuer_key_id: KeyId, status_index: int) -> AllowanceStatus:
        """What the held list says of an allowance; GOOD when its issuer has no list."""
        held = self.lists.get(issuer_key_id)
        return AllowanceStatus.GOOD if held is None else held.status(status_index)

    def policy(self, currency: str) -> Policy:
        """The policy for a currency. Raises Refused CURRENCY_MISMATCH for one that is not served."""
        steps = self._steps.get(currency)
        if steps is None:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, f"{currency} is not served here")
        return steps.policy

    def list_age_s(self, now: int) -> int | None:
        """Seconds since the index was issued, never negative; None once the key set has expired."""
        if now > self.key_set.expires_at:
            return None
        age_s = now - self.index.issued_at
        return max(0, age_s)

    def update_needed(self, app_version: str) -> bool:
        """Whether the operator asks apps of this version to update. It MUST NOT stop a payment (spec 06)."""
        return app_is_too_old(self.key_set.least_app, app_version)

    def guarantee(self, currency: str, now: int) -> Guarantee:
        """What this knowledge is worth at `now`."""
        steps = self._steps.get(currency)
        if steps is None:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, f"{currency} is not served here")
        if now - self.index.issued_at < steps.policy.list_warn_age_s and now <= self.key_set.expires_at:
            return steps.fresh
        return steps.at(self.list_age_s(now))


def app_is_too_old(least_app: str, app: str) -> bool:
    """Whether an app of version `app` is below the least one that the operator asks for (spec 06).

    Versions are numbers with dots between them, compared number by number; missing ones count as 0. Anything else
    counts as not too old: a version like 1.3.0.dev4 is of whoever builds the app and knows its age, and a `least_app`
    that cannot be read must not have every device ask for an update that does not exist. Nothing is at stake: this
    only ever asks for an update.
    """
    least, ours = _numbers_of(least_app), _numbers_of(app)
    if least is None or ours is None:
        return False
    width = max(len(least), len(ours))
    return [*ours, *[0] * (width - len(ours))] < [*least, *[0] * (width - len(least))]


def _numbers_of(version: str) -> list[int] | None:
    parts = version.split(".")
    return [int(part) for part in parts] if all(part.isascii() and part.isdigit() for part in parts) else None


def first_trust(root: TrustRoot, raw: bytes, read_key: KeyReader = load_public_key) -> Trust:
    """The state from the first pack of a device that pinned `root`. Raises Refused."""
    if not 0 < len(root.deployment.encode()) <= DEPLOYMENT_MAX_BYTES:
        raise Refused(RefusalCode.FIELD_INVALID, "the deployment's name is too long")
    pack = trust_pack.decode_trust_pack(raw)
    _check_roots(pack, root.roots, root.threshold, root.deployment, read_key)
    return _build(pack, raw, root.deployment, read_key)


def advance(held: Trust, raw: bytes) -> Trust:
    """The state after a newer pack; `held` itself when the pack is the one held. Raises Refused.

    VERSION_ROLLBACK when any part is older than the one held under the same key: an old pack could bring back a
    retired key or hide a suspension. A part whose key was rotated starts anew, which is how a version that was
    fast-forwarded by a thief heals; back to an earlier online key leads no way, unless the later one was revoked.
    """
    if raw == held.raw:
        return held
    pack = trust_pack.decode_trust_pack(raw)
    _check_roots(pack, held.key_set.roots, held.key_set.threshold, held.deployment, held.read_key)
    fresh = _build(pack, raw, held.deployment, held.read_key)
    old, new = held.key_set, fresh.key_set
    if new.version < old.version or (new.version == old.version and new.payload != old.payload):
        raise Refused(RefusalCode.VERSION_ROLLBACK, "key set")
    if fresh.index.online_key_id == held.index.online_key_id:
        same = fresh.index.version == held.index.version
        if fresh.index.version < held.index.version or (
            same and fresh.index.envelope.payload != held.index.envelope.payload
        ):
            raise Refused(RefusalCode.VERSION_ROLLBACK, "index")
    elif _is_earlier(fresh, held):
        raise Refused(RefusalCode.VERSION_ROLLBACK, "index of an earlier online key")
    for key_id, known in held.lists.items():
        still_trusted = fresh.key(KeyRole.ISSUER, key_id) is not None
        newer = fresh.lists.get(key_id)
        if still_trusted and (newer is None or newer.version < known.version or _rewritten(known, newer)):
            raise Refused(RefusalCode.VERSION_ROLLBACK, "status list")
    return fresh


def _is_earlier(fresh: Trust, held: Trust) -> bool:
    """Whether the fresh index is of an online key that served before the held one's, which is still believed."""
    before = fresh.online_key(held.index.online_key_id)
    after = fresh.online_key(fresh.index.online_key_id)
    if before is None or after is None or before.revoked_at is not None:
        return False
    return after.not_before < before.not_before


def _rewritten(known: StatusList, newer: StatusList) -> bool:
    return newer.version == known.version and newer.envelope.payload != known.envelope.payload


def _check_roots(
    pack: TrustPack, roots: tuple[bytes, ...], threshold: int, deployment: str, read_key: KeyReader
) -> None:
    check_key_set(pack.key_set.payload, pack.root_signatures, roots, threshold, deployment, read_key)


def check_key_set(
    payload: bytes,
    signatures: Sequence[tuple[KeyId, bytes]],
    held_roots: tuple[bytes, ...],
    held_threshold: int,
    deployment: str,
    read_key: KeyReader = load_public_key,
) -> None:
    """Refuses THRESHOLD_NOT_MET unless both the roots held and those that the key set states reach their threshold.

    Distinct keys count. Where the two are the same, as in nearly every pack, one check is both.
    """
    key_set = trust_pack.decode_key_set(payload)
    _check_threshold(payload, signatures, held_roots, held_threshold, deployment, read_key)
    if (key_set.roots, key_set.threshold) != (held_roots, held_threshold):
        _check_threshold(payload, signatures, key_set.roots, key_set.threshold, deployment, read_key)


def _check_threshold(
    payload: bytes,
    signatures: Sequence[tuple[KeyId, bytes]],
    roots: tuple[bytes, ...],
    threshold: int,
    deployment: str,
    read_key: KeyReader,
) -> None:
    signed_by: set[bytes] = set()
    for key_id, signature in signatures:
        for point in roots:
            if key_id_of(point) != key_id or point in signed_by:
                continue
            key = read_key(point)
            digest = cose.digest(trust_pack.key_set_prefix(key, deployment), payload)
            try:
                key.verify_digest(signature, digest, RefusalCode.OPERATOR_SIGNATURE_INVALID)
            except Refused:
                continue  # one bad signature takes nothing away from the others; the threshold decides
            signed_by.add(point)
    if len(signed_by) < threshold:
        raise Refused(RefusalCode.THRESHOLD_NOT_MET, f"{len(signed_by)} of {threshold} root keys signed")


def _build(pack: TrustPack, raw: bytes, deployment: str, read_key: KeyReader) -> Trust:
    key_set, index = pack.key_set, pack.index
    if key_set.least_wire > WIRE_VERSION:
        raise Refused(RefusalCode.UPDATE_NEEDED, "the operator asks for a newer wire version")
    by_id = {(entry.role, key_id_of(entry.key)): entry for entry in key_set.keys}
    if len(by_id) < len(key_set.keys):
        raise Refused(RefusalCode.FIELD_INVALID, "two keys of one role share their short id")
    trust = Trust(
        deployment=deployment,
        key_set=key_set,
        index=index,
        lists=_check_lists(pack, by_id, deployment, read_key),
        terminals=_check_terminals(pack),
        raw=raw,
        read_key=read_key,
        _by_id=by_id,
        _by_point={(entry.role, entry.key): entry for entry in key_set.keys},
        _steps={policy.currency: GuaranteeSteps(policy) for policy in key_set.policies},
    )
    _check_index(trust)
    return trust


def _check_index(trust: Trust) -> None:
    index, key_set = trust.index, trust.key_set
    key = trust.key(KeyRole.ONLINE, index.online_key_id)
    if key is None:
        raise Refused(RefusalCode.OPERATOR_SIGNATURE_INVALID, "the index names no online key of the key set")
    prefix = trust_pack.index_prefix(key, trust.deployment)
    cose.verify(index.envelope, prefix, key, RefusalCode.OPERATOR_SIGNATURE_INVALID)
    trust.check_key_age(KeyRole.ONLINE, key, index.issued_at)
    if index.key_set_hash != hashlib.sha256(key_set.payload).digest() or (index.key_set_version != key_set.version):
        raise Refused(RefusalCode.PART_MISMATCH, "key set")


def _check_terminals(pack: TrustPack) -> dict[TerminalRef, int]:
    found = None if pack.terminals is None else hashlib.sha256(pack.terminals).digest()
    if found != pack.index.terminals_hash:
        raise Refused(RefusalCode.PART_MISMATCH, "list of revoked terminals")
    return {} if pack.terminals is None else decode_terminal_list(pack.terminals)


def _check_lists(
    pack: TrustPack, by_id: Mapping[tuple[int, KeyId], TrustedKey], deployment: str, read_key: KeyReader
) -> dict[KeyId, StatusList]:
    named = {entry.issuer_key_id: entry for entry in pack.index.lists}
    lists: dict[KeyId, StatusList] = {}
    for raw in pack.lists:
        found = decode_status_list(raw)
        entry = named.pop(found.issuer_key_id, None)
        if entry is None or entry.version != found.version:
            raise Refused(RefusalCode.PART_MISMATCH, "status list")
        if entry.list_hash != hashlib.sha256(raw).digest():
            raise Refused(RefusalCode.PART_MISMATCH, "status list")
        issuer = by_id.get((KeyRole.ISSUER, found.issuer_key_id))
        if issuer is None:
            raise Refused(RefusalCode.ISSUER_UNKNOWN, "status list")
        key = read_key(issuer.key)
        cose.verify(
            found.envelope,
            status_list_prefix(key, deployment),
            key,
            RefusalCode.ISSUER_SIGNATURE_INVALID,
        )
        lists[found.issuer_key_id] = found
    if named:
        raise Refused(RefusalCode.PART_MISMATCH, "a status list that the index names is missing")
    return lists
