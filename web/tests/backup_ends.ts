/**
 * Backups across the two implementations: `make PASSPHRASE` seals the content that comes as hex on standard input, `read
 * PASSPHRASE` opens a file, and both spell what they understood of it. tests/web/test_interop_backup.py asks.
 */

import { fromHex, toHex } from "../protocol/octets.ts";
import { decodeBackup, encodeBackup } from "../wallet/backup.ts";
import { openBackup, sealBackup } from "../wallet/backup_sealed.ts";
import { BackupTrouble } from "../wallet/backup_troubles.ts";

const [act, passphrase = ""] = process.argv.slice(2);
let given = "";
for await (const part of process.stdin) given += String(part);
const bytes = fromHex(given.trim());
try {
  const content = act === "read" ? await openBackup(bytes, passphrase) : bytes;
  const backup = decodeBackup(content);
  const again = encodeBackup(backup);
  const file = act === "read" ? bytes : await sealBackup(again, passphrase);
  const payments = backup.payments.map(({ payment }) => [payment.state, payment.amountMinor.toString()]);
  const told = { content: toHex(again), file: toHex(file), payer: backup.payerName, payments };
  process.stdout.write(JSON.stringify(told));
} catch (error) {
  if (!(error instanceof BackupTrouble)) throw error;
  process.stdout.write(JSON.stringify({ refused: error.code }));
}
