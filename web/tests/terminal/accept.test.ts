/** At the counter: requests, acceptance, one-way codes, settled notices, replays, forks. Never a network. */

import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import * as cose from "../../protocol/cose.ts";
import { decodeForkProof, verifyForkProof } from "../../protocol/fork_proof.ts";
import { RequestHash } from "../../protocol/ids.ts";
import { CURVE_ORDER } from "../../protocol/keys.ts";
import { concat, equal, fromNumber, type Octets, slice, toNumber } from "../../protocol/octets.ts";
import { decodeAcknowledgement, decodeAsking, decodePayment } from "../../protocol/presentation.ts";
import { firstTrust } from "../../protocol/trust.ts";
import { verifyAcknowledgement, verifyRequest } from "../../protocol/verify_payee.ts";
import { gradeIn } from "../../terminal/records.ts";
import { Counter, DAY, makeNotice, makePack, NOW, Operator, PAYEE, Payer, refusal, STRANGER } from "./world.ts";

const PACK = await makePack();
let [operator, counter, payer]: [Operator, Counter, Payer] = [new Operator(PACK), new Counter(), await Payer.of()];

beforeEach(async () => {
  operator = new Operator(PACK);
  counter = await Counter.at(operator);
  payer = await Payer.of();
});

async function knowledge() {
  return firstTrust(await operator.trustRoot(), operator.pack);
}

describe("a request", () => {
  test("is signed, stored, and one that a wallet answers", async () => {
    const { request, guarantee } = await counter.act(() =>
      counter.terminal.request({ exactMinor: 12_50n, reference: "table 4" }),
    );
    const shown = await verifyRequest(decodeAsking(request.shown), {
      currency: "EUR",
      now: NOW,
      knowledge: await knowledge(),
    });
    expect([shown.terms.exactMinor, shown.terms.reference]).toEqual([12_50n, "table 4"]);
    expect(shown.certificate?.terms.payeeName).toBe("Café 飞钱");
    expect(request.shown.length).toBeLessThanOrEqual(349);
    expect(guarantee.capMinor).toBe(200_00n);
    expect(counter.store.request(request.requestHash)).toEqual(request);
    expect(counter.terminal.openRequests()).toEqual([request]);
  });

  test("unsigned is small and only for small amounts", async () => {
    const asked = await counter.act(() => counter.terminal.request({ exactMinor: 20_00n, signed: false }));
    expect(asked.request.shown.length).toBeLessThanOrEqual(62);
    const over = () => counter.act(() => counter.terminal.request({ exactMinor: 20_01n, signed: false }));
    expect(await refusal(over)).toBe("unsigned_over_cap");
  });

  test.each([{}, { exactMinor: 0n }, { exactMinor: -1n }, { exactMinor: 1n, ttlS: 10 ** 6 }])(
    "out of bounds leaves nothing: %o",
    async (asking) => {
      const before = counter.records.records;
      expect(await refusal(() => counter.act(() => counter.terminal.request(asking)))).toBe("field_invalid");
      expect(counter.records.records).toBe(before);
    },
  );
});

test("a cheque is accepted once, and its receipt proves it", async () => {
  const asked = await counter.ask(12_50n);
  const { accepted, shown } = await counter.accept(await payer.answer(asked.shown));
  expect([gradeIn(accepted), accepted.finalMinor, accepted.guaranteedMinor]).toEqual(["F2", 12_50n, 12_50n]);
  expect(accepted.deadline).toBe(NOW + 3 * DAY + 120 + 7 * DAY);
  const { statement } = await verifyAcknowledgement(decodeAcknowledgement(shown), {
    ...{ chequeId: accepted.chequeId, asked: asked.requestHash, amountMinor: 12_50n, payeeId: PAYEE },
    ...{ now: NOW, skewS: 120, knowledge: await knowledge() },
  });
  if (statement.kind !== "receipt") throw new RangeError("a receipt was expected");
  expect([statement.terms.finalMinor, statement.terms.counter, statement.terms.indexVersion]).toEqual([12_50n, 1, 1]);
  expect(statement.terms.previous).toEqual(slice(counter.terminal.desk.enrolment.certificateId, 0, 16));
  expect(counter.store.request(asked.requestHash)?.state).toBe("accepted");
  expect(counter.store.accepted(accepted.chequeId)).toEqual(accepted); // what was shown is what is stored
});

