"""Trust pack: whom to believe, under which policy, and how fresh that is (spec 05).

Three parts, three powers. The key set (keys, policy, least versions) is signed by a threshold of offline root keys.
The trust index is signed by an online key that can do nothing but say "these parts, at this time". Status lists are
signed by their issuers. The index binds all parts by hash, so that parts of different times cannot be mixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Any

from feiqian.protocol import cose
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import PublicKey, Signer, load_public_key
from feiqian.protocol.layout import Layout, array, byte_items, counter, instant, octets, text, uint
from feiqian.protocol.limits import (
    ID_BYTES,
    KEY_ID_BYTES,
    PUBLIC_KEY_BYTES,
    SIGNATURE_BYTES,
    STATUS_LIST_MAX_BYTES,
    TRUST_INDEX_MAX_BYTES,
    TRUST_PACK_MAX_BYTES,
)
from feiqian.protocol.passkey import ORIGIN_MAX_BYTES, rp_id_of
from feiqian.protocol.policy import LAYOUT as POLICY_LAYOUT
from feiqian.protocol.policy import Policy
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.terminal_list import TERMINAL_LIST_MAX_BYTES

KEY_SET_MAX_BYTES = 16_384
ROOTS_MAX = 16
KEYS_MAX = 64
ISSUERS_MAX = 16


class KeyRole(IntEnum):
    """What a key in the key set may sign."""

    ISSUER = 1
    ACQUIRER = 2
    ONLINE = 3

    __hash__ = int.__hash__  # an enum's own hash is a Python call, and keys are looked up at every payment


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedKey:
    """A key of the key set and the time within which what it signs begins. A revoked key is believed nothing."""

    key: bytes
    role: int
    not_before: int
    not_after: int
    revoked_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySet:
    """A decoded key set; its signatures are in the trust pack."""

    version: int
    issued_at: int
    expires_at: int
    keys: tuple[TrustedKey, ...]
    policies: tuple[Policy, ...]
    least_wire: int
    least_app: str
    roots: tuple[bytes, ...]
    threshold: int
    payload: bytes
    passkey_origin: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntry:
    """One status list as the index names it."""

    issuer_key_id: KeyId
    version: int
    list_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustIndex:
    """A decoded trust index, unverified. `issued_at` is also a lower bound for the true time."""

    online_key_id: KeyId
    version: int
    issued_at: int
    key_set_version: int
    key_set_hash: bytes
    lists: tuple[ListEntry, ...]
    model_hash: bytes | None
    envelope: Envelope
    terminals_hash: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustPack:
    """A decoded pack: all parts, unverified. A root signature is (key id, signature)."""

    key_set: KeySet
    root_signatures: tuple[tuple[KeyId, bytes], ...]
    index: TrustIndex
    lists: tuple[bytes, ...]
    terminals: bytes | None = None


KEY_LAYOUT = Layout(
    None,
    octets(1, "key", PUBLIC_KEY_BYTES),
    uint(2, "role", 15, low=1),
    instant(3, "not_before"),
    instant(4, "not_after"),
    instant(5, "revoked_at", required=False),
)
KEY_SET_LAYOUT = Layout(
    Kind.KEY_SET,
    counter(1, "version"),
    instant(2, "issued_at"),
    instant(3, "expires_at"),
    array(4, "keys", KEYS_MAX, low=1),
    array(5, "policies", 16, low=1),
    uint(6, "least_wire", 255, low=1),
    text(7, "least_app", 32),
    array(8, "roots", ROOTS_MAX, low=1),
    uint(9, "threshold", ROOTS_MAX, low=1),
    text(24, "passkey_origin", ORIGIN_MAX_BYTES, required=False),
)
INDEX_LAYOUT = Layout(
    Kind.TRUST_INDEX,
    octets(1, "online_key_id", KEY_ID_BYTES),
    counter(2, "version"),
    instant(3, "issued_at"),
    counter(4, "key_set_version"),
    octets(5, "key_set_hash", ID_BYTES),
    array(6, "lists", ISSUERS_MAX),
    octets(7, "model_hash", ID_BYTES, required=False),
    octets(24, "terminals_hash", ID_BYTES, required=False),
)
PACK_LAYOUT = Layout(
    Kind.TRUST_PACK,
    octets(1, "key_set", 1, up_to=KEY_SET_MAX_BYTES),
    array(2, "root_signatures", ROOTS_MAX, low=1),
    octets(3, "index", 1, up_to=TRUST_INDEX_MAX_BYTES),
    array(4, "lists", ISSUERS_MAX),
    octets(24, "terminals", 1, up_to=TERMINAL_LIST_MAX_BYTES, required=False),
)


def decode_trust_pack(raw: bytes) -> TrustPack:
    """The pack in these bytes, unverified. Raises Refused."""
    values = PACK_LAYOUT.decode(raw, max_bytes=TRUST_PACK_MAX_BYTES)
    size = KEY_ID_BYTES + SIGNATURE_BYTES
    signatures = byte_items(values["root_signatures"], max_bytes=size, size=size)
    return TrustPack(
        key_set=decode_key_set(values["key_set"]),
        root_signatures=tuple((KeyId(s[:KEY_ID_BYTES]), s[KEY_ID_BYTES:]) for s in signatures),
        index=decode_index(values["index"]),
        lists=byte_items(values["lists"], max_bytes=STATUS_LIST_MAX_BYTES),
        terminals=values.get("terminals"),
    )


def encode_trust_pack(
    key_set: bytes,
    root_signatures: Sequence[tuple[KeyId, bytes]],
    index: bytes,
    lists: Sequence[bytes],
    *,
    terminals: bytes | None = None,
) -> bytes:
    """The pack of these parts."""
    return PACK_LAYOUT.encode(
        {
            "key_set": key_set,
            "root_signatures": [key_id + signature for key_id, signature in root_signatures],
            "index": index,
            "lists": list(lists),
            "terminals": terminals,
        }
    )


@lru_cache(maxsize=4)
def decode_key_set(payload: bytes) -> KeySet:
    """The key set in these bytes, unverified. Raises Refused.

    Kept, because pack after pack brings the same one: it is a value, and its bytes say all of it.
    """
    values = KEY_SET_LAYOUT.decode(payload, max_bytes=KEY_SET_MAX_BYTES)
    values["keys"] = tuple(TrustedKey(**_nested(KEY_LAYOUT, item)) for item in values["keys"])
    values["policies"] = tuple(Policy(**_nested(POLICY_LAYOUT, item)) for item in values["policies"])
    values["roots"] = byte_items(values["roots"], max_bytes=PUBLIC_KEY_BYTES, size=PUBLIC_KEY_BYTES)
    if len({policy.currency for policy in values["policies"]}) < len(values["policies"]):
        raise Refused(RefusalCode.FIELD_INVALID, "two policies for one currency")
    if values["threshold"] > len(set(values["roots"])):
        raise Refused(RefusalCode.FIELD_INVALID, "the threshold is above the number of root keys")
    if "passkey_origin" in values:
        rp_id_of(values["passkey_origin"])
    return KeySet(**values, payload=payload)


def encode_key_set(
    *,
    version: int,
    issued_at: int,
    expires_at: int,
    keys: Sequence[TrustedKey],
    policies: Sequence[Policy],
    least_wire: int,
    least_app: str,
    roots: Sequence[bytes],
    threshold: int,
    passkey_origin: str | None = None,
) -> bytes:
    """The payload that the root keys sign."""
    return KEY_SET_LAYOUT.encode(
        {
            "version": version,
            "issued_at": issued_at,
            "expires_at": expires_at,
            "keys": [KEY_LAYOUT.content(_values(key)) for key in keys],
            "policies": [POLICY_LAYOUT.content(_values(policy)) for policy in policies],
            "least_wire": least_wire,
            "least_app": least_app,
            "roots": list(roots),
            "threshold": threshold,
            "passkey_origin": passkey_origin,
        }
    )


def sign_key_set(root: Signer, deployment: str, payload: bytes) -> tuple[KeyId, bytes]:
    """One root key's signature over a key set: (key id, signature)."""
    key = load_public_key(root.public_key)
    raw = cose.sign(root, key_set_prefix(key, deployment), payload)
    return key.key_id, raw[-SIGNATURE_BYTES:]


