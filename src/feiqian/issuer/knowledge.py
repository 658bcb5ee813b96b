"""What the operator itself believes: its own key set and policies, no lists (its books know better)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import PublicKey, load_public_key
from feiqian.protocol.policy import Guarantee, Policy, guarantee_at
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.protocol.trust_pack import KeyRole, TrustedKey, decode_key_set


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorKnowledge:
    """A `verify_allowance.Knowledge`. `list_age_s` is the age of the payee's list at the moment that is judged."""

    deployment: str
    keys: tuple[TrustedKey, ...]
    policies: tuple[Policy, ...]
    list_age_s: int | None = None

    @classmethod
    def of_key_set(cls, deployment: str, key_set: bytes) -> "OperatorKnowledge":
        """From the payload of the operator's own key set. Raises Refused."""
        decoded = decode_key_set(key_set)
        return cls(deployment=deployment, keys=decoded.keys, policies=decoded.policies)

    def at_list_age(self, list_age_s: int | None) -> "OperatorKnowledge":
        """The same with lists of another age; None when the payee had no valid knowledge."""
        return replace(self, list_age_s=list_age_s)

    def key(self, role: KeyRole, key_id: KeyId) -> PublicKey | None:
        """The key that a short id looks up, retired or not."""
        for entry in self._with_role(role):
            key = load_public_key(entry.key)
            if key.key_id == key_id:
                return key
        return None

    def check_key_age(self, role: KeyRole, key: PublicKey, begins_at: int) -> None:
        """Refuses KEY_RETIRED unless the key was in service when what it signed begins, and is not revoked."""
        for entry in self._with_role(role):
            if entry.key == key.point:
                if entry.revoked_at is None and entry.not_before <= begins_at <= entry.not_after:
                    return
                break
        raise Refused(RefusalCode.KEY_RETIRED)

    def status(self, issuer_key_id: KeyId, status_index: int) -> AllowanceStatus:  # noqa: ARG002  # the port's shape
        """GOOD: what the books know of an allowance is judged apart, by what the payee could know."""
        return AllowanceStatus.GOOD

    def policy(self, currency: str) -> Policy:
        """The policy; refuses CURRENCY_MISMATCH."""
        for policy in self.policies:
            if policy.currency == currency:
                return policy
        raise Refused(RefusalCode.CURRENCY_MISMATCH, f"{currency} is not served here")

    def guarantee(self, currency: str, now: int) -> Guarantee:  # noqa: ARG002  # the port's shape
        """What the payee's knowledge was worth at the moment that is judged."""
        return guarantee_at(self.policy(currency), self.list_age_s)

    def _with_role(self, role: KeyRole) -> Sequence[TrustedKey]:
        return [entry for entry in self.keys if entry.role == role]
