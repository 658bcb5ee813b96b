/** What can be wrong with the vault, the store and passkeys, with sentences. Codes are those of the Python vault. */

import { Coded, type Language, Sentences, type Words } from "../protocol/words.ts";
import { PIN_FAILURES_MAX } from "../risk/pin_waits.ts";
import type { VaultTroubles } from "./vault_trouble_en.ts";

export const VAULT_WORDS = new Sentences<VaultTroubles>();

export type VaultCode = keyof VaultTroubles;

/** What a sentence is filled with. */
export interface VaultFacts {
  readonly failures?: number;
  readonly waitS?: number;
  /** Seconds since 1970 by this device's clock. */
  readonly until?: number;
  readonly why?: string;
}

/** The vault, the store or a passkey cannot do what was asked; nothing was changed by it. */
export class VaultTrouble extends Coded {
  readonly code: VaultCode;
  readonly facts: VaultFacts;

  constructor(code: VaultCode, facts: VaultFacts = {}) {
    super(code);
    this.name = "VaultTrouble";
    this.code = code;
    this.facts = facts;
  }

  words(language: Language): Words {
    const { failures = 0, waitS = 0, until = 0, why = "" } = this.facts;
    const waits: Record<Language, string> = {
      en: ` Wait ${waitS} s before the next one.`,
      zh: `请等待 ${waitS} 秒后再试。`,
    };
    const parts: Record<string, string> = {
      left: String(PIN_FAILURES_MAX - failures),
      most: String(PIN_FAILURES_MAX),
      wait: waitS > 0 ? waits[language] : "",
      time: new Date(until * 1000).toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB"),
      why,
    };
    const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? "");
    const said = VAULT_WORDS.in(language)[this.code];
    return { message: fill(said.message), safe: fill(said.safe), next: fill(said.next) };
  }
}
