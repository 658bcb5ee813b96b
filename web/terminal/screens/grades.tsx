/** Finality as the payee reads it (spec 07.1): colour, icon and words together, and F2 never without X and D. */

import { Disc, GradeBadge, gradeTone } from "../../ui/badges.tsx";
import { instant, money } from "../../ui/format.ts";
import type { IconName } from "../../ui/icons.tsx";
import type { AcceptedView, Grade } from "../app.ts";
import { useTerminal } from "./context.ts";

export const GRADE_ICONS: Readonly<Record<Grade, IconName>> = {
  F0: "bad",
  F1: "handshake",
  F2: "shieldCheck",
  F3: "check",
};

/** Characters of an amount that stand in one line at full size. */
const LONG = 13;

/** A grade in a row; "refused" in a list is always the operator's refusal, for what was refused here is in none. */
export function GradeChip({ grade }: { grade: Grade }) {
  const { words } = useTerminal();
  return <GradeBadge grade={grade} words={grade === "F0" ? words.refusedByOperator : words.grades[grade]} />;
}

/** What can be counted on: X and D for F2, the risk for F1. */
export function useGuaranteeLine(): (payment: AcceptedView) => string {
  const { app, words, language } = useTerminal();
  const { currency, now } = app.ready();
  return (payment) => {
    const until = instant(payment.deadline, now, language);
    if (payment.grade === "F2") return words.guarantee(money(payment.guaranteedMinor, currency), until);
    if (payment.grade === "F1") return words.noGuarantee(until);
    return payment.grade === "F3" ? words.finalNothing : payment.words.title;
  };
}

/** The decision, as large as the screen allows. */
export function GradeBanner({
  grade,
  title,
  amount,
  line,
}: {
  grade: Grade;
  title: string;
  amount?: string;
  line: string;
}) {
  const tone = gradeTone(grade);
  return (
    <div class={`decision tone-${tone}`} role="status" data-testid={`decision-${grade}`}>
      <Disc tone={tone} icon={GRADE_ICONS[grade]} />
      <p class="decision-title">{title}</p>
      {amount === undefined ? null : (
        <p class={amount.length > LONG ? "decision-amount decision-amount-long numbers" : "decision-amount numbers"}>
          {amount}
        </p>
      )}
      <p class="decision-line">{line}</p>
    </div>
  );
}

/** An amount in a list of facts: never broken over two lines. */
export function Sum({ children }: { children: string }) {
  return <span class="sum">{children}</span>;
}
