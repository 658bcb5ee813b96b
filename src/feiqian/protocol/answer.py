"""Answer: the acquirer's signed reply to a batch, item by item (spec 05).

The answer to one batch never changes: asked again, the terminal gets the same bytes. It names what is paid at once
and what waits until D; a later change is a new event in the payee's statement.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from feiqian.protocol import cose
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import BatchId, KeyId, TerminalRef
from feiqian.protocol.keys import PublicKey, Signer, load_public_key
from feiqian.protocol.layout import Layout, array, instant, octets
from feiqian.protocol.limits import (
    AMOUNT_MAX_MINOR,
    ANSWER_MAX_BYTES,
    BATCH_ID_BYTES,
    CLAIMS_MAX,
    ID_BYTES,
    KEY_ID_BYTES,
    REF_BYTES,
)
from feiqian.protocol.refusals import RefusalCode, Refused

CODE_MAX_CHARS = 64


class Verdict(IntEnum):
    """What became of one claim or note."""

    __hash__ = int.__hash__  # an enum's own hash is a Python call, and a batch asks for it a thousand times

    SETTLED = 1
    CONTINGENT = 2
    DUPLICATE = 3
    FORK = 4
    DOUBLE_ACCEPTANCE = 5
    SECOND_CHEQUE = 6
    PAYEE_NOT_NAMED = 7
    NOT_COVERED = 8
    UNKNOWN_ALLOWANCE = 9
    LATE = 10
    SUSPENDED = 11
    OUT_OF_POLICY = 12
    REFUSED = 13
    NOTED = 14


class AnswerItem(NamedTuple):
    """One item's answer: paid now and waiting until D, in minor units; `code` says more for REFUSED.

    A tuple, since a batch makes a thousand of them.
    """

    verdict: Verdict
    paid_minor: int = 0
    waiting_minor: int = 0
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A decoded answer, unverified."""

    acquirer_key_id: KeyId
    terminal_ref: TerminalRef
    batch_id: BatchId
    batch_hash: bytes
    time: int
    claims: tuple[AnswerItem, ...]
    notes: tuple[AnswerItem, ...]
    envelope: Envelope


LAYOUT = Layout(
    Kind.ANSWER,
    octets(1, "acquirer_key_id", KEY_ID_BYTES),
    octets(2, "terminal_ref", REF_BYTES),
    octets(3, "batch_id", BATCH_ID_BYTES),
    octets(4, "batch_hash", ID_BYTES),
    instant(5, "time"),
    array(6, "claims", CLAIMS_MAX),
    array(7, "notes", CLAIMS_MAX),
)


def decode_answer(raw: bytes) -> Answer:
    """The answer in these bytes, unverified. Raises Refused."""
    envelope = cose.open_envelope(raw, max_bytes=ANSWER_MAX_BYTES)
    values = LAYOUT.decode(envelope.payload, max_bytes=ANSWER_MAX_BYTES)
    for name in ("claims", "notes"):
        values[name] = tuple(_item(item) for item in values[name])
    return Answer(**values, envelope=envelope)


def sign_answer(
    acquirer: Signer,
    deployment: str,
    *,
    terminal_ref: TerminalRef,
    batch_id: BatchId,
    batch: bytes,
    time: int,
    claims: Sequence[AnswerItem],
    notes: Sequence[AnswerItem],
) -> bytes:
    """The signed answer to the batch whose bytes are `batch`; `time` is the acquirer's stamp of arrival."""
    key = load_public_key(acquirer.public_key)
    payload = LAYOUT.encode(
        {
            "acquirer_key_id": key.key_id,
            "terminal_ref": terminal_ref,
            "batch_id": batch_id,
            "batch_hash": batch_hash(batch),
            "time": time,
            "claims": [_content(item) for item in claims],
            "notes": [_content(item) for item in notes],
        }
    )
    return cose.sign(acquirer, answer_prefix(key, deployment), payload)


def batch_hash(batch: bytes) -> bytes:
    """SHA-256 of a batch as sent, 32 bytes: the same id with another body is refused."""
    return hashlib.sha256(batch).digest()


def answer_prefix(acquirer_key: PublicKey, deployment: str) -> bytes:
    """The Sig_structure of this acquirer key's answers, up to the payload."""
    return cose.signing_prefix(Kind.ANSWER, deployment, acquirer_key.hash)


def _content(item: AnswerItem) -> list[object]:
    return [int(item.verdict), item.paid_minor, item.waiting_minor, item.code]


def _item(content: object) -> AnswerItem:
    if type(content) is not list or [type(part) for part in content] != [int, int, int, str]:
        raise Refused(RefusalCode.FIELD_INVALID, "an answer's item has four parts")
    verdict, paid_minor, waiting_minor, code = content
    if len(code) > CODE_MAX_CHARS or not code.isascii():
        raise Refused(RefusalCode.FIELD_INVALID, "an answer's code is too long")
    if not (0 <= paid_minor <= AMOUNT_MAX_MINOR and 0 <= waiting_minor <= AMOUNT_MAX_MINOR):
        raise Refused(RefusalCode.FIELD_INVALID, "an answer's amount is out of range")
    try:
        known = Verdict(verdict)
    except ValueError:
        raise Refused(RefusalCode.UPDATE_NEEDED, f"verdict {verdict} is not known") from None
    return AnswerItem(verdict=known, paid_minor=paid_minor, waiting_minor=waiting_minor, code=code)
