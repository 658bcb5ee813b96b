/**
 * The screens that few days need, in one file that is loaded when the first of them is asked for (later_screens.ts): what
 * a till takes payments with stays small. Offline they open like the others: the service worker keeps all files.
 */

import "../../ui/seldom_icons.ts";
import "./seldom_style.ts";

export { CaseScreen } from "./cases.tsx";
export { DisputeScreen, DisputesScreen } from "./disputes.tsx";
export { Enrol, Welcome } from "./enrol.tsx";
export { FilesScreen } from "./files.tsx";
export { GuideScreen } from "./guide.tsx";
export { HistoryScreen } from "./history.tsx";
export { MoreScreen } from "./more.tsx";
export { CancelListScreen, CancelScreen, GiveBackScreen, NoteScreen } from "./notes.tsx";
export { PacksScreen } from "./packs.tsx";
export { PaymentScreen } from "./payment.tsx";
export { PrivacyScreen } from "./privacy.tsx";
export { ReadyScreen } from "./ready.tsx";
export { Blocked, RecoveredScreen, RecoverScreen } from "./recover.tsx";
export { SettingsScreen } from "./settings.tsx";
export { SignOutScreen } from "./sign_out.tsx";
export { SyncScreen } from "./sync.tsx";
export { TillScreen } from "./till.tsx";
