"""`feiqian wallet pay`, `code`, `again`, `receipt`: paying face to face. Nothing here reaches a network.

The PIN that opened the wallet in this very run is the holder check that the cheque states.
"""

import getpass
import select
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from feiqian.cli.device import device_clock, read_secret
from feiqian.cli.report import Report, money, parse_money, rfc3339
from feiqian.cli.shown import check_out, clean_up_keys, read_shown, remove_pictures, show_message
from feiqian.cli.wallet_device import Opened, opened, purpose_of
from feiqian.cli.wallet_troubles import ConsentTrouble
from feiqian.cli.wallet_words import advice_lines, facts_table, outcome_words, payee_words, payment_keys
from feiqian.protocol.allowance import HolderCheck
from feiqian.wallet.pay import Offer, Shown
from feiqian.wallet.records import PaymentRecord
from feiqian.wallet.troubles import WalletTrouble

if TYPE_CHECKING:
    from rich.table import Table


def pay(args: Namespace, report: Report) -> int:
    """Pay the request in a picture; with --code, make a one-way code."""
    if args.code is not None:
        return code(args, report)
    asking = read_shown(args.images)
    with opened(args, report) as found:
        check_out(args, found.pictures)
        offer = found.wallet.consider(asking)
        if offer.drawn is None:
            _consent(args, report, offer)
        shown = with_digits(args, report, lambda digits: found.wallet.pay(offer, HolderCheck.PIN, digits))
        drawn = show_message(report, shown.body, args, found.pictures, purpose_of(shown.payment))
    again = offer.drawn is not None
    keys = payment_keys(shown.payment) | drawn | {"again": again, "warnings": [one.value for one in offer.warnings]}
    return report.done(
        keys,
        report.pick(
            "This request was answered before: the same cheque again." if again else "Show this to the payee.",
            "此请求已答复过：再次出示同一张支票。" if again else "请向收款方出示。",
        ),
        _facts(shown.payment, drawn, report),
        report.pick(
            "Then take the receipt: feiqian wallet receipt --image FILE",
            "随后收取收据：feiqian wallet receipt --image FILE",
        ),
    )


def code(args: Namespace, report: Report) -> int:
    """Make a one-way code; at a terminal window it is hidden when its time is over."""
    amount_minor = parse_money(args.code)
    with opened(args, report) as found:
        check_out(args, found.pictures)
        membership = found.wallet.membership()
        currency = "" if membership is None else membership.currency
        _consent_to(args, report, money(amount_minor, currency), report.pick("whoever takes the code", "任何收码方"))
        shown = with_digits(
            args,
            report,
            lambda digits: found.wallet.one_way_code(amount_minor, HolderCheck.PIN, up_to=args.up_to, digits=digits),
        )
        drawn = show_message(report, shown.body, args, found.pictures, purpose_of(shown.payment))
        hidden = _hide_in_time(found, shown, report)
    keys = payment_keys(shown.payment) | drawn | {"hidden_at": rfc3339(shown.payment.expires_at), "hidden": hidden}
    return report.done(
        keys,
        report.pick(
            "The code is hidden now." if hidden else "Show this within a minute; whoever takes it first is paid, once.",
            "付款码已隐藏。" if hidden else "请在一分钟内出示；先收取者得款，仅一次。",
        ),
        _facts(shown.payment, drawn, report),
    )


def again(args: Namespace, report: Report) -> int:
    """Show an earlier payment again."""
    with opened(args, report) as found:
        check_out(args, found.pictures)
        shown = found.wallet.show_again(args.payment)
        drawn = show_message(report, shown.body, args, found.pictures, purpose_of(shown.payment))
    return report.done(
        payment_keys(shown.payment) | drawn | {"again": True},
        report.pick("The same cheque again: it pays once.", "同一张支票：只支付一次。"),
        _facts(shown.payment, drawn, report),
    )


def receipt(args: Namespace, report: Report) -> int:
    """Take a receipt or note; then the pictures of that payment have served."""
    body = read_shown(args.images)
    with opened(args, report) as found:
        taken = found.wallet.take_acknowledgement(body)
        payment = taken.payment
        clean_up = remove_pictures(found.pictures, [purpose_of(payment)], now=device_clock())
    rows = [
        (report.pick("Payment", "付款"), payment.number),
        (report.pick("Payee", "收款方"), payee_words(payment, report)),
        (report.pick("Final amount", "最终金额"), money(payment.final_minor or 0, payment.currency)),
    ]
    if payment.back_minor:
        rows.append((report.pick("Given back", "退回"), money(payment.back_minor, payment.currency)))
        rows.append((report.pick("To spend again now", "现可再用"), money(taken.credit_minor, payment.currency)))
    keys = payment_keys(payment) | clean_up_keys(clean_up)
    return report.done(
        keys | {"back_minor": payment.back_minor, "credit_minor": taken.credit_minor},
        f"[bold]{outcome_words(payment, report)}[/bold]",
        lambda: facts_table(rows),
    )


