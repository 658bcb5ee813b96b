/**
 * What every store of the wallet must keep, whatever it is made of: vitest runs it over memory (store.test.ts), a page in
 * a browser over IndexedDB. Each case gets a way to open the same store again, as after a restart.
 */

import type { RecordStore } from "../../platform/store.ts";
import { RequestHash, StatementId, TerminalRef } from "../../protocol/ids.ts";
import { equal, type Octets } from "../../protocol/octets.ts";
import { Conflict } from "../../wallet/ports.ts";
import type {
  AllowanceRecord,
  CreditRecord,
  HeldTrust,
  Membership,
  PayeeRecord,
  PaymentRecord,
} from "../../wallet/records.ts";
import { RecordWalletStore } from "../../wallet/wallet_store.ts";

/** Opens the store over what is durable, as after a restart. */
export type Reopen = () => Promise<RecordStore>;

export interface Case {
  readonly name: string;
  run(reopen: Reopen): Promise<void>;
}

function octets(size: number, label: number): Octets {
  return new Uint8Array(size).fill(label);
}

const MEMBERSHIP: Membership = {
  payerId: octets(8, 1),
  payerName: "Ada 艾达",
  deviceId: octets(8, 2),
  deviceToken: "token",
  currency: "EUR",
};
const TRUST: HeldTrust = { root: { deployment: "test", roots: [octets(33, 2)], threshold: 1 }, pack: octets(50, 3) };

function asked(label: number): AllowanceRecord {
  return {
    topUpId: octets(16, label),
    deviceKey: octets(40, label),
    amountMinor: 2n ** 53n - 1n,
    currency: "EUR",
    askedAt: 100,
    state: "asked",
    counter: 0,
    cumulativeMinor: 0n,
    lastId: new Uint8Array(),
  };
}

function held(label: number): AllowanceRecord {
  return { ...asked(label), state: "held", raw: octets(300, label), lastId: octets(32, label), expiresAt: 1_000 };
}

function payment(label: number, counter: number, more: Partial<PaymentRecord> = {}): PaymentRecord {
  return {
    chequeId: StatementId.of(octets(32, label)),
    topUpId: octets(16, 1),
    counter,
    cheque: octets(200, label),
    form: "two_way",
    amountMinor: 1_250n,
    upTo: false,
    currency: "EUR",
    drawnAt: 200,
    expiresAt: 320,
    state: "shown",
    request: octets(60, label),
    requestHash: RequestHash.of(octets(32, 100 + label)),
    payeeId: octets(8, 9),
    payeeProved: true,
    ...more,
  };
}

const PAYEE: PayeeRecord = {
  terminalRef: TerminalRef.of(octets(8, 5)),
  payeeId: octets(8, 9),
  payeeName: "茶馆",
  certificate: octets(180, 5),
  metAt: 300,
};

