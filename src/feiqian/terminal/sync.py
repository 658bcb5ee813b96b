"""Syncing, the one talk with the operator: send what waits, store the answers, fetch newer lists, hear later truth.

A batch is stored before it is sent and the same bytes are sent until they are answered, however often the network
breaks. The queue is forgotten only when the signed answer is stored, in one transaction with what it says of every
item. What one batch or item meets never keeps the others; only a network that is not there ends the round.

Every round begins with a batch that holds nothing: its answer says which time it is, and so the batches behind it prove
what our clock is worth, to the operator and to ourselves (spec 05.4.1). Nothing is lost with it, so it is not stored.

While an answer is waited for, the till may be in use at the counter. So whatever was read before a call is read again
behind it, and an answer is held against what is stored at that moment.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.protocol import cose
from feiqian.protocol.answer import Answer, AnswerItem, answer_prefix, batch_hash, decode_answer
from feiqian.protocol.claim import Claim, encode_claim, sign_batch
from feiqian.protocol.ids import BatchId, StatementId
from feiqian.protocol.limits import BATCH_ID_BYTES, BATCH_MAX_BYTES, CLAIMS_MAX, STATEMENT_MAX_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.trust import advance
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.words import WORLD_FAILED, Coded
from feiqian.terminal.desk import Desk
from feiqian.terminal.enrolment import held_trust
from feiqian.terminal.hearing import begin_listening, hear
from feiqian.terminal.ports import OperatorLink
from feiqian.terminal.records import BatchAnswer, QueuedClaim, QueuedNote, StoredBatch, ToldEvent
from feiqian.terminal.states import ClaimState, claim_after, event_of, event_told, note_event_of
from feiqian.terminal.troubles import TerminalTrouble

_BATCH_ROOM_BYTES = BATCH_MAX_BYTES - 512 * 1024
"""What claims may take of a batch; the rest is for a thousand notes."""


@dataclass(slots=True, kw_only=True)
class SyncOutcome:
    """What a round of syncing did. `troubles` are what went wrong; whatever else is named here is done for good."""

    answered: list[BatchAnswer] = field(default_factory=list)
    resent: int = 0
    """Batches sent again on purpose that got the same bytes as before."""
    pack_advanced: bool = False
    pack_current: bool = False
    told: list[ToldEvent] = field(default_factory=list)
    """What the operator told of claims that were answered before, oldest first: news only."""
    disputes: tuple[DisputeNotice, ...] | None = None
    """Those that are not over; None when the operator could not be asked."""
    troubles: list[Coded] = field(default_factory=list)

    def items(self) -> Iterable[AnswerItem]:
        """The answers to single claims and notes, in the order in which they were sent."""
        for answer in self.answered:
            yield from (item for _, _, item in answer.claims)
            yield from (item for _, _, item in answer.notes)


def sync(desk: Desk, link: OperatorLink, *, resend: bool) -> SyncOutcome:
    """One round. Never raises Coded: what went wrong is in the outcome, and repeating the round is always safe."""
    outcome = SyncOutcome()
    _fetch_pack(desk, link, outcome)
    if _world_failed(outcome):
        return outcome
    _listen(outcome, lambda: begin_listening(desk, link))
    if _world_failed(outcome):
        return outcome
    _measure_clock(desk, link, outcome)
    if _world_failed(outcome):
        return outcome
    if resend:
        _resend(desk, link, outcome)
    for batch in desk.store.unanswered_batches():
        _send(desk, link, batch, outcome)
        if _world_failed(outcome):
            return outcome
    while not _world_failed(outcome):
        fresh = build_batch(desk)
        if fresh is None:
            break
        _send(desk, link, fresh, outcome)
    if not _world_failed(outcome):
        _listen(outcome, lambda: hear(desk, link, outcome.told))
    if not _world_failed(outcome):
        _listen(outcome, lambda: _ask_for_disputes(link, outcome))
    return outcome


def build_batch(desk: Desk) -> StoredBatch | None:
    """Sign and store a batch of what is in none yet; None if there is nothing."""
    claims, notes = desk.store.queued(CLAIMS_MAX)
    claims = _fitting(claims)
    if not claims and not notes:
        return None
    batch_id = BatchId(desk.outside.randomness(BATCH_ID_BYTES))
    batch = StoredBatch(
        batch_id=batch_id,
        raw=_signed(desk, batch_id, claims, notes),
        made_at=desk.now(),
        claims=tuple(claim.cheque_id for claim in claims),
        notes=tuple(note.number for note in notes),
        answer=None,
    )
    desk.store.add_batch(batch)
    return batch


def take_answer(desk: Desk, raw: bytes) -> BatchAnswer | None:
    """Take the operator's answer, however it came; None if it was taken before. Raises Refused, TerminalTrouble.

    An answer that does not verify, or not to the last item, changes nothing.
    """
    answer = decode_answer(raw)
    batch = desk.store.batch(answer.batch_id)
    if batch is None or answer.terminal_ref != desk.ref:
        raise TerminalTrouble("answer_mismatch", why="another batch")
    _check_answers(desk, answer, batch.raw, (len(batch.claims), len(batch.notes)))
    if batch.answer is not None:
        if batch.answer != raw:
            raise TerminalTrouble("answer_changed")
        return None
    taken = BatchAnswer(
        batch_id=batch.batch_id,
        raw=raw,
        time=answer.time,
        clock_ahead_s=desk.own_clock() - answer.time,
        claims=tuple(
            (cheque_id, _state_answered(desk, cheque_id, item), item)
            for cheque_id, item in zip(batch.claims, answer.claims, strict=True)
        ),
        notes=tuple(
            (number, claim_after(ClaimState.SENT, note_event_of(item)), item)
            for number, item in zip(batch.notes, answer.notes, strict=True)
        ),
    )
    desk.store.keep_answer(taken)
    return taken


def _state_answered(desk: Desk, cheque_id: StatementId, item: AnswerItem) -> ClaimState:
    """By the answer, unless the operator's later word was heard before it arrived."""
    accepted = desk.store.accepted(cheque_id)
    if accepted is None:
        raise LookupError("the store does not hold what it has batched")
    told, kept_minor = accepted.told, accepted.kept_minor
    if told is None:
        return claim_after(ClaimState.SENT, event_of(item, kept_minor=kept_minor))
    later = event_told(told.kind, paid_minor=told.paid_minor, waiting_minor=told.waiting_minor, kept_minor=kept_minor)
    return claim_after(ClaimState.SENT, later)


