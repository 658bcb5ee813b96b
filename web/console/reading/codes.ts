/** What makes a payer's one-time codes, and payments whose code was wrong. */

import type { Fields } from "../../platform/json_answer.ts";
import { idIn } from "./ids.ts";

export interface Authenticator {
  readonly authenticatorId: string;
  /** totp: by time; hotp: by a button. */
  readonly kind: string;
  readonly addedAt: number;
  /** It counts from here on; null before a code of it was right. */
  readonly confirmedAt: number | null;
  readonly removedAt: number | null;
}

/** A payment whose code was wrong or used before: its payee was paid, its device's allowances are suspended. */
export interface WrongCode {
  readonly chequeId: string;
  readonly ref: string;
  readonly payerId: string;
  readonly deviceId: string;
  readonly fault: string;
  readonly foundAt: number;
}

export interface Authenticators {
  readonly authenticators: readonly Authenticator[];
  readonly wrongCodes: readonly WrongCode[];
}

/** Told once. */
export interface NewAuthenticator {
  readonly secret: string;
  readonly otpauthUri: string;
}

export function authenticatorsIn(fields: Fields): Authenticators {
  return { authenticators: fields.each("authenticators", authenticatorIn), wrongCodes: wrongCodesIn(fields) };
}

export function authenticatorIn(fields: Fields): Authenticator {
  return {
    authenticatorId: idIn(fields, "authenticator_id"),
    kind: fields.text("kind"),
    addedAt: fields.instant("added_at"),
    confirmedAt: fields.instantOrNull("confirmed_at"),
    removedAt: fields.instantOrNull("removed_at"),
  };
}

export function wrongCodesIn(fields: Fields): readonly WrongCode[] {
  return fields.each("wrong_codes", (one) => ({
    chequeId: idIn(one, "cheque_id"),
    ref: idIn(one, "ref"),
    payerId: idIn(one, "payer_id"),
    deviceId: idIn(one, "device_id"),
    fault: one.text("fault"),
    foundAt: one.instant("found_at"),
  }));
}

export function newAuthenticatorIn(fields: Fields): NewAuthenticator {
  return { secret: fields.text("secret"), otpauthUri: fields.text("otpauth_uri") };
}
