/**
 * Killed right before and right after every durable write: what was shown is stored, what is stored is found again, and
 * the same day ends with the same money.
 */

import { describe, expect, test } from "vitest";
import { Verdict } from "../../protocol/answer.ts";
import { WRITE_POINTS, type WritePoint } from "../../terminal/ports.ts";
import { CODE, Counter, item, LinkDown, makeNotice, makePack, Operator, Payer, refusal } from "./world.ts";

const PACK = await makePack();
const NEWER = await makePack({ version: 2 });

class Killed extends Error {}

/** A day at the till in steps that each may be repeated, as a person would. */
async function day(stop: { point: WritePoint; moment: "before" | "after" } | undefined) {
  const operator = new Operator(PACK);
  operator.decide = () => item(Verdict.settled, 4_00n);
  const counter = new Counter();
  const payer = await Payer.of();
  const clone = payer.fork();
  let kills = 0;
  counter.stop = (point, moment) => {
    if (kills > 0 || point !== stop?.point || moment !== stop.moment) return;
    kills += 1;
    throw new Killed();
  };
  /** One step; a kill is followed by a restart and the same step again. */
  const step = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      counter.reopen();
      if (counter.terminal.isEnrolled) await counter.terminal.open();
      return act();
    }
  };
  await step(async () => {
    if (counter.terminal.isEnrolled) return;
    await counter.act(() => counter.terminal.enrol(counter.link(operator), { server: "s", code: CODE }));
  });
  const asked = await step(() => counter.ask(10_00n));
  const payment = await payer.answer(asked.shown);
  const { accepted } = await step(() => counter.accept(payment));
  await step(() => counter.act(() => counter.terminal.void(accepted.receiptCounter, 6_00n)));
  const cancelled = await counter.ask(1_00n);
  await step(() => counter.act(() => counter.terminal.cancel(cancelled.requestHash)));
  const noticed = await counter.ask(2_00n);
  const notice = await makeNotice(noticed.requestHash, 2_00n);
  await step(() => counter.act(() => counter.terminal.acceptNotice(notice)));
  const forked = await clone.answer((await counter.ask(3_00n)).shown);
  expect(await refusal(() => step(() => counter.accept(forked)))).toBe("fork_seen");
  await step(() => counter.act(() => counter.terminal.logRefusal(new LinkDown("fork_seen"), forked)));
  operator.pack = NEWER;
  await step(() => counter.sync(operator));
  operator.tell("fork", accepted.chequeId, 4_00n);
  await step(() => counter.sync(operator));
  const sums = counter.terminal.totals();
  const totals = { ...sums, told: sums.told.map(({ kind, paidMinor }) => ({ kind, paidMinor })) };
  const shift = counter.store.totals().shift;
  await step(async () => {
    if (counter.store.totals().shift === shift) await counter.act(() => counter.terminal.closeShift());
  });
  const again = await counter.accept(payment);
  const { queue, chain, proofs } = {
    queue: counter.store.queue(),
    chain: counter.store.chainHead().counter,
    proofs: counter.store.proofs().length,
  };
  await step(async () => {
    if (counter.terminal.isEnrolled) await counter.act(() => counter.terminal.signOut());
  });
  return {
    kills,
    replayed: again.replayed,
    ...{ totals, queue, chain, proofs },
    enrolled: counter.terminal.isEnrolled,
  };
}

const undisturbed = await day(undefined);

test("the day as it should be", () => {
  expect(undisturbed).toMatchObject({ kills: 0, replayed: true, chain: 4, proofs: 1, enrolled: false });
  expect(undisturbed.totals).toMatchObject({
    paidMinor: 6_00n,
    givenBackMinor: 6_00n,
    unpaidMinor: 0n,
    notesWaiting: 0,
  });
  expect(undisturbed.queue).toMatchObject({ claims: 0, notes: 0 });
});

describe.each(Object.values(WRITE_POINTS))("killed at %s", (point) => {
  test.each(["before", "after"] as const)("%s the write", async (moment) => {
    expect(await day({ point, moment })).toEqual({ ...undisturbed, kills: 1 });
  });
});
