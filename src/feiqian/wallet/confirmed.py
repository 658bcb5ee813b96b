"""Whether the holder was asked as each allowance says: payments above its limit carry a sign that he was (spec 03).

Drawing refuses anything else, so there is nothing to find on a device that nobody has tampered with.
"""

from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.cheque import decode_cheque
from feiqian.wallet.holdings import grants_of, stand
from feiqian.wallet.ports import Parts


def unconfirmed(parts: Parts) -> int:
    """How many payments lack that sign. Raises as `stand`."""
    _, trust = stand(parts)
    grants = grants_of(parts, trust, parts.store.allowances())
    count = 0
    for payment in parts.store.payments():
        grant = grants.get(payment.top_up_id)
        if grant is not None and payment.amount_minor > grant.allowance.terms.holder_check_above_minor:
            count += decode_cheque(payment.cheque).terms.holder_check == HolderCheck.NONE
    return count
