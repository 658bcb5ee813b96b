/**
 * Settled notice: the issuer's word that a request is paid, for a payee without network (spec 03, flow 3).
 *
 * The payer is online and settles there; the terminal matches the notice to its open request by H(request).
 */

import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import { KeyId, RequestHash } from "./ids.ts";
import { loadPublicKey, type PublicKey, type Signer } from "./keys.ts";
import { amount, currency, id, instant, Layout } from "./layout.ts";
import { STATEMENT_MAX_BYTES } from "./limits.ts";
import type { Octets } from "./octets.ts";

/** A decoded notice, unverified: `finalMinor` of `currency` is paid for `request`. */
export interface SettledNotice {
  readonly issuerKeyId: KeyId;
  readonly request: RequestHash;
  readonly finalMinor: bigint;
  readonly currency: string;
  readonly time: number;
  readonly envelope: Envelope;
}

const LAYOUT = new Layout(
  "settled_notice",
  id(1, "issuerKeyId", KeyId),
  id(2, "request", RequestHash),
  amount(3, "finalMinor"),
  currency(4),
  instant(5, "time"),
);

/** The notice in these bytes, unverified. Throws Refused. */
export function decodeSettledNotice(raw: Octets): SettledNotice {
  return settledNoticeIn(cose.openEnvelope(raw, STATEMENT_MAX_BYTES));
}

/** The notice in this envelope, unverified. Throws Refused. */
export function settledNoticeIn(envelope: Envelope): SettledNotice {
  return { ...LAYOUT.decode(envelope.payload, STATEMENT_MAX_BYTES), envelope };
}

/** The signed notice; the issuer has posted the money before it signs. */
export async function signSettledNotice(
  issuer: Signer,
  deployment: string,
  given: {
    readonly request: RequestHash;
    readonly finalMinor: bigint;
    readonly currency: string;
    readonly time: number;
  },
): Promise<Octets> {
  const key = await loadPublicKey(issuer.publicKey);
  const payload = LAYOUT.encode({ ...given, issuerKeyId: key.keyId });
  return cose.sign(issuer, settledNoticePrefix(key, deployment), payload);
}

/** The Sig_structure of this issuer key's notices, up to the payload. */
export function settledNoticePrefix(issuerKey: PublicKey, deployment: string): Octets {
  return cose.signingPrefix("settled_notice", deployment, issuerKey.hash);
}
