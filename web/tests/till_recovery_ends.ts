/**
 * The other end of tests/web/test_till_recovery.py: seals a till's key as a browser does, and opens what came back.
 *
 * Reads one JSON object: the operator's recovery key, the data key, and the operator's answer with its code where there is
 * one. Writes the file for the operator, or the data key that the answer gave.
 */

import { text } from "node:stream/consumers";
import { NotOurs } from "../platform/sealing.ts";
import { openAsPayee, sealForOperator } from "../platform/till_recovery.ts";
import { readRecoveryFile, writeRecoveryFile } from "../platform/till_recovery_file.ts";
import { fromHex, toHex, utf8 } from "../protocol/octets.ts";

const given = new Map<string, string>(Object.entries(JSON.parse(await text(process.stdin))));
const of = (name: string): string => given.get(name) ?? "";

async function sealed(): Promise<string> {
  const use: KeyUsage[] = ["encrypt", "decrypt"];
  const key = await crypto.subtle.importKey("raw", fromHex(of("data_key")), "AES-GCM", true, use);
  const till = { deployment: of("deployment"), terminalRef: fromHex(of("terminal")) };
  const file = { ...till, sealed: await sealForOperator(fromHex(of("recovery_key")), key, till) };
  return new TextDecoder().decode(writeRecoveryFile("till-recovery-request", file));
}

async function opened(): Promise<string> {
  const answer = readRecoveryFile("till-recovery-answer", utf8(of("answer")));
  try {
    const key = await openAsPayee(of("code"), answer.sealed, answer);
    return toHex(new Uint8Array(await crypto.subtle.exportKey("raw", key)));
  } catch (error) {
    if (error instanceof NotOurs) return "not ours";
    throw error;
  }
}

process.stdout.write(await (given.has("answer") ? opened() : sealed()));
