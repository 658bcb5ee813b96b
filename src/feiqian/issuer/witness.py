"""The witness: hears every cheque that a device signed and convicts the device that contradicts itself (spec 04).

Cheques testify whether or not they are paid: claims, cheques that were given back, closing cheques. One conviction
suspends the allowance; the claims on both sides are kept.
"""

from collections.abc import Iterable
from dataclasses import replace

from feiqian.issuer.facts import AllowanceFacts, ClaimFacts, Testimony
from feiqian.issuer.guarantee import Chain
from feiqian.issuer.values import Fork, SuspendReason
from feiqian.protocol.chain import Contradiction, Link
from feiqian.protocol.fork_proof import encode_fork_proof
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.protocol.status_list import AllowanceStatus


class Witness:
    """Hears cheques on some allowances; `allowances` is kept up to date.

    A new cheque is held against a chain of cheques that agree: one that contradicts it is enough to convict.

    `accused` names contradictory cheques, `forks` are new convictions, `heard` the cheques that were new and that
    nobody claims: those three are for the caller to store.
    """

    def __init__(
        self,
        allowances: dict[AllowanceRef, AllowanceFacts],
        claims: Iterable[ClaimFacts],
        testimonies: Iterable[Testimony],
        at: int,
    ) -> None:
        self._allowances = allowances
        self._at = at
        self._known: dict[AllowanceRef, dict[StatementId, bytes]] = {ref: {} for ref in allowances}
        self._chains: dict[AllowanceRef, Chain] = {ref: Chain() for ref in allowances}
        known = [(claim.link, claim.allowance_ref, claim.raw) for claim in claims]
        known += [(one.link, one.allowance_ref, one.raw) for one in testimonies]
        for link, ref, raw in sorted(known):
            if link.cheque_id not in self._known[ref]:
                self._known[ref][link.cheque_id] = raw
                self._chains[ref].add(link)
        self.accused: set[StatementId] = set()
        self.forks: list[Fork] = []
        self.heard: list[Testimony] = []

    def hear(self, ref: AllowanceRef, link: Link, raw: bytes, *, unclaimed: bool = False) -> None:
        """Takes a cheque in; a known one says nothing new. `unclaimed`: it comes as no claim and must be kept."""
        known = self._known[ref]
        if link.cheque_id in known:
            return
        found = self._chains[ref].add(link)
        if found is not None:
            other, why = found
            self.accused |= {other.cheque_id, link.cheque_id}
            self._convict(ref, known[other.cheque_id], raw, why)
        known[link.cheque_id] = raw
        if unclaimed:
            self.heard.append(Testimony(ref, link, raw))

    def _convict(self, ref: AllowanceRef, one: bytes, other: bytes, why: Contradiction) -> None:
        allowance = self._allowances[ref]
        if allowance.forked:
            return
        proof = encode_fork_proof(allowance.raw, one, other)
        self.forks.append(Fork(ref=ref, reason=why.value, proof=proof, found_at=self._at))
        self._allowances[ref] = suspended(replace(allowance, forked=True), SuspendReason.FORK)


def suspended(allowance: AllowanceFacts, reason: SuspendReason) -> AllowanceFacts:
    """The allowance as the next list names it; what was suspended before keeps its first reason."""
    if allowance.status is AllowanceStatus.SUSPENDED:
        return allowance
    return replace(allowance, status=AllowanceStatus.SUSPENDED, reason=reason.value)
