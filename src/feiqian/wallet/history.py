"""History: all payments of this wallet, newest first, and finding one by what people remember of it."""

from collections.abc import Iterable

from feiqian.wallet.records import PaymentRecord
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.wording import amount_words


def search(payments: Iterable[PaymentRecord], words: str) -> tuple[PaymentRecord, ...]:
    """The payments in which every one of `words` is found: payee, reference, amount, number, state."""
    wanted = words.casefold().split()
    return tuple(payment for payment in payments if all(word in _haystack(payment) for word in wanted))


def by_number(payments: Iterable[PaymentRecord], number: str) -> PaymentRecord:
    """The payment with this number, or whose number begins so and no other's does. Raises payment_unknown."""
    wanted = number.strip().casefold()
    found = [payment for payment in payments if wanted and payment.number.startswith(wanted)]
    if len(found) != 1:
        raise WalletTrouble("payment_unknown", number=number[:20])
    return found[0]


def _haystack(payment: PaymentRecord) -> str:
    amount = amount_words(payment.amount_minor, payment.currency)
    final = "" if payment.final_minor is None else amount_words(payment.final_minor, payment.currency)
    parts = (payment.payee_name, payment.reference, payment.number, payment.state, payment.status, amount, final)
    return " ".join(part for part in parts if part).casefold()
