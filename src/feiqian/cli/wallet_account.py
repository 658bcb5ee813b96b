"""`feiqian wallet enrol`, `top-up`, `sync`, `close`, `change-pin`, `lost`: the wallet and its operator."""

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from feiqian.acquirer.disputes import Party
from feiqian.cli.device import device_clock, read_pin
from feiqian.cli.dispute_words import notice_keys, notice_lines
from feiqian.cli.enrolment_code import read_code, read_enrol_pin
from feiqian.cli.key_stores import doubt_lines, introduce, key_keys, key_lines, key_words
from feiqian.cli.report import Report, money, parse_money, rfc3339
from feiqian.cli.shown import clean_up_keys, remove_pictures
from feiqian.cli.wallet_device import new_pin, online, online_client, opened, opened_or_new, purpose_of
from feiqian.cli.wallet_elsewhere import elsewhere_keys, elsewhere_rows
from feiqian.cli.wallet_findings import finding_keys, finding_lines, handed_in_keys, handed_in_lines
from feiqian.cli.wallet_lost import lost_code_lines, lost_code_of
from feiqian.cli.wallet_troubles import ConsentTrouble
from feiqian.cli.wallet_unlock import lock_keys, lock_lines
from feiqian.cli.wallet_words import facts_table, payment_keys, payments_table
from feiqian.wallet.holdings import Holdings, Live
from feiqian.wallet.records import AllowanceRecord
from feiqian.wallet.states import AllowanceState, Status
from feiqian.wallet.wording import instant_words

REF_CHARS_SHOWN = 8
"""As much of an allowance's id in hex as names it to people."""


def enrol(args: Namespace, report: Report) -> int:
    """Become a payer's device; may be repeated with the same code until it succeeds."""
    from feiqian.cli.wallet_link import HttpLink
    from feiqian.links.http import OperatorClient

    code = read_code(args, report)
    with opened_or_new(args, report) as found:
        report.say("Asking the operator…", "正在联系运营方…")
        with OperatorClient(args.server, language=report.language, ca_file=args.ca_file) as client:
            joined = found.wallet.enrol(HttpLink(client), args.server, code, read_enrol_pin(args))
        token = joined.membership.device_token
        with OperatorClient(joined.server, token, language=report.language, ca_file=args.ca_file) as client:
            doubt = introduce(found.store, client, report)
            lost_code = lost_code_of(client)
        told, where = key_keys(found.wallet), key_words(found.wallet, report)
    member = joined.membership
    keys = {
        "status": Status.DONE.value,
        "payer": member.payer_name,
        "currency": member.currency,
        "server": joined.server,
        "deployment": joined.deployment,
        "doubt": None if doubt is None else doubt.code,
        "lost_code": lost_code,
    }
    return report.done(
        keys | told,
        report.pick(f"Enrolled for {member.payer_name}.", f"已为 {member.payer_name} 开通。"),
        report.pick(f"Its keys live {where}.", f"密钥存放位置：{where}。"),
        *doubt_lines(doubt, report),
        *lost_code_lines(lost_code, report),
        report.pick("Next: feiqian wallet top-up AMOUNT", "下一步：feiqian wallet top-up 金额"),
    )


def top_up(args: Namespace, report: Report) -> int:
    """Set money aside to spend offline; repeated after a crash it counts once."""
    from feiqian.cli.wallet_link import HttpLink

    amount_minor = parse_money(args.amount)
    with online_client(args, report) as (found, client):
        doubt = introduce(found.store, client, report)
        record = found.wallet.top_up(HttpLink(client), amount_minor)
        holdings, view = found.wallet.holdings(), found.wallet.spendable()
    rows = [
        (report.pick("Set aside", "已留出"), money(record.amount_minor, record.currency)),
        (report.pick("Spendable offline now", "现可离线支付"), money(view.total_minor, view.currency)),
        (report.pick("In one payment", "单笔至多"), money(view.payment_minor, view.currency)),
        (report.pick("Until", "有效期至"), "-" if view.until is None else instant_words(view.until)),
    ]
    keys = _allowance_keys(record, holdings) | {
        "payment_minor": view.payment_minor,
        "total_minor": view.total_minor,
        "until": None if view.until is None else rfc3339(view.until),
        "doubt": None if doubt is None else doubt.code,
    }
    return report.done(keys, lambda: facts_table(rows), *doubt_lines(doubt, report))


