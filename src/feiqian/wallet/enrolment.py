"""Enrolment: how a wallet becomes a payer's device (spec 07).

The account key is made and stored before the operator is asked, so a retry after a crash or a lost answer is the same
request and gets the same answer. The trust root is pinned here, once: the code came to the payer by another way.
"""

from dataclasses import dataclass

from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.wallet.counting import begin_counting
from feiqian.wallet.ports import OperatorLink, Parts
from feiqian.wallet.records import Enrolment, HeldTrust, Membership
from feiqian.wallet.troubles import WalletTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """What enrolment brought."""

    server: str
    deployment: str
    membership: Membership


def enrol(parts: Parts, link: OperatorLink, server: str, code: str, pin: str | None = None) -> Joined:
    """Enrol this wallet at `server` with a code. Raises WalletTrouble, Refused, Coded of the link.

    `pin` are the digits that some codes have beside them.

    Until it is done, another server or code may be tried: the key is kept as long as the server is the same.
    """
    store = parts.store
    begun = store.enrolment()
    if store.membership() is not None and begun is not None:
        raise WalletTrouble("already_enrolled", server=begun.server)
    begin_counting(parts)
    if begun is None or begun.server != server:
        begun = Enrolment(server=server, account_key=parts.keys.make(), begun_at=parts.clock())
        store.begin_enrolment(begun)
    account = parts.keys.load(begun.account_key)
    root = link.trust_root()
    proof = prove_possession(account, Purpose.ACCOUNT, root.deployment, code_context(code))
    enrolled = link.enrol(code=code, account_key=account.public_key, proof=proof, pin=pin)
    if enrolled.root != root:
        raise WalletTrouble("deployment_changed")
    pack = link.trust_pack()
    held = HeldTrust(root=root, pack=pack)
    trust = parts.found.first_trust(held)
    trust.policy(enrolled.membership.currency)
    store.finish_enrolment(enrolled.membership, held)
    parts.found.believe(held, trust)
    return Joined(server=server, deployment=root.deployment, membership=enrolled.membership)
