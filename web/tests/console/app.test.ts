/** Signing in, and what ends a session: the app and its requests against a made-up operator. */

import { describe, expect, test } from "vitest";
import { ConsoleApp } from "../../console/app.ts";
import { newKey } from "../../console/operator.ts";
import { FakeOperator, type Play } from "../../console/screens/fake_operator.ts";
import { HttpTransport, type Surroundings } from "../../platform/http.ts";

const PLAY: Play = { role: "admin", day: "busy", session: "in", failing: "" };

interface Sent {
  readonly path: string;
  readonly init: RequestInit;
}

function played(play: Partial<Play> = {}, cut: (path: string) => boolean = () => false) {
  const { surroundings } = new FakeOperator({ ...PLAY, ...play });
  const sent: Sent[] = [];
  let now = 1_000;
  const heard: Surroundings = {
    ...surroundings,
    fetch: async (url, init) => {
      sent.push({ path: String(url).replace("/v1/console/", ""), init: init ?? {} });
      const answer = await surroundings.fetch(url, init);
      if (cut(String(url))) throw new TypeError("the answer was lost");
      return answer;
    },
  };
  const transport = new HttpTransport({ patience: { timeoutMs: 100, deadlineMs: 30_000 }, surroundings: heard });
  const app = new ConsoleApp({ language: () => "en", now: () => now, transport });
  const header = (at: number, name: string) => new Headers(sent.at(at)?.init.headers).get(name);
  return {
    app,
    sent,
    header,
    later: (seconds: number): void => {
      now += seconds;
    },
  };
}

describe("the start", () => {
  test.each([
    ["in", "in"],
    ["out", "out"],
    ["first", "password"],
    ["gone", "unreachable"],
  ] as const)("with a session that is %s stands at %s", async (session, phase) => {
    const { app } = played({ session });
    expect(app.phase).toBe("starting");
    await app.start();
    expect(app.phase).toBe(phase);
    expect(app.ended).toBe(false);
  });
});

describe("signing in", () => {
  test("sends the code once, also when the answer is lost: it counts once", async () => {
    const { app, sent } = played({ session: "out" }, (url) => url.endsWith("sign-in"));
    await app.start();
    await expect(app.signIn("lin", "p", "123456")).rejects.toMatchObject({ code: "operator_unreachable" });
    expect(sent.map(({ path }) => path)).toEqual(["session", "sign-in"]);
    expect(app.phase).toBe("out");
  });

  test("a refusal leaves nobody signed in", async () => {
    const { app } = played({ session: "out" });
    await app.start();
    await expect(app.signIn("lin", "p", "000000")).rejects.toMatchObject({ code: "sign_in_refused" });
    expect([app.phase, app.session]).toEqual(["out", null]);
  });

  test("a first password opens nothing but the page to change it", async () => {
    const { app } = played({ session: "out" });
    await app.signIn("lin", "p", "222222");
    expect(app.phase).toBe("password");
    await app.choosePassword("p", "seven calm otters");
    expect(app.phase).toBe("in");
  });
});

describe("a session", () => {
  test("goes with the cookie and, where something changes, with the second token", async () => {
    const { app, sent, header } = played();
    await app.start();
    await app.operator.suspend("AAECAwQFBgc");
    expect(sent.every(({ init }) => init.credentials === "same-origin")).toBe(true);
    expect(header(-1, "x-feiqian-csrf")).toBe("made-up");
    expect(header(0, "x-feiqian-csrf")).toBeNull();
    expect(header(-1, "authorization")).toBeNull();
  });

  test("that the operator calls over takes everything with it", async () => {
    const { app } = played();
    await app.start();
    let told = 0;
    app.subscribe(() => {
      told += 1;
    });
    await app.operator.signOut(); // by another tab of this browser
    await expect(app.operator.overview()).rejects.toMatchObject({ code: "session_over" });
    expect([app.phase, app.session, app.ended, told]).toEqual(["out", null, true, 1]);
  });

  test("ends for want of use a minute before the operator would end it, and each request starts anew", async () => {
    const { app, later } = played();
    await app.start();
    expect(app.idleEndsAt).toBe(1_000 + 1_740);
    later(500);
    await app.operator.overview();
    expect(app.idleEndsAt).toBe(1_500 + 1_740);
  });

  test("that one signs out of is over here even if the operator does not hear it, and that is said", async () => {
    const { app } = played({}, (url) => url.endsWith("sign-out"));
    await app.start();
    await app.signOut();
    expect([app.phase, app.session, app.unheard]).toEqual(["out", null, true]);
  });
});

describe("money and codes", () => {
  test("carry one key through every try of the same question", async () => {
    const lost: string[] = [];
    const { app, sent, header } = played({}, (url) => url.includes("funding") && lost.push(url) < 3);
    await app.start();
    const key = newKey();
    expect(await app.operator.fundPayer(key, "AAECAwQFBgc", 250_00n, "EUR")).toBe(125_000n);
    const tries = sent.filter(({ path }) => path.includes("funding"));
    expect(tries).toHaveLength(3);
    expect(new Set(tries.map(({ init }) => new Headers(init.headers).get("idempotency-key")))).toEqual(new Set([key]));
    expect(header(-1, "content-type")).toBe("application/json");
  });

  test("have another key each time they are asked anew", () => {
    expect(new Set(Array.from({ length: 50 }, newKey)).size).toBe(50);
    expect(newKey()).toMatch(/^[A-Za-z0-9_-]{22}$/u);
  });
});

test("what is searched and paged stands in the address, spelled so that nothing else can be meant", async () => {
  const { app, sent } = played();
  await app.operator.payers("a&b=1 李", "next page");
  await app.operator.payers("", null);
  await app.operator.allowances("forked", null);
  expect(sent.map(({ path }) => path)).toEqual([
    "payers?q=a%26b%3D1+%E6%9D%8E&after=next+page",
    "payers",
    "allowances?state=forked",
  ]);
});
