/** One-time codes and attestation roots of the made-up operator. */

import { ago, bytes, DAY, HOUR, type Json } from "./fake_spelling.ts";

export const wrongCodes: readonly Json[] = ["wrong", "reused"].map((fault, number) => ({
  cheque_id: bytes(number + 60, 32),
  ref: bytes(number + 160),
  payer_id: bytes(number + 1),
  device_id: bytes(number + 20),
  fault,
  found_at: ago((5 - 2 * number) * HOUR),
}));

export const authenticators: Json = {
  authenticators: [
    {
      authenticator_id: bytes(70, 16),
      kind: "hotp",
      added_at: ago(90 * DAY),
      confirmed_at: ago(90 * DAY),
      removed_at: ago(9 * DAY),
    },
    {
      authenticator_id: bytes(71, 16),
      kind: "totp",
      added_at: ago(9 * DAY),
      confirmed_at: ago(9 * DAY),
      removed_at: null,
    },
    { authenticator_id: bytes(72, 16), kind: "totp", added_at: ago(HOUR), confirmed_at: null, removed_at: null },
  ],
  wrong_codes: wrongCodes.slice(0, 1),
};

const ROOTS = [
  ["Infineon OPTIGA", "tpm", 80, "lin.hua", null, null],
  ["Card maker", "card", 40, null, null, null],
  ["Old passkeys", "passkey", 200, "lin.hua", 12, "lin.hua"],
] as const;
export const roots: readonly Json[] = ROOTS.map(([maker, tier, added, addedBy, removed, removedBy], number) => ({
  fingerprint: bytes(number + 80, 32),
  tier,
  maker,
  certificate: bytes(number + 90, 48),
  added_at: ago(added * DAY),
  added_by: addedBy,
  removed_at: removed === null ? null : ago(removed * DAY),
  removed_by: removedBy,
}));
