/** The outside of the terminal app, as its composition root (start.ts) chose it and as tests put other parts in. */

import type { Stopwatch } from "../platform/clock.ts";
import type { PayeeOperator } from "../platform/operator_payee.ts";
import type { ReachWatch } from "../platform/reach.ts";
import type { RecordStore } from "../platform/store.ts";
import type { Vault } from "../platform/vault.ts";
import type { VaultRecovery } from "../platform/vault_recovery.ts";
import type { Language } from "../protocol/words.ts";
import type { KeyMaker, Randomness } from "./ports.ts";

/** What the app asks of the vault; `Vault` has it. */
export type VaultDoor = Pick<
  Vault,
  | "state"
  | "pinWaitUntil"
  | "passkeyEnrolled"
  | "create"
  | "unlock"
  | "checkPin"
  | "unlockWithPasskey"
  | "addPasskey"
  | "changePin"
  | "lock"
>;

/** The outside of one app, as its composition root chose it. */
export interface Surroundings {
  readonly vault: VaultDoor;
  /** How a till that its PIN has locked is opened again; loaded when it is first asked. */
  readonly recovery: Pick<VaultRecovery, "keep" | "request" | "open">;
  readonly openStore: () => Promise<RecordStore>;
  readonly passkeysPossible: boolean;
  readonly keys: KeyMaker;
  readonly clock: () => number;
  readonly stopwatch: Stopwatch;
  readonly randomness: Randomness;
  readonly version: string;
  /** Where this app was loaded from: its operator. */
  readonly server: string;
  /** The operator as the holder of this token sees it. */
  readonly operator: (token: string | undefined) => PayeeOperator;
  readonly watch: ReachWatch;
  readonly language: () => Language;
  readonly setLanguage: (language: Language) => void;
  /** Fulfilled when failures can be said in words. */
  readonly troubleWords: () => Promise<void>;
}
