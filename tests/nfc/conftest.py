"""A card service for every test that taps: pcscd with vsmartcard's virtual reader, started, locked and stopped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from feiqian.cli.card_service import CardService, CardServiceMissing, card_service
from feiqian.links.nfc_reader import ReaderError
from tests.nfc.foreign_service import own_service


@pytest.fixture
def service() -> Iterator[CardService]:
    """The service with a reader in whose field nothing is. Skips (with CI=true: fails) where there is none."""
    try:
        with card_service() as found:
            yield found
    except CardServiceMissing as missing:
        pytest.skip(f"no virtual reader: apt-get install pcscd vsmartcard-vpcd ({missing})")
    except ReaderError as error:
        if error.fault != "pcsc_missing":
            raise
        pytest.skip("no pyscard: pip install 'feiqian[pcsc]'")


@pytest.fixture
def stoppable(service: CardService) -> Iterator[CardService]:
    """The same, for tests that stop it: never one that somebody else needs."""
    with own_service(service) as found:
        yield found
