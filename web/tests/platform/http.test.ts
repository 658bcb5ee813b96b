/** One request and its retries, against a server that answers as it is told, hangs or drips. */

import { describe, expect, test } from "vitest";
import { fieldsOf, HttpTransport, type Surroundings, TRIES_MAX } from "../../platform/http.ts";
import { LinkTrouble, OperatorRefused, OperatorUnable } from "../../platform/link_trouble.ts";
import { PayerOperator } from "../../platform/operator_payer.ts";
import { utf8 } from "../../protocol/octets.ts";

const PROBLEM = { code: "disk_full", message: "Full.", safe: "Safe.", next: "Wait.", request_id: "r1" };
const ASK = { method: "GET", path: "/v1/x", maxBytes: 256 } as const;

type Answer = (request: { url: string; init: RequestInit }) => Response | Promise<Response>;

interface Played {
  readonly transport: HttpTransport;
  readonly asked: { url: string; init: RequestInit }[];
  readonly slept: number[];
}

/** A transport whose answers are these, one after the other, the last one again and again. */
function play(answers: readonly Answer[], patience = { timeoutMs: 100, deadlineMs: 30_000 }): Played {
  const [asked, slept]: [Played["asked"], number[]] = [[], []];
  let now = 0;
  const surroundings: Surroundings = {
    async fetch(url, init) {
      const request = { url: String(url), init: init ?? {} };
      asked.push(request);
      const answer = answers[Math.min(asked.length, answers.length) - 1];
      if (answer === undefined) throw new TypeError("nothing to answer");
      return answer(request);
    },
    nowMs: () => now,
    async sleepMs(ms) {
      slept.push(ms);
      now += ms;
    },
  };
  return { transport: new HttpTransport({ patience, surroundings }), asked, slept };
}

const json =
  (status: number, content: object, headers: Record<string, string> = {}) =>
  () =>
    new Response(JSON.stringify(content), { status, headers: { "content-type": "application/json", ...headers } });
const problem = (status: number) => json(status, PROBLEM, { "content-type": "application/problem+json" });
const unreachable: Answer = () => {
  throw new TypeError("fetch failed");
};
const hangs: Answer = ({ init }) =>
  new Promise((_, failed) => init.signal?.addEventListener("abort", () => failed(new DOMException("", "AbortError"))));

async function trouble(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "answered",
    (error: unknown) => error,
  );
}

describe("what is tried again", () => {
  test("no connection, then an answer: the same bytes and headers", async () => {
    const { transport, asked } = play([unreachable, json(503, {}), json(200, { version: "1" })]);
    const body = utf8("{}");
    const reply = await transport.send({ ...ASK, method: "POST", body, headers: { authorization: "Bearer t" } });
    expect(fieldsOf(reply).text("version")).toBe("1");
    expect(asked).toHaveLength(3);
    expect(new Set(asked.map(({ init }) => init.body))).toEqual(new Set([body]));
    expect(asked.map(({ init }) => new Headers(init.headers).get("authorization"))).toEqual(Array(3).fill("Bearer t"));
  });

  test("a refusal is an answer", async () => {
    const { transport, asked } = play([problem(409)]);
    const found = await trouble(transport.send(ASK).then(fieldsOf));
    expect(found).toBeInstanceOf(OperatorRefused);
    expect(asked).toHaveLength(1);
  });

  test.each([
    ["no connection", unreachable, "operator_unreachable"],
    ["a busy server", json(429, {}), "operator_busy"],
    ["a proxy's fault", json(502, {}), "operator_failed"],
    ["received, not done", problem(202), "disk_full"],
  ] as const)("%s, %s", async (_, answer, code) => {
    const { transport, asked, slept } = play([answer]);
    expect(await trouble(transport.send(ASK))).toMatchObject({ code });
    expect(asked).toHaveLength(TRIES_MAX);
    expect(slept.every((ms, at) => ms >= 100 * 2 ** at && ms <= 200 * 2 ** at)).toBe(true);
  });

  test("who is asked to wait asks no earlier, or gives up", async () => {
    const soon = play([json(503, {}, { "retry-after": "2" }), json(200, {})]);
    await soon.transport.send(ASK);
    expect(soon.slept[0]).toBeGreaterThanOrEqual(2_100);
    const late = play([json(503, {}, { "retry-after": "600" })]);
    expect(await trouble(late.transport.send(ASK))).toMatchObject({ code: "operator_busy" });
    expect(late.asked).toHaveLength(1);
  });
});

describe("what ends a call", () => {
  test("a server that hangs", async () => {
    const { transport } = play([hangs], { timeoutMs: 20, deadlineMs: 100 });
    expect(await trouble(transport.send(ASK))).toMatchObject({ code: "operator_unreachable" });
  });

  test("an answer that is too long", async () => {
    const { transport, asked } = play([json(200, { text: "x".repeat(300) })]);
    expect(await trouble(transport.send(ASK))).toMatchObject({ code: "operator_answer_unreadable" });
    expect(asked).toHaveLength(1);
  });

  test("a fault of the server's own, in its own words", async () => {
    const found = await trouble(play([problem(500)]).transport.send(ASK));
    expect(found).toBeInstanceOf(OperatorUnable);
    if (found instanceof OperatorUnable) expect(found.words("en").next).toBe("Wait. (Request r1.)");
  });

  test("a page in the operator's place", async () => {
    const page: Answer = () => new Response("<html>", { headers: { "content-type": "text/html" } });
    const found = await trouble(play([page]).transport.send(ASK).then(fieldsOf));
    expect(found).toBeInstanceOf(LinkTrouble);
    expect(found).toMatchObject({ code: "operator_answer_unreadable" });
  });
});

test("no cookie, no cache, no redirect, and only our own server", async () => {
  const { transport, asked } = play([json(200, {})]);
  await transport.send(ASK);
  expect(asked[0]?.init).toMatchObject({
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
    mode: "same-origin",
  });
});

test("a pack that did not change is null; one that did comes with its tag", async () => {
  const cbor = { "content-type": "application/cbor", etag: '"2"' };
  const { transport, asked } = play([
    () => new Response(null, { status: 304 }),
    () => new Response("x", { headers: cbor }),
  ]);
  const operator = new PayerOperator({ transport, language: "zh" });
  expect(await operator.trustPack('"1"')).toBeNull();
  expect(await operator.trustPack()).toEqual({ raw: utf8("x"), etag: '"2"' });
  const headers = asked.map(({ init }) => new Headers(init.headers));
  expect(headers[0]?.get("if-none-match")).toBe('"1"');
  expect(headers[1]?.get("accept-language")).toBe("zh");
});
