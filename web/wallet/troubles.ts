/**
 * What can go wrong on the payer's device, in words: what happened, what is safe, what to do next.
 *
 * Codes and sentences are those of src/feiqian/wallet/troubles.py (a test holds them together); only where that one names
 * a command, the next step is said as this app knows it.
 */

import { Coded, type Language, Sentences, type Words } from "../protocol/words.ts";
import type { WalletTroubles } from "./troubles_en.ts";

export const WALLET_WORDS = new Sentences<WalletTroubles>();

export type WalletCode = keyof WalletTroubles;

/** A rule of this wallet stops what was asked. Values are shown to people: no secret and no full id is among them. */
export class WalletTrouble extends Coded {
  readonly code: WalletCode;
  readonly values: Readonly<Record<string, string>>;

  constructor(code: WalletCode, values: Readonly<Record<string, string>> = {}) {
    super(code);
    this.name = "WalletTrouble";
    this.code = code;
    this.values = values;
  }

  words(language: Language): Words {
    const said = WALLET_WORDS.in(language)[this.code];
    return { message: this.#filled(said.message), safe: this.#filled(said.safe), next: this.#filled(said.next) };
  }

  #filled(text: string): string {
    return text.replace(/\{(\w+)\}/g, (_, name: string) => this.values[name] ?? "");
  }
}
