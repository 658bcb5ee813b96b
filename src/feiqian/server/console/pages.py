"""Pages of lists: how much of one is given at once, and where the next one begins.

Names are sealed in the books, so they can be looked for only by opening one after the other: a page looks through a
bounded number of rows, and says where to go on, whether it found something or not.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, Final, TypeVar

from fastapi import Query

from feiqian.links.http_spelling import read_bytes, spell_bytes
from feiqian.server.trouble import ServerTrouble

PAGE_ROWS: Final = 50
PAGE_ROWS_MAX: Final = 100
ROWS_AT_ONCE: Final = 200
ROWS_LOOKED_MAX: Final = 2_000
"""Through so many rows one page looks at most."""
SEARCH_MAX_CHARS: Final = 80
_AFTER_MAX_CHARS: Final = 64
_SKIP_MAX: Final = 1_000_000

LimitQuery = Annotated[int, Query(ge=1, le=PAGE_ROWS_MAX, description="How many at most.")]
AfterQuery = Annotated[
    str | None, Query(min_length=1, max_length=_AFTER_MAX_CHARS, description="The `next` of the page before.")
]
SearchQuery = Annotated[
    str | None,
    Query(min_length=1, max_length=SEARCH_MAX_CHARS, description="Part of a name, or the beginning of an id."),
]
BeforeQuery = Annotated[int | None, Query(ge=0, le=2**53 - 1, description="The `next` of the page before.")]
Row = TypeVar("Row")


def after_id(after: str | None) -> bytes:
    """The id behind which a page begins. Raises field_invalid."""
    try:
        return b"" if after is None else read_bytes(after)
    except ValueError:
        raise ServerTrouble("field_invalid") from None


def skipped(after: str | None) -> int:
    """How many lines stand before a page, where lines have no lasting order. Raises field_invalid."""
    if after is None:
        return 0
    if not (after.isascii() and after.isdigit() and int(after) <= _SKIP_MAX):
        raise ServerTrouble("field_invalid")
    return int(after)


def looked_through(
    read: Callable[[bytes, int], Sequence[Row]],
    id_of: Callable[[Row], bytes],
    wanted: Callable[[Row], bool],
    after: bytes,
    limit: int,
) -> tuple[list[Row], str | None]:
    """The wanted rows behind `after`, at most `limit` of them, and the `next` of the page."""
    found: list[Row] = []
    looked = 0
    while looked < ROWS_LOOKED_MAX:
        rows = read(after, ROWS_AT_ONCE)
        for row in rows:
            after = id_of(row)
            looked += 1
            if wanted(row):
                found.append(row)
            if len(found) == limit:
                is_last = row is rows[-1] and len(rows) < ROWS_AT_ONCE
                return found, None if is_last else spell_bytes(after)
        if len(rows) < ROWS_AT_ONCE:
            return found, None
    return found, spell_bytes(after)


def of_list(rows: Sequence[Row], skip: int, limit: int) -> tuple[Sequence[Row], str | None]:
    """The page of rows that were read with one more than `limit`, and its `next`."""
    return rows[:limit], str(skip + limit) if len(rows) > limit else None


def matches(search: str | None, name: str, ids: Iterable[bytes]) -> bool:
    """Whether this is what is looked for: part of the name in any case, or the beginning of an id."""
    if search is None:
        return True
    if search.casefold() in name.casefold():
        return True
    return any(spell_bytes(one).startswith(search) or one.hex().startswith(search.lower()) for one in ids)
