"""Publishing: the trust pack that terminals and wallets fetch (spec 05).

Root keys signed the key set beforehand and stay offline; the online key can only say "these parts, at this time".
Every publication gets the next index version and is kept with its time: what a payee could know when it accepted is
read off the version in its receipt.

Each issuer key has a status list of its own for as long as the key set names it. They all say the same, since no two
allowances share a place: a key that retired goes on signing its list, and of one that was revoked or is gone the last
list travels along. Once no online key is in service nothing new is published, and devices see the last pack age.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from feiqian.issuer.key_life import lists_signed_by
from feiqian.issuer.key_service import KeysInForce
from feiqian.issuer.ports import IssuerReading, IssuerUnit, Publication, StoredList, WritePoint
from feiqian.issuer.service import Issuer
from feiqian.ledger.clearing import thought_out_again
from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import Signer, key_id_of
from feiqian.protocol.status_list import decode_status_list, sign_status_list
from feiqian.protocol.terminal_list import TERMINALS_MAX, encode_terminal_list
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.trust_pack import (
    KeyRole,
    KeySet,
    ListEntry,
    decode_key_set,
    decode_trust_pack,
    encode_trust_pack,
    sign_index,
)

SKEW_MAX_S = 3600
"""The most that a policy lets clocks differ."""


@dataclass(frozen=True, slots=True)
class _Signing:
    """With which keys a pack is made, all of one moment."""

    online: Signer
    key_set: bytes
    decoded: KeySet
    hash: bytes
    root_signatures: tuple[tuple[KeyId, bytes], ...]
    lists: tuple[Signer, ...]

    def may_sign(self, now: int) -> bool:
        """Whether devices believe the online key now."""
        point = self.online.public_key
        return any(
            key.role == KeyRole.ONLINE
            and key.key == point
            and key.revoked_at is None
            and key.not_before <= now <= key.not_after
            for key in self.decoded.keys
        )


class Publisher:
    """Binds key set and status lists under a signed index. The offline root keys signed the key set beforehand.

    Make the key set once: payload = trust_pack.encode_key_set(version=1, ..., threshold=2) and
    root_signatures = [trust_pack.sign_key_set(root, deployment, payload) for root in two of the three roots].
    """

    def __init__(
        self,
        *,
        issuer: Issuer,
        online: Signer,
        key_set: bytes,
        root_signatures: Sequence[tuple[KeyId, bytes]],
        clock: Callable[[], int],
        lists: Sequence[Signer] = (),
    ) -> None:
        """`key_set` is the payload that the roots signed. Raises Refused when it does not decode.

        `lists` sign status lists beside the issuer's own key.
        """
        self._issuer = issuer
        self._clock = clock
        self._signing = _signing(online, key_set, root_signatures, lists)

    @property
    def key_set(self) -> bytes:
        """The payload that the root keys signed."""
        return self._signing.key_set

    @property
    def trust_root(self) -> TrustRoot:
        """What a device that enrols now pins: the newest root keys."""
        decoded = self._signing.decoded
        return TrustRoot(deployment=self._issuer.deployment, roots=decoded.roots, threshold=decoded.threshold)

    def take_keys(self, keys: KeysInForce) -> None:
        """From now on packs are made with these."""
        self._signing = _signing(keys.online, keys.key_set, keys.root_signatures, keys.lists)

    @thought_out_again
    def trust_pack(self) -> bytes:
        """The pack to serve: the same bytes until something changed or it is older than the terms' refresh_s."""
        now, signing = self._clock(), self._signing
        with self._issuer.store.read() as reading:
            current = self._issuer.list_held(reading, now)
            held = None if current is None else self._held(reading, signing, current, now)
            if held is None and not signing.may_sign(now):
                latest = reading.latest_publication()
                held = None if latest is None else latest.raw
        if held is not None:
            return held
        with self._issuer.store.write(WritePoint.PUBLISH) as unit:
            current = self._issuer.list_in(unit, now)
            return self._held(unit, signing, current, now) or self._publish(unit, signing, current, now)

    def _held(self, reading: IssuerReading, signing: _Signing, current: StoredList, now: int) -> bytes | None:
        """The published pack, if it holds this list and key set, by these keys, and is not too old."""
        latest = reading.latest_publication()
        if latest is None or now - latest.issued_at > self._issuer.terms.refresh_s:
            return None
        if (latest.list_version, latest.key_set_hash) != (current.version, signing.hash):
            return None
        names = key_id_of(signing.online.public_key), _hash_of(_terminals(reading, now))
        online_key_id, terminals_hash, listed = _named_in(latest.raw)
        signed = {key_id_of(signer.public_key) for signer in signing.lists}
        return latest.raw if (online_key_id, terminals_hash) == names and signed <= listed else None

    def _publish(self, unit: IssuerUnit, signing: _Signing, current: StoredList, now: int) -> bytes:
        latest = unit.latest_publication()
        version = 1 if latest is None else latest.index_version + 1
        lists = self._lists(signing, current, None if latest is None else latest.raw, now)
        terminals = _terminals(unit, now)
        index = sign_index(
            signing.online,
            self._issuer.deployment,
            version=version,
            issued_at=now,
            key_set_version=signing.decoded.version,
            key_set_hash=signing.hash,
            lists=[_entry_of(raw) for raw in lists],
            terminals_hash=_hash_of(terminals),
        )
        raw = encode_trust_pack(
            signing.key_set,
            signing.root_signatures,
            index,
            lists,
            terminals=terminals,
        )
        unit.add_publication(
            Publication(
                index_version=version,
                issued_at=now,
                list_version=current.version,
                key_set_hash=signing.hash,
                raw=raw,
            )
        )
        return raw

    def _lists(self, signing: _Signing, current: StoredList, before: bytes | None, now: int) -> list[bytes]:
        """The lists of every issuer key that may have signed allowances, in the order of their keys' ids."""
        found: dict[KeyId, bytes] = {}
        if before is not None:
            found = {_entry_of(raw).issuer_key_id: raw for raw in decode_trust_pack(before).lists}
        own = decode_status_list(current.raw).issuer_key_id
        for signer in signing.lists:
            key_id = key_id_of(signer.public_key)
            found[key_id] = current.raw if key_id == own else self._signed_by(signer, current)
        if not signing.lists:
            found[own] = current.raw
        wanted = {key_id_of(key.key) for key in lists_signed_by(signing.decoded, now)}
        return [found[key_id] for key_id in sorted(found) if key_id in wanted]

    def _signed_by(self, signer: Signer, current: StoredList) -> bytes:
        return sign_status_list(
            signer,
            self._issuer.deployment,
            version=current.version,
            time=current.issued_at,
            size=current.size,
            entries=current.entries,
        )