def _listen(outcome: SyncOutcome, listen: Callable[[], None]) -> None:
    try:
        listen()
    except Coded as trouble:
        outcome.troubles.append(trouble)


def _ask_for_disputes(link: OperatorLink, outcome: SyncOutcome) -> None:
    outcome.disputes = tuple(link.payee_disputes())


def _fetch_pack(desk: Desk, link: OperatorLink, outcome: SyncOutcome) -> None:
    held = desk.store.trust()
    try:
        reply = link.trust_pack(etag=held.etag if held is not None and held.etag else None)
        desk.refresh()
        overtaken = held is not None and held.raw != desk.trust.raw  # by another sync: ours is no news, and no rollback
        if reply is not None and not overtaken:
            trust = advance(desk.trust, reply.raw)
            outcome.pack_advanced = trust is not desk.trust
            desk.store.keep_trust(held_trust(trust, etag=reply.etag, fetched_at=desk.own_clock()))
            desk.trust = trust
        outcome.pack_current = True
    except Coded as trouble:
        outcome.troubles.append(trouble)


def take_pack(desk: Desk, raw: bytes) -> bool:
    """Keeps a pack that another device showed, if it is newer; True if it was. Raises Refused for any other.

    Whoever hands it over need not be trusted: it is checked as one from the operator is.
    """
    desk.refresh()
    trust = advance(desk.trust, raw)
    if trust is desk.trust:
        return False
    desk.store.keep_trust(held_trust(trust, etag="", fetched_at=desk.own_clock()))
    desk.trust = trust
    return True


