/**
 * What the console asks of the operator, and nothing else: each method is one route under /v1/console.
 *
 * The session's cookie is the browser's and no script sees it; the CSRF text goes with everything that changes. Calls
 * that move money or make a code carry a key that stays the same when they are asked again, so that each counts once.
 */

import { fieldsOf, HttpTransport, refuseUnlessOk } from "../platform/http.ts";
import { type Fields, spellBytes } from "../platform/json_answer.ts";
import { OperatorRefused } from "../platform/link_trouble.ts";
import type { JsonContent } from "../platform/operator_calls.ts";
import { type DisputeReply, disputeIn } from "../platform/operator_disputes.ts";
import { deviceRandomness } from "../platform/randomness.ts";
import { type Octets, utf8 } from "../protocol/octets.ts";
import type { Language } from "../protocol/words.ts";
import * as allowances from "./reading/allowances.ts";
import * as codes from "./reading/codes.ts";
import * as holders from "./reading/holders.ts";
import * as locks from "./reading/locks.ts";
import { type Overview, overviewIn } from "./reading/overview.ts";
import type { Page } from "./reading/page.ts";
import * as records from "./reading/records.ts";
import * as roots from "./reading/roots.ts";
import * as series from "./reading/series.ts";
import { type Role, type Session, sessionIn } from "./reading/session.ts";
import * as trouble from "./reading/trouble.ts";

const ANSWER_MAX_BYTES = 4 * 1024 * 1024;
const KEY_BYTES = 16;

type Query = Readonly<Record<string, string | number | null>>;

export type Kind = "payer" | "payee";

/** A new key for something that must count once, however often it is asked. */
export function newKey(): string {
  return spellBytes(deviceRandomness(KEY_BYTES));
}

export class ConsoleOperator {
  readonly #transport: HttpTransport;
  readonly #language: () => Language;
  readonly #over: () => void;
  readonly #used: () => void;
  #csrf = "";

  /** `over` hears that the session has ended, `used` that the operator has just taken a request of it. */
  constructor(options: {
    transport?: HttpTransport;
    language: () => Language;
    over?: () => void;
    used?: () => void;
  }) {
    this.#transport = options.transport ?? new HttpTransport();
    this.#language = options.language;
    this.#over = options.over ?? (() => undefined);
    this.#used = options.used ?? (() => undefined);
  }

  // --- the session ---

  async signIn(name: string, password: string, code: string): Promise<Session> {
    return this.#held(await this.#post("sign-in", { name, password, code }, { once: true }));
  }

  /** Whose session this browser has. Throws OperatorRefused session_over. */
  async session(): Promise<Session> {
    return this.#held(await this.#get("session"));
  }

  async choosePassword(password: string, newPassword: string): Promise<Session> {
    return this.#held(await this.#post("password", { password, new_password: newPassword }, { once: true }));
  }

  async signOut(): Promise<void> {
    await this.#post("sign-out", {});
  }

