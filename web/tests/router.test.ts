/** The address: screens, and the enrolment code of a link, which must not stay in it. */

import { afterEach, expect, test, vi } from "vitest";
import { codeInLink, parseRoute, takeLinkCode } from "../ui/router.ts";

afterEach(() => vi.unstubAllGlobals());

test("an address names a screen and what it is about", () => {
  expect(parseRoute("#/payment/3-17")).toEqual({ name: "payment", rest: "3-17" });
  expect(parseRoute("")).toEqual({ name: "home", rest: "" });
  expect(parseRoute("#/payment/%zz")).toEqual({ name: "payment", rest: "" });
});

test("a link's code stands behind the hash", () => {
  expect(codeInLink("#/enrol/FQ-7K2M%2D9")).toBe("FQ-7K2M-9");
  expect(codeInLink("#/payment/7f3a9c21")).toBe("");
  expect(codeInLink("")).toBe("");
});

test("a code that was read is gone from the address, and nothing else touches it", () => {
  const replaceState = vi.fn();
  vi.stubGlobal("history", { replaceState });
  vi.stubGlobal("location", { hash: "#/till" });
  expect(takeLinkCode()).toBe("");
  expect(replaceState).not.toHaveBeenCalled();
  vi.stubGlobal("location", { hash: "#/enrol/FQ-7K2M" });
  expect(takeLinkCode()).toBe("FQ-7K2M");
  expect(replaceState).toHaveBeenCalledExactlyOnceWith(null, "", "#/enrol");
});
