"""Routes of the audit log: its signed state, that it only grew, proofs of one's own entries, and its witnesses."""

from enum import StrEnum
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Query, Response

from feiqian.acquirer.values import Terminal
from feiqian.audit.leaf import LeafKind
from feiqian.server.answers import Answer
from feiqian.server.audit_log import GivenProof, Growth, LogState
from feiqian.server.documents import refusals
from feiqian.server.doors import HolderDep, OperatorDep, admin
from feiqian.server.once import answer
from feiqian.server.requests import Cosignature, TrustedWitness
from feiqian.server.shapes import BytesOut, LogSizeIn, SubjectIn, SubjectOut
from feiqian.server.strict_json import StrictRoute

router = APIRouter(tags=["audit"], route_class=StrictRoute)


class ProvedKind(StrEnum):
    """What holders can have proved: payees their batches, payers what concerns their allowances, both their account."""

    BATCH = "batch"
    ALLOWANCE = "allowance"
    SUSPENSION = "suspension"
    WINDOW_CLOSED = "window_closed"
    FORK = "fork"
    ENROLMENT = "enrolment"


class LogStateAnswer(Answer):
    """The log's newest signed state (a C2SP checkpoint) with its cosignatures, its key, and the witnesses it takes."""

    checkpoint: str
    log_key: str
    witness_keys: tuple[str, ...]

    @classmethod
    def of(cls, state: LogState) -> Self:
        """From the log's value."""
        return cls(checkpoint=state.checkpoint.decode(), log_key=state.log_key, witness_keys=state.witness_keys)


class GrowthAnswer(Answer):
    """That the log of `old_size` leaves is the beginning of the one that `checkpoint` signs (RFC 9162, 2.1.4)."""

    old_size: int
    path: tuple[BytesOut, ...]
    checkpoint: str

    @classmethod
    def of(cls, growth: Growth) -> Self:
        """From the log's value."""
        return cls(old_size=growth.old_size, path=growth.path, checkpoint=growth.checkpoint.decode())


class ProofAnswer(Answer):
    """A proof file (C2SP tlog-proof, its text) and the evidence that its leaf hashes, for salted kinds salt first."""

    kind: str
    subject: SubjectOut
    proof: str
    evidence: BytesOut

    @classmethod
    def of(cls, given: GivenProof) -> Self:
        """From the log's value."""
        kind = given.kind.name.lower()
        return cls(kind=kind, subject=given.subject, proof=given.proof.decode(), evidence=given.evidence)


class WitnessAnswer(Answer):
    """A witness whose cosignatures are taken; `added` says whether it is new."""

    name: str
    key: str
    added: bool


@router.get("/v1/audit/checkpoint", operation_id="auditCheckpoint", response_model=LogStateAnswer)
def checkpoint(operator: OperatorDep) -> Response:
    """The newest state of the audit log. Keep it: a log that later contradicts it has been changed."""
    return answer(LogStateAnswer.of(operator.audit.state()))


@router.get(
    "/v1/audit/consistency",
    operation_id="auditConsistency",
    response_model=GrowthAnswer,
    responses=refusals(404, 422),
)
def consistency(
    operator: OperatorDep,
    old_size: Annotated[LogSizeIn, Query(alias="from", description="The size of the state that is held.")],
    new_size: Annotated[
        LogSizeIn | None, Query(alias="to", description="The size of a signed state; without it the newest.")
    ] = None,
) -> Response:
    """The proof that the log only grew since the state that the caller holds."""
    return answer(GrowthAnswer.of(operator.audit.growth(old_size, new_size)))


@router.get(
    "/v1/audit/proof/{kind}/{id}",
    operation_id="auditProof",
    response_model=ProofAnswer,
    responses=refusals(401, 404, 422),
)
def proof(operator: OperatorDep, holder: HolderDep, kind: ProvedKind, id: SubjectIn) -> Response:  # noqa: A002  # the path's word
    """The proof that something of the caller's own is in the log: under the newest state that a witness cosigned.

    Where no cosigned state holds it yet, under the newest of all. Batches by their id, all else by ref or id.
    """
    log, leaf_kind = operator.audit, LeafKind[kind.name]
    if isinstance(holder, Terminal):
        subject = log.own_of_payee(leaf_kind, id, payee_id=holder.payee_id)
    else:
        subject = log.own(leaf_kind, id, payer_id=holder.payer_id, device_id=holder.device_id)
    return answer(ProofAnswer.of(log.proof(leaf_kind, subject)))


@router.post(
    "/v1/audit/witness",
    operation_id="cosign",
    response_model=LogStateAnswer,
    responses=refusals(400, 404, 415, 422),
)
def cosign(operator: OperatorDep, cosignature: Cosignature) -> Response:
    """Takes a witness's cosignature. Only lines of witnesses that the operator trusts are kept; again is harmless."""
    noted = operator.audit.cosign(cosignature.size, cosignature.line.encode())
    state = operator.audit.state()
    return answer(LogStateAnswer(checkpoint=noted.decode(), log_key=state.log_key, witness_keys=state.witness_keys))


@router.post(
    "/v1/audit/witnesses",
    operation_id="trustWitness",
    response_model=WitnessAnswer,
    responses=refusals(400, 401, 415, 422),
    dependencies=[Depends(admin)],
)
def trust_witness(operator: OperatorDep, witness: TrustedWitness) -> Response:
    """From now on this witness's cosignatures are taken. Again is harmless."""
    key, added = operator.audit.trust_witness(witness.key)
    return answer(WitnessAnswer(name=key.name, key=key.text, added=added))