test("up to an amount the payee states the final one", async () => {
  const payment = await payer.answer((await counter.askUpTo(50_00n)).shown);
  expect(await refusal(() => counter.accept(payment, { finalMinor: 50_01n }))).toBe("amount_mismatch");
  const { accepted, shown } = await counter.accept(payment, { finalMinor: 31_00n });
  expect([accepted.finalMinor, accepted.amountMinor]).toEqual([31_00n, 50_00n]);
  expect((await counter.accept(payment, { finalMinor: 50_00n })).shown).toEqual(shown);
});

test("the chain of receipts and notes has no gap", async () => {
  const first = await counter.paid(payer, 1_00n);
  await counter.act(async () =>
    counter.terminal.cancel((await counter.terminal.request({ exactMinor: 2_00n })).request.requestHash),
  );
  await counter.act(() => counter.terminal.void(first.receiptCounter));
  await counter.takeCode(await payer.code(3_00n), 3_00n, true);
  let previous: Octets = counter.terminal.desk.enrolment.certificateId;
  const chain = [...counter.records.records].flatMap(([key, value]) => {
    const row: unknown = key.startsWith("accepted/")
      ? Reflect.get(Object(value), "receipt")
      : Reflect.get(Object(value), "statement");
    const shown: unknown = row === undefined ? undefined : Reflect.get(Object(row), "shown");
    const id: unknown = row === undefined ? undefined : Reflect.get(Object(row), "statementId");
    return shown instanceof Uint8Array && id instanceof Uint8Array
      ? [{ shown: slice(shown, 0), id: slice(id, 0) }]
      : [];
  });
  const terms = chain.map(({ shown, id }) => ({ id, ...decodeAcknowledgement(shown).statement.terms }));
  terms.sort((one, other) => one.counter - other.counter);
  expect(terms.map((one) => one.counter)).toEqual([1, 2, 3, 4]);
  for (const { id, previous: named } of terms) {
    expect(named).toEqual(slice(previous, 0, 16));
    previous = id;
  }
});

describe("refused, and the till is as it was", () => {
  test("a second cheque on one request", async () => {
    const asked = await counter.ask(10_00n);
    await counter.accept(await payer.answer(asked.shown));
    const before = counter.records.records;
    expect(await refusal(async () => counter.accept(await payer.answer(asked.shown)))).toBe("request_answered");
    const other = await Payer.of({ number: 2 });
    expect(await refusal(async () => counter.accept(await other.answer(asked.shown)))).toBe("request_answered");
    expect(counter.records.records).toBe(before);
  });

  test("each for its reason", async () => {
    const [asked, other] = [await counter.ask(10_00n), await counter.ask(11_00n)];
    const good = await payer.answer(asked.shown);
    const before = counter.records.records;
    const said = (payment: Octets, how = {}) => refusal(() => counter.accept(payment, how));
    expect(await said(good, { requestHash: other.requestHash })).toBe("request_mismatch");
    expect(await said(good, { requestHash: RequestHash.of(new Uint8Array(32)) })).toBe("request_unknown");
    expect(await said(concat(slice(good, 0, good.length - 1), Uint8Array.of(0)))).toBe("device_signature_invalid");
    expect(await said(await (await Payer.of({ number: 3 })).code(5_00n))).toBe("one_way_code");
    const forged = await Payer.of({ number: 4, issuer: STRANGER });
    expect(await said(await forged.answer(asked.shown))).toBe("issuer_signature_invalid");
    const poor = await Payer.of({ number: 5, amountMinor: 9_99n });
    expect(await said(await poor.answer(asked.shown))).toBe("not_covered");
    counter.clock = NOW + 121;
    expect(await said(good)).toBe("request_expired");
    counter.clock = NOW;
    expect(counter.records.records).toBe(before);
    expect(gradeIn((await counter.accept(good)).accepted)).toBe("F2");
  });

  test("a suspended allowance", async () => {
    counter = await Counter.at(new Operator(await makePack({ suspended: [1] })));
    const { shown } = await counter.ask(10_00n);
    expect(await refusal(async () => counter.accept(await payer.answer(shown)))).toBe("allowance_suspended");
    const other = await Payer.of({ number: 2 });
    expect(gradeIn((await counter.accept(await other.answer(shown))).accepted)).toBe("F2");
  });

  test("any bytes, with a code", async () => {
    const asked = await counter.ask(10_00n);
    const good = await payer.answer(asked.shown);
    const before = counter.records.records;
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 })).map(([place, change]) => {
        const changed = slice(good, 0);
        changed[place] = (changed[place] ?? 0) ^ change;
        return changed;
      }),
      fc.nat(good.length - 1).map((size) => slice(good, 0, size)),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (shown) => {
        const body = slice(shown, 0);
        for (const act of [() => counter.accept(body), () => counter.takeCode(body, 10_00n, true)]) {
          expect(await refusal(act)).not.toBe("not refused");
        }
        expect(await refusal(() => counter.act(() => counter.terminal.acceptNotice(body)))).not.toBe("not refused");
        expect(counter.records.records).toBe(before);
      }),
      { numRuns: 150 },
    );
    expect((await counter.accept(good)).replayed).toBe(false);
  });
});

