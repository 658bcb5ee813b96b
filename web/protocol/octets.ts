/**
 * Byte strings: what JavaScript lacks to handle them as values. Pure.
 *
 * `Octets` is a plain Uint8Array over memory of its own kind; nothing in the protocol ever writes into one that it was
 * given or has handed out.
 */

export type Octets = Uint8Array<ArrayBuffer>;

/** The byte strings one behind the other. */
export function concat(...parts: readonly Uint8Array[]): Octets {
  let size = 0;
  for (const part of parts) size += part.length;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Whether both hold the same bytes; an absent one only equals an absent one. */
export function equal(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Below 0, 0 or above 0 as `one` stands before, with or behind `other` in byte order. */
export function compare(one: Uint8Array, other: Uint8Array): number {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at += 1) {
    const difference = (one[at] ?? 0) - (other[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

/** Whether `whole` begins with these bytes. */
export function startsWith(whole: Uint8Array, start: Uint8Array): boolean {
  return whole.length >= start.length && start.every((byte, at) => byte === whole[at]);
}

/** A copy of the bytes, which no later change of the original reaches. */
export function slice(whole: Uint8Array, start: number, end: number = whole.length): Octets {
  return new Uint8Array(whole.subarray(start, end));
}

/** The bytes as lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** The bytes that hex spells. Throws RangeError on anything else: hex is only read from what we wrote. */
export function fromHex(text: string): Octets {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) throw new RangeError("not lower-case hex");
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

/** The number that bytes spell, most significant first. */
export function toNumber(bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(`0x${toHex(bytes)}`);
}

/** The number in exactly `size` bytes, most significant first. */
export function fromNumber(value: bigint, size: number): Octets {
  return fromHex(value.toString(16).padStart(2 * size, "0"));
}

/** The text in UTF-8. */
export function utf8(text: string): Octets {
  return new TextEncoder().encode(text);
}
