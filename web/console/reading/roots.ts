/** Makers' root certificates: whose word on where keys live is believed, who decided that, and when. */

import type { Fields } from "../../platform/json_answer.ts";
import { idIn } from "./ids.ts";

export interface Root {
  readonly fingerprint: string;
  readonly tier: string;
  readonly maker: string;
  readonly addedAt: number;
  /** Null where it was added by command. */
  readonly addedBy: string | null;
  readonly removedAt: number | null;
  readonly removedBy: string | null;
}

export const ROOT_TIERS = ["passkey", "tpm", "card"] as const;
export type RootTier = (typeof ROOT_TIERS)[number];

export interface NewRoot {
  readonly pem: string;
  readonly maker: string;
  readonly tier: RootTier;
}

export function rootsIn(fields: Fields): readonly Root[] {
  return fields.each("roots", rootIn);
}

export function rootIn(fields: Fields): Root {
  return {
    fingerprint: idIn(fields, "fingerprint"),
    tier: fields.text("tier"),
    maker: fields.text("maker"),
    addedAt: fields.instant("added_at"),
    addedBy: fields.textOrNull("added_by"),
    removedAt: fields.instantOrNull("removed_at"),
    removedBy: fields.textOrNull("removed_by"),
  };
}
