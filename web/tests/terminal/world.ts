/**
 * A small world for the till's tests: an operator in this process, payers, and a till over records in memory whose clock
 * the test sets. Mirrors tests/terminal/world.py; the keys are those of ../world.ts and guard nothing.
 */

import { type Interruption, MemoryStore } from "../../platform/memory_store.ts";
import type { RecordValue } from "../../platform/record_value.ts";
import { issueAllowance } from "../../protocol/allowance.ts";
import { type AnswerItem, signAnswer, Verdict } from "../../protocol/answer.ts";
import { issueCertificate } from "../../protocol/certificate.ts";
import { type ChequeTerms, drawCheque } from "../../protocol/cheque.ts";
import { decodeBatch } from "../../protocol/claim.ts";
import { creditsHash, encodeCredits } from "../../protocol/credit.ts";
import { sha256 } from "../../protocol/hash.ts";
import { AllowanceRef, PayeeId, type RequestHash, type StatementId } from "../../protocol/ids.ts";
import { keyIdOf, loadPublicKey, type Signer } from "../../protocol/keys.ts";
import { concat, type Octets, slice, toHex } from "../../protocol/octets.ts";
import { POLICY_DEFAULTS, type Policy } from "../../protocol/policy.ts";
import { checkPossession, codeContext } from "../../protocol/possession.ts";
import { decodeAsking } from "../../protocol/presentation.ts";
import { encodeRequest, requestHash } from "../../protocol/request.ts";
import { signSettledNotice } from "../../protocol/settled_notice.ts";
import { signStatusList } from "../../protocol/status_list.ts";
import { encodeKeySet, encodeTrustPack, KeyRole, signIndex, signKeySet } from "../../protocol/trust_pack.ts";
import { Coded, type Words } from "../../protocol/words.ts";
import type { EnrolmentReply, EventReply, OperatorLink, PackReply, StatementReply } from "../../terminal/ports.ts";
import { Terminal } from "../../terminal/terminal.ts";
import { RecordTerminalStore } from "../../terminal/terminal_store.ts";
import { DEPLOYMENT, idOf, octets, signer } from "../world.ts";

export const NOW = 1_800_000_000;
export const DAY = 86_400;
export const CODE = "ABCD-EFGH";
export const PAYEE = PayeeId.of(octets("payee of the till", 8));
const ALL = 7;
const YEARS = 20 * 3653 * DAY;

const [ROOT, ISSUER, ACQUIRER, ONLINE] = await Promise.all(["root 1", "issuer", "acquirer", "online"].map(signer));
export const ISSUER_KEY = given(ISSUER);
export const STRANGER = await signer("stranger");

function given<T>(found: T | undefined): T {
  if (found === undefined) throw new RangeError("it is there");
  return found;
}

interface Pack {
  readonly version?: number;
  readonly issuedAt?: number;
  readonly suspended?: readonly number[];
  readonly policy?: Partial<Policy>;
  readonly lifeS?: number;
  readonly leastApp?: string;
}

export async function makePack(pack: Pack = {}): Promise<Octets> {
  const { version = 1, issuedAt = NOW, suspended = [], policy = {}, lifeS = 90 * DAY, leastApp = "0.1.0" } = pack;
  const always = { notBefore: 0, notAfter: NOW + YEARS };
  const roles = [
    { key: ISSUER_KEY.publicKey, role: KeyRole.issuer, ...always },
    { key: given(ACQUIRER).publicKey, role: KeyRole.acquirer, ...always },
    { key: given(ONLINE).publicKey, role: KeyRole.online, ...always },
  ];
  const keySet = encodeKeySet({
    ...{ version: 1, issuedAt: NOW - DAY, expiresAt: NOW + lifeS, keys: roles, leastWire: 1, leastApp },
    policies: [{ currency: "EUR", ...POLICY_DEFAULTS, ...policy }],
    ...{ roots: [given(ROOT).publicKey], threshold: 1 },
  });
  const entries = new Map(suspended.map((place) => [place, "suspended" as const]));
  const list = await signStatusList(ISSUER_KEY, DEPLOYMENT, { version, time: issuedAt, size: 1000, entries });
  const index = await signIndex(given(ONLINE), DEPLOYMENT, {
    ...{ version, issuedAt, keySetVersion: 1, keySetHash: await sha256(keySet) },
    lists: [{ issuerKeyId: await keyIdOf(ISSUER_KEY.publicKey), version, listHash: await sha256(list) }],
  });
  return encodeTrustPack(keySet, [await signKeySet(given(ROOT), DEPLOYMENT, keySet)], index, [list]);
}

