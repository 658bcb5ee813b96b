"""Taking a payer's papers: what they change, who hears of it, and how the payment then stands (spec 10.1). Pure.

It is thought out on what is known and written in one transaction with its version check, as a batch is. Papers that
say nothing new write nothing, so that asking again disturbs nobody.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields

from feiqian.issuer.honour import Settling
from feiqian.issuer.known import Changes, Known
from feiqian.issuer.papers import PapersEvidence
from feiqian.issuer.ports import IssuerReading, IssuerUnit
from feiqian.ledger.clearing import Advice, AdviceKind
from feiqian.ledger.papers import PapersState, PapersTaken, Presented
from feiqian.protocol.ids import PayeeId
from feiqian.protocol.refusals import RefusalCode, Refused

_NOT_NEWS = frozenset({"touched", "payee_id", "notes_version", "at"})
Written = tuple[PapersTaken, tuple[Advice, ...], Callable[[IssuerUnit], None] | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PapersGround:
    """What the books know that bears on papers. `payee_name` is None where the payee is not known here."""

    known: Known
    payee_name: str | None
    presented: bool
    receipt_kept: bool


def papers_ground(reading: IssuerReading, shown: PapersEvidence) -> PapersGround:
    """All of it, read at one moment. Refuses ACQUIRER_UNKNOWN for a signature in the name of no payee of ours."""
    name = None if shown.payee_id is None else reading.payee_name(shown.payee_id)
    if name is None and (shown.receipt is not None or shown.note is not None):
        raise Refused(RefusalCode.ACQUIRER_UNKNOWN, "no payee of this operator")
    return PapersGround(
        known=reading.known(shown.wanted),
        payee_name=name,
        presented=reading.is_presented(shown.ref, shown.cheque_id),
        receipt_kept=shown.receipt is not None and reading.is_receipt_kept(shown.receipt.receipt_id),
    )


def take_papers(
    shown: PapersEvidence,
    ground: PapersGround,
    *,
    at: int,
    entry_id: bytes,
    judge_codes: Callable[[Known, Changes], None],
) -> Written:
    """How the payment stands with these papers, the advices for its payees, and what writes it, if anything is new."""
    payee_id = PayeeId(b"") if shown.payee_id is None else shown.payee_id
    settling = Settling(ground.known, at=at, entry_id=entry_id, payee_id=payee_id)
    allowance = ground.known.allowances[shown.ref]
    if allowance.closed_at is not None or at > allowance.deadline:
        return _taken(shown, ground, settling, PapersState.LATE), (), None
    changes = settling.take_papers(shown)
    judge_codes(ground.known, changes)
    claimed = bool(settling.claims_for(shown.cheque_id))
    taken = _taken(shown, ground, settling, PapersState.CLAIMED if claimed else PapersState.MISSING)
    presented = None
    if not claimed and not ground.presented:
        named = payee_id if ground.payee_name is not None else PayeeId(b"")
        presented = _presented(shown, allowance.payer_id, named, at)
        if named:
            changes.advices.append(_missing(presented, allowance.currency, allowance.deadline))
    receipt = None if ground.receipt_kept else shown.receipt
    if presented is None and receipt is None and not _is_news(changes):
        return taken, (), None

    def write(unit: IssuerUnit) -> None:
        unit.apply(changes)
        if presented is not None:
            unit.add_presented(presented)
        if receipt is not None:
            unit.add_receipt(receipt, shown.ref, at)

    return taken, tuple(changes.advices), write


def _is_news(changes: Changes) -> bool:
    """Whether anything but versions would change."""
    return any(getattr(changes, one.name) for one in fields(changes) if one.name not in _NOT_NEWS)


def _taken(shown: PapersEvidence, ground: PapersGround, settling: Settling, state: PapersState) -> PapersTaken:
    claims = settling.claims_for(shown.cheque_id)
    allowance = ground.known.allowances[shown.ref]
    return PapersTaken(
        cheque_id=shown.cheque_id,
        state=state,
        amount_minor=shown.link.amount_minor,
        paid_minor=sum(claim.paid_minor for claim in claims if not claim.borne),
        waiting_minor=sum(claim.waiting_minor for claim in claims if not claim.borne),
        currency=allowance.currency,
        deadline=allowance.deadline,
        payee_name=ground.payee_name,
        noted=shown.note is not None and (state is not PapersState.LATE or shown.note.note_id in ground.known.notes),
    )


def _presented(shown: PapersEvidence, payer_id: bytes, payee_id: PayeeId, at: int) -> Presented:
    return Presented(
        allowance_ref=shown.ref,
        cheque_id=shown.cheque_id,
        payer_id=payer_id,
        payee_id=payee_id,
        counter=shown.link.counter,
        amount_minor=shown.link.amount_minor,
        at=at,
    )


def _missing(presented: Presented, currency: str, deadline: int) -> Advice:
    """What the payee hears: a claim of yours is missing; nothing moves by it."""
    return Advice(
        AdviceKind.MISSING,
        presented.payee_id,
        presented.cheque_id,
        presented.allowance_ref,
        currency,
        0,
        0,
        0,
        0,
        deadline,
        presented.at,
        first=False,
    )
