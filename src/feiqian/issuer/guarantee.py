"""The guarantee and the terminal that took it: what one terminal could have refused has none (spec 05.5). Pure.

A terminal remembers the cheques that it accepted, counts its receipts and never goes back to an older trust index. An
honest one refuses a fork that it can see, so it never meets these rules; without them one terminal could take any
number of forked cheques of one allowance, and the issuer would owe them all.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable

from feiqian.issuer.facts import ClaimFacts, ClaimKey
from feiqian.protocol.chain import Contradiction, Link, contradiction, first_contradiction
from feiqian.protocol.ids import TerminalRef


class Chain:
    """Links of one allowance of which no two contradict each other, by counter.

    Cumulative amounts rise along it, so whatever contradicts any of them contradicts a neighbour: the cost of a look
    is logarithmic, however many cheques a forger signs.
    """

    def __init__(self) -> None:
        self._links: list[Link] = []

    def add(self, link: Link) -> tuple[Link, Contradiction] | None:
        """Takes the link in, or says which link here contradicts it and why; then it is left out."""
        links = self._links
        if not links or link.counter > links[-1].counter:  # nearly always: the next cheque of an honest chain
            why = contradiction(links[-1], link) if links else None
            if why is not None:
                return links[-1], why
            links.append(link)
            return None
        place = bisect_left(links, link.counter, key=_counter)
        found = first_contradiction(link, links[max(0, place - 1) : place + 1])
        if found is None:
            links.insert(place, link)
        return found


def without_guarantee(claims: Iterable[ClaimFacts], *, agreed: bool = False) -> frozenset[ClaimKey]:
    """The claims on one allowance that lose their guarantee because of others of the same terminal.

    In the order of its receipts: a cheque that contradicts an earlier one that is guaranteed; two receipts with one
    counter, both; a receipt with an older trust index than an earlier receipt. `agreed`: no two cheques contradict.
    """
    by_terminal: defaultdict[TerminalRef, list[ClaimFacts]] = defaultdict(list)
    for claim in claims:
        by_terminal[claim.terminal_ref].append(claim)
    return frozenset(key for group in by_terminal.values() for key in _of_one_terminal(group, agreed=agreed))


def _of_one_terminal(group: list[ClaimFacts], *, agreed: bool) -> Iterable[ClaimKey]:
    if agreed and _in_order(group):
        return
    uses = Counter(claim.receipt_counter for claim in group)
    chain, newest = Chain(), 0
    for claim in sorted(group, key=lambda one: (one.receipt_counter, one.key)):
        in_order = uses[claim.receipt_counter] == 1 and (not claim.index_version or claim.index_version >= newest)
        newest = max(newest, claim.index_version)
        if claim.guaranteed and (not in_order or chain.add(claim.link) is not None):
            yield claim.key


def _in_order(group: list[ClaimFacts]) -> bool:
    """Whether receipts and trust indexes rise with the cheques, as they do at every honest counter."""
    counter, newest = 0, 0
    for claim in group:
        if claim.receipt_counter <= counter or claim.index_version < newest:
            return False
        counter, newest = claim.receipt_counter, claim.index_version
    return True


def _counter(link: Link) -> int:
    return link.counter
