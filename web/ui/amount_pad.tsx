/** Keys for an amount. */

import { Pad } from "./pad.tsx";
import { UI } from "./ui_words.ts";
import { say } from "./words.ts";

const WHOLE_MAX = 9;
const CENTS_MAX = 2;

/** What is typed after one more key: at most nine digits and two decimals, no leading zeros. */
export function amountKey(typed: string, key: string): string {
  if (key === "delete") return typed.slice(0, -1);
  const [whole = "", cents] = typed.split(".");
  if (key === ".") return cents === undefined ? `${whole === "" ? "0" : whole}.` : typed;
  if (cents !== undefined) return cents.length < CENTS_MAX ? typed + key : typed;
  if (whole === "0") return key;
  return whole.length < WHOLE_MAX ? typed + key : typed;
}

interface AmountGiven {
  readonly typed: string;
  readonly onTyped: (typed: string) => void;
  readonly disabled?: boolean;
}

export function AmountPad({ typed, onTyped, disabled }: AmountGiven) {
  return (
    <Pad
      onKey={(key) => onTyped(amountKey(typed, key))}
      disabled={disabled === true}
      corner={
        <button
          type="button"
          class="pad-quiet"
          disabled={disabled}
          aria-label={say(UI.point)}
          onClick={() => onTyped(amountKey(typed, "."))}
          data-testid="key-point"
        >
          .
        </button>
      }
    />
  );
}
