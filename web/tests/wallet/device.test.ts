/** The app as its screens use it: enrol, unlock, pay, scan, sync, lock. Over memory, a fake vault and real HTTP answers. */

import { expect, test } from "vitest";
import { VaultTrouble } from "../../platform/vault_trouble.ts";
import { split } from "../../protocol/frame.ts";
import { ONE_CODE_MAX_BYTES } from "../../protocol/limits.ts";
import { decodeText, encodeText } from "../../protocol/qrtext.ts";
import { AppRefused } from "../../wallet/app_refused.ts";
import { Site } from "./site.ts";
import { Clock, CODE, Operator, Terminal } from "./world.ts";

const PIN = "402896";

async function enrolled(amountMinor: bigint | null = 1_000_00n) {
  const operator = await Operator.make(new Clock());
  const terminal = await Terminal.make(operator);
  const site = new Site(operator);
  await site.device.enrol({ code: CODE, pin: PIN });
  if (amountMinor !== null) await site.device.topUp(amountMinor);
  return { operator, terminal, site, app: site.device };
}

async function codedOf(act: Promise<unknown>): Promise<string> {
  const failure = await act.then(() => undefined).catch((error: unknown) => error);
  if (failure === undefined) return "none";
  if (!(failure instanceof AppRefused)) throw failure;
  expect(Object.values(failure.coded).every((part) => part.length > 0)).toBe(true);
  return failure.coded.code;
}

test("from enrolment to a final payment", async () => {
  const { operator, terminal, app } = await enrolled();
  expect(app.phase).toBe("open");
  expect(app.home()).toMatchObject({
    payerName: "Ada",
    spendableMinor: 1_000_00n,
    perPaymentMinor: 200_00n,
    warnings: [],
  });
  const asking = await terminal.asks(45_00n);
  const scanned = await app.takeScan(encodeText(asking));
  if (scanned.kind !== "request") throw new Error(scanned.kind);
  expect(scanned.offer).toMatchObject({ amountMinor: 45_00n, payeeName: "Café 茶馆", drawn: null });
  const shown = await app.pay(scanned.offer.offerId, "none");
  expect(shown).toMatchObject({ hideAt: null, payment: { state: "shown", canShowAgain: true } });
  expect(app.home().spendableMinor).toBe(955_00n);
  const body = decodeText(shown.qr[0] ?? "");
  const { chequeId, allowance } = await terminal.accepts(asking, body);
  const taken = await app.takeScan(encodeText(await terminal.receipt(chequeId, 45_00n)));
  expect(taken).toMatchObject({ kind: "acknowledgement", payment: { state: "accepted", grade: "F2", status: "done" } });
  const { ref } = allowance;
  const line = { chequeId, ref, paidMinor: 45_00n, waitingMinor: 0n, deadline: operator.clock.now + 1000 };
  operator.cheques = [{ ...line, givenBack: false, forked: false, payeeName: "Café" }];
  await app.sync({ force: true });
  expect(app.payments("")[0]).toMatchObject({ state: "settled", grade: "F3", words: { title: "Paid, final" } });
  expect(app.home()).toMatchObject({ freeMinor: 77_00n, lastSyncAt: operator.clock.now });
});

test("a request paid before shows its bytes again and asks for no consent", async () => {
  const { terminal, app } = await enrolled();
  const text = encodeText(await terminal.asks(45_00n));
  const first = await app.pay((await app.consider(text)).offerId, "none");
  const again = await app.consider(text);
  expect(again.drawn?.number).toBe(first.payment.number);
  expect((await app.pay(again.offerId, "none")).qr).toEqual(first.qr);
  expect((await app.showAgain(first.payment.number)).qr).toEqual(first.qr);
  expect(app.payments("")).toHaveLength(1);
});

test("a holder check is asked of the vault before anything is drawn", async () => {
  const { terminal, app, site } = await enrolled();
  const offer = await app.consider(encodeText(await terminal.asks(60_00n)));
  expect(offer.holderCheckNeeded).toBe(true);
  expect(await codedOf(app.pay(offer.offerId, "none"))).toBe("holder_check_needed");
  expect(await codedOf(app.pay(offer.offerId, { pin: "000000" }))).toBe("wrong_pin");
  expect(await codedOf(app.pay(offer.offerId, "passkey"))).toBe("passkey_none");
  expect([app.payments(""), site.vault.tries]).toEqual([[], 1]);
  expect((await app.pay(offer.offerId, { pin: PIN })).payment.state).toBe("shown");
});

