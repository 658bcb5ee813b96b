/**
 * A small world for the wallet's tests: an operator, terminals, a clock, and wallets over records in memory.
 *
 * Statements are made and checked by the protocol itself, so a cheque that passes here passes at any terminal.
 */

import { deviceKeys } from "../../platform/keys.ts";
import { type Interruption, MemoryStore } from "../../platform/memory_store.ts";
import { deviceRandomness } from "../../platform/randomness.ts";
import type { RecordValue } from "../../platform/record_value.ts";
import { packRecord } from "../../platform/record_value.ts";
import { decodeCertificate, issueCertificate } from "../../protocol/certificate.ts";
import type { Link } from "../../protocol/chain.ts";
import type { PayeeId, StatementId } from "../../protocol/ids.ts";
import { keyIdOf, type Signer } from "../../protocol/keys.ts";
import { concat, equal, type Octets, slice, toHex } from "../../protocol/octets.ts";
import { decodePayment } from "../../protocol/presentation.ts";
import { signNote, signReceipt } from "../../protocol/receipt.ts";
import { decodeRequest, encodeRequest, requestHash, signRequest } from "../../protocol/request.ts";
import { AllowanceCache, type VerifiedCertificate, type VerifiedCheque } from "../../protocol/verified.ts";
import { type Answering, type Taking, verifyPayment } from "../../protocol/verify.ts";
import { verifyCertificate } from "../../protocol/verify_payee.ts";
import { Coded } from "../../protocol/words.ts";
import { Found } from "../../wallet/found.ts";
import type { OperatorLink, Parts } from "../../wallet/ports.ts";
import { Wallet } from "../../wallet/wallet.ts";
import { RecordWalletStore } from "../../wallet/wallet_store.ts";

export {
  Clock,
  CODE,
  DEPLOYMENT,
  GRANT,
  type Grant,
  NOW,
  newKey,
  Operator,
  OperatorSays,
  PAYEE,
  PIN_HELD,
  SERVER,
} from "./operator.ts";

import { Clock, CODE, DAY, DEPLOYMENT, newKey, Operator, PAYEE, PIN_HELD, SERVER } from "./operator.ts";

/** A payee's terminal, with only the protocol behind it. */
export class Terminal {
  readonly operator: Operator;
  readonly key: Signer;
  readonly certificate: VerifiedCertificate;
  readonly payeeId: PayeeId;
  counter = 0;
  readonly #cache = new AllowanceCache();
  readonly #links = new Map<string, Link[]>();

  private constructor(operator: Operator, key: Signer, certificate: VerifiedCertificate) {
    this.operator = operator;
    this.key = key;
    this.certificate = certificate;
    this.payeeId = certificate.terms.payeeId;
  }

  static async make(operator: Operator, payeeId = PAYEE, noteCapMinor = 500_00n): Promise<Terminal> {
    const key = await newKey();
    const { now } = operator.clock;
    const raw = await issueCertificate(operator.acquirer, DEPLOYMENT, {
      acquirerKeyId: await keyIdOf(operator.acquirer.publicKey),
      terminalKey: key.publicKey,
      payeeId,
      payeeName: "Café 茶馆",
      capabilities: 7,
      noteCapMinor,
      currency: "EUR",
      notBefore: now - 10,
      expiresAt: now + 400 * DAY,
    });
    const trust = await operator.trust();
    const certificate = await verifyCertificate(decodeCertificate(raw), trust, { now, skewS: 120 });
    return new Terminal(operator, key, certificate);
  }

  /** A request as it is shown. */
  async asks(
    amountMinor: bigint,
    how: { upTo?: boolean; signed?: boolean; certificate?: boolean; at?: number; reference?: string } = {},
  ): Promise<Octets> {
    const payload = encodeRequest({
      challenge: deviceRandomness(16),
      currency: "EUR",
      time: how.at ?? this.operator.clock.now,
      ttlS: 120,
      payeeId: this.payeeId,
      ...(how.upTo === true ? { maximumMinor: amountMinor } : { exactMinor: amountMinor }),
      ...(how.reference === undefined ? {} : { reference: how.reference }),
    });
    if (how.signed === false) return payload;
    const request = await signRequest(this.key, this.certificate.certificateId, DEPLOYMENT, payload);
    return how.certificate === false ? request : concat(this.certificate.raw, request);
  }

  /** The cheque, verified as a terminal does. Throws Refused. */
  async accepts(asking: Octets, body: Octets, finalMinor?: bigint): Promise<VerifiedCheque> {
    const { raw } = this.certificate;
    const shown = equal(slice(asking, 0, raw.length), raw) ? slice(asking, raw.length) : asking;
    const request = decodeRequest(shown);
    const hashed = await requestHash(request.payload, DEPLOYMENT);
    const final = finalMinor === undefined ? {} : { finalMinor };
    return this.#check(body, { kind: "answering", terms: request.terms, requestHash: hashed, ...final });
  }

  /** A one-way code, verified as a terminal does. Throws Refused. */
  takes(body: Octets, dueMinor: bigint): Promise<VerifiedCheque> {
    return this.#check(body, { kind: "taking", dueMinor, currency: "EUR", latest: this.operator.clock.now });
  }

