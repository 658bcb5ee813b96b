/** What comes after each answer at the counter. Pure: the till decides, this only says which question stands next. */

import type { Decision } from "../app.ts";

/** What a person has agreed to so far for this one payment; nothing of it outlives the payment. */
export interface Agreed {
  readonly finalMinor?: bigint;
  readonly atOwnRisk?: boolean;
}

export type Answer = Decision | { kind: "frame"; have: number; of: number };
export type Asking = Extract<Decision, { kind: "confirm" }>;
export type Decided = Exclude<Decision, Asking>;

export type Step =
  | { readonly kind: "shown" }
  | { readonly kind: "scanning"; readonly progress: { readonly have: number; readonly of: number } | null }
  | { readonly kind: "asking"; readonly asking: Asking; readonly scanned: string; readonly agreed: Agreed }
  | { readonly kind: "decided"; readonly decided: Decided };

/** A frame keeps the camera on; a question keeps what was scanned and agreed; anything else is the end. */
export function stepAfter(answer: Answer, scanned: string, agreed: Agreed): Step {
  switch (answer.kind) {
    case "frame":
      return { kind: "scanning", progress: { have: answer.have, of: answer.of } };
    case "confirm":
      return { kind: "asking", asking: answer, scanned, agreed };
    case "accepted":
    case "refused":
      return { kind: "decided", decided: answer };
  }
}

/** The final amount that may be taken: above zero and at most what the payer agreed to. */
export function mayTake(finalMinor: bigint | null, maximumMinor: bigint | null): boolean {
  return finalMinor !== null && finalMinor > 0n && (maximumMinor === null || finalMinor <= maximumMinor);
}
