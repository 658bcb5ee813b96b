/**
 * COSE_Sign1 with ES256 (RFC 9052 section 4.2), in the two forms the protocol allows.
 *
 * A signed statement is `[h'A10126', {}, payload, signature]`, untagged: the protected header is one constant and the
 * unprotected one is empty, so the envelope is a fixed template and nothing in it can be negotiated. A cheque that a
 * passkey signed has another constant, which says so in a critical parameter, and a signature part of 69 bytes
 * (passkey.ts); which of the two it must be, its allowance's tier says. What kind
 * of object it is, the wire version, the deployment and the full hash of the key, allowance or certificate that it
 * belongs to are signed as `external_aad` and cost no bytes on the wire (docs/spec/02-encoding.md).
 */

import { encode } from "./cbor.ts";
import { sha256 } from "./hash.ts";
import { StatementId } from "./ids.ts";
import type { Signer, Verifier } from "./keys.ts";
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

/** One of the two forms: how an envelope and a Sig_structure begin, and how many bytes the signature has. */
interface Form {
  readonly envelopeStart: Octets;
  readonly structureStart: Octets;
  readonly signatureBytes: number;
}

const PLAIN = formOf([0xa1, 0x01, 0x26], SIGNATURE_BYTES);
/** {1: -7, 2: [-65537], -65537: 1}: ES256, and a critical parameter from the private range: a WebAuthn assertion. */
const ASSERTED = formOf([0xa3, 1, 0x26, 2, 0x81, 0x3a, 0, 1, 0, 0, 0x3a, 0, 1, 0, 0, 1], SIGNATURE_BYTES + 5);
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

function formOf(header: readonly number[], signatureBytes: number): Form {
  const part = Uint8Array.of(0x40 + header.length, ...header);
  return {
    envelopeStart: concat(Uint8Array.of(0x84), part, Uint8Array.of(0xa0)),
    structureStart: concat(Uint8Array.of(0x84, 0x6a), utf8("Signature1"), part),
    signatureBytes,
  };
}

/**
 * The statement at the start of `data` and the bytes after it. With `asserted`, a passkey may have signed it.
 *
 * Throws Refused too_large (of the statement), header_refused when it is a COSE_Sign1 with other headers, malformed
 * when it is none.
 */
export function splitEnvelope(data: Octets, maxBytes: number, asserted = false): { envelope: Envelope; rest: Octets } {
  const form = asserted && startsWith(data, ASSERTED.envelopeStart) ? ASSERTED : PLAIN;
  if (!startsWith(data, form.envelopeStart)) throw whyNoEnvelope(data, maxBytes);
  const [start, end] = payloadBounds(data, form.envelopeStart.length);
  const head = Uint8Array.of(0x58, form.signatureBytes);
  const total = end + head.length + form.signatureBytes;
  if (total > maxBytes) throw new Refused("too_large", `statement of ${total} bytes, at most ${maxBytes}`);
  if (total > data.length || !startsWith(data.subarray(end), head)) {
    throw new Refused("malformed", `the envelope is cut short or its signature is not ${form.signatureBytes} bytes`);
  }
  const envelope = {
    raw: slice(data, 0, total),
    payload: slice(data, start, end),
    signature: slice(data, end + head.length, total),
  };
  return { envelope, rest: slice(data, total) };
}

/** As `splitEnvelope`, and nothing may follow. */
export function openEnvelope(data: Octets, maxBytes: number, asserted = false): Envelope {
  const { envelope, rest } = splitEnvelope(data, maxBytes, asserted);
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

/**
 * The Sig_structure (RFC 9052 section 4.4) up to the payload; the same for all statements under one binding.
 *
 * With `asserted`, of statements that a passkey signs: their header is another one, and so is their id.
 */
export function signingPrefix(kind: Kind, deployment: string, binding: Octets, asserted = false): Octets {
  return concat((asserted ? ASSERTED : PLAIN).structureStart, encode(externalAad(kind, deployment, binding)));
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
  return finished(PLAIN, payload, await signer.sign(sigStructure(prefix, payload)));
}

/** The finished statement of a payload and the assertion (69 bytes) that a passkey gave for its id. */
export function withAssertion(payload: Octets, assertion: Octets): Octets {
  return finished(ASSERTED, payload, assertion);
}

function finished(form: Form, payload: Octets, signature: Octets): Octets {
  return concat(form.envelopeStart, encode(payload), Uint8Array.of(0x58, form.signatureBytes), signature);
}

/** The statement's id, if `key` signed these bytes under this prefix; otherwise Refused with `code`. */
export async function verify(
  envelope: Envelope,
  prefix: Octets,
  key: Verifier,
  code: RefusalCode,
): Promise<StatementId> {
  await key.verify(envelope.signature, sigStructure(prefix, envelope.payload), code);
  return digest(prefix, envelope.payload);
}

/** SHA-256 over domain and payload for what is identified without a signature (H(request)). */
export async function domainHash(kind: Kind, deployment: string, payload: Octets): Promise<Octets> {
  return sha256(sigStructure(signingPrefix(kind, deployment, new Uint8Array()), payload));
}

/** Where the payload, whose head stands at `at`, starts and ends; only the shortest form of its length is accepted. */
function payloadBounds(data: Octets, at: number): readonly [start: number, end: number] {
  const first = data[at] ?? 0;
  const start = at + 1;
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
    return new Refused("header_refused", "only the constant ES256 headers are accepted");
  }
  return new Refused("malformed", "not a signed statement");
}
