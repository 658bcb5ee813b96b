/**
 * The screens that few days need, in one file that is loaded when the first of them is asked for (later.tsx): what a
 * wallet pays with every day stays small. Offline they open like the others: the service worker keeps all files.
 */

export { AuthenticatorCode } from "./authenticator_code.tsx";
export { Guide } from "./guide.tsx";
export { Allowances, TopUp } from "./money.tsx";
export { Boundary, ChangePin, Lost, More, Settings, UpdateNeeded } from "./more.tsx";
export { Disputes, Findings, ReportProblem } from "./troubles.tsx";
export { Blocked, Welcome } from "./welcome.tsx";
