/**
 * Identifiers as types of their own, so that one is never passed for another.
 *
 * Full ids are 32-byte SHA-256 values; refs and key ids are their first bytes and only look up candidates: what a
 * signature covers is always the full value (docs/spec/02-encoding.md).
 */

import { BATCH_ID_BYTES, ID_BYTES, KEY_ID_BYTES, REF_BYTES } from "./limits.ts";
import { type Octets, toHex } from "./octets.ts";
import { typed } from "./typed.ts";

declare const named: unique symbol;
type Id<Name extends string> = Octets & { readonly [named]: Name };

/** SHA-256 of a signed statement's Sig_structure, 32 bytes. */
export type StatementId = Id<"StatementId">;
/** First 8 bytes of an allowance's StatementId. */
export type AllowanceRef = Id<"AllowanceRef">;
/** First 8 bytes of a terminal certificate's StatementId. */
export type TerminalRef = Id<"TerminalRef">;
/** 8 random bytes that name a payee at its acquirer. */
export type PayeeId = Id<"PayeeId">;
/** SHA-256 over domain and payload of a request, 32 bytes; the same signed or unsigned. */
export type RequestHash = Id<"RequestHash">;
/** First 4 bytes of SHA-256 of a compressed public key. */
export type KeyId = Id<"KeyId">;
/** 16 random bytes chosen by the terminal. */
export type BatchId = Id<"BatchId">;

/** How an id is made of bytes, and how many it has. Throws RangeError on another length: that is our own mistake. */
export interface IdKind<T extends Octets> {
  readonly bytes: number;
  of(bytes: Octets): T;
}

function idKind<T extends Octets>(bytes: number): IdKind<T> {
  return {
    bytes,
    of(value) {
      if (value.length !== bytes) throw new RangeError(`an id of ${bytes} bytes was expected`);
      return typed<T>(value); // its length is all that makes bytes an id
    },
  };
}

export const StatementId = idKind<StatementId>(ID_BYTES);
export const AllowanceRef = idKind<AllowanceRef>(REF_BYTES);
export const TerminalRef = idKind<TerminalRef>(REF_BYTES);
export const PayeeId = idKind<PayeeId>(REF_BYTES);
export const RequestHash = idKind<RequestHash>(ID_BYTES);
export const KeyId = idKind<KeyId>(KEY_ID_BYTES);
export const BatchId = idKind<BatchId>(BATCH_ID_BYTES);

/** An id as logs and messages may show it: enough to compare by eye, too little to link or to use. */
export function masked(value: Uint8Array): string {
  return `${toHex(value.subarray(0, 3))}…`;
}
