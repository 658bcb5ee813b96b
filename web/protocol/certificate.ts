/**
 * Terminal certificate: the acquirer's signed word that a key speaks for a payee (spec 03).
 *
 * It travels with the first request or receipt, so that a wallet which never met the payee can check name and key
 * offline against the acquirer keys in its trust pack.
 */

import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import { KeyId, PayeeId, type StatementId, TerminalRef } from "./ids.ts";
import { loadPublicKey, type PublicKey, type Signer } from "./keys.ts";
import { amount, currency, id, instant, Layout, octets, text, uint } from "./layout.ts";
import { PAYEE_NAME_MAX_BYTES, PUBLIC_KEY_BYTES, REF_BYTES, STATEMENT_MAX_BYTES } from "./limits.ts";
import { type Octets, slice } from "./octets.ts";

/** What the acquirer lets a terminal do, as bits. */
export const Capability = { request: 1, oneWay: 2, notes: 4 } as const;

/** What a certificate says. `noteCapMinor` is the most that one note of this terminal may give back. */
export interface CertificateTerms {
  readonly acquirerKeyId: KeyId;
  readonly terminalKey: Octets;
  readonly payeeId: PayeeId;
  readonly payeeName: string;
  readonly capabilities: number;
  readonly noteCapMinor: bigint;
  readonly currency: string;
  readonly notBefore: number;
  readonly expiresAt: number;
}

/** A decoded certificate, unverified. */
export interface Certificate {
  readonly terms: CertificateTerms;
  readonly envelope: Envelope;
}

const LAYOUT = new Layout(
  "certificate",
  id(1, "acquirerKeyId", KeyId),
  octets(2, "terminalKey", PUBLIC_KEY_BYTES),
  id(3, "payeeId", PayeeId),
  text(4, "payeeName", PAYEE_NAME_MAX_BYTES),
  uint(5, "capabilities", 2 ** 16 - 1),
  amount(6, "noteCapMinor"),
  currency(7),
  instant(8, "notBefore"),
  instant(9, "expiresAt"),
);

/** The certificate in these bytes, unverified. Throws Refused. */
export function decodeCertificate(raw: Octets): Certificate {
  return certificateIn(cose.openEnvelope(raw, STATEMENT_MAX_BYTES));
}

/** The certificate in this envelope, unverified. Throws Refused. */
export function certificateIn(envelope: Envelope): Certificate {
  return { terms: LAYOUT.decode(envelope.payload, STATEMENT_MAX_BYTES), envelope };
}

/** The signed certificate for `terms`. */
export async function issueCertificate(acquirer: Signer, deployment: string, terms: CertificateTerms): Promise<Octets> {
  const payload = LAYOUT.encode(terms);
  return cose.sign(acquirer, certificatePrefix(await loadPublicKey(acquirer.publicKey), deployment), payload);
}

/** The 8 bytes by which statements of a terminal look its certificate up. */
export function terminalRef(fullId: StatementId): TerminalRef {
  return TerminalRef.of(slice(fullId, 0, REF_BYTES));
}

/** The Sig_structure of this acquirer key's certificates, up to the payload. */
export function certificatePrefix(acquirerKey: PublicKey, deployment: string): Octets {
  return cose.signingPrefix("certificate", deployment, acquirerKey.hash);
}
