/** The menu: every page of the console, and the permission that opens it. What somebody may not see is not offered. */

import "../ui/seldom_icons.ts";
import type { Twin } from "../ui/words.ts";
import type { GlyphName } from "./parts/glyph.tsx";
import type { Permission } from "./reading/session.ts";
import { W } from "./words.ts";
import { CODES, ROOTS } from "./words_trusted.ts";

export interface MenuItem {
  /** The address behind #/, and the first word of all pages under it. */
  readonly to: string;
  readonly name: Twin;
  readonly icon: GlyphName;
  readonly needs: Permission;
}

export interface MenuGroup {
  readonly id: string;
  readonly name: Twin | null;
  readonly items: readonly MenuItem[];
}

export const MENU: readonly MenuGroup[] = [
  {
    id: "now",
    name: null,
    items: [
      { to: "home", name: W.overview, icon: "home", needs: "numbers" },
      { to: "figures", name: W.figures, icon: "chart", needs: "numbers" },
    ],
  },
  {
    id: "people",
    name: W.groupPeople,
    items: [
      { to: "payers", name: W.payers, icon: "wallet", needs: "holders" },
      { to: "payees", name: W.payees, icon: "store", needs: "holders" },
      { to: "devices", name: W.devices, icon: "phone", needs: "holders" },
      { to: "terminals", name: W.terminals, icon: "scan", needs: "holders" },
      { to: "allowances", name: W.allowances, icon: "code", needs: "holders" },
      { to: "wrong-codes", name: CODES.wrongTitle, icon: "warn", needs: "holders" },
    ],
  },
  {
    id: "risk",
    name: W.groupRisk,
    items: [
      { to: "disputes", name: W.disputes, icon: "flag", needs: "disputes" },
      { to: "exposure", name: W.exposure, icon: "up", needs: "exposure" },
      { to: "forks", name: W.forks, icon: "fork", needs: "forks" },
      { to: "pool", name: W.pool, icon: "shieldCheck", needs: "pool" },
    ],
  },
  {
    id: "trust",
    name: W.groupTrust,
    items: [
      { to: "keys", name: W.keys, icon: "key", needs: "keys" },
      { to: "roots", name: ROOTS.title, icon: "shieldCheck", needs: "keys" },
      { to: "audit", name: W.audit, icon: "history", needs: "audit" },
      { to: "acts", name: W.acts, icon: "eye", needs: "audit" },
      { to: "staff", name: W.staff, icon: "people", needs: "staff" },
    ],
  },
];

/** Groups without anything to open are left out. */
export function menuFor(menu: readonly MenuGroup[], permissions: ReadonlySet<Permission>): readonly MenuGroup[] {
  return menu
    .map((group) => ({ ...group, items: group.items.filter(({ needs }) => permissions.has(needs)) }))
    .filter(({ items }) => items.length > 0);
}

/** Pages of one thing, and the list that they belong to: they open for whoever may see that list. */
export const UNDER: Readonly<Record<string, string>> = {
  payer: "payers",
  payee: "payees",
  allowance: "allowances",
  dispute: "disputes",
  leaf: "audit",
  act: "acts",
};

/** What a page needs; null where there is no such page. Everybody may see the own account. */
export function needed(page: string): Permission | "nothing" | null {
  if (page === "account") return "nothing";
  const of = UNDER[page] ?? page;
  return MENU.flatMap(({ items }) => items).find(({ to }) => to === of)?.needs ?? null;
}
