/** An authenticator in software with one credential at most: WebAuthn's bytes put together by hand, high s half the time. */

import type { Asserted, MadePasskey } from "../../platform/paying_passkey.ts";
import { PasskeyTrouble } from "../../platform/paying_passkey_trouble.ts";
import { sha256 } from "../../protocol/hash.ts";
import { compressed } from "../../protocol/keys.ts";
import { concat, equal, type Octets, utf8 } from "../../protocol/octets.ts";
import type { Authenticators } from "../../wallet/by_passkey.ts";

export const UP = 0x01;
export const UV = 0x04;
export const BS = 0x18;

export class SoftPasskey implements Authenticators {
  readonly origin: string;
  flags = UP | UV;
  count = 0;
  asked = 0;
  /** The holder cancels, or it runs out of time. */
  cancels = false;
  /** What its browser adds to the client data. */
  extra = "";
  #pair: CryptoKeyPair | undefined;
  readonly #credentialId = utf8("a soft credential");

  constructor(origin: string) {
    this.origin = origin;
  }

  /** It was reset: another key than the one that is asked for. */
  async reset(): Promise<void> {
    const curve = { name: "ECDSA", namedCurve: "P-256" };
    this.#pair = await crypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  }

  readonly make = async (_name: string, challenge: Octets): Promise<MadePasskey> => {
    this.#confirm();
    await this.reset();
    const raw = await crypto.subtle.exportKey("raw", this.#keys().publicKey);
    return {
      credentialId: this.#credentialId,
      point: compressed(new Uint8Array(raw)),
      attestation: concat(utf8("an attestation of "), challenge),
      clientData: utf8("{}"),
    };
  };

  readonly ask = async (credentialId: Octets, challenge: Octets): Promise<Asserted> => {
    this.#confirm();
    if (!equal(credentialId, this.#credentialId)) throw new PasskeyTrouble("passkey_not_confirmed");
    this.count += 1;
    const count = Uint8Array.of(0, 0, 0, this.count);
    const rpIdHash = await sha256(utf8(new URL(this.origin).hostname));
    const authenticatorData = concat(rpIdHash, Uint8Array.of(this.flags), count);
    const spelled = Buffer.from(challenge).toString("base64url");
    const said = JSON.stringify({ type: "webauthn.get", challenge: spelled, origin: this.origin, crossOrigin: false });
    const clientData = utf8(said.replace("}", `${this.extra}}`));
    const signed = concat(authenticatorData, await sha256(clientData));
    const how = { name: "ECDSA", hash: "SHA-256" };
    const signature = new Uint8Array(await crypto.subtle.sign(how, this.#keys().privateKey, signed));
    return { authenticatorData, clientData, signature: der(signature) };
  };

  #confirm(): void {
    this.asked += 1;
    if (this.cancels) throw new PasskeyTrouble("passkey_not_confirmed");
  }

  #keys(): CryptoKeyPair {
    if (this.#pair === undefined) throw new PasskeyTrouble("passkey_not_confirmed");
    return this.#pair;
  }
}

function der(signature: Octets): Octets {
  const numbers = [signature.subarray(0, 32), signature.subarray(32)].map((number) => {
    const start = number.findIndex((byte) => byte !== 0);
    const short = number.subarray(start);
    const value = (short[0] ?? 0) > 0x7f ? concat(Uint8Array.of(0), short) : concat(short);
    return concat(Uint8Array.of(2, value.length), value);
  });
  const whole = concat(...numbers);
  return concat(Uint8Array.of(0x30, whole.length), whole);
}
