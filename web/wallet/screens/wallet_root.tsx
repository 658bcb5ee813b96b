/** Which screen is shown: by the wallet's phase first, then by the address. */

import { useCallback, useEffect, useMemo, useState } from "preact/hooks";
import { later } from "../../ui/later.tsx";
import { goInstead, type Route, useRoute } from "../../ui/router.ts";
import { useLanguage } from "../../ui/words.ts";
import { SELDOM_FILES } from "../seldom_words.ts";
import {
  type Environment,
  EnvironmentContext,
  NOTHING_PASSED,
  type Passing,
  useApp,
  useEnvironment,
} from "./environment.tsx";
import { Home } from "./home.tsx";
import { Code } from "./later_code.ts";
import { Offer, Receipt, Shown } from "./pay.tsx";
import { Unlock } from "./unlock.tsx";

/** With the scanner, which comes with the first scan. */
const Scan = later(() => import("./scan.tsx"))((screens) => screens.Scan);
const seldom = later(() => import("./seldom.tsx"), SELDOM_FILES);
const Welcome = seldom((screens) => screens.Welcome);
const Blocked = seldom((screens) => screens.Blocked);
const TopUp = seldom((screens) => screens.TopUp);
const Allowances = seldom((screens) => screens.Allowances);
const More = seldom((screens) => screens.More);
const Settings = seldom((screens) => screens.Settings);
const ChangePin = seldom((screens) => screens.ChangePin);
const Boundary = seldom((screens) => screens.Boundary);
const Lost = seldom((screens) => screens.Lost);
const LostCode = seldom((screens) => screens.LostCode);
const Privacy = seldom((screens) => screens.Privacy);
const Backup = seldom((screens) => screens.Backup);
const Packs = seldom((screens) => screens.Packs);
const UpdateNeeded = seldom((screens) => screens.UpdateNeeded);
const Guide = seldom((screens) => screens.Guide);
const History = seldom((screens) => screens.History);
const Detail = seldom((screens) => screens.Detail);
const Sync = seldom((screens) => screens.Sync);
const Findings = seldom((screens) => screens.Findings);
const Disputes = seldom((screens) => screens.Disputes);
const ReportProblem = seldom((screens) => screens.ReportProblem);

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
  const { pass, linkCode } = useEnvironment();
  const open = app.phase === "open";
  // What was passed on belongs to an open wallet: a locked one shows none of it, nor does the next holder.
  useEffect(() => {
    if (!open) pass(NOTHING_PASSED);
  }, [open, pass]);
  if (route.name === "lost") return <Lost />;
  if (app.phase === "new") return <Welcome key={linkCode} />;
  if (app.phase === "locked") return <Unlock />;
  if (app.phase === "blocked") return <Blocked />;
  return <Screens route={route} />;
}

/** Screens that show what another one handed over; without it there is nothing to show. */
function Screens({ route }: { route: Route }) {
  const { passing } = useEnvironment();
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
    case "guide":
      return <Guide />;
    case "lost-code":
      return <LostCode />;
    case "privacy":
      return <Privacy />;
    case "backup":
      return <Backup />;
    case "packs":
      return <Packs />;
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
