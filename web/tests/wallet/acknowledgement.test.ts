/** Receipts and notes: what they do, what they may not do, and what they give back at once. */

import { expect, test } from "vitest";
import { PayeeId, StatementId } from "../../protocol/ids.ts";
import { slice, utf8 } from "../../protocol/octets.ts";
import { decodePayment } from "../../protocol/presentation.ts";
import { NoteKind } from "../../protocol/receipt.ts";
import { decodeRequest, requestHash } from "../../protocol/request.ts";
import { codeOf, DEPLOYMENT, PIN_HELD, Terminal, World } from "./world.ts";

type Bytes = Uint8Array<ArrayBuffer>;

function take(world: World, body: Bytes) {
  return world.act((wallet) => wallet.takeAcknowledgement(body));
}

test("a receipt makes it accepted and guaranteed, and again it changes nothing", async () => {
  const world = await World.ready();
  const { chequeId } = await world.pay(45_00n);
  const receipt = await world.terminal.receipt(chequeId, 45_00n);
  const taken = await take(world, receipt);
  expect(taken.payment).toMatchObject({ state: "accepted", grade: "F2", finalMinor: 45_00n, payeeProved: true });
  const before = world.dump();
  await take(world, receipt);
  expect(world.dump()).toEqual(before);
});

test("a receipt below the maximum gives the rest back at once", async () => {
  const world = await World.ready();
  for (let paid = 0; paid < 4; paid += 1) await world.pay(200_00n);
  const { chequeId } = await world.pay(200_00n, true);
  const full = await world.terminal.asks(80_00n);
  expect(await codeOf(world.act((wallet) => wallet.consider(full)))).toBe("not_enough");
  const { payment, creditMinor } = await take(world, await world.terminal.receipt(chequeId, 120_00n));
  expect([payment.finalMinor, creditMinor]).toEqual([120_00n, 80_00n]);
  const offer = await world.act((wallet) => wallet.consider(full));
  const { body } = await world.act((wallet) => wallet.pay(offer, PIN_HELD));
  expect(decodePayment(body).credits).toBeDefined();
  expect((await world.terminal.accepts(full, body)).finalMinor).toBe(80_00n);
});

test("a void note gives back, a cancel note gives all back, and a receipt after it takes nothing", async () => {
  const world = await World.ready();
  const first = await world.pay(45_00n);
  const note = await world.terminal.note(NoteKind.void, first.chequeId, 15_00n);
  expect((await take(world, note)).payment).toMatchObject({ state: "voided", finalMinor: 30_00n });
  const second = await world.pay(45_00n);
  const request = decodeRequest(slice(second.asking, world.terminal.certificate.raw.length));
  const asked = await requestHash(request.payload, DEPLOYMENT);
  const cancel = await take(world, await world.terminal.note(NoteKind.cancel, asked, 0n));
  expect(cancel.payment).toMatchObject({ state: "cancelled", finalMinor: 0n, grade: undefined });
  const late = await take(world, await world.terminal.receipt(second.chequeId, 45_00n));
  expect(late.payment).toMatchObject({ state: "cancelled", finalMinor: 0n });
});

test.each(["another payee's", "about nothing", "altered", "above the amount", "without its certificate"])(
  "one that is %s changes nothing",
  async (what) => {
    const world = await World.ready();
    const { chequeId } = await world.pay(45_00n);
    const right = await world.terminal.receipt(chequeId, 45_00n);
    const altered = slice(right, 0);
    altered.set([(altered.at(-1) ?? 0) ^ 1], altered.length - 1);
    const other = await Terminal.make(world.operator, PayeeId.of(utf8("payee-09")));
    const nothing = StatementId.of(new Uint8Array(32));
    const given: Readonly<Record<string, readonly [Bytes, string]>> = {
      "another payee's": [await other.receipt(chequeId, 45_00n), "payee_not_named"],
      "about nothing": [await world.terminal.receipt(nothing, 45_00n), "about_no_payment"],
      altered: [altered, "terminal_signature_invalid"],
      "above the amount": [await world.terminal.receipt(chequeId, 45_01n), "amount_mismatch"],
      "without its certificate": [await world.terminal.receipt(chequeId, 45_00n, false), "acquirer_unknown"],
    };
    const [body, code] = given[what] ?? [new Uint8Array(), ""];
    const before = world.dump();
    expect(await codeOf(take(world, body))).toBe(code);
    expect(world.dump()).toEqual(before);
  },
);

test("a clock of this device that is wrong has no say in a receipt", async () => {
  const world = await World.ready();
  const { chequeId } = await world.pay(45_00n);
  const receipt = await world.terminal.receipt(chequeId, 45_00n);
  world.clock.now += 500 * 86_400;
  expect((await take(world, receipt)).payment.state).toBe("accepted");
});
