"""One-time codes at the wallet: typed in by the holder, bound to the cheque, and never kept (spec 03.4).

Whether the digits are right only the operator can tell, when the cheque is claimed. What can be told here is told
before a counter is burned: that a code is needed, that this is none, and that an earlier payment carries the same one.
"""

from itertools import islice
from typing import Final

from feiqian.protocol.cheque import decode_cheque
from feiqian.protocol.ids import RequestHash
from feiqian.protocol.one_time_code import code_value, read_digits
from feiqian.protocol.refusals import Refused
from feiqian.wallet.holdings import Holdings, Live
from feiqian.wallet.ports import Parts
from feiqian.wallet.records import PaymentRecord
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.wording import amount_words

_LOOKED_BACK: Final = 200
"""So many payments are looked at for the same code: more than all allowances on a device have cheques."""


def is_code_needed(holdings: Holdings, live: Live, amount_minor: int) -> bool:
    """Whether a payment of this amount from this allowance is refused without a code."""
    if live.record.code_key is None:
        return False
    limit_minor = holdings.trust.policy(live.allowance.terms.currency).code_above_minor
    return limit_minor is not None and amount_minor > limit_minor


def code_in_cheque(
    parts: Parts,
    holdings: Holdings,
    live: Live,
    *,
    amount_minor: int,
    request: RequestHash | None,
    digits: str | None,
) -> bytes | None:
    """What the next cheque of this allowance carries of these digits; None where the allowance asks for no codes.

    Raises WalletTrouble one_time_code_needed, one_time_code_malformed, one_time_code_used; then nothing was burned.
    """
    code_key = live.record.code_key
    if code_key is None:
        return None
    if digits is None:
        if is_code_needed(holdings, live, amount_minor):
            raise WalletTrouble("one_time_code_needed", amount=amount_words(amount_minor, live.record.currency))
        return None
    try:
        read = read_digits(digits)
    except Refused:
        raise WalletTrouble("one_time_code_malformed") from None
    if _is_used(parts, holdings, read):
        raise WalletTrouble("one_time_code_used")
    return code_value(code_key, live.allowance.allowance_id, live.record.counter + 1, request, read)


def _is_used(parts: Parts, holdings: Holdings, digits: str) -> bool:
    """Whether an earlier payment carries these digits: only their MAC is kept, so it is made anew and compared."""
    lives = {live.record.top_up_id: live for live in holdings.lives if live.record.code_key is not None}
    return any(
        _carries(payment, lives[payment.top_up_id], digits)
        for payment in islice(parts.store.payments(), _LOOKED_BACK)
        if payment.top_up_id in lives
    )


def _carries(payment: PaymentRecord, live: Live, digits: str) -> bool:
    terms, code_key = decode_cheque(payment.cheque).terms, live.record.code_key or b""
    if terms.code is None:
        return False
    return terms.code == code_value(code_key, live.allowance.allowance_id, terms.counter, terms.request, digits)
