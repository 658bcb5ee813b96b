"""What the operator itself believes: its own key set and policies, no lists (its books know better)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import KeyReader, PublicKey, load_public_key
from feiqian.protocol.policy import Guarantee, GuaranteeSteps, Policy
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.protocol.trust_pack import KeyRole, TrustedKey, decode_key_set


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key of the key set, and when it was in service."""

    key: PublicKey
    entry: TrustedKey


class OperatorKnowledge:
    """A `verify_allowance.Knowledge` whose lists are as old as the payee's at the moment that is judged.

    By itself it knows no lists at all; `at_list_age` gives the one that does. There are only a few of those, a step of
    the guarantee each, so that what was found good under one need not be looked at again for the next claim.
    """

    def __init__(
        self,
        deployment: str,
        keys: Mapping[tuple[int, KeyId], KnownKey],
        policies: Mapping[str, GuaranteeSteps],
        guarantees: Mapping[str, Guarantee],
        read_key: KeyReader,
    ) -> None:
        """Use `of_key_set`. `guarantees` holds what the payee's knowledge was worth, by currency."""
        self.deployment = deployment
        self.read_key = read_key
        self._keys = keys
        self._policies = policies
        self._guarantees = guarantees
        self._aged: dict[int, OperatorKnowledge] = {}  # by the identity of a step, which lives as long as this

    @classmethod
    def of_key_set(cls, deployment: str, key_set: bytes, read_key: KeyReader = load_public_key) -> "OperatorKnowledge":
        """From the payload of the operator's own key set. Raises Refused."""
        decoded = decode_key_set(key_set)
        keys: dict[tuple[int, KeyId], KnownKey] = {}
        for entry in decoded.keys:
            key = read_key(entry.key)
            keys.setdefault((entry.role, key.key_id), KnownKey(key, entry))
        policies = {policy.currency: GuaranteeSteps(policy) for policy in decoded.policies}
        unaged = {currency: steps.at(None) for currency, steps in policies.items()}
        return cls(deployment, keys, policies, unaged, read_key)

    def at_list_age(self, currency: str, list_age_s: int | None) -> "OperatorKnowledge":
        """The same with lists of this age; None when the payee had no valid knowledge. Refuses CURRENCY_MISMATCH."""
        guarantee = self._steps(currency).at(list_age_s)
        aged = self._aged.get(id(guarantee))
        if aged is None:
            guarantees = {**self._guarantees, currency: guarantee}
            aged = OperatorKnowledge(self.deployment, self._keys, self._policies, guarantees, self.read_key)
            self._aged[id(guarantee)] = aged
        return aged

    def under(self, policies: Iterable[Policy]) -> "OperatorKnowledge":
        """The same keys, under the policies of another time."""
        steps = {policy.currency: GuaranteeSteps(policy) for policy in policies}
        unaged = {currency: step.at(None) for currency, step in steps.items()}
        return OperatorKnowledge(self.deployment, self._keys, steps, unaged, self.read_key)

    def key(self, role: KeyRole, key_id: KeyId) -> PublicKey | None:
        """The key that a short id looks up, retired or not."""
        known = self._keys.get((role, key_id))
        return None if known is None else known.key

    def check_key_age(self, role: KeyRole, key: PublicKey, begins_at: int) -> None:
        """Refuses KEY_RETIRED unless the key was in service when what it signed begins, and is not revoked."""
        known = self._keys.get((role, key.key_id))
        if known is not None and known.key.point == key.point:
            entry = known.entry
            if entry.revoked_at is None and entry.not_before <= begins_at <= entry.not_after:
                return
        raise Refused(RefusalCode.KEY_RETIRED)

    def status(self, issuer_key_id: KeyId, status_index: int) -> AllowanceStatus:  # noqa: ARG002  # the port's shape
        """GOOD: what the books know of an allowance is judged apart, by what the payee could know."""
        return AllowanceStatus.GOOD

    def policy(self, currency: str) -> Policy:
        """The policy; refuses CURRENCY_MISMATCH."""
        return self._steps(currency).policy

    def guarantee(self, currency: str, now: int) -> Guarantee:  # noqa: ARG002  # the port's shape
        """What the payee's knowledge was worth at the moment that is judged. Refuses CURRENCY_MISMATCH."""
        guarantee = self._guarantees.get(currency)
        return self._steps(currency).at(None) if guarantee is None else guarantee

    def _steps(self, currency: str) -> GuaranteeSteps:
        steps = self._policies.get(currency)
        if steps is None:
            raise Refused(RefusalCode.CURRENCY_MISMATCH, f"{currency} is not served here")
        return steps
