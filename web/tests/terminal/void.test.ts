/** Giving back: void notes only upwards, cancel notes for ever, each within what the operator allows. */

import { beforeEach, expect, test } from "vitest";
import { decodeAcknowledgement } from "../../protocol/presentation.ts";
import { NOTE_TRAVEL_S } from "../../terminal/void.ts";
import { Counter, makePack, NOW, Operator, Payer, refusal } from "./world.ts";

const PACK = await makePack();
let [operator, counter, payer]: [Operator, Counter, Payer] = [new Operator(PACK), new Counter(), await Payer.of()];

beforeEach(async () => {
  operator = new Operator(PACK);
  counter = await Counter.at(operator);
  payer = await Payer.of();
});

const give = (receipt: number, total?: bigint) => counter.act(() => counter.terminal.void(receipt, total));

function backIn(shown: Uint8Array<ArrayBuffer>): bigint {
  const { statement } = decodeAcknowledgement(shown);
  if (statement.kind !== "note") throw new RangeError("a note was expected");
  return statement.terms.backMinor;
}

test("a void note gives back in all, and only upwards", async () => {
  const { receiptCounter } = await counter.paid(payer, 10_00n);
  const part = await give(receiptCounter, 3_00n);
  expect([part.backMinor, part.accepted?.backMinor, backIn(part.note.shown)]).toEqual([3_00n, 3_00n, 3_00n]);
  expect((await give(receiptCounter, 3_00n)).note).toEqual(part.note);
  expect(await refusal(() => give(receiptCounter, 2_99n))).toBe("void_less");
  expect(await refusal(() => give(receiptCounter, 10_01n))).toBe("void_too_much");
  const all = await give(receiptCounter);
  expect([all.backMinor, all.note.counter]).toEqual([10_00n, 3]);
  expect((await give(receiptCounter)).replayed).toBe(true);
  expect(counter.terminal.totals()).toMatchObject({ givenBackMinor: 10_00n, notesWaiting: 2 });
});

test.each([0n, -1n])("nothing cannot be given back: %i", async (total) => {
  const { receiptCounter } = await counter.paid(payer, 10_00n);
  expect(await refusal(() => give(receiptCounter, total))).toMatch(/^void_(too_much|less)$/);
});

test("a note states along what the receipt gave back", async () => {
  const payment = await payer.answer((await counter.askUpTo(50_00n)).shown);
  const { accepted } = await counter.accept(payment, { finalMinor: 31_00n });
  expect(backIn((await give(accepted.receiptCounter, 1_00n)).note.shown)).toBe(20_00n);
});

test("a voided cheque shown again gets its note", async () => {
  const payment = await payer.answer((await counter.ask(10_00n)).shown);
  const { accepted } = await counter.accept(payment);
  const { note } = await give(accepted.receiptCounter);
  expect((await counter.accept(payment)).shown).toEqual(note.shown);
});

test("a note that could miss the deadline is not given", async () => {
  const { receiptCounter, deadline } = await counter.paid(payer, 10_00n);
  counter.clock = deadline - NOTE_TRAVEL_S + 1;
  expect(await refusal(() => give(receiptCounter))).toBe("void_too_late");
  counter.clock = deadline - NOTE_TRAVEL_S;
  expect((await give(receiptCounter)).backMinor).toBe(10_00n);
});

test("a cancelled request is never accepted", async () => {
  const asked = await counter.ask(10_00n);
  const cancel = () => counter.act(() => counter.terminal.cancel(asked.requestHash));
  const given = await cancel();
  expect(backIn(given.note.shown)).toBe(0n);
  expect((await cancel()).note).toEqual(given.note);
  const payment = await payer.answer(asked.shown);
  expect(await refusal(() => counter.accept(payment))).toBe("request_cancelled");
});

test("what ran out can be cancelled and what was accepted cannot", async () => {
  const asked = await counter.ask(10_00n);
  counter.clock = NOW + 121;
  expect(counter.terminal.openRequests()).toEqual([]);
  expect(counter.terminal.cancellable()).toEqual([asked]);
  expect((await counter.act(() => counter.terminal.cancel(asked.requestHash))).note.kind).toBe(2);
  const other = await counter.ask(5_00n);
  await counter.accept(await payer.answer(other.shown));
  expect(await refusal(() => counter.act(() => counter.terminal.cancel(other.requestHash)))).toBe("cancel_accepted");
});

test("what the operator did not allow is not done", async () => {
  operator.capabilities = 1;
  counter = await Counter.at(operator);
  const { receiptCounter } = await counter.paid(payer, 10_00n);
  expect(await refusal(() => give(receiptCounter))).toBe("not_allowed");
  const code = await payer.code(5_00n);
  expect(await refusal(() => counter.takeCode(code, 5_00n, true))).toBe("not_allowed");
  operator.capabilities = 7;
  operator.noteCapMinor = 9_99n;
  counter = await Counter.at(operator);
  const capped = await counter.paid(await Payer.of({ number: 2 }), 10_00n);
  expect(await refusal(() => give(capped.receiptCounter))).toBe("void_over_cap");
});
