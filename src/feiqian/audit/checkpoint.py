"""Checkpoints (c2sp.org/tlog-checkpoint): the log's signed state, as a note of three lines.

    <origin>
    <size, decimal>
    <root, base64>

The origin names the log and is the name of its key. More lines may follow in other people's logs; ours never has any.
A checkpoint is `Checkpoint` when read and `VerifiedCheckpoint` when the log signed it and enough witnesses cosigned.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from feiqian.audit.limits import HASH_BYTES, SIZE_MAX
from feiqian.audit.merkle import EMPTY_ROOT, verify_consistency
from feiqian.audit.note import Note, VerifiedNote, decode_note, encode_note, sign_note, verify_note
from feiqian.audit.note_key import NoteKey, NoteSigner, SignatureType, decode_base64, is_name
from feiqian.audit.refusals import AuditCode, AuditRefused

_LINES_LEAST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The state of the log `origin` at `size` leaves; `root` is 32 bytes. Says nothing about who signed it."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> bytes:
        """The lines that are signed, each with its newline."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosigned:
    """A witness and the latest second at which it saw this state (seconds since 1970, its own clock)."""

    name: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogTrust:
    """Whom to believe: the log's keys (their name is its origin), witnesses, and how many of those are needed.

    With `witnesses_needed` 0 the operator's word alone is taken, and it could show everybody another log. Building one
    raises ValueError when it could never be met, or keys are of the wrong type or cannot be told apart.
    """

    log_keys: tuple[NoteKey, ...]
    witness_keys: tuple[NoteKey, ...] = ()
    witnesses_needed: int = 0

    def __post_init__(self) -> None:
        if not self.log_keys or any(key.type is not SignatureType.NOTE for key in self.log_keys):
            raise ValueError("a log is trusted by at least one key, of the type that signs notes")
        if any(key.type is not SignatureType.COSIGNATURE for key in self.witness_keys):
            raise ValueError("witnesses are trusted by keys of the type that cosigns")
        if not 0 <= self.witnesses_needed <= len({key.name for key in self.witness_keys}):
            raise ValueError("more witnesses are needed than are known")
        keys = {*self.log_keys, *self.witness_keys}
        if len({(key.name, key.key_id) for key in keys}) < len(keys):
            raise ValueError("two of the keys trusted share name and id")


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedCheckpoint:
    """A state that the log signed and enough witnesses cosigned. Only `verify_checkpoint` builds it."""

    checkpoint: Checkpoint
    cosigned: tuple[Cosigned, ...]


def decode_checkpoint(text: bytes) -> Checkpoint:
    """The checkpoint that a note's text spells. Raises AuditRefused CHECKPOINT_MALFORMED."""
    try:
        lines = text.decode().split("\n")
    except UnicodeDecodeError:
        raise AuditRefused(AuditCode.CHECKPOINT_MALFORMED, "not UTF-8") from None
    if len(lines) <= _LINES_LEAST or lines.pop() or not all(lines):
        raise AuditRefused(AuditCode.CHECKPOINT_MALFORMED, "not three lines or more, or an empty one")
    origin, size_text, root_text, *extensions = lines
    size = decode_number(size_text)
    root = decode_base64(root_text)
    if size is None or root is None or len(root) != HASH_BYTES:
        raise AuditRefused(AuditCode.CHECKPOINT_MALFORMED, "size or root is not written as it must be")
    if size == 0 and root != EMPTY_ROOT:
        raise AuditRefused(AuditCode.CHECKPOINT_MALFORMED, "an empty log has one root")
    return Checkpoint(origin=origin, size=size, root=root, extensions=tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, signer: NoteSigner) -> bytes:
    """The checkpoint as a note signed by the log's key. A log MUST never sign two that are inconsistent.

    Raises AuditRefused CHECKPOINT_MALFORMED or KEY_MALFORMED for what nobody would accept.
    """
    if not is_name(checkpoint.origin) or decode_checkpoint(checkpoint.text) != checkpoint:
        raise AuditRefused(AuditCode.CHECKPOINT_MALFORMED, "it would be read back as another one")
    signature = sign_note(checkpoint.text, checkpoint.origin, signer)
    return encode_note(Note(text=checkpoint.text, signatures=(signature,)))


def verify_checkpoint(data: bytes, trust: LogTrust) -> VerifiedCheckpoint:
    """The state, if a key of the log that it names signed it and enough witnesses cosigned it.

    Raises AuditRefused TOO_LARGE, NOTE_MALFORMED, CHECKPOINT_MALFORMED, LOG_UNKNOWN, SIGNATURE_INVALID, UNSIGNED,
    WITNESSES_MISSING, in this order.
    """
    note = decode_note(data)
    checkpoint = decode_checkpoint(note.text)
    own = [key for key in trust.log_keys if key.name == checkpoint.origin]
    if not own:
        raise AuditRefused(AuditCode.LOG_UNKNOWN, "no trusted key has this origin")
    verified = verify_note(note, (*own, *trust.witness_keys))
    if not any(one.key in own for one in verified.signed):
        raise AuditRefused(AuditCode.UNSIGNED, "witnesses cosigned, the log did not sign")
    cosigned = _cosigned(verified)
    if len(cosigned) < trust.witnesses_needed:
        raise AuditRefused(AuditCode.WITNESSES_MISSING, f"{len(cosigned)} of {trust.witnesses_needed}")
    return VerifiedCheckpoint(checkpoint=checkpoint, cosigned=cosigned)


def check_growth(old: Checkpoint, new: Checkpoint, path: Sequence[bytes]) -> None:
    """Refuses unless `new` is the same log as `old` with nothing changed and leaves only added.

    `path` is the consistency proof between their sizes. Raises AuditRefused LOG_UNKNOWN when the origins differ,
    ROLLED_BACK, LOG_FORKED, CONSISTENCY_INVALID.
    """
    if old.origin != new.origin:
        raise AuditRefused(AuditCode.LOG_UNKNOWN, "the two are of different logs")
    verify_consistency(old_size=old.size, old_root=old.root, new_size=new.size, new_root=new.root, path=path)


def decode_number(text: str) -> int | None:
    """The number 0..SIZE_MAX that these ASCII digits spell without leading zeroes, or None."""
    if not text.isascii() or not text.isdigit() or len(text) > len(str(SIZE_MAX)) or (text[0] == "0" and text != "0"):
        return None
    number = int(text)
    return number if number <= SIZE_MAX else None


def _cosigned(note: VerifiedNote) -> tuple[Cosigned, ...]:
    """Each witness once, whatever the number of its keys, by name."""
    latest: dict[str, int] = {}
    for one in note.signed:
        if one.at is not None:
            latest[one.key.name] = max(one.at, latest.get(one.key.name, 0))
    return tuple(Cosigned(name=name, at=at) for name, at in sorted(latest.items()))
