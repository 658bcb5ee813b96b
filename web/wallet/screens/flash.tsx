/** A word about what was just done, on the screen that it led to; gone when that screen is left. */

import { useEffect } from "preact/hooks";
import { Notice } from "../../ui/notice.tsx";
import { useEnvironment } from "./environment.tsx";

export function Flash() {
  const { passing, pass } = useEnvironment();
  // Forgotten by the screen that said it: the one that passed it on is left first, when nobody has read it yet.
  useEffect(() => () => pass({ flash: null }), [pass]);
  return passing.flash === null ? null : <Notice tone="good" title={passing.flash} live="status" testid="flash" />;
}
