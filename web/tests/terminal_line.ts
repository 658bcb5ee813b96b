/**
 * A TypeScript terminal at the end of a line: tests/web/test_interop_terminal.py plays it against Python's wallet and
 * operator, and beside Python's terminal.
 *
 * `node terminal_line.ts` reads acts, one JSON object a line, and writes what came of each: `{"done": …}` or
 * `{"refused": code}`. What the terminal asks its operator comes in between as `{"ask": name, …}`, and the next line
 * answers.
 */

import "./words_loaded.ts";
import { createInterface } from "node:readline";
import { deviceKeys } from "../platform/keys.ts";
import { MemoryStore } from "../platform/memory_store.ts";
import { deviceRandomness } from "../platform/randomness.ts";
import { RequestHash } from "../protocol/ids.ts";
import { toHex } from "../protocol/octets.ts";
import { Coded, type Words } from "../protocol/words.ts";
import type { OperatorLink } from "../terminal/ports.ts";
import { type Accepted, gradeIn, type HistoryEntry, standsOf, type ToldEvent } from "../terminal/records.ts";
import { Terminal } from "../terminal/terminal.ts";
import { RecordTerminalStore } from "../terminal/terminal_store.ts";
import type { NoteGiven } from "../terminal/void.ts";
import { amount, bytes, flag, type Json, list, number, parse, record, text } from "./json.ts";
import { asJson } from "./spelling.ts";

