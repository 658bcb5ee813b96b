"""Whom to believe about an audit log, and its newest state that was seen: one file, kept by whoever checks.

The log's key is pinned when it is first seen, unless it was given; compare it with what the operator publishes
elsewhere. From then on every state must continue the one that is held: a log that shrinks, forks or changed its past
is refused, and the file stays as it was, for it is the evidence (spec 09 section 4).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from feiqian.audit.checkpoint import (
    Checkpoint,
    LogTrust,
    VerifiedCheckpoint,
    check_growth,
    decode_checkpoint,
    verify_checkpoint,
)
from feiqian.audit.note import decode_note
from feiqian.audit.note_key import NoteKey, decode_note_key
from feiqian.cli.report import CommandTrouble

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient

SCHEMA: Final = 1
HELD_MAX_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldLog:
    """The keys that are believed, and the newest checkpoint seen, verified then; None before the first."""

    trust: LogTrust
    checkpoint: bytes | None = None

    @property
    def state(self) -> Checkpoint | None:
        """The newest state seen."""
        return None if self.checkpoint is None else decode_checkpoint(decode_note(self.checkpoint).text)


def read_held(path: Path) -> HeldLog:
    """What stands in the file. Raises CommandTrouble file_missing, log_trust_unreadable, AuditRefused."""
    try:
        if path.stat().st_size > HELD_MAX_BYTES:
            raise CommandTrouble("log_trust_unreadable", path=path.name)
        content = json.loads(path.read_text(encoding="utf-8"))
        checkpoint = content.get("checkpoint")
        trust = LogTrust(
            log_keys=_keys(content["log_keys"]),
            witness_keys=_keys(content.get("witness_keys", [])),
            witnesses_needed=int(content.get("witnesses_needed", 0)),
        )
        return HeldLog(trust=trust, checkpoint=None if checkpoint is None else str(checkpoint).encode())
    except OSError:
        raise CommandTrouble("file_missing", path=path.name) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CommandTrouble("log_trust_unreadable", path=path.name) from None


def write_held(path: Path, held: HeldLog) -> None:
    """Keeps it, all or nothing, still there after a power cut."""
    from feiqian.links.qr import write_durably

    content = {
        "schema": SCHEMA,
        "log_keys": [key.text for key in held.trust.log_keys],
        "witness_keys": [key.text for key in held.trust.witness_keys],
        "witnesses_needed": held.trust.witnesses_needed,
        "checkpoint": None if held.checkpoint is None else held.checkpoint.decode(),
    }
    raw = (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
    before = {hashlib.sha256(path.read_bytes()).hexdigest()} if path.exists() else set()
    write_durably(path.absolute(), raw, replaces=before)


def held_or_pinned(client: "OperatorClient", path: Path, given: Path | None) -> HeldLog:
    """What is held; else the keys of the file `given`; else the key that the log shows now.

    Raises CommandTrouble, AuditRefused KEY_MALFORMED, and what the link raises.
    """
    if path.exists():
        held = read_held(path)
        return held if given is None else replace(held, trust=read_held(given).trust)
    if given is not None:
        return read_held(given)
    shown = client.audit_state()
    witnesses = tuple(decode_note_key(key) for key in shown.witness_keys)
    try:
        return HeldLog(trust=LogTrust(log_keys=(decode_note_key(shown.log_key),), witness_keys=witnesses))
    except ValueError:
        raise CommandTrouble("log_trust_unreadable", path=path.name) from None


def check_newest(client: "OperatorClient", held: HeldLog) -> HeldLog:
    """What is held after the log's newest state was checked against it. Raises AuditRefused, OperatorRefused."""
    shown = client.audit_state().checkpoint
    return _grown(client, held, shown)


def check_shown(client: "OperatorClient", held: HeldLog, checkpoint: bytes) -> HeldLog:
    """As `check_newest`, for a state that a proof stands under; it may be older than the one held."""
    new, old = verify_checkpoint(checkpoint, held.trust).checkpoint, held.state
    if old is None or new.size >= old.size:
        return _grown(client, held, checkpoint)
    check_growth(new, old, client.audit_growth(new.size, old.size).path)
    return held


def _grown(client: "OperatorClient", held: HeldLog, checkpoint: bytes) -> HeldLog:
    new, old = verified_state(checkpoint, held.trust).checkpoint, held.state
    if old is not None:
        path = client.audit_growth(old.size, new.size).path if 0 < old.size < new.size else ()
        check_growth(old, new, path)
    return replace(held, checkpoint=checkpoint)


def verified_state(checkpoint: bytes, trust: LogTrust) -> VerifiedCheckpoint:
    """A state that the log signed, however many witnesses saw it: how it grew is what is asked. Raises AuditRefused."""
    return verify_checkpoint(checkpoint, replace(trust, witnesses_needed=0))


def _keys(texts: Sequence[str]) -> tuple[NoteKey, ...]:
    return tuple(decode_note_key(str(text)) for text in texts)
