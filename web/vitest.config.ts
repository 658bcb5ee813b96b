/** Where vitest finds tests, and how long one may take: a hang is a failure, not a wait. */

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts", "tests/**/*.test.tsx"],
    setupFiles: ["tests/words_loaded.ts"],
    testTimeout: 60_000,
  },
});
