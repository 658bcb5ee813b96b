/** Rounds with an operator, later truth, and what goes by file: nothing is lost, nothing counts twice. */

import { beforeEach, describe, expect, test } from "vitest";
import { Verdict } from "../../protocol/answer.ts";
import { decodeBatch } from "../../protocol/claim.ts";
import { PayeeId } from "../../protocol/ids.ts";
import { equal, type Octets, slice } from "../../protocol/octets.ts";
import { gradeIn, standsOf } from "../../terminal/records.ts";
import type { SyncOutcome } from "../../terminal/sync.ts";
import { CODE, Counter, DAY, item, LinkDown, makePack, NOW, Operator, Payer, refusal } from "./world.ts";

const PACK = await makePack();
let [operator, counter, payer]: [Operator, Counter, Payer] = [new Operator(PACK), new Counter(), await Payer.of()];

beforeEach(async () => {
  operator = new Operator(PACK);
  counter = await Counter.at(operator);
  payer = await Payer.of();
});

const troubles = (outcome: SyncOutcome) => outcome.troubles.map(({ part, trouble }) => `${part} ${trouble.code}`);
const queue = () => counter.store.queue();

describe("a round", () => {
  test("settles everything and empties the queue", async () => {
    const accepted = await counter.paid(payer, 10_00n);
    await counter.act(() => counter.terminal.void(accepted.receiptCounter, 1_00n));
    expect(queue()).toMatchObject({ claims: 1, notes: 1, amountMinor: 9_00n, firstDeadline: accepted.deadline });
    operator.decide = () => item(Verdict.settled, 9_00n);
    const outcome = await counter.sync(operator);
    expect(troubles(outcome)).toEqual([]);
    expect(outcome.answered.map((answer) => [answer.claims.length, answer.notes.length])).toEqual([[1, 1]]);
    expect(queue()).toMatchObject({ claims: 0, notes: 0, firstDeadline: undefined });
    const settled = counter.terminal.payment(accepted.receiptCounter);
    expect([settled.state, gradeIn(settled), standsOf(settled)?.paidMinor]).toEqual(["settled", "F3", 9_00n]);
    expect(counter.terminal.totals()).toMatchObject({ paidMinor: 9_00n, unpaidMinor: 0n, notesWaiting: 0 });
  });

  test("states the clock as it is, and stores no batch that holds nothing", async () => {
    counter.clock = NOW + 500;
    await counter.sync(operator);
    expect(operator.measured.map((raw) => decodeBatch(raw).time)).toEqual([NOW + 500]);
    expect(counter.store.lastAnsweredBatch()).toBeUndefined();
    expect(counter.terminal.ready()).toMatchObject({ clockAheadS: 500, clockIsOff: true });
  });

  test("sends the same bytes until they are answered", async () => {
    await counter.paid(payer, 10_00n);
    for (const down of ["operator_unreachable", "operator_busy"]) {
      operator.meanwhile = async (call) => {
        operator.down = call === "sendBatch" ? down : undefined;
      };
      expect(troubles(await counter.sync(operator))).toEqual([`batch ${down}`]);
      counter.reopen();
      expect(queue().claims).toBe(1);
    }
    operator.meanwhile = async () => undefined;
    operator.down = undefined;
    await counter.paid(await Payer.of({ number: 2 }), 5_00n);
    expect(troubles(await counter.sync(operator))).toEqual([]);
    const [one, two, three, four] = operator.received;
    expect([equal(one, two), equal(two, three), equal(three, four)]).toEqual([true, true, false]);
    expect(queue().claims).toBe(0);
  });

  test("sent twice on purpose changes nothing", async () => {
    await counter.paid(payer, 10_00n);
    await counter.sync(operator);
    const before = counter.terminal.totals();
    expect((await counter.sync(operator, { resend: true })).resent).toBe(1);
    expect(counter.terminal.totals()).toEqual(before);
  });

  test("lets one refused batch block no later one", async () => {
    await counter.paid(payer, 10_00n);
    operator.refuseBatch = () => true;
    expect(troubles(await counter.sync(operator))).toEqual(["batch batch_refused"]);
    const [poison] = operator.received;
    operator.refuseBatch = (batch) => equal(batch, poison);
    const other = await counter.paid(await Payer.of({ number: 2 }), 5_00n);
    expect(troubles(await counter.sync(operator))).toEqual(["batch batch_refused"]);
    expect(counter.terminal.payment(other.receiptCounter).state).toBe("settled");
    expect(queue().claims).toBe(1);
  });

  test.each([
    ["cut", (answer: Octets) => slice(answer, 0, answer.length - 1)],
    ["changed", (answer: Octets) => answer.map((byte, at) => (at === answer.length - 1 ? byte ^ 1 : byte))],
    ["nothing", () => new Uint8Array()],
  ])("takes no answer that is none: %s", async (_, mangle) => {
    await counter.paid(payer, 10_00n);
    const before = queue();
    operator.mangle = mangle;
    expect(troubles(await counter.sync(operator))).toHaveLength(1);
    expect(queue()).toEqual(before);
    operator.mangle = (answer) => answer;
    expect(troubles(await counter.sync(operator))).toEqual([]);
    expect(queue().claims).toBe(0);
  });

  test("never holds up a payment, and sends it in the next batch", async () => {
    await counter.paid(payer, 10_00n);
    const other = await Payer.of({ number: 2 });
    let taken = "";
    operator.meanwhile = async (call) => {
      if (call === "sendBatch" && taken === "") taken = (await counter.paid(other, 5_00n)).state;
    };
    const outcome = await counter.sync(operator);
    expect([taken, troubles(outcome), queue().claims]).toEqual(["waiting", [], 0]);
    expect(operator.received.map((raw) => decodeBatch(raw).claims.length)).toEqual([1, 1]);
  });

  test("believes what another tab has fetched and heard while it waited", async () => {
    const { chequeId } = await counter.paid(payer, 10_00n);
    await counter.sync(operator);
    operator.tell("unpaid", chequeId);
    const newest = await makePack({ version: 3 });
    for (const waiting of ["trustPack", "payeeStatement"]) {
      operator.meanwhile = async (call) => {
        if (call !== waiting) return;
        operator.meanwhile = async () => undefined;
        operator.pack = newest;
        expect(troubles(await counter.sync(operator))).toEqual([]);
        operator.pack = await makePack({ version: 2 }); // what the first one gets is older by now
      };
      expect(troubles(await counter.sync(operator))).toEqual([]);
      operator.pack = newest;
      operator.tell("shared", chequeId, 1_00n);
    }
    expect(counter.store.trust()?.raw).toEqual(newest);
    expect(counter.store.told(chequeId).map(({ kind }) => kind)).toEqual(["unpaid", "shared"]);
  });

  test("keeps the first answer when the operator gives another one", async () => {
    await counter.paid(payer, 10_00n);
    await counter.sync(operator);
    const before = counter.terminal.totals();
    operator.answers.clear();
    operator.decide = () => item(Verdict.refused);
    expect(troubles(await counter.sync(operator, { resend: true }))).toEqual(["batch answer_changed"]);
    expect(counter.terminal.totals()).toEqual(before);
  });

  test("ends when the till was signed out meanwhile", async () => {
    operator.meanwhile = async (call) => {
      if (call === "measure") await counter.act(() => counter.terminal.signOut());
    };
    expect(troubles(await counter.sync(operator))).toContain("batch not_enrolled");
  });

  test("takes a newer pack, refuses an older one, and claims still go", async () => {
    operator.pack = await makePack({ version: 2, issuedAt: NOW + 60 });
    expect(await counter.sync(operator)).toMatchObject({ packAdvanced: true, packCurrent: true });
    expect(counter.terminal.ready().listsIssuedAt).toBe(NOW + 60);
    operator.pack = PACK;
    await counter.paid(payer, 10_00n);
    expect(troubles(await counter.sync(operator))).toEqual(["trust version_rollback"]);
    expect([queue().claims, counter.terminal.ready().listsIssuedAt]).toEqual([0, NOW + 60]);
  });
});

