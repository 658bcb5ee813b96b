"""The first page of the console: how many there are, what is at stake, and what somebody should look at."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, NamedTuple

from fastapi import APIRouter, Depends, Request, Response

from feiqian.audit.leaf import decode_leaf
from feiqian.issuer.key_warnings import KeyWarned
from feiqian.links.batch_queue import QueueState
from feiqian.protocol.trust_pack import decode_key_set
from feiqian.protocol.words import Language
from feiqian.server.answers import Answer
from feiqian.server.console.door import Numbers
from feiqian.server.documents import refusals
from feiqian.server.key_warning_words import Warned
from feiqian.server.language import language_of
from feiqian.server.once import answer
from feiqian.server.operator import Operator
from feiqian.server.queue_watch import QueueWatch
from feiqian.server.shapes import InstantOut
from feiqian.server.strict_json import StrictRoute
from feiqian.server.warned import WarningLine, keys_warned
from feiqian.server.watch import Watched, watched_of
from feiqian.staff.values import Act
from feiqian.storage.console_tables import Counts, LogStanding

router = APIRouter(route_class=StrictRoute)
HELD_S: Final = 5.0
LEAVES_WAIT_MAX: Final = 1_000
LEAF_WAITS_MAX_S: Final = 60

WARNINGS: Final[Mapping[str, Mapping[Language, Warned]]] = {
    "audit_waits": {
        "en": Warned(
            "Entries wait for their place in the audit log for more than a minute.",
            "Look for “audit log” in the server's log; nothing is lost meanwhile.",
        ),
        "zh": Warned("有记录等待写入审计日志已超过一分钟。", "请在服务器日志中查找“audit log”；期间不会丢失任何记录。"),
    },
    "no_witness": {
        "en": Warned(
            "No witness cosigns the audit log.",
            "Ask somebody independent, then: feiqian operator witness add KEY",
        ),
        "zh": Warned("审计日志没有见证方共同签名。", "请委托独立的一方，然后运行：feiqian operator witness add KEY"),
    },
    "pool_empty": {
        "en": Warned(
            "Allowances are open and the guarantee pool in {currency} is empty: forks would be a loss at once.",
            "Add money to the pool.",
        ),
        "zh": Warned("仍有未结额度，而 {currency} 担保池已空：出现分叉将直接计入损失。", "请为担保池充值。"),
    },
    "disputes_wait": {
        "en": Warned("Disputes that wait for a decision: {count}.", "Decide those first that end first."),
        "zh": Warned("有 {count} 项争议等待裁定。", "请先裁定最先到期的。"),
    },
    "forks_found": {
        "en": Warned(
            "Devices convicted of signing two contradictory statements: {count}.",
            "Look at the proofs, and at what they cost the pool.",
        ),
        "zh": Warned("有 {count} 台设备被证实签署了相互矛盾的声明。", "请查看证据及其对担保池的影响。"),
    },
    "batches_aside": {
        "en": Warned(
            "Batches put aside because they could not be settled: {count}.",
            "Look at them with: feiqian operator queue",
        ),
        "zh": Warned("有 {count} 个批次因无法结算而被搁置。", "请运行查看：feiqian operator queue"),
    },
    "queue_away": {
        "en": Warned("The queue between intake and books does not answer.", "Check the queue's machines and the log."),
        "zh": Warned("接收与账目之间的队列没有响应。", "请检查队列所在机器及日志。"),
    },
}
"""What somebody should look at besides keys (`key_warning_words`), by its code; most urgent first."""


class MoneyLine(Answer):
    """One currency: what is set aside for allowances and paid beyond it, what waits until D, and who has what."""

    currency: str
    reserved_minor: int
    from_free_minor: int
    from_pool_minor: int
    from_loss_minor: int
    waiting_minor: int
    pool_minor: int
    free_minor: int
    payees_minor: int


class AuditStanding(Answer):
    """The audit log: how many leaves it has, how many wait, and how many a witness has cosigned."""

    size: int
    queued: int
    newest_at: InstantOut | None
    cosigned_size: int | None
    witnesses: int


class KeysStanding(Answer):
    """Until when the key set is good, and what was published last."""

    key_set_version: int
    key_set_expires_at: InstantOut
    index_version: int | None
    index_issued_at: InstantOut | None
    list_version: int | None


class Overview(Answer):
    """The operator at one glance, a few seconds old at most. Batches wait only where there is a queue."""

    at: InstantOut
    deployment: str
    currency: str
    on_trial: bool
    payers: int
    payees: int
    devices: int
    terminals: int
    allowances_open: int
    staff: int
    money: tuple[MoneyLine, ...]
    forks: int
    disputes_open: int
    disputes_to_decide: int
    batches_waiting: int | None
    batches_aside: int | None
    audit: AuditStanding
    keys: KeysStanding
    warnings: tuple[WarningLine, ...]


class _Found(NamedTuple):
    """What was read at once."""

    at: int
    counts: Counts
    money: tuple[MoneyLine, ...]
    log: LogStanding
    witnesses: int
    keys: KeysStanding
    key_warnings: tuple[KeyWarned, ...]


@router.get(
    "/v1/console/overview", operation_id="consoleOverview", response_model=Overview, responses=refusals(401, 403)
)
def overview(
    me: Numbers,
    watched: Annotated[Watched, Depends(watched_of)],
    request: Request,
) -> Response:
    """Numbers of now, and warnings."""
    operator = me.notes(Act.VIEW_OVERVIEW)
    found = operator.looked_up.once("overview", lambda: _found(operator), HELD_S)
    queue = None if watched.queue is None else watched.queue.latest
    counts, log = found.counts, found.log
    language = language_of(request.headers.get("accept-language"))
    return answer(
        Overview(
            at=found.at,
            deployment=operator.trust_root.deployment,
            currency=operator.currency,
            on_trial=operator.on_trial,
            **counts._asdict(),
            money=found.money,
            batches_waiting=None if queue is None else queue.waiting,
            batches_aside=None if queue is None else len(queue.aside),
            audit=AuditStanding(
                size=log.size,
                queued=log.queued,
                newest_at=None if log.newest is None else decode_leaf(log.newest).at,
                cosigned_size=log.cosigned_size,
                witnesses=found.witnesses,
            ),
            keys=found.keys,
            warnings=(
                *(WarningLine.of(one, language) for one in found.key_warnings),
                *(
                    WarningLine(code=code, **_said(code, language, values))
                    for code, values in _warnings(found, watched.queue, queue)
                ),
            ),
        )
    )


def _found(operator: Operator) -> _Found:
    key_set = decode_key_set(operator.key_set)
    totals = {one.currency: one for one in operator.totals().exposures}
    with operator.console() as books:
        counts, log, published = books.console_counts(), books.log_standing(), books.latest_publication()
        waiting = books.waiting_by_currency()
        posted = {(kind, currency): minor for kind, currency, minor in books.posted_by_kind()}
    currencies = {operator.currency, *totals, *waiting, *(currency for _, currency in posted)}
    money = []
    for currency in sorted(currencies):
        stake = totals.get(currency)
        money.append(
            MoneyLine(
                currency=currency,
                reserved_minor=0 if stake is None else stake.reserve_minor,
                from_free_minor=0 if stake is None else stake.free_minor,
                from_pool_minor=0 if stake is None else stake.pool_minor,
                from_loss_minor=0 if stake is None else stake.loss_minor,
                waiting_minor=waiting.get(currency, 0),
                pool_minor=-posted.get(("pool", currency), 0),
                free_minor=-posted.get(("free", currency), 0),
                payees_minor=-posted.get(("payee", currency), 0),
            )
        )
    return _Found(
        at=operator.clock(),
        counts=counts,
        money=tuple(money),
        log=log,
        witnesses=len(operator.audit.state().witness_keys),
        keys=KeysStanding(
            key_set_version=key_set.version,
            key_set_expires_at=key_set.expires_at,
            index_version=None if published is None else published.index_version,
            index_issued_at=None if published is None else published.issued_at,
            list_version=None if published is None else published.list_version,
        ),
        key_warnings=keys_warned(operator, None if published is None else published.issued_at),
    )


def _warnings(
    found: _Found, watch: QueueWatch | None, queue: QueueState | None
) -> Iterator[tuple[str, dict[str, object]]]:
    """Codes, and what stands in their sentences; in the order of `WARNINGS`."""
    oldest = found.log.oldest_queued
    if oldest is not None and (
        found.log.queued > LEAVES_WAIT_MAX or found.at - decode_leaf(oldest).at > LEAF_WAITS_MAX_S
    ):
        yield "audit_waits", {}
    if not found.witnesses:
        yield "no_witness", {}
    for line in found.money:
        if line.reserved_minor and not line.pool_minor:
            yield "pool_empty", {"currency": line.currency}
    if found.counts.disputes_to_decide:
        yield "disputes_wait", {"count": found.counts.disputes_to_decide}
    if found.counts.forks:
        yield "forks_found", {"count": found.counts.forks}
    if queue is not None and queue.aside:
        yield "batches_aside", {"count": len(queue.aside)}
    if watch is not None and queue is None:
        yield "queue_away", {}


def _said(code: str, language: Language, values: dict[str, object]) -> dict[str, str]:
    said = WARNINGS[code][language]
    return {"message": said.message.format(**values), "next": said.next}
