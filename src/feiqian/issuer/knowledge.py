"""What the operator itself believes: its own key set and policies, no lists (its books know better)."""

from collections.abc import Mapping
from dataclasses import dataclass

from feiqian.protocol.ids import KeyId, TerminalRef
from feiqian.protocol.keys import KeyReader, PublicKey, load_public_key
from feiqian.protocol.policy import Guarantee, GuaranteeSteps, Policy
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.protocol.trust_pack import KeyRole, KeySet, TrustedKey, decode_key_set


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
        passkey_origin: str | None,
    ) -> None:
        """Use `of_key_set`. `guarantees` holds what the payee's knowledge was worth, by currency."""
        self.deployment = deployment
        self.passkey_origin = passkey_origin
        self.read_key = read_key
        self.keys = keys
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
        return cls(deployment, keys, policies, unaged, read_key, decoded.passkey_origin)

    def at_list_age(self, currency: str, list_age_s: int | None) -> "OperatorKnowledge":
        """The same with lists of this age; None when the payee had no valid knowledge. Refuses CURRENCY_MISMATCH."""
        guarantee = self._steps(currency).at(list_age_s)
        aged = self._aged.get(id(guarantee))
        if aged is None:
            guarantees = {**self._guarantees, currency: guarantee}
            aged = OperatorKnowledge(
                self.deployment, self.keys, self._policies, guarantees, self.read_key, self.passkey_origin
            )
            self._aged[id(guarantee)] = aged
        return aged

    def as_of(self, key_set: KeySet) -> "OperatorKnowledge":
        """What whoever held this earlier key set of ours knew: its policies and origin, and what it says of its keys.

        So a key that was revoked later does not take back what was accepted before.
        """
        steps = {policy.currency: GuaranteeSteps(policy) for policy in key_set.policies}
        unaged = {currency: step.at(None) for currency, step in steps.items()}
        keys = dict(self.keys)
        for entry in key_set.keys:
            key = self.read_key(entry.key)
            keys[entry.role, key.key_id] = KnownKey(key, entry)
        return OperatorKnowledge(self.deployment, keys, steps, unaged, self.read_key, key_set.passkey_origin)

    def believing(self, later: "OperatorKnowledge") -> "OperatorKnowledge":
        """These policies, with what `later` knows of keys: for a payee that held a newer index than it names."""
        return OperatorKnowledge(
            self.deployment, later.keys, self._policies, self._guarantees, self.read_key, self.passkey_origin
        )

    def key(self, role: KeyRole, key_id: KeyId) -> PublicKey | None:
        """The key that a short id looks up, retired or not."""
        known = self.keys.get((role, key_id))
        return None if known is None else known.key

    def check_key_age(self, role: KeyRole, key: PublicKey, begins_at: int) -> None:
        """Refuses KEY_RETIRED unless the key was in service when what it signed begins, and is not revoked."""
        known = self.keys.get((role, key.key_id))
        if known is not None and known.key.point == key.point:
            entry = known.entry
            if entry.revoked_at is None and entry.not_before <= begins_at <= entry.not_after:
                return
        raise Refused(RefusalCode.KEY_RETIRED)

    def check_terminal(self, ref: TerminalRef, at: int) -> None:
        """Nothing: what a payee took while it could not know of a revocation, it took in good faith."""

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