test("a code too dense for one picture travels in frames, and frames are taken in any order", async () => {
  const { terminal, app } = await enrolled();
  const asking = await terminal.asks(1_00n, { reference: "x".repeat(32) });
  const frames = (await split(asking)).map(encodeText).reverse();
  const [last, ...rest] = frames;
  for (const [at, frame] of rest.entries()) {
    expect(await app.takeScan(frame)).toEqual({ kind: "frame", have: at + 1, of: frames.length });
  }
  expect(await app.takeScan(last ?? "")).toMatchObject({ kind: "request", offer: { amountMinor: 1_00n } });
  for (const amountMinor of [200_00n, 200_00n, 200_00n, 200_00n]) {
    await app.pay((await app.consider(encodeText(await terminal.asks(amountMinor)))).offerId, { pin: PIN });
  }
  const tab = await terminal.asks(200_00n, { upTo: true });
  const shown = await app.pay((await app.consider(encodeText(tab))).offerId, { pin: PIN });
  const { chequeId } = await terminal.accepts(tab, decodeText(shown.qr[0] ?? ""));
  const taken = await app.takeScan(encodeText(await terminal.receipt(chequeId, 100_00n)));
  expect(taken).toMatchObject({ words: { detail: expect.stringContaining("100.00 EUR can be spent again") } });
  const leaning = await app.pay((await app.consider(encodeText(await terminal.asks(90_00n)))).offerId, { pin: PIN });
  expect(leaning.qr.length).toBeGreaterThan(1);
  expect(leaning.qr.every((text) => decodeText(text).length <= ONE_CODE_MAX_BYTES)).toBe(true);
});

test("a one-way code hides after its time, and is not shown again", async () => {
  const { app, site } = await enrolled();
  const shown = await app.oneWayCode({ amountMinor: 10_00n, upTo: false, holder: "none" });
  expect(shown.hideAt).toBe(site.clock.now + 60);
  site.clock.now += 61;
  await app.tick();
  expect(app.payment(shown.payment.number)).toMatchObject({ state: "hidden", canShowAgain: false });
  expect(await codedOf(app.showAgain(shown.payment.number))).toBe("code_hidden");
});

test.each([
  ["https://example.com/menu", "not_feiqian"],
  ["FQ2:ABC", "update_needed"],
  ["FQ1:", "malformed"],
])("the text %s is refused", async (text, code) => {
  const { app } = await enrolled(null);
  expect(await codedOf(app.takeScan(text))).toBe(code);
});

test("a payment shown to a wallet is not for it", async () => {
  const { terminal, app } = await enrolled();
  const shown = await app.pay((await app.consider(encodeText(await terminal.asks(1_00n)))).offerId, "none");
  expect(await codedOf(app.takeScan(shown.qr[0] ?? ""))).toBe("not_for_wallet");
});

test("a locked app shows nothing, and opens with what was stored", async () => {
  const { terminal, app, site } = await enrolled();
  const offer = await app.consider(encodeText(await terminal.asks(45_00n)));
  await app.pay(offer.offerId, "none");
  app.lock();
  expect(app.phase).toBe("locked");
  expect(() => app.home()).toThrow(AppRefused);
  expect(await codedOf(app.pay(offer.offerId, "none"))).toBe("vault_locked");
  expect(await codedOf(app.unlock({ pin: "000000" }))).toBe("wrong_pin");
  await app.unlock({ pin: PIN });
  expect([app.phase, app.payments("").length, site.vault.tries]).toEqual(["open", 1, 0]);
  expect(await codedOf(app.pay(offer.offerId, "none"))).toBe("offer_unknown");
});

test("records that cannot be read leave the wallet locked, not new", async () => {
  const { app, site } = await enrolled(null);
  app.lock();
  site.broken = new VaultTrouble("vault_damaged");
  expect(await codedOf(app.unlock({ pin: PIN }))).toBe("vault_damaged");
  expect(app.phase).toBe("locked");
});

test("an enrolment without an answer may be repeated, also with another PIN", async () => {
  const operator = await Operator.make(new Clock());
  const site = new Site(operator);
  operator.up = false;
  expect(await codedOf(site.device.enrol({ code: CODE, pin: "111111" }))).toBe("pin_few_digits");
  expect(await codedOf(site.device.enrol({ code: CODE, pin: PIN }))).toBe("operator_unreachable");
  expect(site.device.phase).toBe("new");
  operator.up = true;
  await site.device.enrol({ code: CODE, pin: "593817" });
  expect([site.device.phase, site.vault.pin]).toEqual(["open", "593817"]);
});

