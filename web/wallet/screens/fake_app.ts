/**
 * A wallet that only plays: for the page where screens are looked at and for tests of them. No key, no store.
 *
 * What it "scans" is a word: request, unproved, upto, large, drawn, over, receipt, note, frame; anything else is refused.
 * The product never loads it (screens/fake.html is no page of the build).
 */

import { REFUSAL_WORDS, type RefusalCode } from "../../protocol/refusals.ts";
import { language, pick, setLanguage, type Twin } from "../../ui/words.ts";
import type {
  Capability,
  Coded,
  FindingView,
  HomeView,
  OfferView,
  PaymentView,
  Phase,
  ShownView,
  SyncView,
  WalletApp,
} from "../app.ts";
import { FakeBackups } from "./fake_backups.ts";
import { sampleOffer, sampleSync } from "./fake_moments.ts";
import { FAKE_NOW, sampleFindings, samplePayment, samplePayments } from "./fake_payments.ts";

const HOUR = 3600;
const DAY = 24 * HOUR;
const PIN = "274916";
const QR = `FQ1:${"6BF+70OC9L3P4X%K".repeat(30)}`;

export interface Play {
  readonly phase: Phase;
  /** full: a day of payments; empty: just enrolled; spent: nothing left; trouble: findings, old lists, update. */
  readonly day: "full" | "empty" | "spent" | "trouble" | "rich";
  readonly waits: boolean;
  readonly sync: "none" | "running" | "done" | "failed";
  readonly failing: boolean;
  readonly passkey: "none" | "offered" | "enrolled";
}

export const USUAL_PLAY: Play = {
  phase: "open",
  day: "full",
  waits: false,
  sync: "none",
  failing: false,
  passkey: "offered",
};

export class FakeRefused extends Error {
  readonly coded: Coded;
  constructor(coded: Coded) {
    super(coded.code);
    this.coded = coded;
  }
}

const put = (twin: Twin): string => pick(twin, language());

export function offline(): FakeRefused {
  return new FakeRefused({
    code: "no_network",
    message: put(["The operator did not answer.", "运营方没有答复。"]),
    safe: put(["Nothing was changed; repeating it counts once.", "没有任何改动；重试只计一次。"]),
    next: put(["Try again when there is a network.", "请在有网络时重试。"]),
  });
}

export function refused(code: RefusalCode): FakeRefused {
  return new FakeRefused({ code, ...REFUSAL_WORDS.in(language())[code] });
}

export class FakeApp implements WalletApp {
  phase: Phase;
  prfEnrolled: boolean;
  readonly prfAvailable: boolean;
  readonly passkeyPays: boolean;
  readonly play: Play;
  readonly currency = "EUR";
  readonly #listeners = new Set<() => void>();
  #autoLockS = 300;
  #hideAmounts = false;
  #drawn: PaymentView[] = [];

  constructor(play: Play) {
    this.play = play;
    this.phase = play.phase;
    this.prfAvailable = play.passkey !== "none";
    this.prfEnrolled = play.passkey === "enrolled";
    this.passkeyPays = play.passkey === "enrolled";
  }

  get pinWait(): number | null {
    return this.play.waits ? FAKE_NOW + 290 : null;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #network(): Promise<void> {
    await new Promise((done) => setTimeout(done, 30));
    if (this.play.failing) throw offline();
  }

  async enrol(): Promise<void> {
    await this.#network();
    this.phase = "open";
    this.#tell();
  }

  async addPasskey(): Promise<void> {
    this.prfEnrolled = true;
    this.#tell();
  }

  async removePasskey(): Promise<void> {
    this.prfEnrolled = false;
    this.#tell();
  }

  async unlock(way: { pin: string } | "passkey"): Promise<void> {
    if (way !== "passkey") this.#check(way.pin);
    this.phase = "open";
    this.#tell();
  }

