"""The trust pack on this device: it only ever goes forwards, and its newest root keys are the ones that count."""

from feiqian.protocol.trust import Trust, TrustRoot, advance
from feiqian.wallet.ports import OperatorLink, Parts
from feiqian.wallet.records import HeldTrust
from feiqian.wallet.troubles import WalletTrouble


def refresh_trust(parts: Parts, link: OperatorLink) -> bool:
    """Fetch the newest pack and keep it if it is newer; True if it was. Raises Refused for an older or forged one."""
    before = parts.store.trust()
    pack = link.trust_pack()
    held = parts.store.trust()
    if held is None:
        raise WalletTrouble("not_enrolled")
    if before is not None and held.pack != before.pack:
        return True  # another process has fetched one while this one waited: ours is no news, and no rollback
    return _take(parts, held, pack)


def held_pack(parts: Parts) -> bytes:
    """The pack that is held, to be shown to another device. Raises WalletTrouble not_enrolled."""
    held = parts.store.trust()
    if held is None:
        raise WalletTrouble("not_enrolled")
    return held.pack


def take_pack(parts: Parts, pack: bytes) -> bool:
    """Keep a pack that another device showed, if it is newer; True if it was. Raises as `refresh_trust`.

    Whoever hands it over need not be trusted: it is checked as one from the operator is.
    """
    held = parts.store.trust()
    if held is None:
        raise WalletTrouble("not_enrolled")
    return _take(parts, held, pack)


def _take(parts: Parts, held: HeldTrust, pack: bytes) -> bool:
    trust = parts.found.trust(held)
    fresh = advance(trust, pack)
    if fresh is trust:
        return False
    newest = _held_of(fresh)
    parts.store.put_trust(newest)
    parts.found.believe(newest, fresh)
    return True


def _held_of(trust: Trust) -> HeldTrust:
    """The pack with its own root keys: the next one must be signed by these."""
    key_set = trust.key_set
    root = TrustRoot(deployment=trust.deployment, roots=key_set.roots, threshold=key_set.threshold)
    return HeldTrust(root=root, pack=trust.raw)
