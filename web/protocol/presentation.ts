/**
 * Presentations: what one side shows the other, as one run of bytes (spec 02).
 *
 * Statements stand one behind the other with nothing between them (a CBOR sequence, RFC 8742), so that allowance and
 * cheque together are exactly as long as the two of them. Only the last item may be something other than a signed
 * statement: a bare request, or the credits of a cheque.
 *
 *     payer to payee:  allowance, cheque [, credits]
 *     payee to payer:  [certificate,] request | [certificate,] receipt or note
 *     issuer, by way of the payer, to payee:  settled notice
 */

import { type Certificate, certificateIn } from "./certificate.ts";
import { type Cheque, chequeIn } from "./cheque.ts";
import type { Envelope, Kind } from "./cose.ts";
import * as cose from "./cose.ts";
import { kindOf } from "./layout.ts";
import { PRESENTATION_MAX_BYTES, STATEMENT_MAX_BYTES } from "./limits.ts";
import type { Octets } from "./octets.ts";
import { decodeTerminalStatement, type Note, type Receipt } from "./receipt.ts";
import { Refused } from "./refusals.ts";
import { decodeRequest, type Request } from "./request.ts";

/**
 * What a payer shows: an allowance, a cheque on it and the credits that cover it, if any. Unverified.
 *
 * The allowance stays an undecoded envelope: a verifier that knows these bytes already has no need to decode them.
 */
export interface Payment {
  readonly allowance: Envelope;
  readonly cheque: Cheque;
  readonly credits: Octets | undefined;
}

/** What a payee shows first: a request, at first contact with its certificate. Unverified. */
export interface Asking {
  readonly certificate: Certificate | undefined;
  readonly request: Request;
}

/** What a payee shows last: a receipt or a note, at first contact with its certificate. Unverified. */
export interface Acknowledgement {
  readonly certificate: Certificate | undefined;
  readonly statement: Receipt | Note;
}

/** The payer's presentation. Throws Refused. */
export function decodePayment(body: Octets): Payment {
  checkSize(body);
  const { envelope: allowance, rest } = cose.splitEnvelope(body, STATEMENT_MAX_BYTES);
  const { envelope: cheque, rest: credits } = cose.splitEnvelope(rest, STATEMENT_MAX_BYTES, true);
  return { allowance, cheque: chequeIn(cheque), credits: credits.length === 0 ? undefined : credits };
}

/** The payee's request, with or without certificate. Throws Refused. */
export function decodeAsking(body: Octets): Asking {
  const { certificate, rest } = splitCertificate(body);
  return { certificate, request: decodeRequest(rest) };
}

/** The payee's receipt or note, with or without certificate. Throws Refused. */
export function decodeAcknowledgement(body: Octets): Acknowledgement {
  const { certificate, rest } = splitCertificate(body);
  return { certificate, statement: decodeTerminalStatement(rest) };
}

/** What a presentation is about: the kind of its last statement but credits. Throws Refused. */
export function kindShown(body: Octets): Kind {
  checkSize(body);
  if (!cose.isEnvelope(body)) return kindOf(body, STATEMENT_MAX_BYTES);
  const { envelope, rest } = cose.splitEnvelope(body, STATEMENT_MAX_BYTES, true);
  const kind = kindOf(envelope.payload, STATEMENT_MAX_BYTES);
  if (kind === "certificate" && rest.length > 0) return kindShown(rest);
  return kind === "allowance" && rest.length > 0 ? "cheque" : kind;
}

function splitCertificate(body: Octets): { certificate: Certificate | undefined; rest: Octets } {
  checkSize(body);
  if (!cose.isEnvelope(body)) return { certificate: undefined, rest: body };
  const { envelope, rest } = cose.splitEnvelope(body, STATEMENT_MAX_BYTES);
  if (rest.length === 0 || kindOf(envelope.payload, STATEMENT_MAX_BYTES) !== "certificate") {
    return { certificate: undefined, rest: body };
  }
  return { certificate: certificateIn(envelope), rest };
}

function checkSize(body: Octets): void {
  if (body.length > PRESENTATION_MAX_BYTES) {
    throw new Refused("too_large", `${body.length} bytes, at most ${PRESENTATION_MAX_BYTES}`);
  }
}
