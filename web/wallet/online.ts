/** What the wallet does with a network, in one file that is loaded when it is first needed (wallet.ts). */

export { close, keyWanted, signClosing, topUp } from "./allowances.ts";
export { enrol } from "./enrolment.ts";
export { takeShownPack } from "./packs.ts";
export { sync } from "./sync.ts";
