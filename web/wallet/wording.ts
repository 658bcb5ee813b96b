/** How this wallet writes amounts and instants inside its sentences; the same in both languages and in Python. */

const LATEST_S = 253_402_300_799; // the end of the year 9999: no clock that anybody goes by is beyond it

/** An amount of minor units, two decimals: 12.50 EUR. */
export function amountWords(amountMinor: bigint, currency: string): string {
  const whole = (amountMinor / 100n).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  return `${whole}.${(amountMinor % 100n).toString().padStart(2, "0")} ${currency}`;
}

/** An instant to the minute, in UTC: 2026-11-22 10:00 UTC. */
export function instantWords(at: number): string {
  if (at > LATEST_S) return "-";
  return `${new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
