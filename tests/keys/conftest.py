"""Places that hold private keys, real ones, one of each a test process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.keys.softhsm import SoftHsm, new_token
from tests.keys.swtpm import Swtpm, new_swtpm
from tests.nfc.conftest import service

__all__ = ["service"]


@pytest.fixture(scope="session")
def swtpm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swtpm]:
    """A TPM with its maker's certificate."""
    tpm = new_swtpm(tmp_path_factory.mktemp("swtpm"))
    yield tpm
    tpm.stop()


@pytest.fixture(scope="session")
def softhsm(tmp_path_factory: pytest.TempPathFactory) -> SoftHsm:
    """A PKCS#11 token."""
    return new_token(tmp_path_factory.mktemp("softhsm"))
