"""The payer's papers: what this wallet holds of one payment, as it is handed to the operator (spec 10.1)."""

from feiqian.ledger.papers import Papers
from feiqian.protocol import cose
from feiqian.protocol.cose import Kind
from feiqian.protocol.ids import TerminalRef
from feiqian.protocol.layout import kind_of
from feiqian.protocol.limits import STATEMENT_MAX_BYTES
from feiqian.protocol.receipt import note_in, receipt_in
from feiqian.wallet.history import by_number
from feiqian.wallet.ports import WalletStore
from feiqian.wallet.records import PaymentRecord, RestoredPayment


def papers_of(store: WalletStore, payment: PaymentRecord) -> tuple[Papers, bool]:
    """The papers of a payment, and whether what its payee signed is a note."""
    return papers_of_restored(RestoredPayment(payment=payment, certificate=certificate_of(store, payment)))


def papers_of_restored(restored: RestoredPayment) -> tuple[Papers, bool]:
    """The same of a payment that was put back from a backup, with the certificate that came with it."""
    payment = restored.payment
    if not payment.acknowledgement or restored.certificate is None:
        return Papers(cheque=payment.cheque, request=payment.request, credits=payment.credits), False
    shown = Papers(
        cheque=payment.cheque,
        request=payment.request,
        credits=payment.credits,
        statement=payment.acknowledgement,
        certificate=restored.certificate,
    )
    return shown, _signed(payment.acknowledgement)[1]


def papers_by_number(store: WalletStore, number: str) -> tuple[PaymentRecord, Papers, bool]:
    """A payment of this device, or one that was put back from another one's backup, with its papers.

    Raises WalletTrouble payment_unknown.
    """
    restored = {one.payment.cheque_id: one for one in store.restored()}
    payment = by_number((*store.payments(), *(one.payment for one in restored.values())), number)
    other = restored.get(payment.cheque_id)
    return payment, *(papers_of(store, payment) if other is None else papers_of_restored(other))


def certificate_of(store: WalletStore, payment: PaymentRecord) -> bytes | None:
    """That of the terminal which signed for this payment; None where nobody did, or it is not known here."""
    if not payment.acknowledgement:
        return None
    payee = store.payee(_signed(payment.acknowledgement)[0])
    return None if payee is None else payee.certificate


def _signed(acknowledgement: bytes) -> tuple[TerminalRef, bool]:
    """Which terminal signed, and whether it is a note."""
    envelope = cose.open_envelope(acknowledgement, max_bytes=STATEMENT_MAX_BYTES)
    is_note = kind_of(envelope.payload, max_bytes=STATEMENT_MAX_BYTES) is Kind.NOTE
    return (note_in(envelope) if is_note else receipt_in(envelope)).terms.terminal_ref, is_note
