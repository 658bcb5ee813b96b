/**
 * What a wallet checks of the payee before it pays and after (spec 04): request, receipt, note, notices.
 *
 * The wallet checks the terminal as the terminal checks the wallet: an attested name before the holder consents, and a
 * receipt before it says "paid".
 */

import { Capability, type Certificate, certificatePrefix, terminalRef } from "./certificate.ts";
import * as cose from "./cose.ts";
import type { PayeeId, RequestHash, StatementId } from "./ids.ts";
import { loadPublicKey } from "./keys.ts";
import type { Knowledge } from "./knowledge.ts";
import { equal } from "./octets.ts";
import type { Acknowledgement, Asking } from "./presentation.ts";
import { type Note, NoteKind, notePrefix, type Receipt, receiptPrefix } from "./receipt.ts";
import { Refused } from "./refusals.ts";
import { askedMinor, type RequestTerms, requestHash } from "./request.ts";
import { type SettledNotice, settledNoticePrefix } from "./settled_notice.ts";
import { KeyRole } from "./trust_pack.ts";
import { SEAL, VerifiedCertificate, VerifiedRequest } from "./verified.ts";

/** What the wallet knows when it reads a request. `known` is the payee's certificate from an earlier contact. */
export interface Reading {
  readonly currency: string;
  readonly now: number;
  readonly knowledge: Knowledge;
  readonly known?: VerifiedCertificate | undefined;
}

/**
 * The request, if this wallet may answer it.
 *
 * Throws Refused. A signed request needs a certificate, shown now or known; an unsigned one is answered only up to the
 * policy's small amount, because nothing ties it to the payee it names (a swapped sticker).
 */
export async function verifyRequest(asking: Asking, reading: Reading): Promise<VerifiedRequest> {
  const { request, certificate: shown } = asking;
  const { terms, envelope, payload } = request;
  const { currency, now, knowledge, known } = reading;
  if (shown === undefined && known === undefined && envelope !== undefined) {
    throw new Refused("acquirer_unknown", "a signed request came without its certificate");
  }
  if (shown !== undefined && !equal(terms.payeeId, shown.terms.payeeId)) throw new Refused("payee_not_named");
  if (terms.currency !== currency) throw new Refused("currency_mismatch");
  const { skewS, unsignedCapMinor } = knowledge.policy(currency);
  if (now > terms.time + terms.ttlS + skewS || now < terms.time - skewS) throw new Refused("request_expired");
  if (envelope === undefined && askedMinor(terms) > unsignedCapMinor) throw new Refused("over_unsigned_cap");
  if (known !== undefined && shown === undefined) knowledge.checkTerminal(known.ref, now);
  const certificate = shown === undefined ? known : await verifyCertificate(shown, knowledge, { now, skewS });
  if (envelope !== undefined && certificate !== undefined) {
    checkMayAsk(certificate, terms);
    const prefix = cose.signingPrefix("request", knowledge.deployment, certificate.certificateId);
    await cose.verify(envelope, prefix, certificate.terminalKey, "terminal_signature_invalid");
  }
  return new VerifiedRequest(SEAL, {
    terms,
    payload,
    requestHash: await requestHash(payload, knowledge.deployment),
    certificate: envelope === undefined ? undefined : certificate,
  });
}

/** What the wallet knows of its own cheque when it reads a receipt or note. */
export interface Acknowledging {
  readonly chequeId: StatementId;
  /** H(request); undefined for a one-way code. */
  readonly asked: RequestHash | undefined;
  readonly amountMinor: bigint;
  /** The payee named in the request; undefined for a one-way code, which any payee may receipt. */
  readonly payeeId: PayeeId | undefined;
  readonly now: number;
  readonly skewS: number;
  readonly knowledge: Knowledge;
  readonly known?: VerifiedCertificate | undefined;
}

/** The receipt or note for this wallet's cheque, and who signed it. Throws Refused. */
export async function verifyAcknowledgement(
  shown: Acknowledgement,
  about: Acknowledging,
): Promise<{ readonly statement: Receipt | Note; readonly certificate: VerifiedCertificate }> {
  const { statement } = shown;
  const { knowledge, now, skewS, payeeId } = about;
  if (shown.certificate === undefined && about.known !== undefined) knowledge.checkTerminal(about.known.ref, now);
  const certificate =
    shown.certificate === undefined
      ? about.known
      : await verifyCertificate(shown.certificate, knowledge, { now, skewS });
  if (certificate === undefined) throw new Refused("acquirer_unknown", "it came without its certificate");
  if (payeeId !== undefined && !equal(certificate.terms.payeeId, payeeId)) throw new Refused("payee_not_named");
  if (!isAbout(statement, about)) throw new Refused("request_mismatch", "it is about another payment");
  const cancels = statement.kind === "note" && statement.terms.noteKind === NoteKind.cancel;
  const [leastMinor, mostMinor] = cancels ? [0n, 0n] : [1n, about.amountMinor];
  const valueMinor = statement.kind === "note" ? statement.terms.backMinor : statement.terms.finalMinor;
  if (valueMinor < leastMinor || valueMinor > mostMinor) throw new Refused("amount_mismatch");
  await verifyTerminalStatement(statement, certificate, knowledge.deployment);
  return { statement, certificate };
}

