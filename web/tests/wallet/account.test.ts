/** Enrolment, topping up, closing, syncing: the wallet and its operator (tests/wallet/test_account.py). */

import { describe, expect, test } from "vitest";
import { decodeCheque } from "../../protocol/cheque.ts";
import { AllowanceRef, StatementId } from "../../protocol/ids.ts";
import { equal, slice } from "../../protocol/octets.ts";
import { sameRoot } from "../../wallet/found.ts";
import type { ChequeLine } from "../../wallet/ports.ts";
import { CODE, codeOf, newKey, SERVER, World } from "./world.ts";

describe("enrolment", () => {
  test("pins the root and holds the first pack", async () => {
    const world = await World.make();
    const joined = await world.act((wallet) => wallet.enrol(world.link(), SERVER, CODE));
    expect([joined.membership.payerName, joined.deployment]).toEqual(["Ada", "test"]);
    expect(
      sameRoot(world.store.trust()?.root ?? { deployment: "", roots: [], threshold: 1 }, world.operator.root),
    ).toBe(true);
  });

  test("without an answer is repeated with the same key", async () => {
    const world = await World.make();
    world.operator.up = false;
    expect(await codeOf(world.enrol())).toBe("operator_unreachable");
    const begun = world.store.enrolment();
    world.operator.up = true;
    world.reopen();
    await world.act((wallet) => wallet.enrol(world.link(), SERVER, "abcd efgh"));
    expect(world.store.enrolment()).toEqual(begun);
  });

  test("twice is refused and changes nothing", async () => {
    const world = await World.ready();
    const before = world.dump();
    expect(await codeOf(world.enrol())).toBe("already_enrolled");
    expect(world.dump()).toEqual(before);
  });

  test("at a server that changes its root is not believed", async () => {
    const world = await World.make();
    const other = { deployment: "test", roots: [(await newKey()).publicKey], threshold: 1 };
    const link = { ...world.link(), trustRoot: async () => other };
    expect(await codeOf(world.act((wallet) => wallet.enrol(link, SERVER, CODE)))).toBe("deployment_changed");
    expect(world.store.membership()).toBeUndefined();
  });
});

describe("topping up", () => {
  test("whose answer is lost counts once", async () => {
    const world = await World.make();
    await world.enrol();
    world.operator.up = false;
    expect(await codeOf(world.topUp(100_00n))).toBe("operator_unreachable");
    expect(await codeOf(world.topUp(50_00n))).toBe("top_up_waits");
    world.operator.up = true;
    world.reopen();
    await world.topUp(100_00n);
    expect(world.operator.issued.size).toBe(1);
    expect(world.store.allowances().map((record) => record.state)).toEqual(["held"]);
  });

  test("that is declined is dropped, and another one may be asked for", async () => {
    const world = await World.make();
    await world.enrol();
    world.operator.declines = true;
    expect(await codeOf(world.topUp(100_00n))).toBe("no_money");
    world.operator.declines = false;
    await world.topUp(50_00n);
    expect(world.store.allowances().map((record) => record.state)).toEqual(["dropped", "held"]);
  });

  test.each([0n, -1n, 2n ** 53n])("of %d is refused", async (amountMinor) => {
    const world = await World.make();
    await world.enrol();
    expect(await codeOf(world.topUp(amountMinor))).toBe("amount_out_of_range");
  });

  test.each(["another device's key", "another amount"])("that brings %s is not kept", async (what) => {
    const world = await World.make();
    await world.enrol();
    const key = await newKey();
    const wrong = {
      ...world.link(),
      topUp: async ({ deviceKey, amountMinor }: { deviceKey: Uint8Array<ArrayBuffer>; amountMinor: bigint }) => ({
        raw: await (what === "another amount"
          ? world.operator.allowance(deviceKey, amountMinor + 1n)
          : world.operator.allowance(key.publicKey, amountMinor)),
        codeKey: undefined,
      }),
    };
    const trouble = await world.act((wallet) => wallet.topUp(wrong, 100_00n)).catch((error) => error);
    expect([trouble.code, trouble.values.why]).toEqual(["allowance_not_as_asked", what]);
    expect(world.store.allowances().map((record) => record.state)).toEqual(["asked"]);
  });

  test("answered to two tabs at once is kept once", async () => {
    const world = await World.make();
    await world.enrol();
    let entered = 0;
    world.operator.aside = async (call) => {
      entered += 1;
      if (call === "topUp" && entered < 4) await world.act((wallet) => wallet.sync(world.link()));
    };
    await world.topUp(100_00n);
    expect(world.operator.issued.size).toBe(1);
    expect(world.store.allowances().map((record) => record.state)).toEqual(["held"]);
  });
});

describe("closing", () => {
  test("burns a counter, hands in, and nothing can be paid any more", async () => {
    const world = await World.ready();
    await world.pay(45_00n);
    const record = await world.act((wallet) => wallet.close(world.link()));
    expect(record.state).toBe("closed");
    const [closing] = world.operator.closings;
    expect(decodeCheque(closing ?? new Uint8Array())).toMatchObject({ form: "closing", amountMinor: 0n });
    const asking = await world.terminal.asks(1_00n);
    expect(await codeOf(world.act((wallet) => wallet.consider(asking)))).toBe("no_allowance");
  });

  test("without a network waits, and sync hands the same cheque in", async () => {
    const world = await World.ready();
    world.operator.up = false;
    expect(await codeOf(world.act((wallet) => wallet.close(world.link())))).toBe("operator_unreachable");
    const [held] = world.store.allowances();
    world.operator.up = true;
    const synced = await world.act((wallet) => wallet.sync(world.link()));
    expect(synced.closed).toBe(1);
    expect(equal(world.operator.closings[0], held?.closing)).toBe(true);
  });

  test("of something that is not there is refused", async () => {
    const world = await World.ready();
    const ref = AllowanceRef.of(new Uint8Array(8));
    expect(await codeOf(world.act((wallet) => wallet.close(world.link(), ref)))).toBe("nothing_to_close");
  });
});