/** The network of these tests, as it fails. */
export class LinkDown extends Coded {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }

  words(): Words {
    return { message: "down", safe: "safe", next: "again" };
  }
}

/** An operator in this process: idempotent, and it remembers what it was sent. */
export class Operator implements OperatorLink {
  pack: Octets;
  capabilities = ALL;
  noteCapMinor = 500_00n;
  time = NOW;
  down: string | undefined;
  decide: (number: number) => AnswerItem = () => item(Verdict.settled, 1n);
  mangle: (answer: Octets) => Octets = (answer) => answer;
  refuseBatch: (batch: Octets) => boolean = () => false;
  /** What happens elsewhere while a call waits. */
  meanwhile: (call: string) => Promise<void> = async () => undefined;
  say: ((after: number | undefined) => StatementReply) | undefined;
  readonly received: Octets[] = [];
  readonly measured: Octets[] = [];
  readonly events: EventReply[] = [];
  readonly askedAfter: (number | undefined)[] = [];
  pageEvents = 200;
  readonly answers = new Map<string, Octets>();
  /** Its next answer to an enrolment is lost on its way. */
  losesAnswer = false;
  readonly #codes = new Map<string, string>();

  constructor(pack: Octets) {
    this.pack = pack;
  }

  async trustRoot() {
    await this.#up("trustRoot");
    return { deployment: DEPLOYMENT, roots: [given(ROOT).publicKey], threshold: 1 };
  }

  async enrolTerminal(asked: { enrolmentCode: string; terminalKey: Octets; proof: Octets }): Promise<EnrolmentReply> {
    await this.#up("enrolTerminal");
    const { enrolmentCode, terminalKey, proof } = asked;
    await checkPossession(proof, terminalKey, "terminal", DEPLOYMENT, codeContext(enrolmentCode));
    const code = this.#codes.get(toHex(terminalKey)) ?? enrolmentCode;
    if (code !== enrolmentCode) throw new LinkDown("terminal_key_used");
    this.#codes.set(toHex(terminalKey), code);
    if (this.losesAnswer) {
      this.losesAnswer = false;
      throw new LinkDown("operator_unreachable");
    }
    const certificate = await issueCertificate(given(ACQUIRER), DEPLOYMENT, {
      acquirerKeyId: await keyIdOf(given(ACQUIRER).publicKey),
      ...{ terminalKey, payeeId: PAYEE, payeeName: "Café 飞钱", capabilities: this.capabilities },
      ...{ noteCapMinor: this.noteCapMinor, currency: "EUR", notBefore: NOW - DAY, expiresAt: NOW + 365 * DAY },
    });
    return { certificate, token: "secret", trustRoot: await this.trustRoot() };
  }

  async trustPack(etag?: string): Promise<PackReply | undefined> {
    await this.#up("trustPack");
    const tag = toHex(await sha256(this.pack));
    return etag === tag ? undefined : { raw: this.pack, etag: tag };
  }

  async sendBatch(batch: Octets): Promise<Octets> {
    const { claims, notes } = decodeBatch(batch);
    if (claims.length + notes.length === 0) {
      this.measured.push(batch);
      await this.#up("measure");
      return this.#answer(batch);
    }
    this.received.push(batch);
    await this.#up("sendBatch");
    if (this.refuseBatch(batch)) throw new LinkDown("batch_refused");
    const held = this.answers.get(toHex(batch)) ?? (await this.#answer(batch));
    this.answers.set(toHex(batch), held);
    return this.mangle(held);
  }

  async payeeStatement(after?: number): Promise<StatementReply> {
    await this.#up("payeeStatement");
    this.askedAfter.push(after);
    if (this.say !== undefined) return this.say(after);
    if (after === undefined) return { events: this.events.toReversed().slice(0, this.pageEvents) };
    return { events: this.events.filter((event) => event.number > after).slice(0, this.pageEvents) };
  }

  /** One more event; numbers rise with gaps, for other payees are told in between. */
  tell(kind: string, chequeId: Octets, paid = 0n, waiting = 0n, at = NOW + 10): void {
    const number = 10 * this.events.length + 7;
    const stands = { standsPaidMinor: paid, standsWaitingMinor: waiting, deadline: NOW + 11 * DAY };
    this.events.push({ number, kind, chequeId, at, ...stands });
  }

  async #answer(raw: Octets): Promise<Octets> {
    const { terminalRef, batchId, claims, notes } = decodeBatch(raw);
    return signAnswer(given(ACQUIRER), DEPLOYMENT, {
      ...{ terminalRef, batchId, batch: raw, time: this.time },
      claims: claims.map((_, number) => this.decide(number)),
      notes: notes.map(() => item(Verdict.noted)),
    });
  }

