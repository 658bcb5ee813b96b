"""The issuer's rows: allowances, claims and testimonies as every database holds them, and as facts."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from feiqian.issuer.facts import AllowanceFacts, ClaimedCheque, ClaimFacts, Drawn, Testimony
from feiqian.protocol.answer import Verdict
from feiqian.protocol.chain import Link
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.protocol.status_list import AllowanceStatus

ALLOWANCE: Final = (
    "ref, raw, payer_id, device_id, request_id, device_key, currency, amount_minor, status_index, scoped, issued_at, "
    "expires_at, deadline, status, lost_at, reason, forked, listed_in, drawn_reserve_minor, drawn_free_minor, "
    "drawn_pool_minor, drawn_loss_minor, borne_pool_minor, borne_loss_minor, returned_minor, closed_at, version"
)
ALLOWANCE_CHANGES: Final = ALLOWANCE.split(", ")[13:-1]
CLAIM: Final = ", ".join(ClaimFacts._fields)
TESTIMONY: Final = "allowance_ref, cheque_id, counter, amount_minor, cumulative_minor, previous, closing, raw"
_SCOPED_AT: Final = 9
_FACTS: Final = tuple(ALLOWANCE.split(", ")[:_SCOPED_AT])
_STATUS: Final = {int(status): status for status in AllowanceStatus}
_FLAGS: Final = slice(ClaimFacts._fields.index("bound"), ClaimFacts._fields.index("arrived_at"))


def allowance_of(row: Sequence[Any]) -> AllowanceFacts:
    """An allowance, of the columns `ALLOWANCE`."""
    return AllowanceFacts(
        **dict(zip(_FACTS, row[:_SCOPED_AT], strict=True)),
        scoped=bool(row[_SCOPED_AT]),
        issued_at=row[10],
        expires_at=row[11],
        deadline=row[12],
        status=_STATUS[row[13]],
        lost_at=row[14],
        reason=row[15],
        forked=bool(row[16]),
        listed_in=row[17],
        drawn=_drawn(*row[18:22]),
        borne=_drawn(0, 0, *row[22:24]),
        returned_minor=row[24],
        closed_at=row[25],
        version=row[26],
    )


_drawn = lru_cache(maxsize=256)(Drawn)  # values, so that one may stand in many places: most are all zero


def allowance_values(one: AllowanceFacts) -> tuple[Any, ...]:
    """The values of the columns `ALLOWANCE`."""
    facts = [getattr(one, name) for name in ALLOWANCE.split(", ")[:13]]
    facts = [int(value) if isinstance(value, int) else value for value in facts]
    return (*facts, *changed_values(one), one.version)


def changed_values(one: AllowanceFacts) -> tuple[Any, ...]:
    """What of an allowance can change, in the order of `ALLOWANCE_CHANGES`."""
    drawn, borne = one.drawn, one.borne
    facts = (int(one.status), one.lost_at, one.reason, int(one.forked), one.listed_in)
    sources = (drawn.reserve_minor, drawn.free_minor, drawn.pool_minor, drawn.loss_minor)
    return (*facts, *sources, borne.pool_minor, borne.loss_minor, one.returned_minor, one.closed_at)


def claim_of(row: Sequence[Any]) -> ClaimFacts:
    """A claim, of the columns `CLAIM`."""
    flags = map(bool, row[_FLAGS])
    return ClaimFacts._make((*row[: _FLAGS.start], *flags, *row[_FLAGS.stop : -1], Verdict(row[-1])))


def claim_values(one: ClaimFacts) -> tuple[Any, ...]:
    """The values of the columns `CLAIM`."""
    flags = (int(one.bound), int(one.guaranteed), int(one.borne), int(one.barred))
    return (*one[: _FLAGS.start], *flags, *one[_FLAGS.stop : -1], int(one.verdict))


def claimed_cheque_of(row: Sequence[Any]) -> ClaimedCheque:
    """All claims on one cheque, summed by the database."""
    return ClaimedCheque(
        cheque_id=StatementId(row[0]),
        allowance_ref=AllowanceRef(row[1]),
        counter=row[2],
        amount_minor=row[3],
        paid_minor=row[4],
        waiting_minor=row[5],
        borne_minor=row[6],
        verdicts=frozenset(Verdict(int(verdict)) for verdict in row[7].split(",")),
        payees=row[8],
        payee_name=row[9],
    )


def testimony_of(row: Sequence[Any]) -> Testimony:
    """A cheque that counts in the chain rule."""
    return Testimony(row[0], Link(row[1], row[2], row[3], row[4], row[5], bool(row[6])), row[7])
