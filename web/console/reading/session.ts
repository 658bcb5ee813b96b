/** Who is signed in, and what that person may do: the menu and the buttons go by permissions, never by the role. */

import { type Fields, unreadable } from "../../platform/json_answer.ts";
import { idIn } from "./ids.ts";

export const ROLES = ["viewer", "support", "risk", "finance", "auditor", "admin"] as const;
export type Role = (typeof ROLES)[number];

export const PERMISSIONS = [
  ...(["numbers", "holders", "exposure", "forks", "disputes", "pool", "keys", "audit", "staff"] as const),
  ...(["suspend", "decide", "funding", "codes", "attestation", "staff_change"] as const),
] as const;
export type Permission = (typeof PERMISSIONS)[number];

export interface Session {
  readonly staffId: string;
  readonly name: string;
  readonly role: Role;
  /** Those that this console knows; what a newer operator allows beyond them has no page here. */
  readonly permissions: ReadonlySet<Permission>;
  readonly csrf: string;
  /** Seconds without any request after which it is over. */
  readonly idleS: number;
  readonly endsAt: number;
  readonly passwordChangeNeeded: boolean;
  readonly deployment: string;
  readonly currency: string;
  readonly onTrial: boolean;
}

export function sessionIn(fields: Fields): Session {
  const idleS = fields.number("idle_s");
  if (idleS < 1) throw unreadable("field idle_s");
  return {
    staffId: idIn(fields, "staff_id"),
    name: fields.text("name"),
    role: fields.choice("role", ROLES),
    permissions: permissionsIn(fields),
    csrf: fields.text("csrf"),
    idleS,
    endsAt: fields.instant("ends_at"),
    passwordChangeNeeded: fields.yes("password_change_needed"),
    deployment: fields.text("deployment"),
    currency: fields.text("currency"),
    onTrial: fields.yes("on_trial"),
  };
}

export function permissionsIn(fields: Fields): ReadonlySet<Permission> {
  const said = new Set(fields.texts("permissions"));
  return new Set(PERMISSIONS.filter((one) => said.has(one)));
}