describe("by file", () => {
  test("export, and the answer that comes back", async () => {
    expect(await refusal(() => counter.act(() => counter.terminal.export()))).toBe("queue_empty");
    await counter.paid(payer, 10_00n);
    const [batch] = await counter.act(() => counter.terminal.export());
    if (batch === undefined) throw new RangeError("a batch was expected");
    const answer = await operator.sendBatch(batch.raw);
    const take = (raw: Octets) => counter.act(() => counter.terminal.takeAnswer(raw));
    expect((await take(answer))?.claims.length).toBe(1);
    expect(await take(answer)).toBeUndefined();
    const other = await Counter.at(operator);
    expect(await refusal(() => other.act(() => other.terminal.takeAnswer(answer)))).toBe("answer_mismatch");
  });
});

describe("signing out", () => {
  test("waits for the queue, then forgets the key and keeps the evidence", async () => {
    await counter.paid(payer, 10_00n);
    const out = () => counter.act(() => counter.terminal.signOut());
    expect(await refusal(out)).toBe("queue_waiting");
    await counter.sync(operator);
    await out();
    expect([counter.store.enrolment(), counter.store.history(9).length]).toEqual([undefined, 1]);
    expect(await refusal(() => counter.act(() => counter.terminal.open()))).toBe("not_enrolled");
    await counter.act(() => counter.terminal.enrol(counter.link(operator), { server: "s", code: CODE }));
    expect(counter.store.chainHead().counter).toBe(1);
    expect((await counter.paid(payer, 1_00n)).receiptCounter).toBe(1);
  });
});

