"""The route of the boundary: what this operator lets its devices do offline, how old its lists are, and what waits.

It says nothing of anybody: limits are the same for all, and what waits is a number of batches.
"""

from collections.abc import Mapping, Sequence
from typing import Final, Literal, Self

from fastapi import APIRouter, Request, Response

from feiqian.issuer.values import IssuingTerms
from feiqian.protocol.allowance import Tier
from feiqian.protocol.policy import Guarantee, GuaranteeSteps, Policy
from feiqian.protocol.trust_pack import TrustPack, decode_trust_pack
from feiqian.protocol.words import Language
from feiqian.risk.boundary import Capability
from feiqian.risk.boundary_words import WHAT_WORDS, WHY_WORDS
from feiqian.risk.operator_boundary import OperatorFacts, operator_boundary
from feiqian.server.answers import Answer
from feiqian.server.doors import OperatorDep
from feiqian.server.language import language_of
from feiqian.server.once import answer
from feiqian.server.operator import Operator
from feiqian.server.queue_watch import QueueWatch
from feiqian.server.shapes import InstantOut
from feiqian.server.strict_json import StrictRoute

router = APIRouter(tags=["everybody"], route_class=StrictRoute)
Knowledge = Literal["fresh", "old", "stale", "none"]
TierName = Literal["software", "passkey", "tpm", "card"]
_TIER_NAMES: Final[Mapping[Tier, TierName]] = {
    Tier.SOFTWARE: "software",
    Tier.PASSKEY: "passkey",
    Tier.TPM: "tpm",
    Tier.CARD: "card",
}


class CapabilityAnswer(Answer):
    """One thing that can be done, or not. `words` and `why_words` are for people, in Accept-Language en or zh.

    `up_to_minor` null: no limit of its own. `guaranteed_minor` null: not asked there. `why` with `works` says why
    limits are lower than usual.
    """

    what: str
    words: str
    works: bool
    needs_network: bool
    up_to_minor: int | None
    guaranteed_minor: int | None
    until: InstantOut | None
    why: str | None
    why_words: str | None

    @classmethod
    def of(cls, one: Capability, language: Language) -> Self:
        """From the rule's value."""
        return cls(
            what=one.what.value,
            words=WHAT_WORDS[one.what][language],
            works=one.works,
            needs_network=one.needs_network,
            up_to_minor=one.up_to_minor,
            guaranteed_minor=one.guaranteed_minor,
            until=one.until,
            why=None if one.why is None else one.why.value,
            why_words=None if one.why is None else WHY_WORDS[one.why][language],
        )


class StepAnswer(Answer):
    """What a terminal may accept with lists of at least this age; `none`: its keys have ended, whatever the age.

    `accept_cap_minor` null: nothing is refused for its amount.
    """

    knowledge: Knowledge
    from_age_s: int | None
    guaranteed_minor: int
    accept_cap_minor: int | None
    one_way_cap_minor: int

    @classmethod
    def of(cls, knowledge: Knowledge, from_age_s: int | None, found: Guarantee) -> Self:
        """From the policy's value."""
        return cls(
            knowledge=knowledge,
            from_age_s=from_age_s,
            guaranteed_minor=found.cap_minor,
            accept_cap_minor=found.accept_cap_minor,
            one_way_cap_minor=found.one_way_cap_minor,
        )


class TierAnswer(Answer):
    """What a wallet may have and pay whose key lives there: `payment_minor` at once, `code_minor` by one-way code."""

    tier: TierName
    allowance_minor: int
    cheques: int
    allowance_lifetime_s: int
    payment_minor: int
    code_minor: int
    holder_check_above_minor: int

    @classmethod
    def of(cls, tier: Tier, terms: IssuingTerms, policy: Policy) -> Self:
        """From what the issuer grants, and what payees ask for."""
        granted, rule = terms.of(tier), policy.tiers
        payment_minor, code_minor = granted.per_payment_minor, min(granted.per_payment_minor, policy.one_way_cap_minor)
        if rule is not None:
            payment_minor = min(payment_minor, rule.most_minor(tier, one_way=False))
            code_minor = min(code_minor, rule.most_minor(tier, one_way=True))
        return cls(
            tier=_TIER_NAMES[tier],
            allowance_minor=granted.allowance_minor,
            cheques=granted.count_limit,
            allowance_lifetime_s=granted.lifetime_s,
            payment_minor=payment_minor,
            code_minor=code_minor,
            holder_check_above_minor=granted.holder_check_above_minor,
        )


