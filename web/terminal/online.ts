/** What the terminal does with a network or by note, in one file that is loaded when it is first needed (terminal.ts). */

export { disputeViews } from "./disputes.ts";
export { enrol } from "./enrolment.ts";
export { queueFiles } from "./files.ts";
export { HttpLink } from "./operator_link.ts";
export { takeShownPack } from "./packs.ts";
export { buildBatch, sync, takeAnswer } from "./sync.ts";
export { Syncing } from "./syncing.ts";
export { cancel, voidPayment } from "./void.ts";
