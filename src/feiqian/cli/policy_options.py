"""What a proposal may change of a policy on an existing home: its options, and its changes as signers read them.

Terminals, wallets and operator compute from one policy, each from the newest key set that it holds. What is taken
meanwhile is judged by the policy that its payee held (spec 05.4), so caps, ages and what is asked of payers may change
at any time. Skew and claim window may not: D follows from them, everybody computes it, and whoever holds the other
policy would send too late. So they have no option.
"""

import argparse
import re
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from feiqian.cli.report import CommandTrouble, Report, money, parse_money
from feiqian.cli.tier_words import TIER_NAMES, tier_name

if TYPE_CHECKING:
    from feiqian.cli.key_proposal import Proposal
    from feiqian.issuer.key_plan import KeyPlan

NONE: Final = "none"
_HOUR_S: Final = 3600
_HOURS_MAX: Final = 31 * 24
_TTL_MAX_S: Final = 3600
_VERSION: Final = re.compile(r"[0-9]{1,5}(\.[0-9]{1,5}){0,3}", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


class _Field(NamedTuple):
    """A field of a policy: its option, how that is read, and how the field is called and shown."""

    option: str
    field: str
    read: Callable[[str], int | None]
    metavar: str
    help: str
    english: str
    chinese: str
    show: Callable[[int, str], str]


def read_origin(text: str) -> str:
    """A web origin typed as an option."""
    from feiqian.protocol.passkey import rp_id_of
    from feiqian.protocol.refusals import Refused

    try:
        rp_id_of(text)
    except Refused:
        raise argparse.ArgumentTypeError("an origin is like https://pay.example, without a path") from None
    return text


def read_amount(text: str) -> int:
    """Minor units of an amount typed as an option."""
    try:
        return parse_money(text)
    except CommandTrouble:
        raise argparse.ArgumentTypeError("an amount is like 50 or 12.50") from None


def _cap(text: str) -> int:
    return 0 if text == "0" else read_amount(text)


def _amount_or_none(text: str) -> int | None:
    return None if text == NONE else read_amount(text)


def _origin_or_none(text: str) -> str | None:
    return None if text == NONE else read_origin(text)


def _hours(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _HOURS_MAX):
        raise argparse.ArgumentTypeError("an age is 1 to 744 hours")
    return int(text) * _HOUR_S


def _life(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _TTL_MAX_S):
        raise argparse.ArgumentTypeError("a life is 1 to 3600 seconds")
    return int(text)


def _tier(text: str) -> int | None:
    if text != NONE and text not in TIER_NAMES:
        raise argparse.ArgumentTypeError("a tier is software, passkey, tpm or card, or none")
    return None if text == NONE else list(TIER_NAMES).index(text) + 1


def _version(text: str) -> str:
    if _VERSION.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a version is numbers with dots, like 1.4")
    return text


def _currency(text: str) -> str:
    if _CURRENCY.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a currency is three capital letters, like CNY")
    return text


def _hours_words(value: int, currency: str) -> str:  # noqa: ARG001  # the shape of them all
    return f"{value // _HOUR_S} h"


def _seconds_words(value: int, currency: str) -> str:  # noqa: ARG001  # the shape of them all
    return f"{value} s"


def _tier_words(value: int, currency: str) -> str:  # noqa: ARG001  # the shape of them all
    return tier_name(value)


_FIELDS: Final = (
    _Field("--guarantee-cap", "guarantee_cap_minor", _cap, "AMOUNT",
           "payments up to this are guaranteed to payees (a new home: 200)",
           "guaranteed up to", "担保上限", money),
    _Field("--one-way-cap", "one_way_cap_minor", _cap, "AMOUNT",
           "one-way codes up to this are taken (a new home: 50)",
           "one-way codes up to", "单向付款码上限", money),
    _Field("--unsigned-cap", "unsigned_cap_minor", _cap, "AMOUNT",
           "wallets answer requests without a signature up to this (a new home: 20)",
           "unsigned requests up to", "未签名收款码上限", money),
    _Field("--stale-cap", "stale_cap_minor", _cap, "AMOUNT",
           "with stale lists payments up to this are taken (a new home: 50)",
           "with stale lists up to", "信任名单过期后上限", money),
    _Field("--list-warn-age", "list_warn_age_s", _hours, "HOURS",
           "from this age of their lists on devices warn and halve the caps (a new home: 24)",
           "lists are old after", "信任名单较旧始于", _hours_words),
    _Field("--list-stale-age", "list_stale_age_s", _hours, "HOURS",
           "from this age on lists are stale (a new home: 72)",
           "lists are stale after", "信任名单过期始于", _hours_words),
    _Field("--one-way-ttl", "one_way_ttl_s", _life, "SECONDS",
           "how long a one-way code lives at most (a new home: 60)",
           "one-way codes live", "单向付款码有效", _seconds_words),
    _Field("--code-above", "code_above_minor", _amount_or_none, "AMOUNT",
           "payments above this need a one-time code of payers who have an authenticator; none: at no amount",
           "one-time code above", "高于此额须动态验证码", money),
    _Field("--one-way-least-tier", "one_way_least_tier", _tier, "TIER",
           "the least tier of a key that may pay by one-way code: software, passkey, tpm, card, or none",
           "one-way codes need", "单向付款码须", _tier_words),
    _Field("--tier-above", "tier_above_minor", _amount_or_none, "AMOUNT",
           "payments above this need a key of --least-tier; none: at no amount",
           "a tier is needed above", "高于此额须密钥级别", money),
    _Field("--least-tier", "least_tier_above", _tier, "TIER",
           "the least tier of a key that may pay more than --tier-above: software, passkey, tpm or card, or none",
           "the tier needed", "所须密钥级别", _tier_words),
)  # fmt: skip


def add_policy_options(parser: argparse.ArgumentParser) -> None:
    """Everything of a key set that is no key. What is not given stays as it is."""
    absent = argparse.SUPPRESS
    parser.add_argument(
        "--passkey-origin",
        type=_origin_or_none,
        default=absent,
        metavar="URL",
        help="the web address whose passkeys may sign payments from then on; none: no passkeys any more",
    )
    parser.add_argument(
        "--least-app",
        type=_version,
        default=absent,
        metavar="VERSION",
        help="apps below this version ask for an update; never lower than it is",
    )
    for one in _FIELDS:
        parser.add_argument(
            one.option, type=one.read, dest=one.field, default=absent, metavar=one.metavar, help=one.help
        )
    parser.add_argument(
        "--currency", type=_currency, metavar="CUR", help="whose policy is changed (default: the operator's own)"
    )


def with_options(plan: "KeyPlan", args: Namespace, currency: str) -> "KeyPlan":
    """The plan with what these options say; `currency` is the operator's own. Raises KeyTrouble."""
    from dataclasses import replace

    from feiqian.cli.key_words import KeyTrouble
    from feiqian.issuer.key_plan import PolicyUnfit

    given: dict[str, Any] = vars(args)
    changed: dict[str, int | None] = {one.field: given[one.field] for one in _FIELDS if one.field in given}
    try:
        if changed:
            plan = plan.with_policy(args.currency or currency, **changed)
        if "least_app" in given:
            plan = plan.with_least_app(given["least_app"])
    except PolicyUnfit as unfit:
        raise KeyTrouble(unfit.code, **unfit.facts) from None
    return replace(plan, passkey_origin=given["passkey_origin"]) if "passkey_origin" in given else plan


def policy_changes(proposal: "Proposal") -> list[dict[str, Any]]:
    """What a proposal changes beside keys, for `--json`: amounts in minor units, times in seconds."""
    return [
        {"field": field, "currency": currency, "before": before, "after": after}
        for field, currency, before, after in _changed(proposal)
    ]


def policy_rows(proposal: "Proposal", report: Report) -> list[tuple[str, str]]:
    """The same for people: what it is, and how it changes."""
    fields = {one.field: one for one in _FIELDS}
    rows: list[tuple[str, str]] = []
    for field, currency, before, after in _changed(proposal):
        known = fields.get(field)
        names = ("apps at least", "应用最低版本") if field == "least_app" else ("passkeys of", "通行密钥所属网址")
        name = report.pick(*((known.english, known.chinese) if known is not None else names))
        spelled = [_spelled(known, value, currency, report) for value in (before, after)]
        rows.append((name, f"{spelled[0]} → {spelled[1]}"))
    return rows


def _spelled(known: _Field | None, value: int | str | None, currency: str | None, report: Report) -> str:
    if value is None:
        return report.pick("none", "无")
    return known.show(value, currency or "") if known is not None and isinstance(value, int) else str(value)


def _changed(proposal: "Proposal") -> list[tuple[str, str | None, Any, Any]]:
    """(field, currency of a policy's, before, after) of all that differs."""
    from feiqian.protocol.trust_pack import decode_key_set

    before, after = decode_key_set(proposal.before), proposal.decoded
    found: list[tuple[str, str | None, Any, Any]] = [
        (name, None, getattr(before, name), getattr(after, name))
        for name in ("passkey_origin", "least_app")
        if getattr(before, name) != getattr(after, name)
    ]
    held = {policy.currency: policy for policy in before.policies}
    for policy in after.policies:
        old = held.get(policy.currency)
        for one in _FIELDS:
            was, will = None if old is None else getattr(old, one.field), getattr(policy, one.field)
            if was != will:
                found.append((one.field, policy.currency, was, will))
    return found
