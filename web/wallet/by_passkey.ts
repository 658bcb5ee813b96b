/**
 * Paying by passkey: the allowance for it, and the signature of a cheque that was burned before (spec 07.6).
 *
 * The authenticator is asked outside of the store's lock, since its holder may take a minute. What it gives is checked as
 * a terminal checks it, before it is kept; whatever happens meanwhile, the counter is burned already. Loaded when it is
 * first needed.
 */

import { type Asserted, askPasskey, assertionIn, makePayingPasskey } from "../platform/paying_passkey.ts";
import { PasskeyTrouble } from "../platform/paying_passkey_trouble.ts";
import { encode } from "../protocol/cbor.ts";
import { PUBLIC_KEY_BYTES } from "../protocol/limits.ts";
import { type Octets, slice } from "../protocol/octets.ts";
import { attestationChallenge } from "../protocol/possession.ts";
import { Refused } from "../protocol/refusals.ts";
import type { KeyWanted, TopUpKey } from "./allowances.ts";
import type { Shown } from "./pay.ts";
import { Conflict } from "./ports.ts";
import { type AllowanceRecord, credentialIdIn, keptPasskey, type PaymentRecord } from "./records.ts";
import type { Wallet } from "./wallet.ts";

/** Asks authenticators; `paying_passkey.ts` in a browser. */
export interface Authenticators {
  readonly make: typeof makePayingPasskey;
  readonly ask: typeof askPasskey;
}

/** The wallet, and how one act of it runs; a `Session` has both. */
export interface Signing {
  readonly wallet: Pick<Wallet, "sign" | "signClosing" | "deviceKeyOf">;
  readonly act: <T>(work: () => Promise<T>) => Promise<T>;
}

/** A browser that now and then adds to its client data what no terminal can rebuild may not do so the next time. */
const ASKED_MAX = 4;

export const PLATFORM: Authenticators = { make: makePayingPasskey, ask: askPasskey };

/**
 * The key of a new allowance: the passkey that this wallet has, or a new one, with what shows the operator where it is.
 *
 * Throws PasskeyTrouble; then nothing was begun.
 */
export async function passkeyFor(wanted: KeyWanted, by: Authenticators = PLATFORM): Promise<TopUpKey> {
  const challenge = await attestationChallenge(wanted.deployment, wanted.deviceId, wanted.topUpId);
  const { topUpId, known } = wanted;
  const credentialId = known === undefined ? undefined : credentialIdIn(known);
  if (known !== undefined && credentialId !== undefined) {
    const given = await by.ask(credentialId, challenge);
    return { topUpId, deviceKey: known, evidence: evidence("assertion", partsOf(given)) };
  }
  const made = await by.make(wanted.holderName, challenge);
  const given = await by.ask(made.credentialId, challenge); // shows that it signs, before any money is set aside
  return {
    topUpId,
    deviceKey: keptPasskey(slice(made.point, 0, PUBLIC_KEY_BYTES), made.credentialId),
    evidence: evidence("packed", [made.attestation, made.clientData, ...partsOf(given)]),
  };
}

/** Has a burned cheque signed, and keeps it. Throws PasskeyTrouble; then it stays as it was. */
export async function signed(session: Signing, payment: PaymentRecord, by: Authenticators = PLATFORM): Promise<Shown> {
  const assertion = await assertionOver(payment.chequeId, session.wallet.deviceKeyOf(payment), by);
  try {
    return await session.act(() => session.wallet.sign(payment, assertion));
  } catch (error) {
    if (error instanceof Conflict) throw new PasskeyTrouble("passkey_too_late");
    throw error instanceof Refused ? new PasskeyTrouble("passkey_not_accepted") : error;
  }
}

/** Has the burned end of an allowance signed, and keeps it. Throws PasskeyTrouble; then it stays as it was. */
export async function closingSigned(
  session: Signing,
  record: AllowanceRecord,
  by: Authenticators = PLATFORM,
): Promise<void> {
  try {
    const assertion = await assertionOver(record.lastId, record.deviceKey, by);
    await session.act(() => session.wallet.signClosing(record, assertion));
  } catch (error) {
    const unsigned = [PasskeyTrouble, Conflict, Refused].some((kind) => error instanceof kind);
    throw unsigned ? new PasskeyTrouble("closing_not_confirmed") : error;
  }
}

/** What the passkey kept there says of the statement of this id, in a form that whoever verifies can rebuild. */
async function assertionOver(id: Octets, deviceKey: Octets, by: Authenticators): Promise<Octets> {
  const credentialId = credentialIdIn(deviceKey);
  if (credentialId === undefined) throw new PasskeyTrouble("passkey_unfit");
  for (let asked = 0; asked < ASKED_MAX; asked += 1) {
    const assertion = assertionIn(await by.ask(credentialId, id));
    if (assertion !== undefined) return assertion;
  }
  throw new PasskeyTrouble("passkey_not_accepted");
}

function partsOf(given: Asserted): readonly Octets[] {
  return [given.authenticatorData, given.clientData, given.signature];
}

/** Deterministic CBOR: {0: format, 1...: parts} (spec 12). */
function evidence(form: string, parts: readonly Octets[]): Octets {
  return encode(
    new Map<bigint, string | Octets>([[0n, form], ...parts.map((part, at) => [BigInt(at + 1), part] as const)]),
  );
}
