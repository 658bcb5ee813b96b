"""Papers: what a payer hands in about one of its own payments, and how that payment then stands (spec 10)."""

from dataclasses import dataclass
from enum import StrEnum

from feiqian.protocol.ids import AllowanceRef, PayeeId, StatementId


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Signed bytes, unverified: a cheque, what it answers and leans on, and what a terminal signed about it.

    `statement` is a receipt or a note and comes with the `certificate` of the terminal that signed it.
    """

    cheque: bytes
    request: bytes | None = None
    credits: bytes | None = None
    statement: bytes | None = None
    certificate: bytes | None = None


class PapersState(StrEnum):
    """How a payment stands once its papers were looked at."""

    MISSING = "missing"
    CLAIMED = "claimed"
    LATE = "late"


@dataclass(frozen=True, slots=True, kw_only=True)
class PapersTaken:
    """What became of a payment whose papers were handed in. Amounts are minor units, over all payees together.

    MISSING: no payee has claimed it, nothing is paid, and it waits for its payee until `deadline` (D). LATE: D has
    passed, so the papers change nothing; what was paid stands. `noted` says that a note was taken, now or before.
    """

    cheque_id: StatementId
    state: PapersState
    amount_minor: int
    paid_minor: int
    waiting_minor: int
    currency: str
    deadline: int
    payee_name: str | None
    noted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Presented:
    """A cheque that its payer presented before any payee claimed it; `payee_id` is empty where nobody is named."""

    allowance_ref: AllowanceRef
    cheque_id: StatementId
    payer_id: bytes
    payee_id: PayeeId
    counter: int
    amount_minor: int
    at: int
