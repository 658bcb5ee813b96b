/** Every failure that a wallet can meet, in English: one file, loaded with the first failure (troubles_in_chinese.ts is its twin). */

import link from "../platform/link_words_en.json" with { type: "json" };
import { en as vault } from "../platform/vault_trouble_en.ts";
import refusals from "../protocol/refusal_words_en.json" with { type: "json" };
import { en as app } from "./app_troubles_en.ts";
import type { Troubles } from "./tongue.ts";
import { en as rules } from "./troubles_en.ts";

export const troubles: Troubles = { link, vault, refusals, rules, app };
