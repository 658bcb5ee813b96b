"""The keys in force: what an operator signs with at one moment, and the key set that says so.

Whoever serves holds one of these and is given another one when the key set was changed or a key's time has come; no
process has to start anew for that. The private halves stay where they are: these are signers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from feiqian.issuer.key_life import lists_signed_by, signing_key
from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import Signer
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.trust_pack import KeyRole, decode_key_set


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysInForce:
    """Who signs what. `lists` signs the status lists: every issuer key whose allowances may still be out."""

    key_set: bytes
    root_signatures: tuple[tuple[KeyId, bytes], ...]
    issuer: Signer
    acquirer: Signer
    online: Signer
    lists: tuple[Signer, ...]

    @classmethod
    def at(
        cls,
        now: int,
        *,
        key_set: bytes,
        root_signatures: Sequence[tuple[KeyId, bytes]],
        held: Mapping[bytes, Signer],
    ) -> Self:
        """The keys that sign at `now`, of those whose private half is `held`, by their points.

        A role whose keys have all ended goes on with the last one: what it signs, devices do not believe, and they say
        so; what was issued before can still be settled. Raises KeyMissing, Refused for a key set that does not decode.
        """
        decoded = decode_key_set(key_set)
        signers = {}
        for role in KeyRole:
            key = signing_key(decoded, role, held, now)
            if key is None:
                ended = [one for one in decoded.keys if one.role == role and one.key in held]
                if not ended:
                    raise KeyMissing(role)
                key = max(ended, key=lambda one: (one.revoked_at is None, one.not_after))
            signers[role] = held[key.key]
        listing = [one.key for one in lists_signed_by(decoded, now) if one.revoked_at is None and one.key in held]
        first = signers[KeyRole.ISSUER].public_key
        return cls(
            key_set=key_set,
            root_signatures=tuple(root_signatures),
            issuer=signers[KeyRole.ISSUER],
            acquirer=signers[KeyRole.ACQUIRER],
            online=signers[KeyRole.ONLINE],
            lists=tuple(held[point] for point in sorted({*listing, first}, key=lambda point: (point != first, point))),
        )

    def trust_root(self, deployment: str) -> TrustRoot:
        """What a device that enrols now pins."""
        decoded = decode_key_set(self.key_set)
        return TrustRoot(deployment=deployment, roots=decoded.roots, threshold=decoded.threshold)


class KeyMissing(Exception):
    """The key set has no key of this role whose private half is here."""

    def __init__(self, role: KeyRole) -> None:
        super().__init__(role.name.lower())
        self.role = role
