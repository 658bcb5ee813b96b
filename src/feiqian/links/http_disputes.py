"""Papers and disputes over HTTP: what a wallet, a terminal and an administrator send, and what they read (spec 10)."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from feiqian.acquirer.dispute_values import Said
from feiqian.acquirer.disputes import DisputeReason, Party, Status
from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.ledger.papers import Papers, PapersState, PapersTaken
from feiqian.links.http_replies import Fields, fields_of
from feiqian.links.http_spelling import spell_bytes
from feiqian.protocol.ids import StatementId


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeStepReply:
    """One thing that was done in a dispute, as its parties are told; `act` is open for its beginning."""

    at: int
    by: str
    act: str
    amount_minor: int
    words: str
    evidence: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeReply:
    """A dispute as whoever asked sees it. `state` may be one that a newer operator knows and this version does not."""

    dispute_id: bytes
    opener: Party
    reason: str
    cheque_id: bytes
    payer_id: bytes
    payee_id: bytes
    payee_name: str
    currency: str
    amount_minor: int
    moved_minor: int
    deadline: int
    state: str
    status: Status
    opened_at: int
    until: int | None
    steps: tuple[DisputeStepReply, ...]


def papers_content(papers: Papers, *, statement: str) -> dict[str, Any]:
    """What is sent; `statement` is what the terminal's statement is called there."""
    parts = {
        "cheque": papers.cheque,
        "request": papers.request,
        "credits": papers.credits,
        statement: papers.statement,
        "certificate": papers.certificate,
    }
    return {name: spell_bytes(part) for name, part in parts.items() if part is not None}


def dispute_content(
    cheque_id: bytes, reason: DisputeReason, amount_minor: int | None, said: Said, cheque: bytes | None = None
) -> dict[str, Any]:
    """What opens a dispute."""
    content = {"cheque_id": spell_bytes(cheque_id), "reason": reason.value} | said_content(said)
    if amount_minor is not None:
        content["amount_minor"] = amount_minor
    return content if cheque is None else content | {"cheque": spell_bytes(cheque)}


def said_content(said: Said) -> dict[str, Any]:
    """Words, and evidence where there is any."""
    content: dict[str, Any] = {"words": said.words}
    return content | {"evidence": spell_bytes(said.evidence)} if said.evidence else content


def papers_in(fields: Fields) -> PapersTaken:
    """How a payment stands after its papers were looked at."""
    return PapersTaken(
        cheque_id=StatementId(fields.octets("cheque_id")),
        state=fields.choice("state", PapersState),
        amount_minor=fields.number("amount_minor"),
        paid_minor=fields.number("paid_minor"),
        waiting_minor=fields.number("waiting_minor"),
        currency=fields.text("currency"),
        deadline=fields.instant("deadline"),
        payee_name=fields.text_or_none("payee_name"),
        noted=fields.yes("noted"),
    )


def dispute_in(fields: Fields) -> DisputeReply:
    """One dispute."""
    return DisputeReply(
        dispute_id=fields.octets("dispute_id"),
        opener=fields.choice("opener", Party),
        reason=fields.text("reason"),
        cheque_id=fields.octets("cheque_id"),
        payer_id=fields.octets("payer_id"),
        payee_id=fields.octets("payee_id"),
        payee_name=fields.text("payee_name"),
        currency=fields.text("currency"),
        amount_minor=fields.number("amount_minor"),
        moved_minor=fields.number("moved_minor"),
        deadline=fields.instant("deadline"),
        state=fields.text("state"),
        status=fields.choice("status", Status),
        opened_at=fields.instant("opened_at"),
        until=fields.instant_or_none("until"),
        steps=tuple(
            DisputeStepReply(
                at=step.instant("at"),
                by=step.text("by"),
                act=step.text("act"),
                amount_minor=step.number("amount_minor"),
                words=step.text("words"),
                evidence=step.octets("evidence"),
            )
            for step in fields.each("steps")
        ),
    )


def disputes_in(fields: Fields) -> tuple[DisputeReply, ...]:
    """A list of them."""
    return tuple(dispute_in(item) for item in fields.each("disputes"))


class DisputeCalls(ABC):
    """The calls of `OperatorClient` about papers and disputes; each may be repeated."""

    def present_cheque(self, papers: Papers) -> PapersTaken:
        """A wallet hands in its copy of a payment, with the payee's receipt if it has one."""
        return papers_in(self._post("/v1/payer/claims", papers_content(papers, statement="receipt")))

    def present_note(self, papers: Papers) -> PapersTaken:
        """A wallet hands in a note that it holds."""
        return papers_in(self._post("/v1/payer/notes", papers_content(papers, statement="note")))

    def disputes(self, party: Party) -> tuple[DisputeReply, ...]:
        """The disputes of the token's holder; an administrator's are all."""
        return disputes_in(fields_of(self._get(_root(party))))

    def payer_disputes(self) -> tuple[DisputeNotice, ...]:
        """The payer's disputes that are not over."""
        return _notices(self.disputes(Party.PAYER), Party.PAYER)

    def payee_disputes(self) -> tuple[DisputeNotice, ...]:
        """The payee's disputes that are not over."""
        return _notices(self.disputes(Party.PAYEE), Party.PAYEE)

    def open_dispute(
        self,
        party: Party,
        *,
        cheque_id: bytes,
        reason: DisputeReason,
        amount_minor: int | None,
        said: Said,
        cheque: bytes | None = None,
    ) -> DisputeReply:
        """A payer or payee disputes a payment; without an amount all of it."""
        content = dispute_content(cheque_id, reason, amount_minor, said, cheque)
        return dispute_in(self._post(_root(party), content))

    def answer_dispute(self, party: Party, *, dispute_id: bytes, accept: bool, said: Said) -> DisputeReply:
        """The other party accepts or contests."""
        content = {"accept": accept} | said_content(said)
        return dispute_in(self._post(f"{_root(party)}/{spell_bytes(dispute_id)}/answer", content))

    def withdraw_dispute(self, party: Party, *, dispute_id: bytes, words: str) -> DisputeReply:
        """Whoever opened it takes it back."""
        return dispute_in(self._post(f"{_root(party)}/{spell_bytes(dispute_id)}/withdrawal", {"words": words}))

    def decide_dispute(self, *, dispute_id: bytes, refund_minor: int, words: str) -> DisputeReply:
        """The administrator refunds so much to the payer; 0 lets the payment stand."""
        content = {"refund_minor": refund_minor, "words": words}
        return dispute_in(self._post(f"/v1/disputes/{spell_bytes(dispute_id)}/decision", content))

    @abstractmethod
    def _get(self, path: str) -> Any:
        """The reply to a question."""

    @abstractmethod
    def _post(self, path: str, content: dict[str, Any]) -> Fields:
        """What the operator says to this content."""


def _notices(found: Iterable[DisputeReply], party: Party) -> tuple[DisputeNotice, ...]:
    return tuple(
        DisputeNotice(
            dispute_id=one.dispute_id,
            against_us=one.opener is not party,
            needs_answer=one.status is Status.NEEDS_YOU,
        )
        for one in found
        if one.status is not Status.DONE
    )


def _root(party: Party) -> str:
    return "/v1/disputes" if party is Party.ADMINISTRATOR else f"/v1/{party.value}/disputes"