  async #up(call: string): Promise<void> {
    await this.meanwhile(call);
    if (this.down !== undefined) throw new LinkDown(this.down);
  }
}

export function item(verdict: Verdict, paidMinor = 0n, waitingMinor = 0n): AnswerItem {
  return { verdict, paidMinor, waitingMinor, code: "" };
}

interface PayerTerms {
  readonly number?: number;
  readonly amountMinor?: bigint;
  readonly perPaymentMinor?: bigint;
  readonly audience?: PayeeId;
  readonly clock?: number;
  readonly expiresAt?: number;
  readonly issuer?: Signer;
}

/** A payer's device that draws cheques; `fork` goes back as a clone would. */
export class Payer {
  clock: number;
  #counter = 0;
  #cumulativeMinor = 0n;
  #previous: Octets;
  readonly device: Signer;
  readonly allowance: Octets;
  readonly allowanceId: StatementId;

  private constructor(device: Signer, allowance: Octets, allowanceId: StatementId, clock: number) {
    this.clock = clock;
    this.device = device;
    this.allowance = allowance;
    this.allowanceId = allowanceId;
    this.#previous = slice(allowanceId, 0, 16);
  }

  static async of(terms: PayerTerms = {}): Promise<Payer> {
    const { number = 1, amountMinor = 1000_00n, perPaymentMinor = 500_00n, audience, clock = NOW } = terms;
    const { expiresAt = NOW + 3 * DAY } = terms;
    const device = await signer(`payer ${number}`);
    const allowance = await issueAllowance(terms.issuer ?? ISSUER_KEY, DEPLOYMENT, {
      issuerKeyId: await keyIdOf(ISSUER_KEY.publicKey),
      deviceKey: device.publicKey,
      pseudonym: octets(`pseudonym ${number}`, 8),
      ...{ currency: "EUR", amountMinor, perPaymentMinor, countLimit: 20_000 },
      ...{ notBefore: NOW - DAY, expiresAt, statusIndex: number, tier: 1, holderCheckAboveMinor: 0n },
      ...(audience === undefined ? {} : { audience }),
    });
    const id = await idOf(allowance, "allowance", (await loadPublicKey(ISSUER_KEY.publicKey)).hash);
    return new Payer(device, allowance, id, clock);
  }

  /** The payment that answers a request as shown. */
  async answer(shown: Octets): Promise<Octets> {
    const { terms, payload } = decodeAsking(shown).request;
    return this.draw({
      ...(terms.exactMinor === undefined ? {} : { exactMinor: terms.exactMinor }),
      ...(terms.maximumMinor === undefined ? {} : { maximumMinor: terms.maximumMinor }),
      request: await requestHash(payload, DEPLOYMENT),
    });
  }

  /** A one-way code. */
  async code(exactMinor: bigint, ttlS = 60): Promise<Octets> {
    return this.draw({ exactMinor, ttlS });
  }

  /** The payment that answers a request with a credit: a cheque that `giver` made out to this allowance. */
  async lean(shown: Octets, giver: Payer): Promise<Octets> {
    const received = encodeRequest({
      ...{ challenge: new Uint8Array(16), currency: "EUR", time: this.clock, ttlS: 3600, exactMinor: 5_00n },
      receiverAllowance: AllowanceRef.of(slice(this.allowanceId, 0, 8)),
    });
    const paid = await giver.draw({ exactMinor: 5_00n, request: await requestHash(received, DEPLOYMENT) });
    const cheque = slice(paid, giver.allowance.length);
    const bundle = encodeCredits([{ cheque, request: received, allowance: giver.allowance }]);
    const { terms, payload } = decodeAsking(shown).request;
    const request = await requestHash(payload, DEPLOYMENT);
    const drawn = { ...(terms.exactMinor === undefined ? {} : { exactMinor: terms.exactMinor }), request };
    return concat(await this.draw({ ...drawn, creditsHash: await creditsHash(bundle) }), bundle);
  }

