/** Instants and ids of the made-up operator, spelled as the real one spells them. */

export const FAKE_NOW = 1_795_356_300;

export const HOUR = 3_600;
export const DAY = 86_400;

export type Json = Readonly<Record<string, unknown>>;

export function spell(at: number): string {
  return new Date(at * 1000).toISOString().replace(".000Z", "Z");
}

export const ago = (seconds: number): string => spell(FAKE_NOW - seconds);
export const later = (seconds: number): string => spell(FAKE_NOW + seconds);

/** Base64url of so many bytes that differ by `number`. */
export function bytes(number: number, length = 8): string {
  let binary = "";
  for (let at = 0; at < length; at += 1) binary += String.fromCharCode((number * 37 + at * 61 + 17) % 256);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
