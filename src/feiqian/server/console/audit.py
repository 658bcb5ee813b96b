"""Routes of the audit log for the operator's people: its leaves with their proofs, who did what, and the keys."""

from typing import Annotated, Final, Self

from fastapi import APIRouter, Query, Response

from feiqian.audit.leaf import Leaf, LeafKind, decode_leaf
from feiqian.audit.merkle import leaf_hash
from feiqian.protocol.keys import key_id_of
from feiqian.protocol.trust_pack import KeyRole, TrustedKey, decode_key_set
from feiqian.server.answers import Answer
from feiqian.server.audit_log import ProvedLeaf
from feiqian.server.console.door import Audit, Keys
from feiqian.server.console.pages import PAGE_ROWS, ROWS_AT_ONCE, ROWS_LOOKED_MAX, BeforeQuery, LimitQuery
from feiqian.server.documents import refusals
from feiqian.server.once import answer
from feiqian.server.shapes import (
    BytesOut,
    DisputeIdOut,
    HashOut,
    IdIn,
    IdOut,
    InstantOut,
    KeyOut,
    LogSizeIn,
    RequestIdIn,
    SubjectIn,
    SubjectOut,
)
from feiqian.server.strict_json import StrictRoute
from feiqian.staff.values import Act, StaffAct, StaffId

router = APIRouter(route_class=StrictRoute)
_REFUSED: Final = refusals(401, 403, 422)
_REFUSED_ONE: Final = refusals(401, 403, 404, 422)
_END: Final = 2**53 - 1


class LeafAnswer(Answer):
    """A leaf of the audit log (spec 09 section 1): what happened, when, and about what."""

    index: int
    kind: str
    at: InstantOut
    subject: SubjectOut
    leaf_hash: HashOut

    @classmethod
    def of(cls, index: int, raw: bytes, leaf: Leaf) -> Self:
        """From its bytes."""
        return cls(index=index, kind=leaf.kind.name.lower(), at=leaf.at, subject=leaf.subject, leaf_hash=leaf_hash(raw))


class LeavesPage(Answer):
    """Leaves, newest first; `queued` wait for their place."""

    size: int
    queued: int
    leaves: tuple[LeafAnswer, ...]
    next: int | None


class LeafProof(Answer):
    """A leaf with its proof file (C2SP tlog-proof, its text) and its evidence, for salted kinds salt first."""

    index: int
    kind: str
    at: InstantOut
    subject: SubjectOut
    leaf_hash: HashOut
    proof: str
    evidence: BytesOut

    @classmethod
    def of(cls, proved: ProvedLeaf) -> Self:
        """From the log's value."""
        leaf = decode_leaf(proved.leaf)
        return cls(
            index=proved.index,
            kind=leaf.kind.name.lower(),
            at=leaf.at,
            subject=leaf.subject,
            leaf_hash=leaf_hash(proved.leaf),
            proof=proved.proof.decode(),
            evidence=proved.evidence,
        )


class ActAnswer(Answer):
    """Something that one of the operator's people did or looked at; `subject_hash` is the SHA-256 of an id.

    `staff_id` and `name` are absent for a name that nobody has, and for whoever held the operator's home.
    """

    number: int
    act_id: DisputeIdOut
    at: InstantOut
    staff_id: IdOut | None
    name: str | None
    act: str
    subject_hash: HashOut | None

    @classmethod
    def of(cls, act: StaffAct, name: str | None) -> Self:
        """From the staff's desk."""
        return cls(
            number=act.number,
            act_id=act.act_id,
            at=act.at,
            staff_id=act.staff_id or None,
            name=name,
            act=act.act.value,
            subject_hash=act.subject or None,
        )


class ActsPage(Answer):
    """What was done and looked at, newest first."""

    acts: tuple[ActAnswer, ...]
    next: int | None


class TrustedKeyAnswer(Answer):
    """A key of the key set: whom devices believe, for what, and how long."""

    key_id: BytesOut
    role: str
    not_before: InstantOut
    not_after: InstantOut
    revoked_at: InstantOut | None

    @classmethod
    def of(cls, key: TrustedKey) -> Self:
        """From the key set."""
        return cls(
            key_id=key_id_of(key.key),
            role=KeyRole(key.role).name.lower(),
            not_before=key.not_before,
            not_after=key.not_after,
            revoked_at=key.revoked_at,
        )


class TrustedKeys(Answer):
    """The key set that the root keys signed."""

    version: int
    issued_at: InstantOut
    expires_at: InstantOut
    least_wire: int
    least_app: str
    currencies: tuple[str, ...]
    keys: tuple[TrustedKeyAnswer, ...]


class IndexAnswer(Answer):
    """The newest trust index that was published."""

    version: int
    issued_at: InstantOut
    list_version: int
    key_set_hash: HashOut


class DataKeyAnswer(Answer):
    """The newest key that seals names, by its number."""

    number: int
    begun_at: InstantOut


