"""Retention: what this wallet no longer needs goes by itself, at every unlock and sync.

- A whole allowance goes, with its key, all its payments, receipts and credits, and the payees of no other payment. Half
  of one could be taken for what somebody else drew on it.
- It goes `KEPT_S` after D, which is long after a dispute about it can be opened (spec 10: 60 days after D).
- It stays as long as anything about it is open, asked or closing, or the operator's books contradict it.
- Only the operator's signed time counts. A clock that is set forward, or a payee's, removes nothing.

One write: killed before it all is there, killed after it nothing of them is. Doing it again changes nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from feiqian.protocol.policy import deadline
from feiqian.protocol.trust import Trust
from feiqian.wallet.holdings import stand
from feiqian.wallet.ports import Conflict, Parts
from feiqian.wallet.records import AllowanceRecord, Finding, PaymentRecord
from feiqian.wallet.states import AllowanceState, Status

KEPT_DAYS: Final = 400
"""After D: a year of one's own payments and a month to look at them."""
KEPT_S: Final = KEPT_DAYS * 86_400
_OVER: Final = frozenset({AllowanceState.HELD, AllowanceState.CLOSED})


def forget_old(parts: Parts) -> int:
    """Removes what is past its time; how many allowances. Raises as `stand`."""
    _, trust = stand(parts)
    records = parts.store.allowances()
    before = kept_from(trust)
    if not _past(records, before, _until_d_s(trust)):
        return 0
    old = old_allowances(records, parts.store.payments(), parts.store.findings(), before, _until_d_s(trust))
    if not old:
        return 0
    try:
        parts.store.forget(old)
    except Conflict:  # another process has changed one of them since: the next time, then
        return 0
    return len(old)


def kept_from(trust: Trust) -> int:
    """What was over before this time is not kept: by the time that the operator has signed."""
    return trust.index.issued_at - KEPT_S


def overdue(parts: Parts) -> int:
    """How many allowances are past their time and still here. Raises as `stand`."""
    _, trust = stand(parts)
    store = parts.store
    return len(
        old_allowances(store.allowances(), store.payments(), store.findings(), kept_from(trust), _until_d_s(trust))
    )


def old_allowances(
    records: Sequence[AllowanceRecord],
    payments: Iterable[PaymentRecord],
    findings: Iterable[Finding],
    before: int,
    until_d_s: int,
) -> tuple[bytes, ...]:
    """The top-up ids of allowances that were over before this time, and of which nothing is open or contradicted.

    `until_d_s` is the longest time from an allowance's end to its D.
    """
    needed = {finding.top_up_id for finding in findings}
    for payment in payments:
        if payment.status is not Status.DONE or max(payment.drawn_at, payment.deadline_at or 0) >= before:
            needed.add(payment.top_up_id)
    return tuple(one.top_up_id for one in _past(records, before, until_d_s) if one.top_up_id not in needed)


def _past(records: Iterable[AllowanceRecord], before: int, until_d_s: int) -> list[AllowanceRecord]:
    return [one for one in records if _is_past(one, before, until_d_s)]


def _is_past(record: AllowanceRecord, before: int, until_d_s: int) -> bool:
    if record.state is AllowanceState.DROPPED:
        return max(record.asked_at, record.expires_at or 0) < before
    ends = record.expires_at
    return record.state in _OVER and ends is not None and ends + until_d_s < before


def _until_d_s(trust: Trust) -> int:
    return max(deadline(policy, 0) for policy in trust.key_set.policies)
