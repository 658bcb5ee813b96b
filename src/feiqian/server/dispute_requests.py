"""What callers may send in JSON about papers and disputes (spec 10)."""

from typing import Annotated

from pydantic import ConfigDict, Field

from feiqian.acquirer.disputes import WORDS_MAX_CHARS, DisputeReason
from feiqian.protocol.limits import AMOUNT_MAX_MINOR
from feiqian.server.shapes import FINGER, AmountIn, ChequeIdIn, EvidenceIn, Shape, StatementIn

WordsIn = Annotated[str, Field(min_length=0, max_length=WORDS_MAX_CHARS)]
ReasonIn = Annotated[str, Field(pattern=f"^({'|'.join(DisputeReason)})$")]
RefundIn = Annotated[int, Field(ge=0, le=AMOUNT_MAX_MINOR)]
_CHEQUE_EXAMPLE = "A" * 43
_STATEMENT_EXAMPLE = "hEOhASag" + FINGER


def _example(**content: str | int) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [dict(content)]})


class PresentedCheque(Shape):
    """A payer's copy of a payment: its cheque, the request that it answers, the credits that it leans on.

    `receipt` is what the payee's terminal signed for it, with the terminal's certificate.
    """

    model_config = _example(cheque=_STATEMENT_EXAMPLE, request=_STATEMENT_EXAMPLE)

    cheque: StatementIn
    request: StatementIn | None = None
    credits: StatementIn | None = None
    receipt: StatementIn | None = None
    certificate: StatementIn | None = None


class PresentedNote(Shape):
    """A note that gives back, with the certificate of the terminal that signed it and the cheque that it is about."""

    model_config = _example(note=_STATEMENT_EXAMPLE, certificate=_STATEMENT_EXAMPLE, cheque=_STATEMENT_EXAMPLE)

    note: StatementIn
    certificate: StatementIn
    cheque: StatementIn
    request: StatementIn | None = None
    credits: StatementIn | None = None


class PayerDispute(Shape):
    """What a payer disputes; without an amount all that it was debited. `evidence` is anybody's bytes."""

    model_config = _example(cheque_id=_CHEQUE_EXAMPLE, reason="not_delivered", words="The parcel never came.")

    cheque_id: ChequeIdIn
    reason: ReasonIn
    amount_minor: AmountIn | None = None
    words: WordsIn = ""
    evidence: EvidenceIn = b""


class PayeeDispute(Shape):
    """What a payee disputes; without an amount all that it was not paid. `cheque` is needed if it never claimed it."""

    model_config = _example(cheque_id=_CHEQUE_EXAMPLE, reason="not_paid", words="The till was broken until D.")

    cheque_id: ChequeIdIn
    reason: ReasonIn
    amount_minor: AmountIn | None = None
    words: WordsIn = ""
    evidence: EvidenceIn = b""
    cheque: StatementIn | None = None


class DisputeReply(Shape):
    """The other party's answer: it accepts, which moves the money at once, or contests."""

    model_config = _example(accept=False, words="Handed over and signed for.")

    accept: bool
    words: WordsIn = ""
    evidence: EvidenceIn = b""


class Withdrawal(Shape):
    """Taking a dispute back, for good."""

    model_config = _example(words="It came after all.")

    words: WordsIn = ""


class Decision(Shape):
    """The administrator's decision: so much goes back to the payer; 0 lets the payment stand."""

    model_config = _example(refund_minor=1_250, words="Half was delivered.")

    refund_minor: RefundIn
    words: WordsIn = ""
