"""Claims and batches: how a terminal asks to be paid (spec 05).

A claim is a cheque, the request it answers, the payload of the receipt and the credits that cover it. A batch holds
many under one terminal signature. Each claim is a byte string of its own, so that one malformed item is answered
alone and never blocks the others. A batch is also a reading of the terminal's clock, and so worth sending with nothing
in it: it says which time it is there, which time the operator had signed last, and up to where receipts were counted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from feiqian.protocol import cose
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import BatchId, StatementId, TerminalRef
from feiqian.protocol.keys import Signer
from feiqian.protocol.layout import Layout, array, byte_items, instant, octets, uint
from feiqian.protocol.limits import (
    BATCH_ID_BYTES,
    BATCH_MAX_BYTES,
    CLAIM_MAX_BYTES,
    CLAIMS_MAX,
    COUNTER_MAX,
    CREDITS_MAX_BYTES,
    REF_BYTES,
    STATEMENT_MAX_BYTES,
)


class Claim(NamedTuple):
    """One claim; its parts are bytes, unverified. `request` is None for a one-way code."""

    cheque: bytes
    receipt: bytes
    request: bytes | None = None
    credits: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A decoded batch; claims are still bytes. `time` is the terminal's clock when it signed.

    `counter` is the last one of its own chain by then, 0 before the first; `attested_at` the newest time signed by an
    operator that it held, so it signed no earlier. Batches of before these were there have neither.
    """

    terminal_ref: TerminalRef
    batch_id: BatchId
    time: int
    index_version: int
    allowances: tuple[bytes, ...]
    claims: tuple[bytes, ...]
    notes: tuple[bytes, ...]
    envelope: Envelope
    counter: int | None = None
    attested_at: int | None = None


class BatchHead(NamedTuple):
    """The first two parts of a batch, unverified."""

    terminal_ref: TerminalRef
    batch_id: BatchId


CLAIM_LAYOUT = Layout(
    Kind.CLAIM,
    octets(1, "cheque", 1, up_to=STATEMENT_MAX_BYTES),
    octets(2, "receipt", 1, up_to=STATEMENT_MAX_BYTES),
    octets(3, "request", 1, up_to=STATEMENT_MAX_BYTES, required=False),
    octets(4, "credits", 1, up_to=CREDITS_MAX_BYTES, required=False),
)
BATCH_LAYOUT = Layout(
    Kind.BATCH,
    octets(1, "terminal_ref", REF_BYTES),
    octets(2, "batch_id", BATCH_ID_BYTES),
    instant(3, "time"),
    uint(4, "index_version", 2**32 - 1),
    array(5, "allowances", CLAIMS_MAX),
    array(6, "claims", CLAIMS_MAX),
    array(7, "notes", CLAIMS_MAX),
    uint(8, "counter", COUNTER_MAX, required=False),
    instant(9, "attested_at", required=False),
)
_HEAD = re.compile(
    rb"[\xa8-\xb7]\x00%c\x01%c(.{%d})\x02%c(.{%d})\x03"
    % (Kind.BATCH, 0x40 | REF_BYTES, REF_BYTES, 0x40 | BATCH_ID_BYTES, BATCH_ID_BYTES),
    re.DOTALL,
)
"""How every batch's payload begins: a map of eight or more, its kind, and two parts whose lengths never change."""


def decode_claim(raw: bytes) -> Claim:
    """One claim, unverified. Raises Refused."""
    return CLAIM_LAYOUT.decode_into(Claim, raw, max_bytes=CLAIM_MAX_BYTES)


def encode_claim(claim: Claim) -> bytes:
    """The claim as an item of a batch."""
    return CLAIM_LAYOUT.encode_terms(claim)


def decode_batch(raw: bytes) -> Batch:
    """The batch in these bytes, unverified, its claims undecoded. Raises Refused."""
    envelope = cose.open_envelope(raw, max_bytes=BATCH_MAX_BYTES)
    values = BATCH_LAYOUT.decode(envelope.payload, max_bytes=BATCH_MAX_BYTES)
    for name in ("allowances", "claims", "notes"):
        limit = CLAIM_MAX_BYTES if name == "claims" else STATEMENT_MAX_BYTES
        values[name] = byte_items(values[name], max_bytes=limit)
    return Batch(**values, envelope=envelope)


def decode_batch_head(raw: bytes) -> BatchHead:
    """Whose batch this is and which, unverified, found without decoding the rest. Raises Refused."""
    found = _HEAD.match(cose.open_envelope(raw, max_bytes=BATCH_MAX_BYTES).payload)
    if found is None:  # then it is no batch, and decoding says why
        batch = decode_batch(raw)
        return BatchHead(batch.terminal_ref, batch.batch_id)
    return BatchHead(TerminalRef(found[1]), BatchId(found[2]))


def sign_batch(  # noqa: PLR0913  # the fields of the message, each by its name
    terminal: Signer,
    certificate_id: StatementId,
    deployment: str,
    *,
    terminal_ref: TerminalRef,
    batch_id: BatchId,
    time: int,
    index_version: int,
    allowances: Sequence[bytes],
    claims: Sequence[bytes],
    notes: Sequence[bytes],
    counter: int | None = None,
    attested_at: int | None = None,
) -> bytes:
    """The signed batch. The terminal stores it before it sends it, and sends these same bytes until answered."""
    payload = BATCH_LAYOUT.encode(
        {
            "terminal_ref": terminal_ref,
            "batch_id": batch_id,
            "time": time,
            "index_version": index_version,
            "allowances": list(allowances),
            "claims": list(claims),
            "notes": list(notes),
            "counter": counter,
            "attested_at": attested_at,
        }
    )
    return cose.sign(terminal, batch_prefix(certificate_id, deployment), payload)


def batch_prefix(certificate_id: StatementId, deployment: str) -> bytes:
    """The Sig_structure of this terminal's batches, up to the payload."""
    return cose.signing_prefix(Kind.BATCH, deployment, certificate_id)
