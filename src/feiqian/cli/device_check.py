"""`feiqian wallet check` and `terminal check`: the device looks at itself and says what is not in order.

What was looked at goes through the rules of `risk.device_check`. Hints alone leave the exit status 0.
"""

from argparse import Namespace
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from feiqian.cli.device import device_clock
from feiqian.cli.device_privacy import TERMINAL_KEEPS, WALLET_KEEPS
from feiqian.cli.report import Report
from feiqian.protocol.allowance import Tier
from feiqian.protocol.refusals import Refused
from feiqian.risk.device_check import RULES, DeviceFinding, Looked, Weight, check

if TYPE_CHECKING:
    from rich.text import Text

    from feiqian.protocol.trust import Trust

_A_DAY_S = 86_400


def run_wallet_check(args: Namespace, report: Report) -> int:
    """`wallet check`."""
    from feiqian.cli.device_looked import leaves_core_dumps, look_at_files
    from feiqian.cli.wallet_device import WALLET_FOLDER, opened
    from feiqian.wallet.troubles import WalletTrouble

    now = device_clock()
    outside = look_at_files(args.home, WALLET_FOLDER, WALLET_KEEPS, args.pin_file, now)
    with opened(args, report) as found:
        wallet, guesses = found.wallet, found.store.guesses()
        membership = wallet.membership()
        if membership is None:
            raise WalletTrouble("not_enrolled")
        holdings, trouble = wallet.holdings(), wallet.counting_trouble()
        tiers = [live.allowance.terms.tier for live in holdings.lives]
        looked = replace(
            _with_trust(outside, holdings.trust, membership.currency, holdings.now),
            overdue=wallet.overdue(),
            guesses=guesses.count if now - guesses.ended_at < _A_DAY_S else 0,
            paying_locked=wallet.paying_lock() is not None,
            keys_trouble=None if trouble is None else trouble.code,
            clock_wrong=holdings.clock_behind,
            tier_low=_is_low(holdings.trust, membership.currency, tiers),
            unconfirmed=wallet.unconfirmed(),
            core_dumps=leaves_core_dumps(),
        )
    return _told(looked, report)


def run_terminal_check(args: Namespace, report: Report) -> int:
    """`terminal check`."""
    from feiqian.cli.device_looked import leaves_core_dumps, look_at_files
    from feiqian.cli.terminal_device import TERMINAL_FOLDER, opened

    now = device_clock()
    outside = look_at_files(args.home, TERMINAL_FOLDER, TERMINAL_KEEPS, args.pin_file, now)
    with opened(args, report) as till:
        terminal, (guesses, guessed_at) = till.terminal, till.vault.guesses
        ready = terminal.ready()
        looked = replace(
            _with_trust(outside, terminal.trust, terminal.currency, ready.now),
            overdue=terminal.overdue(),
            guesses=guesses if now - guessed_at < _A_DAY_S else 0,
            clock_wrong=ready.clock_is_off,
            unconfirmed=terminal.unconfirmed(),
            core_dumps=leaves_core_dumps(),
        )
    return _told(looked, report)


def _with_trust(looked: Looked, trust: "Trust", currency: str, now: int) -> Looked:
    from feiqian import __version__

    try:
        warns = trust.guarantee(currency, now).warn
    except Refused:  # the currency is not served any more
        warns = True
    least = trust.key_set.least_app if trust.update_needed(__version__) else None
    return replace(looked, trust_age_s=trust.list_age_s(now), trust_warns=warns, least_app=least)


def _is_low(trust: "Trust", currency: str, tiers: list[int]) -> bool:
    """Whether an allowance held may pay less at once than one whose key is in hardware."""
    rule = trust.policy(currency).tiers
    if rule is None:
        return False
    most = max(Tier)
    return any(
        rule.most_minor(tier, one_way=one_way) < rule.most_minor(most, one_way=one_way)
        for tier in tiers
        for one_way in (False, True)
    )


def _told(looked: Looked, report: Report) -> int:
    found = check(looked)
    wrong = [finding for weight, finding in found if weight is Weight.WRONG]
    hints = [finding for weight, finding in found if weight is Weight.HINT]
    findings: list[dict[str, Any]] = []
    for weight, finding in found:
        words = finding.words(report.language)
        told = {"what": words.message, "why": words.safe, "next": words.next}
        findings.append({"code": finding.code, "weight": weight.value} | told)
    keys = {"in_order": not wrong, "looked_at": [rule.code for rule in RULES], "findings": findings}
    return report.finish(keys, wrong, lambda: _in_words(hints, report, in_order=not wrong))


def _in_words(hints: list[DeviceFinding], report: Report, *, in_order: bool) -> "Text":
    from rich.text import Text

    lines = []
    for hint in hints:
        words = hint.words(report.language)
        lines += [f"• {words.message} [{hint.code}]", f"  {words.safe}", f"  → {words.next}"]
    if in_order:
        lines.append(report.pick("✔ Everything is in order.", "✔ 一切正常。"))
    else:
        lines.append(report.pick("Not everything is in order:", "有需要处理的问题："))
    return Text("\n".join(lines))
