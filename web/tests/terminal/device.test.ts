/** The app as the screens use it: over records in memory, a vault that only counts, and an operator in this process. */

import { beforeEach, describe, expect, test } from "vitest";
import { MemoryStore } from "../../platform/memory_store.ts";
import type { DisputeReply } from "../../platform/operator_disputes.ts";
import type { PayeeOperator } from "../../platform/operator_payee.ts";
import { ReachWatch } from "../../platform/reach.ts";
import type { RecordValue } from "../../platform/record_value.ts";
import { codesOf, Scans } from "../../platform/scanned.ts";
import type { SealedTill } from "../../platform/till_recovery.ts";
import { RecoveryTrouble } from "../../platform/till_recovery_trouble.ts";
import type { GivenBack } from "../../platform/vault_recovery.ts";
import { VaultTrouble } from "../../platform/vault_trouble.ts";
import { Verdict } from "../../protocol/answer.ts";
import { RequestHash } from "../../protocol/ids.ts";
import { concat, fromHex, type Octets, toHex } from "../../protocol/octets.ts";
import { decodeText, encodeText } from "../../protocol/qrtext.ts";
import { typed } from "../../protocol/typed.ts";
import { AppRefused } from "../../terminal/app_refused.ts";
import { TerminalDevice } from "../../terminal/device.ts";
import type { Surroundings, VaultDoor } from "../../terminal/outside.ts";
import { made } from "./dispute.ts";
import { CODE, item, keys, LinkDown, makeNotice, makePack, NOW, Operator, Payer } from "./world.ts";

const PACK = await makePack();
const PIN = "280419";

/** Counts as the real one does, and knows one PIN. */
class FakeVault implements VaultDoor {
  state: VaultDoor["state"] = "none";
  pinWaitUntil = null;
  passkeyEnrolled = false;
  pin = "";

  async create(pin: string): Promise<void> {
    [this.pin, this.state] = [pin, "open"];
  }
  async unlock(pin: string): Promise<void> {
    await this.checkPin(pin);
    this.state = "open";
  }
  async checkPin(pin: string): Promise<void> {
    if (pin !== this.pin) throw new VaultTrouble("wrong_pin", { failures: 1 });
  }
  async unlockWithPasskey(): Promise<void> {
    throw new VaultTrouble("passkey_none");
  }
  async addPasskey(): Promise<void> {
    this.passkeyEnrolled = true;
  }
  async changePin(old: string, next: string): Promise<void> {
    await this.checkPin(old);
    this.pin = next;
  }
  lock(): void {
    this.state = "locked";
  }
}

/** Asks for the operator's key as the real one does: once for each till. */
class FakeRecovery implements Till {
  readonly vault: FakeVault;
  readonly sealed: string[] = [];
  constructor(vault: FakeVault) {
    this.vault = vault;
  }

  async keep(till: SealedTill, recoveryKey: () => Promise<Octets | undefined>): Promise<void> {
    const name = `${till.deployment} ${toHex(till.terminalRef)}`;
    if (!this.sealed.includes(name) && (await recoveryKey()) !== undefined) this.sealed.push(name);
  }
  async request(): Promise<{ name: string; bytes: Octets }> {
    if (this.sealed.length === 0) throw new RecoveryTrouble("recovery_missing");
    return { name: "till.recovery.json", bytes: new Uint8Array(1) };
  }
  async open({ code, pin }: GivenBack): Promise<void> {
    if (code !== CODE) throw new RecoveryTrouble("recovery_code_wrong");
    this.vault.state = "locked";
    this.vault.pin = pin;
  }
}
type Till = Surroundings["recovery"];

const reply = made({});
let disputes: () => readonly DisputeReply[] = () => [];
let operator = new Operator(PACK);
let [kept, clock]: [ReadonlyMap<string, RecordValue>, number] = [new Map(), NOW];
let recovery: FakeRecovery;
let recoveryKey: () => Octets | undefined;
let app: TerminalDevice;

