"""The trust pack on this device: it only ever goes forwards, and its newest root keys are the ones that count."""

from functools import lru_cache

from feiqian.protocol.trust import Trust, TrustRoot, advance, first_trust
from feiqian.wallet.ports import OperatorLink, Parts
from feiqian.wallet.records import HeldTrust
from feiqian.wallet.troubles import WalletTrouble


@lru_cache(maxsize=16)
def trust_of(held: HeldTrust) -> Trust:
    """What a stored pack says. It depends on these bytes alone, so its signatures are checked once. Raises Refused."""
    return first_trust(held.root, held.pack)


def refresh_trust(parts: Parts, link: OperatorLink) -> bool:
    """Fetch the newest pack and keep it if it is newer; True if it was. Raises Refused for an older or forged one."""
    before = parts.store.trust()
    pack = link.trust_pack()
    held = parts.store.trust()
    if held is None:
        raise WalletTrouble("not_enrolled")
    if before is not None and held.pack != before.pack:
        return True  # another process has fetched one while this one waited: ours is no news, and no rollback
    trust = trust_of(held)
    fresh = advance(trust, pack)
    if fresh is trust:
        return False
    parts.store.put_trust(held_of(fresh))
    return True


def held_of(trust: Trust) -> HeldTrust:
    """The pack with its own root keys: the next one must be signed by these."""
    key_set = trust.key_set
    root = TrustRoot(deployment=trust.deployment, roots=key_set.roots, threshold=key_set.threshold)
    return HeldTrust(root=root, pack=trust.raw)
