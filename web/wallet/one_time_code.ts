/**
 * One-time codes at the wallet: typed in by the holder, bound to the cheque, and never kept (spec 03.4).
 *
 * Loaded only for allowances that ask for codes. Whether the digits are right only the operator can tell, when the cheque
 * is claimed. What can be told here is told before a counter is burned: that a code is needed, that this is none, and that
 * an earlier payment carries the same one.
 */

import { decodeCheque } from "../protocol/cheque.ts";
import type { RequestHash } from "../protocol/ids.ts";
import { equal, type Octets } from "../protocol/octets.ts";
import { codeValue, readDigits } from "../protocol/one_time_code.ts";
import { Refused } from "../protocol/refusals.ts";
import type { Holdings, Live } from "./holdings.ts";
import type { Parts } from "./ports.ts";
import type { PaymentRecord } from "./records.ts";
import { WalletTrouble } from "./troubles.ts";
import { amountWords } from "./wording.ts";

/** So many payments are looked at for the same code: more than all allowances on a device have cheques. */
const LOOKED_BACK = 200;

/** What the next cheque is to say: how much, in answer to what. */
export interface Coded {
  readonly amountMinor: bigint;
  readonly requestHash?: RequestHash | undefined;
}

/**
 * What the next cheque of an allowance carries of these digits; undefined where none are needed and none were given.
 *
 * Throws WalletTrouble one_time_code_needed, one_time_code_malformed, one_time_code_used; then nothing was burned.
 */
export async function codeInCheque(
  parts: Parts,
  holdings: Holdings,
  { record, allowance }: Live,
  codeKey: Octets,
  { amountMinor, requestHash }: Coded,
  typed: string | undefined,
): Promise<Octets | undefined> {
  const { currency } = allowance.terms;
  if (typed === undefined) {
    const { codeAboveMinor } = holdings.trust.policy(currency);
    if (codeAboveMinor === undefined || amountMinor <= codeAboveMinor) return undefined;
    throw new WalletTrouble("one_time_code_needed", { amount: amountWords(amountMinor, currency) });
  }
  const digits = digitsIn(typed);
  if (await isUsed(parts, holdings, digits)) throw new WalletTrouble("one_time_code_used");
  return codeValue(codeKey, allowance.allowanceId, record.counter + 1, requestHash, digits);
}

function digitsIn(typed: string): string {
  try {
    return readDigits(typed);
  } catch (error) {
    throw error instanceof Refused ? new WalletTrouble("one_time_code_malformed") : error;
  }
}

/** Whether an earlier payment carries these digits: only their MAC is kept, so it is made anew and compared. */
async function isUsed(parts: Parts, holdings: Holdings, digits: string): Promise<boolean> {
  for (const payment of parts.store.payments().slice(0, LOOKED_BACK)) {
    const live = holdings.lives.find((one) => equal(one.record.topUpId, payment.topUpId));
    if (live !== undefined && (await carries(payment, live, digits))) return true;
  }
  return false;
}

async function carries(payment: PaymentRecord, { record, allowance }: Live, digits: string): Promise<boolean> {
  const { codeKey } = record;
  if (codeKey === undefined || payment.state === "unsigned" || payment.state === "abandoned") return false;
  const { code, counter, request } = decodeCheque(payment.cheque).terms;
  if (code === undefined) return false;
  return equal(code, await codeValue(codeKey, allowance.allowanceId, counter, request, digits));
}