class KeysAnswer(Answer):
    """Keys and trust pack as they stand; no private key is anywhere in it."""

    deployment: str
    threshold: int
    roots: tuple[KeyOut, ...]
    key_set: TrustedKeys
    index: IndexAnswer | None
    pack_bytes: int | None
    log_key: str
    witness_keys: tuple[str, ...]
    data_key: DataKeyAnswer | None


@router.get("/v1/console/audit/leaves", operation_id="consoleLeaves", response_model=LeavesPage, responses=_REFUSED)
def leaves(
    me: Audit,
    before: BeforeQuery = None,
    limit: LimitQuery = PAGE_ROWS,
    kind: Annotated[str | None, Query(pattern=f"^({'|'.join(one.name.lower() for one in LeafKind)})$")] = None,
) -> Response:
    """The audit log, newest first. With `kind` a page looks through 2,000 leaves at most."""
    operator = me.notes(Act.VIEW_AUDIT)
    found: list[LeafAnswer] = []
    at, looked = _END if before is None else before, 0
    with operator.console() as books:
        standing = books.log_standing()
        while len(found) < limit and looked < ROWS_LOOKED_MAX and at > 0:
            rows = books.leaf_lines(at, ROWS_AT_ONCE)
            for index, raw in rows:
                at, leaf = index, decode_leaf(raw)
                looked += 1
                if kind is None or leaf.kind.name.lower() == kind:
                    found.append(LeafAnswer.of(index, raw, leaf))
                if len(found) == limit:
                    break
            if not rows:
                at = 0
    following = at if at > 0 else None
    page = LeavesPage(size=standing.size, queued=standing.queued, leaves=tuple(found), next=following)
    return answer(page)


@router.get(
    "/v1/console/audit/leaves/{index}", operation_id="consoleLeaf", response_model=LeafProof, responses=_REFUSED_ONE
)
def leaf(me: Audit, index: LogSizeIn) -> Response:
    """One leaf, with the proof that it is in the log, and its evidence."""
    return answer(LeafProof.of(me.notes(Act.VIEW_AUDIT).audit.proof_at(index)))


@router.get("/v1/console/audit/acts", operation_id="consoleActs", response_model=ActsPage, responses=_REFUSED)
def acts(
    me: Audit,
    before: BeforeQuery = None,
    limit: LimitQuery = PAGE_ROWS,
    staff: Annotated[IdIn | None, Query(description="What this person did.")] = None,
    subject: Annotated[SubjectIn | None, Query(description="What was done about the thing with this id.")] = None,
) -> Response:
    """Who did and looked at what. Views are noted once a minute for each person and each thing."""
    operator = me.notes(Act.VIEW_AUDIT)
    found = operator.staff.acts(
        before=before, limit=limit + 1, staff_id=None if staff is None else StaffId(staff), about=subject
    )
    shown = tuple(ActAnswer.of(act, name) for act, name in found[:limit])
    return answer(ActsPage(acts=shown, next=shown[-1].number if len(found) > limit else None))


@router.get(
    "/v1/console/audit/proof/{act_id}",
    operation_id="consoleActProof",
    response_model=LeafProof,
    responses=_REFUSED_ONE,
)
def act_proof(me: Audit, act_id: RequestIdIn) -> Response:
    """The proof that an act of the operator's people is in the log."""
    log = me.notes(Act.VIEW_AUDIT).audit
    return answer(LeafProof.of(log.proof_of(LeafKind.ACCESS, act_id)))


@router.get("/v1/console/keys", operation_id="consoleKeys", response_model=KeysAnswer, responses=_REFUSED)
def keys(me: Keys) -> Response:
    """Whom devices believe, until when, and what was published last."""
    operator = me.notes(Act.VIEW_KEYS)
    with operator.console() as books:
        published, data_key = books.latest_publication(), books.newest_data_key()
    key_set = decode_key_set(operator.key_set)
    state = operator.audit.state()
    return answer(
        KeysAnswer(
            deployment=operator.trust_root.deployment,
            threshold=operator.trust_root.threshold,
            roots=operator.trust_root.roots,
            key_set=TrustedKeys(
                version=key_set.version,
                issued_at=key_set.issued_at,
                expires_at=key_set.expires_at,
                least_wire=key_set.least_wire,
                least_app=key_set.least_app,
                currencies=tuple(policy.currency for policy in key_set.policies),
                keys=tuple(TrustedKeyAnswer.of(key) for key in key_set.keys),
            ),
            index=None
            if published is None
            else IndexAnswer(
                version=published.index_version,
                issued_at=published.issued_at,
                list_version=published.list_version,
                key_set_hash=published.key_set_hash,
            ),
            pack_bytes=None if published is None else len(published.raw),
            log_key=state.log_key,
            witness_keys=state.witness_keys,
            data_key=None if data_key is None else DataKeyAnswer(number=data_key[0], begun_at=data_key[1]),
        )
    )