def _measure_clock(desk: Desk, link: OperatorLink, outcome: SyncOutcome) -> None:
    """A batch with nothing in it, and the operator's time from its answer."""
    raw = _signed(desk, BatchId(desk.outside.randomness(BATCH_ID_BYTES)), (), ())
    try:
        answer = decode_answer(_answer_to(desk, link, raw))
        _check_answers(desk, answer, raw, (0, 0))
        desk.store.keep_clock(operator_time=answer.time, clock_ahead_s=desk.own_clock() - answer.time)
    except Coded as trouble:
        if trouble.code != "batch_received":  # it has arrived, which is all that the operator needs of it
            outcome.troubles.append(trouble)


def _resend(desk: Desk, link: OperatorLink, outcome: SyncOutcome) -> None:
    batch = desk.store.last_answered_batch()
    if batch is None:
        return
    try:
        if take_answer(desk, _answer_to(desk, link, batch.raw)) is None:
            outcome.resent += 1
    except Coded as trouble:
        outcome.troubles.append(trouble)


def _send(desk: Desk, link: OperatorLink, batch: StoredBatch, outcome: SyncOutcome) -> None:
    try:
        taken = take_answer(desk, _answer_to(desk, link, batch.raw))
    except Coded as trouble:
        outcome.troubles.append(trouble)
        return
    if taken is not None:
        outcome.answered.append(taken)


def _answer_to(desk: Desk, link: OperatorLink, batch: bytes) -> bytes:
    raw = link.send_batch(batch)
    desk.refresh()
    return raw


def _signed(desk: Desk, batch_id: BatchId, claims: Sequence[QueuedClaim], notes: Sequence[QueuedNote]) -> bytes:
    """The signed batch: our own clock as it is, and beside it what is known for certain of the time."""
    return sign_batch(
        desk.signer,
        desk.enrolment.certificate_id,
        desk.enrolment.deployment,
        terminal_ref=desk.ref,
        batch_id=batch_id,
        time=desk.own_clock(),
        index_version=desk.trust.index.version,
        allowances=list(dict.fromkeys(claim.allowance for claim in claims)),
        claims=[_encoded(claim) for claim in claims],
        notes=[note.raw for note in notes],
        counter=desk.store.chain_head().counter - 1,
        attested_at=desk.attested(),
    )


def _world_failed(outcome: SyncOutcome) -> bool:
    return any(trouble.code in WORLD_FAILED for trouble in outcome.troubles)


def _check_answers(desk: Desk, answer: Answer, batch: bytes, items: tuple[int, int]) -> None:
    """Refuses an answer to anything but this batch, with so many claims and notes."""
    _check_signature(desk, answer)
    if answer.batch_hash != batch_hash(batch):
        raise TerminalTrouble("answer_mismatch", why="another content")
    if (len(answer.claims), len(answer.notes)) != items:
        raise TerminalTrouble("answer_mismatch", why="another number of items")


def _check_signature(desk: Desk, answer: Answer) -> None:
    key = desk.trust.key(KeyRole.ACQUIRER, answer.acquirer_key_id)
    if key is None:
        raise Refused(RefusalCode.ACQUIRER_UNKNOWN)
    desk.trust.check_key_age(KeyRole.ACQUIRER, key, answer.time)
    prefix = answer_prefix(key, desk.enrolment.deployment)
    cose.verify(answer.envelope, prefix, key, RefusalCode.ACQUIRER_SIGNATURE_INVALID)


def _encoded(claim: QueuedClaim) -> bytes:
    receipt = cose.open_envelope(claim.receipt, max_bytes=STATEMENT_MAX_BYTES)
    return encode_claim(
        Claim(cheque=claim.cheque, receipt=receipt.payload, request=claim.request_payload, credits=claim.credits)
    )


def _fitting(claims: Sequence[QueuedClaim]) -> Sequence[QueuedClaim]:
    """The oldest claims that fit into one batch of bytes."""
    room = _BATCH_ROOM_BYTES
    for number, claim in enumerate(claims):
        parts = (claim.cheque, claim.allowance, claim.receipt, claim.request_payload or b"", claim.credits or b"")
        room -= sum(map(len, parts)) + 64
        if room < 0:
            return claims[:number]
    return claims
