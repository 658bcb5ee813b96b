"""The witness: hears every cheque that a device signed and convicts the device that contradicts itself (spec 04).

Cheques testify whether or not they are paid: claims, cheques that were given back, closing cheques. One conviction
suspends the allowance; the claims on both sides are kept.
"""

from collections.abc import Iterable
from dataclasses import replace

from feiqian.issuer.facts import AllowanceFacts, Testimony
from feiqian.issuer.guarantee import Chain
from feiqian.issuer.ports import IssuerUnit
from feiqian.issuer.values import Fork, SuspendReason
from feiqian.protocol.chain import Contradiction
from feiqian.protocol.fork_proof import encode_fork_proof
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.protocol.status_list import AllowanceStatus


class Witness:
    """Hears testimonies on some allowances; `allowances` is kept up to date.

    A new cheque is held against a chain of cheques that agree: one that contradicts it is enough to convict.

    `accused` names contradictory cheques, `heard` is what was new and is for the caller to store.
    """

    def __init__(self, unit: IssuerUnit, allowances: dict[AllowanceRef, AllowanceFacts], at: int) -> None:
        self._unit = unit
        self._allowances = allowances
        self._at = at
        self._known: dict[AllowanceRef, dict[StatementId, Testimony]] = {ref: {} for ref in allowances}
        self._chains: dict[AllowanceRef, Chain] = {ref: Chain() for ref in allowances}
        for testimony in sorted(unit.testimonies(allowances), key=lambda one: one.link):
            self._known[testimony.allowance_ref][testimony.link.cheque_id] = testimony
            self._chains[testimony.allowance_ref].add(testimony.link)
        self.accused: set[StatementId] = set()
        self.heard: list[Testimony] = []

    def hear(self, testimonies: Iterable[Testimony]) -> None:
        """Takes new testimonies in; known ones say nothing new."""
        for testimony in testimonies:
            known = self._known[testimony.allowance_ref]
            if testimony.link.cheque_id in known:
                continue
            found = self._chains[testimony.allowance_ref].add(testimony.link)
            if found is not None:
                other, why = found
                self.accused |= {other.cheque_id, testimony.link.cheque_id}
                self._convict(known[other.cheque_id], testimony, why)
            known[testimony.link.cheque_id] = testimony
            self.heard.append(testimony)

    def _convict(self, one: Testimony, other: Testimony, why: Contradiction) -> None:
        allowance = self._allowances[one.allowance_ref]
        if allowance.forked:
            return
        proof = encode_fork_proof(allowance.raw, one.raw, other.raw)
        self._unit.add_fork(Fork(ref=allowance.ref, reason=why.value, proof=proof, found_at=self._at))
        self._allowances[allowance.ref] = suspended(replace(allowance, forked=True), SuspendReason.FORK)


def suspended(allowance: AllowanceFacts, reason: SuspendReason) -> AllowanceFacts:
    """The allowance as the next list names it; what was suspended before keeps its first reason."""
    if allowance.status is AllowanceStatus.SUSPENDED:
        return allowance
    return replace(allowance, status=AllowanceStatus.SUSPENDED, reason=reason.value)
