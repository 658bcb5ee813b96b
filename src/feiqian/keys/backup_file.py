"""A wallet's backup as a file: sealed under a passphrase, which anybody who has the file may try without end.

Deterministic CBOR, so that Python and the browser write and read the same bytes:

    {0: "feiqian-wallet-backup", 1: version, 2: derivation, 3: its parameters, 4: salt (16), 5: nonce (12), 6: sealed}

    derivation 1   argon2id, version 1.3 (RFC 9106): [memory in KiB, passes], one lane
    derivation 2   PBKDF2-HMAC-SHA256 (RFC 8018): [iterations]; the one that browsers have
    sealed         AES-256-GCM; everything before it is authenticated with it, as the same map without key 6

The passphrase is normalised (NFKC), or the same word typed on another keyboard would not open it. What a file may ask
for is bounded before any of it is spent.
"""

import secrets
import unicodedata
from enum import IntEnum
from typing import Any, Final

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from feiqian.protocol import cbor
from feiqian.protocol.refusals import Refused
from feiqian.wallet.backup import CONTENT_MAX_BYTES
from feiqian.wallet.backup_troubles import BackupTrouble

KIND: Final = "feiqian-wallet-backup"
VERSION: Final = 1
FILE_MAX_BYTES: Final = CONTENT_MAX_BYTES + 1_024
PASSPHRASE_CHARS_MIN: Final = 12
PASSPHRASE_CHARS_MAX: Final = 1_024
_DIFFERENT_CHARS_MIN: Final = 5
_SALT_BYTES, _NONCE_BYTES, _TAG_BYTES, _KEY_BYTES = 16, 12, 16, 32


class Derivation(IntEnum):
    """How a key is made of the passphrase."""

    ARGON2ID = 1
    PBKDF2 = 2


COST: Final = {Derivation.ARGON2ID: [64 * 1024, 3], Derivation.PBKDF2: [600_000]}
"""What a backup made here costs to open: about a fifth of a second."""
_BOUNDS: Final = {
    Derivation.ARGON2ID: [(19 * 1024, 512 * 1024), (2, 16)],
    Derivation.PBKDF2: [(600_000, 10_000_000)],
}
"""Of each parameter the least that protects, and the most that a file may make a device spend."""


def check_passphrase(passphrase: str) -> str:
    """The passphrase as it counts. Raises BackupTrouble passphrase_weak."""
    counted = _normal(passphrase)
    if not PASSPHRASE_CHARS_MIN <= len(counted) <= PASSPHRASE_CHARS_MAX or len(set(counted)) < _DIFFERENT_CHARS_MIN:
        raise BackupTrouble("passphrase_weak", least=PASSPHRASE_CHARS_MIN)
    return counted


def seal_backup(content: bytes, passphrase: str, derivation: Derivation = Derivation.ARGON2ID) -> bytes:
    """The file. Raises BackupTrouble passphrase_weak."""
    counted = check_passphrase(passphrase)
    salt, nonce, cost = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES), COST[derivation]
    head = {0: KIND, 1: VERSION, 2: int(derivation), 3: cost, 4: salt, 5: nonce}
    key = _key(counted, derivation, cost, salt)
    return cbor.encode(head | {6: AESGCM(key).encrypt(nonce, content, cbor.encode(head))})


def open_backup(file: bytes, passphrase: str) -> bytes:
    """The content. Raises BackupTrouble backup_unreadable, backup_too_new or backup_passphrase_wrong."""
    head, sealed = _parts(file)
    derivation = Derivation(head[2])
    key = _key(_normal(passphrase), derivation, head[3], head[4])
    try:
        return AESGCM(key).decrypt(head[5], sealed, cbor.encode(head))
    except InvalidTag:
        raise BackupTrouble("backup_passphrase_wrong") from None


def _parts(file: bytes) -> tuple[dict[int, Any], bytes]:
    """Everything but what is sealed, and that. Any bytes give both or a BackupTrouble."""
    try:
        head = cbor.decode_map(file, max_bytes=FILE_MAX_BYTES)
    except Refused:
        raise BackupTrouble("backup_unreadable") from None
    if head.get(0) != KIND:
        raise BackupTrouble("backup_unreadable")
    version = head.get(1)
    if type(version) is int and version > VERSION:
        raise BackupTrouble("backup_too_new")
    derivation, cost, salt, nonce, sealed = (head.get(key) for key in range(2, 7))
    whole = (
        version == VERSION
        and head.keys() == set(range(7))
        and type(derivation) is int
        and derivation in _BOUNDS
        and _affordable(cost, _BOUNDS[Derivation(derivation)])
        and type(salt) is bytes
        and len(salt) == _SALT_BYTES
        and type(nonce) is bytes
        and len(nonce) == _NONCE_BYTES
        and type(sealed) is bytes
        and len(sealed) >= _TAG_BYTES
    )
    if not whole:
        raise BackupTrouble("backup_unreadable")
    content: bytes = head.pop(6)
    return head, content


def _affordable(cost: Any, bounds: list[tuple[int, int]]) -> bool:
    if type(cost) is not list or len(cost) != len(bounds):
        return False
    return all(type(value) is int and low <= value <= high for value, (low, high) in zip(cost, bounds, strict=True))


def _normal(passphrase: str) -> str:
    return unicodedata.normalize("NFKC", passphrase.strip())


def _key(passphrase: str, derivation: Derivation, cost: list[int], salt: bytes) -> bytes:
    secret = passphrase.encode("utf-8", "surrogatepass")  # a lone surrogate is a wrong passphrase, not an accident
    if derivation is Derivation.PBKDF2:
        return PBKDF2HMAC(algorithm=SHA256(), length=_KEY_BYTES, salt=salt, iterations=cost[0]).derive(secret)
    return hash_secret_raw(
        secret=secret,
        salt=salt,
        memory_cost=cost[0],
        time_cost=cost[1],
        parallelism=1,
        hash_len=_KEY_BYTES,
        type=Type.ID,
    )
