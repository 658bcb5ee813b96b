/**
 * The wallet app: vault, store, rules and operator put together behind the one interface that the screens know.
 *
 * `createWalletApp` (start.ts) is for a browser; tests make a `WalletDevice` of other parts. What an act rejects with has
 * three sentences (`AppRefused`). A holder check asks vault or passkey before the act, outside of its lock.
 */

import type { PayerOperator } from "../platform/operator_payer.ts";
import type { PackTaken } from "../platform/shown_pack.ts";
import type { RecordStore } from "../platform/store.ts";
import { VaultTrouble } from "../platform/vault_trouble.ts";
import { HolderCheck } from "../protocol/allowance.ts";
import { fromHex, type Octets } from "../protocol/octets.ts";
import { kindShown } from "../protocol/presentation.ts";
import type { FindingView, HomeView, OfferView, PaymentView, Phase, ShownView, SyncView, WalletApp } from "./app.ts";
import { FIRST_SETTINGS, putSettings, type Settings, settingsIn, toldIn } from "./app_records.ts";
import { AppTrouble, codedFrom, refusalOf } from "./app_refused.ts";
import { APP_WORDS } from "./app_words.ts";
import type { DisputeViews, Wish } from "./disputes.ts";
import type { HttpLink } from "./operator_link.ts";
import { type Outside, surroundingsIn } from "./outside.ts";
import type { Shown } from "./pay.ts";
import type { PaymentRecord } from "./records.ts";
import { Session } from "./session.ts";
import type { Syncing, SyncMeans } from "./syncing.ts";
import { backingUp, NO_SYNC, talking } from "./talking.ts";
import { findingView, homeView, offerView, paymentView, shownView } from "./views.ts";
import { online } from "./wallet.ts";
import { amountWords } from "./wording.ts";

const SYNC_AGAIN_AFTER_S = 60;
const LOOK_EVERY_S = 30;

type Holder = { readonly pin: string } | "passkey" | "none";
type Told = Awaited<ReturnType<WalletApp["takeScan"]>>;
type AppSettings = ReturnType<WalletApp["settings"]>;

export class WalletDevice implements WalletApp {
  readonly #outside: Outside;
  #syncing: Syncing | undefined;
  readonly #listeners = new Set<() => void>();
  #session: Session | undefined;
  #sync: Promise<void> | undefined;
  #settings: Settings | undefined;
  /** The PIN of a vault that was made for an enrolment which has not come about: another one may still be chosen. */
  #firstPin: string | undefined;
  #lookedAt = 0;
  #looking = false;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  // --- who may look ---

  get phase(): Phase {
    const { state } = this.#outside.vault;
    if (state === "blocked" || state === "locked") return state;
    return state === "open" && this.#session?.isEnrolled === true ? "open" : "new";
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

  get passkeyPays(): boolean {
    const origin = this.#session?.look?.holdings.trust.passkeyOrigin;
    return this.#outside.passkeysPossible && origin === this.#outside.server;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A retry is the same request: the account key is kept in the vault, which may be open, locked or not made yet. */
  enrol({ code, pin, digits }: { code: string; pin: string; digits?: string }): Promise<void> {
    return this.#guarded(async () => {
      await this.#openVaultFor(pin);
      const session = this.#session ?? (await this.#open());
      const link = await this.#link(session);
      await session.act(() => session.wallet.enrol(link, this.#outside.server, code, digits || undefined));
      this.#firstPin = undefined;
    });
  }

  unlock(way: { pin: string } | "passkey"): Promise<void> {
    return this.#guarded(async () => {
      if (way === "passkey") await this.#outside.vault.unlockWithPasskey();
      else await this.#outside.vault.unlock(way.pin);
      const session = await this.#open();
      if (session.isEnrolled) await session.act(() => session.wallet.resume());
    });
  }

  lock(): void {
    this.#outside.vault.lock();
    this.#session?.close();
    this.#session = undefined;
    this.#settings = undefined;
    this.#firstPin = undefined;
    this.#changed();
  }

