/**
 * COSE_Sign1 with ES256 (RFC 9052 section 4.2), in the one form the protocol allows.
 *
 * A signed statement is always `[h'A10126', {}, payload, signature]`, untagged: the protected header is one constant
 * and the unprotected one is empty, so the envelope is a fixed template and nothing in it can be negotiated. What kind
 * of object it is, the wire version, the deployment and the full hash of the key, allowance or certificate that it
 * belongs to are signed as `external_aad` and cost no bytes on the wire (docs/spec/02-encoding.md).
 */

import { encode } from "./cbor.ts";
import { sha256 } from "./hash.ts";
import { StatementId } from "./ids.ts";
import type { PublicKey, Signer } from "./keys.ts";
import { SIGNATURE_BYTES, WIRE_VERSION } from "./limits.ts";
import { concat, type Octets, slice, startsWith, toNumber, utf8 } from "./octets.ts";
import { type RefusalCode, Refused } from "./refusals.ts";

/** The objects of the wire: the name is signed in external_aad, the number is field 0 of every payload. */
export const KINDS = {
  allowance: 1,
  certificate: 2,
  request: 3,
  cheque: 4,
  receipt: 5,
  note: 6,
  batch: 7,
  answer: 8,
  settled_notice: 9,
  fork_proof: 10,
  key_set: 11,
  trust_index: 12,
  status_list: 13,
  trust_pack: 14,
  frame: 15,
  credit: 16,
  claim: 17,
} as const;
export type Kind = keyof typeof KINDS;

const PROTECTED = Uint8Array.of(0xa1, 0x01, 0x26);
const ENVELOPE_START = concat(Uint8Array.of(0x84, 0x43), PROTECTED, Uint8Array.of(0xa0));
const PAYLOAD_AT = ENVELOPE_START.length;
const SIGNATURE_HEAD = Uint8Array.of(0x58, 0x40);
const SIGNATURE_PART_BYTES = SIGNATURE_HEAD.length + SIGNATURE_BYTES;
const SIG_STRUCTURE_START = concat(Uint8Array.of(0x84, 0x6a), utf8("Signature1"), Uint8Array.of(0x43), PROTECTED);
const HEAD_WIDTHS: ReadonlyMap<number, number> = new Map([
  [0x58, 1],
  [0x59, 2],
  [0x5a, 4],
]);
const SHORTEST_LENGTH: ReadonlyMap<number, bigint> = new Map([
  [1, 24n],
  [2, 0x100n],
  [4, 0x10000n],
]);

/** A signed statement as received: nothing in it is trusted before its signature is verified. */
export interface Envelope {
  readonly raw: Octets;
  readonly payload: Octets;
  readonly signature: Octets;
}

/**
 * The statement at the start of `data` and the bytes after it.
 *
 * Throws Refused too_large (of the statement), header_refused when it is a COSE_Sign1 with other headers, malformed
 * when it is none.
 */
export function splitEnvelope(data: Octets, maxBytes: number): { envelope: Envelope; rest: Octets } {
  if (!startsWith(data, ENVELOPE_START)) throw whyNoEnvelope(data, maxBytes);
  const [start, end] = payloadBounds(data);
  const total = end + SIGNATURE_PART_BYTES;
  if (total > maxBytes) throw new Refused("too_large", `statement of ${total} bytes, at most ${maxBytes}`);
  if (total > data.length || !startsWith(data.subarray(end), SIGNATURE_HEAD)) {
    throw new Refused("malformed", "the envelope is cut short or its signature is not 64 bytes");
  }
  const envelope = {
    raw: slice(data, 0, total),
    payload: slice(data, start, end),
    signature: slice(data, end + SIGNATURE_HEAD.length, total),
  };
  return { envelope, rest: slice(data, total) };
}

/** As `splitEnvelope`, and nothing may follow. */
export function openEnvelope(data: Octets, maxBytes: number): Envelope {
  const { envelope, rest } = splitEnvelope(data, maxBytes);
  if (rest.length > 0) throw new Refused("malformed", "bytes after the statement");
  return envelope;
}

/** Whether `data` begins as a signed statement does, and not as a bare map. */
export function isEnvelope(data: Octets): boolean {
  return data[0] === 0x84;
}

/** What is signed along with the payload: object, wire version, deployment and the full hash it belongs to. */
export function externalAad(kind: Kind, deployment: string, binding: Octets): Octets {
  return encode([kind, BigInt(WIRE_VERSION), deployment, binding]);
}

/** The Sig_structure (RFC 9052 section 4.4) up to the payload; the same for all statements under one binding. */
export function signingPrefix(kind: Kind, deployment: string, binding: Octets): Octets {
  return concat(SIG_STRUCTURE_START, encode(externalAad(kind, deployment, binding)));
}

/** The whole Sig_structure: what is signed, and what a statement's id is the hash of. */
export function sigStructure(prefix: Octets, payload: Octets): Octets {
  return concat(prefix, encode(payload));
}

/**
 * SHA-256 of the whole Sig_structure: the statement's id.
 *
 * The signature is not part of it, so the id stays the same when somebody re-signs or flips s.
 */
export async function digest(prefix: Octets, payload: Octets): Promise<StatementId> {
  return StatementId.of(await sha256(sigStructure(prefix, payload)));
}

/** The finished statement: envelope, payload and the signer's signature. */
export async function sign(signer: Signer, prefix: Octets, payload: Octets): Promise<Octets> {
  const signature = await signer.sign(sigStructure(prefix, payload));
  return concat(ENVELOPE_START, encode(payload), SIGNATURE_HEAD, signature);
}

/** The statement's id, if `key` signed these bytes under this prefix; otherwise Refused with `code`. */
export async function verify(
  envelope: Envelope,
  prefix: Octets,
  key: PublicKey,
  code: RefusalCode,
): Promise<StatementId> {
  await key.verify(envelope.signature, sigStructure(prefix, envelope.payload), code);
  return digest(prefix, envelope.payload);
}

/** SHA-256 over domain and payload for what is identified without a signature (H(request)). */
export async function domainHash(kind: Kind, deployment: string, payload: Octets): Promise<Octets> {
  return sha256(sigStructure(signingPrefix(kind, deployment, new Uint8Array()), payload));
}

/** Where the payload starts and ends; only the shortest form of its length is accepted. */
function payloadBounds(data: Octets): readonly [start: number, end: number] {
  const first = data[PAYLOAD_AT] ?? 0;
  const start = PAYLOAD_AT + 1;
  if (first >= 0x40 && first < 0x58) return [start, start + first - 0x40];
  const width = HEAD_WIDTHS.get(first);
  if (width === undefined || start + width > data.length) {
    throw new Refused("malformed", "the payload is not a byte string");
  }
  const length = toNumber(data.subarray(start, start + width));
  if (length < (SHORTEST_LENGTH.get(width) ?? 0n)) {
    throw new Refused("not_canonical", "the payload's length is not in its shortest form");
  }
  return [start + width, start + width + Number(length)];
}

/** The refusal for bytes that do not follow the template: another header, or not COSE at all. */
function whyNoEnvelope(data: Octets, maxBytes: number): Refused {
  if (data.length > maxBytes) return new Refused("too_large", `${data.length} bytes, at most ${maxBytes}`);
  const [first = 0, second = 0] = data;
  if (data.length > 6 && first === 0x84 && second >= 0x40 && second < 0x60) {
    return new Refused("header_refused", "only the constant ES256 header is accepted");
  }
  return new Refused("malformed", "not a signed statement");
}
