"""`Terminal`: everything a payee's device does, behind one door.

Composition roots build it from real parts (see `ports`) and call it from one thread. Paying never touches a network;
only `enrol` and `sync` take a link. Every method may be repeated after a crash: what was stored is found again.
"""

import re
from collections.abc import Sequence
from typing import Final, TypeVar

from feiqian import __version__
from feiqian.protocol.ids import BatchId, RequestHash, StatementId, masked
from feiqian.protocol.keys import KeyReader, load_public_key
from feiqian.protocol.trust import Trust
from feiqian.protocol.words import Coded
from feiqian.risk.boundary import Capability, Reach
from feiqian.terminal import accept as accepting
from feiqian.terminal import boundary as limits
from feiqian.terminal import confirmed, enrolment, readiness, request, retention, void
from feiqian.terminal import sync as syncing
from feiqian.terminal.accept import Acceptance, NoticeTaken
from feiqian.terminal.desk import Desk, Outside, open_desk
from feiqian.terminal.ports import Clock, KeyMaker, OperatorLink, Randomness, TerminalStore
from feiqian.terminal.readiness import Readiness
from feiqian.terminal.records import (
    Accepted,
    AskedRequest,
    BatchAnswer,
    Enrolment,
    HistoryEntry,
    KeptProof,
    LoggedRefusal,
    Queue,
    StoredBatch,
    ToldEvent,
    Totals,
)
from feiqian.terminal.request import TTL_S, Asked
from feiqian.terminal.sync import SyncOutcome
from feiqian.terminal.troubles import TerminalTrouble
from feiqian.terminal.void import NoteGiven

HISTORY_LIMIT: Final = 200
STALE_LIMIT: Final = 100
T = TypeVar("T")


