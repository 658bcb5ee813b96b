"""`feiqian wallet boundary`, `terminal boundary`: what works now, up to how much, until when, and why not."""

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from feiqian.cli.report import Report, money, rfc3339
from feiqian.risk.boundary import Capability, Why
from feiqian.risk.boundary_words import WHAT_WORDS, WHY_WORDS

if TYPE_CHECKING:
    from rich.table import Table


def run_wallet_boundary(args: Namespace, report: Report) -> int:
    """What the payer's device can do now."""
    from feiqian.cli.shown import clean_up_keys
    from feiqian.cli.wallet_device import opened
    from feiqian.wallet.boundary import boundary

    with opened(args, report) as found:
        holdings, keys_away = found.wallet.holdings(), found.wallet.counting_trouble() is not None
        clean_up = found.clean_up
    capabilities = boundary(holdings, keys_away=keys_away)
    return _shown(report, capabilities, holdings.membership.currency, clean_up_keys(clean_up))


def run_terminal_boundary(args: Namespace, report: Report) -> int:
    """What the payee's device can do now."""
    from feiqian.cli.terminal_device import opened

    with opened(args, report) as till:
        capabilities, currency = till.terminal.boundary(), till.terminal.currency
    return _shown(report, capabilities, currency, {})


def capability_keys(capability: Capability, currency: str, report: Report) -> dict[str, Any]:
    """One capability, for programs; `words` and `why_words` are for people."""
    why = capability.why
    return {
        "what": capability.what.value,
        "words": WHAT_WORDS[capability.what][report.language],
        "works": capability.works,
        "needs_network": capability.needs_network,
        "up_to_minor": capability.up_to_minor,
        "guaranteed_minor": capability.guaranteed_minor,
        "currency": currency,
        "until": None if capability.until is None else rfc3339(capability.until),
        "why": None if why is None else why.value,
        "why_words": None if why is None else WHY_WORDS[why][report.language],
    }


def _shown(report: Report, found: Sequence[Capability], currency: str, more: dict[str, Any]) -> int:
    keys = {"currency": currency, "capabilities": [capability_keys(one, currency, report) for one in found]}
    return report.done(keys | more, lambda: _table(report, found, currency))


def _table(report: Report, found: Sequence[Capability], currency: str) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD)
    table.add_column("")
    table.add_column(report.pick("What", "事项"))
    table.add_column(report.pick("Up to", "至多"), justify="right")
    table.add_column(report.pick("Until", "至"))
    table.add_column(report.pick("Why", "说明"), overflow="fold")
    for one in found:
        why = "" if one.why is None else WHY_WORDS[one.why][report.language]
        amount = "" if one.up_to_minor is None or not one.works else money(one.up_to_minor, currency)
        table.add_row(
            _icon(one),
            WHAT_WORDS[one.what][report.language],
            amount,
            "" if one.until is None else rfc3339(one.until),
            _guaranteed(report, one, currency) + why,
        )
    return table


def _icon(one: Capability) -> str:
    if one.works:
        return "✔" if one.why is None else "⚠"
    return "…" if one.why is Why.NETWORK_NOT_TRIED else "✗"


def _guaranteed(report: Report, one: Capability, currency: str) -> str:
    if not one.guaranteed_minor:
        return ""
    amount = money(one.guaranteed_minor, currency)
    return report.pick(f"Guaranteed up to {amount}. ", f"担保至 {amount}。")
