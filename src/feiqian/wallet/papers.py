"""The payer's papers: what this wallet holds of one payment, as it is handed to the operator (spec 10.1)."""

from feiqian.ledger.papers import Papers
from feiqian.protocol import cose
from feiqian.protocol.cose import Kind
from feiqian.protocol.layout import kind_of
from feiqian.protocol.limits import STATEMENT_MAX_BYTES
from feiqian.protocol.receipt import note_in, receipt_in
from feiqian.wallet.ports import WalletStore
from feiqian.wallet.records import PaymentRecord


def papers_of(store: WalletStore, payment: PaymentRecord) -> tuple[Papers, bool]:
    """The papers of a payment, and whether what its payee signed is a note."""
    plain = Papers(cheque=payment.cheque, request=payment.request, credits=payment.credits)
    if not payment.acknowledgement:
        return plain, False
    envelope = cose.open_envelope(payment.acknowledgement, max_bytes=STATEMENT_MAX_BYTES)
    is_note = kind_of(envelope.payload, max_bytes=STATEMENT_MAX_BYTES) is Kind.NOTE
    signed = note_in(envelope) if is_note else receipt_in(envelope)
    payee = store.payee(signed.terms.terminal_ref)
    if payee is None:
        return plain, False
    shown = Papers(
        cheque=payment.cheque,
        request=payment.request,
        credits=payment.credits,
        statement=payment.acknowledgement,
        certificate=payee.certificate,
    )
    return shown, is_note
