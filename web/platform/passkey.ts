/**
 * A passkey that gives a secret of its own: WebAuthn with the PRF extension (https://www.w3.org/TR/webauthn-3/ 10.1.4).
 *
 * The secret never leaves this page and is asked for anew at each unlock; the operator is not involved, so it works
 * offline. The person is verified by the platform (finger, face, its own PIN) and its own count of tries holds.
 */

import { equal, type Octets, slice } from "../protocol/octets.ts";
import { deviceRandomness } from "./randomness.ts";
import { VaultTrouble } from "./vault_trouble.ts";

const ES256 = -7;
const RS256 = -257;
const TIMEOUT_MS = 60_000;

/** A new passkey and its secret for the salt that was given. */
export interface MadePasskey {
  readonly credentialId: Octets;
  readonly secret: Octets;
}

/** Makes a passkey for `holderName`. Throws VaultTrouble passkey_failed, passkey_unavailable. */
export async function makePasskey(holderName: string, salt: Octets): Promise<MadePasskey> {
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: "Feiqian" },
        user: { id: deviceRandomness(16), name: holderName, displayName: holderName },
        challenge: deviceRandomness(32), // nobody checks it: the secret is what counts
        pubKeyCredParams: [
          { type: "public-key", alg: ES256 },
          { type: "public-key", alg: RS256 },
        ],
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  const credentialId = new Uint8Array(made.rawId);
  const results = made.getClientExtensionResults().prf;
  if (results?.enabled !== true && results?.results === undefined) throw new VaultTrouble("passkey_unavailable");
  const secret = secretIn(results.results?.first) ?? (await passkeySecret(credentialId, salt));
  return { credentialId, secret };
}

/** The secret that this passkey has for this salt. Throws VaultTrouble passkey_failed, passkey_unavailable. */
export async function passkeySecret(credentialId: Octets, salt: Octets): Promise<Octets> {
  const given = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        challenge: deviceRandomness(32),
        allowCredentials: [{ type: "public-key", id: credentialId }],
        userVerification: "required",
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  if (!equal(new Uint8Array(given.rawId), credentialId)) throw new VaultTrouble("passkey_failed");
  const secret = secretIn(given.getClientExtensionResults().prf?.results?.first);
  if (secret === undefined) throw new VaultTrouble("passkey_unavailable");
  return secret;
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let given: Credential | null;
  try {
    given = await ask();
  } catch (error) {
    const never = error instanceof DOMException && error.name === "NotSupportedError";
    throw new VaultTrouble(never ? "passkey_unavailable" : "passkey_failed");
  }
  if (!(given instanceof PublicKeyCredential)) throw new VaultTrouble("passkey_failed");
  return given;
}

function secretIn(found: BufferSource | undefined): Octets | undefined {
  if (found === undefined) return undefined;
  const bytes = ArrayBuffer.isView(found)
    ? new Uint8Array(found.buffer, found.byteOffset, found.byteLength)
    : new Uint8Array(found);
  return bytes.length === 32 ? slice(bytes, 0) : undefined;
}
