/** What a terminal says every day, in English: one file, loaded where it is read (in_chinese.ts is its twin). */

import { en as ui } from "../ui/ui_words_en.ts";
import type { Tongue } from "./tongue.ts";
import { en as views } from "./view_words_en.ts";
import { en as screens } from "./words_en.ts";

export const tongue: Tongue = { ui, views, screens };
