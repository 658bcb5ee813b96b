"""Receipt and note: what a terminal signs (spec 03). Both stand in one chain with one counter.

A receipt is the acceptance of a cheque with its final amount. A note gives back: a void note names a cheque and the
amount given back, a cancel note names a request that was never accepted and never will be. One chain, so that a
terminal which signs two contradictory statements convicts itself.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from feiqian.protocol import cose
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import StatementId, TerminalRef
from feiqian.protocol.keys import Signer
from feiqian.protocol.layout import Layout, amount, counter, instant, octets, uint
from feiqian.protocol.limits import ID_BYTES, PREVIOUS_BYTES, REF_BYTES, STATEMENT_MAX_BYTES


class NoteKind(IntEnum):
    """What a note gives back: an accepted cheque, or whatever cheque answered a request."""

    VOID = 1
    CANCEL = 2


class ReceiptTerms(NamedTuple):
    """What a receipt says. `index_version` is the trust index the terminal held: it decides liability."""

    terminal_ref: TerminalRef
    cheque_id: StatementId
    final_minor: int
    time: int
    counter: int
    previous: bytes
    index_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteTerms:
    """What a note says. `subject` is the cheque's id for a void, H(request) for a cancel note.

    `back_minor` is the amount given back; a cancel note gives back all of whatever cheque answered and says 0.
    """

    terminal_ref: TerminalRef
    note_kind: int
    subject: bytes
    back_minor: int
    time: int
    counter: int
    previous: bytes


class Receipt(NamedTuple):
    """A decoded receipt, unverified. `envelope` is None for a bare payload inside a signed batch."""

    terms: ReceiptTerms
    payload: bytes
    envelope: Envelope | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A decoded note, unverified."""

    terms: NoteTerms
    envelope: Envelope


RECEIPT_LAYOUT = Layout(
    Kind.RECEIPT,
    octets(1, "terminal_ref", REF_BYTES),
    octets(2, "cheque_id", ID_BYTES),
    amount(3, "final_minor"),
    instant(4, "time"),
    counter(5, "counter"),
    octets(6, "previous", PREVIOUS_BYTES),
    uint(7, "index_version", 2**32 - 1),
)
NOTE_LAYOUT = Layout(
    Kind.NOTE,
    octets(1, "terminal_ref", REF_BYTES),
    uint(2, "note_kind", 2, low=1),
    octets(3, "subject", ID_BYTES),
    amount(4, "back_minor"),
    instant(5, "time"),
    counter(6, "counter"),
    octets(7, "previous", PREVIOUS_BYTES),
)


def decode_receipt(raw: bytes) -> Receipt:
    """The receipt in these bytes, signed or (inside a batch) bare, unverified. Raises Refused."""
    if not cose.is_envelope(raw):
        return _receipt(raw, None)
    return receipt_in(cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES))


def receipt_in(envelope: Envelope) -> Receipt:
    """The receipt in this envelope, unverified. Raises Refused."""
    return _receipt(envelope.payload, envelope)


def decode_note(raw: bytes) -> Note:
    """The note in these bytes, unverified. Raises Refused."""
    return note_in(cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES))


def note_in(envelope: Envelope) -> Note:
    """The note in this envelope, unverified. Raises Refused."""
    values = NOTE_LAYOUT.decode(envelope.payload, max_bytes=STATEMENT_MAX_BYTES)
    return Note(terms=NoteTerms(**values), envelope=envelope)


def sign_receipt(terminal: Signer, certificate_id: StatementId, deployment: str, terms: ReceiptTerms) -> bytes:
    """The signed receipt for `terms`."""
    payload = RECEIPT_LAYOUT.encode_terms(terms)
    return cose.sign(terminal, receipt_prefix(certificate_id, deployment), payload)


def sign_note(terminal: Signer, certificate_id: StatementId, deployment: str, terms: NoteTerms) -> bytes:
    """The signed note for `terms`."""
    payload = NOTE_LAYOUT.encode_terms(terms)
    return cose.sign(terminal, note_prefix(certificate_id, deployment), payload)


def receipt_prefix(certificate_id: StatementId, deployment: str) -> bytes:
    """The Sig_structure of this terminal's receipts, up to the payload."""
    return cose.signing_prefix(Kind.RECEIPT, deployment, certificate_id)


def note_prefix(certificate_id: StatementId, deployment: str) -> bytes:
    """The Sig_structure of this terminal's notes, up to the payload."""
    return cose.signing_prefix(Kind.NOTE, deployment, certificate_id)


def _receipt(payload: bytes, envelope: Envelope | None) -> Receipt:
    terms = RECEIPT_LAYOUT.decode_into(ReceiptTerms, payload, max_bytes=STATEMENT_MAX_BYTES)
    return Receipt(terms=terms, payload=payload, envelope=envelope)