describe("sync", () => {
  async function claimed(world: World, more: Partial<ChequeLine> = {}): Promise<ChequeLine> {
    const { chequeId, body } = await world.pay(45_00n);
    const [live] = (await world.act((wallet) => wallet.holdings())).lives;
    const ref = live?.allowance.ref ?? AllowanceRef.of(slice(body, 0, 8));
    const line = { chequeId, ref, paidMinor: 45_00n, waitingMinor: 0n, deadline: world.clock.now + 1000 };
    return { ...line, givenBack: false, forked: false, payeeName: "Café", ...more };
  }

  test("tells every step, and what became of the payments", async () => {
    const world = await World.ready();
    world.operator.cheques = [await claimed(world)];
    world.operator.news();
    const told: string[] = [];
    const synced = await world.act((wallet) =>
      wallet.sync(world.link(), ({ part, state, count }) => told.push(`${part} ${state} ${count}`)),
    );
    expect(told).toEqual([
      ...["trust running 0", "trust done 1", "top_up skipped 0", "closing skipped 0"],
      ...["statement running 0", "statement done 1"],
      ...["papers skipped 0", "papers running 0", "papers done 0"],
    ]);
    expect(synced).toMatchObject({ trustNewer: true, failures: [] });
    expect(world.store.payments()[0]).toMatchObject({ state: "settled", grade: "F3", finalMinor: 45_00n });
  });

  test("spares the other calls when nobody answers, and reports it", async () => {
    const world = await World.ready();
    world.operator.up = false;
    world.operator.calls = [];
    const synced = await world.act((wallet) => wallet.sync(world.link()));
    expect(synced.failures.map((failure) => failure.code)).toEqual(["operator_unreachable"]);
    expect(world.operator.calls).toEqual(["trustPack"]);
  });

  test("goes on after a pack that is refused", async () => {
    const world = await World.ready();
    world.operator.cheques = [await claimed(world)];
    const link = { ...world.link(), trustPack: async () => new Uint8Array([1, 2, 3]) };
    const synced = await world.act((wallet) => wallet.sync(link));
    expect(synced.failures.map((failure) => failure.code)).toEqual(["not_canonical"]);
    expect(synced.changed).toHaveLength(1);
  });

  test("holds no payment up, and a cheque drawn meanwhile is not somebody else's", async () => {
    const world = await World.ready();
    let paid: ChequeLine | undefined;
    world.operator.aside = async (call) => {
      if (call !== "statement") return;
      world.operator.aside = async () => undefined;
      paid = await claimed(world);
      world.operator.cheques = [paid];
    };
    const synced = await world.act((wallet) => wallet.sync(world.link()));
    expect(paid).toBeDefined();
    expect(synced.failures).toEqual([]);
    expect(world.store.findings()).toEqual([]);
    expect(world.store.payments()[0]?.state).toBe("settled");
  });

  test("finds what this device never drew, what contradicts it, and what is too much", async () => {
    const world = await World.ready();
    const line = await claimed(world, { forked: true, paidMinor: 45_01n });
    const stranger = StatementId.of(new Uint8Array(32));
    world.operator.cheques = [line, { ...line, chequeId: stranger, forked: false }];
    await world.act((wallet) => wallet.sync(world.link()));
    expect(
      world.store
        .findings()
        .map((one) => [one.kind, one.amountMinor])
        .sort(),
    ).toEqual([
      ["forked", 45_01n],
      ["not_ours", 45_01n],
      ["too_much", 1n],
    ]);
  });

  test("hands in what the payee signed when the books take more, and asks for them again", async () => {
    const world = await World.ready();
    const line = await claimed(world);
    const note = await world.terminal.note(1, line.chequeId, 15_00n);
    await world.act((wallet) => wallet.takeAcknowledgement(note));
    world.operator.cheques = [line];
    world.operator.holdsPayeesTo = 30_00n;
    const synced = await world.act((wallet) => wallet.sync(world.link()));
    expect(world.operator.presented).toMatchObject([{ isNote: true }]);
    expect([synced.handedIn.length, synced.failures]).toEqual([1, []]);
    expect(world.store.findings()).toEqual([]);
    await world.act((wallet) => wallet.sync(world.link()));
    expect(world.operator.presented).toHaveLength(1);
  });

  test("hands nothing in after D", async () => {
    const world = await World.ready();
    const line = await claimed(world, { deadline: world.clock.now - 1 });
    const note = await world.terminal.note(1, line.chequeId, 15_00n);
    await world.act((wallet) => wallet.takeAcknowledgement(note));
    world.operator.cheques = [line];
    await world.act((wallet) => wallet.sync(world.link()));
    expect([world.operator.presented.length, world.store.findings().length]).toEqual([0, 1]);
  });
});
