/** What the wallet app needs from outside, as its composition root chooses it: `start.ts` for a browser, tests for theirs. */

import type { Stopwatch } from "../platform/clock.ts";
import type { PayerOperator } from "../platform/operator_payer.ts";
import type { ReachWatch } from "../platform/reach.ts";
import type { RecordStore } from "../platform/store.ts";
import type { Vault } from "../platform/vault.ts";
import type { Language } from "../protocol/words.ts";
import type { Surroundings } from "./session.ts";

/** What the app asks of the vault; `Vault` has it. */
export type VaultDoor = Pick<
  Vault,
  | "state"
  | "pinWaitUntil"
  | "guesses"
  | "passkeyEnrolled"
  | "create"
  | "unlock"
  | "checkPin"
  | "unlockWithPasskey"
  | "checkPasskey"
  | "addPasskey"
  | "removePasskey"
  | "changePin"
  | "lock"
>;

/** What the app asks of `by_passkey.ts`. */
export type ByPasskey = Pick<typeof import("./by_passkey.ts"), "passkeyFor" | "signed" | "closingSigned">;

/** The outside of one app, as its composition root chose it. */
export interface Outside extends Omit<Surroundings, "reach"> {
  readonly vault: VaultDoor;
  readonly openStore: () => Promise<RecordStore>;
  readonly passkeysPossible: boolean;
  /** The part that pays by passkey. */
  readonly byPasskey: () => Promise<ByPasskey>;
  readonly stopwatch: Stopwatch;
  /** Where this app was loaded from: its operator. */
  readonly server: string;
  /** The operator as the holder of this token sees it. */
  readonly operator: (token: string | undefined) => PayerOperator;
  readonly watch: ReachWatch;
  readonly language: () => Language;
  readonly setLanguage: (language: Language) => void;
  /** Fulfilled when failures can be said in words. */
  readonly troubleWords: () => Promise<void>;
}

/** What a session needs of it. */
export function surroundingsIn(outside: Outside): Surroundings {
  const { vault, watch } = outside;
  return { ...outside, reach: () => watch.reach, guesses: () => vault.guesses };
}
