"""What the operator's audit log answers, as values; nothing in it is verified."""

from dataclasses import dataclass

from feiqian.audit.limits import HASH_BYTES, NOTE_MAX_BYTES, PATH_MAX, PROOF_MAX_BYTES
from feiqian.links.http_replies import Fields
from feiqian.links.http_spelling import read_bytes
from feiqian.links.http_trouble import LinkTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStateReply:
    """The newest checkpoint, the log's key and the keys of the witnesses that the operator takes, all as texts."""

    checkpoint: bytes
    log_key: str
    witness_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthReply:
    """A consistency proof from `old_size` leaves to the state that `checkpoint` signs."""

    old_size: int
    path: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofReply:
    """A proof file and its evidence."""

    proof: bytes
    evidence: bytes


def log_state_in(fields: Fields) -> LogStateReply:
    """Raises LinkTrouble."""
    return LogStateReply(
        checkpoint=_text(fields, "checkpoint", NOTE_MAX_BYTES),
        log_key=fields.text("log_key"),
        witness_keys=_texts(fields, "witness_keys"),
    )


def growth_in(fields: Fields) -> GrowthReply:
    """Raises LinkTrouble."""
    try:
        path = tuple(read_bytes(text) for text in _texts(fields, "path"))
    except ValueError:
        raise _unreadable("path") from None
    if len(path) > PATH_MAX or any(len(one) != HASH_BYTES for one in path):
        raise _unreadable("path")
    return GrowthReply(
        old_size=fields.number("old_size"), path=path, checkpoint=_text(fields, "checkpoint", NOTE_MAX_BYTES)
    )


def proof_in(fields: Fields) -> ProofReply:
    """Raises LinkTrouble."""
    return ProofReply(proof=_text(fields, "proof", PROOF_MAX_BYTES), evidence=fields.octets("evidence"))


def _text(fields: Fields, name: str, max_bytes: int) -> bytes:
    data = fields.text(name).encode()
    if len(data) > max_bytes:
        raise _unreadable(name)
    return data


def _texts(fields: Fields, name: str) -> tuple[str, ...]:
    found = fields.plain(name)
    if type(found) is not list or not all(type(text) is str for text in found):
        raise _unreadable(name)
    return tuple(found)


def _unreadable(name: str) -> LinkTrouble:
    return LinkTrouble("operator_answer_unreadable", why=f"field {name}")
