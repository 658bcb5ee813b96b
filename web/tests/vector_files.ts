/** The files of vectors/, as both implementations read them. */

import { readdirSync, readFileSync } from "node:fs";
import { type Json, parse } from "./json.ts";

const FOLDER = new URL("../../vectors/", import.meta.url);

export interface VectorFile {
  readonly name: string;
  readonly vector: Json;
}

let read: readonly VectorFile[] | undefined;

/** Every vector, in a stable order. */
export function vectors(): readonly VectorFile[] {
  read ??= readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => ({ name, vector: parse(readFileSync(new URL(name, FOLDER), "utf8")) }));
  return read;
}