  #held(fields: Fields): Session {
    const session = sessionIn(fields);
    this.#csrf = session.csrf;
    return session;
  }

  // --- numbers ---

  async overview(): Promise<Overview> {
    return overviewIn(await this.#get("overview"));
  }

  async volume(step: series.Step, count: number): Promise<series.Volume> {
    return series.volumeIn(await this.#get("series/volume", { step, count }));
  }

  async exposureOverTime(step: series.Step, count: number): Promise<series.ExposureOverTime> {
    return series.exposureOverTimeIn(await this.#get("series/exposure", { step, count }));
  }

  async settling(step: series.Step, count: number): Promise<series.Settling> {
    return series.settlingIn(await this.#get("series/settling", { step, count }));
  }

  // --- holders ---

  async payers(q: string, after: string | null): Promise<Page<holders.PayerLine>> {
    return holders.payersIn(await this.#get("payers", { q: q === "" ? null : q, after }));
  }

  async payer(id: string): Promise<holders.PayerDetail> {
    return holders.payerIn(await this.#get(`payers/${id}`));
  }

  async payees(q: string, after: string | null): Promise<Page<holders.PayeeLine>> {
    return holders.payeesIn(await this.#get("payees", { q: q === "" ? null : q, after }));
  }

  async payee(id: string): Promise<holders.PayeeDetail> {
    return holders.payeeIn(await this.#get(`payees/${id}`));
  }

  async devices(q: string, after: string | null): Promise<Page<holders.Device>> {
    return holders.devicesIn(await this.#get("devices", { q: q === "" ? null : q, after }));
  }

  /** Wallets that have stopped paying by themselves, what waits for a decision first. */
  async locks(): Promise<readonly locks.Lock[]> {
    return locks.locksIn(await this.#get("locks"));
  }

  /** Decides on one, once. The same again is harmless. */
  async decideLock(lockId: string, decision: "allowed" | "refused"): Promise<locks.Lock> {
    return locks.lockIn(await this.#post(`locks/${lockId}/decision`, { decision }));
  }

  async terminals(q: string, after: string | null): Promise<Page<holders.Terminal>> {
    return holders.terminalsIn(await this.#get("terminals", { q: q === "" ? null : q, after }));
  }

  /** Revokes it, once: why is noted as the act itself. */
  async revokeTerminal(terminalRef: string, reason: "stolen" | "lost" | "ended"): Promise<void> {
    await this.#post(`terminals/${terminalRef}/revocation`, { reason });
  }

  async authenticators(payerId: string): Promise<codes.Authenticators> {
    return codes.authenticatorsIn(await this.#get(`payers/${payerId}/authenticators`));
  }

  /** Its secret is told once; the same again makes another one in its place. */
  async addAuthenticator(payerId: string, kind: "totp" | "hotp"): Promise<codes.NewAuthenticator> {
    return codes.newAuthenticatorIn(await this.#post(`payers/${payerId}/authenticators`, { kind }, { once: true }));
  }

  async confirmAuthenticator(payerId: string, shown: readonly string[]): Promise<codes.Authenticator> {
    const path = `payers/${payerId}/authenticators/confirmation`;
    return codes.authenticatorIn(await this.#post(path, { codes: shown }, { once: true }));
  }

  async removeAuthenticator(payerId: string): Promise<codes.Authenticators> {
    return codes.authenticatorsIn(await this.#post(`payers/${payerId}/authenticators/removal`, {}));
  }

  /** Of all payers, oldest first. */
  async wrongCodes(): Promise<readonly codes.WrongCode[]> {
    return codes.wrongCodesIn(await this.#get("wrong-codes"));
  }

  async allowances(
    state: allowances.AllowanceFilter | null,
    after: string | null,
  ): Promise<Page<allowances.Allowance>> {
    return allowances.allowancesIn(await this.#get("allowances", { state, after }));
  }

  async allowance(ref: string): Promise<allowances.AllowanceDetail> {
    return allowances.allowanceDetailIn(await this.#get(`allowances/${ref}`));
  }

  /** `key` from newKey: asked again it gives the same holder and the same code. */
  /** `payer` says more of a payer; a payee has no more. */
  async enrol(kind: Kind, key: string, name: string, payer: holders.NewPayer | null): Promise<holders.EnrolmentCode> {
    const content: JsonContent = { name };
    if (payer !== null) Object.assign(content, { with_pin: payer.withPin, identity: payer.identity });
    return holders.codeIn(await this.#post(`${kind}s`, content, { key }));
  }

  /** `withPin`: a payer's code may have six digits beside it, which are told another way. */
  async newCode(kind: Kind, key: string, id: string, withPin: boolean): Promise<holders.EnrolmentCode> {
    const content = kind === "payer" ? { with_pin: withPin } : {};
    return holders.codeIn(await this.#post(`${kind}s/${id}/codes`, content, { key }));
  }

  /** What the payer has free then, minor units. */
  async fundPayer(key: string, id: string, amountMinor: bigint, currency: string): Promise<bigint> {
    const content = { amount_minor: Number(amountMinor), currency };
    return (await this.#post(`payers/${id}/funding`, content, { key })).amount("free_minor");
  }

  /** Signs all devices of a payer out and suspends every live allowance. Again is harmless. */
  async suspend(payerId: string): Promise<readonly holders.Suspended[]> {
    return holders.suspendedIn(await this.#post(`payers/${payerId}/suspensions`, {}));
  }

  // --- exposure, forks, disputes, pool ---

  async exposures(after: string | null): Promise<Page<allowances.ExposureLine>> {
    return allowances.exposuresIn(await this.#get("exposures", { after }));
  }

  async forks(after: string | null): Promise<Page<trouble.Fork>> {
    return trouble.forksIn(await this.#get("forks", { after }));
  }

  /** The proof as anybody can check it. */
  async forkProof(ref: string): Promise<Octets> {
    const reply = await this.#sent(`forks/${ref}/proof`, { method: "GET" });
    return reply.body;
  }

  async disputes(state: trouble.DisputeFilter | null): Promise<trouble.Disputes> {
    return trouble.disputeListIn(await this.#get("disputes", { state }));
  }

  async dispute(id: string): Promise<trouble.DisputeDetail> {
    return trouble.disputeDetailIn(await this.#get(`disputes/${id}`));
  }

  /** `refundMinor` 0: the payment stands. The same decision again is harmless. */
  async decide(id: string, refundMinor: bigint, words: string): Promise<DisputeReply> {
    const content = { refund_minor: Number(refundMinor), words };
    return disputeIn(await this.#post(`disputes/${id}/decision`, content));
  }

  async pool(): Promise<trouble.Pool> {
    return trouble.poolIn(await this.#get("pool"));
  }

  async fundPool(key: string, amountMinor: bigint, currency: string): Promise<bigint> {
    const content = { amount_minor: Number(amountMinor), currency };
    return (await this.#post("pool/funding", content, { key })).amount("pool_minor");
  }

  // --- records, keys, staff ---

  async leaves(kind: string | null, before: string | null): Promise<records.Leaves> {
    return records.leavesIn(await this.#get("audit/leaves", { kind, before }));
  }

  async leaf(index: string): Promise<records.ProvedLeaf> {
    return records.provedLeafIn(await this.#get(`audit/leaves/${index}`));
  }

  async leafOfAct(actId: string): Promise<records.ProvedLeaf> {
    return records.provedLeafIn(await this.#get(`audit/proof/${actId}`));
  }

  async acts(staffId: string | null, before: string | null): Promise<Page<records.StaffAct>> {
    return records.actsIn(await this.#get("audit/acts", { staff: staffId, before }));
  }

  async keys(): Promise<records.Keys> {
    return records.keysIn(await this.#get("keys"));
  }

  async roots(): Promise<readonly roots.Root[]> {
    return roots.rootsIn(await this.#get("attestation-roots"));
  }

  async addRoot({ pem, maker, tier }: roots.NewRoot): Promise<roots.Root> {
    return roots.rootIn(await this.#post("attestation-roots", { pem, maker, tier }));
  }

  async removeRoot(fingerprint: string): Promise<roots.Root> {
    return roots.rootIn(await this.#post(`attestation-roots/${fingerprint}/removal`, {}));
  }

  async staff(): Promise<readonly records.StaffLine[]> {
    return records.staffIn(await this.#get("staff"));
  }

  async roles(): Promise<readonly records.RolePermissions[]> {
    return records.rolesIn(await this.#get("roles"));
  }

  async addStaff(name: string, role: Role): Promise<records.StaffSecret> {
    return records.secretIn(await this.#post("staff", { name, role }, { once: true }));
  }

  async changeRole(staffId: string, role: Role): Promise<records.StaffLine> {
    return records.staffLineIn(await this.#post(`staff/${staffId}/role`, { role }));
  }

  async resetStaff(staffId: string): Promise<records.StaffSecret> {
    return records.secretIn(await this.#post(`staff/${staffId}/reset`, {}, { once: true }));
  }

  async removeStaff(staffId: string): Promise<records.StaffLine> {
    return records.staffLineIn(await this.#post(`staff/${staffId}/removal`, {}));
  }

  // --- how it is sent ---

  async #get(path: string, query: Query = {}): Promise<Fields> {
    return fieldsOf(await this.#sent(path + queryOf(query), { method: "GET" }));
  }

  async #post(path: string, content: JsonContent, how: { key?: string; once?: boolean } = {}): Promise<Fields> {
    const headers: Record<string, string> = { "content-type": "application/json", "x-feiqian-csrf": this.#csrf };
    if (how.key !== undefined) headers["idempotency-key"] = how.key;
    const body = utf8(JSON.stringify(content));
    return fieldsOf(await this.#sent(path, { method: "POST", headers, body, once: how.once === true }));
  }

  async #sent(
    path: string,
    ask: { method: "GET" | "POST"; headers?: Record<string, string>; body?: Octets; once?: boolean },
  ) {
    const headers = { "accept-language": this.#language(), ...ask.headers };
    const whole = { ...ask, headers, path: `/v1/console/${path}`, maxBytes: ANSWER_MAX_BYTES, session: true };
    const reply = await this.#transport.send(whole);
    try {
      refuseUnlessOk(reply);
    } catch (error) {
      if (error instanceof OperatorRefused && error.code === "session_over") this.#over();
      throw error;
    }
    this.#used();
    return reply;
  }
}

function queryOf(query: Query): string {
  const asked = Object.entries(query).filter(([, value]) => value !== null);
  const text = new URLSearchParams(asked.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}