class Terminal:
    """One payee's device over one open store."""

    def __init__(
        self,
        store: TerminalStore,
        *,
        keys: KeyMaker,
        clock: Clock,
        randomness: Randomness,
        app_version: str = __version__,
        read_key: KeyReader = load_public_key,
    ) -> None:
        self._outside = Outside(
            store=store, keys=keys, clock=clock, randomness=randomness, app_version=app_version, read_key=read_key
        )
        self._desk: Desk | None = None

    # --- who it is ---

    @property
    def enrolment(self) -> Enrolment:
        """Who this terminal is. Raises TerminalTrouble not_enrolled."""
        return self._opened().enrolment

    @property
    def currency(self) -> str:
        """The currency it is paid in."""
        return self._opened().currency

    @property
    def payee_name(self) -> str:
        """The name that its certificate attests."""
        return self._opened().certificate.payee_name

    def enrol(self, link: OperatorLink, *, server: str, code: str) -> None:
        """Become a payee's terminal, see `enrolment.enrol`."""
        enrolment.enrol(self._outside, link, server=server, code=code)

    def forget_old(self) -> int:
        """Remove what is past its time, see `retention`; how many claims, requests, proofs and lines of the log."""
        return retention.forget_old(self._outside.store)

    def unconfirmed(self) -> int:
        """How many of the latest accepted payments lack the sign that the payer was asked, though they need it."""
        return confirmed.unconfirmed(self._outside.store)

    def overdue(self) -> int:
        """How many of them are past their time and still here."""
        return retention.overdue(self._outside.store)

    def sign_out(self) -> None:
        """Forget the key and leave. Raises TerminalTrouble queue_waiting while anything has no answer yet."""
        desk = self._opened()
        queue = desk.store.queue()
        if not queue.is_empty:
            raise TerminalTrouble("queue_waiting", count=queue.claims + queue.notes)
        desk.store.sign_out()
        self._desk = None

    # --- at the counter, with no network ---

    def request(
        self,
        *,
        exact_minor: int | None = None,
        up_to_minor: int | None = None,
        reference: str | None = None,
        ttl_s: int = TTL_S,
        signed: bool = True,
        with_certificate: bool = True,
    ) -> Asked:
        """Ask for an exact amount or up to one; stored before it is returned to be shown."""
        return request.make_request(
            self._opened(),
            exact_minor=exact_minor,
            maximum_minor=up_to_minor,
            reference=reference,
            ttl_s=ttl_s,
            signed=signed,
            with_certificate=with_certificate,
        )

    def accept(
        self,
        payment: bytes,
        *,
        request_hash: RequestHash | None = None,
        final_minor: int | None = None,
        at_own_risk: bool = False,
    ) -> Acceptance:
        """Accept what a payer shows in answer to a request, see `accept.accept`."""
        return accepting.accept(
            self._opened(), payment, request_hash=request_hash, final_minor=final_minor, at_own_risk=at_own_risk
        )

    def take_code(self, payment: bytes, *, due_minor: int, at_own_risk: bool = False) -> Acceptance:
        """Accept a one-way code, see `accept.take_code`."""
        return accepting.take_code(self._opened(), payment, due_minor=due_minor, at_own_risk=at_own_risk)

    def accept_notice(self, notice: bytes) -> NoticeTaken:
        """Take the issuer's word that a request is paid, see `accept.accept_notice`."""
        return accepting.accept_notice(self._opened(), notice)

    def void(self, accepted: Accepted, *, total_minor: int | None = None) -> NoteGiven:
        """Give back an accepted payment, all of it or `total_minor` in all, see `void.void`."""
        return void.void(self._opened(), accepted, total_minor)

    def cancel(self, request_hash: RequestHash) -> NoteGiven:
        """Cancel a request for ever, see `void.cancel`."""
        return void.cancel(self._opened(), request_hash)

    def cancellable(self) -> Sequence[AskedRequest]:
        """The requests that a bare "cancel" can mean, see `void.cancellable`."""
        return void.cancellable(self._opened())

    # --- what the till holds ---

    def payment(self, *, receipt: int | None = None, cheque_id: StatementId | None = None) -> Accepted:
        """An accepted payment by its receipt's number or its cheque's id. Raises TerminalTrouble payment_unknown."""
        store = self._opened().store
        found = None
        if receipt is not None:
            found = store.accepted_at(receipt)
        elif cheque_id is not None:
            found = store.accepted(cheque_id)
        if found is None:
            raise TerminalTrouble("payment_unknown")
        return found

    def acceptance_on(self, request_hash: RequestHash) -> Acceptance | None:
        """What was accepted on a request, as it is shown now; None before."""
        desk = self._opened()
        accepted = desk.store.accepted_on(request_hash)
        return None if accepted is None else accepting.acceptance_of(desk, accepted, replayed=True)

    def statement_on(self, cheque_id: StatementId) -> bytes | None:
        """What the payer of this cheque is to see, receipt or latest note; None if it was not accepted here."""
        desk = self._opened()
        accepted = desk.store.accepted(cheque_id)
        return None if accepted is None else accepting.acceptance_of(desk, accepted, replayed=True).shown

    def open_requests(self) -> Sequence[AskedRequest]:
        """Requests that may still be answered, oldest first."""
        desk = self._opened()
        return desk.store.open_requests(desk.now())

    def stale_requests(self, limit: int = STALE_LIMIT) -> Sequence[AskedRequest]:
        """The latest requests that ran out unanswered: they may still be cancelled, or found to be paid."""
        desk = self._opened()
        return desk.store.stale_requests(desk.now(), limit)

    def request_named(self, prefix: str) -> AskedRequest:
        """The one request whose id in hex begins so. Raises TerminalTrouble request_unknown, name_ambiguous."""
        return _only(self._opened().store.requests_named(_hex(prefix, "request_unknown")), "request_unknown")

    def payment_named(self, prefix: str) -> Accepted:
        """The one accepted cheque whose id in hex begins so. Raises TerminalTrouble payment_unknown, name_ambiguous."""
        return _only(self._opened().store.accepted_named(_hex(prefix, "payment_unknown")), "payment_unknown")

    def totals(self) -> Totals:
        """The till of this shift."""
        return self._opened().store.totals()

    def close_shift(self) -> Totals:
        """End the shift: its last totals; the next one begins."""
        desk = self._opened()
        return desk.store.close_shift(desk.now())

    def history(self, limit: int = HISTORY_LIMIT) -> Sequence[HistoryEntry]:
        """The latest acts, and what the operator told later, newest first."""
        return self._opened().store.history(limit)

    def told(self, cheque_id: StatementId) -> Sequence[ToldEvent]:
        """All that the operator told of a payment since its answer, oldest first."""
        return self._opened().store.told(cheque_id)

    def fork_proofs(self) -> Sequence[KeptProof]:
        """Forks seen at this counter, each with its proof, oldest first."""
        return self._opened().store.proofs()

    def queue(self) -> Queue:
        """What is owed an answer."""
        return self._opened().store.queue()

    def ready(self) -> Readiness:
        """What is possible now."""
        return readiness.readiness(self._opened())

    def boundary(self, *, reach: Reach = Reach.NOT_TRIED) -> tuple[Capability, ...]:
        """What works now, up to how much, until when, and why not."""
        return limits.boundary(self._opened(), reach=reach)

    def log_refusal(self, refusal: Coded, shown: bytes = b"") -> None:
        """Note a refusal in the bounded log: its code, and the last bytes shown, masked."""
        desk = self._opened()
        desk.store.log_refusal(
            LoggedRefusal(time=desk.now(), code=str(refusal.code), subject=masked(shown[-32:]) if shown else "")
        )

    def refusals(self) -> Sequence[LoggedRefusal]:
        """The log of refusals, newest first."""
        return self._opened().store.refusals()

    # --- with a network, or by file ---

    def sync(self, link: OperatorLink, *, resend: bool = False) -> SyncOutcome:
        """Send, hear, learn, see `sync.sync`; `resend` sends the last answered batch again on purpose."""
        outcome = syncing.sync(self._opened(), link, resend=resend)
        self.forget_old()
        return outcome

    @property
    def trust(self) -> Trust:
        """What this terminal believes."""
        return self._opened().trust

    def take_trust(self, pack: bytes) -> bool:
        """Keep a pack that another device showed, see `sync.take_pack`."""
        return syncing.take_pack(self._opened(), pack)

    def answered_batch(self, batch_id: BatchId | None = None) -> StoredBatch | None:
        """A batch with its answer, to have it proved; without an id the one that was answered last."""
        store = self._opened().store
        return store.last_answered_batch() if batch_id is None else store.batch(batch_id)

    def export(self) -> Sequence[StoredBatch]:
        """All batches without an answer, signed, for a network that does not come back. Raises queue_empty."""
        desk = self._opened()
        while syncing.build_batch(desk) is not None:
            continue
        batches = desk.store.unanswered_batches()
        if not batches:
            raise TerminalTrouble("queue_empty")
        return batches

    def take_answer(self, answer: bytes) -> BatchAnswer | None:
        """Take an answer that came by file, see `sync.take_answer`."""
        return syncing.take_answer(self._opened(), answer)

    def _opened(self) -> Desk:
        if self._desk is None:
            store = self._outside.store
            known, trust = store.enrolment(), store.trust()
            if known is None or trust is None:
                raise TerminalTrouble("not_enrolled")
            self._desk = open_desk(self._outside, known, trust)
        return self._desk


def _hex(prefix: str, unknown: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{1,64}", prefix) is None:
        raise TerminalTrouble(unknown)
    return prefix.lower()


def _only(found: Sequence[T], unknown: str) -> T:
    if not found:
        raise TerminalTrouble(unknown)
    if len(found) > 1:
        raise TerminalTrouble("name_ambiguous")
    return found[0]
