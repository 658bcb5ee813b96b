"""Routes of what is at stake and what went wrong: exposure, convictions with their proofs, disputes, the pool."""

from enum import StrEnum
from typing import Annotated, Final, Self

from fastapi import APIRouter, Query, Response

from feiqian.acquirer.dispute_service import SHOWN_MAX
from feiqian.acquirer.dispute_troubles import DisputeTrouble
from feiqian.acquirer.dispute_values import DisputeLine
from feiqian.acquirer.disputes import DONE, DisputeAct, Party, Status, is_possible, status_of
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.ledger.accounts import POOL
from feiqian.server.answers import Answer
from feiqian.server.console.door import Disputes, Exposure, Forks, Pool
from feiqian.server.console.holders import StakeAnswer
from feiqian.server.console.pages import PAGE_ROWS, AfterQuery, LimitQuery, of_list, skipped
from feiqian.server.dispute_answers import DisputeAnswer
from feiqian.server.documents import CBOR, in_cbor, refusals
from feiqian.server.once import answer
from feiqian.server.shapes import IdIn, IdOut, InstantOut, RequestIdIn
from feiqian.server.strict_json import StrictRoute
from feiqian.staff.values import Act
from feiqian.storage.console_tables import ForkLine, PoolMove

router = APIRouter(route_class=StrictRoute)
MOVES_SHOWN_MAX: Final = 50
_REFUSED: Final = refusals(401, 403, 422)
_REFUSED_ONE: Final = refusals(401, 403, 404, 422)


class DisputeFilter(StrEnum):
    """Which disputes are looked for."""

    OPEN = "open"
    TO_DECIDE = "to_decide"
    DONE = "done"


class ExposuresPage(Answer):
    """What is at stake, by payer and currency, most first."""

    payers: tuple[StakeAnswer, ...]
    next: str | None


class ForkAnswerLine(Answer):
    """A conviction, and what its allowance cost the operator."""

    ref: IdOut
    reason: str
    found_at: InstantOut
    payer_id: IdOut
    device_id: IdOut
    currency: str
    amount_minor: int
    from_pool_minor: int
    from_loss_minor: int

    @classmethod
    def of(cls, line: ForkLine) -> Self:
        """From the books."""
        return cls(**line._asdict())


class ForksPage(Answer):
    """Convictions, newest first."""

    forks: tuple[ForkAnswerLine, ...]
    next: str | None


class DisputesPage(Answer):
    """Disputes, by what ends first; `more` says that older ones were left out."""

    disputes: tuple[DisputeAnswer, ...]
    more: bool


class DisputeDetail(Answer):
    """One dispute; `refund_possible` says whether a decision may give money back: only in a payer's dispute."""

    dispute: DisputeAnswer
    refund_possible: bool


class PoolMoveAnswer(Answer):
    """One posting on the guarantee pool; positive adds to it."""

    at: InstantOut
    reason: str
    currency: str
    amount_minor: int

    @classmethod
    def of(cls, move: PoolMove) -> Self:
        """From the books."""
        return cls(**move._asdict())


class PoolLine(Answer):
    """The guarantee pool in one currency: what is in it, and what was paid beyond it (`loss_minor`)."""

    currency: str
    pool_minor: int
    loss_minor: int
    moves: tuple[PoolMoveAnswer, ...]


class PoolsAnswer(Answer):
    """The guarantee pool, by currency, each with its newest postings."""

    pools: tuple[PoolLine, ...]


@router.get("/v1/console/exposures", operation_id="consoleExposures", response_model=ExposuresPage, responses=_REFUSED)
def exposures(me: Exposure, after: AfterQuery = None, limit: LimitQuery = PAGE_ROWS) -> Response:
    """What is at stake with whom."""
    operator, skip = me.notes(Act.VIEW_EXPOSURE), skipped(after)
    with operator.console() as books:
        found, following = of_list(books.stake_lines(skip, limit + 1), skip, limit)
    return answer(ExposuresPage(payers=tuple(map(StakeAnswer.of, found)), next=following))


