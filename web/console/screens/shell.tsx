/** Which page stands: by who is signed in first, then by the address. Nothing stays on the screen once a session is over. */

import { useEffect, useLayoutEffect, useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { clock } from "../../ui/format.ts";
import { CodedNotice, EmptyState } from "../../ui/notice.tsx";
import { useNow } from "../../ui/now.ts";
import { useRoute } from "../../ui/router.ts";
import { say, useLanguage } from "../../ui/words.ts";
import type { ConsoleApp } from "../app.ts";
import { needed } from "../menu.ts";
import { Page } from "../parts/frame.tsx";
import { SIGN_IN, W } from "../words.ts";
import { PARTS } from "../words_parts.ts";
import { AllowancePage } from "./allowance.tsx";
import { WrongCodesPage } from "./codes.tsx";
import { ConsoleContext, type Doors, useConsole, useHeld } from "./context.ts";
import { DisputePage, DisputesPage } from "./disputes.tsx";
import { FiguresPage } from "./figures.tsx";
import { PayeePage, PayerPage } from "./holder.tsx";
import { AllowancesPage, DevicesPage, PayeesPage, PayersPage, TerminalsPage } from "./holders.tsx";
import { OverviewPage } from "./overview.tsx";
import { ExposurePage, ForksPage, PoolPage } from "./risk.tsx";
import { RootsPage } from "./roots.tsx";
import { FirstPassword, SignIn, Starting, Unreachable } from "./sign_in.tsx";
import { AccountPage, StaffPage } from "./staff.tsx";
import { ActPage, ActsPage, AuditPage, KeysPage, LeafPage } from "./trust.tsx";

/** So long before the end somebody is asked whether to stay. */
const WARN_S = 120;

export function ConsoleScreens({ app, doors }: { app: ConsoleApp; doors: Doors }) {
  const [, redraw] = useState(0);
  // Before the first painting: the operator may have answered by then.
  useLayoutEffect(() => app.subscribe(() => redraw((count) => count + 1)), [app]);
  return (
    <ConsoleContext.Provider value={{ app, doors, session: app.session }}>
      <Phase />
    </ConsoleContext.Provider>
  );
}

function Phase() {
  const { app } = useHeld();
  useLanguage();
  switch (app.phase) {
    case "starting":
      return <Starting />;
    case "unreachable":
      return <Unreachable />;
    case "out":
      return <SignIn />;
    case "password":
      return <FirstPassword />;
    case "in":
      return (
        <>
          <Open />
          <Leaving />
        </>
      );
  }
}

/** Asks before the session ends for want of use, and ends it here in time: nobody reads what was left on a screen. */
function Leaving() {
  const { app } = useHeld();
  const act = useAct();
  const now = useNow();
  const left = app.idleEndsAt - now;
  const over = left <= 0;
  useEffect(() => {
    if (over) app.end();
  }, [app, over]);
  if (left > WARN_S || over) return null;
  const stay = () => act.run(() => app.stay());
  return (
    <Dialog title={say(SIGN_IN.leaving)} onClose={stay} testid="leaving">
      <p>{say(SIGN_IN.leavingIn, { time: clock(left) })}</p>
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <Button busy={act.busy} onClick={stay} testid="stay">
        {say(SIGN_IN.stay)}
      </Button>
      <Button kind="quiet" onClick={() => void app.signOut()} testid="leave">
        {say(PARTS.signOut)}
      </Button>
    </Dialog>
  );
}

function Open() {
  const { session } = useConsole();
  const { name, rest } = useRoute();
  const permission = needed(name);
  const may = permission === "nothing" || (permission !== null && session.permissions.has(permission));
  return may ? <Shown name={name} rest={rest} /> : <NotFound />;
}

function Shown({ name, rest }: { name: string; rest: string }) {
  switch (name) {
    case "home":
      return <OverviewPage />;
    case "figures":
      return <FiguresPage />;
    case "payers":
      return <PayersPage />;
    case "payer":
      return <PayerPage key={rest} id={rest} />;
    case "payees":
      return <PayeesPage />;
    case "payee":
      return <PayeePage key={rest} id={rest} />;
    case "devices":
      return <DevicesPage />;
    case "terminals":
      return <TerminalsPage />;
    case "allowances":
      return <AllowancesPage />;
    case "allowance":
      return <AllowancePage key={rest} id={rest} />;
    case "wrong-codes":
      return <WrongCodesPage />;
    case "disputes":
      return <DisputesPage />;
    case "dispute":
      return <DisputePage key={rest} id={rest} />;
    case "exposure":
      return <ExposurePage />;
    case "forks":
      return <ForksPage />;
    case "pool":
      return <PoolPage />;
    case "keys":
      return <KeysPage />;
    case "roots":
      return <RootsPage />;
    case "audit":
      return <AuditPage />;
    case "leaf":
      return <LeafPage key={rest} id={rest} />;
    case "acts":
      return <ActsPage />;
    case "act":
      return <ActPage key={rest} id={rest} />;
    case "staff":
      return <StaffPage />;
    case "account":
      return <AccountPage />;
    default:
      return <NotFound />;
  }
}

function NotFound() {
  return (
    <Page title={say(W.notFound)} here="" testid="not-found">
      <div class="card">
        <EmptyState icon="search" title={say(W.notFound)}>
          <p>{say(W.notFoundDetail)}</p>
          <ButtonLink to="home" testid="to-overview">
            {say(W.toOverview)}
          </ButtonLink>
        </EmptyState>
      </div>
    </Page>
  );
}
