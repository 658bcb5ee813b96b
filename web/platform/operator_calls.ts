/**
 * The way to the operator: what every device asks, and the parts of every call (mirrors src/feiqian/links/http.py).
 *
 * Each method returns a value or throws: OperatorRefused when the operator says no, LinkTrouble or OperatorUnable when it
 * could not be asked or its answer not be read; then asking the same again is safe. Signed bytes come back unverified:
 * who asked verifies them. Every call may be repeated: requests carry ids that the device chose and stored before.
 */

import { TRUST_PACK_MAX_BYTES } from "../protocol/limits.ts";
import { type Octets, utf8 } from "../protocol/octets.ts";
import type { TrustRoot } from "../protocol/trust.ts";
import type { Language } from "../protocol/words.ts";
import { bytesOf, fieldsOf, HttpTransport, type Reply } from "./http.ts";
import { type Fields, unreadable } from "./json_answer.ts";

const JSON_ANSWER_MAX_BYTES = 1024 * 1024;
export const CBOR = "application/cbor";

export type JsonContent = { readonly [name: string]: string | number | boolean | readonly string[] };

/** A trust pack as published, unverified, and the tag with which to ask whether it changed. */
export interface TrustPackReply {
  readonly raw: Octets;
  readonly etag: string;
}

/** One operator, as one token's holder sees it: our own server. */
export class OperatorCalls {
  readonly #transport: HttpTransport;
  readonly #token: string | undefined;
  readonly #language: Language;

  /** `token` is a secret out of a sealed record; `language` that of the sentences in a refusal. */
  constructor(options: { transport?: HttpTransport; token?: string; language: Language }) {
    this.#transport = options.transport ?? new HttpTransport();
    this.#token = options.token;
    this.#language = options.language;
  }

  /** The version of the server, if it is up and its books can be reached. */
  async health(): Promise<string> {
    return fieldsOf(await this.get("/health")).text("version");
  }

  /** The root keys of this deployment. Pin them only when their fingerprint came by another way, too. */
  async trustRoot(): Promise<TrustRoot> {
    return trustRootIn(fieldsOf(await this.get("/v1/trust-root")));
  }

  /** The newest trust pack, unverified; null if it is still the one that carried `etag`. */
  async trustPack(etag?: string): Promise<TrustPackReply | null> {
    const headers = etag === undefined ? {} : { "if-none-match": etag };
    const reply = await this.get("/v1/trust-pack", TRUST_PACK_MAX_BYTES, headers);
    if (reply.status === 304) return null;
    return { raw: bytesOf(reply), etag: reply.headers.get("etag") ?? "" };
  }

  protected get(
    path: string,
    maxBytes: number = JSON_ANSWER_MAX_BYTES,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    return this.#transport.send({ method: "GET", path, maxBytes, headers: { ...this.#headers(), ...headers } });
  }

  protected async post(path: string, content: JsonContent): Promise<Fields> {
    const headers = { ...this.#headers(), "content-type": "application/json" };
    const body = utf8(JSON.stringify(content));
    return fieldsOf(
      await this.#transport.send({ method: "POST", path, maxBytes: JSON_ANSWER_MAX_BYTES, body, headers }),
    );
  }

  /** Bytes for bytes, as batches travel. */
  protected async postBytes(path: string, body: Octets, maxBytes: number): Promise<Octets> {
    const headers = { ...this.#headers(), "content-type": CBOR, accept: CBOR };
    return bytesOf(await this.#transport.send({ method: "POST", path, maxBytes, body, headers }));
  }

  #headers(): Record<string, string> {
    const headers: Record<string, string> = { "accept-language": this.#language };
    if (this.#token !== undefined) headers["authorization"] = `Bearer ${this.#token}`;
    return headers;
  }
}

/** The root keys to pin. Throws LinkTrouble. */
export function trustRootIn(fields: Fields): TrustRoot {
  const roots = fields.octetsList("roots");
  const threshold = fields.number("threshold");
  const different = new Set(roots.map((root) => root.join())).size;
  if (threshold < 1 || threshold > different) throw unreadable("field threshold");
  return { deployment: fields.text("deployment"), roots, threshold };
}
