"""How this wallet writes amounts and instants inside its sentences; the same in both languages."""

from datetime import UTC, datetime


def amount_words(amount_minor: int, currency: str) -> str:
    """An amount of minor units, two decimals: 12.50 EUR."""
    whole, cents = divmod(amount_minor, 100)
    return f"{whole:,}.{cents:02d} {currency}"


def instant_words(at: int) -> str:
    """An instant to the minute, in UTC: 2026-11-22 10:00 UTC."""
    try:
        return datetime.fromtimestamp(at, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError):
        return "-"  # beyond the year 9999: no clock that anybody goes by