  addPasskey(): Promise<void> {
    const name = this.#session?.look?.holdings.membership.payerName ?? "";
    return this.#guarded(() => this.#outside.vault.addPasskey(name));
  }

  removePasskey(): Promise<void> {
    return this.#guarded(() => this.#outside.vault.removePasskey());
  }

  changePin(old: string, next: string): Promise<void> {
    return this.#guarded(() => this.#outside.vault.changePin(old, next));
  }

  // --- what is there ---

  home(): HomeView {
    return homeView(this.#look(), toldIn(this.#opened().store), this.#outside.language());
  }

  payments(search: string): readonly PaymentView[] {
    return this.#opened()
      .wallet.history(search)
      .map((payment) => this.#view(payment));
  }

  payment(number: string): PaymentView {
    try {
      return this.#view(this.#opened().wallet.payment(number));
    } catch (error) {
      throw refusalOf(error, this.#outside.language());
    }
  }

  findings(): readonly FindingView[] {
    const { records } = this.#opened();
    const { currency } = this.#look().spendable;
    const payments = records.payments();
    const language = this.#outside.language();
    return records.findings().map((finding) => findingView(finding, payments, currency, language));
  }

  syncState(): SyncView {
    return this.#syncing?.view(this.#outside.language()) ?? NO_SYNC;
  }

  settings(): AppSettings {
    const language = this.#outside.language();
    if (this.#session === undefined) return { ...FIRST_SETTINGS, language };
    return { ...(this.#settings ?? settingsIn(this.#session.store)), language };
  }

  set({ language, ...changed }: Partial<AppSettings>): void {
    if (language !== undefined) this.#outside.setLanguage(language);
    const session = this.#session;
    if (session !== undefined && Object.keys(changed).length > 0) {
      const { autoLockS, hideAmounts } = { ...this.settings(), ...changed };
      this.#settings = { autoLockS, hideAmounts };
      void this.#keepSettings(session, this.#settings);
    }
    this.#changed();
  }

  // --- paying: no network ---

  consider(scanned: string): Promise<OfferView> {
    return this.#guarded(async () => {
      const session = this.#opened();
      const found = await session.scans.take(scanned);
      if (!("body" in found)) throw new AppTrouble("not_for_wallet");
      session.scans.forget(); // a code that is scanned once more is a message of its own
      return this.#consider(session, found.body);
    });
  }

  pay(offerId: string, holder: Holder, digits?: string): Promise<ShownView> {
    return this.#guarded(async () => {
      const session = this.#opened();
      const offer = session.offer(offerId);
      if (offer === undefined) throw new AppTrouble("offer_unknown");
      const check = await this.#holderCheck(holder);
      return this.#signed(session, await session.act(() => session.wallet.pay(offer, check, digits)));
    });
  }

  oneWayCode(options: { amountMinor: bigint; upTo: boolean; holder: Holder; digits?: string }): Promise<ShownView> {
    return this.#guarded(async () => {
      const session = this.#opened();
      const check = await this.#holderCheck(options.holder);
      const { amountMinor: minor, upTo, digits } = options;
      return this.#signed(session, await session.act(() => session.wallet.oneWayCode(minor, check, upTo, digits)));
    });
  }

