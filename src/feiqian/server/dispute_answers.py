"""What the server answers about papers and disputes (spec 10)."""

from typing import Self

from feiqian.acquirer.dispute_values import DisputeLine
from feiqian.acquirer.disputes import Party, status_of
from feiqian.ledger.papers import PapersTaken
from feiqian.server.answers import Answer, fields_of
from feiqian.server.shapes import BytesOut, DisputeIdOut, HashOut, IdOut, InstantOut


class PapersAnswer(Answer):
    """How a payment stands after its papers were looked at.

    `state`: missing (no payee has claimed it; nothing is paid, it waits for its payee until D), claimed, late (D has
    passed: the papers change nothing).
    """

    cheque_id: HashOut
    state: str
    amount_minor: int
    paid_minor: int
    waiting_minor: int
    currency: str
    deadline: InstantOut
    payee_name: str | None
    noted: bool

    @classmethod
    def of(cls, taken: PapersTaken) -> Self:
        """From the acquirer's value."""
        return cls(**fields_of(taken) | {"state": taken.state.value})


class DisputeStepAnswer(Answer):
    """One thing that was done in a dispute; `act` is open for its beginning."""

    at: InstantOut
    by: str
    act: str
    amount_minor: int
    words: str
    evidence: BytesOut


class DisputeAnswer(Answer):
    """A dispute as it stands, and all that was done in it, oldest first.

    `status` is what it asks of whoever looks: active, needs_you or done. `until` is when its state ends by itself;
    `moved_minor` went back to the payer, or with a minus to the payee.
    """

    dispute_id: DisputeIdOut
    opener: str
    reason: str
    cheque_id: HashOut
    payer_id: IdOut
    payee_id: IdOut
    payee_name: str
    currency: str
    amount_minor: int
    moved_minor: int
    deadline: InstantOut
    state: str
    status: str
    opened_at: InstantOut
    until: InstantOut | None
    steps: tuple[DisputeStepAnswer, ...]

    @classmethod
    def of(cls, line: DisputeLine, viewer: Party) -> Self:
        """From the acquirer's value, as this party sees it."""
        one = line.dispute
        return cls(
            dispute_id=one.dispute_id,
            opener=one.opener.value,
            reason=one.reason.value,
            cheque_id=one.cheque_id,
            payer_id=one.payer_id,
            payee_id=one.payee_id,
            payee_name=one.payee_name,
            currency=one.currency,
            amount_minor=one.amount_minor,
            moved_minor=one.moved_minor,
            deadline=one.deadline,
            state=one.state.value,
            status=status_of(one.state, one.opener, viewer).value,
            opened_at=one.opened_at,
            until=one.until,
            steps=tuple(
                DisputeStepAnswer(
                    at=step.at,
                    by=step.by.value,
                    act="open" if step.act is None else step.act.value,
                    amount_minor=step.amount_minor,
                    words=step.words,
                    evidence=step.evidence,
                )
                for step in line.steps
            ),
        )


class DisputesAnswer(Answer):
    """Disputes: a party's own newest first, the administrator's by what ends first."""

    disputes: tuple[DisputeAnswer, ...]

    @classmethod
    def of(cls, lines: tuple[DisputeLine, ...], viewer: Party) -> Self:
        """From the acquirer's values, as this party sees them."""
        return cls(disputes=tuple(DisputeAnswer.of(line, viewer) for line in lines))
