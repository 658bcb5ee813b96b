/**
 * The small fixed world of the vectors, as far as TypeScript needs it to sign: the same labels give the same keys as in
 * tests/vectors/world.py, so what is signed here is believed under the trust pack of the vectors. WebCrypto draws a
 * fresh nonce each time. None of these keys guards anything.
 */

import { createHash, createPrivateKey } from "node:crypto";
import { issueAllowance } from "../protocol/allowance.ts";
import { issueCertificate } from "../protocol/certificate.ts";
import { type ChequeTerms, drawCheque } from "../protocol/cheque.ts";
import * as cose from "../protocol/cose.ts";
import { AllowanceRef, PayeeId, type StatementId, TerminalRef } from "../protocol/ids.ts";
import { compressed, keyIdOf, loadPublicKey, type Signer, signerOf } from "../protocol/keys.ts";
import { concat, fromHex, type Octets, slice } from "../protocol/octets.ts";
import { encodeRequest, type RequestTerms, requestHash } from "../protocol/request.ts";

export const DEPLOYMENT = "example";
export const NOW = 1_800_000_000;
const HOUR = 3600;
const DAY = 24 * HOUR;
/** A P-256 private key in PKCS #8 (RFC 5958) up to its 32 bytes. */
const PKCS8_START = fromHex("3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420");

/** The signer of this label. */
export async function signer(label: string): Promise<Signer> {
  const scalar = hashOf(`feiqian vectors, key of ${label}`);
  const pkcs8 = concat(PKCS8_START, scalar);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const { x, y } = createPrivateKey({ key: Buffer.from(pkcs8), format: "der", type: "pkcs8" }).export({
    format: "jwk",
  });
  const raw = concat(Uint8Array.of(4), Buffer.from(x ?? "", "base64url"), Buffer.from(y ?? "", "base64url"));
  return signerOf(key, compressed(raw));
}

/** Bytes that a real device would draw at random. */
export function octets(label: string, size: number): Octets {
  return slice(hashOf(`feiqian vectors, bytes of ${label}`), 0, size);
}

function hashOf(text: string): Octets {
  return new Uint8Array(createHash("sha256").update(text).digest());
}

export const PAYEE = PayeeId.of(octets("payee of terminal", 8));

/** A terminal with its certificate. */
export async function terminal(label = "terminal") {
  const [key, acquirer] = [await signer(`terminal ${label}`), await signer("acquirer")];
  const raw = await issueCertificate(acquirer, DEPLOYMENT, {
    acquirerKeyId: await keyIdOf(acquirer.publicKey),
    terminalKey: key.publicKey,
    payeeId: PayeeId.of(octets(`payee of ${label}`, 8)),
    payeeName: "Teahouse",
    capabilities: 7,
    noteCapMinor: 20_000n,
    currency: "EUR",
    notBefore: NOW - 30 * DAY,
    expiresAt: NOW + 30 * DAY,
  });
  const certificateId = await idOf(raw, "certificate", (await loadPublicKey(acquirer.publicKey)).hash);
  return { key, raw, certificateId, ref: TerminalRef.of(slice(certificateId, 0, 8)) };
}

/** A request of the terminal's payee; 12.50 EUR unless `terms` say otherwise. */
export async function ask(terms: Partial<RequestTerms> = {}) {
  const filled: RequestTerms = {
    payeeId: PAYEE,
    challenge: octets("challenge of first request", 16),
    currency: "EUR",
    time: NOW - 10,
    ttlS: 120,
    ...(terms.maximumMinor === undefined ? { exactMinor: 1_250n } : {}),
    ...terms,
  };
  const payload = encodeRequest(filled);
  return { terms: filled, payload, requestHash: await requestHash(payload, DEPLOYMENT) };
}

/** One allowance and the device key that draws on it. */
export async function wallet(label = "wallet") {
  const [key, issuer] = [await signer(`device of ${label}`), await signer("issuer")];
  const raw = await issueAllowance(issuer, DEPLOYMENT, {
    issuerKeyId: await keyIdOf(issuer.publicKey),
    deviceKey: key.publicKey,
    pseudonym: octets(`pseudonym of ${label}`, 8),
    currency: "EUR",
    amountMinor: 100_000n,
    perPaymentMinor: 20_000n,
    countLimit: 20,
    notBefore: NOW - HOUR,
    expiresAt: NOW + 71 * HOUR,
    statusIndex: 5,
    tier: 1,
    holderCheckAboveMinor: 5_000n,
  });
  const allowanceId = await idOf(raw, "allowance", (await loadPublicKey(issuer.publicKey)).hash);
  const first: ChequeTerms = {
    allowanceRef: AllowanceRef.of(slice(allowanceId, 0, 8)),
    counter: 1,
    previous: slice(allowanceId, 0, 16),
    cumulativeMinor: 1_250n,
    time: NOW,
    holderCheck: 1,
  };
  return {
    ...{ key, raw, allowanceId, first },
    draw: (terms: Partial<ChequeTerms>) => drawCheque(key, allowanceId, DEPLOYMENT, { ...first, ...terms }),
  };
}

/** A signed statement of any payload, also one that no layout would encode. */
export async function signContent(by: Signer, kind: cose.Kind, binding: Octets, payload: Octets): Promise<Octets> {
  return cose.sign(by, cose.signingPrefix(kind, DEPLOYMENT, binding), payload);
}

/** The id of a statement that was signed in this world. */
export async function idOf(raw: Octets, kind: cose.Kind, binding: Octets): Promise<StatementId> {
  const { payload } = cose.openEnvelope(raw, raw.length);
  return cose.digest(cose.signingPrefix(kind, DEPLOYMENT, binding), payload);
}