def _signing(
    online: Signer, key_set: bytes, root_signatures: Sequence[tuple[KeyId, bytes]], lists: Sequence[Signer]
) -> _Signing:
    decoded = decode_key_set(key_set)
    digest = hashlib.sha256(key_set).digest()
    return _Signing(online, key_set, decoded, digest, tuple(root_signatures), tuple(lists))


def _terminals(reading: IssuerReading, now: int) -> bytes | None:
    """The list of revoked terminals whose certificates would still hold, the newest if there are too many; or None."""
    named = [one for one in reading.revoked_terminals() if now <= one.expires_at + SKEW_MAX_S]
    return encode_terminal_list({one.terminal_ref: one.revoked_at for one in named[:TERMINALS_MAX]}) if named else None


def _hash_of(part: bytes | None) -> bytes | None:
    return None if part is None else hashlib.sha256(part).digest()


def _entry_of(raw: bytes) -> ListEntry:
    found = decode_status_list(raw)
    return ListEntry(issuer_key_id=found.issuer_key_id, version=found.version, list_hash=hashlib.sha256(raw).digest())


@lru_cache(maxsize=4)
def _named_in(pack: bytes) -> tuple[KeyId, bytes | None, frozenset[KeyId]]:
    """Whose index a pack of ours has, the hash of its list of terminals, and whose status lists are in it."""
    index = decode_trust_pack(pack).index
    return index.online_key_id, index.terminals_hash, frozenset(entry.issuer_key_id for entry in index.lists)