/** Refuses unless an issuer we trust says that this terminal's open request is paid in full. */
export async function verifySettledNotice(
  notice: SettledNotice,
  asked: { readonly terms: RequestTerms; readonly requestHash: RequestHash },
  knowledge: Knowledge,
): Promise<void> {
  const { terms } = asked;
  const key = await knowledge.key(KeyRole.issuer, notice.issuerKeyId);
  if (key === undefined) throw new Refused("issuer_unknown");
  if (!equal(notice.request, asked.requestHash)) throw new Refused("request_mismatch");
  if (notice.currency !== terms.currency) throw new Refused("currency_mismatch");
  const exactDiffers = terms.exactMinor !== undefined && notice.finalMinor !== terms.exactMinor;
  if (notice.finalMinor <= 0n || notice.finalMinor > askedMinor(terms) || exactDiffers) {
    throw new Refused("amount_mismatch");
  }
  knowledge.checkKeyAge(KeyRole.issuer, key, notice.time);
  const prefix = settledNoticePrefix(key, knowledge.deployment);
  await cose.verify(notice.envelope, prefix, key, "issuer_signature_invalid");
}

function isAbout(statement: Receipt | Note, { chequeId, asked }: Acknowledging): boolean {
  if (statement.kind === "receipt") return equal(statement.terms.chequeId, chequeId);
  return equal(statement.terms.subject, statement.terms.noteKind === NoteKind.cancel ? asked : chequeId);
}

function checkMayAsk(certificate: VerifiedCertificate, terms: RequestTerms): void {
  const { capabilities, payeeId, currency } = certificate.terms;
  if ((capabilities & Capability.request) === 0) {
    throw new Refused("field_invalid", "this terminal may not make requests");
  }
  if (!equal(payeeId, terms.payeeId)) throw new Refused("payee_not_named");
  if (currency !== terms.currency) throw new Refused("currency_mismatch");
}

/**
 * The certificate, if an acquirer we trust signed it and it is valid at `now`. Throws Refused.
 *
 * Order: acquirer_unknown, not_yet_valid, certificate_expired, key_retired, terminal_revoked,
 * acquirer_signature_invalid.
 */
export async function verifyCertificate(
  certificate: Certificate,
  knowledge: Knowledge,
  { now, skewS }: { readonly now: number; readonly skewS: number },
): Promise<VerifiedCertificate> {
  const { terms, envelope } = certificate;
  const key = await knowledge.key(KeyRole.acquirer, terms.acquirerKeyId);
  if (key === undefined) throw new Refused("acquirer_unknown");
  if (now < terms.notBefore - skewS) throw new Refused("not_yet_valid");
  if (now > terms.expiresAt + skewS) throw new Refused("certificate_expired");
  knowledge.checkKeyAge(KeyRole.acquirer, key, terms.notBefore);
  const prefix = certificatePrefix(key, knowledge.deployment);
  knowledge.checkTerminal(terminalRef(await cose.digest(prefix, envelope.payload)), now);
  const certificateId = await cose.verify(envelope, prefix, key, "acquirer_signature_invalid");
  return new VerifiedCertificate(SEAL, {
    terms,
    certificateId,
    ref: terminalRef(certificateId),
    raw: envelope.raw,
    terminalKey: await loadPublicKey(terms.terminalKey),
  });
}

/** The statement's id; refuses terminal_signature_invalid unless the certificate's terminal signed it. */
export async function verifyTerminalStatement(
  statement: Receipt | Note,
  certificate: VerifiedCertificate,
  deployment: string,
): Promise<StatementId> {
  if (statement.envelope === undefined) throw new Refused("wrong_message", "a signed receipt was expected");
  if (!equal(statement.terms.terminalRef, certificate.ref)) {
    throw new Refused("terminal_signature_invalid", "another terminal's statement");
  }
  const prefixOf = statement.kind === "note" ? notePrefix : receiptPrefix;
  const prefix = prefixOf(certificate.certificateId, deployment);
  return cose.verify(statement.envelope, prefix, certificate.terminalKey, "terminal_signature_invalid");
}
