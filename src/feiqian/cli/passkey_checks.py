"""Who checks the passkeys of this operator's wallets: `keys.attestation_packed`, if its library is installed."""

from collections.abc import Callable
from importlib.util import find_spec

from feiqian.issuer.ports import Attestor
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import AttestationRoot, Attested

Roots = Callable[[], list[AttestationRoot]]


def passkeys_of(
    origin: Callable[[], str | None], clock: Callable[[], int], *, without_attestation: bool
) -> Callable[[Roots], Attestor]:
    """What makes the attestor of passkeys. `origin` is asked each time: a key set may name another one at any time."""
    return lambda roots: _Passkeys(origin, roots, clock, without_attestation=without_attestation)


class _Passkeys:
    """An `Attestor` for the passkeys of the origin that is in force; refuses them all where there is none."""

    def __init__(
        self, origin: Callable[[], str | None], roots: Roots, clock: Callable[[], int], *, without_attestation: bool
    ) -> None:
        self._origin, self._roots, self._clock = origin, roots, clock
        self._without_attestation = without_attestation

    def attest(self, evidence: bytes, *, device_key: bytes, challenge: bytes, known: Attested | None) -> Attested:
        """What the evidence shows of `device_key`. Raises IssuerTrouble attestation_refused."""
        origin = self._origin()
        if origin is None:
            raise IssuerTrouble("attestation_refused", why="passkeys are not taken here")
        if find_spec("fido2") is None:
            raise IssuerTrouble("attestation_refused", why="feiqian[passkey] is not installed at the operator")
        from feiqian.keys.attestation_packed import PasskeyAttestor

        attestor = PasskeyAttestor(
            origin=origin, roots=self._roots, clock=self._clock, without_attestation=self._without_attestation
        )
        return attestor.attest(evidence, device_key=device_key, challenge=challenge, known=known)