  showAgain(number: string): Promise<ShownView> {
    return this.#guarded(async () => {
      const session = this.#opened();
      return this.#signed(session, await session.act(() => session.wallet.showAgain(number)));
    });
  }

  takeScan(text: string): Promise<Told> {
    return this.#guarded(async () => {
      const session = this.#opened();
      const found = await session.scans.take(text);
      if (!("body" in found)) return { kind: "frame", have: found.have, of: found.of };
      session.scans.forget();
      const kind = kindShown(found.body);
      if (kind === "request") return { kind, offer: await this.#consider(session, found.body) };
      if (kind !== "receipt" && kind !== "note") throw new AppTrouble("not_for_wallet");
      const taken = await session.act(() => session.wallet.takeAcknowledgement(found.body));
      const payment = this.#view(taken.payment);
      const { title, detail } = payment.words;
      const amount = amountWords(taken.creditMinor, payment.currency);
      const credit = APP_WORDS.in(this.#outside.language()).credited.replace("{amount}", amount);
      const more = taken.creditMinor > 0n ? ` ${credit}` : "";
      return { kind: "acknowledgement", payment, words: { title, detail: detail + more } };
    });
  }

  takePack(text: string): Promise<PackTaken> {
    return this.#guarded(async () => (await online()).takeShownPack(this.#opened(), text));
  }

  // --- with a network ---

  topUp(amountMinor: bigint | null, byPasskey = false): Promise<void> {
    return this.#guarded(async () => {
      const session = this.#opened();
      const minor = amountMinor ?? session.usualMinor;
      const wanted = byPasskey ? await session.act(() => session.wallet.keyWanted()) : undefined;
      const key = wanted && (await (await this.#outside.byPasskey()).passkeyFor(wanted));
      await session.act(async () => session.wallet.topUp(await this.#link(session), minor, key));
    });
  }

  close(refHex: string): Promise<void> {
    return this.#guarded(async () => {
      const session = this.#opened();
      const close = () => session.act(async () => session.wallet.close(await this.#link(session), fromHex(refHex)));
      const drawn = await close();
      if (drawn.state !== "closing_unsigned") return;
      await (await this.#outside.byPasskey()).closingSigned(session, drawn);
      await close();
    });
  }

  /** One that runs is waited for. A quiet one, which nobody asked for, does not repeat one that went well just now. */
  sync({ force = false, quiet = false }: { force?: boolean; quiet?: boolean } = {}): Promise<void> {
    if (this.#sync !== undefined) return this.#sync;
    const endedAt = this.#syncing?.wentWellAt ?? null;
    if (quiet && endedAt !== null && this.#outside.clock() < endedAt + SYNC_AGAIN_AFTER_S) return Promise.resolve();
    this.#sync = this.#guarded(async () => {
      const session = this.#opened();
      this.#syncing ??= new (await talking()).Syncing();
      await this.#syncing.run(session, this.#means(session, force));
      await session.lookAgain();
    }).finally(() => {
      this.#sync = undefined;
    });
    return this.#sync;
  }

  dispute(number: string, options: Wish): Promise<void> {
    return this.#guarded(async () => {
      const session = this.#opened();
      await (await talking()).openDispute(session.wallet, this.#operator(session), number, options);
    });
  }

  disputes(): Promise<DisputeViews> {
    return this.#guarded(async () => {
      const session = this.#opened();
      const { disputeViews } = await talking();
      return disputeViews(await this.#operator(session).disputes(), session.records, this.#outside.language());
    });
  }

  /** What its holder keeps elsewhere; it is told once and kept nowhere. */
  newLostCode(): Promise<{ code: string; page: string }> {
    const page = `${this.#outside.server}/lost/`;
    return this.#guarded(async () => ({ code: await this.#operator(this.#opened()).newLostCode(), page }));
  }

  backups(): ReturnType<WalletApp["backups"]> {
    return this.#guarded(async () => {
      const session = this.#opened();
      const { Backups } = await backingUp();
      return new Backups(session, (payment) => this.#view(payment));
    });
  }

  // --- time and other tabs ---

  /** Called about once a second while somebody looks: codes and requests end, lists grow old. */
  async tick(): Promise<void> {
    const session = this.#session;
    const look = session?.look;
    if (session === undefined || look === undefined) return;
    const now = this.#outside.clock();
    const ended = session.records.openPayments().some(({ state, expiresAt, form, currency }) => {
      const skewS = form === "one_way" ? 0 : look.holdings.trust.policy(currency).skewS;
      return state === "shown" && now > expiresAt + skewS;
    });
    if (ended) await this.#guarded(() => session.act(() => session.wallet.resume()));
    else if (now - this.#lookedAt >= LOOK_EVERY_S) this.lookAgain();
  }

  /** Something changed outside of an act: another tab wrote, or the operator was reached. */
  lookAgain(): void {
    if (this.#looking || this.#session === undefined) return;
    this.#looking = true;
    void this.#lookSoon(this.#session);
  }

  // --- parts ---

  async #lookSoon(session: Session): Promise<void> {
    await Promise.resolve(); // whatever else changes in the same turn is seen together
    this.#looking = false;
    this.#lookedAt = this.#outside.clock();
    try {
      await session.lookAgain();
    } catch (error) {
      if (codedFrom(error) === undefined) throw error; // the next act meets it too, and says it to a person
    }
    this.#changed();
  }

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
    const store = await this.#openedStore();
    const session = new Session(store, surroundingsIn(this.#outside));
    store.subscribe(() => this.lookAgain());
    this.#session = session;
    await session.lookAgain();
    return session;
  }

  /** A vault whose records cannot be read is locked again: an open one without them would look like a new wallet. */
  async #openedStore(): Promise<RecordStore> {
    try {
      return await this.#outside.openStore();
    } catch (error) {
      this.#outside.vault.lock();
      throw error;
    }
  }

  #opened(): Session {
    if (this.#session === undefined) throw refusalOf(new VaultTrouble("vault_locked"), this.#outside.language());
    return this.#session;
  }

  #look() {
    const { look } = this.#opened();
    if (look === undefined) throw refusalOf(new VaultTrouble("vault_missing"), this.#outside.language());
    return look;
  }

  async #consider(session: Session, body: Octets): Promise<OfferView> {
    const offer = await session.act(() => session.wallet.consider(body));
    const drawn = offer.drawn === undefined ? null : this.#view(offer.drawn);
    return offerView(session.keepOffer(offer), offer, drawn);
  }

  /** What may be said in a cheque. A passkey proves at least what the device's own lock does: no more is claimed. */
  async #holderCheck(holder: Holder): Promise<number> {
    if (holder === "none") return HolderCheck.none;
    if (holder === "passkey") await this.#outside.vault.checkPasskey();
    else await this.#outside.vault.checkPin(holder.pin);
    return HolderCheck.pin;
  }

  #operator(session: Session): PayerOperator {
    return this.#outside.operator(session.records.membership()?.deviceToken);
  }

  async #link(session: Session): Promise<HttpLink> {
    const { HttpLink } = await talking();
    return new HttpLink(this.#operator(session), (wait) => session.store.aside(wait), session.knownPack);
  }

  #means(session: Session, anew: boolean): SyncMeans {
    const { watch, stopwatch, clock: now, language, troubleWords } = this.#outside;
    const changed = () => this.#changed();
    return { operator: this.#operator(session), watch, stopwatch, now, language, troubleWords, anew, changed };
  }

  #view(payment: PaymentRecord): PaymentView {
    return paymentView(payment, this.#look().deadlineOf, this.#outside.clock(), this.#outside.language());
  }

  /** What is shown; a payment that its passkey has not signed yet is signed before, outside of the act's lock. */
  async #signed(session: Session, shown: Shown): Promise<ShownView> {
    if (shown.payment.state !== "unsigned") return this.#shown(shown);
    return this.#shown(await (await this.#outside.byPasskey()).signed(session, shown.payment));
  }

  #shown(shown: Shown): Promise<ShownView> {
    return shownView(shown, this.#view(shown.payment));
  }

  async #keepSettings(session: Session, settings: Settings): Promise<void> {
    try {
      await session.act(() => putSettings(session.store, settings));
    } catch (error) {
      if (codedFrom(error) === undefined) throw error;
    }
    if (this.#settings === settings) this.#settings = undefined; // what is stored counts, also when it was not written
    this.#changed();
  }

  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await this.#outside.troubleWords();
      throw refusalOf(error, this.#outside.language());
    } finally {
      this.#changed();
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}
