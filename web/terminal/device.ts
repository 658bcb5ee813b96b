/**
 * The terminal app: vault, store, rules and operator put together behind the one interface that the screens know.
 *
 * `createTerminalApp` (start.ts) is for a browser; tests make a `TerminalDevice` of other parts. What an act rejects with
 * has three sentences (`AppRefused`). Every act runs alone over all tabs; what only looks reads from memory.
 */

import { DISPUTE_REASONS } from "../platform/dispute_reasons.ts";
import type { DisputeReply } from "../platform/operator_disputes.ts";
import type { PayeeOperator } from "../platform/operator_payee.ts";
import type { PackTaken } from "../platform/shown_pack.ts";
import type { RecordStore } from "../platform/store.ts";
import { VaultTrouble } from "../platform/vault_trouble.ts";
import { terminalRef } from "../protocol/certificate.ts";
import { RequestHash } from "../protocol/ids.ts";
import { fromHex, slice } from "../protocol/octets.ts";
import { Coded, type Language } from "../protocol/words.ts";
import type * as app from "./app.ts";
import { AUTO_LOCK_S, autoLockIn, putAutoLock } from "./app_records.ts";
import { AppRefused, codedFrom, refusalOf } from "./app_refused.ts";
import type { Desk } from "./desk.ts";
import type { Surroundings } from "./outside.ts";
import { type Decided, Session } from "./session.ts";
import type { Syncing } from "./syncing.ts";
import { online } from "./terminal.ts";
import * as views from "./views.ts";

const HISTORY_LIMIT = 500;
const SYNC_AGAIN_AFTER_S = 60;
/** Before the first one. */
const NO_SYNC: app.SyncView = {
  ...{ running: false, startedAt: null, expectedMs: null, finishedAt: null },
  ...{ steps: [], items: [] },
};

export class TerminalDevice implements app.TerminalApp {
  readonly #outside: Surroundings;
  #syncing: Syncing | undefined;
  readonly #listeners = new Set<() => void>();
  #session: Session | undefined;
  #sync: Promise<void> | undefined;
  #disputesNeedYou = 0;
  /** The PIN of a vault that was made for an enrolment which has not come about: another one may still be chosen. */
  #firstPin: string | undefined;

  constructor(outside: Surroundings) {
    this.#outside = outside;
  }

  // --- who may look ---

  get phase(): app.Phase {
    const { state } = this.#outside.vault;
    if (state === "blocked" || state === "locked") return state;
    return state === "open" && this.#session?.terminal.isOpen === true ? "open" : "new";
  }

  get pinWait(): number | null {
    return this.#outside.vault.pinWaitUntil;
  }

  get prfAvailable(): boolean {
    return this.#outside.passkeysPossible;
  }