test("a sync tells its steps, spares what cannot be reached, and is not repeated at once", async () => {
  const { operator, app, site } = await enrolled();
  const seen = new Set<string>();
  app.subscribe(() =>
    seen.add(
      app
        .syncState()
        .steps.map((step) => step.state)
        .join(),
    ),
  );
  await app.sync();
  expect(app.syncState().steps.map((step) => step.state)).toEqual(["done", "skipped", "skipped", "done", "done"]);
  expect(seen.has("running,waiting,waiting,waiting,waiting")).toBe(true);
  const asked = site.asked.length;
  await app.sync({ quiet: true });
  expect(site.asked.length).toBe(asked);
  await app.sync(); // whoever presses the button is served
  expect(site.asked.length).toBeGreaterThan(asked);
  expect(site.tags.at(-1)).not.toBeNull();
  await app.sync({ force: true }); // all of it, also what is held
  expect(site.tags.at(-1)).toBeNull();
  operator.up = false;
  await app.sync({ force: true });
  const [trust, , , statement] = app.syncState().steps;
  expect([trust?.state, trust?.failure?.code, statement?.state]).toEqual(["failed", "operator_unreachable", "skipped"]);
  expect(app.home().capabilities.find((one) => one.what === "sync")).toMatchObject({ works: false, why: "no_network" });
  expect(app.syncState().expectedMs).not.toBeNull();
  operator.up = true;
  await app.sync({ quiet: true }); // what failed is no reason to wait
  expect(app.syncState().steps.map((step) => step.state)).toEqual(["done", "skipped", "skipped", "done", "done"]);
});

test("a payment does not wait for a sync that hangs", async () => {
  const { operator, terminal, app, site } = await enrolled();
  let letGo = (): void => undefined;
  const hangs = new Promise<void>((done) => {
    letGo = done;
  });
  operator.aside = (call) => (call === "statement" ? hangs : Promise.resolve());
  const syncing = app.sync({ force: true });
  await expect.poll(() => site.asked.includes("/v1/payer/statement")).toBe(true);
  const shown = await app.pay((await app.consider(encodeText(await terminal.asks(45_00n)))).offerId, "none");
  expect(shown.payment.state).toBe("shown");
  expect(app.syncState().running).toBe(true);
  letGo();
  await syncing;
  expect(app.syncState()).toMatchObject({ running: false });
  expect(app.payments("")).toHaveLength(1);
});

test("the proof of what was taken too much is handed in with the next sync", async () => {
  const { operator, terminal, app, site } = await enrolled();
  const asking = await terminal.asks(45_00n);
  const shown = await app.pay((await app.consider(encodeText(asking))).offerId, "none");
  const { chequeId, allowance } = await terminal.accepts(asking, decodeText(shown.qr[0] ?? ""));
  await app.takeScan(encodeText(await terminal.note(1, chequeId, 15_00n)));
  const line = { chequeId, ref: allowance.ref, paidMinor: 45_00n, waitingMinor: 0n, deadline: operator.clock.now + 9 };
  operator.cheques = [{ ...line, givenBack: false, forked: false, payeeName: undefined }];
  await app.sync({ force: true });
  expect(app.findings()).toMatchObject([{ kind: "too_much", amountMinor: 15_00n, number: shown.payment.number }]);
  expect(site.asked).toContain("/v1/payer/notes");
  expect(app.syncState().steps.at(-1)).toMatchObject({ id: "papers", state: "done", count: 1 });
});

test("settings and the language are kept", async () => {
  const { app, site } = await enrolled();
  app.set({ hideAmounts: true, autoLockS: 60, language: "zh" });
  expect(app.settings()).toEqual({ hideAmounts: true, autoLockS: 60, language: "zh" });
  await expect.poll(() => site.durable.has("settings")).toBe(true);
  app.lock();
  await app.unlock({ pin: PIN });
  expect(app.settings()).toEqual({ hideAmounts: true, autoLockS: 60, language: "zh" });
});

test("a lost-device code is told each time it is asked for, and kept nowhere", async () => {
  const { operator, site, app } = await enrolled();
  const before = site.durable;
  expect(await app.newLostCode()).toEqual({ code: "7KQ2-M9XA-44TD-0001", page: "https://operator.test/lost/" });
  expect(await app.newLostCode()).toMatchObject({ code: "7KQ2-M9XA-44TD-0002" });
  expect(site.durable).toBe(before);
  operator.up = false;
  expect(await codedOf(app.newLostCode())).toBe("operator_unreachable");
  app.lock();
  expect(await codedOf((async () => app.newLostCode())())).toBe("vault_locked");
});

test("closing ends an allowance, and what is said then is why nothing can be paid", async () => {
  const { operator, terminal, app } = await enrolled();
  await app.close(app.home().allowances[0]?.refHex ?? "");
  expect(operator.closings).toHaveLength(1);
  expect(await codedOf(app.consider(encodeText(await terminal.asks(1_00n))))).toBe("no_allowance");
  expect(app.home().capabilities[0]).toMatchObject({ what: "pay_request", works: false });
});