/** Runs writes as one act over a store that was opened for it. */
async function within(reopen: Reopen, work: (store: RecordWalletStore) => Promise<void>): Promise<void> {
  const records = await reopen();
  const store = new RecordWalletStore(records);
  try {
    await records.exclusively(() => work(store));
  } finally {
    records.close();
  }
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the store does not keep: ${what}`);
}

async function conflicts(write: Promise<void>, what: string): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (error instanceof Conflict) return;
    throw error;
  }
  throw new Error(`the store lets pass: ${what}`);
}

async function issued(store: RecordWalletStore): Promise<AllowanceRecord> {
  await store.beginTopUp(asked(1));
  await store.holdAllowance(held(1));
  return held(1);
}

function drawn(before: AllowanceRecord, by: PaymentRecord): AllowanceRecord {
  return {
    ...before,
    counter: by.counter,
    cumulativeMinor: before.cumulativeMinor + by.amountMinor,
    lastId: by.chequeId,
  };
}

export const CASES: readonly Case[] = [
  {
    name: "what was written is there after a restart, to the last field",
    async run(reopen) {
      const first = payment(1, 1);
      await within(reopen, async (store) => {
        await store.beginEnrolment({ server: "https://a.test", accountKey: octets(40, 1), begunAt: 1 });
        await store.finishEnrolment(MEMBERSHIP, TRUST);
        await store.burn(first, await issued(store), drawn(held(1), first));
      });
      await within(reopen, async (store) => {
        const { membership, trust, heardAt } = store.footing() ?? {};
        check(membership?.payerName === "Ada 艾达" && heardAt === 0, "membership");
        check(equal(trust?.root.roots[0], TRUST.root.roots[0]) && equal(trust?.pack, TRUST.pack), "trust");
        const [allowance] = store.allowances();
        check(allowance?.amountMinor === 2n ** 53n - 1n && allowance.counter === 1, "the head of the chain");
        check(equal(allowance?.lastId, first.chequeId), "the last id");
        const back = store.payment(first.chequeId);
        check(back !== undefined && equal(back.cheque, first.cheque) && back.amountMinor === 1_250n, "the payment");
        check(first.requestHash !== undefined && store.paymentFor(first.requestHash) === back, "by its request");
        check(back?.finalMinor === undefined && back?.reference === undefined, "what is absent stays absent");
      });
    },
  },
  {
    name: "a head moves only from the head that was read",
    run: (reopen) =>
      within(reopen, async (store) => {
        const before = await issued(store);
        const first = payment(1, 1);
        await store.burn(first, before, drawn(before, first));
        const second = payment(2, 2);
        await conflicts(store.burn(second, before, drawn(before, second)), "another head");
        check(store.payments().length === 1, "nothing of a conflict");
      }),
  },
  {
    name: "no counter twice, no request twice, no cheque twice",
    run: (reopen) =>
      within(reopen, async (store) => {
        const before = await issued(store);
        const first = payment(1, 1);
        const head = drawn(before, first);
        await store.burn(first, before, head);
        const counter = payment(2, 1);
        const { requestHash } = first;
        const request = payment(3, 2, { requestHash });
        const cheque = payment(1, 2, { requestHash: undefined });
        for (const wrong of [counter, request, cheque]) {
          await conflicts(store.burn(wrong, head, drawn(head, wrong)), "the same again");
        }
        check(store.payments().length === 1, "one payment");
      }),
  },
  {
    name: "an allowance goes from asked to held or dropped, from held to closing, from closing to closed",
    run: (reopen) =>
      within(reopen, async (store) => {
        await store.beginTopUp(asked(1));
        await conflicts(store.beginTopUp(asked(1)), "one id twice");
        await conflicts(store.confirmClosing(octets(16, 1)), "closed without closing");
        await store.holdAllowance(held(1));
        await conflicts(store.holdAllowance(held(1)), "held twice");
        await conflicts(store.dropTopUp(octets(16, 1)), "dropped though held");
        const closing: AllowanceRecord = { ...held(1), state: "closing", counter: 1, closing: octets(180, 7) };
        await store.burnClosing(held(1), closing);
        await conflicts(store.burn(payment(1, 2), closing, closing), "a payment after closing");
        await conflicts(store.signClosing(octets(16, 1), octets(180, 8)), "signed though it was");
        await store.confirmClosing(octets(16, 1));
        check(store.allowances()[0]?.state === "closed", "closed");
        await store.beginTopUp(asked(2));
        await store.dropTopUp(octets(16, 2));
        check(store.currentAllowances(0).length === 1, "a dropped one is not current");
        check(store.currentAllowances(1_001).length === 0, "nor one that has ended");
      }),
  },
  {
    name: "an end that its passkey has not signed is signed once, and closed only then",
    run: (reopen) =>
      within(reopen, async (store) => {
        await store.beginTopUp(asked(1));
        await conflicts(store.signClosing(octets(16, 1), octets(180, 8)), "signed before it was issued");
        await store.holdAllowance(held(1));
        await conflicts(store.signClosing(octets(16, 1), octets(180, 8)), "signed before it was burned");
        const burned: AllowanceRecord = { ...held(1), state: "closing_unsigned", counter: 1, closing: octets(90, 7) };
        await store.burnClosing(held(1), burned);
        await conflicts(store.burn(payment(1, 2), burned, burned), "a payment after it");
        await conflicts(store.burnClosing(held(1), burned), "burned twice");
        await conflicts(store.confirmClosing(octets(16, 1)), "closed though unsigned");
        await store.signClosing(octets(16, 1), octets(180, 8));
        const [signed] = store.allowances();
        check(signed?.state === "closing" && equal(signed.closing, octets(180, 8)), "signed");
        await conflicts(store.signClosing(octets(16, 1), octets(180, 9)), "signed twice");
        await store.confirmClosing(octets(16, 1));
      }),
  },
  {
    name: "enrolment is begun anew until it is done, and done once",
    run: (reopen) =>
      within(reopen, async (store) => {
        await store.beginEnrolment({ server: "https://a.test", accountKey: octets(40, 1), begunAt: 1 });
        await store.beginEnrolment({ server: "https://b.test", accountKey: octets(40, 2), begunAt: 2 });
        check(store.enrolment()?.server === "https://b.test" && store.footing() === undefined, "the last intention");
        await store.finishEnrolment(MEMBERSHIP, TRUST);
        await conflicts(store.finishEnrolment(MEMBERSHIP, TRUST), "enrolled twice");
        await conflicts(
          store.beginEnrolment({ server: "https://a.test", accountKey: octets(40, 1), begunAt: 1 }),
          "begun after it was done",
        );
      }),
  },
  {
    name: "an acknowledgement changes what may change, keeps the larger credit and the latest time heard",
    run: (reopen) =>
      within(reopen, async (store) => {
        await store.beginEnrolment({ server: "https://a.test", accountKey: octets(40, 1), begunAt: 1 });
        await store.finishEnrolment(MEMBERSHIP, TRUST);
        const before = await issued(store);
        const first = payment(1, 1);
        await store.burn(first, before, drawn(before, first));
        const { chequeId, topUpId } = first;
        const credit = (backMinor: bigint): CreditRecord => ({
          ...{ chequeId, topUpId, backMinor },
          statement: octets(120, 4),
          certificate: octets(180, 5),
        });
        const told: PaymentRecord = { ...first, state: "voided", finalMinor: 250n, cheque: octets(200, 99) };
        await store.acknowledge(told, credit(1_000n), PAYEE, 400);
        await store.acknowledge(told, credit(900n), { ...PAYEE, metAt: 500, payeeName: "other" }, 350);
        const back = store.payment(chequeId);
        check(back?.state === "voided" && equal(back.cheque, first.cheque), "the cheque never changes");
        check(store.credits(topUpId)[0]?.[0].backMinor === 1_000n, "the larger credit");
        check(store.payee(PAYEE.terminalRef)?.metAt === 500, "when the payee was met");
        check(store.payees(PAYEE.payeeId)[0]?.payeeName === "茶馆", "the payee's first certificate");
        check(store.footing()?.heardAt === 400, "the latest time heard");
        const stranger = payment(8, 8);
        await conflicts(store.age([stranger]), "a payment that is not there");
      }),
  },
  {
    name: "a statement replaces all findings, and payments are listed newest first",
    run: (reopen) =>
      within(reopen, async (store) => {
        const before = await issued(store);
        let head = before;
        for (const counter of [1, 2, 3]) {
          const one = payment(counter, counter);
          await store.burn(one, head, drawn(head, one));
          head = drawn(head, one);
        }
        check(
          store
            .payments()
            .map((one) => one.counter)
            .join() === "3,2,1",
          "newest first",
        );
        const [last] = store.payments();
        if (last === undefined) throw new Error("no payment");
        const { chequeId, topUpId } = last;
        const finding = { chequeId, topUpId, kind: "too_much", amountMinor: 1n } as const;
        await store.applyStatement([{ ...last, state: "settled", grade: "F3", finalMinor: 1_250n }], [finding]);
        check(store.findings().length === 1 && store.openPayments().length === 2, "what the books say");
        await store.applyStatement([], []);
        check(store.findings().length === 0, "no finding is left");
      }),
  },
];