  #check(pin: string): void {
    if (pin === PIN) return;
    throw new FakeRefused({
      code: "pin_wrong",
      message: put(["This PIN is wrong.", "PIN 不正确。"]),
      safe: put(["Nothing was opened or signed. 6 tries are left.", "没有打开或签发任何内容。还可再试 6 次。"]),
      next: put(["Enter it again, slowly.", "请慢慢重新输入。"]),
    });
  }

  lock(): void {
    this.phase = "locked";
    this.#tell();
  }

  home(): HomeView {
    const { day } = this.play;
    const nothing = day === "empty" || day === "spent";
    const rich = day === "rich";
    const spendableMinor = nothing ? 0n : rich ? 123_456_789_050n : 68_225n;
    const until = FAKE_NOW + 2 * DAY + 3 * HOUR;
    return {
      payerName: rich
        ? put(["Alexandra Konstantinopoulou-Weatherby", "欧阳诗涵（上海浦东新区分公司采购部）"])
        : put(["Lin Mei", "林美"]),
      currency: this.currency,
      spendableMinor,
      perPaymentMinor: nothing ? 0n : rich ? 20_000_000n : 20_000n,
      until: nothing ? null : until,
      waitingMinor: day === "empty" ? 0n : 3_050n,
      waitingCount: day === "empty" ? 0 : 2,
      needsYou: this.payments("").filter((one) => one.status === "needs_you").length,
      topUpSuggested: nothing || day === "trouble",
      paysByPasskey: false,
      freeMinor: day === "trouble" ? null : 145_000n,
      elsewhere: day === "trouble" ? { reservedMinor: 15_000n, waitingMinor: 3_000n, until: FAKE_NOW + 9 * DAY } : null,
      allowances: nothing
        ? []
        : [
            {
              refHex: "4f1c",
              standing: "good",
              amountMinor: 100_000n,
              paymentMinor: 20_000n,
              totalMinor: 48_225n,
              cheques: 13,
              expiresAt: until,
              deadlineAt: until + 7 * DAY,
              endUnsigned: false,
            },
            {
              refHex: "90ab",
              standing: day === "trouble" ? "stopped" : "good",
              amountMinor: 20_000n,
              paymentMinor: 20_000n,
              totalMinor: 20_000n,
              cheques: 20,
              expiresAt: until + DAY,
              deadlineAt: until + 8 * DAY,
              endUnsigned: false,
            },
            {
              refHex: "77d2",
              standing: "closing",
              amountMinor: 50_000n,
              paymentMinor: 0n,
              totalMinor: 11_640n,
              cheques: 0,
              expiresAt: FAKE_NOW - DAY,
              deadlineAt: FAKE_NOW + 6 * DAY,
              endUnsigned: day === "trouble",
            },
          ],
      capabilities: this.#capabilities(nothing, until),
      lastSyncAt: day === "empty" ? null : FAKE_NOW - (day === "trouble" ? 2 * DAY : 2 * HOUR),
      listsIssuedAt: FAKE_NOW - (day === "trouble" ? 2 * DAY + 5 * HOUR : 5 * HOUR),
      updateNeeded: day === "trouble",
      warnings:
        day === "trouble"
          ? [
              {
                code: "trust_old",
                message: put(["What this wallet knows of the operator is old.", "本机的信任资料较旧。"]),
                safe: put(["You can still pay.", "仍可付款。"]),
                next: put(["Sync when there is a network.", "请在有网络时同步。"]),
              },
            ]
          : [],
    };
  }

  #capabilities(nothing: boolean, until: number): Capability[] {
    const offlineNow = this.play.failing || this.play.day === "trouble";
    const why = nothing ? "nothing_to_spend" : null;
    const online = (what: string, upToMinor: bigint | null = null): Capability => ({
      what,
      works: !offlineNow,
      upToMinor,
      until: null,
      why: offlineNow ? "no_network" : null,
    });
    const always = (what: string): Capability => ({ what, works: true, upToMinor: null, until: null, why: null });
    return [
      { what: "pay_request", works: !nothing, upToMinor: nothing ? 0n : 20_000n, until: nothing ? null : until, why },
      { what: "show_code", works: !nothing, upToMinor: nothing ? 0n : 5_000n, until: nothing ? null : until, why },
      ...(nothing ? [] : keyLines(until)),
      always("show_again"),
      always("take_receipt"),
      always("look"),
      always("lock"),
      online("sync"),
      online("top_up", 145_000n),
      online("close"),
      online("dispute"),
    ];
  }

  payments(search: string): readonly PaymentView[] {
    const samples = this.play.day === "empty" ? [] : samplePayments(this.currency);
    const words = search
      .toLowerCase()
      .split(/\s+/u)
      .filter((word) => word !== "");
    return [...this.#drawn, ...samples].filter((one) => {
      const text = [one.payeeName, one.reference, one.number, one.words.title, String(one.amountMinor)]
        .join(" ")
        .toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  payment(number: string): PaymentView {
    const found = this.payments("").find((one) => one.number === number);
    if (found === undefined) throw new RangeError(number);
    return found;
  }

  findings(): readonly FindingView[] {
    return this.play.day === "trouble" ? sampleFindings() : [];
  }

  async consider(scanned: string): Promise<OfferView> {
    return this.offer(scanned);
  }

  offer(kind: string): OfferView {
    return sampleOffer(kind, this.currency);
  }

  async pay(offerId: string, holder: { pin: string } | "passkey" | "none"): Promise<ShownView> {
    if (typeof holder === "object") this.#check(holder.pin);
    const offer = this.offer(offerId);
    return this.shown({
      amountMinor: offer.amountMinor,
      upTo: offer.upTo,
      payeeName: offer.payeeName,
      payeeProved: offer.payeeProved,
      reference: offer.reference,
      canShowAgain: true,
    });
  }

  async oneWayCode(options: {
    amountMinor: bigint;
    upTo: boolean;
    holder: { pin: string } | "passkey" | "none";
  }): Promise<ShownView> {
    if (typeof options.holder === "object") this.#check(options.holder.pin);
    return this.code(options.amountMinor, options.upTo, 60);
  }

  code(amountMinor: bigint, upTo: boolean, leftS: number): ShownView {
    const payment = samplePayment("shown", {
      amountMinor,
      upTo,
      oneWay: true,
      payeeName: null,
      payeeProved: false,
      expiresAt: FAKE_NOW + leftS,
    });
    return { ...this.shown(payment), payment, hideAt: FAKE_NOW + leftS };
  }

  shown(more: Partial<PaymentView>, frames = 1): ShownView {
    const payment = samplePayment("shown", more);
    this.#drawn = [payment, ...this.#drawn.filter((one) => one.number !== payment.number)];
    return { payment, qr: Array.from({ length: frames }, (_, at) => `${QR}${at}`), hideAt: null };
  }

  async showAgain(number: string): Promise<ShownView> {
    return { payment: this.payment(number), qr: [QR], hideAt: null };
  }

  async takeScan(text: string): ReturnType<WalletApp["takeScan"]> {
    await new Promise((done) => setTimeout(done, 20));
    if (text === "receipt" || text === "note") return this.acknowledgement(text);
    if (text === "frame") return { kind: "frame", have: 2, of: 5 };
    if (["request", "unproved", "upto", "large", "drawn", "over"].includes(text))
      return { kind: "request", offer: this.offer(text) };
    throw refused("not_feiqian");
  }

  acknowledgement(kind: "receipt" | "note"): {
    kind: "acknowledgement";
    payment: PaymentView;
    words: { title: string; detail: string };
  } {
    const receipt = kind === "receipt";
    const payment = samplePayment(receipt ? "accepted" : "voided", {
      amountMinor: 6_000n,
      finalMinor: receipt ? 4_812n : 0n,
      upTo: true,
      reference: put(["Pump 4", "4 号泵"]),
    });
    const words = receipt
      ? {
          title: put(["Accepted, settles later", "已受理，稍后结算"]),
          detail: put(["The payee has signed for it.", "收款方已签收。"]),
        }
      : {
          title: put(["Given back", "已退回"]),
          detail: put(["60.00 EUR can be spent again at once.", "60.00 EUR 可立即再次使用。"]),
        };
    return { kind: "acknowledgement", payment, words };
  }

  async topUp(): Promise<void> {
    await this.#network();
    this.#tell();
  }

  async close(): Promise<void> {
    await this.#network();
  }

  async sync(): Promise<void> {
    await this.#network();
    this.#tell();
  }

  syncState(): SyncView {
    return sampleSync(this.play.sync);
  }

  async dispute(): Promise<void> {
    await this.#network();
  }

  async disputes(): ReturnType<WalletApp["disputes"]> {
    await this.#network();
    if (this.play.day === "empty") return [];
    return [
      {
        id: "d1",
        state: "contested",
        number: "c04d18e7",
        words: put(["Wrong amount: contested; the operator decides", "金额不符：对方有异议，由运营方裁定"]),
        needsYou: false,
      },
      {
        id: "d2",
        state: "opened",
        number: "55e0c3b8",
        words: put(["Not paid: the payee waits for your answer", "未收到款：等待您的答复"]),
        needsYou: true,
      },
      {
        id: "d3",
        state: "refunded",
        number: null,
        words: put(["Not delivered: decided, refunded to you", "未交付：已裁定，退款给您"]),
        needsYou: false,
      },
    ];
  }

  async changePin(old: string): Promise<void> {
    this.#check(old);
  }

  async newLostCode(): Promise<{ code: string; page: string }> {
    await this.#network();
    return { code: "7KQ2-M9XA-44TD-0VNC", page: "https://pay.example/lost/" };
  }

  async backups(): ReturnType<WalletApp["backups"]> {
    return new FakeBackups(this.payments(""));
  }

  /** What it "scans" is older, newer or same; frame is a piece. */
  async takePack(text: string): ReturnType<WalletApp["takePack"]> {
    await new Promise((done) => setTimeout(done, 20));
    if (text === "frame") return { kind: "frame", have: 3, of: 7 };
    if (text === "newer" || text === "same")
      return { kind: "pack", newer: text === "newer", issuedAt: FAKE_NOW - 3 * HOUR };
    throw refused("version_rollback");
  }

  settings(): { autoLockS: number; hideAmounts: boolean; language: "en" | "zh" } {
    return { autoLockS: this.#autoLockS, hideAmounts: this.#hideAmounts, language: language() };
  }

  set(options: Partial<{ autoLockS: number; hideAmounts: boolean; language: "en" | "zh" }>): void {
    this.#autoLockS = options.autoLockS ?? this.#autoLockS;
    this.#hideAmounts = options.hideAmounts ?? this.#hideAmounts;
    if (options.language !== undefined) setLanguage(options.language);
    this.#tell();
  }
}

/** An allowance with a key in software, and one that a passkey signs for. */
function keyLines(until: number): Capability[] {
  return [
    { what: "key_software", works: true, upToMinor: 6_000n, until, why: "stronger_key" },
    { what: "key_passkey", works: true, upToMinor: 20_000n, until: until + DAY, why: null },
  ];
}
