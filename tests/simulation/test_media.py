"""A world on plain rows goes the way it goes on the tables of production, deaths, copies and all."""

from __future__ import annotations

import pytest

from feiqian.simulation.media import MEDIA_OF, Media
from feiqian.simulation.run import play
from feiqian.simulation.signatures import Signatures
from feiqian.simulation.story import SCENARIOS, Author
from feiqian.storage.plain_terminal import PlainTerminalStore
from feiqian.storage.plain_wallet import PlainWalletStore

PAYMENTS = 100


@pytest.mark.parametrize("seed", range(1, len(SCENARIOS) + 1))
def test_plain_rows_change_nothing_in_a_story(seed: int) -> None:
    """One seed of each scenario: traces are equal line by line, and everybody died where they die on tables."""
    plain, tables = (
        play(seed, Author(seed, PAYMENTS).story(), Signatures.RECORDED, media) for media in (Media.PLAIN, Media.TABLES)
    )
    assert plain.broken is None
    assert plain.lines == tables.lines
    assert (plain.trace_sha256, plain.died_at) == (tables.trace_sha256, tables.died_at)


def test_worlds_with_real_signatures_are_played_on_the_tables() -> None:
    assert MEDIA_OF == {Signatures.REAL: Media.TABLES, Signatures.RECORDED: Media.PLAIN}


def test_a_plain_store_that_forgets_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: a wallet's rows that lose what was acknowledged tell another story."""
    monkeypatch.setattr(PlainWalletStore, "open_payments", lambda _self: [])
    monkeypatch.setattr(PlainTerminalStore, "links", lambda _self, _ref: ())
    plain, tables = (
        play(2, Author(2, PAYMENTS).story(), Signatures.RECORDED, media) for media in (Media.PLAIN, Media.TABLES)
    )
    assert plain.lines != tables.lines