/** What the operator at the other end says no with. */
class OperatorSays extends Coded {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }

  words(): Words {
    return { message: this.code, safe: "", next: "" };
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
let now = 0;
const memory = new MemoryStore();
const store = new RecordTerminalStore(memory);
const outside = { store, keys: deviceKeys, clock: () => now, randomness: deviceRandomness, appVersion: "0.1.0" };
const terminal = new Terminal(outside);

function tell(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** An exception that has no code ends the program: the test then shows it. */
async function outcome(given: Json): Promise<unknown> {
  now = number(given["now"]);
  try {
    return { done: asJson(await memory.exclusively(() => act(text(given["do"]), given))) };
  } catch (error) {
    if (error instanceof Coded) return { refused: error.code };
    throw error;
  }
}

async function act(name: string, given: Json): Promise<unknown> {
  switch (name) {
    case "enrol":
      await terminal.enrol(link, { server: "https://operator.test", code: text(given["code"]) });
      return terminal.desk.certificate.payeeName;
    case "request": {
      const asking = flag(given["up_to"])
        ? { maximumMinor: amount(given["amount_minor"]) }
        : { exactMinor: amount(given["amount_minor"]) };
      const { request } = await terminal.request({ ...asking, signed: flag(given["signed"]), reference: "table 4" });
      return { shown: request.shown, requestHash: request.requestHash, expiresAt: request.expiresAt };
    }
    case "accept": {
      const final = given["final_minor"] ?? null;
      const how = { finalMinor: final === null ? undefined : amount(final), atOwnRisk: flag(given["at_own_risk"]) };
      const { accepted, shown, replayed } = await terminal.accept(bytes(given["body"]), how);
      return { ...told(accepted), shown, replayed };
    }
    case "take_code": {
      const how = { dueMinor: amount(given["due_minor"]), atOwnRisk: flag(given["at_own_risk"]) };
      const { accepted, shown, replayed } = await terminal.takeCode(bytes(given["body"]), how);
      return { ...told(accepted), shown, replayed };
    }
    case "accept_notice": {
      const { paid, replayed } = await terminal.acceptNotice(bytes(given["body"]));
      return { finalMinor: paid.finalMinor, replayed };
    }
    case "void":
      return noted(await terminal.void(number(given["receipt"]), amount(given["total_minor"])));
    case "cancel":
      return noted(await terminal.cancel(RequestHash.of(bytes(given["request_hash"]))));
    case "sync": {
      const { answered, troubles, told: news, packAdvanced } = await terminal.sync(link);
      const items = answered.map(({ claims, notes }) => [claims.length, notes.length]);
      return { items, troubles: troubles.map(({ trouble }) => trouble.code), news: news.map(event), packAdvanced };
    }
    case "close_shift":
      return totals(await terminal.closeShift());
    case "totals":
      return totals(terminal.totals());
    case "history":
      return terminal.history(100).map(entry);
    case "ready": {
      const { mayRequest, mayTakeCodes, mayVoid, listsAgeS = null, clockHealedS, clockIsOff } = terminal.ready();
      return { mayRequest, mayTakeCodes, mayVoid, listsAgeS, clockHealedS, clockIsOff };
    }
    case "boundary":
      return terminal
        .boundary("no")
        .map(({ what, works, upToMinor, until, why }) => [what, works, upToMinor, until, why]);
    case "proofs":
      return store.proofs().map(({ raw, reason }) => [raw, reason]);
    case "sign_out":
      return terminal.signOut();
    default:
      throw new TypeError(`no act ${name}`);
  }
}

/** What is told of a payment: what the other implementation would tell of the same one. */
function told(accepted: Accepted) {
  const { receiptCounter, state, amountMinor, finalMinor, guaranteedMinor, backMinor, deadline, warn, time } = accepted;
  const stands = standsOf(accepted);
  return {
    ...{ receiptCounter, state, amountMinor, finalMinor, guaranteedMinor, backMinor, deadline, warn, time },
    grade: gradeIn(accepted),
    paidMinor: stands?.paidMinor ?? 0n,
    waitingMinor: stands?.waitingMinor ?? 0n,
  };
}

function event({ number: place, nth, kind, receiptCounter, paidMinor, waitingMinor }: ToldEvent): unknown {
  return [place, nth, kind, receiptCounter, paidMinor, waitingMinor];
}

function entry(one: HistoryEntry): unknown {
  switch (one.entry) {
    case "accepted":
      return ["accepted", one.accepted.receiptCounter];
    case "note":
      return ["note", one.note.counter];
    case "paid":
      return ["paid", one.paid.finalMinor];
    case "told":
      return ["told", one.told.number];
  }
}

function totals({ told: news, byGrade, waiting, refused, ...sums }: ReturnType<Terminal["totals"]>): unknown {
  const pair = ({ count, amountMinor }: { count: number; amountMinor: bigint }) => [count, amountMinor];
  const grades = Object.entries(byGrade).map(([grade, total]) => [grade, ...pair(total)]);
  return { ...sums, grades, waiting: pair(waiting), refused: pair(refused), news: news.map(event) };
}

function noted({ note, backMinor, replayed }: NoteGiven): unknown {
  return { shown: note.shown, counter: note.counter, backMinor, replayed };
}

/** Asks the other end, while nobody holds the store. */
async function ask(name: string, asked: Json = {}): Promise<Json> {
  return memory.aside(async () => {
    tell({ ask: name, ...asked });
    const answer = parse(text((await lines.next()).value));
    const code = answer["refused"];
    if (typeof code === "string") throw new OperatorSays(code);
    return answer;
  });
}

function rootIn(answer: Json) {
  const { deployment, roots, threshold } = answer;
  return { deployment: text(deployment), roots: list(roots).map(bytes), threshold: number(threshold) };
}

const link: OperatorLink = {
  trustRoot: async () => rootIn(await ask("trust_root")),
  async enrolTerminal({ enrolmentCode, terminalKey, proof }) {
    const asked = { enrolment_code: enrolmentCode, terminal_key: toHex(terminalKey), proof: toHex(proof) };
    const answer = await ask("enrol_terminal", asked);
    const trustRoot = rootIn(record(answer["trust_root"]));
    return { certificate: bytes(answer["certificate"]), token: text(answer["token"]), trustRoot };
  },
  async trustPack(etag) {
    const answer = await ask("trust_pack", etag === undefined ? {} : { etag });
    return "raw" in answer ? { raw: bytes(answer["raw"]), etag: text(answer["etag"]) } : undefined;
  },
  sendBatch: async (batch) => bytes((await ask("send_batch", { batch: toHex(batch) }))["answer"]),
  async payeeStatement(after) {
    const answer = await ask("payee_statement", after === undefined ? {} : { after });
    const events = list(answer["events"]).map((one) => {
      const { number: place, at, kind, cheque_id, stands_paid_minor, stands_waiting_minor, deadline } = record(one);
      return {
        ...{ number: number(place), at: number(at), kind: text(kind), chequeId: bytes(cheque_id) },
        ...{ standsPaidMinor: amount(stands_paid_minor), standsWaitingMinor: amount(stands_waiting_minor) },
        deadline: number(deadline),
      };
    });
    return { events };
  },
};

for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
  tell(await outcome(parse(line.value)));
}
