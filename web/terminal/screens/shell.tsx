/** Which screen stands: by the app's phase first, then by the address. Nothing of an open till shows while it is locked. */

import { useEffect, useState } from "preact/hooks";
import { useRoute } from "../../ui/router.ts";
import type { TerminalApp } from "../app.ts";
import { CodeCheckout, RequestCheckout } from "./checkout.tsx";
import { type Doors, TerminalContext, useTerminal } from "./context.ts";
import {
  Blocked,
  CancelListScreen,
  CancelScreen,
  CaseScreen,
  DisputeScreen,
  DisputesScreen,
  Enrol,
  FilesScreen,
  GiveBackScreen,
  GuideScreen,
  HistoryScreen,
  MoreScreen,
  PacksScreen,
  PaymentScreen,
  PrivacyScreen,
  ReadyScreen,
  RecoveredScreen,
  RecoverScreen,
  SettingsScreen,
  SignOutScreen,
  SyncScreen,
  TillScreen,
  Welcome,
} from "./later_screens.ts";
import { SellScreen } from "./sell.tsx";
import { Unlock } from "./unlock.tsx";

export function TerminalScreens({ app, doors }: { app: TerminalApp; doors: Doors }) {
  const [, redraw] = useState(0);
  useEffect(() => {
    const again = () => redraw((count) => count + 1);
    const stops = [app.subscribe(again), doors.update.subscribe(again)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [app, doors]);
  return (
    <TerminalContext.Provider value={{ app, doors }}>
      <div class="till-app">
        <Phase />
      </div>
    </TerminalContext.Provider>
  );
}

function Phase() {
  const { app, doors } = useTerminal();
  const route = useRoute();
  switch (app.phase) {
    case "new":
      return route.name === "enrol" ? <Enrol key={doors.linkCode} /> : <Welcome />;
    case "locked":
      return route.name === "recover" ? <RecoverScreen /> : <Unlock />;
    case "blocked":
      return route.name === "recover" ? <RecoverScreen /> : <Blocked />;
    case "open":
      return <Open name={route.name} rest={route.rest} />;
  }
}

function Open({ name, rest }: { name: string; rest: string }) {
  switch (name) {
    case "request":
      return <RequestCheckout key={rest} hashHex={rest} />;
    case "code":
      return <CodeCheckout key={rest} typed={rest} />;
    case "cancel":
      return rest === "" ? <CancelListScreen /> : <CancelScreen key={rest} hashHex={rest} />;
    case "give-back":
      return <GiveBackScreen key={rest} number={rest} />;
    case "till":
      return <TillScreen />;
    case "history":
      return <HistoryScreen />;
    case "payment":
      return <PaymentScreen key={rest} number={rest} />;
    case "more":
      return <MoreScreen />;
    case "privacy":
      return <PrivacyScreen />;
    case "ready":
      return <ReadyScreen />;
    case "sync":
      return <SyncScreen />;
    case "packs":
      return <PacksScreen />;
    case "files":
      return <FilesScreen />;
    case "disputes":
      return rest === "" ? <DisputesScreen /> : <DisputeScreen key={rest} number={rest} />;
    case "case":
      return <CaseScreen key={rest} idHex={rest} />;
    case "guide":
      return <GuideScreen />;
    case "settings":
      return <SettingsScreen />;
    case "recovered":
      return <RecoveredScreen />;
    case "sign-out":
      return <SignOutScreen />;
    default:
      return <SellScreen />;
  }
}
