"""Keys of signed notes (c2sp.org/signed-note): names, key ids, and their text forms. Ed25519 only (RFC 8032).

Two signature types are used: 1 signs the note's text, as logs do; 4 signs the text with the time at which it was
seen, as witnesses do (c2sp.org/tlog-cosignature). The type is part of the key id, so one never stands for the other.
"""

import base64
import hashlib
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from feiqian.audit.limits import COSIGNED_AT_MAX_S, NAME_MAX_BYTES
from feiqian.audit.refusals import AuditCode, AuditRefused

KEY_ID_BYTES = 4
PUBLIC_KEY_BYTES = 32
SEED_BYTES = 32
TIME_BYTES = 8
KEY_TEXT_MAX_CHARS = NAME_MAX_BYTES + 64
_PRIVATE_HEAD = "PRIVATE+KEY+"


class SignatureType(IntEnum):
    """What the signature is over; the byte that stands before the public key."""

    NOTE = 1
    COSIGNATURE = 4


class NoteSigner(Protocol):
    """Whoever holds an Ed25519 private key: this process, a token."""

    @property
    def public_key(self) -> bytes:
        """32 bytes (RFC 8032 section 5.1.5)."""

    def sign(self, message: bytes) -> bytes:
        """Ed25519 over `message`, 64 bytes (RFC 8032 section 5.1.6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteKey:
    """A key that is trusted to sign notes under `name`; `public_key` is 32 bytes.

    Building one raises AuditRefused KEY_MALFORMED for a name that notes cannot carry.
    """

    name: str
    type: SignatureType
    public_key: bytes

    def __post_init__(self) -> None:
        if not is_name(self.name) or len(self.name.encode()) > NAME_MAX_BYTES:
            raise AuditRefused(AuditCode.KEY_MALFORMED, "the name is empty, too long, or holds a space or a plus")
        if len(self.public_key) != PUBLIC_KEY_BYTES:
            raise AuditRefused(AuditCode.KEY_MALFORMED, "an Ed25519 public key is 32 bytes")

    @property
    def key_id(self) -> bytes:
        """The 4 bytes that tell keys of one name apart; looks candidates up, proves nothing."""
        return key_id(self.name, self.type, self.public_key)

    @property
    def text(self) -> str:
        """`name+hash+base64`, as logs and witnesses publish it (c2sp.org/signed-note, verifier keys)."""
        return f"{self.name}+{self.key_id.hex()}+{_base64(bytes((self.type,)) + self.public_key)}"

    def verify(self, text: bytes, signature: bytes) -> int | None:
        """When it was cosigned, seconds since 1970; None for a plain signature.

        Raises AuditRefused SIGNATURE_INVALID unless `signature` (without key id) over the note's `text` is this key's.
        """
        at: int | None = None
        message = text
        if self.type is SignatureType.COSIGNATURE:
            at = int.from_bytes(signature[:TIME_BYTES], "big")
            if not 0 < at <= COSIGNED_AT_MAX_S:
                raise AuditRefused(AuditCode.SIGNATURE_INVALID, "its time is out of bounds")
            message, signature = cosigned_message(at, text), signature[TIME_BYTES:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError):
            raise AuditRefused(AuditCode.SIGNATURE_INVALID, f"of {self.name}") from None
        return at


class SoftwareNoteKey:
    """A `NoteSigner` whose 32-byte seed (RFC 8032 section 5.1.5) is in this process."""

    def __init__(self, seed: bytes) -> None:
        """Raises ValueError for a seed of another length; the message never holds it."""
        if len(seed) != SEED_BYTES:
            raise ValueError("an Ed25519 seed is 32 bytes")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> bytes:
        """32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """64 bytes, the same for the same message."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        return f"SoftwareNoteKey(public={self.public_key[:3].hex()}…)"


def is_name(name: str) -> bool:
    """True if a note can carry this name: not empty, no Unicode space, no plus, nothing that is not a character."""
    return bool(name) and not any(
        one.isspace() or one == "+" or one < " " or "\ud800" <= one <= "\udfff" for one in name
    )


def key_id(name: str, type_: SignatureType, public_key: bytes) -> bytes:
    """SHA-256(name || 0x0A || type || public key), its first 4 bytes."""
    return hashlib.sha256(name.encode() + b"\n" + bytes((type_,)) + public_key).digest()[:KEY_ID_BYTES]


def cosigned_message(at: int, text: bytes) -> bytes:
    """What a witness signs: that at this second it saw this checkpoint (c2sp.org/tlog-cosignature)."""
    return b"cosignature/v1\ntime %d\n" % at + text


def decode_note_key(text: str) -> NoteKey:
    """The key that `name+hash+base64` spells. Raises AuditRefused KEY_MALFORMED."""
    name, type_, material, id_text = _split_key(text)
    key = NoteKey(name=name, type=type_, public_key=material)
    if key.key_id.hex() != id_text:
        raise AuditRefused(AuditCode.KEY_MALFORMED, "the hash does not fit name and key")
    return key


def decode_secret_key(text: str) -> tuple[NoteKey, SoftwareNoteKey]:
    """Public and private half of `PRIVATE+KEY+name+hash+base64`, the form that other tools write.

    Raises AuditRefused KEY_MALFORMED; its message never holds the key.
    """
    if not text.startswith(_PRIVATE_HEAD):
        raise AuditRefused(AuditCode.KEY_MALFORMED, "not a private key")
    name, type_, seed, id_text = _split_key(text.removeprefix(_PRIVATE_HEAD))
    secret = SoftwareNoteKey(seed)
    key = NoteKey(name=name, type=type_, public_key=secret.public_key)
    if key.key_id.hex() != id_text:
        raise AuditRefused(AuditCode.KEY_MALFORMED, "the hash does not fit name and key")
    return key, secret


def encode_secret_key(name: str, type_: SignatureType, seed: bytes) -> str:
    """`PRIVATE+KEY+name+hash+base64`: only ever written into an encrypted store."""
    public = SoftwareNoteKey(seed).public_key
    key = NoteKey(name=name, type=type_, public_key=public)
    return f"{_PRIVATE_HEAD}{name}+{key.key_id.hex()}+{_base64(bytes((type_,)) + seed)}"


def decode_base64(text: str) -> bytes | None:
    """The bytes of standard Base64 with padding (RFC 4648 section 4) in its one spelling, or None."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if _base64(data) == text else None


def _split_key(text: str) -> tuple[str, SignatureType, bytes, str]:
    """Name, type, 32 bytes of key, and the hash as it was written."""
    parts = text.split("+", 2) if len(text) <= KEY_TEXT_MAX_CHARS else []
    data = decode_base64(parts[2]) if len(parts) == 3 else None  # noqa: PLR2004  name, hash, key
    if data is None or len(data) != 1 + PUBLIC_KEY_BYTES or data[0] not in set(SignatureType):
        raise AuditRefused(AuditCode.KEY_MALFORMED, "not name+hash+base64 of an Ed25519 key")
    return parts[0], SignatureType(data[0]), data[1:], parts[1]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
