/** One payment from request to receipt: show, scan, ask a person where the rules say so, decide, show the receipt. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { CodedNotice, EmptyState } from "../../ui/notice.tsx";
import { goInstead } from "../../ui/router.ts";
import type { RequestView } from "../app.ts";
import { type Agreed, type Answer, type Step, stepAfter } from "./checkout_steps.ts";
import { useMoney, useTerminal } from "./context.ts";
import { DecidedScreen, FinalAmountScreen, OwnRiskScreen } from "./decision.tsx";
import { ScanScreen } from "./later_screens.ts";
import { Page } from "./page.tsx";
import { AskedScreen } from "./request.tsx";

/** A request by its hash. It is remembered here: once accepted, the till no longer lists it as open. */
export function RequestCheckout({ hashHex }: { hashHex: string }) {
  const { app, words } = useTerminal();
  const [asked] = useState<RequestView | undefined>(() => app.openRequests().find((one) => one.hashHex === hashHex));
  if (asked === undefined) {
    return (
      <Page title={words.sellTitle} testid="request-gone" here="" onBack={() => goInstead("")}>
        <EmptyState icon="clock" title={words.requestGone}>
          <p>{words.requestGoneDetail}</p>
        </EmptyState>
        <Button onClick={() => goInstead("")}>{words.nextPayment}</Button>
      </Page>
    );
  }
  return (
    <Flow
      first={{ kind: "shown" }}
      asked={asked}
      amountMinor={asked.amountMinor}
      scanTitle={words.scanTitle}
      act={(scanned, agreed) => app.accept(scanned, { requestHashHex: hashHex, ...agreed })}
    />
  );
}

/** A payment code for what is due; `typed` is the amount in minor units. */
export function CodeCheckout({ typed }: { typed: string }) {
  const { app, words } = useTerminal();
  const shown = useMoney();
  const dueMinor = /^\d{1,13}$/u.test(typed) ? BigInt(typed) : 0n;
  return (
    <Flow
      first={{ kind: "scanning", progress: null }}
      asked={null}
      amountMinor={dueMinor}
      scanTitle={words.scanCodeTitle}
      scanLead={words.scanCodeFor(shown(dueMinor))}
      act={(scanned, { atOwnRisk }) =>
        app.takeCode(scanned, { dueMinor, ...(atOwnRisk === true ? { atOwnRisk } : {}) })
      }
    />
  );
}

interface FlowGiven {
  readonly first: Step;
  readonly asked: RequestView | null;
  readonly amountMinor: bigint;
  readonly scanTitle: string;
  readonly scanLead?: string;
  readonly act: (scanned: string, agreed: Agreed) => Promise<Answer>;
}

function Flow({ first, asked, amountMinor, scanTitle, scanLead, act }: FlowGiven) {
  const { words } = useTerminal();
  const [step, setStep] = useState<Step>(first);
  const running = useAct();
  const check = (scanned: string, agreed: Agreed) =>
    running.run(async () => setStep(stepAfter(await act(scanned, agreed), scanned, agreed)));
  const leave = () => (asked === null ? goInstead("") : setStep({ kind: "shown" }));
  const failure = running.failure === null ? null : <CodedNotice coded={running.failure} live="alert" />;

  switch (step.kind) {
    case "shown":
      return asked === null ? null : (
        <AskedScreen asked={asked} onScan={() => setStep({ kind: "scanning", progress: null })} />
      );
    case "scanning":
      return (
        <ScanScreen
          title={scanTitle}
          lead={scanLead ?? words.scanHint}
          progress={step.progress}
          busy={running.busy}
          failure={failure}
          onText={(scanned) => check(scanned, {})}
          onBack={leave}
        />
      );
    case "asking": {
      const given = {
        asking: step.asking,
        busy: running.busy,
        failure,
        onNo: leave,
      };
      return step.asking.why === "final_amount" ? (
        <FinalAmountScreen {...given} onYes={(finalMinor) => check(step.scanned, { ...step.agreed, finalMinor })} />
      ) : (
        <OwnRiskScreen
          {...given}
          amountMinor={step.agreed.finalMinor ?? amountMinor}
          onYes={() => check(step.scanned, { ...step.agreed, atOwnRisk: true })}
        />
      );
    }
    case "decided":
      return <DecidedScreen decided={step.decided} onScanAgain={() => setStep({ kind: "scanning", progress: null })} />;
  }
}
