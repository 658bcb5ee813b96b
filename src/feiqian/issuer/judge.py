"""The judge: how every claim on an allowance stands, from the set of what is known (spec 05). Pure.

The result is a function of the set of claims, notes and receipts, never of their order of arrival: whoever reaches
the issuer first gains nothing. `admit` says once what the payee could know when it accepted; `weigh` says how all
claims stand together and is asked again whenever something is added.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from operator import itemgetter
from typing import Final, NamedTuple

from feiqian.issuer.facts import AllowanceFacts, ClaimFacts, ClaimKey, Standing
from feiqian.issuer.guarantee import without_guarantee
from feiqian.issuer.sharing import pro_rata
from feiqian.protocol.answer import Verdict
from feiqian.protocol.ids import PayeeId, RequestHash, StatementId
from feiqian.protocol.limits import AMOUNT_MAX_MINOR
from feiqian.protocol.status_list import AllowanceStatus

ALL_OF_IT = AMOUNT_MAX_MINOR
"""What a cancel note gives back: the whole cheque, whatever its amount."""
ANY_PAYEE = PayeeId(b"")
"""A credit gives back whoever claims: only the payee named in the request can, so it needs no name."""
_SETTLED: Final = Verdict.SETTLED  # an enum's member is a look-up of its own, and every claim is asked
_weighed: Final[Callable[[ClaimFacts], tuple[StatementId, PayeeId, bool, bool, bool, bool, int]]] = itemgetter(
    *map(
        ClaimFacts._fields.index,
        ("cheque_id", "payee_id", "bound", "guaranteed", "borne", "barred", "final_minor"),
    )
)
"""What `weigh` asks of a claim, all at once: an attribute of a tuple is a look-up of its own."""
_Key = tuple[StatementId, PayeeId]
"""A `ClaimKey` as a bare tuple, which is made in a fraction of the time and is found where that is."""
GivenBack = Mapping[tuple[bytes, PayeeId], int]
"""The most given back, by subject (cheque id or H(request)) and payee."""


class Admission(NamedTuple):
    """Who answers for a claim: `barred` pays nothing, `borne` is paid by the issuer and not by the payer."""

    barred: bool
    borne: bool


def admit(allowance: AllowanceFacts, held_index: int, made_at: int) -> Admission:
    """Whether the payee could know that the allowance was suspended or closed when it accepted.

    Order, not clocks: a payee whose trust index is older than the one that named the allowance kept the policy;
    `held_index` is the newest that it had. What it accepted after the loss was reported is not the payer's to pay;
    `made_at` is when its receipt counts as made (`placing`).
    """
    named = allowance.status is not AllowanceStatus.GOOD and allowance.listed_in is not None
    barred = named and held_index >= (allowance.listed_in or 0)
    borne = allowance.lost_at is not None and made_at > allowance.lost_at
    return Admission(barred, borne)


def weigh(
    allowance: AllowanceFacts,
    claims: Iterable[ClaimFacts],
    given_back: GivenBack,
    displaced: Collection[ClaimKey],
    *,
    agreed: bool = False,
) -> Mapping[_Key, Standing]:
    """How all claims on one allowance stand. `displaced` are those whose request pays another cheque.

    `agreed` says that the caller knows of no two cheques here that contradict each other.
    """
    ordered = _in_order(claims)
    standings: dict[_Key, Standing] = {}
    shared: defaultdict[bytes, list[ClaimFacts]] = defaultdict(list)
    lost = without_guarantee(ordered, agreed=agreed)
    left_minor = allowance.amount_minor
    for claim in ordered:
        cheque_id, payee_id, bound, guaranteed, borne, barred, due_minor = _weighed(claim)
        key = (cheque_id, payee_id)
        if given_back:
            due_minor = _due_minor(claim, given_back)
        guaranteed = guaranteed and key not in lost
        if barred or (borne and not guaranteed):
            standings[key] = Standing(0, 0, Verdict.SUSPENDED)
        elif key in displaced:
            standings[key] = Standing(0, 0, Verdict.SECOND_CHEQUE)
        elif due_minor == 0:
            standings[key] = Standing(0, 0, Verdict.NOTED)
        elif not bound:
            shared[cheque_id].append(claim)
        elif not guaranteed:
            verdict = Verdict.FORK if key in lost else Verdict.CONTINGENT
            standings[key] = Standing(0, due_minor, verdict)
        else:
            # A fork inside a scope is its payee's own loss: one spent list could have seen it.
            now_minor = due_minor
            if allowance.scoped:
                now_minor = min(due_minor, left_minor)
                left_minor -= now_minor
            standings[key] = Standing(now_minor, 0, _SETTLED if now_minor else Verdict.FORK)
    for group in shared.values():
        standings.update(_once_in_all(group, given_back))
    return standings


def displaced_by_request(claims: Iterable[ClaimFacts], frozen: Collection[ClaimKey]) -> frozenset[ClaimKey]:
    """Claims whose request is paid with another cheque: one cheque a request, the lowest receipt counter.

    What is `frozen`, because its D has passed, stands; the rest yields to it.
    """
    by_request: defaultdict[tuple[RequestHash, PayeeId], list[ClaimFacts]] = defaultdict(list)
    for claim in claims:
        if claim.request_hash is not None:
            by_request[claim.request_hash, claim.payee_id].append(claim)
    return frozenset(
        claim.key
        for group in by_request.values()
        for claim in sorted(
            group, key=lambda one: (one.key not in frozen, one.receipt_counter, one.terminal_ref, one.cheque_id)
        )[1:]
    )


def _in_order(claims: Iterable[ClaimFacts]) -> list[ClaimFacts]:
    """By counter; what comes in that order, as it nearly always does, is not sorted again."""
    ordered = list(claims)
    last = 0
    for claim in ordered:
        if claim.counter <= last:
            return sorted(ordered, key=_by_counter)
        last = claim.counter
    return ordered


def _by_counter(claim: ClaimFacts) -> tuple[int, StatementId, PayeeId]:
    return claim.counter, claim.cheque_id, claim.payee_id


def _once_in_all(group: list[ClaimFacts], given_back: GivenBack) -> dict[_Key, Standing]:
    """A one-way code pays its amount once, however many payees took it; what each may hope for is its part."""
    wants = {claim.key: _due_minor(claim, given_back) for claim in group}
    parts = pro_rata(group[0].amount_minor, wants)
    verdict = Verdict.DOUBLE_ACCEPTANCE if len(group) > 1 else Verdict.CONTINGENT
    return {key: Standing(0, part_minor, verdict) for key, part_minor in parts.items()}


def _due_minor(claim: ClaimFacts, given_back: GivenBack) -> int:
    """The lowest final amount that the payee ever signed, less what was given back."""
    subjects: list[tuple[bytes, PayeeId]] = [(claim.cheque_id, claim.payee_id), (claim.cheque_id, ANY_PAYEE)]
    if claim.request_hash is not None:
        subjects.append((claim.request_hash, claim.payee_id))
    back_minor = max(given_back.get((subject, payee), 0) for subject, payee in subjects)
    return min(claim.final_minor, max(0, claim.amount_minor - back_minor))
