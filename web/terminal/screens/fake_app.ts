/**
 * A terminal that only plays: for the page where screens are looked at and for component tests. No key, no store.
 *
 * What it "scans" is a word: F1, F2, F3, refused, cancelled, final, frame. Its clock stands still, so that pictures of
 * screens are the same every time. The product never loads it (screens/fake.html is no page of the build).
 */

import { language } from "../../ui/words.ts";
import type {
  AcceptedView,
  Coded,
  Decision,
  DisputeView,
  Grade,
  HistoryLine,
  MadeFile,
  NoteView,
  Phase,
  ReadyView,
  RequestView,
  SyncStep,
  SyncView,
  TerminalApp,
  TotalsView,
} from "../app.ts";
import { sampleAccepted, sampleLines, sampleReady, sampleTotals } from "./fake_data.ts";
import { afterAct, sampleDisputes } from "./fake_disputes.ts";
import {
  cancelled,
  codeOver,
  codeUnknown,
  forkSeen,
  keyMissing,
  noNetwork,
  notAnAnswer,
  olderLists,
  overLimit,
  queueWaits,
  recoveryCodeWrong,
  tooMuch,
  unknownPayment,
  wrongPin,
} from "./fake_refusals.ts";

/** Sunday 22 November 2026, 14:05 UTC. */
export const FAKE_NOW = 1_795_356_300;

export interface Play {
  readonly phase: Phase;
  /** busy: a full day; empty: just enrolled; old: lists over a day old; stopped: nothing can be accepted. */
  readonly day: "busy" | "empty" | "old" | "stopped";
  readonly pinWait: number | null;
  readonly sync: "none" | "running" | "done" | "failed";
  readonly failing: boolean;
}

export class FakeRefused extends Error {
  readonly coded: Coded;
  constructor(coded: Coded) {
    super(coded.code);
    this.name = "FakeRefused";
    this.coded = coded;
  }
}

function pick(english: string, chinese: string): string {
  return language() === "zh" ? chinese : english;
}

/** As long as a real code is: what was signed, in base 45. */
export function fakeCode(length: number, seed: number): string {
  const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  let state = seed;
  let text = "FQ1:";
  while (text.length < length) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    text += letters[state % letters.length];
  }
  return text;
}

export class FakeApp implements TerminalApp {
  phase: Phase;
  readonly pinWait: number | null;
  readonly prfAvailable = true;
  prfEnrolled = false;
  private readonly play: Play;
  private readonly listeners = new Set<() => void>();
  private readonly asked: RequestView[] = [];
  private accepted: AcceptedView[];
  private frames = 0;
  private syncing: SyncView;
  private autoLockS = 300;
  private disputed: readonly DisputeView[];

