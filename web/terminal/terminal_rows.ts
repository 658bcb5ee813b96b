/**
 * The rows of a till as they rest in sealed records, and the places from which they are found again.
 *
 * A record's key is a kind and a running number ("accepted/12"): it tells how many there are and nothing else. Rows only
 * come and change; only the enrolment, and the oldest refusals and proofs, ever go. `Rows` keeps them in memory in the
 * order of their numbers and follows every change of the store, by this tab or another.
 */

import type { RecordValue } from "../platform/record_value.ts";
import type { Verdict } from "../protocol/answer.ts";
import type { Contradiction } from "../protocol/chain.ts";
import type { AllowanceRef, BatchId, PayeeId, RequestHash, StatementId } from "../protocol/ids.ts";
import { type Octets, toHex } from "../protocol/octets.ts";
import { typed } from "../protocol/typed.ts";
import type { NoteKind } from "./records.ts";
import type { AdviceKind, ClaimState, RequestState } from "./states.ts";

export type AnswerRow = { verdict: Verdict; paidMinor: bigint; waitingMinor: bigint; code: string };
type Answered = { state: ClaimState; batch?: number; answer?: AnswerRow };
/** A receipt or note in the chain of one certificate. */
export type ChainRow = {
  certificateId: StatementId;
  counter: number;
  statementId: StatementId;
  raw: Octets;
  shown: Octets;
  time: number;
};

/** What is kept, by kind. Numbers count each kind on its own; accepted cheques and notes share the chain's. */
export interface Kinds {
  enrolment: {
    pendingKey?: Octets;
    who?: {
      deployment: string;
      server: string;
      key: Octets;
      token: string;
      certificate: Octets;
      certificateId: StatementId;
    };
  };
  trust: { deployment: string; roots: Octets[]; threshold: number; raw: Octets; etag: string; fetchedAt: number };
  moment: { operatorTime: number; clockAheadS?: number };
  shift: { number: number; beganAt: number };
  asked: {
    requestHash: RequestHash;
    payload: Octets;
    shown: Octets;
    amountMinor: bigint;
    isMaximum: boolean;
    reference: string;
    time: number;
    expiresAt: number;
    state: RequestState;
  };
  allowance: { allowanceId: StatementId; ref: AllowanceRef; raw: Octets; expiresAt: number; seenTime: number };
  accepted: Answered & {
    receipt: ChainRow;
    cheque: Octets;
    chequeId: StatementId;
    allowance: number;
    counter: number;
    amountMinor: bigint;
    cumulativeMinor: bigint;
    previous: Octets;
    requestHash?: RequestHash;
    credits?: Octets;
    finalMinor: bigint;
    guaranteedMinor: bigint;
    deadline: number;
    warn: boolean;
    shift: number;
    backMinor: bigint;
    told?: number;
  };
  note: Answered & { statement: ChainRow; kind: NoteKind; subject: Octets; backMinor: bigint };
  paid: { requestHash: RequestHash; notice: Octets; finalMinor: bigint; time: number; shift: number };
  batch: { batchId: BatchId; raw: Octets; madeAt: number; claims: number[]; notes: number[]; answer?: Octets };
  heard: { deployment: string; payeeId: PayeeId; number: number };
  event: {
    deployment: string;
    number: number;
    claim: number;
    nth: number;
    kind: AdviceKind;
    at: number;
    heardAt: number;
    paidMinor: bigint;
    waitingMinor: bigint;
    deadline: number;
    isNews: boolean;
    shift: number;
  };
  proof: { proofId: Octets; raw: Octets; allowanceId: StatementId; reason: Contradiction; time: number };
  refusal: { time: number; code: string; subject: string };
}
export type Kind = keyof Kinds;
export type Row<K extends Kind> = Readonly<Kinds[K]>;

const KINDS: readonly Kind[] = [
  ...(["enrolment", "trust", "moment", "shift", "asked", "allowance", "accepted", "note", "paid"] as const),
  ...(["batch", "heard", "event", "proof", "refusal"] as const),
];
/** The kinds of which there is one row. */
export const ONE = 1;

