"""Routes of charts: what was settled, what is at stake, how long it took, and what was refused.

A chart is computed at most once in `HELD_S` for each way to ask, whoever asks: computing one takes up to a second.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Query, Response

from feiqian.server.answers import Answer, fields_of
from feiqian.server.console.door import Numbers
from feiqian.server.console.figures import (
    DELAYS_S,
    ONLINE_WITHIN_S,
    Buckets,
    Stake,
    Step,
    settling_of,
    stakes_of,
    volume_of,
)
from feiqian.server.documents import refusals
from feiqian.server.once import answer
from feiqian.server.operator import Operator
from feiqian.server.shapes import InstantOut
from feiqian.server.strict_json import StrictRoute
from feiqian.server.trouble import ServerTrouble
from feiqian.staff.values import Act

router = APIRouter(route_class=StrictRoute)
HELD_S: Final = 30.0
COUNT_MAX: Final = {Step.HOUR: 168, Step.DAY: 92}
COUNT: Final = {Step.HOUR: 24, Step.DAY: 30}
_REFUSED: Final = refusals(401, 403, 422)

StepQuery = Annotated[Step, Query(description="How long a bucket is.")]
CountQuery = Annotated[
    int | None, Query(ge=1, le=max(COUNT_MAX.values()), description="How many buckets; at most 168 hours or 92 days.")
]


class VolumeBucket(Answer):
    """What was settled: as claims arrived, at their D, and moved back by disputes (negative: to payees)."""

    at: InstantOut
    on_arrival_minor: int
    at_deadline_minor: int
    charged_back_minor: int


class VolumeLine(Answer):
    """One currency, oldest bucket first."""

    currency: str
    buckets: tuple[VolumeBucket, ...]


class VolumeSeries(Answer):
    """Money settled over time; complete from `since` on."""

    step: str
    since: InstantOut
    currencies: tuple[VolumeLine, ...]


class StakeBucket(Answer):
    """What was set aside for allowances, and in the guarantee pool, at the bucket's end."""

    at: InstantOut
    reserved_minor: int
    pool_minor: int


class StakeLineSeries(Answer):
    """One currency, oldest bucket first."""

    currency: str
    buckets: tuple[StakeBucket, ...]


class StakeSeries(Answer):
    """What was at stake over time; complete from `since` on."""

    step: str
    since: InstantOut
    currencies: tuple[StakeLineSeries, ...]


class ClaimsBucket(Answer):
    """How many claims came within a minute of their receipt (online), and later (offline)."""

    at: InstantOut
    online: int
    offline: int


class ClaimsMoneyBucket(Answer):
    """The same in money, paid or waiting."""

    at: InstantOut
    online_minor: int
    offline_minor: int


class ClaimsMoneyLine(Answer):
    """One currency, oldest bucket first."""

    currency: str
    buckets: tuple[ClaimsMoneyBucket, ...]


class DelayLine(Answer):
    """Claims that took at most `up_to_s` from receipt to arrival, and more than the line before; absent: longer."""

    up_to_s: int | None
    claims: int


class RefusalLine(Answer):
    """Claims that were not paid as asked, by the verdict's name or the refusal's code."""

    reason: str
    claims: int


class SettlingSeries(Answer):
    """How the claims of the newest batches were settled, of at most 2,000 claims; complete from `since` on."""

    step: str
    since: InstantOut
    claims: int
    online_within_s: int
    buckets: tuple[ClaimsBucket, ...]
    currencies: tuple[ClaimsMoneyLine, ...]
    delays: tuple[DelayLine, ...]
    refusals: tuple[RefusalLine, ...]


def _asked(step: Step, count: int | None) -> int:
    if count is not None and count > COUNT_MAX[step]:
        raise ServerTrouble("field_invalid")
    return count or COUNT[step]


