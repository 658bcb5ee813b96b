/** The operator of the wallet's tests: issuer and acquirer in one, with a clock that the test sets. */

import { deviceKeys } from "../../platform/keys.ts";
import { deviceRandomness } from "../../platform/randomness.ts";
import { issueAllowance, Tier } from "../../protocol/allowance.ts";
import { sha256 } from "../../protocol/hash.ts";
import { PayeeId } from "../../protocol/ids.ts";
import { keyIdOf, type Signer } from "../../protocol/keys.ts";
import { equal, type Octets, toHex, utf8 } from "../../protocol/octets.ts";
import { codeAnchor } from "../../protocol/one_time_code.ts";
import { POLICY_DEFAULTS, type Policy } from "../../protocol/policy.ts";
import { checkPossession, codeContext } from "../../protocol/possession.ts";
import { signStatusList } from "../../protocol/status_list.ts";
import { firstTrust, type Trust, type TrustRoot } from "../../protocol/trust.ts";
import { encodeKeySet, encodeTrustPack, KeyRole, signIndex, signKeySet } from "../../protocol/trust_pack.ts";
import { Coded, type Words } from "../../protocol/words.ts";
import type { Papers } from "../../wallet/papers.ts";
import type {
  AllowanceLine,
  ChequeLine,
  DisputeNotice,
  Enrolled,
  Granted,
  OperatorLink,
  Statement,
} from "../../wallet/ports.ts";
import { Declined } from "../../wallet/ports.ts";
import type { LockAnswer, PayingLock } from "../../wallet/records.ts";

export const DEPLOYMENT = "test";
export const NOW = 1_800_000_000;
export const CODE = "ABCD-EFGH";
export const SERVER = "https://operator.test";
export const PAYEE = PayeeId.of(utf8("payee-01"));
export const PIN_HELD = 1;
const HOUR = 3600;
export const DAY = 24 * HOUR;

/** What this operator answers when it cannot or will not. */
export class OperatorSays extends Coded {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }

  words(): Words {
    return { message: this.code, safe: "Safe.", next: "Again." };
  }
}

export class Clock {
  now = NOW;
}

export async function newKey(): Promise<Signer> {
  return deviceKeys.load(await deviceKeys.make());
}

/** What the operator grants with an allowance. */
export interface Grant {
  readonly perPaymentMinor: bigint;
  readonly countLimit: number;
  readonly lifetimeS: number;
  readonly holderCheckAboveMinor: bigint;
  readonly audience?: PayeeId;
  readonly codeKey?: Octets;
}

export const GRANT: Grant = {
  perPaymentMinor: 200_00n,
  countLimit: 20,
  lifetimeS: 72 * HOUR,
  holderCheckAboveMinor: 50_00n,
};

/** Issuer and acquirer in one, and the `OperatorLink` to it. Turn `up` off and it cannot be reached. */
export class Operator implements OperatorLink {
  readonly clock: Clock;
  readonly rootKey: Signer;
  readonly online: Signer;
  readonly issuer: Signer;
  readonly acquirer: Signer;
  policy: Policy = { currency: "EUR", ...POLICY_DEFAULTS };
  grant: Grant = GRANT;
  up = true;
  declines = false;
  readonly issued = new Map<string, Octets>();
  readonly closings: Octets[] = [];
  readonly presented: { readonly papers: Papers; readonly isNote: boolean }[] = [];
  notices: DisputeNotice[] = [];
  readonly locks: PayingLock[] = [];
  answersLock: LockAnswer = "waiting";
  /** What a presented paper makes the books take. */
  holdsPayeesTo: bigint | undefined;
  lines: AllowanceLine[] = [];
  cheques: ChequeLine[] = [];
  calls: string[] = [];
  suspended: number[] = [];
  indexVersion = 1;
  issuedAt: number;
  /** Runs while a call waits, when nobody holds the store. */
  aside: (call: string) => Promise<void> = async () => undefined;
  readonly #madeAt: number;
  #accountKey: Octets | undefined;

  private constructor(clock: Clock, keys: readonly [Signer, Signer, Signer, Signer]) {
    this.clock = clock;
    [this.rootKey, this.online, this.issuer, this.acquirer] = keys;
    this.#madeAt = clock.now;
    this.issuedAt = clock.now;
  }

  static async make(clock: Clock): Promise<Operator> {
    return new Operator(clock, [await newKey(), await newKey(), await newKey(), await newKey()]);
  }

  get root(): TrustRoot {
    return { deployment: DEPLOYMENT, roots: [this.rootKey.publicKey], threshold: 1 };
  }

