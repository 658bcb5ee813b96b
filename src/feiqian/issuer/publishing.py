"""Publishing: the trust pack that terminals and wallets fetch (spec 05).

Root keys signed the key set beforehand and stay offline; the online key can only say "these parts, at this time".
Every publication gets the next index version and is kept with its time: what a payee could know when it accepted is
read off the version in its receipt.
"""

import hashlib
from collections.abc import Callable, Sequence

from feiqian.issuer.ports import IssuerReading, IssuerUnit, Publication, StoredList, WritePoint
from feiqian.issuer.service import Issuer
from feiqian.ledger.clearing import thought_out_again
from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import Signer
from feiqian.protocol.status_list import decode_status_list
from feiqian.protocol.trust_pack import ListEntry, decode_key_set, encode_trust_pack, sign_index


class Publisher:
    """Binds key set and status list under a signed index. The offline root keys signed the key set beforehand.

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
    ) -> None:
        """`key_set` is the payload that the roots signed. Raises Refused when it does not decode."""
        self._issuer = issuer
        self._online = online
        self._key_set = key_set
        self._version = decode_key_set(key_set).version
        self._hash = hashlib.sha256(key_set).digest()
        self._root_signatures = tuple(root_signatures)
        self._clock = clock

    @thought_out_again
    def trust_pack(self) -> bytes:
        """The pack to serve: the same bytes until something changed or it is older than the terms' refresh_s."""
        now = self._clock()
        with self._issuer.store.read() as reading:
            current = self._issuer.list_held(reading, now)
            held = None if current is None else self._held(reading, current, now)
        if held is not None:
            return held
        with self._issuer.store.write(WritePoint.PUBLISH) as unit:
            current = self._issuer.list_in(unit, now)
            return self._held(unit, current, now) or self._publish(unit, current, now)

    def _held(self, reading: IssuerReading, current: StoredList, now: int) -> bytes | None:
        """The published pack, if it holds this list and key set and is not too old."""
        latest = reading.latest_publication()
        if latest is None or now - latest.issued_at > self._issuer.terms.refresh_s:
            return None
        same = (latest.list_version, latest.key_set_hash) == (current.version, self._hash)
        return latest.raw if same else None

    def _publish(self, unit: IssuerUnit, current: StoredList, now: int) -> bytes:
        latest = unit.latest_publication()
        version = 1 if latest is None else latest.index_version + 1
        index = sign_index(
            self._online,
            self._issuer.deployment,
            version=version,
            issued_at=now,
            key_set_version=self._version,
            key_set_hash=self._hash,
            lists=[
                ListEntry(
                    issuer_key_id=decode_status_list(current.raw).issuer_key_id,
                    version=current.version,
                    list_hash=hashlib.sha256(current.raw).digest(),
                )
            ],
        )
        raw = encode_trust_pack(self._key_set, self._root_signatures, index, [current.raw])
        unit.add_publication(
            Publication(
                index_version=version,
                issued_at=now,
                list_version=current.version,
                key_set_hash=self._hash,
                raw=raw,
            )
        )
        return raw
