"""The audit log at work: queued leaves get their place, states are signed, proofs are given (spec 09).

One sequencer at a time appends, under the store's lock: it reads where the log ends, adds what waits, signs the new
state and stores all of it in one transaction. Nothing is given out before the commit, so no state that was ever shown
can be lost, and a second sequencer finds nothing left to do.
"""

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from feiqian.audit.checkpoint import Checkpoint, decode_checkpoint, sign_checkpoint
from feiqian.audit.leaf import LeafKind
from feiqian.audit.merkle import append, consistency_proof, frontier_at, inclusion_proof
from feiqian.audit.note import decode_note, verify_note
from feiqian.audit.note_key import NoteKey, NoteSigner, SignatureType, decode_note_key
from feiqian.audit.ports import AuditReading, AuditStore, Placed, WritePoint
from feiqian.audit.proof import Proof, encode_proof
from feiqian.audit.refusals import AuditCode, AuditRefused
from feiqian.server.seldom import Seldom
from feiqian.server.trouble import ServerTrouble
from feiqian.storage.disk import DATABASE_ERRORS

LEAVES_AT_ONCE: Final = 1_000
"""So many leaves one round appends at most: a writer of batches never waits long for it."""
ROUND_EVERY_S: Final = 0.1
_FAILED_PAUSE_S: Final = 5.0
_log = logging.getLogger("feiqian.server")
_seldom = Seldom(_log)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogState:
    """A signed state with its cosignatures, the log's key, and the witnesses that the operator trusts."""

    checkpoint: bytes
    log_key: str
    witness_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """That the log of `old_size` leaves is the beginning of the one that `checkpoint` signs."""

    old_size: int
    path: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenProof:
    """A proof file, and the evidence that its leaf hashes (for salted kinds the salt before it)."""

    kind: LeafKind
    subject: bytes
    proof: bytes
    evidence: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvedLeaf:
    """A leaf at its place, with its proof file and the evidence that it hashes (for salted kinds the salt first)."""

    index: int
    leaf: bytes
    proof: bytes
    evidence: bytes


class AuditLog:
    """One operator's log. Thread-safe; raises AuditRefused, ServerTrouble."""

    def __init__(self, *, store: AuditStore, signer: NoteSigner, origin: str, clock: Callable[[], int]) -> None:
        """`origin` names the log and its key; `clock` gives Unix seconds."""
        self._store = store
        self._signer = signer
        self._origin = origin
        self._clock = clock
        self.key = NoteKey(name=origin, type=SignatureType.NOTE, public_key=signer.public_key)

    def append_queued(self) -> int:
        """One round: what waits goes into the log, at most `LEAVES_AT_ONCE`; how many. Harmless at any time."""
        with self._store.read() as reading:
            if not reading.queued(1):
                return 0
        with self._store.write(WritePoint.APPEND) as unit:
            queued = unit.queued(LEAVES_AT_ONCE)
            if queued:
                grown = append(frontier_at(unit.size(), _hash_at(unit)), [one.leaf for one in queued])
                state = Checkpoint(origin=self._origin, size=grown.frontier.size, root=grown.root)
                unit.append(queued, grown)
                unit.add_checkpoint(state.size, state.root, sign_checkpoint(state, self._signer))
        return len(queued)

    def state(self) -> LogState:
        """The newest signed state; of an empty log a freshly signed one."""
        with self._store.read() as reading:
            return LogState(
                checkpoint=self._newest(reading),
                log_key=self.key.text,
                witness_keys=tuple(reading.witness_keys()),
            )

    def growth(self, old_size: int, new_size: int | None) -> Growth:
        """The proof from `old_size` to `new_size` leaves, or to the newest state. Raises log_state_unknown."""
        with self._store.read() as reading:
            checkpoint = self._newest(reading) if new_size is None else reading.checkpoint(new_size)
            size = None if checkpoint is None else _state_in(checkpoint).size
            if checkpoint is None or size is None or old_size > size:
                raise ServerTrouble("log_state_unknown")
            path = consistency_proof(old_size, size, _hash_at(reading))
        return Growth(old_size=old_size, path=path, checkpoint=checkpoint)

    def proof(self, kind: LeafKind, subject: bytes) -> GivenProof:
        """That the newest leaf of this kind on this subject is in the log. Raises leaf_unknown.

        Under the newest state that a witness cosigned, if that holds the leaf; else under the newest of all.
        """
        proved = self.proof_of(kind, subject)
        return GivenProof(kind=kind, subject=subject, proof=proved.proof, evidence=proved.evidence)

    def proof_of(self, kind: LeafKind, subject: bytes) -> ProvedLeaf:
        """As `proof`, with the leaf and its place."""
        with self._store.read() as reading:
            return self._proved(reading, reading.placed(int(kind), subject))

    def proof_at(self, index: int) -> ProvedLeaf:
        """The same for the leaf at this place, counted from 0. Raises leaf_unknown."""
        with self._store.read() as reading:
            return self._proved(reading, reading.leaf_at(index))

    def _proved(self, reading: AuditReading, placed: Placed | None) -> ProvedLeaf:
        if placed is None:
            raise ServerTrouble("leaf_unknown")
        checkpoint = reading.checkpoint(cosigned_from=placed.index + 1) or self._newest(reading)
        path = inclusion_proof(placed.index, _state_in(checkpoint).size, _hash_at(reading))
        proof = Proof(leaf=placed.leaf, index=placed.index, path=path, checkpoint=checkpoint)
        return ProvedLeaf(index=placed.index, leaf=placed.leaf, proof=encode_proof(proof), evidence=placed.shown)

    def cosign(self, size: int, line: bytes) -> bytes:
        """Takes a trusted witness's signature line for the state of `size`; that state with all its cosignatures.

        Raises log_state_unknown, AuditRefused UNSIGNED (no trusted witness), SIGNATURE_INVALID, NOTE_MALFORMED.
        """
        with self._store.read() as reading:
            checkpoint = reading.checkpoint(size)
            if checkpoint is None:
                raise ServerTrouble("log_state_unknown")
            signed = _cosigner(checkpoint, line, map(decode_note_key, reading.witness_keys()))
        with self._store.write(WritePoint.COSIGN) as unit:
            unit.add_cosignature(size, signed.name, signed.key_id, line)
            return unit.checkpoint(size) or checkpoint

    def trust_witness(self, text: str) -> tuple[NoteKey, bool]:
        """From now on this witness's cosignatures are taken; whether it is new. Raises AuditRefused KEY_MALFORMED."""
        key = decode_note_key(text)
        if key.type is not SignatureType.COSIGNATURE:
            raise AuditRefused(AuditCode.KEY_MALFORMED, "a witness's key is of the type that cosigns")
        with self._store.write(WritePoint.TRUST_WITNESS) as unit:
            return key, unit.add_witness(key.text, self._clock())

    def own(self, kind: LeafKind, subject: bytes, *, payer_id: bytes, device_id: bytes) -> bytes:
        """What a payer may ask for: its account, its device, its allowances. Raises leaf_unknown."""
        with self._store.read() as reading:
            if kind is LeafKind.ENROLMENT:
                mine = subject in (payer_id, device_id)
            else:
                mine = kind in OF_ALLOWANCES and reading.payer_of_allowance(subject) == payer_id
        if not mine:
            raise ServerTrouble("leaf_unknown")
        return subject

    def own_of_payee(self, kind: LeafKind, subject: bytes, *, payee_id: bytes) -> bytes:
        """What a payee may ask for: its account, its terminals, its batches by their id. Raises leaf_unknown."""
        with self._store.read() as reading:
            if kind is LeafKind.BATCH:
                terminal_ref = reading.payee_of_batch(subject, payee_id)
                found = None if terminal_ref is None else terminal_ref + subject
            elif kind is LeafKind.ENROLMENT and payee_id in (subject, reading.payee_of_terminal(subject)):
                found = subject
            else:
                found = None
        if found is None:
            raise ServerTrouble("leaf_unknown")
        return found

    def _newest(self, reading: AuditReading) -> bytes:
        checkpoint = reading.checkpoint()
        if checkpoint is None:
            empty = frontier_at(0, _hash_at(reading))
            checkpoint = sign_checkpoint(Checkpoint(origin=self._origin, size=0, root=empty.root), self._signer)
        return checkpoint