class CurrencyBoundaryAnswer(Answer):
    """One currency: what can be done by a device that has just synced, and how that shrinks as its lists grow old.

    An allowance is at most `allowance_minor` and `cheques`, good for `allowance_lifetime_s`; what was accepted is sent
    within `claim_window_s` after it ends. That is for a key in software; `tiers` says it for each place of a key.
    A payer whose identity nobody checked gets allowances of at most `unidentified_allowance_minor`, unless it is null.
    """

    currency: str
    allowance_minor: int
    cheques: int
    allowance_lifetime_s: int
    claim_window_s: int
    one_way_ttl_s: int
    unidentified_allowance_minor: int | None
    tiers: tuple[TierAnswer, ...]
    capabilities: tuple[CapabilityAnswer, ...]
    steps: tuple[StepAnswer, ...]


class ListsAnswer(Answer):
    """The newest published lists, which devices fetch when they sync."""

    version: int
    issued_at: InstantOut
    age_s: int


class KeySetAnswer(Answer):
    """The operator's keys, signed by its roots."""

    version: int
    expires_at: InstantOut


class BatchesWaitingAnswer(Answer):
    """Batches that were taken and are not settled yet. `none`: this server has no queue, a batch is settled at once.

    `away`: the queue does not answer, so nobody can say.
    """

    queue: Literal["none", "up", "away"]
    batches: int | None
    oldest_at: InstantOut | None

    @classmethod
    def of(cls, watch: QueueWatch | None) -> Self:
        """From the last look at the queue."""
        if watch is None:
            return cls(queue="none", batches=0, oldest_at=None)
        found = watch.latest
        if found is None:
            return cls(queue="away", batches=None, oldest_at=None)
        return cls(queue="up", batches=found.waiting, oldest_at=found.oldest_at)


class BoundaryAnswer(Answer):
    """What an operator lets its devices do, by currency. An app older than `least_app` has to be updated."""

    at: InstantOut
    deployment: str
    least_app: str
    least_wire: int
    lists: ListsAnswer
    keys: KeySetAnswer
    waiting: BatchesWaitingAnswer
    currencies: tuple[CurrencyBoundaryAnswer, ...]


@router.get("/v1/boundary", operation_id="boundary", response_model=BoundaryAnswer)
def boundary(operator: OperatorDep, request: Request) -> Response:
    """What works offline under this operator, up to how much and until when, how old its lists are, and what waits."""
    now, language = operator.clock(), language_of(request.headers.get("accept-language"))
    pack = decode_trust_pack(operator.publisher.trust_pack())
    queue: QueueWatch | None = request.app.state.queue_watch
    found = answer(
        BoundaryAnswer(
            at=now,
            deployment=operator.trust_root.deployment,
            least_app=pack.key_set.least_app,
            least_wire=pack.key_set.least_wire,
            lists=ListsAnswer(
                version=pack.index.version, issued_at=pack.index.issued_at, age_s=max(0, now - pack.index.issued_at)
            ),
            keys=KeySetAnswer(version=pack.key_set.version, expires_at=pack.key_set.expires_at),
            waiting=BatchesWaitingAnswer.of(queue),
            currencies=tuple(_currency(operator, policy, pack, now, language) for policy in pack.key_set.policies),
        )
    )
    found.headers["content-language"] = language
    found.headers["vary"] = "accept-language"
    return found


def _currency(
    operator: Operator, policy: Policy, pack: TrustPack, now: int, language: Language
) -> CurrencyBoundaryAnswer:
    terms, steps = operator.issuer.terms, GuaranteeSteps(policy)
    age_s = None if now > pack.key_set.expires_at else max(0, now - pack.index.issued_at)
    capabilities = operator_boundary(
        OperatorFacts(
            now=now,
            guarantee=steps.at(age_s),
            payment_minor=terms.per_payment_minor,
            allowance_minor=terms.allowance_minor,
            note_cap_minor=operator.acquirer.terms.note_cap_minor,
            lists_until=pack.index.issued_at + policy.list_warn_age_s,
            keys_expire_at=pack.key_set.expires_at,
        )
    )
    return CurrencyBoundaryAnswer(
        currency=policy.currency,
        allowance_minor=terms.allowance_minor,
        cheques=terms.count_limit,
        allowance_lifetime_s=terms.lifetime_s,
        claim_window_s=policy.claim_window_s,
        one_way_ttl_s=policy.one_way_ttl_s,
        unidentified_allowance_minor=terms.unidentified_allowance_minor,
        tiers=tuple(TierAnswer.of(tier, terms, policy) for tier in Tier),
        capabilities=_answers(capabilities, language),
        steps=(
            StepAnswer.of("fresh", 0, steps.at(0)),
            StepAnswer.of("old", policy.list_warn_age_s, steps.at(policy.list_warn_age_s)),
            StepAnswer.of("stale", policy.list_stale_age_s, steps.at(policy.list_stale_age_s)),
            StepAnswer.of("none", None, steps.at(None)),
        ),
    )


def _answers(capabilities: Sequence[Capability], language: Language) -> tuple[CapabilityAnswer, ...]:
    return tuple(CapabilityAnswer.of(one, language) for one in capabilities)
