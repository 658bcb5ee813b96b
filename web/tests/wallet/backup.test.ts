/** Backups in the browser: made, read and refused as on a computer; putting one back gives nothing to spend. */

import { expect, test } from "vitest";
import { decodeMap, encode } from "../../protocol/cbor.ts";
import type { Octets } from "../../protocol/octets.ts";
import { toHex, utf8 } from "../../protocol/octets.ts";
import type { BackupDesk } from "../../wallet/app.ts";
import { FILE_MAX_BYTES, openBackup, sealBackup } from "../../wallet/backup_sealed.ts";
import { BackupTrouble } from "../../wallet/backup_troubles.ts";
import { Site } from "./site.ts";
import { Clock, CODE, Operator, Terminal } from "./world.ts";

const PIN = "402896";
const WORDS = "four words \u4e0e nothing \ufb01tting";
const CONTENT = utf8("what a wallet remembers");

async function refusedAs(act: Promise<unknown>): Promise<string> {
  const failure = await act.then(() => undefined).catch((error: unknown) => error);
  if (!(failure instanceof BackupTrouble)) throw failure;
  for (const language of ["en", "zh"] as const) expect(failure.words(language).next.length).toBeGreaterThan(0);
  return failure.code;
}

test("it opens under its passphrase alone, on whatever keyboard that was typed", async () => {
  const file = await sealBackup(CONTENT, WORDS);
  expect(toHex(file)).not.toContain(toHex(CONTENT));
  expect(await openBackup(file, ` ${WORDS.replace("\ufb01", "fi")}\n`)).toEqual(CONTENT);
  expect(await refusedAs(openBackup(file, `${WORDS}x`))).toBe("backup_passphrase_wrong");
  for (const weak of ["", PIN, "a".repeat(40), "ababab".repeat(5)]) {
    expect(await refusedAs(sealBackup(CONTENT, weak))).toBe("passphrase_weak");
  }
});

test("what is no backup for browsers is refused", async () => {
  const file = await sealBackup(CONTENT, WORDS);
  const fields = decodeMap(file, FILE_MAX_BYTES);
  const altered = (key: bigint, value: Parameters<typeof encode>[0]) => encode(new Map(fields).set(key, value));
  expect(await refusedAs(openBackup(altered(2n, 1n), WORDS))).toBe("backup_not_for_browsers");
  expect(await refusedAs(openBackup(altered(1n, 2n), WORDS))).toBe("backup_too_new");
  for (const [key, value] of [
    [0n, "feiqian-till-backup"],
    [3n, [1n]],
    [3n, [2n ** 40n]],
    [3n, "cheap"],
    [4n, new Uint8Array(3)],
    [5n, new Uint8Array(3)],
    [6n, new Uint8Array(3)],
    [7n, 1n],
  ] as const) {
    expect(await refusedAs(openBackup(altered(key, value), WORDS))).toBe("backup_unreadable");
  }
  expect(await refusedAs(openBackup(file.slice(0, -1), WORDS))).toBe("backup_unreadable");
  const salt = fields.get(4n);
  if (!(salt instanceof Uint8Array)) throw new Error("no salt");
  const other = Uint8Array.from(salt, (byte, at) => (at === 0 ? byte ^ 1 : byte));
  expect(await refusedAs(openBackup(altered(4n, other), WORDS))).toBe("backup_passphrase_wrong");
});

async function paid() {
  const operator = await Operator.make(new Clock());
  const terminal = await Terminal.make(operator);
  const site = new Site(operator);
  await site.device.enrol({ code: CODE, pin: PIN });
  await site.device.topUp(1_000_00n);
  const app = site.device;
  const offer = await app.consider(await terminal.asks(45_00n).then(textOf));
  const shown = await app.pay(offer.offerId, "none");
  return { operator, app, number: shown.payment.number };
}

async function textOf(body: Octets): Promise<string> {
  const { encodeText } = await import("../../protocol/qrtext.ts");
  return encodeText(body);
}

test("what comes back is looked at, spends nothing, and comes once", async () => {
  const { operator, app, number } = await paid();
  const desk: BackupDesk = await app.backups();
  const file = await desk.make(WORDS);
  expect(await desk.putBack(file, WORDS)).toEqual({ added: 0, known: 1 });
  expect(desk.restored()).toEqual([]);

  operator.expectAnotherDevice();
  const other = new Site(operator);
  await other.device.enrol({ code: CODE, pin: PIN });
  const there = await other.device.backups();
  expect(await refusedAs(there.putBack(file, "another passphrase"))).toBe("backup_passphrase_wrong");
  expect(await there.putBack(file, WORDS)).toEqual({ added: 1, known: 0 });
  expect(await there.putBack(file, WORDS)).toEqual({ added: 0, known: 1 });
  expect(there.restored()).toMatchObject([{ number, amountMinor: 45_00n, state: "unconfirmed" }]);
  expect(other.device.payments("")).toEqual([]);
  expect(other.device.home()).toMatchObject({ spendableMinor: 0n, waitingMinor: 0n });
  await expect(other.device.showAgain(number)).rejects.toThrow();
  await other.device.topUp(100_00n);
  expect(other.device.home().spendableMinor).toBe(100_00n);

  operator.expectAnotherDevice();
  const third = new Site(operator);
  await third.device.enrol({ code: CODE, pin: PIN });
  const again = await third.device.backups();
  expect(await again.putBack(await there.make(WORDS), WORDS)).toEqual({ added: 1, known: 0 });
});
