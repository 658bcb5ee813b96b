"""What the issuer remembers of allowances and claims: only what verified. Values, as stored. Amounts minor units."""

from dataclasses import dataclass, field
from typing import Final, NamedTuple

from feiqian.issuer.values import DeviceId, PayerId
from feiqian.protocol.answer import Verdict
from feiqian.protocol.chain import Link
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId, TerminalRef
from feiqian.protocol.status_list import AllowanceStatus


class ClaimKey(NamedTuple):
    """What a claim is identified by."""

    cheque_id: StatementId
    payee_id: PayeeId


@dataclass(frozen=True, slots=True)
class Drawn:
    """What claims have taken, and from where: the reserve, the payer's free money, the pool, the issuer's loss."""

    reserve_minor: int = 0
    free_minor: int = 0
    pool_minor: int = 0
    loss_minor: int = 0

    @property
    def total_minor(self) -> int:
        """All of it."""
        return self.reserve_minor + self.free_minor + self.pool_minor + self.loss_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Payer:
    """A payer."""

    payer_id: PayerId
    name: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceFacts:
    """An allowance and what became of it.

    `drawn` is what its payer answers for, `borne` what the issuer pays itself because it was accepted after the loss
    was reported. `listed_in` is the first trust index whose list named it; a payee with an older one could not know.
    `version` rises with every change of it or of what is known about it, so that an act that was thought out on what
    another one has changed meanwhile is not done.
    """

    ref: AllowanceRef
    raw: bytes
    payer_id: PayerId
    device_id: DeviceId
    request_id: bytes
    device_key: bytes
    currency: str
    amount_minor: int
    status_index: int
    scoped: bool
    issued_at: int
    expires_at: int
    deadline: int
    status: AllowanceStatus = AllowanceStatus.GOOD
    lost_at: int | None = None
    reason: str = ""
    forked: bool = False
    listed_in: int | None = None
    drawn: Drawn = field(default=Drawn())
    borne: Drawn = field(default=Drawn())
    returned_minor: int = 0
    closed_at: int | None = None
    version: int = 0

    @property
    def reserved_minor(self) -> int:
        """What is still set aside."""
        return self.amount_minor - self.drawn.reserve_minor - self.returned_minor


class Standing(NamedTuple):
    """How a claim stands: paid at once and waiting until D, minor units, and the verdict that says why."""

    paid_minor: int
    waiting_minor: int
    verdict: Verdict


class ClaimFacts(NamedTuple):
    """A claim that verified, and how it stands: a tuple, since a batch makes a thousand of them.

    `amount_minor` is the cheque's, `final_minor` the lowest that the payee ever receipted; of a one-way code
    the sum of that over the payee's terminals. `bound` says that the cheque names its payee; `guaranteed` that the
    payee kept the policy within the cap; `borne` that the issuer itself pays; `barred` that the payee had a list which
    named the allowance. `index_version` is the trust index that the receipt names; 0 is none, or one of before this
    was stored. `raw` is the cheque. The last three fields are its `Standing`.
    """

    allowance_ref: AllowanceRef
    cheque_id: StatementId
    payee_id: PayeeId
    counter: int
    amount_minor: int
    cumulative_minor: int
    previous: bytes
    request_hash: RequestHash | None
    terminal_ref: TerminalRef
    receipt_counter: int
    index_version: int
    bound: bool
    guaranteed: bool
    borne: bool
    barred: bool
    arrived_at: int
    final_minor: int
    raw: bytes = b""
    paid_minor: int = 0
    waiting_minor: int = 0
    verdict: Verdict = Verdict.CONTINGENT

    @property
    def key(self) -> ClaimKey:
        """Cheque and payee."""
        return ClaimKey(self.cheque_id, self.payee_id)

    @property
    def link(self) -> Link:
        """The cheque in its chain; a closing cheque is never claimed."""
        return Link(self.cheque_id, self.counter, self.amount_minor, self.cumulative_minor, self.previous, False)  # noqa: FBT003

    @property
    def standing(self) -> Standing:
        """How it stands."""
        return Standing(self.paid_minor, self.waiting_minor, self.verdict)

    def standing_as(self, standing: Standing) -> "ClaimFacts":
        """The same claim, standing otherwise."""
        return tuple.__new__(ClaimFacts, self[:_STANDING_AT] + standing)  # not `_make`, which counts them once more


_STANDING_AT: Final = ClaimFacts._fields.index("paid_minor")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedCheque:
    """All claims on one cheque together: sums, and every verdict among them.

    `borne_minor` is what was paid by the issuer itself; it is not part of `paid_minor`.
    """

    cheque_id: StatementId
    allowance_ref: AllowanceRef
    counter: int
    amount_minor: int
    paid_minor: int
    waiting_minor: int
    borne_minor: int
    verdicts: frozenset[Verdict]
    payees: int
    payee_name: str | None


@dataclass(frozen=True, slots=True)
class Testimony:
    """A cheque that a device signed, as it counts in the chain rule, with the bytes that prove it."""

    allowance_ref: AllowanceRef
    link: Link
    raw: bytes
