/** The page for lost devices: loads nothing of a wallet, and leaves nothing in the browser but the language. */

import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/parts.css";
import { render } from "preact";
import { LostDesk } from "../platform/operator_lost.ts";
import { UI_FILES } from "../ui/ui_words.ts";
import { language, startLanguage } from "../ui/words.ts";
import { LostPage } from "./page.tsx";
import { LINK_FILES } from "./words.ts";

await startLanguage(UI_FILES, LINK_FILES);
const place = document.getElementById("app");
if (place !== null) render(<LostPage report={(code) => new LostDesk({ language: language() }).report(code)} />, place);