def sync(args: Namespace, report: Report) -> int:
    """Newest trust, open top-ups and closings, what became of payments, and what is disputed."""
    with online(args, report) as (found, link):
        synced = found.wallet.sync(link)
        over = [purpose_of(payment) for payment in synced.changed if payment.status is Status.DONE]
        clean_up = remove_pictures(found.pictures, over, now=device_clock())
        view, stopped = found.wallet.spendable(), key_lines(found.wallet, report)
        elsewhere = found.wallet.elsewhere()
    statement = synced.statement
    keys: dict[str, Any] = {
        "trust_newer": synced.trust_newer,
        "topped_up_minor": synced.topped_up_minor,
        "closed": synced.closed,
        "changed": [payment_keys(payment) for payment in synced.changed],
        "free_minor": None if statement is None else statement.free_minor,
        "reserved_minor": None if statement is None else statement.reserved_minor,
        "total_minor": view.total_minor,
        "currency": view.currency,
    }
    rows = [(report.pick("Spendable offline now", "现可离线支付"), money(view.total_minor, view.currency))]
    if statement is not None:
        rows.append((report.pick("Free at the operator", "账户可用"), money(statement.free_minor, statement.currency)))
        reserved = money(statement.reserved_minor, statement.currency)
        rows.append((report.pick("Set aside there", "账户已留出"), reserved))
    if synced.topped_up_minor:
        topped_up = money(synced.topped_up_minor, view.currency)
        rows.append((report.pick("Topped up now", "本次充值"), topped_up))
    rows += elsewhere_rows(elsewhere, view.currency, report)
    keys |= elsewhere_keys(elsewhere, view.currency)
    table = [lambda: payments_table(synced.changed, report)] if synced.changed else []
    lines = stopped + handed_in_lines(synced.handed_in, report) + finding_lines(view.findings, view.currency, report)
    lines += notice_lines(synced.disputes, Party.PAYER, report)
    keys |= lock_keys(synced.lock)
    lines += lock_lines(synced.lock, report)
    keys |= finding_keys(view.findings) | clean_up_keys(clean_up)
    keys |= {"handed_in": [handed_in_keys(one) for one in synced.handed_in]} | notice_keys(synced.disputes)
    if synced.failures and statement is None:
        return report.finish(keys, synced.failures)
    return report.finish(keys, synced.failures, lambda: facts_table(rows), *table, *lines)


def close(args: Namespace, report: Report) -> int:
    """End an allowance early: nothing more is paid from it; what is left comes back at its deadline."""
    with online(args, report) as (found, link):
        lives = _closable(found.wallet.holdings(), args.allowance)
        if len(lives) > 1:
            return _which(lives, report)
        record = found.wallet.close(link, lives[0].allowance.ref if lives else None)
        holdings = found.wallet.holdings()
    keys = _allowance_keys(record, holdings)
    live = holdings.live(record.top_up_id)
    until = "-" if live is None else instant_words(live.deadline_at)
    return report.done(
        keys, report.pick(f"Closed. What is left returns by {until}.", f"已关闭。余额最迟于 {until} 退回。")
    )


def change_pin(args: Namespace, report: Report) -> int:
    """Protect the wallet with a new PIN; a wrong old one counts as a try."""
    with opened(args, report) as found:
        old = read_pin(args, report.pick("Old PIN once more: ", "再输一次旧 PIN："))
        found.wallet.change_pin(old, new_pin(report, args.new_pin_file))
    return report.done({"status": Status.DONE.value}, report.pick("The new PIN counts from now on.", "新 PIN 已生效。"))


