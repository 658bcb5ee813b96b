"""A witness of logs: cosigns a checkpoint if the log only grew since the one that it cosigned before.

The decision is pure; whoever keeps the witness stores `Decision.seen` durably before `Decision.line` leaves, or after
a crash it could cosign two states of one log (c2sp.org/tlog-cosignature, c2sp.org/tlog-witness).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from feiqian.audit.checkpoint import Checkpoint, LogTrust, check_growth, verify_checkpoint
from feiqian.audit.merkle import EMPTY_ROOT
from feiqian.audit.note import cosign_note
from feiqian.audit.note_key import NoteKey, NoteSigner, SignatureType


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A yes: `seen` replaces what is stored for its origin, and only then `line` may be given to the log."""

    seen: Checkpoint
    line: bytes


class Witness:
    """A witness called `name`, which cosigns for the logs whose keys it was given (their names are the origins).

    Building one raises ValueError for keys that are not of logs, AuditRefused KEY_MALFORMED for a bad name.
    """

    def __init__(self, name: str, signer: NoteSigner, log_keys: Sequence[NoteKey]) -> None:
        self._trust = LogTrust(log_keys=tuple(log_keys))
        self._signer = signer
        self.key = NoteKey(name=name, type=SignatureType.COSIGNATURE, public_key=signer.public_key)

    def decide(self, seen: Mapping[str, Checkpoint], offered: bytes, path: Sequence[bytes], at: int) -> Decision:
        """The cosignature for the signed checkpoint `offered`.

        `seen` holds the last state cosigned, by origin; a log that is not in it starts from nothing, with an empty
        `path`. `path` is the consistency proof from there. `at` is now, seconds since 1970.

        Raises AuditRefused as `verify_checkpoint` and `check_growth` do: LOG_UNKNOWN (unknown origin), UNSIGNED or
        SIGNATURE_INVALID (not the log's), ROLLED_BACK, LOG_FORKED, CONSISTENCY_INVALID.
        """
        new = verify_checkpoint(offered, self._trust).checkpoint
        old = seen.get(new.origin, Checkpoint(origin=new.origin, size=0, root=EMPTY_ROOT))
        check_growth(old, new, path)
        return Decision(seen=new, line=cosign_note(new.text, self.key.name, self._signer, at).line)
