/**
 * What every check needs to know of the world: whom and what the verifier believes. `trust.ts` has the one that devices
 * hold.
 *
 * A knowledge never changes: whoever learns something holds a new one. What was found under it stays found.
 */

import type { KeyId, TerminalRef } from "./ids.ts";
import type { PublicKey } from "./keys.ts";
import type { Guarantee, Policy } from "./policy.ts";
import type { AllowanceStatus } from "./status_list.ts";
import type { KeyRole } from "./trust_pack.ts";

export interface Knowledge {
  /** The deployment whose statements count. */
  readonly deployment: string;
  /** The origin whose passkeys may sign cheques; undefined when none may. */
  readonly passkeyOrigin: string | undefined;
  /** The key that a short id looks up; undefined if there is none. */
  key(role: KeyRole, keyId: KeyId): Promise<PublicKey | undefined>;
  /** Refuses key_retired. */
  checkKeyAge(role: KeyRole, key: PublicKey, beginsAt: number): void;
  /** Refuses terminal_revoked for what a terminal signs at `at`. */
  checkTerminal(ref: TerminalRef, at: number): void;
  /** What is known of an allowance. */
  status(issuerKeyId: KeyId, statusIndex: number): AllowanceStatus;
  /** The policy; refuses currency_mismatch. */
  policy(currency: string): Policy;
  /** What this knowledge is worth at `now`, seconds since 1970. */
  guarantee(currency: string, now: number): Guarantee;
}
