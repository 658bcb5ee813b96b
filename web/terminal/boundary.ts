/** What this terminal can do now, as risk/boundary.ts lists it: the facts are those of `readiness`. */

import { Capability } from "../protocol/certificate.ts";
import type { Policy } from "../protocol/policy.ts";
import { type Capability as Ability, type Reach, type TerminalFacts, terminalBoundary } from "../risk/boundary.ts";
import type { Desk } from "./desk.ts";
import { policyHeld, type Readiness, readiness } from "./readiness.ts";

/** What the payee can do at this moment. */
export function boundary(desk: Desk, reach: Reach = "not_tried"): readonly Ability[] {
  const found = readiness(desk);
  const { guarantee, queue } = found;
  const { capabilities, noteCapMinor } = desk.certificate;
  const policy = policyHeld(desk);
  return terminalBoundary({
    now: found.now,
    reach,
    certificateExpiresAt: found.certificateExpiresAt,
    mayAsk: (capabilities & Capability.request) !== 0,
    mayTakeCodes: (capabilities & Capability.oneWay) !== 0,
    mayGiveBack: (capabilities & Capability.notes) !== 0,
    guaranteedMinor: guarantee?.capMinor ?? null,
    acceptCapMinor: guarantee?.acceptCapMinor ?? null,
    oneWayCapMinor: guarantee?.oneWayCapMinor ?? 0n,
    noteCapMinor,
    nextStepAt: nextStep(desk, found, policy),
    lists: lists(found, policy),
    waiting: queue.claims + queue.notes,
  });
}

/** How far knowledge has aged. */
function lists({ listsAgeS }: Readiness, policy: Policy | undefined): TerminalFacts["lists"] {
  if (listsAgeS === undefined) return "keys_over";
  if (policy === undefined || listsAgeS < policy.listWarnAgeS) return null;
  return listsAgeS < policy.listStaleAgeS ? "lists_old" : "lists_stale";
}

/** When caps shrink next; null when they no longer can. */
function nextStep(desk: Desk, { listsAgeS, listsIssuedAt }: Readiness, policy: Policy | undefined): number | null {
  if (policy === undefined || listsAgeS === undefined) return null;
  const ages = [policy.listWarnAgeS, policy.listStaleAgeS].filter((ageS) => listsAgeS < ageS);
  return Math.min(...ages.map((ageS) => listsIssuedAt + ageS), desk.trust.keySet.expiresAt + 1);
}