@router.get("/v1/console/forks", operation_id="consoleForks", response_model=ForksPage, responses=_REFUSED)
def forks(me: Forks, after: AfterQuery = None, limit: LimitQuery = PAGE_ROWS) -> Response:
    """Whose device signed two contradictory statements."""
    operator, skip = me.notes(Act.VIEW_FORKS), skipped(after)
    with operator.console() as books:
        found, following = of_list(books.fork_lines(skip, limit + 1), skip, limit)
    return answer(ForksPage(forks=tuple(map(ForkAnswerLine.of, found)), next=following))


@router.get(
    "/v1/console/forks/{ref}/proof",
    operation_id="consoleForkProof",
    response_class=Response,
    responses=_REFUSED_ONE | {200: in_cbor("The proof, as `feiqian verify fork` reads it.")},
)
def fork_proof(me: Forks, ref: IdIn) -> Response:
    """The proof of a conviction as a file. Anyone can check it with the trust pack, and with no server."""
    operator = me.notes(Act.VIEW_FORK_PROOF, ref)
    with operator.console() as books:
        proof = books.fork_proof(ref)
    if proof is None:
        raise IssuerTrouble("unknown_allowance")
    name = f'attachment; filename="fork-{ref.hex()}.cbor"'
    return Response(proof, media_type=CBOR, headers={"cache-control": "no-store", "content-disposition": name})


@router.get("/v1/console/disputes", operation_id="consoleDisputes", response_model=DisputesPage, responses=_REFUSED)
def disputes(
    me: Disputes, state: Annotated[DisputeFilter | None, Query(description="Those that stand so.")] = None
) -> Response:
    """All disputes; those that still wait come first, by what ends first."""
    found = me.notes(Act.VIEW_DISPUTES).disputes.disputes_of(Party.ADMINISTRATOR)
    shown = tuple(one for one in found if state is None or _stands(one, state))
    lines = tuple(DisputeAnswer.of(one, Party.ADMINISTRATOR) for one in shown)
    return answer(DisputesPage(disputes=lines, more=len(found) >= SHOWN_MAX))


@router.get(
    "/v1/console/disputes/{dispute_id}",
    operation_id="consoleDispute",
    response_model=DisputeDetail,
    responses=_REFUSED_ONE,
)
def dispute(me: Disputes, dispute_id: RequestIdIn) -> Response:
    """One dispute, with all that was said and shown in it."""
    operator = me.notes(Act.VIEW_DISPUTE, dispute_id)
    with operator.console() as books:
        line = books.dispute_line(dispute_id)
    if line is None:
        raise DisputeTrouble("unknown_dispute")
    return answer(
        DisputeDetail(
            dispute=DisputeAnswer.of(line, Party.ADMINISTRATOR),
            refund_possible=is_possible(line.dispute.opener, DisputeAct.REFUND),
        )
    )


@router.get("/v1/console/pool", operation_id="consolePool", response_model=PoolsAnswer, responses=_REFUSED)
def pool(me: Pool) -> Response:
    """The guarantee pool, and what moved on it."""
    operator = me.notes(Act.VIEW_POOL)
    with operator.console() as books:
        posted = {(kind, currency): minor for kind, currency, minor in books.posted_by_kind()}
        currencies = sorted({operator.currency, *(currency for kind, currency in posted if kind in {"pool", "loss"})})
        pools = tuple(
            PoolLine(
                currency=currency,
                pool_minor=POOL.balance_minor(posted.get(("pool", currency), 0)),
                loss_minor=posted.get(("loss", currency), 0),
                moves=tuple(map(PoolMoveAnswer.of, books.pool_moves(currency, MOVES_SHOWN_MAX))),
            )
            for currency in currencies
        )
    return answer(PoolsAnswer(pools=pools))


def _stands(line: DisputeLine, state: DisputeFilter) -> bool:
    one = line.dispute
    match state:
        case DisputeFilter.OPEN:
            return one.state not in DONE
        case DisputeFilter.TO_DECIDE:
            return status_of(one.state, one.opener, Party.ADMINISTRATOR) is Status.NEEDS_YOU
        case DisputeFilter.DONE:
            return one.state in DONE
