/**
 * The boundary: what a device can do now, up to how much, until when, and why not (docs/offline-boundary.md). Pure.
 *
 * Mirrors src/feiqian/risk/boundary.py; tests/risk/boundary_cases.json holds both to one list. It promises nothing that
 * the act itself would refuse: the numbers come from the rules that decide the act.
 */

/** Whether the operator answered the last time it was asked: nothing else tells (a radio tells nothing). */
export type Reach = "yes" | "no" | "not_tried";

export type What =
  | "pay_request"
  | "show_code"
  | "key_software"
  | "key_passkey"
  | "key_tpm"
  | "key_card"
  | "show_again"
  | "take_receipt"
  | "ask"
  | "accept"
  | "take_code"
  | "give_back"
  | "cancel"
  | "export"
  | "look"
  | "lock"
  | "sync"
  | "top_up"
  | "close"
  | "dispute"
  | "sign_out";

export type Why =
  | "nothing_to_spend"
  | "allowance_ended"
  | "allowance_stopped"
  | "keys_away"
  | "cheques_used_up"
  | "clock_wrong"
  | "one_payee_only"
  | "stronger_key"
  | "no_codes"
  | "no_network"
  | "network_not_tried"
  | "certificate_over"
  | "currency_not_served"
  | "not_allowed"
  | "lists_old"
  | "lists_stale"
  | "keys_over"
  | "queue_empty"
  | "queue_waits";

/**
 * One thing that can be done, or not. Amounts in minor units, `until` in seconds since 1970.
 *
 * `guaranteedMinor` is what of one payment is guaranteed, null where that is not asked. `why` says what is in the way;
 * with `works` it says why the limits are lower than usual.
 */
export interface Capability {
  readonly what: What;
  readonly works: boolean;
  readonly needsNetwork: boolean;
  readonly upToMinor: bigint | null;
  readonly guaranteedMinor: bigint | null;
  readonly until: number | null;
  readonly why: Why | null;
}

/**
 * What can be paid with one kind of key: at most `paymentMinor` at once, until its last allowance ends.
 *
 * `limited` says that the policy lets a stronger key pay more at once, `codes` that it takes one-way codes from this one.
 */
export interface KeyFacts {
  readonly what: What;
  readonly paymentMinor: bigint;
  readonly limited: boolean;
  readonly codes: boolean;
  readonly until: number;
}

/** What the payer's device knows: the most that one payment can be, and the most that may go to just any payee. */
export interface WalletFacts {
  readonly reach: Reach;
  readonly paymentMinor: bigint;
  readonly unboundMinor: bigint;
  readonly oneWayCapMinor: bigint;
  readonly until: number | null;
  /** Why nothing can be paid; counts only then. */
  readonly inTheWay: Why | null;
  /** What can be topped up from, as the operator last said; null when it has not said. */
  readonly freeMinor: bigint | null;
  /** Those of the allowances that can be paid with, weakest first. */
  readonly keys: readonly KeyFacts[];
}

/** What the payee's device knows. */
export interface TerminalFacts {
  readonly now: number;
  readonly reach: Reach;
  readonly certificateExpiresAt: number;
  readonly mayAsk: boolean;
  readonly mayTakeCodes: boolean;
  readonly mayGiveBack: boolean;
  /** Null says that its currency is not served any more. */
  readonly guaranteedMinor: bigint | null;
  /** Null: nothing is refused for its amount. */
  readonly acceptCapMinor: bigint | null;
  readonly oneWayCapMinor: bigint;
  readonly noteCapMinor: bigint;
  /** When caps shrink next; null when they no longer can. */
  readonly nextStepAt: number | null;
  readonly lists: "lists_old" | "lists_stale" | "keys_over" | null;
  /** Claims and notes without an answer. */
  readonly waiting: number;
}

