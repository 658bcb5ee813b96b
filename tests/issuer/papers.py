"""Payments whose papers a payer holds: cheque, request, and what a till signs for it."""

from __future__ import annotations

from dataclasses import dataclass

from feiqian.ledger.papers import Papers, PapersTaken
from feiqian.protocol import cose
from feiqian.protocol.claim import decode_claim
from feiqian.protocol.ids import StatementId
from feiqian.protocol.receipt import receipt_prefix
from feiqian.protocol.request import request_hash
from tests.issuer.world import DEPLOYMENT, Till, Wallet


@dataclass(frozen=True)
class Paid:
    """A payment at the counter: the claim that the till would send, and the papers that the wallet holds."""

    wallet: Wallet
    till: Till
    claim: bytes
    cheque: bytes
    request: bytes | None

    @property
    def cheque_id(self) -> StatementId:
        return self.wallet.id(self.cheque)

    def plain(self) -> Papers:
        return Papers(cheque=self.cheque, request=self.request)

    def with_receipt(self, final_minor: int | None = None, **terms: int) -> Papers:
        """With a signed receipt: that of the claim, or another one for so much."""
        payload = decode_claim(self.claim).receipt
        if final_minor is not None:
            payload = self.till.receipt(self.cheque_id, final_minor, **terms)
        return self._with(cose.sign(self.till.signer, receipt_prefix(self.till.certificate_id, DEPLOYMENT), payload))

    def with_note(self, note: bytes) -> Papers:
        return self._with(note)

    def _with(self, statement: bytes) -> Papers:
        certificate = self.till.enrolled.certificate
        return Papers(cheque=self.cheque, request=self.request, statement=statement, certificate=certificate)

    def hand_in(self, papers: Papers) -> PapersTaken:
        return self.till.world.acquirer.take_papers(self.wallet.bound.payer_id, papers)


def pay(wallet: Wallet, till: Till, amount_minor: int, *, final_minor: int | None = None) -> Paid:
    """A two-way payment that the till accepted; with `final_minor` of a maximum."""
    request = till.ask(amount_minor, maximum=final_minor is not None)
    asked = request_hash(request, DEPLOYMENT)
    cheque = wallet.draw(amount_minor, request=asked, maximum=final_minor is not None)
    taken_minor = amount_minor if final_minor is None else final_minor
    return Paid(wallet, till, till.claim(wallet, cheque, taken_minor, request), cheque, request)
