/** The operator's server as the app meets it: HTTP answers in the browser's own types, made by the operator of world.ts. */

import { HttpTransport, type Surroundings } from "../../platform/http.ts";
import { readBytes, spellBytes, spellInstant } from "../../platform/json_answer.ts";
import { deviceKeys } from "../../platform/keys.ts";
import { MemoryStore } from "../../platform/memory_store.ts";
import { PayerOperator } from "../../platform/operator_payer.ts";
import { deviceRandomness } from "../../platform/randomness.ts";
import { ReachWatch } from "../../platform/reach.ts";
import type { RecordValue } from "../../platform/record_value.ts";
import { VaultTrouble } from "../../platform/vault_trouble.ts";
import { fromHex, type Octets, toHex } from "../../protocol/octets.ts";
import { Coded, type Language } from "../../protocol/words.ts";
import { checkPinStrength } from "../../risk/pin.ts";
import { closingSigned, passkeyFor, signed } from "../../wallet/by_passkey.ts";
import { WalletDevice } from "../../wallet/device.ts";
import type { VaultDoor } from "../../wallet/outside.ts";
import { Declined } from "../../wallet/ports.ts";
import { parse, text } from "../json.ts";
import { SoftPasskey } from "./soft_passkey.ts";
import { type Clock, CODE, type Operator, SERVER } from "./world.ts";

type Answer = { readonly [name: string]: unknown };

/** A vault without a browser: what the app may see of it. */
export class FakeVault implements VaultDoor {
  readonly guesses = { count: 0, endedAt: 0 };
  state: "none" | "locked" | "open" | "blocked" = "none";
  passkeyEnrolled = false;
  readonly pinWaitUntil = null;
  pin = "";
  tries = 0;

  async create(pin: string): Promise<void> {
    checkPinStrength(pin);
    this.pin = pin;
    this.state = "open";
  }

  async unlock(pin: string): Promise<void> {
    await this.checkPin(pin);
    this.state = "open";
  }

  async checkPin(pin: string): Promise<void> {
    this.tries += 1;
    if (pin !== this.pin) throw new VaultTrouble("wrong_pin", { failures: this.tries, waitS: 0 });
    this.tries = 0;
  }

  async unlockWithPasskey(): Promise<void> {
    await this.checkPasskey();
    this.state = "open";
  }

  async checkPasskey(): Promise<void> {
    if (!this.passkeyEnrolled) throw new VaultTrouble("passkey_none");
  }

  async addPasskey(): Promise<void> {
    this.passkeyEnrolled = true;
  }

  async removePasskey(): Promise<void> {
    this.passkeyEnrolled = false;
  }

  async changePin(old: string, next: string): Promise<void> {
    await this.checkPin(old);
    checkPinStrength(next);
    this.pin = next;
  }

  lock(): void {
    this.state = "locked";
  }
}

/** One browser with the wallet app in it, and its operator behind a network. */
export class Site {
  readonly operator: Operator;
  readonly clock: Clock;
  readonly vault = new FakeVault();
  readonly passkey = new SoftPasskey(SERVER);
  readonly asked: string[] = [];
  readonly device: WalletDevice;
  language: Language = "en";
  durable: ReadonlyMap<string, RecordValue> = new Map();
  /** Under which tag each pack was asked for. */
  readonly tags: (string | null)[] = [];
  #etag = "";

  constructor(operator: Operator) {
    this.operator = operator;
    this.clock = operator.clock;
    const watch = new ReachWatch(() => this.device.lookAgain());
    const surroundings: Surroundings = {
      fetch: (input, how) => this.#fetch(String(input), how),
      nowMs: () => performance.now(),
      sleepMs: async () => undefined,
    };
    const transport = new HttpTransport({ heard: watch.heard, surroundings });
    this.device = new WalletDevice({
      vault: this.vault,
      openStore: async () => this.#opened(),
      passkeysPossible: true,
      byPasskey: async () => ({
        passkeyFor: (wanted) => passkeyFor(wanted, this.passkey),
        signed: (session, payment) => signed(session, payment, this.passkey),
        closingSigned: (session, record) => closingSigned(session, record, this.passkey),
      }),
      keys: deviceKeys,
      clock: () => this.clock.now,
      stopwatch: () => performance.now(),
      randomness: deviceRandomness,
      version: "0.1.0",
      server: SERVER,
      operator: (token) =>
        new PayerOperator({ transport, language: this.language, ...(token === undefined ? {} : { token }) }),
      watch,
      language: () => this.language,
      setLanguage: (next) => {
        this.language = next;
      },
      troubleWords: async () => undefined,
    });
  }

  /** What the next opening of the records fails with. */
  broken: Error | undefined;

