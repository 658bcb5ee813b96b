/** The boundary in words: what each thing is called, and why it does not work. Generated from the Python table. */

import { Sentences } from "../protocol/words.ts";
import type { What, Why } from "./boundary.ts";

export interface BoundaryWords {
  readonly what: Readonly<Record<What, string>>;
  readonly why: Readonly<Record<Why, string>>;
}

export const BOUNDARY_WORDS = new Sentences<BoundaryWords>();
