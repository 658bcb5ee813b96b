"""An allowance and one cheque on it, by themselves: who signed, and whether the arithmetic holds (spec 04).

The pieces that the check of a payment, of a credit and of a fork proof are made of. `Knowledge` is what all of them
need to know of the world.
"""

from collections.abc import Iterable
from typing import Protocol

from feiqian.protocol import cose
from feiqian.protocol.allowance import AllowanceTerms, HolderCheck, Tier, allowance_in, allowance_prefix, allowance_ref
from feiqian.protocol.cheque import Cheque, ChequeForm, ChequeTerms, cheque_prefix
from feiqian.protocol.cose import Envelope
from feiqian.protocol.ids import KeyId, StatementId, TerminalRef
from feiqian.protocol.keys import KeyReader, PublicKey
from feiqian.protocol.limits import PREVIOUS_BYTES, SIGNATURE_BYTES
from feiqian.protocol.passkey import PasskeyKey
from feiqian.protocol.policy import Guarantee, Policy, TierRule
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.verified import SEAL, VerifiedAllowance, VerifiedCredit


class Knowledge(Protocol):
    """Whom and what the verifier believes; `trust.Trust` is one, an operator's own books are another.

    A knowledge never changes: whoever learns something holds a new one. What was found under it stays found.
    """

    @property
    def deployment(self) -> str:
        """The deployment whose statements count."""

    @property
    def passkey_origin(self) -> str | None:
        """The origin whose passkeys may sign cheques; None when none may."""

    @property
    def read_key(self) -> KeyReader:
        """How the keys in a statement are read."""

    def key(self, role: KeyRole, key_id: KeyId) -> PublicKey | None:
        """The key that a short id looks up."""

    def check_key_age(self, role: KeyRole, key: PublicKey, begins_at: int) -> None:
        """Refuses KEY_RETIRED."""

    def check_terminal(self, ref: TerminalRef, at: int) -> None:
        """Refuses TERMINAL_REVOKED for what a terminal signs at `at`."""

    def status(self, issuer_key_id: KeyId, status_index: int) -> AllowanceStatus:
        """What is known of an allowance."""

    def policy(self, currency: str) -> Policy:
        """The policy; refuses CURRENCY_MISMATCH."""

    def guarantee(self, currency: str, now: int) -> Guarantee:
        """What this knowledge is worth at `now`."""


def identify_allowance(envelope: Envelope, knowledge: Knowledge) -> VerifiedAllowance:
    """What an allowance would be if its signature holds; ISSUER_UNKNOWN without a key that could have signed it."""
    terms = allowance_in(envelope).terms
    issuer_key = knowledge.key(KeyRole.ISSUER, terms.issuer_key_id)
    if issuer_key is None:
        raise Refused(RefusalCode.ISSUER_UNKNOWN)
    allowance_id = cose.digest(allowance_prefix(issuer_key, knowledge.deployment), envelope.payload)
    device_key = knowledge.read_key(terms.device_key)
    return VerifiedAllowance(
        SEAL,
        terms,
        allowance_id,
        allowance_ref(allowance_id),
        envelope.raw,
        issuer_key,
        PasskeyKey(device_key, knowledge.passkey_origin) if terms.tier == Tier.PASSKEY else device_key,
        cheque_prefix(allowance_id, knowledge.deployment, terms.tier),
    )


def verify_issuer(envelope: Envelope, allowance: VerifiedAllowance) -> None:
    """Refuses ISSUER_SIGNATURE_INVALID unless the issuer signed this allowance."""
    allowance.issuer_key.verify_digest(envelope.signature, allowance.allowance_id, RefusalCode.ISSUER_SIGNATURE_INVALID)


def verify_device(cheque: Cheque, allowance: VerifiedAllowance) -> StatementId:
    """The cheque's id; refuses DEVICE_SIGNATURE_INVALID unless the allowance's device signed it.

    Before that, refuses as `check_signature_form` does.
    """
    check_signature_form(cheque, allowance)
    return cose.verify(
        cheque.envelope, allowance.cheque_prefix, allowance.device_key, RefusalCode.DEVICE_SIGNATURE_INVALID
    )


def check_signature_form(cheque: Cheque, allowance: VerifiedAllowance) -> None:
    """Refuses unless the cheque is signed as the allowance's tier signs: by an assertion if and only if by a passkey.

    SIGNATURE_FORM_MISMATCH, and of a passkey what `PasskeyKey.check_assertion` refuses.
    """
    key, signature = allowance.device_key, cheque.envelope.signature
    if isinstance(key, PasskeyKey):
        key.check_assertion(signature, cheque.terms.holder_check)
    elif len(signature) != SIGNATURE_BYTES:
        raise Refused(RefusalCode.SIGNATURE_FORM_MISMATCH, "an assertion on an allowance that is not a passkey's")


def check_amounts(cheque: Cheque, allowance: VerifiedAllowance) -> None:
    """The arithmetic of one cheque: 0 < amount <= cumulative (or 0 = amount when closing), and counter 1's base."""
    terms, amount_minor = cheque.terms, cheque.amount_minor
    cumulative_minor = terms.cumulative_minor
    if (amount_minor == 0) != (cheque.form is ChequeForm.CLOSING) or amount_minor > cumulative_minor:
        raise Refused(RefusalCode.AMOUNT_INVALID)
    if terms.counter == 1 and (
        cumulative_minor != amount_minor or terms.previous != allowance.allowance_id[:PREVIOUS_BYTES]
    ):
        raise Refused(RefusalCode.AMOUNT_INVALID, "the first cheque starts the chain")


def check_holder(cheque: Cheque, grant: AllowanceTerms) -> None:
    """Refuses HOLDER_CHECK_MISSING above the allowance's limit without a check, or for a code that is not there."""
    stated = cheque.terms.holder_check
    if stated == HolderCheck.ONE_TIME_CODE and cheque.terms.code is None:
        raise Refused(RefusalCode.HOLDER_CHECK_MISSING, "the one-time code is missing")
    if stated == HolderCheck.NONE and cheque.amount_minor > grant.holder_check_above_minor:
        raise Refused(RefusalCode.HOLDER_CHECK_MISSING)


def check_code(cheque: Cheque, policy: Policy) -> None:
    """Refuses HOLDER_CHECK_MISSING above the policy's limit without a one-time code; for allowances with an anchor."""
    needed = policy.code_above_minor is not None and cheque.amount_minor > policy.code_above_minor
    if needed and cheque.terms.code is None:
        raise Refused(RefusalCode.HOLDER_CHECK_MISSING, "this amount needs a one-time code")


def check_tier(cheque: Cheque, grant: AllowanceTerms, rule: TierRule) -> None:
    """Refuses TIER_TOO_LOW for a key of a lower tier than this payment asks for; an unknown one is the lowest."""
    if cheque.amount_minor > rule.most_minor(grant.tier, one_way=cheque.form is ChequeForm.ONE_WAY):
        raise Refused(RefusalCode.TIER_TOO_LOW)


def check_cover(terms: ChequeTerms, allowance: VerifiedAllowance, credits: Iterable[VerifiedCredit]) -> None:
    """Refuses NOT_COVERED above what is reserved plus the distinct credits shown with the cheque."""
    covered_minor = allowance.terms.amount_minor + sum(credit.amount_minor for credit in credits)
    if terms.cumulative_minor > covered_minor:
        raise Refused(RefusalCode.NOT_COVERED)
