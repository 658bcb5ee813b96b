"""Signed notes (c2sp.org/signed-note): a text, an empty line, and one line for each signature.

    — <name> base64(key id, 4 bytes || signature)

Nothing in a note is believed before a trusted key's signature over it was verified: `decode_note` only takes it apart,
`verify_note` gives a `VerifiedNote`. Signatures of unknown keys are ignored, as the specification asks, so that keys
can be rotated and witnesses added; a false signature under a known key refuses the whole note.
"""

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from feiqian.audit.limits import COSIGNED_AT_MAX_S, NOTE_MAX_BYTES, SIGNATURES_MAX
from feiqian.audit.note_key import (
    KEY_ID_BYTES,
    TIME_BYTES,
    NoteKey,
    NoteSigner,
    SignatureType,
    cosigned_message,
    decode_base64,
    is_name,
)
from feiqian.audit.refusals import AuditCode, AuditRefused

_DASH = "— "


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSignature:
    """One signature line: who is said to have signed, the key's id (4 bytes) and the signature itself."""

    name: str
    key_id: bytes
    signature: bytes

    @property
    def line(self) -> bytes:
        """The line as it stands in a note, with its newline: what a witness hands back to a log."""
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.signature).decode()}\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note taken apart, nothing verified. `text` ends with a newline and is what was signed."""

    text: bytes
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteSigned:
    """A known key that signed, and for cosignatures when (seconds since 1970)."""

    key: NoteKey
    at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedNote:
    """A text and who of the known keys signed it, at least one. Only `verify_note` builds it."""

    text: bytes
    signed: tuple[NoteSigned, ...]


def decode_note(data: bytes) -> Note:
    """The note that these bytes spell. Raises AuditRefused TOO_LARGE or NOTE_MALFORMED."""
    if len(data) > NOTE_MAX_BYTES:
        raise AuditRefused(AuditCode.TOO_LARGE, f"{len(data)} bytes, at most {NOTE_MAX_BYTES}")
    _check_characters(data)
    text, empty_line, lines = data.rpartition(b"\n\n")
    if not empty_line or not lines.endswith(b"\n"):
        raise AuditRefused(AuditCode.NOTE_MALFORMED, "no empty line before the signatures, or no newline at the end")
    parts = lines.decode().split("\n")[:-1]
    if len(parts) > SIGNATURES_MAX:
        raise AuditRefused(AuditCode.NOTE_MALFORMED, f"{len(parts)} signatures, at most {SIGNATURES_MAX}")
    return Note(text=text + b"\n", signatures=tuple(_decode_line(part) for part in parts))


def encode_note(note: Note) -> bytes:
    """The bytes of a note, which `decode_note` takes. Raises AuditRefused like it: we send what we accept."""
    data = note.text + b"\n" + b"".join(one.line for one in note.signatures)
    if decode_note(data) != note:
        raise AuditRefused(AuditCode.NOTE_MALFORMED, "the text would be read back as another one")
    return data


def verify_note(note: Note, keys: Iterable[NoteKey]) -> VerifiedNote:
    """The text, if at least one of `keys` signed it and none of their signatures is false.

    Raises AuditRefused KEY_MALFORMED when two keys share name and id, SIGNATURE_INVALID, UNSIGNED.
    """
    known = _by_name_and_id(keys)
    signed: dict[NoteKey, NoteSigned] = {}
    for one in note.signatures:
        key = known.get((one.name, one.key_id))
        if key is not None:
            signed[key] = NoteSigned(key=key, at=key.verify(note.text, one.signature))
    if not signed:
        raise AuditRefused(AuditCode.UNSIGNED, "no known key signed")
    return VerifiedNote(text=note.text, signed=tuple(signed.values()))


def sign_note(text: bytes, name: str, signer: NoteSigner) -> NoteSignature:
    """A log's signature over `text`, which ends with a newline."""
    key = NoteKey(name=name, type=SignatureType.NOTE, public_key=signer.public_key)
    return NoteSignature(name=name, key_id=key.key_id, signature=signer.sign(text))


def cosign_note(text: bytes, name: str, signer: NoteSigner, at: int) -> NoteSignature:
    """A witness's signature over `text` and the second `at` at which it was seen (c2sp.org/tlog-cosignature).

    Raises ValueError for an instant that no cosignature can state.
    """
    if not 0 < at <= COSIGNED_AT_MAX_S:
        raise ValueError("a cosignature's time is a positive number of seconds")
    key = NoteKey(name=name, type=SignatureType.COSIGNATURE, public_key=signer.public_key)
    signature = at.to_bytes(TIME_BYTES, "big") + signer.sign(cosigned_message(at, text))
    return NoteSignature(name=name, key_id=key.key_id, signature=signature)


def add_signatures(data: bytes, lines: Iterable[bytes]) -> bytes:
    """The note with more signature lines, as witnesses handed them back; those that it already has are left out.

    Verifies nothing. Raises AuditRefused TOO_LARGE or NOTE_MALFORMED.
    """
    note = decode_note(data)
    signatures = list(note.signatures)
    for line in lines:
        added = decode_note(note.text + b"\n" + line)
        if added.text != note.text:
            raise AuditRefused(AuditCode.NOTE_MALFORMED, "more than signature lines")
        signatures += [one for one in added.signatures if one not in signatures]
    return encode_note(Note(text=note.text, signatures=tuple(signatures)))


def _by_name_and_id(keys: Iterable[NoteKey]) -> dict[tuple[str, bytes], NoteKey]:
    known: dict[tuple[str, bytes], NoteKey] = {}
    for key in keys:
        if known.setdefault((key.name, key.key_id), key) != key:
            raise AuditRefused(AuditCode.KEY_MALFORMED, "two keys share name and id")
    return known


def _check_characters(data: bytes) -> None:
    """UTF-8 without ASCII control characters other than newline."""
    try:
        data.decode()
    except UnicodeDecodeError:
        raise AuditRefused(AuditCode.NOTE_MALFORMED, "not UTF-8") from None
    if any(byte < 0x20 and byte != 0x0A for byte in data):  # noqa: PLR2004  the space, below which all are controls
        raise AuditRefused(AuditCode.NOTE_MALFORMED, "control character")


def _decode_line(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(_DASH).partition(" ")
    data = decode_base64(encoded)
    if not line.startswith(_DASH) or not space or not is_name(name) or data is None or len(data) <= KEY_ID_BYTES:
        raise AuditRefused(AuditCode.NOTE_MALFORMED, "a signature line is not written as it must be")
    return NoteSignature(name=name, key_id=data[:KEY_ID_BYTES], signature=data[KEY_ID_BYTES:])
