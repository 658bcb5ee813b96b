"""What the acquirer's service takes and gives: plain values. Ids are bytes, amounts minor units, times Unix seconds."""

from dataclasses import dataclass

from feiqian.ledger.clearing import AdviceKind
from feiqian.protocol.certificate import Capability
from feiqian.protocol.ids import BatchId, PayeeId, TerminalRef


@dataclass(frozen=True, slots=True, kw_only=True)
class CertifyingTerms:
    """What the acquirer grants a terminal by default; policy, not code."""

    capabilities: int = int(Capability.REQUEST | Capability.ONE_WAY | Capability.NOTES)
    note_cap_minor: int = 200_00
    lifetime_s: int = 365 * 86_400
    code_lifetime_s: int = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayee:
    """A payee just enrolled. `code` is shown once; only its hash is kept. Each code enrols one terminal."""

    payee_id: PayeeId
    code: str
    code_expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeLine:
    """One payee in the list of all: `balance_minor` is final, `waiting_minor` is decided at each claim's D."""

    payee_id: PayeeId
    name: str
    currency: str
    balance_minor: int
    waiting_minor: int
    terminals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolledTerminal:
    """A terminal just certified. `token` is the bearer token, shown once; only its hash is kept."""

    terminal_ref: TerminalRef
    payee_id: PayeeId
    payee_name: str
    currency: str
    certificate: bytes
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A signed-in terminal, from `authenticate_terminal`."""

    terminal_ref: TerminalRef
    payee_id: PayeeId
    payee_name: str
    currency: str
    certificate: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AdmittedBatch:
    """A batch that its terminal has signed. `answer` is what it got when it was taken; None if it was not yet."""

    terminal_ref: TerminalRef
    batch_id: BatchId
    body_hash: bytes
    answer: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeEvent:
    """One change of one claim, as it happened: `paid_minor` and `waiting_minor` are differences.

    `stands_paid_minor` and `stands_waiting_minor` are how the claim stands after it: who has missed what came before,
    or hears of it twice, still knows what the claim is worth.
    """

    number: int
    at: int
    kind: AdviceKind
    cheque_id: bytes
    paid_minor: int
    waiting_minor: int
    stands_paid_minor: int
    stands_waiting_minor: int
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingClaim:
    """A claim that waits until D."""

    cheque_id: bytes
    waiting_minor: int
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeStatement:
    """What a payee has: `balance_minor` is settled and final, `waiting_minor` is decided at each claim's D.

    `events` are the newest, newest first; or, of somebody who goes on where it stopped, the next ones, oldest first.
    """

    payee_id: PayeeId
    name: str
    currency: str
    balance_minor: int
    waiting_minor: int
    waiting: tuple[WaitingClaim, ...]
    events: tuple[PayeeEvent, ...]
