"""Counting in hardware: a store that was put back from an older copy refuses to pay (spec 07, Burn then show).

A counter in hardware goes up by one for every cheque and never down. The store keeps its `mark`: what the counter
stands at once every cheque in the store is counted. A burn writes mark + 1 together with the cheque, then the counter
is advanced, then the cheque is shown. So:

- counter = mark: all is well;
- counter = mark - 1: the process died between the two; nothing was shown, and the counter is advanced now;
- counter > mark: more was counted than this store knows of: it is an older copy (`store_rolled_back`);
- counter < mark - 1, or no counter: this is other hardware, or it was cleared (`tpm_changed`).

Without a counter every function here does nothing.
"""

from feiqian.protocol.words import Coded
from feiqian.wallet.ports import Parts
from feiqian.wallet.troubles import WalletTrouble


def begin_counting(parts: Parts) -> None:
    """Before the first key is made. May be repeated. Raises Coded of the hardware."""
    if parts.counter is not None and _mark(parts) is None:
        parts.store.begin_counting(parts.counter.begin())


def check_counted(parts: Parts) -> None:
    """Before anything is drawn. Raises WalletTrouble store_rolled_back, tpm_changed; Coded of the hardware."""
    if _ahead(parts) > 0:
        raise WalletTrouble("store_rolled_back")


def count(parts: Parts) -> None:
    """Between a burn and what it shows, also when it is shown again. Raises WalletTrouble tpm_changed, Coded.

    An older copy may show what it knows: that was counted when it was drawn.
    """
    _ahead(parts)


def is_rolled_back(parts: Parts) -> bool:
    """Whether this store is an older copy. Raises as `count`."""
    return _ahead(parts) > 0


def begin_anew(parts: Parts) -> None:
    """Bars what this store knows of allowances, and counts on from where the counter stands."""
    if parts.counter is not None:
        parts.store.begin_anew(parts.counter.value())


def counting_trouble(parts: Parts) -> Coded | None:
    """Why this wallet cannot draw a cheque, as far as keys and counter are concerned; None if it can."""
    try:
        check_counted(parts)
    except Coded as trouble:
        return trouble
    return None


def _ahead(parts: Parts) -> int:
    """By how much the counter is ahead of the store, after what died between the two is made good."""
    counter = parts.counter
    mark = None if counter is None else _mark(parts)
    if counter is None or mark is None:
        return 0
    ahead = counter.value() - mark
    if ahead == -1:
        counter.advance()
        return 0
    if ahead < 0:
        raise WalletTrouble("tpm_changed")
    return ahead


def _mark(parts: Parts) -> int | None:
    home = parts.store.key_home()
    return None if home is None else home.mark
