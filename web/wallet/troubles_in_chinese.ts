/** Every failure that a wallet can meet, in Chinese: one file, loaded with the first failure (troubles_in_english.ts is its twin). */

import link from "../platform/link_words_zh.json" with { type: "json" };
import { zh as vault } from "../platform/vault_trouble_zh.ts";
import refusals from "../protocol/refusal_words_zh.json" with { type: "json" };
import { zh as app } from "./app_troubles_zh.ts";
import type { Troubles } from "./tongue.ts";
import { zh as rules } from "./troubles_zh.ts";

export const troubles: Troubles = { link, vault, refusals, rules, app };
