"""Every limit of the wire, named once. Parsers refuse above them before they spend work on the bytes.

Sizes are bytes, amounts minor units, times seconds. Limits that an operator may choose (caps, windows, ages) are
policy and travel in the trust pack (`trust_pack.Policy`), not here.
"""

WIRE_VERSION = 1

AMOUNT_MAX_MINOR = 2**53 - 1
"""Largest amount: what a double holds exactly, so that every language can carry it."""
TIME_MAX_S = 2**40 - 1
COUNTER_MAX = 2**32 - 1
TIER_MAX = 15
TIER_KNOWN_MAX = 4
"""The highest of `allowance.Tier`, which a test compares."""
TTL_MAX_S = 86_400

REF_BYTES = 8
KEY_ID_BYTES = 4
ID_BYTES = 32
PREVIOUS_BYTES = 16
CHALLENGE_BYTES = 16
PUBLIC_KEY_BYTES = 33
SIGNATURE_BYTES = 64
CREDITS_HASH_BYTES = 16
CODE_BYTES = 16
BATCH_ID_BYTES = 16

PAYEE_NAME_MAX_BYTES = 23
REFERENCE_MAX_BYTES = 32
DEPLOYMENT_MAX_BYTES = 16

STATEMENT_MAX_BYTES = 2_048
"""Any one signed statement that travels by code or tap."""
PRESENTATION_MAX_BYTES = 4_096
CREDITS_MAX_BYTES = 2_048
CREDITS_MAX = 3
HOPS_MAX = 2
ONE_CODE_MAX_BYTES = 349
"""What one QR of version 14, ECC M, holds."""
FRAME_MAX_BYTES = 300
FRAMES_MAX = 64

CLAIMS_MAX = 1_000
CLAIM_MAX_BYTES = 4_096
BATCH_MAX_BYTES = 4 * 1024 * 1024
ANSWER_MAX_BYTES = 256 * 1024
TRUST_PACK_MAX_BYTES = 4 * 1024 * 1024
TRUST_INDEX_MAX_BYTES = 1_024
STATUS_LIST_MAX_BYTES = 2 * 1024 * 1024
STATUS_LIST_MAX_ENTRIES = 2**23
NESTING_MAX = 6
