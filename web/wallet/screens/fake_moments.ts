/** Offers and syncs as they may stand, for fake_app.ts: every warning, long names, a sync at each of its moments. */

import { language, pick, type Twin } from "../../ui/words.ts";
import type { OfferView, SyncStep, SyncView } from "../app.ts";
import { offline, type Play } from "./fake_app.ts";
import { FAKE_NOW, samplePayment } from "./fake_payments.ts";

const put = (twin: Twin): string => pick(twin, language());

export function sampleOffer(kind: string, currency: string): OfferView {
  const usual: OfferView = {
    offerId: kind,
    amountMinor: 2_350n,
    upTo: false,
    currency,
    payeeName: put(["Café Lindenhof", "林登霍夫咖啡馆"]),
    payeeProved: true,
    reference: put(["Table 12", "12 号桌"]),
    expiresAt: FAKE_NOW + 95,
    holderCheckNeeded: false,
    warnings: [],
    drawn: null,
  };
  const long: Twin = [
    "Bakery at the Old Town Hall Square, Freiburg im Breisgau",
    "北京市朝阳区大望路老字号手工糕点烘焙工坊总店（国贸分店）",
  ];
  if (kind === "unproved")
    return {
      ...usual,
      payeeName: put(["Kiosk 7", "七号报刊亭"]),
      payeeProved: false,
      reference: null,
      warnings: ["payee_not_proved", "trust_old"],
    };
  if (kind === "upto")
    return {
      ...usual,
      upTo: true,
      amountMinor: 6_000n,
      payeeName: put(["Filling station A5 North", "A5 高速北区加油站"]),
      reference: null,
    };
  if (kind === "large")
    return {
      ...usual,
      amountMinor: 123_456_750n,
      payeeName: put(long),
      reference: put(["Invoice 2026-11-22-000193 for the wedding", "发票 2026-11-22-000193 婚礼蛋糕定金"]),
      holderCheckNeeded: true,
    };
  if (kind === "over") return { ...usual, expiresAt: FAKE_NOW - 1 };
  if (kind === "drawn") return { ...usual, drawn: samplePayment("shown", {}) };
  return usual;
}

export function sampleSync(sync: Play["sync"]): SyncView {
  const step = (id: SyncStep["id"], state: SyncStep["state"], count = 0): SyncStep => ({
    id,
    state,
    failure: null,
    count,
  });
  const ids: SyncStep["id"][] = ["trust", "top_up", "closing", "statement", "papers"];
  const steps: SyncStep[] =
    sync === "none"
      ? ids.map((id) => step(id, "waiting"))
      : sync === "running"
        ? [
            step("trust", "done", 1),
            step("top_up", "skipped"),
            step("closing", "done"),
            step("statement", "running"),
            step("papers", "waiting"),
          ]
        : sync === "done"
          ? ids.map((id) => step(id, id === "closing" ? "skipped" : "done", id === "statement" ? 3 : 0))
          : [
              step("trust", "done", 1),
              step("top_up", "done"),
              step("closing", "skipped"),
              { ...step("statement", "failed"), failure: offline().coded },
              step("papers", "waiting"),
            ];
  return {
    running: sync === "running",
    startedAt: sync === "none" ? null : FAKE_NOW - 4,
    expectedMs: sync === "none" ? null : { low: 2_400, high: 85_000 },
    steps,
    finishedAt: sync === "done" || sync === "failed" ? FAKE_NOW - 1 : null,
  };
}
