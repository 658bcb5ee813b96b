"""A PostgreSQL for whatever is killed on it."""

from tests.contracts.stores import postgres

__all__ = ["postgres"]
