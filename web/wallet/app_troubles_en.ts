/** What only the app, and no rule of the wallet, refuses, in English; app_refused.ts says when. */

const NOTHING = "Nothing was signed and no money moved.";

export const en = {
  offer_unknown: {
    message: "This offer is not open any more.",
    safe: NOTHING,
    next: "Scan the payee's code again.",
  },
  not_for_wallet: {
    message: "This code is not for a wallet.",
    safe: NOTHING,
    next: "Scan a payee's request, or its receipt or note.",
  },
  dispute_reason_unknown: {
    message: "This reason is not known.",
    safe: "Nothing was sent.",
    next: "Choose one of those listed.",
  },
};

export type AppTroubles = typeof en;
