/**
 * The operator over HTTP, as the wallet's port asks for it (mirrors src/feiqian/cli/wallet_link.py).
 *
 * Each call lets go of the store while it waits: no payment ever waits for a network.
 */

import { LinkTrouble, OperatorRefused } from "../platform/link_trouble.ts";
import type { TrustPackReply } from "../platform/operator_calls.ts";
import type { DeviceEnrolment, ChequeLine as Line, PayerOperator, PayerStatement } from "../platform/operator_payer.ts";
import { AllowanceRef, StatementId } from "../protocol/ids.ts";
import type { Octets } from "../protocol/octets.ts";
import type { TrustRoot } from "../protocol/trust.ts";
import type { Papers } from "./papers.ts";
import {
  type ChequeLine,
  Declined,
  type DisputeNotice,
  type Enrolled,
  type Granted,
  type OperatorLink,
  type Statement,
} from "./ports.ts";
import type { LockAnswer, PayingLock } from "./records.ts";

/** Refusals that say nothing about what was asked: another token or another minute may get another answer. */
const NOT_DECIDED: ReadonlySet<number> = new Set([401, 403, 408, 425, 429]);

/** The calls that the link makes; `PayerOperator` has them. */
export type PayerCalls = Pick<
  PayerOperator,
  | "trustRoot"
  | "trustPack"
  | "enrolDevice"
  | "requestAllowance"
  | "closeAllowance"
  | "payerStatement"
  | "presentCheque"
  | "presentNote"
  | "disputes"
  | "reportLock"
>;

/** Runs one call while others may use the store. */
export type Aside = <T>(wait: () => Promise<T>) => Promise<T>;

/** The trust pack held and the tag under which it was published: what is still the newest is not sent again. */
export interface KnownPack {
  readonly raw: Octets;
  readonly etag: string;
}

/** An `OperatorLink` to one operator. */
export class HttpLink implements OperatorLink {
  readonly #calls: PayerCalls;
  readonly #aside: Aside;
  #known: KnownPack | undefined;

  constructor(calls: PayerCalls, aside: Aside, known?: KnownPack) {
    this.#calls = calls;
    this.#aside = aside;
    this.#known = known;
  }

  /** The pack that came last, with its tag. */
  get known(): KnownPack | undefined {
    return this.#known;
  }

  trustRoot(): Promise<TrustRoot> {
    return this.#aside(() => this.#calls.trustRoot());
  }

  async trustPack(): Promise<Octets> {
    const reply: TrustPackReply | null = await this.#aside(() => this.#calls.trustPack(this.#known?.etag));
    if (reply !== null) this.#known = reply;
    if (this.#known === undefined) throw new LinkTrouble("operator_answer_unreadable", { why: "no trust pack" });
    return this.#known.raw;
  }

  async enrol(asked: Parameters<OperatorLink["enrol"]>[0]): Promise<Enrolled> {
    const { code, accountKey, proof, digits } = asked;
    const found: DeviceEnrolment = await this.#aside(() =>
      this.#calls.enrolDevice({ enrolmentCode: code, accountKey, proof, pin: digits }),
    );
    const { payerId, deviceId, currency } = found;
    const membership = { payerId, payerName: found.name, deviceId, deviceToken: found.token, currency };
    return { membership, root: found.trustRoot };
  }

  async topUp(asked: Parameters<OperatorLink["topUp"]>[0]): Promise<Granted> {
    const { topUpId: requestId, amountMinor, deviceKey, proof, evidence } = asked;
    const wish = { requestId, amountMinor, deviceKey, proof, evidence };
    return decided(this.#aside(() => this.#calls.requestAllowance(wish)));
  }

  async statement(): Promise<Statement> {
    const found: PayerStatement = await this.#aside(() => this.#calls.payerStatement());
    const { currency, freeMinor, reservedMinor } = found;
    const allowances = found.allowances.map(({ ref, closed, complete, reservedMinor: setAside, ...line }) => ({
      ref: idOf(AllowanceRef, ref),
      ...{ closed, complete, reservedMinor: setAside },
      ...{ waitingMinor: line.waitingMinor, deadline: line.deadline },
    }));
    return { currency, freeMinor, reservedMinor, allowances, cheques: found.cheques.map(lineOf) };
  }

  async closeAllowance({ ref, closing }: { ref: AllowanceRef; closing: Octets }): Promise<void> {
    await decided(this.#aside(() => this.#calls.closeAllowance(ref, closing)));
  }

  async present(papers: Papers, isNote: boolean): Promise<void> {
    await this.#aside(() => (isNote ? this.#calls.presentNote(papers) : this.#calls.presentCheque(papers)));
  }

  async disputes(): Promise<readonly DisputeNotice[]> {
    const found = await this.#aside(() => this.#calls.disputes());
    const open = found.filter((one) => one.status !== "done");
    return open.map(({ disputeId, opener, status }) => ({
      disputeId,
      againstUs: opener !== "payer",
      needsAnswer: status === "needs_you",
    }));
  }

  async reportLock(lock: PayingLock): Promise<LockAnswer> {
    const said = await this.#aside(() => this.#calls.reportLock(lock));
    return said === "allowed" || said === "refused" ? said : "waiting"; // whatever else it says leaves the lock as it is
  }
}

function lineOf(line: Line): ChequeLine {
  const { paidMinor, waitingMinor, deadline, state, payeeName, codeWrong } = line;
  return {
    chequeId: idOf(StatementId, line.chequeId),
    ref: idOf(AllowanceRef, line.ref),
    ...{ paidMinor, waitingMinor, deadline },
    givenBack: state === "given_back",
    forked: state === "forked",
    codeWrong,
    payeeName: payeeName ?? undefined,
  };
}

/** An id that the operator sent. Throws LinkTrouble for one of another length. */
function idOf<T>(kind: { of(bytes: Octets): T }, bytes: Octets): T {
  try {
    return kind.of(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw new LinkTrouble("operator_answer_unreadable", { why: "an id's length" });
    throw error;
  }
}

/** The answer, or the refusal as a decision about what was asked. */
async function decided<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof OperatorRefused && !NOT_DECIDED.has(error.status)) throw new Declined(error);
    throw error;
  }
}
