"""Refusals: every reason to say no, in the order in which the reasons are tried (docs/spec/errors.md).

A check that must not be ignored raises `Refused`; nothing here returns False for "not valid". When several
things are wrong with the same bytes, every implementation names the same one: the first in `RefusalCode`.
The sentences for people live in `refusal_words.py`.
"""

from enum import StrEnum

from feiqian.protocol.refusal_words import REFUSAL_WORDS
from feiqian.protocol.words import Coded, Language, Words


class RefusalCode(StrEnum):
    """The coded refusals. Order of definition is the normative order of the checks."""

    # The door: is there a message at all?
    PICTURE_UNREADABLE = "picture_unreadable"
    NOT_FEIQIAN = "not_feiqian"
    TOO_LARGE = "too_large"
    FRAME_MISMATCH = "frame_mismatch"
    FRAME_INCOMPLETE = "frame_incomplete"
    # The bytes: one way to write each message.
    MALFORMED = "malformed"
    NOT_CANONICAL = "not_canonical"
    HEADER_REFUSED = "header_refused"
    UPDATE_NEEDED = "update_needed"
    WRONG_MESSAGE = "wrong_message"
    FIELD_INVALID = "field_invalid"
    # Whose word it is.
    ISSUER_UNKNOWN = "issuer_unknown"
    ACQUIRER_UNKNOWN = "acquirer_unknown"
    # Who and what it is for.
    WRONG_ALLOWANCE = "wrong_allowance"
    CLOSING_CHEQUE = "closing_cheque"
    REQUEST_MISMATCH = "request_mismatch"
    PAYEE_NOT_NAMED = "payee_not_named"
    AUDIENCE_MISMATCH = "audience_mismatch"
    CURRENCY_MISMATCH = "currency_mismatch"
    AMOUNT_MISMATCH = "amount_mismatch"
    # When.
    REQUEST_EXPIRED = "request_expired"
    CODE_EXPIRED = "code_expired"
    NOT_YET_VALID = "not_yet_valid"
    ALLOWANCE_EXPIRED = "allowance_expired"
    CERTIFICATE_EXPIRED = "certificate_expired"
    # How much.
    OVER_PER_PAYMENT = "over_per_payment"
    OVER_COUNT = "over_count"
    OVER_ONE_WAY_CAP = "over_one_way_cap"
    OVER_UNSIGNED_CAP = "over_unsigned_cap"
    HOLDER_CHECK_MISSING = "holder_check_missing"
    TIER_TOO_LOW = "tier_too_low"
    SIGNATURE_FORM_MISMATCH = "signature_form_mismatch"
    PASSKEY_NOT_SERVED = "passkey_not_served"
    PASSKEY_FLAGS_REFUSED = "passkey_flags_refused"
    HOLDER_CHECK_MISMATCH = "holder_check_mismatch"
    AMOUNT_INVALID = "amount_invalid"
    CREDITS_MISMATCH = "credits_mismatch"
    TOO_MANY_CREDITS = "too_many_credits"
    # Whether we still trust it, and how fresh that knowledge is.
    KEY_RETIRED = "key_retired"
    TERMINAL_REVOKED = "terminal_revoked"
    ALLOWANCE_SUSPENDED = "allowance_suspended"
    TRUST_TOO_OLD = "trust_too_old"
    # Signatures, named by who should have signed.
    SIGNATURE_HIGH_S = "signature_high_s"
    ISSUER_SIGNATURE_INVALID = "issuer_signature_invalid"
    ACQUIRER_SIGNATURE_INVALID = "acquirer_signature_invalid"
    DEVICE_SIGNATURE_INVALID = "device_signature_invalid"
    TERMINAL_SIGNATURE_INVALID = "terminal_signature_invalid"
    CREDIT_INVALID = "credit_invalid"
    NOT_COVERED = "not_covered"
    # What we remember.
    ALREADY_ACCEPTED = "already_accepted"
    REQUEST_ANSWERED = "request_answered"
    FORK_SEEN = "fork_seen"
    # Trust packs and evidence.
    OPERATOR_SIGNATURE_INVALID = "operator_signature_invalid"
    THRESHOLD_NOT_MET = "threshold_not_met"
    PART_MISMATCH = "part_mismatch"
    VERSION_ROLLBACK = "version_rollback"
    NOT_CONTRADICTORY = "not_contradictory"


class Refused(Coded):
    """The other side's bytes were refused. `detail` is for developers and holds no secret and no full id."""

    def __init__(self, code: RefusalCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.reason = code
        self.detail = detail

    @property
    def code(self) -> RefusalCode:
        """Which refusal it is."""
        return self.reason

    def words(self, language: Language = "en") -> Words:
        """The three sentences of this refusal in `language`."""
        return REFUSAL_WORDS[self.code.value][language]