def lost(args: Namespace, report: Report) -> int:
    """What to do when this device is lost; with --pin-file also how much is at stake at most, and until when."""
    at_risk_minor, deadline, currency = None, None, None
    if args.pin_file is not None:
        with opened(args, report) as found:
            holdings = found.wallet.holdings()
            lives = [live for live in holdings.lives if live.deadline_at >= holdings.now]
            currency = holdings.membership.currency
            at_risk_minor = sum(live.allowance.terms.amount_minor for live in lives)
            deadline = max((live.deadline_at for live in lives), default=None)
    lines = [
        report.pick(
            "1. Stop it at once: with its lost-device code from any device (feiqian wallet report-lost), or tell your"
            " operator. It is suspended, and payees learn of it with their next sync.",
            "1. 立即停用：凭挂失码在任何设备上运行 feiqian wallet report-lost，或告知运营方。设备随即被停用，"
            "收款方在下次同步时即会得知。",
        ),
        report.pick(
            "2. You answer for nothing that is accepted after you reported it. Whoever has the device still needs its"
            " PIN, and has ten tries.",
            "2. 挂失之后受理的付款不由您承担。捡到设备的人仍需 PIN，且只有十次机会。",
        ),
        report.pick(
            "3. What was set aside and not spent comes back at its deadline. Receipts you still have prove what you"
            " paid.",
            "3. 已留出而未花的钱在截止日退回。您手中的收据可证明已付款项。",
        ),
        report.pick(
            "4. Enrol a new device with a new code; it gets allowances of its own.",
            "4. 用新的开通码开通新设备；它会获得自己的额度。",
        ),
    ]
    if at_risk_minor is not None and currency is not None:
        until = "-" if deadline is None else instant_words(deadline)
        most = money(at_risk_minor, currency)
        lines.append(report.pick(f"At stake at most: {most}, until {until}.", f"最多涉及 {most}，截止 {until}。"))
    keys = {
        "at_risk_minor": at_risk_minor,
        "currency": currency,
        "deadline": None if deadline is None else rfc3339(deadline),
        "steps": [line.removeprefix(f"{number}. ") for number, line in enumerate(lines[:4], start=1)],
    }
    return report.done(keys, *lines)


def _allowance_keys(record: AllowanceRecord, holdings: Holdings) -> dict[str, Any]:
    return _record_keys(record, holdings.live(record.top_up_id))


def _record_keys(record: AllowanceRecord, live: Live | None) -> dict[str, Any]:
    return {
        "allowance": None if live is None else live.allowance.ref.hex(),
        "state": record.state.value,
        "amount_minor": record.amount_minor,
        "currency": record.currency,
        "expires_at": None if live is None else rfc3339(live.allowance.terms.expires_at),
        "deadline": None if live is None else rfc3339(live.deadline_at),
    }


def _closable(holdings: Holdings, named: str | None) -> list[Live]:
    """The allowances that can be closed and whose id begins as `named`. Raises ConsentTrouble reference_unreadable."""
    lives = [live for live in holdings.lives if live.record.state in (AllowanceState.HELD, AllowanceState.CLOSING)]
    if named is None:
        return lives
    meant = [live for live in lives if named and live.allowance.ref.hex().startswith(named.strip().casefold())]
    if not meant:
        raise ConsentTrouble("reference_unreadable", text=named[:20])
    return meant


def _which(lives: Sequence[Live], report: Report) -> int:
    """Several can be meant: what to type for each."""
    keys = {"candidates": [_record_keys(live.record, live) for live in lives]}
    lines = []
    for live in lives:
        record, until = live.record, instant_words(live.allowance.terms.expires_at)
        amount = money(record.amount_minor, record.currency)
        said = report.pick(f"{amount}, until {until}", f"{amount}，有效期至 {until}")
        lines.append(f"feiqian wallet close {live.allowance.ref.hex()[:REF_CHARS_SHOWN]}  {said}")
    return report.finish(keys, [ConsentTrouble("close_which", count=len(lives))], *lines)
