/**
 * The screens that few days need, in one file that is loaded when the first of them is asked for (later.tsx): what a
 * wallet pays with every day stays small. Offline they open like the others: the service worker keeps all files.
 */

import "../../ui/seldom_icons.ts";
import "./seldom_style.ts";

export { AuthenticatorCode } from "./authenticator_code.tsx";
export { Backup } from "./backup.tsx";
export { Guide } from "./guide.tsx";
export { Detail, History } from "./history.tsx";
export { Packs, Privacy } from "./kept.tsx";
export { Lost, LostCode } from "./lost.tsx";
export { Allowances, TopUp } from "./money.tsx";
export { Boundary, ChangePin, More, Settings, UpdateNeeded } from "./more.tsx";
export { Sync } from "./sync.tsx";
export { Disputes, Findings, ReportProblem } from "./troubles.tsx";
export { Blocked, Welcome } from "./welcome.tsx";