/** What a row is found by, beside its number; each name belongs to one row, or to the latest that has it. */
const NAMES: { readonly [K in Kind]?: (row: Row<K>) => readonly string[] } = {
  asked: (row) => [named("request", row.requestHash)],
  allowance: (row) => [named("allowance", row.allowanceId)],
  accepted: (row) => [
    named("cheque", row.chequeId),
    named("bytes", row.cheque),
    `receipt/${row.receipt.counter}`,
    ...(row.requestHash === undefined ? [] : [named("answers", row.requestHash)]),
  ],
  note: (row) => [named("note", row.subject)],
  paid: (row) => [named("paid", row.requestHash)],
  batch: (row) => [named("batch", row.batchId)],
  heard: (row) => [`heard/${row.deployment}/${toHex(row.payeeId)}`],
  event: (row) => [`event/${row.deployment}/${row.number}`],
  proof: (row) => [named("proof", row.allowanceId)],
};

/** The name of what an id names. */
export function named(what: string, id: Uint8Array): string {
  return `${what}/${toHex(id)}`;
}

/** The key of a record. */
export function keyOf(kind: Kind, number: number): string {
  return `${kind}/${number}`;
}

/** All rows in memory. */
export class Rows {
  readonly #rows = new Map<Kind, Map<number, unknown>>(KINDS.map((kind) => [kind, new Map()]));
  readonly #named = new Map<string, number>();
  readonly #cheques = new Map<number, Set<number>>();

  constructor(records: ReadonlyMap<string, RecordValue>) {
    this.follow(records, records.keys());
  }

  /** Takes over what changed. */
  follow(records: ReadonlyMap<string, RecordValue>, changed: Iterable<string>): void {
    const places = [...changed].flatMap((key) => {
      const [kind, number] = key.split("/");
      const found = KINDS.find((known) => known === kind);
      return found === undefined || number === undefined ? [] : [{ key, kind: found, number: Number(number) }];
    });
    places.sort((one, other) => one.number - other.number);
    for (const { key, kind, number } of places) this.#put(kind, number, records.get(key));
  }

  get<K extends Kind>(kind: K, number: number): Row<K> | undefined {
    // A sealed record opens only as what this program wrote at this place, so its kind says its form.
    return typed<Row<K> | undefined>(this.#rows.get(kind)?.get(number));
  }

  /** The number of the row that has this name. */
  find(name: string): number | undefined {
    return this.#named.get(name);
  }

  /** Numbers and rows of a kind, oldest first. */
  all<K extends Kind>(kind: K): readonly (readonly [number, Row<K>])[] {
    return [...this.numbers(kind)].flatMap((number) => {
      const row = this.get(kind, number);
      return row === undefined ? [] : [[number, row] as const];
    });
  }

  /** The latest rows of a kind that `wanted` lets through, newest first, at most `limit`. */
  latest<K extends Kind>(kind: K, limit: number, wanted: (row: Row<K>) => boolean = () => true): Row<K>[] {
    const found: Row<K>[] = [];
    for (const [, row] of this.all(kind).toReversed()) {
      if (found.length >= limit) break;
      if (wanted(row)) found.push(row);
    }
    return found;
  }

  numbers(kind: Kind): Iterable<number> {
    return this.#rows.get(kind)?.keys() ?? [];
  }

  /** The cheques accepted on the allowance of this number. */
  chequesOn(allowance: number): readonly Row<"accepted">[] {
    const numbers = this.#cheques.get(allowance) ?? [];
    return [...numbers].flatMap((number) => this.get("accepted", number) ?? []);
  }

  /** The next number of one kind, or of several that share theirs. */
  next(...kinds: readonly Kind[]): number {
    let highest = 0;
    for (const kind of kinds) for (const number of this.numbers(kind)) highest = Math.max(highest, number);
    return highest + 1;
  }

  #put(kind: Kind, number: number, value: RecordValue | undefined): void {
    const rows = this.#rows.get(kind);
    if (value === undefined) {
      for (const name of this.#namesOf(kind, this.get(kind, number))) this.#named.delete(name);
      rows?.delete(number);
      return;
    }
    rows?.set(number, value);
    for (const name of this.#namesOf(kind, this.get(kind, number))) this.#named.set(name, number);
    const accepted = kind === "accepted" ? this.get("accepted", number) : undefined;
    if (accepted === undefined) return;
    const cheques = this.#cheques.get(accepted.allowance) ?? new Set();
    this.#cheques.set(accepted.allowance, cheques.add(number));
  }

  #namesOf<K extends Kind>(kind: K, row: Row<K> | undefined): readonly string[] {
    return row === undefined ? [] : (NAMES[kind]?.(row) ?? []);
  }
}