def decode_index(raw: bytes) -> TrustIndex:
    """The index in these bytes, unverified. Raises Refused."""
    envelope = cose.open_envelope(raw, max_bytes=TRUST_INDEX_MAX_BYTES)
    values = INDEX_LAYOUT.decode(envelope.payload, max_bytes=TRUST_INDEX_MAX_BYTES)
    values["lists"] = tuple(_list_entry(item) for item in values["lists"])
    if len({entry.issuer_key_id for entry in values["lists"]}) < len(values["lists"]):
        raise Refused(RefusalCode.FIELD_INVALID, "two lists of one issuer")
    values.setdefault("model_hash", None)
    return TrustIndex(**values, envelope=envelope)


def sign_index(
    online: Signer,
    deployment: str,
    *,
    version: int,
    issued_at: int,
    key_set_version: int,
    key_set_hash: bytes,
    lists: Sequence[ListEntry],
    model_hash: bytes | None = None,
    terminals_hash: bytes | None = None,
) -> bytes:
    """The signed index."""
    key = load_public_key(online.public_key)
    payload = INDEX_LAYOUT.encode(
        {
            "online_key_id": key.key_id,
            "version": version,
            "issued_at": issued_at,
            "key_set_version": key_set_version,
            "key_set_hash": key_set_hash,
            "lists": [[entry.issuer_key_id, entry.version, entry.list_hash] for entry in lists],
            "model_hash": model_hash,
            "terminals_hash": terminals_hash,
        }
    )
    return cose.sign(online, index_prefix(key, deployment), payload)


def key_set_prefix(root_key: PublicKey, deployment: str) -> bytes:
    """The Sig_structure of key sets under this root key, up to the payload."""
    return cose.signing_prefix(Kind.KEY_SET, deployment, root_key.hash)


def index_prefix(online_key: PublicKey, deployment: str) -> bytes:
    """The Sig_structure of indexes under this online key, up to the payload."""
    return cose.signing_prefix(Kind.TRUST_INDEX, deployment, online_key.hash)


def _values(item: TrustedKey | Policy) -> dict[str, Any]:
    return {name: getattr(item, name) for name in type(item).__slots__}


def _nested(layout: Layout, item: object) -> dict[str, Any]:
    if type(item) is not dict:
        raise Refused(RefusalCode.FIELD_INVALID, "a nested map was expected")
    return layout.check(item)


def _list_entry(item: object) -> ListEntry:
    if type(item) is not list or [type(part) for part in item] != [bytes, int, bytes]:
        raise Refused(RefusalCode.FIELD_INVALID, "a list entry has three parts")
    key_id, version, list_hash = item
    if len(key_id) != KEY_ID_BYTES or len(list_hash) != ID_BYTES or not 1 <= version < 2**32:
        raise Refused(RefusalCode.FIELD_INVALID, "a list entry's part is out of bounds")
    return ListEntry(issuer_key_id=KeyId(key_id), version=version, list_hash=list_hash)