  async pack(): Promise<Octets> {
    const life = { notBefore: 0, notAfter: 2 ** 39 };
    const keySet = encodeKeySet({
      ...{ version: 1, issuedAt: this.#madeAt, expiresAt: 2 ** 39, leastWire: 1, leastApp: "0.1.0", threshold: 1 },
      keys: [
        { key: this.issuer.publicKey, role: KeyRole.issuer, ...life },
        { key: this.acquirer.publicKey, role: KeyRole.acquirer, ...life },
        { key: this.online.publicKey, role: KeyRole.online, ...life },
      ],
      policies: [this.policy],
      roots: [this.rootKey.publicKey],
      ...(this.passkeyOrigin === undefined ? {} : { passkeyOrigin: this.passkeyOrigin }),
    });
    const version = this.indexVersion;
    const entries = new Map(this.suspended.map((place) => [place, "suspended" as const]));
    const list = await signStatusList(this.issuer, DEPLOYMENT, { version, time: this.issuedAt, size: 1024, entries });
    const index = await signIndex(this.online, DEPLOYMENT, {
      ...{ version, issuedAt: this.issuedAt, keySetVersion: 1, keySetHash: await sha256(keySet) },
      lists: [{ issuerKeyId: await keyIdOf(this.issuer.publicKey), version, listHash: await sha256(list) }],
    });
    return encodeTrustPack(keySet, [await signKeySet(this.rootKey, DEPLOYMENT, keySet)], index, [list]);
  }

  /** The next pack, newer in its index and lists. */
  news(): void {
    this.indexVersion += 1;
    this.issuedAt = this.clock.now;
    this.#pack = undefined;
  }

  #pack: Octets | undefined;

  async trust(): Promise<Trust> {
    return firstTrust(this.root, await this.heldPack());
  }

  /** The pack as published: the same bytes until there is news. */
  async heldPack(): Promise<Octets> {
    this.#pack ??= await this.pack();
    return this.#pack;
  }

  async trustRoot(): Promise<TrustRoot> {
    await this.#asked("trustRoot");
    return this.root;
  }

  async trustPack(): Promise<Octets> {
    await this.#asked("trustPack");
    return this.heldPack();
  }

  /** The next enrolment is that of one more device of this payer. */
  expectAnotherDevice(): void {
    this.#accountKey = undefined;
  }

  async enrol({ code, accountKey, proof }: { code: string; accountKey: Octets; proof: Octets }): Promise<Enrolled> {
    await this.#asked("enrol");
    await checkPossession(proof, accountKey, "account", DEPLOYMENT, codeContext(code));
    if (this.#accountKey !== undefined && !equal(this.#accountKey, accountKey)) throw new Error("another key");
    this.#accountKey = accountKey;
    const membership = {
      payerId: utf8("payer-01"),
      payerName: "Ada",
      deviceId: utf8("device01"),
      deviceToken: CODE,
      currency: "EUR",
    };
    return { membership, root: this.root };
  }

  /** Where passkeys may sign, if anywhere; whoever comes with evidence is taken for one. */
  passkeyOrigin: string | undefined;

  async topUp(asked: Parameters<OperatorLink["topUp"]>[0]): Promise<Granted> {
    await this.#asked("topUp");
    if (this.declines) throw new Declined(new OperatorSays("no_money"));
    const { topUpId, deviceKey, proof, amountMinor, evidence } = asked;
    if (proof !== undefined || evidence === undefined) {
      await checkPossession(proof ?? new Uint8Array(), deviceKey, "allowance", DEPLOYMENT, utf8("device01"), topUpId);
    }
    const name = toHex(topUpId);
    const tier = evidence === undefined ? Tier.software : Tier.passkey;
    const raw = this.issued.get(name) ?? (await this.allowance(deviceKey, amountMinor, this.issuer, tier));
    this.issued.set(name, raw);
    return { raw, codeKey: this.grant.codeKey };
  }

  async statement(): Promise<Statement> {
    await this.#asked("statement");
    return { currency: "EUR", freeMinor: 0n, reservedMinor: 0n, allowances: this.lines, cheques: this.cheques };
  }

  async closeAllowance({ closing }: { closing: Octets }): Promise<void> {
    await this.#asked("closeAllowance");
    this.closings.push(closing);
  }

  async present(papers: Papers, isNote: boolean): Promise<void> {
    await this.#asked("present");
    this.presented.push({ papers, isNote });
    const { holdsPayeesTo } = this;
    if (holdsPayeesTo !== undefined) this.cheques = this.cheques.map((line) => ({ ...line, paidMinor: holdsPayeesTo }));
  }

  async reportLock(lock: PayingLock): Promise<LockAnswer> {
    await this.#asked("reportLock");
    this.locks.push(lock);
    return this.answersLock;
  }

  /** How many lost-device codes were asked for; only the last one counts. */
  lostCodes = 0;

  async newLostCode(): Promise<string> {
    await this.#asked("newLostCode");
    this.lostCodes += 1;
    return `7KQ2-M9XA-44TD-000${this.lostCodes}`;
  }

  async disputes(): Promise<readonly DisputeNotice[]> {
    await this.#asked("disputes");
    return this.notices;
  }

  async allowance(
    deviceKey: Octets,
    amountMinor: bigint,
    issuer: Signer = this.issuer,
    tier: number = Tier.software,
  ): Promise<Octets> {
    const { lifetimeS, codeKey, ...grant } = this.grant;
    return issueAllowance(issuer, DEPLOYMENT, {
      issuerKeyId: await keyIdOf(issuer.publicKey),
      deviceKey,
      pseudonym: deviceRandomness(8),
      currency: this.policy.currency,
      amountMinor,
      ...grant,
      ...(codeKey === undefined ? {} : { codeAnchor: await codeAnchor(codeKey) }),
      notBefore: this.clock.now,
      expiresAt: this.clock.now + lifetimeS,
      statusIndex: this.issued.size,
      tier,
    });
  }

  async #asked(name: string): Promise<void> {
    this.calls.push(name);
    await this.aside(name);
    if (!this.up) throw new OperatorSays("operator_unreachable");
  }
}
