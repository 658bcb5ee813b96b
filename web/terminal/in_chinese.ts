/** What a terminal says every day, in Chinese: one file, loaded where it is read (in_english.ts is its twin). */

import { zh as ui } from "../ui/ui_words_zh.ts";
import type { Tongue } from "./tongue.ts";
import { zh as views } from "./view_words_zh.ts";
import { zh as screens } from "./words_zh.ts";

export const tongue: Tongue = { ui, views, screens };
