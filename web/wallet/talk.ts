/** What the app has to talk with its operator, in one file that is loaded when it first does (talking.ts). */

export { disputeViews, openDispute } from "./disputes.ts";
export { HttpLink } from "./operator_link.ts";
export { Syncing } from "./syncing.ts";
