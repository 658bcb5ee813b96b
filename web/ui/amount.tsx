/** An amount of money: large and tabular where it is what the screen is about; dots when amounts are hidden. */

import { digits } from "./format.ts";
import { UI } from "./ui_words.ts";
import { say } from "./words.ts";

interface Given {
  readonly minor: bigint;
  readonly currency: string;
  readonly size?: "hero" | "large" | "inline";
  readonly hidden?: boolean;
  readonly prefix?: string;
  readonly testid?: string;
}

export function AmountView({ minor, currency, size = "inline", hidden, prefix, testid }: Given) {
  const number = digits(minor);
  const long = size === "inline" || number.length <= 9 ? "" : number.length <= 11 ? " amount-long" : " amount-longer";
  return (
    <span class={`amount amount-${size}${long}`} data-testid={testid}>
      {prefix === undefined ? null : <span class="amount-prefix">{prefix} </span>}
      {hidden === true ? (
        <>
          <span aria-hidden="true" class="amount-hidden">
            ••••
          </span>
          <span class="unseen">{say(UI.hidden)}</span>
        </>
      ) : (
        <span class="amount-number">{number}</span>
      )}
      <span class="amount-currency">
        {"\u00a0"}
        {currency}
      </span>
    </span>
  );
}

const LONG = 7;
const LONGER = 10;

/** A smaller size for what would not stand in one line of a narrow phone. */
function lengthClass(whole: number): string {
  return whole > LONGER ? " amount-longer" : whole > LONG ? " amount-long" : "";
}

/** What is being typed on the pad, as an amount that grows. */
export function TypedAmount({ typed, currency }: { typed: string; currency: string }) {
  const [whole = "", cents] = typed.split(".");
  const grouped = (whole === "" ? "0" : whole).replace(/\B(?=(\d{3})+$)/gu, ",");
  return (
    <output
      class={`amount amount-hero typed-amount${lengthClass(grouped.length)}`}
      data-testid="typed-amount"
      data-empty={typed === ""}
    >
      <span class="amount-number">{cents === undefined ? grouped : `${grouped}.${cents}`}</span>
      <span class="amount-currency">
        {"\u00a0"}
        {currency}
      </span>
    </output>
  );
}