  get prfEnrolled(): boolean {
    return this.#outside.vault.passkeyEnrolled;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A retry is the same request: the key is kept in the vault, which may be open, locked or not made yet. */
  enrol({ code, pin }: { code: string; pin: string }): Promise<void> {
    return this.#guarded(async () => {
      await this.#openVaultFor(pin);
      const { terminal, records } = this.#session ?? (await this.#open());
      const { server, operator } = this.#outside;
      const { HttpLink } = await online();
      const link = new HttpLink(operator(undefined), records);
      await records.exclusively(() => terminal.enrol(link, { server, code }));
      this.#firstPin = undefined;
      await this.#besides(() => this.#sealForOperator());
    });
  }

  recoveryFile(): Promise<app.MadeFile> {
    return this.#guarded(() => this.#outside.recovery.request());
  }

  recover(given: { answer: Uint8Array; code: string; pin: string }): Promise<void> {
    return this.#guarded(async () => {
      await this.#outside.recovery.open(given);
      await this.#outside.vault.unlock(given.pin);
      await this.#open();
    });
  }

  unlock(way: { pin: string } | "passkey"): Promise<void> {
    return this.#guarded(async () => {
      const { vault } = this.#outside;
      if (way === "passkey") await vault.unlockWithPasskey();
      else await vault.unlock(way.pin);
      await this.#open();
    });
  }

  lock(): void {
    this.#outside.vault.lock();
    this.#session?.close();
    this.#session = undefined;
    this.#firstPin = undefined;
    this.#disputesNeedYou = 0;
    this.#tell();
  }

  addPasskey(): Promise<void> {
    return this.#guarded(() => this.#outside.vault.addPasskey(this.#desk().certificate.payeeName));
  }

  changePin(old: string, next: string): Promise<void> {
    return this.#guarded(() => this.#outside.vault.changePin(old, next));
  }

  // --- at the counter, with no network ---

  request(options: {
    exactMinor?: bigint;
    upToMinor?: bigint;
    reference?: string;
    ttlS?: number;
  }): Promise<app.RequestView> {
    const { upToMinor, ...rest } = options;
    return this.#act(async (session) => {
      const asking = { ...rest, ...(upToMinor === undefined ? {} : { maximumMinor: upToMinor }) };
      return session.requestShown((await session.terminal.request(asking)).request);
    });
  }

  openRequests(): readonly app.RequestView[] {
    return this.#look((session) => session.terminal.openRequests().map((asked) => session.requestView(asked)));
  }

  cancellable(): readonly app.RequestView[] {
    return this.#look((session) => session.terminal.cancellable().map((asked) => session.requestView(asked)));
  }

  accept(
    scanned: string,
    options: { requestHashHex?: string; finalMinor?: bigint; atOwnRisk?: boolean },
  ): Promise<Decided> {
    const { requestHashHex, ...how } = options;
    const requestHash = requestHashHex === undefined ? undefined : RequestHash.of(fromHex(requestHashHex));
    return this.#act((session) => session.accept(scanned, { ...how, requestHash }));
  }

  takeCode(scanned: string, options: { dueMinor: bigint; atOwnRisk?: boolean }): Promise<Decided> {
    return this.#act((session) => session.takeCode(scanned, options));
  }

  voidPayment(receiptCounter: number, totalMinor: bigint | null): Promise<app.NoteView> {
    return this.#act(async (session) => {
      return session.noteView("void", await session.terminal.void(receiptCounter, totalMinor ?? undefined));
    });
  }

  cancel(requestHashHex: string): Promise<app.NoteView> {
    return this.#act(async (session) => {
      return session.noteView("cancel", await session.terminal.cancel(RequestHash.of(fromHex(requestHashHex))));
    });
  }

  closeShift(): Promise<app.TotalsView> {
    return this.#act(async (session) => views.totalsView(await session.terminal.closeShift(), session.telling()));
  }

  // --- what is there ---

  history(search: string): readonly app.HistoryLine[] {
    return this.#look((session) => {
      const telling = session.telling();
      const lines = session.terminal.history(HISTORY_LIMIT).map((entry) => views.historyLine(entry, telling));
      return lines.filter((line) => views.matches(line, search, telling.currency));
    });
  }

  payment(receiptCounter: number): app.AcceptedView {
    return this.#look((session) => session.paymentView(receiptCounter));
  }

  totals(): app.TotalsView {
    return this.#look((session) => views.totalsView(session.terminal.totals(), session.telling()));
  }

  ready(): app.ReadyView {
    return this.#look(({ terminal }) => {
      return views.readyView(terminal.ready(), terminal.boundary(this.#outside.watch.reach));
    });
  }

  settings(): { autoLockS: number; language: Language } {
    const autoLockS = this.#session === undefined ? AUTO_LOCK_S : autoLockIn(this.#session.records);
    return { autoLockS, language: this.#outside.language() };
  }

  set({ autoLockS, language }: Partial<{ autoLockS: number; language: Language }>): void {
    if (language !== undefined) this.#outside.setLanguage(language);
    const records = this.#session?.records;
    if (autoLockS !== undefined && records !== undefined) void this.#keepAutoLock(records, autoLockS);
    this.#tell();
  }

  // --- with a network, or by file ---

  export(): Promise<readonly app.MadeFile[]> {
    return this.#act(async ({ terminal, store }) => (await online()).queueFiles(terminal, store));
  }

  takeAnswer(bytes: Uint8Array): Promise<void> {
    return this.#act(async ({ terminal }) => {
      await terminal.takeAnswer(slice(bytes, 0));
    });
  }

  takePack(text: string): Promise<PackTaken> {
    return this.#act(async ({ terminal, scans }) => (await online()).takeShownPack(terminal, scans, text));
  }

  /** One that runs is waited for. A quiet one, which nobody asked for, does not repeat one that went well just now. */
  sync({ force = false, quiet = false }: { force?: boolean; quiet?: boolean } = {}): Promise<void> {
    if (this.#sync !== undefined) return this.#sync;
    const endedAt = this.#syncing?.wentWellAt ?? null;
    if (quiet && endedAt !== null && this.#outside.clock() < endedAt + SYNC_AGAIN_AFTER_S) return Promise.resolve();
    const { watch, stopwatch, clock: now, troubleWords } = this.#outside;
    this.#sync = this.#act(async ({ terminal, records }) => {
      const { HttpLink, Syncing } = await online();
      const link = new HttpLink(this.#operator((await terminal.open()).enrolment.token), records);
      const changed = () => this.#tell();
      this.#syncing ??= new Syncing();
      await this.#syncing.run({ terminal, records, link, watch, stopwatch, now, resend: force, changed, troubleWords });
    })
      .then(async () => {
        if ((this.#syncing?.wentWellAt ?? null) === null) return;
        await this.#besides(() => this.#sealForOperator());
        await this.#besides(() => this.disputes()); // a payer's dispute has to be answered in time
      })
      .finally(() => {
        this.#sync = undefined;
      });
    return this.#sync;
  }

  syncState(): app.SyncView {
    return this.#syncing?.view(this.#outside.language()) ?? NO_SYNC;
  }

  dispute(receiptCounter: number, options: { reason: string; words: string }): Promise<void> {
    return this.#guarded(async () => {
      const { chequeId } = this.#opened().terminal.payment(receiptCounter);
      const reason = DISPUTE_REASONS.find((one) => one === options.reason);
      if (reason === undefined) throw new RangeError("a reason is one of those listed");
      await this.#disputeDesk().openDispute({ chequeId, reason, said: { words: options.words } });
    });
  }

  disputes(): Promise<readonly app.DisputeView[]> {
    return this.#guarded(async () => {
      const found = await this.#disputeDesk().disputes();
      this.#disputesNeedYou = found.filter(({ status }) => status === "needs_you").length;
      return this.#disputeViews(found);
    });
  }

  answerDispute(idHex: string, { accept, words }: { accept: boolean; words: string }): Promise<app.DisputeView> {
    return this.#guarded(async () => {
      return this.#disputeView(this.#disputeDesk().answerDispute(fromHex(idHex), accept, { words }));
    });
  }

  withdrawDispute(idHex: string, words: string): Promise<app.DisputeView> {
    return this.#guarded(async () => {
      return this.#disputeView(this.#disputeDesk().withdrawDispute(fromHex(idHex), words));
    });
  }

  disputesNeedYou(): number {
    return this.#disputesNeedYou;
  }

  signOut(): Promise<void> {
    return this.#act(({ terminal }) => terminal.signOut());
  }

  /** So that ten wrong PINs lose nothing: only the operator, asked by whoever it knows as the payee, opens the till again. */
  #sealForOperator(): Promise<void> {
    const { deployment, certificateId, token } = this.#desk().enrolment;
    const key = () => this.#operator(token).tillRecoveryKey();
    return this.#outside.recovery.keep({ deployment, terminalRef: terminalRef(certificateId) }, key);
  }

  /** What was asked for went well, and is none the worse when this fails: it is tried again after the next sync. */
  async #besides(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (codedFrom(error) === undefined && !(error instanceof AppRefused)) throw error;
    }
  }

  // --- parts: vault and session ---

  async #openVaultFor(pin: string): Promise<void> {
    const { vault } = this.#outside;
    if (vault.state === "none") await vault.create(pin);
    else if (vault.state !== "open") await vault.unlock(pin);
    else if (this.#firstPin === undefined) await vault.checkPin(pin);
    else if (this.#firstPin !== pin) await vault.changePin(this.#firstPin, pin);
    if (this.#session === undefined || this.#firstPin !== undefined) this.#firstPin = pin;
  }

  async #open(): Promise<Session> {
    this.#session?.close();
    const records = await this.#outside.openStore();
    const { keys, clock, randomness, version: appVersion, language, troubleWords } = this.#outside;
    const changed = () => this.#tell();
    const session = new Session(records, { keys, clock, randomness, appVersion, language, troubleWords, changed });
    const { terminal } = session;
    if (terminal.isEnrolled) await terminal.open();
    records.subscribe((changed) => void this.#follow(session, changed));
    this.#session = session;
    return session;
  }

  /** Another tab, or an act of this one, has written: the desk believes what is stored now. */
  async #follow({ terminal }: Session, changed: ReadonlySet<string>): Promise<void> {
    const who = [...changed].some((key) => key.startsWith("enrolment/") || key.startsWith("trust/"));
    try {
      if (who && terminal.isEnrolled) await terminal.open();
    } catch (error) {
      if (!(error instanceof Coded)) throw error; // the next act meets it too, and says it to a person
    }
    this.#tell();
  }

  #opened(): Session {
    if (this.#session === undefined) throw new VaultTrouble("vault_locked");
    return this.#session;
  }

  #desk(): Desk {
    return this.#opened().terminal.desk;
  }

  /** The operator for what is kept by it alone: such an act stores nothing here, so it holds up no other. */
  #disputeDesk(): PayeeOperator {
    return this.#operator(this.#desk().enrolment.token);
  }

  /** With the receipts that this till gave. */
  async #disputeViews(found: readonly DisputeReply[]): Promise<readonly app.DisputeView[]> {
    const desk = this.#desk();
    return (await online()).disputeViews(found, desk.store, desk.now());
  }

  async #disputeView(found: Promise<DisputeReply>): Promise<app.DisputeView> {
    const [one] = await this.#disputeViews([await found]);
    if (one === undefined) throw new RangeError("one dispute gives one view");
    return one;
  }

  #operator(token: string): PayeeOperator {
    return this.#outside.operator(token);
  }

  async #keepAutoLock(records: RecordStore, autoLockS: number): Promise<void> {
    try {
      await records.exclusively(() => putAutoLock(records, autoLockS));
    } catch (error) {
      if (codedFrom(error) === undefined) throw error; // what is stored counts, also when it was not written
    }
    this.#tell();
  }

  // --- parts: acts ---

  #look<T>(look: (session: Session) => T): T {
    try {
      return look(this.#opened());
    } catch (error) {
      throw refusalOf(error, this.#outside.language());
    }
  }

  #act<T>(act: (session: Session) => Promise<T>): Promise<T> {
    return this.#guarded(() => {
      const session = this.#opened();
      return session.records.exclusively(() => act(session));
    });
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#outside.troubleWords();
      throw refusalOf(error, this.#outside.language());
    } finally {
      this.#tell();
    }
  }

  /** Something changed outside of an act: time went on, or the operator was reached. */
  lookAgain(): void {
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