describe("enrolment", () => {
  test("that broke off ends with the same key", async () => {
    const till = new Counter();
    const enrol = () => till.act(() => till.terminal.enrol(till.link(operator), { server: "s", code: CODE }));
    operator.down = "operator_unreachable";
    expect(await refusal(enrol)).toBe("operator_unreachable");
    const key = till.store.pendingKey();
    operator.down = undefined;
    till.reopen();
    await enrol();
    expect([till.store.enrolment()?.key, till.store.pendingKey()]).toEqual([key, undefined]);
    expect(await refusal(enrol)).toBe("already_enrolled");
  });

  test("whose answer was lost and whose code ran out goes on with a new key under a new code", async () => {
    const till = new Counter();
    const enrol = (code: string) => till.act(() => till.terminal.enrol(till.link(operator), { server: "s", code }));
    operator.losesAnswer = true;
    expect(await refusal(() => enrol(CODE))).toBe("operator_unreachable");
    const certified = till.store.pendingKey();
    till.reopen();
    await enrol("ABCD-EFGH-JKMN");
    expect(till.store.enrolment()?.key).not.toEqual(certified);
    await till.act(() => till.terminal.open());
    expect((await till.paid(payer, 1_00n)).receiptCounter).toBe(1);
  });
});

describe("later truth", () => {
  async function settled(): Promise<number> {
    const { receiptCounter } = await counter.paid(payer, 10_00n);
    operator.decide = () => item(Verdict.contingent, 0n, 10_00n);
    await counter.sync(operator);
    return receiptCounter;
  }

  test("moves a claim, is news, and counts once", async () => {
    const receipt = await settled();
    const { chequeId } = counter.terminal.payment(receipt);
    operator.tell("waiting", chequeId, 0n, 10_00n);
    expect((await counter.sync(operator)).told).toEqual([]); // it only repeats the answer
    operator.tell("shared", chequeId, 4_00n);
    expect((await counter.sync(operator)).told.map(({ kind, nth }) => [kind, nth])).toEqual([["shared", 2]]);
    const payment = counter.terminal.payment(receipt);
    expect([payment.state, standsOf(payment)?.paidMinor]).toEqual(["settled", 4_00n]);
    const totals = counter.terminal.totals();
    expect(totals).toMatchObject({ paidMinor: 4_00n, unpaidMinor: 6_00n, toldCount: 1 });
    expect((await counter.sync(operator)).told).toEqual([]);
    expect(counter.terminal.totals()).toEqual(totals);
  });

  test("begins behind the payee's past, and passes over other tills", async () => {
    operator.tell("settled", new Uint8Array(32), 5n);
    const receipt = await settled();
    expect(operator.askedAfter[0]).toBeUndefined();
    operator.tell("settled", new Uint8Array(32).fill(1), 5n);
    await counter.sync(operator);
    expect(counter.store.heardUpTo("example", PayeeId.of(counter.terminal.desk.certificate.payeeId))).toBe(17);
    expect(counter.store.told(counter.terminal.payment(receipt).chequeId)).toEqual([]);
  });

  test("of an unknown kind stops the hearing, and is heard after an update", async () => {
    const { chequeId } = counter.terminal.payment(await settled());
    operator.tell("unpaid", chequeId);
    operator.tell("newer_than_we_are", chequeId);
    expect(troubles(await counter.sync(operator))).toEqual(["events update_needed"]);
    expect(counter.store.told(chequeId)).toEqual([]);
    operator.events.pop();
    expect((await counter.sync(operator)).told.map(({ kind }) => kind)).toEqual(["unpaid"]);
  });

  test.each([
    { number: 0 },
    { number: 1.5 },
    { at: -1 },
    { deadline: 2 ** 41 },
    { standsPaidMinor: -1n },
    { standsWaitingMinor: 2n ** 53n },
  ])("that cannot be right is refused with its page: %o", async (wrong) => {
    const { chequeId } = counter.terminal.payment(await settled());
    const right = {
      number: 5,
      at: NOW,
      kind: "unpaid",
      chequeId,
      standsPaidMinor: 0n,
      standsWaitingMinor: 0n,
      deadline: NOW,
    };
    operator.say = () => ({ events: [right, { ...right, number: 6, ...wrong }] });
    expect(troubles(await counter.sync(operator))).toEqual(["events statement_refused"]);
    expect(counter.store.told(chequeId)).toEqual([]);
  });

  test("heard before its answer leaves the queue as it is and counts after it", async () => {
    const { chequeId, receiptCounter } = await counter.paid(payer, 10_00n);
    operator.mangle = () => {
      throw new LinkDown("batch_refused");
    };
    await counter.sync(operator);
    operator.tell("unpaid", chequeId);
    await counter.sync(operator);
    expect(counter.terminal.payment(receiptCounter)).toMatchObject({ state: "sent", told: { kind: "unpaid" } });
    operator.mangle = (answer) => answer;
    operator.decide = () => item(Verdict.settled, 10_00n);
    await counter.sync(operator);
    expect(counter.terminal.payment(receiptCounter).state).toBe("refused");
  });

  test("comes in pages, however many there are", async () => {
    const { chequeId } = counter.terminal.payment(await settled());
    operator.pageEvents = 2;
    for (let times = 0; times < 5; times += 1) operator.tell("shared", chequeId, BigInt(times + 1));
    expect((await counter.sync(operator)).told.map(({ nth }) => nth)).toEqual([1, 2, 3, 4, 5]);
  });
});

test("a shift ends with its totals, and the next begins", async () => {
  await counter.paid(payer, 10_00n);
  counter.clock = NOW + DAY / 2;
  const ended = await counter.act(() => counter.terminal.closeShift());
  expect(ended).toMatchObject({ shift: 1, byGrade: { F2: { count: 1, amountMinor: 10_00n } } });
  expect(counter.terminal.totals()).toMatchObject({ shift: 2, beganAt: NOW + DAY / 2, waiting: { count: 0 } });
});

test("the log of refusals is bounded and masked", async () => {
  for (let times = 0; times < 505; times += 1) {
    await counter.act(() => counter.terminal.logRefusal(new LinkDown(`code_${times}`), new Uint8Array(40).fill(171)));
  }
  const refusals = counter.store.refusals();
  expect([refusals.length, refusals[0]?.code, refusals.at(-1)?.code]).toEqual([500, "code_504", "code_5"]);
  expect(refusals[0]?.subject).toBe("ababab…");
});
