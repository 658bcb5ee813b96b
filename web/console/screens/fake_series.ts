/** Figures over time of the made-up operator. */

import { DAY, FAKE_NOW, HOUR, type Json, spell } from "./fake_spelling.ts";

/** A wave with noise that is always the same. */
function wave(at: number, high: number): number {
  const day = Math.max(0, Math.sin(((at % 24) - 6) * 0.26));
  return Math.round(high * day * (0.7 + 0.3 * Math.abs(Math.sin(at * 2.3))));
}

export function series(step: string, count: number): Record<string, Json> {
  const size = step === "day" ? DAY : HOUR;
  const last = Math.floor(FAKE_NOW / size) * size;
  const buckets = Array.from({ length: count }, (_, number) => last - (count - 1 - number) * size);
  const hour = (at: number) => (step === "day" ? (at / DAY) % 24 : (at / HOUR) % 24);
  const of = (make: (at: number) => Json) => [
    { currency: "EUR", buckets: buckets.map((at) => ({ at: spell(at), ...make(hour(at)) })) },
  ];
  const head = { step, since: spell(buckets[0] ?? FAKE_NOW) };
  return {
    "series/volume": {
      ...head,
      currencies: of((at) => ({
        on_arrival_minor: wave(at, 412_000),
        at_deadline_minor: wave(at + 3, 31_000),
        charged_back_minor: at > 20 ? 1_200 : 0,
      })),
    },
    "series/exposure": {
      ...head,
      currencies: of((at) => ({ reserved_minor: 900_000 + wave(at, 700_000), pool_minor: 500_000 })),
    },
    "series/settling": {
      ...head,
      claims: 4_128,
      online_within_s: 60,
      buckets: buckets.map((at) => ({ at: spell(at), online: wave(hour(at), 90), offline: wave(hour(at), 120) })),
      currencies: of((at) => ({ online_minor: wave(at + 1, 160_000), offline_minor: wave(at, 280_000) })),
      delays: [60, 300, 900, 3_600, 14_400, 43_200, 86_400, 259_200, null].map((up_to_s, number) => ({
        up_to_s,
        claims: [1_420, 610, 488, 730, 512, 240, 96, 30, 2][number] ?? 0,
      })),
      refusals: [
        { reason: "suspended", claims: 41 },
        { reason: "not_covered", claims: 17 },
        { reason: "device_signature_invalid", claims: 6 },
        { reason: "late", claims: 2 },
      ],
    },
  };
}
