/**
 * Every limit of the wire, named once. Parsers refuse above them before they spend work on the bytes.
 *
 * Sizes are bytes, amounts minor units, times seconds. Limits that an operator may choose (caps, windows, ages) are
 * policy and travel in the trust pack (`policy.ts`), not here. A test holds these figures against limits.py.
 */

export const WIRE_VERSION = 1;

/** Largest amount: what a double holds exactly, so that every language can carry it. */
export const AMOUNT_MAX_MINOR = 2n ** 53n - 1n;
export const TIME_MAX_S = 2 ** 40 - 1;
export const COUNTER_MAX = 2 ** 32 - 1;
export const TIER_MAX = 15;
export const TIER_KNOWN_MAX = 4;
export const TTL_MAX_S = 86_400;

export const REF_BYTES = 8;
export const KEY_ID_BYTES = 4;
export const ID_BYTES = 32;
export const PREVIOUS_BYTES = 16;
export const CHALLENGE_BYTES = 16;
export const PUBLIC_KEY_BYTES = 33;
export const SIGNATURE_BYTES = 64;
export const CREDITS_HASH_BYTES = 16;
export const CODE_BYTES = 16;
export const BATCH_ID_BYTES = 16;

export const PAYEE_NAME_MAX_BYTES = 23;
export const REFERENCE_MAX_BYTES = 32;
export const DEPLOYMENT_MAX_BYTES = 16;

/** Any one signed statement that travels by code or tap. */
export const STATEMENT_MAX_BYTES = 2_048;
export const PRESENTATION_MAX_BYTES = 4_096;
export const CREDITS_MAX_BYTES = 2_048;
export const CREDITS_MAX = 3;
export const HOPS_MAX = 2;
/** What one QR of version 14, ECC M, holds. */
export const ONE_CODE_MAX_BYTES = 349;
export const FRAME_MAX_BYTES = 300;
export const FRAMES_MAX = 64;

export const CLAIMS_MAX = 1_000;
export const CLAIM_MAX_BYTES = 4_096;
export const BATCH_MAX_BYTES = 4 * 1024 * 1024;
export const ANSWER_MAX_BYTES = 256 * 1024;
export const TRUST_PACK_MAX_BYTES = 4 * 1024 * 1024;
export const TRUST_INDEX_MAX_BYTES = 1_024;
export const STATUS_LIST_MAX_BYTES = 2 * 1024 * 1024;
export const STATUS_LIST_MAX_ENTRIES = 2 ** 23;
export const NESTING_MAX = 6;