function device(vault: FakeVault): TerminalDevice {
  recovery = new FakeRecovery(vault);
  return new TerminalDevice({
    recovery,
    ...{ vault, passkeysPossible: true, keys, version: "0.1.0", server: "https://operator", watch: new ReachWatch() },
    openStore: async () => {
      const records = new MemoryStore(kept);
      records.subscribe(() => {
        kept = records.records;
      });
      return records;
    },
    ...{
      clock: () => clock,
      stopwatch: () => performance.now(),
      language: () => "en",
      setLanguage: () => undefined,
      troubleWords: async () => undefined,
    },
    randomness: (size) => crypto.getRandomValues(new Uint8Array(size)),
    operator: () => {
      const calls: Partial<PayeeOperator> = {
        trustRoot: () => operator.trustRoot(),
        trustPack: async (etag) => (await operator.trustPack(etag)) ?? null,
        enrolTerminal: async (asked) => ({
          ...(await operator.enrolTerminal(asked)),
          ...{ terminalRef: new Uint8Array(8), payeeId: new Uint8Array(8), payeeName: "Café", currency: "EUR" },
        }),
        sendBatch: (batch) => operator.sendBatch(batch),
        payeeStatement: async (after) => typed(await operator.payeeStatement(after)), // what a till reads of it
        tillRecoveryKey: async () => recoveryKey(),
        disputes: async () => disputes(),
        answerDispute: async (id, accept, said) => ({ ...reply, disputeId: id, state: `${accept}: ${said.words}` }),
        withdrawDispute: async (id, words) => ({ ...reply, disputeId: id, state: `withdrawn: ${words}` }),
      };
      return typed<PayeeOperator>(calls); // the calls that the app makes here
    },
  });
}

beforeEach(async () => {
  operator = new Operator(PACK);
  disputes = () => [];
  recoveryKey = () => new Uint8Array(33);
  [kept, clock] = [new Map(), NOW];
  app = device(new FakeVault());
  await app.enrol({ code: CODE, pin: PIN });
});

const bodyOf = async (codes: readonly string[]): Promise<Octets> => {
  const scans = new Scans();
  for (const code of codes) {
    const found = await scans.take(code);
    if ("body" in found) return found.body;
  }
  throw new RangeError("no whole message");
};
const answerTo = async (qr: readonly string[], payer: Payer) => encodeText(await payer.answer(await bodyOf(qr)));

async function refused(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof AppRefused) return error.coded.code;
    throw error;
  }
  return "not refused";
}

test("from a new vault to locked and open again", async () => {
  const fresh = device(new FakeVault());
  kept = new Map();
  expect(fresh.phase).toBe("new");
  operator.down = "operator_unreachable";
  expect(await refused(() => fresh.enrol({ code: CODE, pin: PIN }))).toBe("operator_unreachable");
  expect(fresh.phase).toBe("new");
  operator.down = undefined;
  await fresh.enrol({ code: CODE, pin: "471203" }); // another PIN may still be chosen
  expect(fresh.phase).toBe("open");
  fresh.lock();
  expect(fresh.phase).toBe("locked");
  expect(() => fresh.ready()).toThrow(AppRefused);
  expect(await refused(() => fresh.unlock({ pin: PIN }))).toBe("wrong_pin");
  await fresh.unlock({ pin: "471203" });
  expect([fresh.phase, fresh.ready().payeeName]).toEqual(["open", "Café 飞钱"]);
});

