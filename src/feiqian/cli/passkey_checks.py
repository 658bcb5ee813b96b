"""Who checks the passkeys of this operator's wallets: `keys.attestation_packed`, if its library is installed."""

from collections.abc import Callable
from importlib.util import find_spec

from feiqian.issuer.ports import Attestor
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import AttestationRoot, Attested

Roots = Callable[[], list[AttestationRoot]]


def passkeys_of(
    origin: str | None, clock: Callable[[], int], *, without_attestation: bool
) -> Callable[[Roots], Attestor] | None:
    """What makes the attestor of passkeys, when the first one comes; None where the key set names no origin."""
    if origin is None:
        return None

    def made(roots: Roots) -> Attestor:
        if find_spec("fido2") is None:
            return _NotInstalled()
        from feiqian.keys.attestation_packed import PasskeyAttestor

        return PasskeyAttestor(origin=origin, roots=roots, clock=clock, without_attestation=without_attestation)

    return made


class _NotInstalled:
    """In place of the part that is missing: every passkey is refused, and the answer says why."""

    def attest(self, evidence: bytes, *, device_key: bytes, challenge: bytes, known: Attested | None) -> Attested:
        """Always refuses."""
        del evidence, device_key, challenge, known
        raise IssuerTrouble("attestation_refused", why="feiqian[passkey] is not installed at the operator")
