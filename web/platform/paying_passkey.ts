/**
 * A passkey that signs cheques: made once, then asked for an assertion each time (W3C Web Authentication Level 3).
 *
 * It stays on this device and never signs anybody in: its challenges are ids of cheques and of requests for allowances,
 * and no server of ours takes an assertion for a session. Works without a network. Loaded when somebody pays by passkey.
 */

import { compressed, lowS } from "../protocol/keys.ts";
import { concat, equal, type Octets, slice } from "../protocol/octets.ts";
import { ASSERTED_BYTES, assertedWith } from "../protocol/passkey.ts";
import { PasskeyTrouble } from "./paying_passkey_trouble.ts";
import { deviceRandomness } from "./randomness.ts";

const ES256 = -7;
const TIMEOUT_MS = 60_000;
const RP_ID_HASH_BYTES = 32;
const POINT_BYTES = 65;

/** A new passkey: what finds it again, its public key, and what shows the operator where it lives. */
export interface MadePasskey {
  readonly credentialId: Octets;
  /** Compressed P-256 point, 33 bytes. */
  readonly point: Octets;
  readonly attestation: Octets;
  readonly clientData: Octets;
}

/** What the authenticator gave for one challenge. */
export interface Asserted {
  readonly authenticatorData: Octets;
  readonly clientData: Octets;
  /** As WebAuthn spells it: DER. */
  readonly signature: Octets;
}

/** Makes a passkey for `holderName`, answering `challenge`. Throws PasskeyTrouble. */
export async function makePayingPasskey(holderName: string, challenge: Octets): Promise<MadePasskey> {
  const made = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { name: "Feiqian", id: location.hostname },
        user: { id: deviceRandomness(16), name: holderName, displayName: holderName },
        challenge,
        pubKeyCredParams: [{ type: "public-key", alg: ES256 }],
        authenticatorSelection: { residentKey: "discouraged", userVerification: "required" },
        attestation: "direct",
        timeout: TIMEOUT_MS,
      },
    }),
  );
  const { response } = made;
  if (!(response instanceof AuthenticatorAttestationResponse)) throw new PasskeyTrouble("passkey_not_confirmed");
  const spki = response.getPublicKey();
  if (response.getPublicKeyAlgorithm() !== ES256 || spki === null) throw new PasskeyTrouble("passkey_unfit");
  return {
    credentialId: new Uint8Array(made.rawId),
    point: compressed(slice(new Uint8Array(spki), spki.byteLength - POINT_BYTES)),
    attestation: new Uint8Array(response.attestationObject),
    clientData: new Uint8Array(response.clientDataJSON),
  };
}

/** What this passkey says of `challenge`, its holder verified. Throws PasskeyTrouble. */
export async function askPasskey(credentialId: Octets, challenge: Octets): Promise<Asserted> {
  const given = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        challenge,
        rpId: location.hostname,
        allowCredentials: [{ type: "public-key", id: credentialId }],
        userVerification: "required",
        timeout: TIMEOUT_MS,
      },
    }),
  );
  const { response } = given;
  if (!equal(new Uint8Array(given.rawId), credentialId) || !(response instanceof AuthenticatorAssertionResponse)) {
    throw new PasskeyTrouble("passkey_not_confirmed");
  }
  return {
    authenticatorData: new Uint8Array(response.authenticatorData),
    clientData: new Uint8Array(response.clientDataJSON),
    signature: new Uint8Array(response.signature),
  };
}

/**
 * The 69 bytes that travel in a cheque: flags, signature counter, r and low s. Throws PasskeyTrouble.
 *
 * Undefined where the browser wrote client data in a form that nobody could rebuild.
 */
export function assertionIn({ authenticatorData, clientData, signature }: Asserted): Octets | undefined {
  const said = slice(authenticatorData, RP_ID_HASH_BYTES, RP_ID_HASH_BYTES + ASSERTED_BYTES);
  const asserted = assertedWith(said, clientData);
  return asserted && concat(asserted, lowS(numbersIn(signature)));
}

/** r and s, 32 bytes each, of an ECDSA-Sig-Value (RFC 3279 section 2.2.3). */
function numbersIn(der: Octets): Octets {
  const [sequence, , first, rSize = 0] = der;
  const sAt = 4 + rSize;
  const [second, sSize = 0] = der.subarray(sAt);
  const fits = sequence === 0x30 && first === 2 && second === 2 && der.length === sAt + 2 + sSize;
  if (!fits || rSize > 33 || sSize > 33) throw new PasskeyTrouble("passkey_unfit");
  return concat(padded(der.subarray(4, sAt)), padded(der.subarray(sAt + 2)));
}

function padded(number: Octets): Octets {
  const whole = concat(new Uint8Array(32), number);
  return slice(whole, whole.length - 32);
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  let given: Credential | null;
  try {
    given = await ask();
  } catch (error) {
    const never = error instanceof DOMException && ["NotSupportedError", "SecurityError"].includes(error.name);
    throw new PasskeyTrouble(never ? "passkey_unfit" : "passkey_not_confirmed");
  }
  if (!(given instanceof PublicKeyCredential)) throw new PasskeyTrouble("passkey_not_confirmed");
  return given;
}