  /** A clone with the same past. */
  fork(): Payer {
    const clone = new Payer(this.device, this.allowance, this.allowanceId, this.clock);
    [clone.#counter, clone.#cumulativeMinor, clone.#previous] = [this.#counter, this.#cumulativeMinor, this.#previous];
    return clone;
  }

  /** Allowance and cheque, one behind the other. */
  async draw(terms: Partial<ChequeTerms>): Promise<Octets> {
    this.#counter += 1;
    this.#cumulativeMinor += terms.exactMinor ?? terms.maximumMinor ?? 0n;
    const raw = await drawCheque(this.device, this.allowanceId, DEPLOYMENT, {
      allowanceRef: AllowanceRef.of(slice(this.allowanceId, 0, 8)),
      ...{ counter: this.#counter, previous: this.#previous, cumulativeMinor: this.#cumulativeMinor },
      ...{ time: this.clock, holderCheck: 1, ...terms },
    });
    this.#previous = slice(await idOf(raw, "cheque", this.allowanceId), 0, 16);
    return concat(this.allowance, raw);
  }
}

/** The issuer's word that a request is paid. */
export async function makeNotice(request: RequestHash, finalMinor: bigint, by: Signer = ISSUER_KEY): Promise<Octets> {
  return signSettledNotice(by, DEPLOYMENT, { request, finalMinor, currency: "EUR", time: NOW });
}

/** Keys that tests can look into: a label is kept, the signer is made of it. */
let made = 0;
export const keys = {
  async make(): Promise<Octets> {
    made += 1;
    return new TextEncoder().encode(`till ${made}`);
  },
  async load(kept: Octets): Promise<Signer> {
    return signer(new TextDecoder().decode(kept));
  },
};

/** A till over records in memory. `stop` can be set to throw at a write: a kill at that moment. */
export class Counter {
  clock = NOW;
  stop: Interruption = () => undefined;
  records: MemoryStore;
  store: RecordTerminalStore;
  terminal: Terminal;

  constructor(records: ReadonlyMap<string, RecordValue> = new Map()) {
    this.records = new MemoryStore(records, (point, moment) => this.stop(point, moment));
    this.store = new RecordTerminalStore(this.records);
    this.terminal = new Terminal(this.outside);
  }

  get outside() {
    const randomness = (size: number) => crypto.getRandomValues(new Uint8Array(size));
    return { store: this.store, keys, clock: () => this.clock, randomness, appVersion: "0.1.0" };
  }

  /** A till that is enrolled at this operator. */
  static async at(operator: Operator): Promise<Counter> {
    const counter = new Counter();
    await counter.act(() => counter.terminal.enrol(counter.link(operator), { server: "https://operator", code: CODE }));
    return counter;
  }

  /** As after a restart. */
  reopen(): void {
    const { records } = this.records;
    this.records = new MemoryStore(records, (point, moment) => this.stop(point, moment));
    this.store = new RecordTerminalStore(this.records);
    this.terminal = new Terminal(this.outside);
  }

  act<T>(act: () => Promise<T>): Promise<T> {
    return this.records.exclusively(act);
  }

  /** The operator as an act of this till reaches it: the store is let go while a call waits. */
  link(operator: OperatorLink): OperatorLink {
    const aside = <T>(wait: () => Promise<T>) => this.records.aside(wait);
    return {
      trustRoot: () => aside(() => operator.trustRoot()),
      enrolTerminal: (asked) => aside(() => operator.enrolTerminal(asked)),
      trustPack: (etag) => aside(() => operator.trustPack(etag)),
      sendBatch: (batch) => aside(() => operator.sendBatch(batch)),
      payeeStatement: (after) => aside(() => operator.payeeStatement(after)),
    };
  }

  // --- acts, each alone ---

  async ask(exactMinor: bigint) {
    return (await this.act(() => this.terminal.request({ exactMinor }))).request;
  }

  async askUpTo(maximumMinor: bigint) {
    return (await this.act(() => this.terminal.request({ maximumMinor }))).request;
  }

  accept(payment: Octets, how: Parameters<Terminal["accept"]>[1] = {}) {
    return this.act(() => this.terminal.accept(payment, how));
  }

  takeCode(payment: Octets, dueMinor: bigint, atOwnRisk = false) {
    return this.act(() => this.terminal.takeCode(payment, { dueMinor, atOwnRisk }));
  }

  sync(operator: OperatorLink, how: { resend?: boolean } = {}) {
    return this.act(() => this.terminal.sync(this.link(operator), how));
  }

  /** A payment asked for, made and accepted. */
  async paid(payer: Payer, exactMinor: bigint) {
    return (await this.accept(await payer.answer((await this.ask(exactMinor)).shown))).accepted;
  }
}

/** The code with which an act is refused; what is no refusal is thrown on. */
export async function refusal(act: () => Promise<unknown>): Promise<string> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Coded) return error.code;
    throw error;
  }
  return "not refused";
}
