/**
 * The operator over HTTP, as the terminal's port asks for it. Each call lets the store go while it waits: no payment at
 * the counter ever waits for a network.
 */

import type { PayeeOperator } from "../platform/operator_payee.ts";
import type { RecordStore } from "../platform/store.ts";
import type { Octets } from "../protocol/octets.ts";
import type { TrustRoot } from "../protocol/trust.ts";
import type { EnrolmentReply, OperatorLink, PackReply, StatementReply } from "./ports.ts";

/** The calls that the link makes; `PayeeOperator` has them. */
export type PayeeCalls = Pick<
  PayeeOperator,
  "trustRoot" | "trustPack" | "enrolTerminal" | "sendBatch" | "payeeStatement"
>;

/** An `OperatorLink` to one operator, within an act of `records`. */
export class HttpLink implements OperatorLink {
  readonly #calls: PayeeCalls;
  readonly #records: Pick<RecordStore, "aside">;

  constructor(calls: PayeeCalls, records: Pick<RecordStore, "aside">) {
    this.#calls = calls;
    this.#records = records;
  }

  trustRoot(): Promise<TrustRoot> {
    return this.#records.aside(() => this.#calls.trustRoot());
  }

  enrolTerminal(asked: { enrolmentCode: string; terminalKey: Octets; proof: Octets }): Promise<EnrolmentReply> {
    return this.#records.aside(() => this.#calls.enrolTerminal(asked));
  }

  async trustPack(etag?: string): Promise<PackReply | undefined> {
    return (await this.#records.aside(() => this.#calls.trustPack(etag))) ?? undefined;
  }

  sendBatch(batch: Octets): Promise<Octets> {
    return this.#records.aside(() => this.#calls.sendBatch(batch));
  }

  payeeStatement(after?: number): Promise<StatementReply> {
    return this.#records.aside(() => this.#calls.payeeStatement(after));
  }
}