OF_ALLOWANCES: Final = frozenset({LeafKind.ALLOWANCE, LeafKind.SUSPENSION, LeafKind.WINDOW_CLOSED, LeafKind.FORK})


class Sequencer:
    """Appends what waits, every `ROUND_EVERY_S`, on a thread of its own, until it is told to stop."""

    def __init__(self, log: AuditLog, is_mine: Callable[[], bool]) -> None:
        """`is_mine` says whether it is this process that appends; asked every round."""
        self._log, self._is_mine = log, is_mine
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feiqian-sequencer", daemon=True)

    def start(self) -> None:
        """Begins."""
        self._thread.start()

    def stop(self) -> None:
        """Ends behind the round under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        pause_s = ROUND_EVERY_S
        while not self._stop.wait(pause_s):
            pause_s = self._round()

    def _round(self) -> float:
        """One round; how long to wait for the next."""
        try:
            appended = self._log.append_queued() if self._is_mine() else 0
        except DATABASE_ERRORS as failure:  # nothing is lost: what waits stays in the queue
            _seldom.error("books", "the audit log could not be appended to and is tried again: %s", failure)
            return _FAILED_PAUSE_S
        except Exception as failure:  # noqa: BLE001  # nor here
            _log.error("the audit log could not be appended to and is tried again", exc_info=failure)
            return _FAILED_PAUSE_S
        return 0.0 if appended == LEAVES_AT_ONCE else ROUND_EVERY_S


def _hash_at(reading: AuditReading) -> Callable[[int, int], bytes]:
    def hash_at(level: int, index: int) -> bytes:
        found = reading.node(level, index)
        if found is None:
            raise LookupError("the log lacks a node")
        return found

    return hash_at


def _cosigner(checkpoint: bytes, line: bytes, witnesses: Iterable[NoteKey]) -> NoteKey:
    """Whose signature this line is, of the checkpoint's own text. Raises AuditRefused."""
    text = decode_note(checkpoint).text
    offered = decode_note(text + b"\n" + line)
    if len(offered.signatures) != 1 or offered.text != text:
        raise AuditRefused(AuditCode.NOTE_MALFORMED, "one signature line was expected")
    (signed,) = verify_note(offered, witnesses).signed
    return signed.key


def _state_in(checkpoint: bytes) -> Checkpoint:
    return decode_checkpoint(decode_note(checkpoint).text)
