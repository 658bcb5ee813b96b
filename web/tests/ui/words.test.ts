/** Words that are loaded by language: nothing is said before they are held, and a change waits for the other language. */

import { afterEach, expect, test } from "vitest";
import { Sentences } from "../../protocol/words.ts";
import { addWords, language, say, setLanguage, spoken, type WordFiles } from "../../ui/words.ts";

globalThis.document ??= Object.create(null, { documentElement: { value: { lang: "" } } });

afterEach(() => setLanguage("en"));

function table(): { words: { hello: string }; files: WordFiles; loaded: string[] } {
  const sentences = new Sentences<{ hello: string }>();
  const loaded: string[] = [];
  const files: WordFiles = {
    en: async () => {
      loaded.push("en");
      sentences.hold("en", { hello: "Hello {name}" });
    },
    zh: async () => {
      loaded.push("zh");
      sentences.hold("zh", { hello: "{name}，您好" });
    },
  };
  return { words: spoken(sentences), files, loaded };
}

test("what is not held cannot be said", () => {
  const { words } = table();
  expect(() => words.hello).toThrow(RangeError);
});

test("only the language that is read is loaded, once", async () => {
  const { words, files, loaded } = table();
  await addWords(files);
  await addWords(files);
  expect([say(words.hello, { name: "Alice" }), loaded]).toEqual(["Hello Alice", ["en"]]);
});

test("a change of language loads every table first", async () => {
  const [one, other] = [table(), table()];
  await addWords(one.files);
  await addWords(other.files);
  const changed = setLanguage("zh");
  expect(language()).toBe("en");
  await changed;
  expect(language()).toBe("zh");
  expect([one, other].map(({ words }) => say(words.hello, { name: "爱丽丝" }))).toEqual(Array(2).fill("爱丽丝，您好"));
  await setLanguage("en");
  expect(one.loaded).toEqual(["en", "zh"]);
});

test("a language that cannot be loaded leaves the other one", async () => {
  const { words, files } = table();
  await addWords({ ...files, zh: () => Promise.reject(new TypeError("no network")) });
  await expect(setLanguage("zh")).rejects.toThrow("no network");
  expect([language(), say(words.hello, { name: "Bob" })]).toEqual(["en", "Hello Bob"]);
});
