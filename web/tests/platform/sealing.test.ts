/** Records at rest and keys: what was sealed opens only with its key, in its place and unchanged. */

import { expect, test } from "vitest";
import { deviceKeys } from "../../platform/keys.ts";
import { keyOfPin, NotOurs, newDataKey, open, seal, unwrap, wrap } from "../../platform/sealing.ts";
import { loadPublicKey } from "../../protocol/keys.ts";
import { utf8 } from "../../protocol/octets.ts";

const CLEAR = utf8("12.50 EUR to Café Blau");

test("a record opens in its place and nowhere else", async () => {
  const key = await newDataKey();
  const sealed = await seal(key, "feiqian-wallet/payment/1", CLEAR);
  expect(await open(key, "feiqian-wallet/payment/1", sealed)).toEqual(CLEAR);
  await expect(open(key, "feiqian-wallet/payment/2", sealed)).rejects.toBeInstanceOf(NotOurs);
  await expect(open(await newDataKey(), "feiqian-wallet/payment/1", sealed)).rejects.toBeInstanceOf(NotOurs);
});

test("every bit of a record counts", async () => {
  const key = await newDataKey();
  const { iv, sealed } = await seal(key, "place", CLEAR);
  for (let at = 0; at < sealed.length; at += 1) {
    const changed = sealed.map((byte, where) => (where === at ? byte ^ 1 : byte));
    await expect(open(key, "place", { iv, sealed: changed })).rejects.toBeInstanceOf(NotOurs);
  }
});

test("the same record twice is two different texts", async () => {
  const key = await newDataKey();
  const [one, other] = [await seal(key, "place", CLEAR), await seal(key, "place", CLEAR)];
  expect(one.iv).not.toEqual(other.iv);
  expect(one.sealed).not.toEqual(other.sealed);
});

test("the right PIN gives the data key back, another does not", async () => {
  const salt = new Uint8Array(16);
  const [key, rounds] = [await newDataKey(), 1_000];
  const wrapped = await wrap(await keyOfPin("739264", salt, rounds), "data-key", key);
  const again = await unwrap(await keyOfPin("739264", salt, rounds), "data-key", wrapped);
  expect(await open(again, "place", await seal(key, "place", CLEAR))).toEqual(CLEAR);
  await expect(unwrap(await keyOfPin("739265", salt, rounds), "data-key", wrapped)).rejects.toBeInstanceOf(NotOurs);
});

test("a kept key signs as its public point says, low s each time, and cannot be exported", async () => {
  const kept = await deviceKeys.make();
  const signer = await deviceKeys.load(kept);
  expect(signer.publicKey).toEqual(kept.slice(0, 33));
  const key = await loadPublicKey(signer.publicKey);
  for (let turn = 0; turn < 20; turn += 1) {
    const message = utf8(`message ${turn}`);
    await key.verify(await signer.sign(message), message, "device_signature_invalid");
  }
  await expect(deviceKeys.load(kept.slice(0, 60))).rejects.toBeInstanceOf(RangeError);
});
