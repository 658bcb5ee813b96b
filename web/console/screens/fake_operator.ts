/**
 * An operator that is made up: it answers the console's requests in JSON, as the real one would, out of fake_data.ts.
 *
 * What it answers goes through the console's own readers; a test compares its fields with the real operator's.
 */

import type { Surroundings } from "../../platform/http.ts";
import type { Permission, Role } from "../reading/session.ts";
import { PERMISSIONS } from "../reading/session.ts";
import { answersOf } from "./fake_data.ts";
import { series } from "./fake_series.ts";
import { bytes, FAKE_NOW, type Json, spell } from "./fake_spelling.ts";

export interface Play {
  readonly role: Role;
  readonly day: "busy" | "empty";
  /** Whose session the browser has: somebody's, nobody's, somebody's with a first password; `gone`: no operator. */
  readonly session: "in" | "out" | "first" | "gone";
  /** The path that fails, if any. */
  readonly failing: string;
}

/** As the operator has it (docs/operations/console.md). */
export const FAKE_ROLES: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ["numbers"],
  support: ["numbers", "holders", "disputes", "suspend"],
  risk: ["numbers", "exposure", "forks", "pool", "keys"],
  finance: ["numbers", "holders", "exposure", "disputes", "pool", "decide", "funding"],
  auditor: ["numbers", "holders", "exposure", "forks", "disputes", "pool", "keys", "audit", "staff"],
  admin: PERMISSIONS,
};

export class FakeOperator {
  readonly #play: Play;
  #session: Play["session"];

  constructor(play: Play) {
    this.#play = play;
    this.#session = play.session;
  }

  readonly surroundings: Surroundings = {
    fetch: async (url, init) => this.#answer(new URL(String(url), "http://made.up"), init),
    nowMs: () => 0,
    sleepMs: async () => undefined,
  };

