"""`feiqian operator authenticator` and `wrong-codes`: what makes payers' one-time codes, and codes that were wrong."""

import sys
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from feiqian.cli.operator_link import connected, read_id
from feiqian.cli.report import USAGE, CommandTrouble, Report, rfc3339

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.links.http_authenticators import (
        AuthenticatorReply,
        AuthenticatorsReply,
        NewAuthenticatorReply,
        WrongCodeReply,
    )

KINDS: Final = ("totp", "hotp")
"""Those of `risk.one_time_code`, which a test compares; reading them there would cost every command."""
_ADD, _CONFIRM, _REMOVE, _LIST = "add", "confirm", "remove", "list"
_FAULTS: Final = {"wrong": ("wrong", "错误"), "reused": ("used before", "已用过")}


def add_authenticator_acts(act: Callable[[str, Callable[[Namespace, Report], int], str], Any]) -> None:
    """Both acts and their options."""
    one = act("authenticator", run_authenticator, "what makes a payer's one-time codes: add, confirm, remove, list")
    one.add_argument(
        "what",
        choices=(_ADD, _CONFIRM, _REMOVE, _LIST),
        metavar="WHAT",
        help="add one, confirm it by a code (two codes in a row bring it back in step), remove it, or list all",
    )
    one.add_argument("payer", type=read_id, metavar="PAYER", help="the payer's id")
    one.add_argument(
        "codes", nargs="*", metavar="CODE", help="with confirm: the code that it shows now, or two in a row"
    )
    one.add_argument("--kind", choices=KINDS, help="with add: by time (totp), or by a button (hotp); default totp")
    act("wrong-codes", run_wrong_codes, "payments whose one-time code was wrong or used before")


def run_authenticator(args: Namespace, report: Report) -> int:
    """`operator authenticator`."""
    wrong = _misspelt(args, report)
    if wrong is not None:
        report.finish({}, [CommandTrouble("usage", why=wrong)])
        return USAGE
    from feiqian.risk.one_time_code import CodeKind

    with connected(args, report) as client:
        if args.what == _ADD:
            return _told_secret(
                report, client.add_authenticator(payer_id=args.payer, kind=CodeKind(args.kind or "totp"))
            )
        if args.what == _CONFIRM:
            found = client.confirm_authenticator(payer_id=args.payer, codes=args.codes)
            told = report.pick(
                "✔ The code is right: new allowances of this payer ask for codes from now on.",
                "✔ 验证码正确：该付款人此后的新额度将要求动态验证码。",
            )
            return report.done(_authenticator_keys(found), told)
        if args.what == _REMOVE:
            left = client.remove_authenticator(payer_id=args.payer)
            told = report.pick(
                "✔ New allowances of this payer ask for no codes. Those issued before do, until they end.",
                "✔ 该付款人此后的新额度不再要求动态验证码；此前发放的额度在到期前仍要求。",
            )
            return report.done(_all_keys(left), told)
        return _listed(report, client.authenticators(payer_id=args.payer))


def run_wrong_codes(args: Namespace, report: Report) -> int:
    """`operator wrong-codes`."""
    with connected(args, report) as client:
        found = client.wrong_codes()
    return report.done({"wrong_codes": [_wrong_keys(one) for one in found]}, lambda: _wrong_table(report, found))


def _misspelt(args: Namespace, report: Report) -> str | None:
    """How it must read, where it does not."""
    if (args.what == _CONFIRM) is not bool(args.codes) or len(args.codes) > 2:  # noqa: PLR2004  # one code, or two in a row
        form = f"operator authenticator {args.what} PAYER" + (" CODE [CODE]" if args.what == _CONFIRM else "")
    elif args.kind is not None and args.what != _ADD:
        form = f"operator authenticator {args.what} PAYER"
    else:
        return None
    return report.pick(f"it must read {form}", f"应写成 {form}")


def _told_secret(report: Report, new: "NewAuthenticatorReply") -> int:
    """The secret, told once; as a code for an app where people read."""
    keys = {
        "authenticator_id": new.authenticator_id.hex(),
        "kind": new.kind.value,
        "secret": new.secret,
        "otpauth_uri": new.otpauth_uri,
    }
    told = report.pick(
        f"✔ An authenticator was added. Told once:\n  secret   {new.secret}\n  address  {new.otpauth_uri}",
        f"✔ 已添加验证器。以下内容仅显示一次：\n  密钥  {new.secret}\n  地址  {new.otpauth_uri}",
    )
    then = report.pick(
        "It counts once a code of it was right: feiqian operator authenticator confirm PAYER CODE",
        "用其验证码确认后才生效：feiqian operator authenticator confirm PAYER CODE",
    )
    status = report.done(keys, told, then)
    if not report.as_json and sys.stdout.isatty():
        from feiqian.links.qr import draw_address

        print(draw_address(new.otpauth_uri, colour=True), flush=True)
    return status


def _listed(report: Report, found: "AuthenticatorsReply") -> int:
    return report.done(_all_keys(found), lambda: _table(report, found.authenticators))


def _all_keys(found: "AuthenticatorsReply") -> dict[str, Any]:
    return {
        "authenticators": [_authenticator_keys(one) for one in found.authenticators],
        "wrong_codes": [_wrong_keys(one) for one in found.wrong_codes],
    }


def _authenticator_keys(one: "AuthenticatorReply") -> dict[str, Any]:
    return {
        "authenticator_id": one.authenticator_id.hex(),
        "kind": one.kind.value,
        "added_at": rfc3339(one.added_at),
        "confirmed_at": None if one.confirmed_at is None else rfc3339(one.confirmed_at),
        "removed_at": None if one.removed_at is None else rfc3339(one.removed_at),
    }


def _wrong_keys(one: "WrongCodeReply") -> dict[str, Any]:
    return {
        "cheque_id": one.cheque_id.hex(),
        "allowance": one.ref.hex(),
        "payer_id": one.payer_id.hex(),
        "device_id": one.device_id.hex(),
        "fault": one.fault.value,
        "found_at": rfc3339(one.found_at),
    }


def _table(report: Report, lines: "Sequence[AuthenticatorReply]") -> "Table":
    from rich.table import Table

    table = Table(title=report.pick("Authenticators", "验证器"))
    for heading in (("Kind", "类型"), ("Added", "添加于"), ("Confirmed", "确认于"), ("Removed", "移除于")):
        table.add_column(report.pick(*heading))
    for one in lines:
        times = (one.added_at, one.confirmed_at, one.removed_at)
        table.add_row(one.kind.value, *("-" if at is None else rfc3339(at) for at in times))
    return table


def _wrong_table(report: Report, lines: "Sequence[WrongCodeReply]") -> "Table":
    from rich.table import Table

    table = Table(title=report.pick("Wrong one-time codes", "错误的动态验证码"))
    for heading in (("Found", "发现于"), ("Payer", "付款人"), ("Allowance", "额度"), ("Code", "验证码")):
        table.add_column(report.pick(*heading))
    for one in lines:
        fault = report.pick(*_FAULTS[one.fault.value])
        table.add_row(rfc3339(one.found_at), one.payer_id.hex(), one.ref.hex(), fault)
    return table