  constructor(play: Partial<Play> = {}) {
    this.play = { phase: "open", day: "busy", pinWait: null, sync: "none", failing: false, ...play };
    this.phase = this.play.phase;
    this.pinWait = this.play.pinWait;
    this.accepted = this.play.day === "empty" ? [] : [...sampleAccepted(FAKE_NOW)];
    this.syncing = syncOf(this.play.sync);
    this.disputed = this.play.day === "empty" ? [] : sampleDisputes(FAKE_NOW, pick);
    if (this.play.day === "busy") {
      this.asked.push(this.make(4_800n, false, pick("Table 12", "12 号桌"), 140));
    }
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  async enrol(options: { code: string; pin: string }): Promise<void> {
    if (options.code.startsWith("BAD")) throw new FakeRefused(codeUnknown());
    this.moveTo("open");
  }

  async unlock(way: { pin: string } | "passkey"): Promise<void> {
    if (way !== "passkey" && way.pin !== "280419") throw new FakeRefused(wrongPin());
    this.moveTo("open");
  }

  lock(): void {
    this.moveTo("locked");
  }

  async addPasskey(): Promise<void> {
    this.prfEnrolled = true;
    this.tell();
  }

  async changePin(old: string): Promise<void> {
    if (old !== "280419") throw new FakeRefused(wrongPin());
  }

  async recoveryFile(): Promise<MadeFile> {
    if (this.play.failing) throw new FakeRefused(keyMissing());
    return { name: "till-0123456789abcdef.recovery.json", bytes: new Uint8Array(300) };
  }

  async recover({ code }: { code: string }): Promise<void> {
    if (code.startsWith("BAD")) throw new FakeRefused(recoveryCodeWrong());
    this.moveTo("open");
  }

  async request(options: {
    exactMinor?: bigint;
    upToMinor?: bigint;
    reference?: string;
    ttlS?: number;
  }): Promise<RequestView> {
    const amountMinor = options.upToMinor ?? options.exactMinor ?? 0n;
    if (amountMinor > 10_000_000n) throw new FakeRefused(tooMuch());
    const made = this.make(amountMinor, options.upToMinor !== undefined, options.reference ?? "", options.ttlS ?? 180);
    this.asked.unshift(made);
    this.tell();
    return made;
  }

  openRequests(): readonly RequestView[] {
    return this.asked;
  }

  async accept(
    scanned: string,
    options: { requestHashHex?: string; finalMinor?: bigint; atOwnRisk?: boolean },
  ): Promise<Decision | { kind: "frame"; have: number; of: number }> {
    const asked = this.asked.find((one) => one.hashHex === options.requestHashHex) ?? this.asked[0];
    const amountMinor = asked?.amountMinor ?? 4_800n;
    if (scanned === "frame") return this.frame();
    const [before] = this.accepted;
    if (scanned === "before" && before !== undefined) return { kind: "accepted", accepted: before, again: true };
    if (scanned === "refused") return { kind: "refused", refusal: overLimit() };
    if (scanned === "cancelled") return { kind: "refused", refusal: cancelled(), note: note("cancel", 0n, 7) };
    if (scanned === "fork") return { kind: "refused", refusal: forkSeen(), proofKept: true };
    if (asked?.isMaximum === true && options.finalMinor === undefined) {
      return this.ask("final_amount", "F2", amountMinor);
    }
    const finalMinor = options.finalMinor ?? amountMinor;
    if (scanned === "F1" && options.atOwnRisk !== true) return this.ask("own_risk", "F1", null);
    const decision = this.take(gradeOf(scanned), finalMinor, amountMinor, asked?.reference ?? "");
    if (asked !== undefined) this.asked.splice(this.asked.indexOf(asked), 1);
    return decision;
  }

  async takeCode(
    scanned: string,
    options: { dueMinor: bigint; atOwnRisk?: boolean },
  ): Promise<Decision | { kind: "frame"; have: number; of: number }> {
    if (scanned === "frame") return this.frame();
    if (scanned === "refused") return { kind: "refused", refusal: codeOver() };
    if (options.atOwnRisk !== true) return this.ask("own_risk", "F1", null);
    return this.take("F1", options.dueMinor, options.dueMinor, "");
  }

  async voidPayment(receiptCounter: number, totalMinor: bigint | null): Promise<NoteView> {
    const payment = this.payment(receiptCounter);
    const backMinor = totalMinor ?? payment.finalMinor;
    this.replace({ ...payment, backMinor, keptMinor: payment.finalMinor - backMinor });
    return note("void", backMinor, receiptCounter);
  }

  async cancel(requestHashHex: string): Promise<NoteView> {
    const at = this.asked.findIndex((one) => one.hashHex === requestHashHex);
    if (at >= 0) this.asked.splice(at, 1);
    this.tell();
    return note("cancel", 0n, 7);
  }

  cancellable(): readonly RequestView[] {
    return this.asked;
  }

  history(search: string): readonly HistoryLine[] {
    if (this.play.day === "empty") return [];
    const wanted = search.trim().toLowerCase();
    return sampleLines(this.accepted, FAKE_NOW, pick).filter((line) =>
      `${line.title} ${line.detail} ${line.id} ${line.amountMinor ?? ""}`.toLowerCase().includes(wanted),
    );
  }

  payment(receiptCounter: number): AcceptedView {
    const found = this.accepted.find((one) => one.receiptCounter === receiptCounter);
    if (found === undefined) throw new FakeRefused(unknownPayment());
    return found;
  }

  totals(): TotalsView {
    return sampleTotals(this.play.day === "empty", FAKE_NOW, pick);
  }

  async closeShift(): Promise<TotalsView> {
    return this.totals();
  }

  ready(): ReadyView {
    return sampleReady(this.play.day, FAKE_NOW, pick);
  }

  async export(): Promise<readonly { name: string; bytes: Uint8Array }[]> {
    if (this.play.day === "empty") return [];
    return [
      { name: "queue-5f0c9e21aa38b7d4-1of2.feiqian-batch", bytes: new Uint8Array(48_213) },
      { name: "queue-5f0c9e21aa38b7d4-2of2.feiqian-batch", bytes: new Uint8Array(12_040) },
      { name: "fork-9b1e04c7d2a65f38.feiqian-fork", bytes: new Uint8Array(1_904) },
    ];
  }

  async takeAnswer(bytes: Uint8Array): Promise<void> {
    if (bytes.length < 8) throw new FakeRefused(notAnAnswer());
  }

  /** What it "scans" is older, newer or same; frame is a piece. */
  async takePack(text: string): ReturnType<TerminalApp["takePack"]> {
    if (text === "frame") return { kind: "frame", have: 3, of: 7 };
    if (text !== "newer" && text !== "same") throw new FakeRefused(olderLists());
    return { kind: "pack", newer: text === "newer", issuedAt: FAKE_NOW - 3 * 3600 };
  }

  async sync(): Promise<void> {
    this.syncing = syncOf(this.play.failing ? "failed" : "done");
    this.tell();
  }

  syncState(): SyncView {
    return this.syncing;
  }

  async dispute(): Promise<void> {
    if (this.play.failing) throw new FakeRefused(noNetwork());
  }

  async disputes(): Promise<readonly DisputeView[]> {
    if (this.play.failing) throw new FakeRefused(noNetwork());
    return this.disputed;
  }

  async answerDispute(idHex: string, options: { accept: boolean; words: string }): Promise<DisputeView> {
    return this.act(idHex, options.accept ? "accept" : "contest", options.words);
  }

  async withdrawDispute(idHex: string, words: string): Promise<DisputeView> {
    return this.act(idHex, "withdraw", words);
  }

  disputesNeedYou(): number {
    return this.disputed.filter(({ status }) => status === "needs_you").length;
  }

  async signOut(): Promise<void> {
    if (this.ready().queueClaims > 0) throw new FakeRefused(queueWaits());
    this.moveTo("new");
  }

  settings(): { autoLockS: number; language: "en" | "zh" } {
    return { autoLockS: this.autoLockS, language: language() };
  }

  set(options: Partial<{ autoLockS: number; language: "en" | "zh" }>): void {
    if (options.autoLockS !== undefined) this.autoLockS = options.autoLockS;
    this.tell();
  }

  private act(idHex: string, act: "accept" | "contest" | "withdraw", said: string): DisputeView {
    const found = this.disputed.find((one) => one.idHex === idHex);
    if (found === undefined) throw new FakeRefused(unknownPayment());
    const after = afterAct(found, FAKE_NOW, act, said);
    this.disputed = this.disputed.map((one) => (one === found ? after : one));
    this.tell();
    return after;
  }

  private frame(): { kind: "frame"; have: number; of: number } {
    this.frames = Math.min(this.frames + 1, 2);
    return { kind: "frame", have: this.frames, of: 3 };
  }

  private ask(why: "own_risk" | "final_amount", grade: Grade, maximumMinor: bigint | null): Decision {
    const words =
      why === "own_risk"
        ? {
            title: pick("This payment is above the guarantee", "此笔超出担保金额"),
            detail: pick(
              "200.00 EUR of a payment is guaranteed now. You would carry the risk for this one.",
              "目前单笔担保仅 200.00 EUR，此笔由您承担风险。",
            ),
          }
        : { title: pick("How much do you take?", "实收多少？"), detail: "" };
    return { kind: "confirm", why, grade, guaranteedMinor: 20_000n, maximumMinor, words };
  }

  private take(grade: Grade, finalMinor: bigint, amountMinor: bigint, reference: string): Decision {
    const number = Math.max(0, ...this.accepted.map((one) => one.receiptCounter)) + 1;
    const [sample] = sampleAccepted(FAKE_NOW);
    if (sample === undefined) throw new RangeError("there are sample payments");
    const view: AcceptedView = {
      ...sample,
      receiptCounter: number,
      grade,
      amountMinor,
      finalMinor,
      keptMinor: finalMinor,
      backMinor: 0n,
      guaranteedMinor: grade === "F2" ? finalMinor : 0n,
      reference,
      time: FAKE_NOW,
      state: grade === "F3" ? "settled" : "waiting",
      receiptQr: grade === "F3" ? [] : [fakeCode(440, number)],
    };
    this.accepted = [view, ...this.accepted];
    this.tell();
    return { kind: "accepted", accepted: view, again: false };
  }

  private replace(changed: AcceptedView): void {
    this.accepted = this.accepted.map((one) => (one.receiptCounter === changed.receiptCounter ? changed : one));
    this.tell();
  }

  private make(amountMinor: bigint, isMaximum: boolean, reference: string, leftS: number): RequestView {
    const number = this.asked.length + 1;
    return {
      hashHex: `${number}`.padStart(2, "0").repeat(32),
      amountMinor,
      isMaximum,
      reference,
      time: FAKE_NOW - 40,
      expiresAt: FAKE_NOW + leftS,
      state: "open",
      qr: [fakeCode(349, number)],
    };
  }

  private moveTo(phase: Phase): void {
    this.phase = phase;
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

function note(kind: NoteView["kind"], backMinor: bigint, seed: number): NoteView {
  return { kind, backMinor, qr: [fakeCode(400, seed)], time: FAKE_NOW };
}

function gradeOf(scanned: string): Grade {
  return scanned === "F1" || scanned === "F3" ? scanned : "F2";
}

function syncOf(state: Play["sync"]): SyncView {
  const step = (
    id: SyncStep["id"],
    at: SyncStep["state"],
    count: number,
    of: number,
    failure: Coded | null = null,
  ) => ({
    id,
    state: at,
    count,
    of,
    failure,
  });
  const items = [
    { id: "0148", words: pick("Receipt 148, 200.00 EUR", "收据 148，200.00 EUR"), state: "done" },
    { id: "0147", words: pick("Receipt 147, 18.50 EUR", "收据 147，18.50 EUR"), state: "running" },
    { id: "0146", words: pick("Receipt 146, 1,284.00 EUR", "收据 146，1,284.00 EUR"), state: "waiting" },
  ];
  if (state === "none")
    return { running: false, startedAt: null, expectedMs: null, steps: [], items: [], finishedAt: null };
  if (state === "running")
    return {
      running: true,
      startedAt: FAKE_NOW - 6,
      expectedMs: { low: 9_000, high: 16_000 },
      steps: [step("batch", "running", 7, 12), step("events", "waiting", 0, 0), step("trust", "waiting", 0, 0)],
      items,
      finishedAt: null,
    };
  const failed = state === "failed";
  return {
    running: false,
    startedAt: FAKE_NOW - 70,
    expectedMs: { low: 9_000, high: 16_000 },
    steps: [
      step("batch", "done", 12, 12),
      failed ? step("events", "failed", 0, 0, noNetwork()) : step("events", "done", 3, 3),
      failed ? step("trust", "skipped", 0, 0) : step("trust", "done", 1, 1),
    ],
    items: items.map((item) => ({ ...item, state: "done" })),
    finishedAt: FAKE_NOW - 60,
  };
}
