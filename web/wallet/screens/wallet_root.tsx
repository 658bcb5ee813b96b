/** Which screen is shown: by the wallet's phase first, then by the address. */

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { goInstead, type Route, useRoute } from "../../ui/router.ts";
import { useLanguage } from "../../ui/words.ts";
import { Code } from "./code.tsx";
import {
  type Environment,
  EnvironmentContext,
  NOTHING_PASSED,
  type Passing,
  useApp,
  useEnvironment,
} from "./environment.tsx";
import { Detail, History } from "./history.tsx";
import { Home } from "./home.tsx";
import { Allowances, TopUp } from "./money.tsx";
import { Boundary, ChangePin, Lost, More, Settings, UpdateNeeded } from "./more.tsx";
import { Offer, Receipt, Shown } from "./pay.tsx";
import { Scan } from "./scan.tsx";
import { Sync } from "./sync.tsx";
import { Disputes, Findings, ReportProblem } from "./troubles.tsx";
import { Blocked, Unlock, Welcome } from "./welcome.tsx";

export interface RootGiven extends Omit<Environment, "passing" | "pass"> {
  readonly firstPassing?: Partial<Passing>;
}

export function WalletRoot({ firstPassing, ...given }: RootGiven) {
  useLanguage();
  const [passing, setPassing] = useState<Passing>({ ...NOTHING_PASSED, ...firstPassing });
  const pass = useCallback((some: Partial<Passing>) => setPassing((now) => ({ ...now, ...some })), []);
  const { app, draw, startScan, linkCode, update } = given;
  const environment = useMemo(
    () => ({ app, draw, startScan, linkCode, update, passing, pass }),
    [app, draw, startScan, linkCode, update, passing, pass],
  );
  return (
    <EnvironmentContext.Provider value={environment}>
      <Phases />
    </EnvironmentContext.Provider>
  );
}

function Phases() {
  const app = useApp();
  const route = useRoute();
  const { pass } = useEnvironment();
  const open = app.phase === "open";
  // What was passed on belongs to an open wallet: a locked one shows none of it, nor does the next holder.
  useEffect(() => {
    if (!open) pass(NOTHING_PASSED);
  }, [open, pass]);
  if (route.name === "lost") return <Lost />;
  if (app.phase === "new") return <Welcome />;
  if (app.phase === "locked") return <Unlock />;
  if (app.phase === "blocked") return <Blocked />;
  return <Screens route={route} />;
}

/** Screens that show what another one handed over; without it there is nothing to show. */
function Screens({ route }: { route: Route }) {
  const { passing, pass } = useEnvironment();
  const said = passing.flash;
  // Said once: gone with the next step.
  useEffect(() => {
    if (said !== null) return () => pass({ flash: null });
    return undefined;
  }, [said, pass, route.name]);
  switch (route.name) {
    case "scan":
      return <Scan receipt={false} />;
    case "scan-receipt":
      return <Scan receipt={true} />;
    case "offer":
      return passing.offer === null ? <Gone /> : <Offer offer={passing.offer} />;
    case "shown":
      return passing.shown === null ? <Gone /> : <Shown />;
    case "receipt":
      return passing.receipt === null ? <Gone /> : <Receipt />;
    case "code":
      return <Code />;
    case "history":
      return <History />;
    case "payment":
      return <Detail number={route.rest} />;
    case "report":
      return <ReportProblem number={route.rest} />;
    case "top-up":
      return <TopUp />;
    case "sync":
      return <Sync />;
    case "findings":
      return <Findings />;
    case "allowances":
      return <Allowances />;
    case "disputes":
      return <Disputes />;
    case "more":
      return <More />;
    case "settings":
      return <Settings />;
    case "pin":
      return <ChangePin />;
    case "boundary":
      return <Boundary />;
    case "update":
      return <UpdateNeeded />;
    default:
      return <Home />;
  }
}

function Gone() {
  useEffect(() => goInstead(""), []);
  return null;
}
