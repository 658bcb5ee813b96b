/**
 * Claims and batches: how a terminal asks to be paid (spec 05).
 *
 * A claim is a cheque, the request it answers, the payload of the receipt and the credits that cover it. A batch holds
 * many under one terminal signature. Each claim is a byte string of its own, so that one malformed item is answered
 * alone and never blocks the others. A batch is also a reading of the terminal's clock, and so worth sending with
 * nothing in it.
 */

import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import { BatchId, type StatementId, TerminalRef } from "./ids.ts";
import type { Signer } from "./keys.ts";
import { array, byteItems, id, instant, Layout, octets, optional, uint } from "./layout.ts";
import {
  BATCH_MAX_BYTES,
  CLAIM_MAX_BYTES,
  CLAIMS_MAX,
  COUNTER_MAX,
  CREDITS_MAX_BYTES,
  STATEMENT_MAX_BYTES,
} from "./limits.ts";
import type { Octets } from "./octets.ts";

/** One claim; its parts are bytes, unverified. `request` is absent for a one-way code. */
export interface Claim {
  readonly cheque: Octets;
  readonly receipt: Octets;
  readonly request?: Octets;
  readonly credits?: Octets;
}

/**
 * What a batch says; claims are bytes. `time` is the terminal's clock when it signed.
 *
 * `counter` is the last one of its own chain by then, 0 before the first; `attestedAt` the newest time signed by an
 * operator that it held, so it signed no earlier.
 */
export interface BatchTerms {
  readonly terminalRef: TerminalRef;
  readonly batchId: BatchId;
  readonly time: number;
  readonly indexVersion: number;
  readonly allowances: readonly Octets[];
  readonly claims: readonly Octets[];
  readonly notes: readonly Octets[];
  readonly counter?: number;
  readonly attestedAt?: number;
}

/** A decoded batch, unverified. */
export interface Batch extends BatchTerms {
  readonly envelope: Envelope;
}

const CLAIM_LAYOUT = new Layout(
  "claim",
  octets(1, "cheque", 1, STATEMENT_MAX_BYTES),
  octets(2, "receipt", 1, STATEMENT_MAX_BYTES),
  optional(octets(3, "request", 1, STATEMENT_MAX_BYTES)),
  optional(octets(4, "credits", 1, CREDITS_MAX_BYTES)),
);
const BATCH_LAYOUT = new Layout(
  "batch",
  id(1, "terminalRef", TerminalRef),
  id(2, "batchId", BatchId),
  instant(3, "time"),
  uint(4, "indexVersion", 2 ** 32 - 1),
  array(5, "allowances", CLAIMS_MAX),
  array(6, "claims", CLAIMS_MAX),
  array(7, "notes", CLAIMS_MAX),
  optional(uint(8, "counter", COUNTER_MAX)),
  optional(instant(9, "attestedAt")),
);

/** One claim, unverified. Throws Refused. */
export function decodeClaim(raw: Octets): Claim {
  return CLAIM_LAYOUT.decode(raw, CLAIM_MAX_BYTES);
}

/** The claim as an item of a batch. */
export function encodeClaim(claim: Claim): Octets {
  return CLAIM_LAYOUT.encode(claim);
}

/** The batch in these bytes, unverified, its claims undecoded. Throws Refused. */
export function decodeBatch(raw: Octets): Batch {
  const envelope = cose.openEnvelope(raw, BATCH_MAX_BYTES);
  const values = BATCH_LAYOUT.decode(envelope.payload, BATCH_MAX_BYTES);
  const allowances = byteItems(values.allowances, STATEMENT_MAX_BYTES);
  const claims = byteItems(values.claims, CLAIM_MAX_BYTES);
  const notes = byteItems(values.notes, STATEMENT_MAX_BYTES);
  return { ...values, allowances, claims, notes, envelope };
}

/** The signed batch. The terminal stores it before it sends it, and sends these same bytes until answered. */
export async function signBatch(
  terminal: Signer,
  certificateId: StatementId,
  deployment: string,
  terms: BatchTerms,
): Promise<Octets> {
  return cose.sign(terminal, batchPrefix(certificateId, deployment), BATCH_LAYOUT.encode(terms));
}

/** The Sig_structure of this terminal's batches, up to the payload. */
export function batchPrefix(certificateId: StatementId, deployment: string): Octets {
  return cose.signingPrefix("batch", deployment, certificateId);
}
