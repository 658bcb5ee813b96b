"""Sentences for people: what happened, what is safe, what to do next, in English and Chinese.

`Coded` is the base of every failure that a person can meet; `Trouble` is one whose sentences come from a table that
its own layer keeps beside its rules.
"""

from collections.abc import Mapping
from typing import ClassVar, Final, Literal, NamedTuple

Language = Literal["en", "zh"]


class Words(NamedTuple):
    """The three sentences of a failure."""

    message: str
    safe: str
    next: str


WORLD_FAILED: Final = frozenset(
    {
        *("operator_unreachable", "operator_busy", "operator_failed"),
        *("batch_received", "queue_away", "queue_full"),  # sent, and not settled; or not even received
        *("server_busy", "draining", "disk_full", "disk_failed"),  # the server's own words for it
        *("books_damaged", "books_away", "books_busy", "schema_differs"),
    }
)
"""Codes of a link to the operator that failed: asking for anything else at once would only wait again."""

WordsTable = Mapping[str, Mapping[Language, Words]]


class Coded(Exception):
    """A failure that has a stable code and sentences for people."""

    @property
    def code(self) -> str:
        """The stable code."""
        raise NotImplementedError

    def words(self, language: Language) -> Words:
        """What happened, what is safe, what to do next."""
        raise NotImplementedError


class Trouble(Coded):
    """A failure of one layer; `table` holds its sentences, with `{placeholders}` for the values given.

    Values are shown to people: no secret and no full id may be among them.
    """

    table: ClassVar[WordsTable]

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(f"{code} {values}" if values else code)
        self._code = code
        self.values = values

    @property
    def code(self) -> str:
        """The stable code, a key of `table`."""
        return self._code

    def words(self, language: Language) -> Words:
        """The sentences of this code in `language`, filled in."""
        return Words(*(part.format(**self.values) for part in self.table[self._code][language]))
