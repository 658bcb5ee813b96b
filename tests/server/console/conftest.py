"""Every story that keeps books is told on both stores."""

from tests.contracts.stores import postgres, pytest_generate_tests, store_kind

__all__ = ["postgres", "pytest_generate_tests", "store_kind"]
