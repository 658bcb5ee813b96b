/** Ids as the console holds them: base64url text that was checked, in hex for people, since the command line shows hex. */

import { type Fields, readBytes, spellBytes } from "../../platform/json_answer.ts";

export function idIn(fields: Fields, name: string): string {
  return spellBytes(fields.octets(name));
}

export function idOrNull(fields: Fields, name: string): string | null {
  return fields.textOrNull(name) === null ? null : idIn(fields, name);
}

const SHOWN_BYTES = 8;

/** An id in hex, as the command line shows it; of a long one the beginning, by which it is found. */
export function shownId(id: string): string {
  const bytes = readBytes(id);
  return bytes === undefined ? id : hexOf(bytes.subarray(0, SHOWN_BYTES));
}

/** All of it. */
export function wholeId(id: string): string {
  const bytes = readBytes(id);
  return bytes === undefined ? id : hexOf(bytes);
}

function hexOf(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
