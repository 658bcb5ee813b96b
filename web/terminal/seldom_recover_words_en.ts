/** What is said at a till whose PIN is lost, in English; seldom_words.ts says what holds for both languages. */

export const en = {
  blockedTitle: "This till is locked",
  blockedHappened: "The PIN was wrong ten times, so no PIN opens it any more.",
  blockedSafe: "What you accepted is safe: it is kept here, encrypted, and payers' money still waits for you.",
  blockedNext: "Your operator can open this till again, with everything in it.",
  ask: "Ask the operator",
  title: "Open this till again",
  lead: "Your operator can give this till its key back. Nothing is changed before that key has opened everything in it.",
  requestTitle: "1. Send this file to your operator",
  requestLead: "It holds the till's key, sealed: only your operator can open it. Your operator makes sure who asks.",
  requestButton: "Make the file",
  requestMade: "The file is made. It opens nothing by itself.",
  save: "Save",
  answerTitle: "2. Take the operator's answer",
  answerLead: "You get a file, and by another way a code.",
  answerChoose: "Choose the answer file",
  answerChosen: (name: string) => `Chosen: ${name}`,
  answerMissing: "Choose the file that your operator gave you.",
  code: "Code from your operator",
  codeHint: "Letters and digits; hyphens do not matter. It belongs to this answer only.",
  codeMissing: "Type the code that came with the answer.",
  open: "Open the till",
  openedTitle: "This till is open again",
  openedSafe: "All that waited is there: payments, notes and the totals of the shift.",
  openedNext: "The new PIN counts from now on. Sync, so that what waits is paid.",
  toSync: "Sync",
  toSell: "Take payments",
};

export type RecoverWords = typeof en;
