/** The audit log with its proofs, what the staff did, the staff itself, and the keys that devices believe. */

import type { Fields } from "../../platform/json_answer.ts";
import type { Octets } from "../../protocol/octets.ts";
import { idIn, idOrNull } from "./ids.ts";
import type { Page } from "./page.ts";
import { type Permission, permissionsIn, ROLES, type Role } from "./session.ts";

export interface Leaf {
  readonly index: number;
  readonly kind: string;
  readonly at: number;
  readonly subject: string;
  readonly leafHash: string;
}

export interface Leaves extends Page<Leaf> {
  readonly size: number;
  readonly queued: number;
}

/** A leaf with the proof that it is in the log, and the bytes that it is about. */
export interface ProvedLeaf extends Leaf {
  readonly proof: string;
  readonly evidence: Octets;
}

export interface StaffAct {
  readonly number: number;
  readonly actId: string;
  readonly at: number;
  readonly staffId: string | null;
  /** Null for somebody who tried a name that does not exist. */
  readonly name: string | null;
  readonly act: string;
  readonly subjectHash: string | null;
}

export interface StaffLine {
  readonly staffId: string;
  readonly name: string;
  readonly role: Role;
  readonly addedAt: number;
  readonly removedAt: number | null;
  readonly lastSignInAt: number | null;
  readonly sessions: number;
  readonly waitsUntil: number | null;
  readonly passwordChangeNeeded: boolean;
}

/** Told once: what a new person signs in with the first time. */
export interface StaffSecret {
  readonly staffId: string;
  readonly name: string;
  readonly role: Role;
  readonly password: string;
  readonly otpauthUri: string;
}

export interface RolePermissions {
  readonly role: Role;
  readonly permissions: ReadonlySet<Permission>;
}

export interface Keys {
  readonly deployment: string;
  readonly threshold: number;
  readonly roots: readonly string[];
  readonly keySet: {
    readonly version: number;
    readonly issuedAt: number;
    readonly expiresAt: number;
    readonly leastWire: number;
    readonly leastApp: string;
    readonly keys: readonly {
      readonly keyId: string;
      readonly role: string;
      readonly notBefore: number;
      readonly notAfter: number;
      readonly revokedAt: number | null;
    }[];
    readonly currencies: readonly string[];
  };
  readonly index: { readonly version: number; readonly issuedAt: number; readonly listVersion: number } | null;
  readonly packBytes: number | null;
  readonly logKey: string;
  readonly witnessKeys: readonly string[];
  readonly dataKey: { readonly number: number; readonly begunAt: number } | null;
}

function leafIn(fields: Fields): Leaf {
  return {
    index: fields.number("index"),
    kind: fields.text("kind"),
    at: fields.instant("at"),
    subject: idIn(fields, "subject"),
    leafHash: idIn(fields, "leaf_hash"),
  };
}

/** Lists that are asked for backwards name the number before which to go on. */
function nextBefore(fields: Fields): string | null {
  const next = fields.numberOrNull("next");
  return next === null ? null : String(next);
}

export function leavesIn(fields: Fields): Leaves {
  return {
    rows: fields.each("leaves", leafIn),
    next: nextBefore(fields),
    size: fields.number("size"),
    queued: fields.number("queued"),
  };
}

export function provedLeafIn(fields: Fields): ProvedLeaf {
  return { ...leafIn(fields), proof: fields.text("proof"), evidence: fields.octets("evidence") };
}

export function actsIn(fields: Fields): Page<StaffAct> {
  const rows = fields.each("acts", (one) => ({
    number: one.number("number"),
    actId: idIn(one, "act_id"),
    at: one.instant("at"),
    staffId: idOrNull(one, "staff_id"),
    name: one.textOrNull("name"),
    act: one.text("act"),
    subjectHash: idOrNull(one, "subject_hash"),
  }));
  return { rows, next: nextBefore(fields) };
}

export function staffLineIn(fields: Fields): StaffLine {
  return {
    staffId: idIn(fields, "staff_id"),
    name: fields.text("name"),
    role: fields.choice("role", ROLES),
    addedAt: fields.instant("added_at"),
    removedAt: fields.instantOrNull("removed_at"),
    lastSignInAt: fields.instantOrNull("last_sign_in_at"),
    sessions: fields.number("sessions"),
    waitsUntil: fields.instantOrNull("waits_until"),
    passwordChangeNeeded: fields.yes("password_change_needed"),
  };
}

export function staffIn(fields: Fields): readonly StaffLine[] {
  return fields.each("staff", staffLineIn);
}

export function secretIn(fields: Fields): StaffSecret {
  return {
    staffId: idIn(fields, "staff_id"),
    name: fields.text("name"),
    role: fields.choice("role", ROLES),
    password: fields.text("password"),
    otpauthUri: fields.text("otpauth_uri"),
  };
}

export function rolesIn(fields: Fields): readonly RolePermissions[] {
  return fields.each("roles", (one) => ({ role: one.choice("role", ROLES), permissions: permissionsIn(one) }));
}

export function keysIn(fields: Fields): Keys {
  const set = fields.inner("key_set");
  const index = fields.innerOrNull("index");
  const dataKey = fields.innerOrNull("data_key");
  return {
    deployment: fields.text("deployment"),
    threshold: fields.number("threshold"),
    roots: fields.texts("roots"),
    keySet: {
      version: set.number("version"),
      issuedAt: set.instant("issued_at"),
      expiresAt: set.instant("expires_at"),
      leastWire: set.number("least_wire"),
      leastApp: set.text("least_app"),
      keys: set.each("keys", (key) => ({
        keyId: idIn(key, "key_id"),
        role: key.text("role"),
        notBefore: key.instant("not_before"),
        notAfter: key.instant("not_after"),
        revokedAt: key.instantOrNull("revoked_at"),
      })),
      currencies: set.texts("currencies"),
    },
    index:
      index === null
        ? null
        : {
            version: index.number("version"),
            issuedAt: index.instant("issued_at"),
            listVersion: index.number("list_version"),
          },
    packBytes: fields.numberOrNull("pack_bytes"),
    logKey: fields.text("log_key"),
    witnessKeys: fields.texts("witness_keys"),
    dataKey: dataKey === null ? null : { number: dataKey.number("number"), begunAt: dataKey.instant("begun_at") },
  };
}