  async #check(body: Octets, asked: Answering | Taking): Promise<VerifiedCheque> {
    const payment = decodePayment(body);
    const name = toHex(payment.cheque.terms.allowanceRef);
    const links = this.#links.get(name) ?? [];
    const verified = await verifyPayment(payment, {
      asked,
      receiver: this.payeeId,
      now: this.operator.clock.now,
      knowledge: await this.operator.trust(),
      cache: this.#cache,
      remembered: { links },
    });
    this.#links.set(name, [...links, verified.link]);
    return verified;
  }

  /** A receipt as it is shown. */
  async receipt(chequeId: StatementId, finalMinor: bigint, certificate = true): Promise<Octets> {
    const raw = await signReceipt(this.key, this.certificate.certificateId, DEPLOYMENT, {
      ...{ chequeId, finalMinor, indexVersion: 1 },
      ...this.#next(),
    });
    return certificate ? concat(this.certificate.raw, raw) : raw;
  }

  /** A void or cancel note as it is shown. */
  async note(noteKind: number, subject: Octets, backMinor: bigint): Promise<Octets> {
    const terms = { noteKind, subject, backMinor, ...this.#next() };
    const raw = await signNote(this.key, this.certificate.certificateId, DEPLOYMENT, terms);
    return concat(this.certificate.raw, raw);
  }

  #next() {
    this.counter += 1;
    const { now: time } = this.operator.clock;
    return { terminalRef: this.certificate.ref, time, counter: this.counter, previous: new Uint8Array(16) };
  }
}

/** An operator, a terminal and a wallet that is enrolled and topped up when asked. */
export class World {
  readonly clock = new Clock();
  readonly operator: Operator;
  terminal: Terminal;
  memory: MemoryStore;
  store: RecordWalletStore;
  wallet: Wallet;
  found: Found;

  private constructor(clock: Clock, operator: Operator, terminal: Terminal) {
    this.clock = clock;
    this.operator = operator;
    this.terminal = terminal;
    this.memory = new MemoryStore();
    [this.store, this.wallet, this.found] = this.#opened();
  }

  static async make(): Promise<World> {
    const clock = new Clock();
    const operator = await Operator.make(clock);
    return new World(clock, operator, await Terminal.make(operator));
  }

  /** Enrolled, with an allowance of 1,000.00 EUR. */
  static async ready(): Promise<World> {
    const world = await World.make();
    await world.enrol();
    await world.topUp(1_000_00n);
    return world;
  }

  /** The wallet over what survived, as after a crash. `interrupt` steps in at its next writes. */
  reopen(interrupt?: Interruption): Wallet {
    this.memory = new MemoryStore(this.memory.records, interrupt);
    [this.store, this.wallet, this.found] = this.#opened();
    return this.wallet;
  }

  /** Runs one act of the wallet alone, as the app does. */
  act<T>(work: (wallet: Wallet) => Promise<T>): Promise<T> {
    return this.memory.exclusively(() => work(this.wallet));
  }

  async enrol(): Promise<void> {
    await this.act((wallet) => wallet.enrol(this.link(), SERVER, CODE));
  }

  async topUp(amountMinor: bigint): Promise<void> {
    await this.act((wallet) => wallet.topUp(this.link(), amountMinor));
  }

  /** The operator, over calls that let go of the store. */
  link(): OperatorLink {
    const { operator, memory } = this;
    return {
      trustRoot: () => memory.aside(() => operator.trustRoot()),
      trustPack: () => memory.aside(() => operator.trustPack()),
      enrol: (asked) => memory.aside(() => operator.enrol(asked)),
      topUp: (asked) => memory.aside(() => operator.topUp(asked)),
      statement: () => memory.aside(() => operator.statement()),
      closeAllowance: (asked) => memory.aside(() => operator.closeAllowance(asked)),
      present: (papers, isNote) => memory.aside(() => operator.present(papers, isNote)),
      disputes: () => memory.aside(() => operator.disputes()),
      reportLock: (lock) => memory.aside(() => operator.reportLock(lock)),
    };
  }

  /** Asking, body and cheque id of one payment, accepted by the terminal. */
  async pay(amountMinor: bigint, upTo = false): Promise<{ asking: Octets; body: Octets; chequeId: StatementId }> {
    const asking = await this.terminal.asks(amountMinor, { upTo });
    const offer = await this.act((wallet) => wallet.consider(asking));
    const { body, payment } = await this.act((wallet) => wallet.pay(offer, PIN_HELD));
    await this.terminal.accepts(asking, body);
    return { asking, body, chequeId: payment.chequeId };
  }

  /** Everything in the store, to see that nothing changed. */
  dump(): readonly string[] {
    const spell = ([key, value]: [string, RecordValue]) => `${key} ${toHex(packRecord(value))}`;
    return [...this.memory.records].map(spell).sort();
  }

  #opened(): [RecordWalletStore, Wallet, Found] {
    const store = new RecordWalletStore(this.memory);
    const found = new Found();
    const { clock } = this;
    const parts: Parts = {
      ...{ store, keys: deviceKeys, clock: () => clock.now, randomness: deviceRandomness, version: "0.1.0", found },
    };
    return [store, new Wallet(parts), found];
  }
}

/** The code with which an act is refused; "none" when it is not. */
export async function codeOf(act: Promise<unknown>): Promise<string> {
  try {
    await act;
    return "none";
  } catch (error) {
    if (error instanceof Coded) return error.code;
    throw error;
  }
}
