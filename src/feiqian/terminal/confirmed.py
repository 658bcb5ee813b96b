"""Whether payers were asked as their allowances say: what is above the limit carries a sign that they were (spec 03).

Accepting refuses anything else, so there is nothing to find on a till that nobody has tampered with.
"""

from typing import Final

from feiqian.protocol.allowance import HolderCheck, decode_allowance
from feiqian.protocol.cheque import decode_cheque
from feiqian.terminal.ports import TerminalStore
from feiqian.terminal.records import Accepted

LOOKED_AT_MAX: Final = 200


def unconfirmed(store: TerminalStore) -> int:
    """How many of the latest accepted payments lack that sign."""
    count = 0
    for entry in store.history(LOOKED_AT_MAX):
        cheque = store.cheque_bytes(entry.cheque_id) if isinstance(entry, Accepted) else None
        if cheque is not None and isinstance(entry, Accepted):
            limit_minor = decode_allowance(store.allowance(entry.allowance_id)).terms.holder_check_above_minor
            asked = decode_cheque(cheque).terms.holder_check != HolderCheck.NONE
            count += entry.amount_minor > limit_minor and not asked
    return count