  #opened(): MemoryStore {
    if (this.broken !== undefined) throw this.broken;
    const store = new MemoryStore(this.durable);
    store.subscribe(() => {
      this.durable = store.records;
    });
    return store;
  }

  async #fetch(path: string, how: RequestInit = {}): Promise<Response> {
    this.asked.push(path);
    const sent = how.body instanceof Uint8Array ? parse(new TextDecoder().decode(how.body)) : {};
    const octets = (name: string): Octets => readBytes(text(sent[name])) ?? new Uint8Array();
    try {
      if (path === "/v1/trust-pack") return await this.#pack(new Headers(how.headers).get("if-none-match"));
      return json(await this.#answer(path, sent, octets));
    } catch (error) {
      const says = error instanceof Declined ? error.why : error;
      if (!(says instanceof Coded)) throw error;
      if (says.code === "operator_unreachable") throw new TypeError("no network");
      const words = says.words("en");
      return json({ code: says.code, detail: "", ...words }, 409, "application/problem+json");
    }
  }

  async #pack(tag: string | null): Promise<Response> {
    this.tags.push(tag);
    const raw = await this.operator.trustPack();
    this.#etag = `"${this.operator.indexVersion}"`;
    if (tag === this.#etag) return new Response(null, { status: 304 });
    return new Response(raw, { headers: { "content-type": "application/cbor", etag: this.#etag } });
  }

  async #answer(path: string, sent: Answer, octets: (name: string) => Octets): Promise<Answer> {
    const { operator } = this;
    switch (path) {
      case "/v1/trust-root":
        return this.#root();
      case "/v1/devices": {
        const code = text(sent["enrolment_code"]);
        const found = await operator.enrol({ code, accountKey: octets("account_key"), proof: octets("proof") });
        const { deviceId, payerId, payerName, currency } = found.membership;
        const ids = { device_id: spellBytes(deviceId), payer_id: spellBytes(payerId) };
        return { ...ids, name: payerName, currency, token: CODE, trust_root: await this.#root() };
      }
      case "/v1/allowances": {
        const amountMinor = BigInt(Number(sent["amount_minor"]));
        const has = (name: string) => (name in sent ? octets(name) : undefined);
        const keys = { deviceKey: octets("device_key"), proof: has("proof"), evidence: has("evidence") };
        const { raw, codeKey } = await operator.topUp({ topUpId: octets("request_id"), amountMinor, ...keys });
        return {
          ref: spellBytes(raw.subarray(0, 8)),
          allowance: spellBytes(raw),
          deadline: spellInstant(this.clock.now),
          code_key: codeKey === undefined ? null : spellBytes(codeKey),
        };
      }
      case "/v1/devices/me/lost-code":
        return { lost_code: await operator.newLostCode() };
      case "/v1/payer/disputes":
        return { disputes: [] };
      case "/v1/payer/statement":
        return this.#statement();
      case "/v1/payer/claims":
      case "/v1/payer/notes": {
        const counts = {
          amount_minor: 1,
          paid_minor: 1,
          waiting_minor: 0,
          currency: "EUR",
          payee_name: null,
          noted: true,
        };
        return {
          cheque_id: spellBytes(fromHex("00".repeat(32))),
          state: "claimed",
          deadline: spellInstant(9),
          ...counts,
        };
      }
      default: {
        await operator.closeAllowance({ closing: octets("closing_cheque") });
        const counts = { at_risk_minor: 0, currency: "EUR", deadline: spellInstant(this.clock.now) };
        return { ref: spellBytes(fromHex(toHex(new Uint8Array(8)))), reason: "closed", ...counts };
      }
    }
  }

  async #root(): Promise<Answer> {
    const { deployment, roots, threshold } = await this.operator.trustRoot();
    return { deployment, roots: roots.map(spellBytes), threshold };
  }

  async #statement(): Promise<Answer> {
    const found = await this.operator.statement();
    const cheques = found.cheques.map((line) => ({
      cheque_id: spellBytes(line.chequeId),
      ref: spellBytes(line.ref),
      ...{ counter: 1, amount_minor: Number(line.paidMinor + line.waitingMinor), paid_minor: Number(line.paidMinor) },
      ...{ waiting_minor: Number(line.waitingMinor), deadline: spellInstant(line.deadline), payees: 1 },
      ...{ state: line.givenBack ? "given_back" : "settled", payee_name: line.payeeName ?? null },
    }));
    const allowances = found.allowances.map((line) => ({
      ...{ ref: spellBytes(line.ref), status: "suspended", currency: "EUR", amount_minor: 0, claimed_minor: 0 },
      ...{ reserved_minor: Number(line.reservedMinor ?? 0n), waiting_minor: Number(line.waitingMinor ?? 0n) },
      ...{ returned_minor: 0, issued_at: spellInstant(0), expires_at: spellInstant(0), forked: false },
      ...{ deadline: spellInstant(line.deadline ?? 0), closed: line.closed, complete: line.complete },
    }));
    const money = { currency: "EUR", free_minor: 77_00, reserved_minor: 0, allowances, entries: [], missing: [] };
    return { payer_id: spellBytes(new Uint8Array(8)), name: "Ada", more: false, cheques, ...money };
  }
}

function json(content: Answer, status = 200, type = "application/json"): Response {
  return new Response(JSON.stringify(content), { status, headers: { "content-type": type } });
}
