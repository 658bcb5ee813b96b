/**
 * The app is killed right before or right after each of its writes, one after another, through a whole story.
 *
 * Whatever the moment: what was shown is stored, no counter is drawn twice, and doing the same again comes to the same end.
 */

import { describe, expect, test } from "vitest";
import { decodePayment } from "../../protocol/presentation.ts";
import { WritePoint } from "../../wallet/ports.ts";
import { CODE, PIN_HELD, SERVER, World } from "./world.ts";

class Killed extends Error {}

const POINTS = [
  "enrolment",
  "membership",
  "topUp",
  "allowance",
  "cheque",
  "acknowledgement",
  "closing",
  "closed",
] as const;
const CASES = POINTS.flatMap((point) => (["before", "after"] as const).map((moment) => [point, moment] as const));

/** The whole story; every step may be repeated. */
async function story(world: World, asking: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const { wallet, store } = world;
  const act = <T>(work: () => Promise<T>) => world.memory.exclusively(work);
  if (store.membership() === undefined) await act(() => wallet.enrol(world.link(), SERVER, CODE));
  if (store.payments().length === 0 && !store.allowances().some((one) => one.state === "held")) {
    await act(() => wallet.topUp(world.link(), 1_000_00n));
  }
  const shown = await act(async () => wallet.pay(await wallet.consider(asking), PIN_HELD));
  const receipt = await world.terminal.receipt(shown.payment.chequeId, 45_00n);
  await act(() => wallet.takeAcknowledgement(receipt));
  const [allowance] = store.allowances();
  if (allowance?.state !== "closed") await act(() => wallet.close(world.link()));
  return shown.body;
}

describe.each(CASES)("killed at %s, %s it is durable", (point, moment) => {
  test("the same again comes to the same end, and nothing is drawn twice", async () => {
    const world = await World.make();
    const asking = await world.terminal.asks(45_00n);
    world.reopen((at, when) => {
      if (at === WritePoint[point] && when === moment) throw new Killed();
    });
    await expect(story(world, asking)).rejects.toThrow(Killed);
    const durable = world.store.payments().map((payment) => payment.cheque);
    world.reopen();
    const body = await story(world, asking);
    expect(world.operator.issued.size).toBe(1);
    const [payment, ...others] = world.store.payments();
    expect(others).toEqual([]);
    expect(payment).toMatchObject({ state: "accepted", counter: 1 });
    expect(durable.every((cheque) => Buffer.from(body).includes(Buffer.from(cheque)))).toBe(true);
    expect(decodePayment(body).cheque.terms.counter).toBe(1);
    expect(world.store.allowances().map((record) => [record.state, record.counter])).toEqual([["closed", 2]]);
    expect(new Set(world.operator.closings.map((raw) => Buffer.from(raw).toString("hex"))).size).toBe(1);
  });
});
