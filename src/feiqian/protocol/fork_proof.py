"""Fork proof: two statements signed by one party that contradict each other, checkable by anyone (spec 05).

Against a device: its allowance and two of its cheques. Against a terminal: its certificate and two of its receipts
or notes at one counter. Nothing else is needed but the trust pack: no server, no witness, no clock.
"""

from dataclasses import dataclass
from enum import StrEnum

from feiqian.protocol import cose
from feiqian.protocol.certificate import certificate_in, certificate_prefix, terminal_ref
from feiqian.protocol.chain import Contradiction, contradiction, link_of
from feiqian.protocol.cheque import decode_cheque
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.ids import StatementId
from feiqian.protocol.layout import Layout, kind_of, octets
from feiqian.protocol.limits import STATEMENT_MAX_BYTES
from feiqian.protocol.receipt import Note, Receipt, note_in, note_prefix, receipt_in, receipt_prefix
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.verify_allowance import (
    Knowledge,
    check_amounts,
    identify_allowance,
    verify_device,
    verify_issuer,
)

FORK_PROOF_MAX_BYTES = 3 * STATEMENT_MAX_BYTES


class Party(StrEnum):
    """Whom a proof convicts."""

    DEVICE = "device"
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkProof:
    """A decoded proof: an allowance or certificate and two statements under it, as bytes, unverified."""

    authority: bytes
    one: bytes
    other: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Conviction:
    """What a proof shows: who, under which allowance or certificate (full id), and why."""

    party: Party
    authority_id: StatementId
    reason: Contradiction


LAYOUT = Layout(
    Kind.FORK_PROOF,
    octets(1, "authority", 1, up_to=STATEMENT_MAX_BYTES),
    octets(2, "one", 1, up_to=STATEMENT_MAX_BYTES),
    octets(3, "other", 1, up_to=STATEMENT_MAX_BYTES),
)


def decode_fork_proof(raw: bytes) -> ForkProof:
    """The proof in these bytes, unverified. Raises Refused."""
    proof = ForkProof(**LAYOUT.decode(raw, max_bytes=FORK_PROOF_MAX_BYTES))
    if proof.one >= proof.other:
        raise Refused(RefusalCode.FIELD_INVALID, "the two statements do not stand in ascending order")
    return proof


def encode_fork_proof(authority: bytes, one: bytes, other: bytes) -> bytes:
    """The proof of these parts, the two statements in ascending byte order, so that one fork has one proof."""
    first, second = sorted((one, other))
    return LAYOUT.encode({"authority": authority, "one": first, "other": second})


def verify_fork_proof(proof: ForkProof, knowledge: Knowledge) -> Conviction:
    """What the proof convicts of. Raises Refused, NOT_CONTRADICTORY when both statements can be honest.

    Key age is not asked: an old key's statements still testify.
    """
    envelope = cose.open_envelope(proof.authority, max_bytes=STATEMENT_MAX_BYTES)
    if kind_of(envelope.payload, max_bytes=STATEMENT_MAX_BYTES) is Kind.ALLOWANCE:
        return _convict_device(envelope, proof, knowledge)
    return _convict_terminal(envelope, proof, knowledge)


def _convict_device(envelope: Envelope, proof: ForkProof, knowledge: Knowledge) -> Conviction:
    allowance = identify_allowance(envelope, knowledge)
    cheques = [decode_cheque(raw) for raw in (proof.one, proof.other)]
    if any(cheque.terms.allowance_ref != allowance.ref for cheque in cheques):
        raise Refused(RefusalCode.WRONG_ALLOWANCE)
    for cheque in cheques:
        check_amounts(cheque, allowance)
    verify_issuer(envelope, allowance)
    links = [link_of(verify_device(cheque, allowance), cheque.terms) for cheque in cheques]
    reason = contradiction(*links)
    if reason is None:
        raise Refused(RefusalCode.NOT_CONTRADICTORY)
    return Conviction(party=Party.DEVICE, authority_id=allowance.allowance_id, reason=reason)


def _convict_terminal(envelope: Envelope, proof: ForkProof, knowledge: Knowledge) -> Conviction:
    terms = certificate_in(envelope).terms
    key = knowledge.key(KeyRole.ACQUIRER, terms.acquirer_key_id)
    if key is None:
        raise Refused(RefusalCode.ACQUIRER_UNKNOWN)
    statements = [_terminal_statement(raw) for raw in (proof.one, proof.other)]
    certificate_id = cose.verify(
        envelope,
        certificate_prefix(key, knowledge.deployment),
        key,
        RefusalCode.ACQUIRER_SIGNATURE_INVALID,
    )
    ref, terminal_key = terminal_ref(certificate_id), knowledge.read_key(terms.terminal_key)
    ids = []
    for statement in statements:
        if statement.envelope is None or statement.terms.terminal_ref != ref:
            raise Refused(RefusalCode.TERMINAL_SIGNATURE_INVALID)
        prefix = note_prefix if isinstance(statement, Note) else receipt_prefix
        ids.append(
            cose.verify(
                statement.envelope,
                prefix(certificate_id, knowledge.deployment),
                terminal_key,
                RefusalCode.TERMINAL_SIGNATURE_INVALID,
            )
        )
    if ids[0] == ids[1] or statements[0].terms.counter != statements[1].terms.counter:
        raise Refused(RefusalCode.NOT_CONTRADICTORY)
    return Conviction(party=Party.TERMINAL, authority_id=certificate_id, reason=Contradiction.SAME_COUNTER)


def _terminal_statement(raw: bytes) -> Receipt | Note:
    envelope = cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES)
    if kind_of(envelope.payload, max_bytes=STATEMENT_MAX_BYTES) is Kind.NOTE:
        return note_in(envelope)
    return receipt_in(envelope)