describe("the guarantee", () => {
  test("ends, and beyond it is the payee's own choice", async () => {
    const over = await payer.answer((await counter.ask(200_01n)).shown);
    const before = counter.records.records;
    expect(await refusal(() => counter.accept(over))).toBe("outside_guarantee_cap");
    expect(counter.records.records).toBe(before);
    const { accepted } = await counter.accept(over, { atOwnRisk: true });
    expect([gradeIn(accepted), accepted.guaranteedMinor]).toEqual(["F1", 0n]);
    expect(gradeIn((await counter.accept(over)).accepted)).toBe("F1");
  });

  test.each([
    [0, 200_00n, "F2"],
    [24 * 3600, 200_00n, "outside_guarantee_age"],
    [24 * 3600, 100_00n, "F2"],
    [72 * 3600, 50_01n, "trust_too_old"],
    [72 * 3600, 50_00n, "F2"],
  ])("with lists %i s old, %i minor: %s", async (ageS, amountMinor, said) => {
    counter = await Counter.at(new Operator(await makePack({ issuedAt: NOW - ageS })));
    const payment = await payer.answer((await counter.ask(amountMinor)).shown);
    const code = await refusal(async () => expect(gradeIn((await counter.accept(payment)).accepted)).toBe(said));
    if (code !== "not refused") expect(code).toBe(said);
  });

  test("of a code is none, unless it names the payee", async () => {
    const code = await payer.code(20_00n);
    expect(await refusal(() => counter.takeCode(code, 20_00n))).toBe("outside_guarantee_code");
    expect(gradeIn((await counter.takeCode(code, 20_00n, true)).accepted)).toBe("F1");
    const bound = await Payer.of({ number: 2, audience: PAYEE });
    expect(gradeIn((await counter.takeCode(await bound.code(20_00n), 20_00n)).accepted)).toBe("F2");
  });

  test("of money from another payer is none", async () => {
    const leaning = await Payer.of({ number: 2, amountMinor: 7_00n });
    const payment = await leaning.lean((await counter.ask(10_00n)).shown, payer);
    expect(await refusal(() => counter.accept(payment))).toBe("outside_guarantee_credit");
    expect(gradeIn((await counter.accept(payment, { atOwnRisk: true })).accepted)).toBe("F1");
  });
});

describe("time", () => {
  test.each([
    [180, "F1"],
    [181, "code_expired"],
  ])("a code lives for ttl and skew: %i s late", async (lateS, said) => {
    const code = await payer.code(5_00n);
    counter.clock = NOW + lateS;
    const found = await refusal(async () =>
      expect(gradeIn((await counter.takeCode(code, 5_00n, true)).accepted)).toBe(said),
    );
    if (found !== "not refused") expect(found).toBe(said);
  });

  test("a clock set back is healed by what operators have signed", async () => {
    const asked = await counter.ask(10_00n);
    counter.clock = 0;
    expect(counter.terminal.ready()).toMatchObject({ now: NOW, clockHealedS: NOW, clockIsOff: true });
    expect(gradeIn((await counter.accept(await payer.answer(asked.shown))).accepted)).toBe("F2");
    expect((await counter.ask(1_00n)).time).toBe(NOW);
  });

  test("codes age by what two payers have signed, and one payer stops nobody's", async () => {
    const ahead = async (number: number, aheadS: number) => {
      const one = await Payer.of({ number, clock: NOW + aheadS });
      await counter.paid(one, 1_00n);
    };
    await ahead(2, 110);
    const code = await payer.code(5_00n, 1);
    expect(counter.terminal.desk.latest(NOW)).toBe(NOW);
    await ahead(3, 10 ** 6);
    expect(counter.terminal.desk.latest(NOW)).toBe(NOW + 110);
    const { accepted } = await counter.takeCode(code, 5_00n, true);
    expect(accepted.time).toBe(NOW + 110); // judged and receipted by one instant
  });
});

