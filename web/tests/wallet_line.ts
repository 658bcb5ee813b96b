/**
 * A TypeScript wallet at the end of a line: tests/web/test_interop_wallet.py plays it against Python's terminal.
 *
 * `node wallet_line.ts` reads acts, one JSON object a line, and writes what came of each: `{"done": …}` or
 * `{"refused": code}`. What the wallet asks its operator comes in between as `{"ask": name, …}`, and the next line answers.
 */

import "./words_loaded.ts";
import { createInterface } from "node:readline";
import { deviceKeys } from "../platform/keys.ts";
import { MemoryStore } from "../platform/memory_store.ts";
import { deviceRandomness } from "../platform/randomness.ts";
import { AllowanceRef, StatementId } from "../protocol/ids.ts";
import { toHex } from "../protocol/octets.ts";
import type { TrustRoot } from "../protocol/trust.ts";
import { Coded, type Words } from "../protocol/words.ts";
import { Found } from "../wallet/found.ts";
import { Declined, type OperatorLink } from "../wallet/ports.ts";
import { numberOf, type PaymentRecord } from "../wallet/records.ts";
import { Wallet } from "../wallet/wallet.ts";
import { RecordWalletStore } from "../wallet/wallet_store.ts";
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
const wallet = opened();

function opened(): Wallet {
  const parts = { keys: deviceKeys, clock: () => now, randomness: deviceRandomness, version: "0.1.0" };
  return new Wallet({ ...parts, store: new RecordWalletStore(memory), found: new Found() });
}

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
      return (await wallet.enrol(link, "https://operator.test", text(given["code"]))).deployment;
    case "top_up":
      return (await wallet.topUp(link, amount(given["amount_minor"]))).raw;
    case "close":
      return (await wallet.close(link)).state;
    case "sync": {
      const { failures, trustNewer, changed } = await wallet.sync(link);
      return { failures: failures.map((failure) => failure.code), trustNewer, changed: changed.map(told) };
    }
    case "consider": {
      const { asked: _asked, drawn: _drawn, ...offer } = await wallet.consider(bytes(given["body"]));
      return offer;
    }
    case "pay": {
      const offer = await wallet.consider(bytes(given["body"]));
      return toHex((await wallet.pay(offer, number(given["check"]))).body);
    }
    case "one_way_code": {
      const upTo = flag(given["up_to"]);
      return toHex((await wallet.oneWayCode(amount(given["amount_minor"]), number(given["check"]), upTo)).body);
    }
    case "show_again":
      return toHex((await wallet.showAgain(text(given["number"]))).body);
    case "take": {
      const { payment, creditMinor } = await wallet.takeAcknowledgement(bytes(given["body"]));
      return { payment: told(payment), creditMinor };
    }
    case "resume":
      return (await wallet.resume()).items.map((item) => item.wayOn);
    case "history":
      return wallet.history().map(told);
    case "spendable": {
      const { paymentMinor, totalMinor, waitingMinor, waiting, needsYou, warnings } = await wallet.spendable();
      return { paymentMinor, totalMinor, waitingMinor, waiting, needsYou, warnings };
    }
    case "findings": {
      const found = (await wallet.spendable()).findings;
      return found.map(({ kind, amountMinor }) => ({ kind, amountMinor }));
    }
    default:
      throw new TypeError(`no act ${name}`);
  }
}

/** What is told of a payment: what the other implementation would tell of the same one. */
function told(payment: PaymentRecord): unknown {
  const { state, grade = null, amountMinor, finalMinor = null, payeeName = null, payeeProved, counter } = payment;
  return { number: numberOf(payment), state, grade, amountMinor, finalMinor, payeeName, payeeProved, counter };
}

/** Asks the other end, while nobody holds the store. */
async function ask(name: string, asked: Json = {}): Promise<Json> {
  return memory.aside(async () => {
    tell({ ask: name, ...asked });
    const answer = parse(text((await lines.next()).value));
    const code = answer["refused"];
    if (typeof code !== "string") return answer;
    throw answer["declined"] === true ? new Declined(new OperatorSays(code)) : new OperatorSays(code);
  });
}

function rootIn(answer: Json): TrustRoot {
  const { deployment, roots, threshold } = answer;
  return { deployment: text(deployment), roots: list(roots).map(bytes), threshold: number(threshold) };
}

const link: OperatorLink = {
  trustRoot: async () => rootIn(await ask("trust_root")),
  trustPack: async () => bytes((await ask("trust_pack"))["pack"]),
  async enrol({ code, accountKey, proof }) {
    const answer = await ask("enrol", { code, account_key: toHex(accountKey), proof: toHex(proof) });
    const found = record(answer["membership"]);
    const membership = {
      payerId: bytes(found["payer_id"]),
      payerName: text(found["payer_name"]),
      deviceId: bytes(found["device_id"]),
      deviceToken: text(found["device_token"]),
      currency: text(found["currency"]),
    };
    return { membership, root: rootIn(record(answer["root"])) };
  },
  async topUp({ topUpId, amountMinor, deviceKey, proof }) {
    const asked = { top_up_id: toHex(topUpId), device_key: toHex(deviceKey), proof: toHex(proof ?? new Uint8Array()) };
    const answer = await ask("top_up", { ...asked, amount_minor: Number(amountMinor) });
    const codeKey = answer["code_key"];
    return { raw: bytes(answer["allowance"]), codeKey: typeof codeKey === "string" ? bytes(codeKey) : undefined };
  },
  async statement() {
    const answer = await ask("statement");
    const name = answer["currency"];
    return {
      currency: text(name),
      freeMinor: amount(answer["free_minor"]),
      reservedMinor: amount(answer["reserved_minor"]),
      allowances: list(answer["allowances"]).map((item) => {
        const { ref, closed, complete } = record(item);
        return { ref: AllowanceRef.of(bytes(ref)), closed: flag(closed), complete: flag(complete) };
      }),
      cheques: list(answer["cheques"]).map((item) => {
        const line = record(item);
        const payeeName = line["payee_name"];
        return {
          chequeId: StatementId.of(bytes(line["cheque_id"])),
          ref: AllowanceRef.of(bytes(line["ref"])),
          paidMinor: amount(line["paid_minor"]),
          waitingMinor: amount(line["waiting_minor"]),
          deadline: number(line["deadline"]),
          givenBack: flag(line["given_back"]),
          forked: flag(line["forked"]),
          codeWrong: line["code_wrong"] === true,
          payeeName: typeof payeeName === "string" ? payeeName : undefined,
        };
      }),
    };
  },
  async closeAllowance({ ref, closing }) {
    await ask("close_allowance", { ref: toHex(ref), closing: toHex(closing) });
  },
  async present(papers, isNote) {
    await ask("present", { papers: asJson(papers), is_note: isNote });
  },
  async reportLock() {
    return "waiting" as const; // the two wallets are compared in what they draw; locks have tests of their own
  },
  async disputes() {
    return list((await ask("disputes"))["notices"]).map((item) => {
      const { dispute_id: disputeId, against_us: againstUs, needs_answer: needsAnswer } = record(item);
      return { disputeId: bytes(disputeId), againstUs: flag(againstUs), needsAnswer: flag(needsAnswer) };
    });
  },
};

for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
  tell(await outcome(parse(line.value)));
}