describe("a till whose PIN is lost", () => {
  test("its key is sealed when it enrols, once, and comes back with the code and a new PIN", async () => {
    const asked = await app.request({ exactMinor: 10_00n });
    await app.accept(await answerTo(asked.qr, await Payer.of()), {});
    expect(recovery.sealed.length).toBe(1);
    await app.sync({ force: true });
    expect(recovery.sealed.length).toBe(1);
    app.lock();
    recovery.vault.state = "blocked";
    expect(app.phase).toBe("blocked");
    expect(await app.recoveryFile()).toMatchObject({ name: "till.recovery.json" });
    const answer = new Uint8Array(1);
    expect(await refused(() => app.recover({ answer, code: "another", pin: "583920" }))).toBe("recovery_code_wrong");
    expect(app.phase).toBe("blocked");
    await app.recover({ answer, code: CODE, pin: "583920" });
    expect([app.phase, app.payment(1).finalMinor]).toEqual(["open", 10_00n]);
  });

  test("where that was missed, it is sealed with the next sync; an operator that has no key is no failure", async () => {
    const missed: (() => Octets | undefined)[] = [
      () => undefined,
      () => {
        throw new LinkDown("operator_unreachable");
      },
    ];
    for (const answer of missed) {
      kept = new Map();
      recoveryKey = answer;
      app = device(new FakeVault());
      await app.enrol({ code: CODE, pin: PIN });
      expect(recovery.sealed).toEqual([]);
      expect(await refused(() => app.recoveryFile())).toBe("recovery_missing");
      await app.sync();
      expect(app.syncState().steps.every(({ state }) => state === "done")).toBe(true);
      recoveryKey = () => new Uint8Array(33);
      await app.sync();
      expect(recovery.sealed.length).toBe(1);
    }
  });
});

describe("at the counter", () => {
  test("a payment is accepted and its receipt shown, and again", async () => {
    const payer = await Payer.of();
    const asked = await app.request({ exactMinor: 10_00n, reference: "table 4" });
    const scanned = await answerTo(asked.qr, payer);
    const decision = await app.accept(scanned, { requestHashHex: asked.hashHex });
    if (!("accepted" in decision)) throw new RangeError("it is accepted");
    expect(decision.accepted).toMatchObject({ grade: "F2", state: "waiting", status: "active", reference: "table 4" });
    expect(decision.accepted.receiptQr.length).toBeGreaterThan(0);
    expect(app.payment(1)).toEqual(decision.accepted);
    expect(await app.accept(scanned, {})).toMatchObject({ kind: "accepted", again: true });
    expect(app.openRequests()).toEqual([]);
    expect(app.history("table 4").map((line) => line.id)).toEqual(["1"]);
    expect(app.history("nothing like it")).toEqual([]);
  });

  test("a person is asked for the final amount, and for the risk", async () => {
    const payer = await Payer.of();
    const asked = await app.request({ upToMinor: 300_00n });
    const scanned = await answerTo(asked.qr, payer);
    const before = kept;
    expect(await app.accept(scanned, {})).toMatchObject({
      kind: "confirm",
      why: "final_amount",
      maximumMinor: 300_00n,
    });
    expect(await app.accept(scanned, { finalMinor: 250_00n })).toMatchObject({ kind: "confirm", why: "own_risk" });
    expect(kept).toBe(before);
    const taken = await app.accept(scanned, { finalMinor: 150_00n });
    expect(taken).toMatchObject({ kind: "accepted", accepted: { finalMinor: 150_00n, grade: "F2" } });
    const code = encodeText(await payer.code(5_00n));
    expect(await app.takeCode(code, { dueMinor: 5_00n })).toMatchObject({ kind: "confirm", why: "own_risk" });
    expect(await app.takeCode(code, { dueMinor: 5_00n, atOwnRisk: true })).toMatchObject({ accepted: { grade: "F1" } });
  });

  test("pieces of a large message are put together, in any order, and asked again", async () => {
    const [payer, poor] = [await Payer.of(), await Payer.of({ number: 2, amountMinor: 7_00n })];
    const asked = await app.request({ exactMinor: 10_00n });
    const codes = await codesOf(await poor.lean(await bodyOf(asked.qr), payer));
    expect(codes.length).toBeGreaterThan(2);
    const [last = "", ...rest] = codes;
    for (const [at, code] of rest.toReversed().entries()) {
      expect(await app.accept(code, {})).toEqual({ kind: "frame", have: at + 1, of: codes.length });
    }
    expect(await app.accept(last, {})).toMatchObject({ kind: "confirm", why: "own_risk" });
    expect(await app.accept(last, { atOwnRisk: true })).toMatchObject({ kind: "accepted" });
  });

  test("a refusal says why; for a cancelled request the note is shown", async () => {
    const asked = await app.request({ exactMinor: 10_00n });
    const scanned = await answerTo(asked.qr, await Payer.of());
    const note = await app.cancel(asked.hashHex);
    const decision = await app.accept(scanned, {});
    expect(decision).toMatchObject({ kind: "refused", refusal: { code: "request_cancelled" }, note: { qr: note.qr } });
    expect(await app.accept("https://menu.example", {})).toMatchObject({ refusal: { code: "not_feiqian" } });
    expect(await app.accept(encodeText(decodeText(asked.qr[0] ?? "")), {})).toMatchObject({
      refusal: { code: "not_for_terminal" },
    });
  });

  test("the issuer's word makes it final", async () => {
    const asked = await app.request({ exactMinor: 10_00n });
    const notice = encodeText(await makeNotice(RequestHash.of(fromHex(asked.hashHex)), 10_00n));
    expect(await app.accept(notice, {})).toMatchObject({ kind: "accepted", accepted: { grade: "F3", receiptQr: [] } });
    expect(app.totals().byGrade.F3).toEqual({ count: 1, amountMinor: 10_00n });
  });

  test("a payment is given back in part", async () => {
    const asked = await app.request({ exactMinor: 10_00n });
    await app.accept(await answerTo(asked.qr, await Payer.of()), {});
    const note = await app.voidPayment(1, 4_00n);
    expect(note).toMatchObject({ kind: "void", backMinor: 4_00n });
    expect(app.payment(1)).toMatchObject({ keptMinor: 6_00n, receiptQr: note.qr });
    expect(await refused(() => app.voidPayment(1, 11_00n))).toBe("void_too_much");
    expect(await refused(() => app.voidPayment(9, null))).toBe("payment_unknown");
  });
});