describe("a settled notice", () => {
  test("makes an open request final, and once", async () => {
    const asked = await counter.ask(10_00n);
    const notice = await makeNotice(asked.requestHash, 10_00n);
    const take = () => counter.act(() => counter.terminal.acceptNotice(notice));
    const forged = await makeNotice(asked.requestHash, 10_00n, STRANGER);
    const other = await makeNotice(asked.requestHash, 9_99n);
    expect(await refusal(() => counter.act(() => counter.terminal.acceptNotice(forged)))).toBe("issuer_unknown");
    expect(await refusal(() => counter.act(() => counter.terminal.acceptNotice(other)))).toBe("amount_mismatch");
    expect((await take()).replayed).toBe(false);
    expect((await take()).replayed).toBe(true);
    expect(counter.terminal.totals().byGrade.F3).toEqual({ count: 1, amountMinor: 10_00n });
    const payment = await payer.answer(asked.shown);
    expect(await refusal(() => counter.accept(payment))).toBe("request_already_paid");
  });
});

describe("again", () => {
  test("the same bytes count once, after a restart and with any clock", async () => {
    const payment = await payer.answer((await counter.ask(10_00n)).shown);
    const first = await counter.accept(payment);
    for (const clock of [0, NOW, NOW + 10 * DAY, NOW + 400 * DAY]) {
      counter.clock = clock;
      counter.reopen();
      for (let times = 0; times < 20; times += 1) {
        const again = await counter.accept(payment);
        expect([again.replayed, equal(again.shown, first.shown)]).toEqual([true, true]);
      }
    }
    expect(counter.terminal.totals().waiting.count).toBe(1);
  });

  test("the same cheque under another signature is the same cheque", async () => {
    const payment = await payer.answer((await counter.ask(10_00n)).shown);
    const first = await counter.accept(payment);
    const { cheque } = decodePayment(payment);
    const again = await cose.sign(
      payer.device,
      cose.signingPrefix("cheque", "example", payer.allowanceId),
      cheque.envelope.payload,
    );
    const taken = await counter.accept(concat(payer.allowance, again));
    expect([taken.replayed, taken.accepted.receiptCounter]).toEqual([true, first.accepted.receiptCounter]);
    const high = highS(payment);
    expect(await refusal(() => counter.accept(high))).toBe("signature_high_s");
  });
});

function highS(payment: Octets): Octets {
  const s = toNumber(payment.subarray(-32));
  return concat(slice(payment, 0, payment.length - 32), fromNumber(CURVE_ORDER - s, 32));
}

describe("a fork", () => {
  test("is seen by what was accepted before, and kept as one proof that anyone can check", async () => {
    const clone = payer.fork();
    await counter.paid(payer, 10_00n);
    const { shown } = await counter.ask(20_00n);
    const forged = await clone.answer(shown);
    const before = counter.terminal.totals();
    expect(await refusal(() => counter.accept(forged))).toBe("fork_seen");
    counter.reopen();
    expect(await refusal(() => counter.accept(forged))).toBe("fork_seen");
    const [proof, ...more] = counter.store.proofs();
    if (proof === undefined) throw new RangeError("a proof was expected");
    expect(more).toEqual([]);
    const conviction = await verifyForkProof(decodeForkProof(proof.raw), await knowledge());
    expect([conviction.party, conviction.reason, proof.reason]).toEqual(["device", "same_counter", "same_counter"]);
    await counter.terminal.open();
    expect(counter.terminal.totals()).toEqual(before);
  });
});