  async #answer(url: URL, init: RequestInit | undefined): Promise<Response> {
    const { day } = this.#play;
    if (this.#session === "gone") throw new TypeError("no network");
    const path = url.pathname.replace("/v1/console/", "");
    const said: unknown = init?.body == null ? {} : await new Response(init.body).json();
    const body: Json = typeof said === "object" && said !== null ? { ...said } : {};
    if (this.#play.failing !== "" && path === this.#play.failing) return problem(503, "disk_full");
    if (path === "sign-in") return this.#signIn(body);
    if (path === "sign-out") return this.#end();
    if (this.#session === "out") return problem(401, "session_over");
    if (path === "session") return json(this.#whose());
    if (path === "password") return this.#choose(body);
    if (init?.method === "POST") return changed(path, body);
    if (path.endsWith("/proof") && path.startsWith("forks/")) return new Response(new Uint8Array([0x84, 1, 2, 3]));
    const found = path.startsWith("series/") ? this.#series(path, url.searchParams) : answersOf(day)[answerName(path)];
    return found === undefined ? problem(404, "unknown_payer") : json(searched(found, url.searchParams));
  }

  #series(path: string, asked: URLSearchParams): Json | undefined {
    if (this.#play.day === "empty") return answersOf("empty")[path];
    return series(asked.get("step") ?? "hour", Number(asked.get("count")))[path];
  }

  #whose(): Json {
    const { role } = this.#play;
    return {
      staff_id: "AAECAwQFBgc",
      name: role === "admin" ? "lin.hua" : role,
      role,
      permissions: FAKE_ROLES[role],
      csrf: "made-up",
      idle_s: 1800,
      ends_at: spell(FAKE_NOW + 1800),
      password_change_needed: this.#session === "first",
      deployment: "feiqian-test",
      currency: "EUR",
      on_trial: true,
    };
  }

  #signIn({ code }: Json): Response {
    if (code === "000000") return problem(403, "sign_in_refused");
    if (code === "111111") return problem(429, "sign_in_wait");
    this.#session = code === "222222" ? "first" : "in";
    return json(this.#whose());
  }

  #choose({ password }: Json): Response {
    if (password === "wrong") return problem(403, "sign_in_refused");
    this.#session = "in";
    return json(this.#whose());
  }

  #end(): Response {
    this.#session = "out";
    return json({ signed_out: true });
  }
}

/** Pages about one thing are all about the same one. */
function answerName(path: string): string {
  const [first = "", second, third] = path.split("/");
  if (third === "authenticators") return `${first}/one/${third}`;
  if (["payers", "payees", "allowances", "disputes"].includes(first) && second !== undefined) return `${first}/one`;
  if (path.startsWith("audit/leaves/") || path.startsWith("audit/proof/")) return "audit/leaf";
  return path;
}

/** What a search leaves: names are searched, as the operator does. */
function searched(found: Json, asked: URLSearchParams): Json {
  const q = asked.get("q")?.toLowerCase();
  const name = Object.keys(found).find((key) => Array.isArray(found[key]));
  const rows: unknown = name === undefined ? undefined : found[name];
  if (q === undefined || name === undefined || !Array.isArray(rows)) return found;
  return { ...found, [name]: rows.filter((row) => JSON.stringify(row).toLowerCase().includes(q)), next: null };
}

function changed(path: string, body: Json): Response {
  const [first = "", , act = ""] = path.split("/");
  const pin = body["with_pin"] === true ? "042137" : null;
  const code = { enrolment_code: "7KQ2-M9XR-4HTD", code_expires_at: spell(FAKE_NOW + 86_400), pin };
  if (act === "authenticators") return trusted(path);
  if (first === "attestation-roots") return json(firstOf(answersOf("busy")[first], "roots"));
  if (act === "revocation")
    return json({ terminal_ref: bytes(120), revoked_at: spell(FAKE_NOW), expires_at: spell(FAKE_NOW + 9e5) });
  if (act === "codes" || path === "payers" || path === "payees") return json({ payer_id: "AAECAwQFBgc", ...code });
  if (act === "funding") return json({ free_minor: 125_000, currency: "EUR" });
  if (path === "pool/funding") return json({ pool_minor: 2_000_000, currency: "EUR" });
  if (act === "suspensions")
    return json({
      suspensions: [
        { ref: "AAECAwQFBgc", reason: "lost", at_risk_minor: 7_550, currency: "EUR", deadline: spell(FAKE_NOW + 9e5) },
      ],
    });
  if (first === "disputes") return json(one(answersOf("busy")["disputes/one"], "dispute"));
  if (first === "staff" && (act === "" || act === "reset")) {
    const name = typeof body["name"] === "string" ? body["name"] : "wang.wei";
    return json({
      staff_id: "AQIDBAUGBwg",
      name,
      role: typeof body["role"] === "string" ? body["role"] : "support",
      password: "copper-lantern-seven-orchard",
      otpauth_uri: `otpauth://totp/Feiqian%20feiqian-test:${name}?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Feiqian%20feiqian-test`,
    });
  }
  if (first === "staff") return json(firstOf(answersOf("busy")["staff"], "staff"));
  return problem(404, "unknown_staff");
}

/** What becomes of a payer's authenticators. */
function trusted(path: string): Response {
  const all = answersOf("busy")["payers/one/authenticators"] ?? {};
  if (path.endsWith("confirmation")) return json(firstOf(all, "authenticators"));
  if (path.endsWith("removal")) return json(all);
  const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
  const uri = `otpauth://totp/Feiqian%20feiqian-test:Ana?secret=${secret}&issuer=Feiqian%20feiqian-test`;
  return json({ authenticator_id: bytes(73, 16), kind: "totp", secret, otpauth_uri: uri });
}

function one(found: Json | undefined, name: string): Json {
  const value: unknown = found?.[name];
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function firstOf(found: Json | undefined, name: string): Json {
  const rows: unknown = found?.[name];
  const first: unknown = Array.isArray(rows) ? rows[0] : undefined;
  return typeof first === "object" && first !== null ? { ...first } : {};
}

function json(content: Json): Response {
  return new Response(JSON.stringify(content), { status: 200, headers: { "content-type": "application/json" } });
}

const PROBLEMS: Readonly<Record<string, readonly [message: string, safe: string, next: string]>> = {
  sign_in_refused: [
    "Name, password and code do not fit together.",
    "Nobody was signed in; the try was counted and noted.",
    "Check all three; wait for the next code if this one was used.",
  ],
  sign_in_wait: [
    "There were too many misses in a row.",
    "Nobody was signed in, and this try was not looked at.",
    "Try again in 30 seconds.",
  ],
  disk_full: ["The operator's disk is full.", "Nothing was changed.", "Try again later."],
};

function problem(status: number, code: string): Response {
  const [message, safe, next] = PROBLEMS[code] ?? ["There is no such thing.", "Nothing was changed.", "Look again."];
  const content = {
    type: "about:blank",
    title: code,
    status,
    detail: "",
    code,
    message,
    safe,
    next,
    request_id: "r-1",
  };
  return new Response(JSON.stringify(content), { status, headers: { "content-type": "application/problem+json" } });
}
