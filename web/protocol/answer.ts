/**
 * Answer: the acquirer's signed reply to a batch, item by item (spec 05).
 *
 * The answer to one batch never changes: asked again, the terminal gets the same bytes. It names what is paid at once
 * and what waits until D; a later change is a new event in the payee's statement.
 */

import type { CborValue } from "./cbor.ts";
import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import { sha256 } from "./hash.ts";
import { BatchId, KeyId, TerminalRef } from "./ids.ts";
import { loadPublicKey, type PublicKey, type Signer } from "./keys.ts";
import { array, id, instant, isArray, Layout, octets } from "./layout.ts";
import { AMOUNT_MAX_MINOR, ANSWER_MAX_BYTES, CLAIMS_MAX, ID_BYTES } from "./limits.ts";
import type { Octets } from "./octets.ts";
import { Refused } from "./refusals.ts";
import { typed } from "./typed.ts";

const CODE_MAX_CHARS = 64;
const ASCII = /^\p{ASCII}*$/u;

/** What became of one claim or note. */
export const Verdict = {
  settled: 1,
  contingent: 2,
  duplicate: 3,
  fork: 4,
  doubleAcceptance: 5,
  secondCheque: 6,
  payeeNotNamed: 7,
  notCovered: 8,
  unknownAllowance: 9,
  late: 10,
  suspended: 11,
  outOfPolicy: 12,
  refused: 13,
  noted: 14,
} as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];
export type VerdictName = keyof typeof Verdict;
export const VERDICT_NAMES = typed<readonly VerdictName[]>(Object.keys(Verdict)); // the keys of that table and no others

/** One item's answer: paid now and waiting until D, in minor units; `code` says more for a refusal. */
export interface AnswerItem {
  readonly verdict: Verdict;
  readonly paidMinor: bigint;
  readonly waitingMinor: bigint;
  readonly code: string;
}

/** A decoded answer, unverified. */
export interface Answer {
  readonly acquirerKeyId: KeyId;
  readonly terminalRef: TerminalRef;
  readonly batchId: BatchId;
  readonly batchHash: Octets;
  readonly time: number;
  readonly claims: readonly AnswerItem[];
  readonly notes: readonly AnswerItem[];
  readonly envelope: Envelope;
}

const LAYOUT = new Layout(
  "answer",
  id(1, "acquirerKeyId", KeyId),
  id(2, "terminalRef", TerminalRef),
  id(3, "batchId", BatchId),
  octets(4, "batchHash", ID_BYTES),
  instant(5, "time"),
  array(6, "claims", CLAIMS_MAX),
  array(7, "notes", CLAIMS_MAX),
);

/** The answer in these bytes, unverified. Throws Refused. */
export function decodeAnswer(raw: Octets): Answer {
  const envelope = cose.openEnvelope(raw, ANSWER_MAX_BYTES);
  const values = LAYOUT.decode(envelope.payload, ANSWER_MAX_BYTES);
  return { ...values, claims: values.claims.map(itemOf), notes: values.notes.map(itemOf), envelope };
}

/** The signed answer to the batch whose bytes are `batch`; `time` is the acquirer's stamp of arrival. */
export async function signAnswer(
  acquirer: Signer,
  deployment: string,
  given: {
    readonly terminalRef: TerminalRef;
    readonly batchId: BatchId;
    readonly batch: Octets;
    readonly time: number;
    readonly claims: readonly AnswerItem[];
    readonly notes: readonly AnswerItem[];
  },
): Promise<Octets> {
  const key = await loadPublicKey(acquirer.publicKey);
  const payload = LAYOUT.encode({
    acquirerKeyId: key.keyId,
    terminalRef: given.terminalRef,
    batchId: given.batchId,
    batchHash: await batchHash(given.batch),
    time: given.time,
    claims: given.claims.map(contentOf),
    notes: given.notes.map(contentOf),
  });
  return cose.sign(acquirer, answerPrefix(key, deployment), payload);
}

/** SHA-256 of a batch as sent, 32 bytes: the same id with another body is refused. */
export async function batchHash(batch: Octets): Promise<Octets> {
  return sha256(batch);
}

/** The Sig_structure of this acquirer key's answers, up to the payload. */
export function answerPrefix(acquirerKey: PublicKey, deployment: string): Octets {
  return cose.signingPrefix("answer", deployment, acquirerKey.hash);
}

function contentOf(item: AnswerItem): CborValue {
  return [BigInt(item.verdict), item.paidMinor, item.waitingMinor, item.code];
}

function itemOf(content: CborValue): AnswerItem {
  const [verdict, paidMinor, waitingMinor, code] = isArray(content) && content.length === 4 ? content : [];
  if (
    typeof verdict !== "bigint" ||
    typeof paidMinor !== "bigint" ||
    typeof waitingMinor !== "bigint" ||
    typeof code !== "string"
  ) {
    throw new Refused("field_invalid", "an answer's item has four parts");
  }
  if (code.length > CODE_MAX_CHARS || !ASCII.test(code)) {
    throw new Refused("field_invalid", "an answer's code is too long");
  }
  if (!isAmount(paidMinor) || !isAmount(waitingMinor)) {
    throw new Refused("field_invalid", "an answer's amount is out of range");
  }
  const known = Object.values(Verdict).find((value) => BigInt(value) === verdict);
  if (known === undefined) throw new Refused("update_needed", `verdict ${verdict} is not known`);
  return { verdict: known, paidMinor, waitingMinor, code };
}

function isAmount(value: bigint): boolean {
  return value >= 0n && value <= AMOUNT_MAX_MINOR;
}
