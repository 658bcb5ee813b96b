/** What can be wrong with the vault, the store and passkeys, in English. vault_trouble.ts says where they come from. */

const NOTHING = "Nothing was changed; payments and receipts are safe.";

export const en = {
  wrong_pin: {
    message: "The PIN is wrong.",
    safe: NOTHING,
    next: "{left} tries are left.{wait}",
  },
  pin_waiting: {
    message: "Too many wrong PINs: wait until {time}.",
    safe: NOTHING,
    next: "Try again then, or use the passkey.",
  },
  pin_locked: {
    message: "{most} wrong PINs: this device takes no PIN any more.",
    safe: "What was paid or accepted stands. What is left comes back through the operator.",
    next: "Open with the passkey if there is one. Otherwise ask the operator to stop this device and enrol anew.",
  },
  vault_locked: {
    message: "The app is locked.",
    safe: NOTHING,
    next: "Unlock it and try again.",
  },
  vault_missing: {
    message: "This browser holds no account yet.",
    safe: "Nothing was changed.",
    next: "Enrol with a code from the operator.",
  },
  vault_exists: {
    message: "This browser is enrolled already.",
    safe: NOTHING,
    next: "Unlock it. To enrol anew, erase it first.",
  },
  vault_damaged: {
    message: "What this browser kept is damaged or was changed from outside.",
    safe: "Nothing is shown or signed from it. The operator's books still say what was paid.",
    next: "Ask the operator to stop this device, and enrol anew.",
  },
  store_conflict: {
    message: "Another tab did something at the same moment.",
    safe: "Nothing was written twice.",
    next: "Try again.",
  },
  storage_failed: {
    message: "The browser could not save ({why}).",
    safe: "Nothing was shown that was not saved first, so nothing is lost.",
    next: "Free some space, leave private browsing, and try again.",
  },
  passkey_none: {
    message: "No passkey opens this app.",
    safe: NOTHING,
    next: "Use the PIN.",
  },
  passkey_unavailable: {
    message: "This device's passkeys cannot protect the app.",
    safe: NOTHING,
    next: "Go on with the PIN.",
  },
  passkey_failed: {
    message: "The passkey was not confirmed.",
    safe: NOTHING,
    next: "Try again, or use the PIN.",
  },
};

export type VaultTroubles = typeof en;