@router.get("/v1/console/series/volume", operation_id="consoleVolume", response_model=VolumeSeries, responses=_REFUSED)
def volume(me: Numbers, step: StepQuery = Step.HOUR, count: CountQuery = None) -> Response:
    """Money settled by hour or day, in UTC."""
    operator, asked = me.notes(Act.VIEW_SERIES), _asked(step, count)

    def make() -> VolumeSeries:
        buckets = Buckets.until(operator.clock(), step, asked)
        since, found = volume_of(operator.console, buckets, operator.currency)
        lines = tuple(
            VolumeLine(
                currency=currency,
                buckets=tuple(
                    VolumeBucket(at=at, **fields_of(one)) for at, one in zip(buckets.starts, values, strict=True)
                ),
            )
            for currency, values in found.items()
        )
        return VolumeSeries(step=step.value, since=since, currencies=lines)

    return answer(operator.looked_up.once(("volume", step, asked), make, HELD_S))


@router.get("/v1/console/series/exposure", operation_id="consoleStakes", response_model=StakeSeries, responses=_REFUSED)
def stakes(me: Numbers, step: StepQuery = Step.HOUR, count: CountQuery = None) -> Response:
    """What is set aside and in the pool, by hour or day, in UTC."""
    operator, asked = me.notes(Act.VIEW_SERIES), _asked(step, count)

    def make() -> StakeSeries:
        buckets = Buckets.until(operator.clock(), step, asked)
        since, found = stakes_of(operator.console, buckets, operator.currency, _stakes_now(operator))
        lines = tuple(
            StakeLineSeries(
                currency=currency,
                buckets=tuple(
                    StakeBucket(at=at, **fields_of(one)) for at, one in zip(buckets.starts, values, strict=True)
                ),
            )
            for currency, values in found.items()
        )
        return StakeSeries(step=step.value, since=since, currencies=lines)

    return answer(operator.looked_up.once(("exposure", step, asked), make, HELD_S))


@router.get(
    "/v1/console/series/settling", operation_id="consoleSettling", response_model=SettlingSeries, responses=_REFUSED
)
def settling(me: Numbers, step: StepQuery = Step.HOUR, count: CountQuery = None) -> Response:
    """How claims were settled: made with or without a network, after how long, and what was refused why."""
    operator, asked = me.notes(Act.VIEW_SERIES), _asked(step, count)

    def make() -> SettlingSeries:
        now = operator.clock()
        found = settling_of(operator.console, Buckets.until(now, step, asked), now)
        starts = found.buckets.starts
        return SettlingSeries(
            step=step.value,
            since=found.since,
            claims=found.claims,
            online_within_s=ONLINE_WITHIN_S,
            buckets=tuple(
                ClaimsBucket(at=at, online=online, offline=offline)
                for at, online, offline in zip(starts, found.online, found.offline, strict=True)
            ),
            currencies=tuple(
                ClaimsMoneyLine(
                    currency=currency,
                    buckets=tuple(
                        ClaimsMoneyBucket(at=at, online_minor=online, offline_minor=offline)
                        for at, online, offline in zip(starts, *amounts, strict=True)
                    ),
                )
                for currency, amounts in sorted(found.money.items())
            ),
            delays=tuple(
                DelayLine(up_to_s=up_to_s, claims=claims)
                for up_to_s, claims in zip((*DELAYS_S, None), found.delays, strict=True)
            ),
            refusals=tuple(RefusalLine(reason=reason, claims=n) for reason, n in found.refusals.most_common()),
        )

    return answer(operator.looked_up.once(("settling", step, asked), make, HELD_S))


def _stakes_now(operator: Operator) -> dict[str, Stake]:
    totals = {one.currency: one.reserve_minor for one in operator.totals().exposures}
    with operator.console() as books:
        pools = {currency: -posted for kind, currency, posted in books.posted_by_kind() if kind == "pool"}
    return {
        currency: Stake(reserved_minor=totals.get(currency, 0), pool_minor=pools.get(currency, 0))
        for currency in totals.keys() | pools.keys()
    }