def consent_question(report: Report, offer: Offer) -> None:
    """Asks whether this may be paid: whom, how much, and what there is to know. Raises ConsentTrouble consent_needed.

    The answer is for the caller to read, see `says_yes`.
    """
    amount, payee = _whom_and_how_much(report, offer)
    _ask(report, amount, payee, offer.reference)


def with_digits(args: Namespace, report: Report, draw: Callable[[str | None], Shown]) -> Shown:
    """What `draw` makes with the code of --code-file, or with one that is asked for at a terminal window if needed.

    Raises WalletTrouble one_time_code_needed where nobody can be asked; nothing was burned then.
    """
    if args.code_file is not None:
        return draw(read_secret(args.code_file))
    try:
        return draw(None)
    except WalletTrouble as trouble:
        if trouble.code != "one_time_code_needed" or report.as_json or not sys.stdin.isatty():
            raise
    return draw(getpass.getpass(report.pick("One-time code from your authenticator: ", "验证器上的动态验证码：")))


def says_yes(line: str) -> bool:
    """Whether what was typed is a yes."""
    return line.strip().casefold() in ("y", "yes", "是")


def _consent(args: Namespace, report: Report, offer: Offer) -> None:
    """Shows whom and how much, and asks. Raises ConsentTrouble."""
    amount, payee = _whom_and_how_much(report, offer)
    _consent_to(args, report, amount, payee, offer.reference)


def _whom_and_how_much(report: Report, offer: Offer) -> tuple[str, str]:
    """In words, amount and payee; what there is to know beside it is said."""
    amount = money(offer.amount_minor, offer.currency)
    amount = report.pick(f"up to {amount}", f"至多 {amount}") if offer.up_to else amount
    unknown = report.pick("an unknown payee", "未知收款方")
    payee = unknown if offer.payee_name is None else offer.payee_name
    if not offer.payee_proved and offer.payee_name is not None:
        payee = report.pick(f"{payee} (not proved)", f"{payee}（未经证明）")
    for line in advice_lines(offer.warnings, report):
        report.say(line, line)
    return amount, payee


def _consent_to(args: Namespace, report: Report, amount: str, payee: str, reference: str | None = None) -> None:
    if args.yes:
        return
    _ask(report, amount, payee, reference)
    if not says_yes(sys.stdin.readline()):
        raise ConsentTrouble("consent_refused")


def _ask(report: Report, amount: str, payee: str, reference: str | None) -> None:
    about = "" if reference is None else f" ({reference})"
    if report.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConsentTrouble("consent_needed", amount=amount, payee=payee)
    report.say(f"Pay {amount} to {payee}{about}?", f"向 {payee} 支付 {amount}{about}？")
    report.say("Type y to consent.", "输入 y 表示同意。")


def _facts(payment: PaymentRecord, drawn: dict[str, Any], report: Report) -> "Callable[[], Table]":
    """What shows a payment and its pictures."""
    amount = money(payment.amount_minor, payment.currency)
    rows = [(report.pick("Payment", "付款"), payment.number)]
    if payment.form.value == "two_way":
        rows.append((report.pick("Payee", "收款方"), payee_words(payment, report)))
    rows.append(
        (report.pick("Amount", "金额"), report.pick(f"up to {amount}", f"至多 {amount}") if payment.up_to else amount)
    )
    rows += [(report.pick("Picture", "图片"), path) for path in drawn["pictures"]]
    return lambda: facts_table(rows)


def _hide_in_time(found: Opened, shown: Shown, report: Report) -> bool:
    """At a terminal window: wait for Enter or the end of the code's time, then clear the window and the picture."""
    if report.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    left_s = max(0, shown.payment.expires_at - device_clock())
    report.say(f"Hidden in {left_s} s; press Enter to hide it now.", f"{left_s} 秒后隐藏；按回车立即隐藏。")
    select.select([sys.stdin], [], [], left_s)
    sys.stdout.write("\x1b[3J\x1b[2J\x1b[H")
    sys.stdout.flush()
    remove_pictures(found.pictures, [purpose_of(shown.payment)], now=device_clock())
    return True