describe("with a network", () => {
  test("every part of a sync is told, and every payment in it", async () => {
    const asked = await app.request({ exactMinor: 10_00n });
    await app.accept(await answerTo(asked.qr, await Payer.of()), {});
    expect(app.syncState()).toMatchObject({ running: false, startedAt: null, steps: [] });
    operator.decide = () => item(Verdict.settled, 10_00n);
    const seen: string[] = [];
    app.subscribe(() =>
      seen.push(
        app
          .syncState()
          .steps.map((step) => step.state)
          .join(" "),
      ),
    );
    await app.sync();
    expect(app.syncState()).toMatchObject({ running: false, items: [{ id: "1", state: "Settled" }] });
    expect(app.syncState().steps.map(({ id, state }) => [id, state])).toEqual([
      ["trust", "done"],
      ["batch", "done"],
      ["events", "done"],
    ]);
    expect(seen).toContain("running waiting waiting");
    expect(app.payment(1)).toMatchObject({ grade: "F3", status: "done", paidMinor: 10_00n });
    await app.signOut();
    expect(app.phase).toBe("new");
  });

  test("what fails stands in its step, and the rest is skipped", async () => {
    operator.meanwhile = async (call) => {
      if (call === "measure") throw new LinkDown("operator_unreachable");
    };
    await app.sync();
    expect(app.syncState().steps.map(({ state, failure }) => [state, failure?.code])).toEqual([
      ["done", undefined],
      ["failed", "operator_unreachable"],
      ["done", undefined],
    ]);
    operator.meanwhile = async () => undefined;
    await app.sync({ quiet: true }); // what failed is no reason to wait
    expect(app.syncState().steps.every(({ state }) => state === "done")).toBe(true);
  });

  test("nobody asked: not repeated at once; somebody did: again, and everything if that is wished", async () => {
    const asked = await app.request({ exactMinor: 10_00n });
    await app.accept(await answerTo(asked.qr, await Payer.of()), {});
    await app.sync();
    const sizes: number[] = [];
    const sent = async (options: Parameters<typeof app.sync>[0]): Promise<number> => {
      const calls: string[] = [];
      operator.meanwhile = async (call) => void calls.push(call);
      await app.sync(options);
      sizes.push(calls.length);
      return calls.filter((call) => call === "sendBatch").length;
    };
    expect([await sent({ quiet: true }), await sent({}), await sent({ force: true })]).toEqual([0, 0, 1]);
    expect(sizes[0]).toBe(0);
    expect(sizes[1]).toBeGreaterThan(0);
  });

  test("a round that went well hears of disputes, and a till whose operator answers no more of them went well all the same", async () => {
    disputes = () => [made({ status: "needs_you" }), made({ status: "done" })];
    await app.sync();
    expect(app.disputesNeedYou()).toBe(1);
    disputes = () => {
      throw new LinkDown("disputes");
    };
    await app.sync();
    expect(app.syncState().steps.every(({ state }) => state === "done")).toBe(true);
    expect(app.disputesNeedYou()).toBe(1);
    app.lock();
    expect(app.disputesNeedYou()).toBe(0);
  });

  test("a dispute names the receipt that this till gave, and is answered or taken back by its id", async () => {
    const asked = await app.request({ exactMinor: 10_00n });
    const decided = await app.accept(await answerTo(asked.qr, await Payer.of()), {});
    if (decided.kind !== "accepted") throw new RangeError("not accepted");
    const { chequeHex, receiptCounter } = decided.accepted;
    disputes = () => [made({}), made({ chequeId: fromHex(chequeHex), status: "needs_you" })];
    expect((await app.disputes()).map((one) => one.receiptCounter)).toEqual([receiptCounter, null]);
    const idHex = "0123456789abcdef0123456789abcdef";
    expect(await app.answerDispute(idHex, { accept: false, words: "It was handed over." })).toMatchObject({
      idHex,
      state: "false: It was handed over.",
    });
    expect(await app.withdrawDispute(idHex, "Found it.")).toMatchObject({ idHex, state: "withdrawn: Found it." });
  });

  test("a till that is locked while it waits stops, and nothing is lost", async () => {
    const asked = await app.request({ exactMinor: 10_00n });
    await app.accept(await answerTo(asked.qr, await Payer.of()), {});
    operator.meanwhile = async (call) => {
      if (call === "sendBatch") app.lock();
    };
    await refused(() => app.sync());
    expect(app.phase).toBe("locked");
    operator.meanwhile = async () => undefined;
    await app.unlock({ pin: PIN });
    expect(app.ready().queueClaims).toBe(1);
    expect(await refused(() => app.signOut())).toBe("queue_waiting");
    await app.sync({ force: true });
    expect(app.ready().queueClaims).toBe(0);
  });

  test("the queue goes by file", async () => {
    const asked = await app.request({ exactMinor: 10_00n });
    await app.accept(await answerTo(asked.qr, await Payer.of()), {});
    const [file] = await app.export();
    expect(file?.name).toMatch(/^queue-[0-9a-f]{16}\.feiqian-batch$/);
    await app.takeAnswer(await operator.sendBatch(concat(file?.bytes ?? new Uint8Array())));
    expect(app.ready()).toMatchObject({
      queueClaims: 0,
      capabilities: expect.arrayContaining([expect.objectContaining({ what: "sign_out", works: true })]),
    });
    expect(await refused(() => app.takeAnswer(new Uint8Array(5)))).toBe("malformed");
  });
});

test("settings are kept within bounds", async () => {
  expect(app.settings()).toEqual({ autoLockS: 300, language: "en" });
  app.set({ autoLockS: 5 });
  await app.closeShift();
  expect(app.settings().autoLockS).toBe(30);
});
