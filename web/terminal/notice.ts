/** The issuer's word that a request is paid (flow 3): seldom, so it is loaded with the first. Mirrors part of accept.py. */

import type { Octets } from "../protocol/octets.ts";
import { Refused } from "../protocol/refusals.ts";
import { decodeSettledNotice } from "../protocol/settled_notice.ts";
import { verifySettledNotice } from "../protocol/verify_payee.ts";
import { termsOf } from "./accept.ts";
import type { Desk } from "./desk.ts";
import type { PaidRequest } from "./records.ts";
import { requestAfter } from "./states.ts";
import { TerminalTrouble } from "./troubles.ts";

/** A request that the issuer says is paid: final, nothing to be sent. */
export interface NoticeTaken {
  readonly paid: PaidRequest;
  readonly replayed: boolean;
}

/** Take the issuer's word that a request of ours is paid: final. Throws Refused, TerminalTrouble. */
export async function acceptNotice(desk: Desk, body: Octets): Promise<NoticeTaken> {
  const notice = decodeSettledNotice(body);
  const request = desk.store.request(notice.request);
  if (request === undefined) throw new Refused("request_mismatch", "no request of this terminal");
  const { requestHash } = request;
  await verifySettledNotice(notice, { terms: termsOf(request), requestHash }, desk.trust);
  if (requestAfter(request.state, "settle") === undefined) {
    throw new TerminalTrouble(request.state === "cancelled" ? "request_cancelled" : "request_already_paid");
  }
  const known = desk.store.paidRequest(requestHash);
  if (known !== undefined) return { paid: known, replayed: true };
  const { finalMinor } = notice;
  const paid: PaidRequest = { requestHash, notice: body, finalMinor, reference: request.reference, time: desk.now() };
  await desk.store.settleRequest(paid, notice.time);
  return { paid, replayed: false };
}
