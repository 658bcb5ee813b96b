"""An allowance and one cheque on it, by themselves: who signed, and whether the arithmetic holds (spec 04).

The pieces that the check of a payment, of a credit and of a fork proof are made of. `Knowledge` is what all of them
need to know of the world.
"""

from collections.abc import Iterable
from typing import Protocol

from feiqian.protocol import cose
from feiqian.protocol.allowance import AllowanceTerms, HolderCheck, allowance_in, allowance_prefix, allowance_ref
from feiqian.protocol.cheque import Cheque, ChequeForm, ChequeTerms, cheque_prefix
from feiqian.protocol.cose import Envelope
from feiqian.protocol.ids import KeyId, StatementId
from feiqian.protocol.keys import KeyReader, PublicKey
from feiqian.protocol.limits import PREVIOUS_BYTES
from feiqian.protocol.policy import Guarantee, Policy
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
    def read_key(self) -> KeyReader:
        """How the keys in a statement are read."""

    def key(self, role: KeyRole, key_id: KeyId) -> PublicKey | None:
        """The key that a short id looks up."""

    def check_key_age(self, role: KeyRole, key: PublicKey, begins_at: int) -> None:
        """Refuses KEY_RETIRED."""

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
    return VerifiedAllowance(
        SEAL,
        terms,
        allowance_id,
        allowance_ref(allowance_id),
        envelope.raw,
        issuer_key,
        knowledge.read_key(terms.device_key),
        cheque_prefix(allowance_id, knowledge.deployment),
    )


def verify_issuer(envelope: Envelope, allowance: VerifiedAllowance) -> None:
    """Refuses ISSUER_SIGNATURE_INVALID unless the issuer signed this allowance."""
    allowance.issuer_key.verify_digest(envelope.signature, allowance.allowance_id, RefusalCode.ISSUER_SIGNATURE_INVALID)


def verify_device(cheque: Cheque, allowance: VerifiedAllowance) -> StatementId:
    """The cheque's id; refuses DEVICE_SIGNATURE_INVALID unless the allowance's device signed it."""
    return cose.verify(
        cheque.envelope, allowance.cheque_prefix, allowance.device_key, RefusalCode.DEVICE_SIGNATURE_INVALID
    )


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


def check_cover(terms: ChequeTerms, allowance: VerifiedAllowance, credits: Iterable[VerifiedCredit]) -> None:
    """Refuses NOT_COVERED above what is reserved plus the distinct credits shown with the cheque."""
    covered_minor = allowance.terms.amount_minor + sum(credit.amount_minor for credit in credits)
    if terms.cumulative_minor > covered_minor:
        raise Refused(RefusalCode.NOT_COVERED)
