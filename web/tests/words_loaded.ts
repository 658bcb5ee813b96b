/**
 * Both languages of every table of words, held before a test asks for one: apps hold the language that is read.
 *
 * vitest runs it before each file of tests; the programs that tests/web plays against import it first.
 */

import { SELDOM_FILES as TERMINAL_SELDOM } from "../terminal/seldom_words.ts";
import { ALL_FILES as TERMINAL_FILES } from "../terminal/tongue.ts";
import { SELDOM_FILES } from "../wallet/seldom_words.ts";
import { ALL_FILES } from "../wallet/tongue.ts";

for (const files of [...TERMINAL_FILES, TERMINAL_SELDOM, SELDOM_FILES, ...ALL_FILES])
  await Promise.all([files.en(), files.zh()]);
