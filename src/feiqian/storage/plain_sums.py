"""What the plain rows of a till come to: the sums of a shift and the history, by the rules of `terminal_rows`."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice

from feiqian.storage.terminal_rows import (
    NUMBER_BEHIND_ALL,
    TOLD_SHOWN_MAX,
    ClaimSums,
    added_up,
    newest_first,
)
from feiqian.terminal.records import Accepted, GivenNote, HistoryEntry, PaidRequest, ToldEvent, Totals
from feiqian.terminal.states import ClaimState


def totals_from(
    shift: tuple[int, int],
    *,
    claims: Iterable[Accepted],
    notices: Sequence[PaidRequest],
    notes_waiting: int,
    news: Sequence[ToldEvent],
) -> Totals:
    """The till of a shift; `news` are those it heard, oldest first."""
    groups: defaultdict[tuple[ClaimState, int], list[Accepted]] = defaultdict(list)
    for claim in claims:
        groups[claim.state, int(claim.guaranteed_minor >= claim.final_minor)].append(claim)
    return added_up(
        shift=shift,
        sums=[_sums_of(state, is_guaranteed, group) for (state, is_guaranteed), group in groups.items()],
        notices=(len(notices), sum(one.final_minor for one in notices)),
        notes_waiting=notes_waiting,
        told=tuple(reversed(news))[:TOLD_SHOWN_MAX],
        told_count=len(news),
    )


def _sums_of(state: ClaimState, is_guaranteed: int, claims: Sequence[Accepted]) -> ClaimSums:
    return ClaimSums(
        state=state,
        is_guaranteed=is_guaranteed,
        claims=len(claims),
        kept=sum(one.kept_minor for one in claims),
        back=sum(one.back_minor for one in claims),
        paid=sum(one.paid_minor for one in claims),
        waiting=sum(one.waiting_minor for one in claims),
        final=sum(min(one.paid_minor, one.kept_minor) for one in claims),
        held=sum(min(one.waiting_minor, max(0, one.kept_minor - one.paid_minor)) for one in claims),
    )


def history_from(
    limit: int,
    *,
    news: Iterable[ToldEvent],
    accepted: Iterable[Accepted],
    notes: Iterable[GivenNote],
    paid: Iterable[PaidRequest],
) -> list[HistoryEntry]:
    """The latest acts and news; each kind comes newest first."""
    acts: list[tuple[int, int, HistoryEntry]] = [
        *((one.heard_at, NUMBER_BEHIND_ALL + one.nth, one) for one in islice(news, limit)),
        *((one.time, one.receipt_counter, one) for one in islice(accepted, limit)),
        *((one.time, one.counter, one) for one in islice(notes, limit)),
        *((one.time, 0, one) for one in islice(paid, limit)),
    ]
    return newest_first(acts, limit)