/** What a payer can do now, in the order in which people ask. */
export function walletBoundary(facts: WalletFacts): readonly Capability[] {
  const nothing = facts.paymentMinor > 0n ? null : (facts.inTheWay ?? "nothing_to_spend");
  const bound = facts.paymentMinor > 0n && facts.unboundMinor === 0n ? "one_payee_only" : null;
  const codeMinor = least(facts.unboundMinor, facts.oneWayCapMinor);
  const codeless = facts.unboundMinor > 0n && codeMinor === 0n ? "no_codes" : null;
  return [
    capability("pay_request", nothing === null, {
      upToMinor: facts.unboundMinor > 0n ? facts.unboundMinor : facts.paymentMinor,
      until: nothing === null ? facts.until : null,
      why: nothing ?? bound,
    }),
    capability("show_code", codeMinor > 0n, {
      upToMinor: codeMinor,
      until: codeMinor > 0n ? facts.until : null,
      why: nothing ?? bound ?? codeless,
    }),
    ...facts.keys.map(({ what, paymentMinor: upToMinor, limited, codes, until }) =>
      capability(what, upToMinor > 0n, {
        ...{ upToMinor, until },
        why: limited ? "stronger_key" : codes ? null : "no_codes",
      }),
    ),
    capability("show_again", true),
    capability("take_receipt", true),
    capability("look", true),
    capability("lock", true),
    online("sync", facts.reach),
    online("top_up", facts.reach, facts.freeMinor),
    online("close", facts.reach),
    online("dispute", facts.reach),
  ];
}

/** What a payee can do now, in the order in which people ask. */
export function terminalBoundary(facts: TerminalFacts): readonly Capability[] {
  const over = facts.now > facts.certificateExpiresAt ? "certificate_over" : null;
  const unserved = facts.guaranteedMinor === null ? "currency_not_served" : null;
  const until = Math.min(facts.certificateExpiresAt, facts.nextStepAt ?? facts.certificateExpiresAt);
  const counter = (what: What, allowed: boolean, upToMinor: bigint | null, guaranteedMinor: bigint | null) => {
    const why = over ?? unserved ?? (allowed ? null : "not_allowed");
    return why === null
      ? capability(what, true, { upToMinor, guaranteedMinor, until, why: facts.lists })
      : capability(what, false, { upToMinor: 0n, guaranteedMinor: 0n, why });
  };
  const note = (what: What, upToMinor: bigint | null): Capability => {
    const why = over ?? (facts.mayGiveBack ? null : "not_allowed");
    return why === null
      ? capability(what, true, { upToMinor, until: facts.certificateExpiresAt })
      : capability(what, false, { upToMinor: 0n, why });
  };
  const most = facts.acceptCapMinor;
  return [
    counter("ask", facts.mayAsk, most, facts.guaranteedMinor),
    counter("accept", facts.mayAsk, most, facts.guaranteedMinor),
    counter("take_code", facts.mayTakeCodes, least(facts.oneWayCapMinor, most ?? facts.oneWayCapMinor), 0n),
    note("give_back", facts.noteCapMinor),
    note("cancel", null),
    capability("look", true),
    capability("lock", true),
    capability("export", facts.waiting > 0, { why: facts.waiting > 0 ? null : "queue_empty" }),
    online("sync", facts.reach),
    online("dispute", facts.reach),
    capability("sign_out", facts.waiting === 0, { why: facts.waiting > 0 ? "queue_waits" : null }),
  ];
}

function capability(what: What, works: boolean, more: Partial<Capability> = {}): Capability {
  const bare = { needsNetwork: false, upToMinor: null, guaranteedMinor: null, until: null, why: null };
  return { ...bare, ...more, what, works };
}

const UNREACHED: Readonly<Record<Reach, Why | null>> = { yes: null, no: "no_network", not_tried: "network_not_tried" };

function online(what: What, reach: Reach, upToMinor: bigint | null = null): Capability {
  const why = UNREACHED[reach];
  return capability(what, why === null, { needsNetwork: true, upToMinor, why });
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
