"""Evidence of a fork, made at the counter: two cheques of one allowance that contradict each other.

The terminal refuses the second one, and it is the only witness that holds both before anybody syncs. So it keeps them
as a fork proof (spec 05) that anyone can check with no server. It keeps only what it has checked itself, one proof an
allowance; no money and no claim changes by it.
"""

import hashlib
from collections.abc import Iterator

from feiqian.protocol import cose
from feiqian.protocol.chain import first_contradiction, link_of
from feiqian.protocol.credit import decode_credits
from feiqian.protocol.fork_proof import decode_fork_proof, encode_fork_proof, verify_fork_proof
from feiqian.protocol.presentation import Payment
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.verified import VerifiedAllowance
from feiqian.protocol.verify_allowance import identify_allowance
from feiqian.terminal.desk import Desk
from feiqian.terminal.records import KeptProof


class ForkSeen(Refused):
    """The refusal FORK_SEEN with the proof that was kept; None if what was shown does not convict by itself."""

    def __init__(self, refused: Refused, proof: KeptProof | None) -> None:
        super().__init__(RefusalCode.FORK_SEEN, refused.detail)
        self.proof = proof


def keep_fork_proof(desk: Desk, payment: Payment) -> KeptProof | None:
    """Keep the proof of a payment that was refused FORK_SEEN, and return it; the first of an allowance is enough."""
    allowance = identify_allowance(payment.allowance, desk.trust)
    kept = desk.store.proof_on(allowance.allowance_id)
    if kept is not None:
        return kept
    for other in _others(desk, payment, allowance):
        raw = encode_fork_proof(payment.allowance.raw, other, payment.cheque.envelope.raw)
        try:
            conviction = verify_fork_proof(decode_fork_proof(raw), desk.trust)
        except Refused:
            continue  # an honest cheque beside the two that contradict each other
        proof = KeptProof(
            proof_id=hashlib.sha256(raw).digest(),
            raw=raw,
            allowance_id=conviction.authority_id,
            reason=conviction.reason,
            time=desk.now(),
        )
        desk.store.keep_proof(proof)
        return proof
    return None


def _others(desk: Desk, payment: Payment, allowance: VerifiedAllowance) -> Iterator[bytes]:
    """Cheques of this device that may contradict the one shown: an accepted one, and those that its credits show."""
    cheque = payment.cheque
    cheque_id = cose.digest(allowance.cheque_prefix, cheque.envelope.payload)
    found = first_contradiction(link_of(cheque_id, cheque.terms), desk.store.links(allowance.ref))
    held = None if found is None else desk.store.cheque_bytes(found[0].cheque_id)
    if held is not None:
        yield held
    credits = () if payment.credits is None else decode_credits(payment.credits)
    yield from (credit.cheque for credit in credits if credit.statement is not None)
