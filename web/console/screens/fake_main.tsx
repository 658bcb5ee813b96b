/**
 * The page where the console is looked at: fake.html?role=admin&day=busy&language=zh#/payers
 *
 * It is the console itself; only the operator is made up (fake_operator.ts). No page of the build. Tests build it by
 * itself (tests/browser/test_console_screens.py).
 */

import "../../ui/tokens.css";
import "../../ui/base.css";
import "../../ui/parts.css";
import "../../ui/seldom.css";
import "./console.css";
import { render } from "preact";
import { HttpTransport } from "../../platform/http.ts";
import { drawQr } from "../../platform/qr_draw.ts";
import { screenNow, setScreenClock } from "../../ui/now.ts";
import { language, setLanguage } from "../../ui/words.ts";
import { ConsoleApp } from "../app.ts";
import { ROLES } from "../reading/session.ts";
import { holdWords } from "../tongue.ts";
import { FakeOperator } from "./fake_operator.ts";
import { FAKE_NOW } from "./fake_spelling.ts";
import { ConsoleScreens } from "./shell.tsx";

const asked = new URLSearchParams(location.search);
const one = <T extends string>(name: string, among: readonly T[], otherwise: T): T =>
  among.find((value) => value === asked.get(name)) ?? otherwise;

const AHEAD_AFTER_MS = 500;
/** Seconds that the page's clock is ahead: a session that nobody uses is made old at once. */
let ahead = 0;
setScreenClock(() => FAKE_NOW + ahead);
holdWords();
await setLanguage(one("language", ["en", "zh"], "en"));

const operator = new FakeOperator({
  role: one("role", ROLES, "admin"),
  day: one("day", ["busy", "empty"], "busy"),
  session: one("session", ["in", "out", "first", "gone"], "in"),
  failing: asked.get("failing") ?? "",
});
const transport = new HttpTransport({
  patience: { timeoutMs: 1_000, deadlineMs: 1 },
  surroundings: operator.surroundings,
});
const app = new ConsoleApp({ language, now: screenNow, transport });
const root = document.getElementById("app");
if (root !== null) {
  render(<ConsoleScreens app={app} doors={{ draw: drawQr, save: () => undefined }} />, root);
  if (!asked.has("starting")) await app.start();
  document.body.dataset["ready"] = "";
  setTimeout(() => {
    ahead = Number(asked.get("ahead") ?? "0"); // after what the page asks for first: that counts as use
  }, AHEAD_AFTER_MS);
}
