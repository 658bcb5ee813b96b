"""The sentences of every refusal, in English and Chinese, keyed by its code (docs/spec/errors.md)."""

from feiqian.protocol.words import WordsTable

REFUSAL_WORDS: WordsTable = {}
