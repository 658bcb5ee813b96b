"""`feiqian terminal totals | history | ready`: what the till holds and what it can do, with no network."""

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from feiqian.cli.report import Report, money, rfc3339
from feiqian.cli.terminal_device import opened
from feiqian.cli.terminal_told import each_told, shortfall, told_keys, truth_lines
from feiqian.cli.terminal_words import (
    accepted_keys,
    answer_keys,
    asked_keys,
    asked_words,
    grade_cell,
    grade_text,
    plain,
    short_id,
    standing_keys,
    state_words,
    verdict_words,
)
from feiqian.protocol.receipt import NoteKind
from feiqian.terminal.readiness import Readiness
from feiqian.terminal.records import Accepted, GivenNote, HistoryEntry, PaidRequest, Queue, ToldEvent, Totals
from feiqian.terminal.states import Grade

if TYPE_CHECKING:
    from rich.table import Table

_HOUR_S = 3600
_REFUSALS_SHOWN = 20
_GRADES = (Grade.FINAL, Grade.GUARANTEED, Grade.AT_OWN_RISK, Grade.REFUSED)


def run_totals(args: Namespace, report: Report) -> int:
    """The till of this shift, or of the one that is ended now."""
    with opened(args, report) as till:
        currency = till.terminal.currency
        totals = till.terminal.close_shift() if args.close_shift else till.terminal.totals()
        queue = till.terminal.queue()
        keys = {
            "payee": till.terminal.payee_name,
            "currency": currency,
            "shift": totals.shift,
            "began_at": rfc3339(totals.began_at),
            "closed": args.close_shift,
            "count": sum(total.count for total in totals.by_grade.values()),
            "amount_minor": sum(totals.by_grade[grade].amount_minor for grade in _GRADES[:3]),
            "by_grade": {
                grade.value: {"count": total.count, "amount_minor": total.amount_minor}
                for grade, total in totals.by_grade.items()
            },
            "given_back_minor": totals.given_back_minor,
            "waiting": {"count": totals.waiting.count, "amount_minor": totals.waiting.amount_minor},
            "settled_minor": totals.paid_minor,
            "contingent_minor": totals.contingent_minor,
            "refused": {"count": totals.refused.count, "amount_minor": totals.refused.amount_minor},
            "unpaid_minor": totals.unpaid_minor,
            "told": each_told(totals.told, currency, report),
            "told_count": totals.told_count,
            "queue": queue_keys(queue),
        }
        lines = truth_lines(totals.told, currency, report, count=totals.told_count)
        lines.append(queue_line(report, queue, currency))
        return report.done(keys, lambda: _totals_table(report, totals, currency), plain(*lines))


def run_history(args: Namespace, report: Report) -> int:
    """What happened at this till, newest first."""
    with opened(args, report) as till:
        currency = till.terminal.currency
        entries = till.terminal.history(max(args.limit, 0))
        requests = till.terminal.open_requests()
        refusals = till.terminal.refusals()[:_REFUSALS_SHOWN]
        keys = {
            "payee": till.terminal.payee_name,
            "currency": currency,
            "fork_proofs": len(till.terminal.fork_proofs()),
            "entries": [_entry_keys(report, entry, currency) for entry in entries],
            "open_requests": [asked_keys(asked) for asked in requests],
            "refusals": [{"time": rfc3339(line.time), "code": line.code, "subject": line.subject} for line in refusals],
        }
        lines = truth_lines([entry for entry in entries if isinstance(entry, ToldEvent)], currency, report)
        open_request = report.pick("○ Open request", "○ 未完成的收款请求")
        lines += [
            f"{open_request} {short_id(asked.request_hash)}  {asked_words(asked, currency, report)}"
            for asked in requests
        ]
        if keys["fork_proofs"]:
            lines.append(
                report.pick(
                    f"⚖ Forks seen here and kept as proofs: {keys['fork_proofs']}. feiqian terminal export",
                    f"⚖ 在此发现并留存的分叉证据：{keys['fork_proofs']} 份。feiqian terminal export",
                )
            )
        if not entries:
            lines.append(report.pick("Nothing has been accepted yet.", "尚无受理记录。"))
        table = [lambda: _history_table(report, entries, currency)] if entries else []
        return report.done(keys, *table, *([plain(*lines)] if lines else []))


def run_ready(args: Namespace, report: Report) -> int:
    """What is possible now."""
    with opened(args, report) as till:
        till.clear_requests()
        ready = till.terminal.ready()
        guarantee = ready.guarantee
        keys = {
            "payee": ready.payee_name,
            "currency": ready.currency,
            "now": rfc3339(ready.now),
            "lists_issued_at": rfc3339(ready.lists_issued_at),
            "lists_age_s": ready.lists_age_s,
            "lists_are_old": guarantee is None or guarantee.warn,
            "guaranteed_minor": 0 if guarantee is None else guarantee.cap_minor,
            "accept_up_to_minor": 0 if guarantee is None else guarantee.accept_cap_minor,
            "code_up_to_minor": 0 if guarantee is None else guarantee.one_way_cap_minor,
            "clock_ahead_s": ready.clock_ahead_s,
            "clock_healed_s": ready.clock_healed_s,
            "clock_is_off": ready.clock_is_off,
            "certificate_expires_at": rfc3339(ready.certificate_expires_at),
            "status": "needs you" if ready.needs_you else "active",
            "update_needed": ready.update_needed,
            "least_app": ready.least_app,
            "may_request": ready.may_request,
            "may_take_codes": ready.may_take_codes,
            "may_void": ready.may_void,
            "open_requests": ready.open_requests,
            "queue": queue_keys(ready.queue),
        }
        return report.done(keys, plain(*_ready_lines(report, ready)))


def queue_keys(queue: Queue) -> dict[str, Any]:
    """The queue, for programs."""
    return {
        "claims": queue.claims,
        "notes": queue.notes,
        "amount_minor": queue.amount_minor,
        "first_deadline": None if queue.first_deadline is None else rfc3339(queue.first_deadline),
    }


def queue_line(report: Report, queue: Queue, currency: str) -> str:
    """The queue, for people."""
    if queue.is_empty:
        return report.pick("✔ Nothing waits to be sent.", "✔ 没有待上传的内容。")
    amount = money(queue.amount_minor, currency)
    line = report.pick(
        f"● Not answered yet: payments {queue.claims} ({amount}), notes {queue.notes}.",
        f"● 尚无答复：付款 {queue.claims} 笔（{amount}），凭证 {queue.notes} 张。",
    )
    if queue.first_deadline is None:
        return line
    until = rfc3339(queue.first_deadline)
    return line + report.pick(
        f" Sync by {until}: feiqian terminal sync", f" 请在 {until} 前同步：feiqian terminal sync"
    )


def _totals_table(report: Report, totals: Totals, currency: str) -> "Table":
    from rich.table import Table

    table = Table(
        title=report.pick(
            f"Shift {totals.shift}, since {rfc3339(totals.began_at)}",
            f"班次 {totals.shift}，自 {rfc3339(totals.began_at)}",
        )
    )
    table.add_column(report.pick("How sure", "确定程度"))
    table.add_column(report.pick("Payments", "笔数"), justify="right")
    table.add_column(report.pick("Amount", "金额"), justify="right")
    for grade in _GRADES:
        total = totals.by_grade[grade]
        words = report.pick("Refused by the operator", "被运营方拒绝") if grade is Grade.REFUSED else None
        table.add_row(grade_text(grade, report, words), str(total.count), money(total.amount_minor, currency))
    table.add_section()
    for english, chinese, amount_minor in (
        ("Given back", "已退", totals.given_back_minor),
        ("Waiting for an answer", "待答复", totals.waiting.amount_minor),
        ("Settled by the operator", "运营方已结算", totals.paid_minor),
        ("Waits until the deadline", "待截止期后确定", totals.contingent_minor),
        ("Accepted, but not paid", "已受理但未兑付", totals.unpaid_minor),
    ):
        table.add_row(report.pick(english, chinese), "", money(amount_minor, currency))
    return table


def _history_table(report: Report, entries: Sequence[HistoryEntry], currency: str) -> "Table":
    from rich.table import Table

    table = Table()
    table.add_column(report.pick("No.", "编号"), justify="right")
    table.add_column(report.pick("Time", "时间"))
    table.add_column(report.pick("Amount", "金额"), justify="right")
    table.add_column(report.pick("What", "内容"), overflow="fold")
    table.add_column(report.pick("Reference", "备注"))
    for entry in entries:
        if not isinstance(entry, ToldEvent):  # a sentence has no room in a column: it stands below
            table.add_row(*_entry_cells(report, entry, currency))
    return table


def _entry_cells(report: Report, entry: Accepted | GivenNote | PaidRequest, currency: str) -> tuple[Any, ...]:
    from rich.text import Text

    if isinstance(entry, Accepted):
        refused = entry.answer if entry.grade is Grade.REFUSED and entry.told is None else None
        said = state_words(entry.state, report) if refused is None else verdict_words(refused, report)
        text = grade_cell(entry.grade, report, said + shortfall(entry, currency, report))
        if entry.back_minor:
            back = money(entry.back_minor, currency)
            text.append(report.pick(f"; {back} given back", f"；已退 {back}"), style="default")
        return (
            str(entry.receipt_counter),
            rfc3339(entry.time),
            money(entry.final_minor, currency),
            text,
            entry.reference,
        )
    if isinstance(entry, PaidRequest):
        return (
            "",
            rfc3339(entry.time),
            money(entry.final_minor, currency),
            grade_text(Grade.FINAL, report),
            entry.reference,
        )
    void = entry.kind is NoteKind.VOID
    comma = report.pick(", ", "，")
    what = report.pick("↩ void note", "↩ 退款凭证") if void else report.pick("↩ cancel note", "↩ 取消凭证")
    text = Text(f"{what} {short_id(entry.subject)}{comma}{state_words(entry.state, report)}")
    return str(entry.counter), rfc3339(entry.time), money(-entry.back_minor, currency) if void else "", text, ""


def _entry_keys(report: Report, entry: HistoryEntry, currency: str) -> dict[str, Any]:
    if isinstance(entry, ToldEvent):
        return {"kind": "told", **told_keys(entry, currency, report)}
    if isinstance(entry, Accepted):
        return {"kind": "payment", **accepted_keys(entry, currency), **standing_keys(entry)}
    if isinstance(entry, GivenNote):
        return {
            "kind": entry.kind.name.lower(),
            "note_number": entry.counter,
            "subject_id": entry.subject.hex(),
            "given_back_minor": entry.back_minor,
            "currency": currency,
            "state": entry.state.value,
            "time": rfc3339(entry.time),
            **answer_keys(entry.answer),
        }
    return {
        "kind": "settled_notice",
        "request_id": entry.request_hash.hex(),
        "grade": Grade.FINAL.value,
        "amount_minor": entry.final_minor,
        "currency": currency,
        "reference": entry.reference or None,
        "time": rfc3339(entry.time),
    }


def _ready_lines(report: Report, ready: Readiness) -> list[str]:
    lines = [report.pick(f"{ready.payee_name}, paid in {ready.currency}", f"{ready.payee_name}，币种 {ready.currency}")]
    guarantee = ready.guarantee
    if not ready.may_request or guarantee is None:
        lines.append(
            report.pick(
                "✗ No payment can be accepted now: sync, or ask your operator.", "✗ 目前无法收款：请同步或联系运营方。"
            )
        )
    else:
        cap, code_cap = money(guarantee.cap_minor, ready.currency), money(guarantee.one_way_cap_minor, ready.currency)
        lines.append(
            report.pick(
                f"✔ A payment is guaranteed up to {cap}; codes are taken up to {code_cap}, at your own risk.",
                f"✔ 单笔担保至 {cap}；付款码收至 {code_cap}，风险自担。",
            )
        )
        if guarantee.accept_cap_minor is not None:
            most = money(guarantee.accept_cap_minor, ready.currency)
            lines.append(
                report.pick(
                    f"⚠ Above {most} payments are refused until you sync.", f"⚠ 同步之前，超过 {most} 的付款将被拒绝。"
                )
            )
    if ready.update_needed:
        lines.append(update_line(report, ready))
    lines.append(_lists_line(report, ready))
    lines.append(_clock_line(report, ready))
    until = rfc3339(ready.certificate_expires_at)
    lines.append(report.pick(f"● The certificate is valid until {until}.", f"● 证书有效期至 {until}。"))
    lines.append(queue_line(report, ready.queue, ready.currency))
    return lines


def update_line(report: Report, ready: Readiness) -> str:
    """That the operator asks for a newer app, for people."""
    return report.pick(
        f"⚠ Needs you: update needed. Your operator asks for version {ready.least_app} or newer, this is "
        f"{ready.app_version}. Payments go on meanwhile.",
        f"⚠ 需要处理：请更新应用。运营方要求 {ready.least_app} 或更新版本，当前为 {ready.app_version}。"
        "其间仍可照常收款。",
    )


def _lists_line(report: Report, ready: Readiness) -> str:
    if ready.lists_age_s is None:
        return report.pick("⚠ What this terminal knows has expired: sync.", "⚠ 本终端的信任资料已过期：请同步。")
    hours = ready.lists_age_s // _HOUR_S
    old = ready.guarantee is None or ready.guarantee.warn
    icon = "⚠" if old else "✔"
    return report.pick(f"{icon} The lists are {hours} h old.", f"{icon} 名单已有 {hours} 小时。")


def _clock_line(report: Report, ready: Readiness) -> str:
    if ready.clock_healed_s:
        return report.pick(
            f"⚠ This device's clock is at least {ready.clock_healed_s} s slow; the operator's time is used instead.",
            f"⚠ 本机时钟至少慢 {ready.clock_healed_s} 秒；已改用运营方时间。",
        )
    if ready.clock_is_off:
        return report.pick(
            f"⚠ At the last sync this device's clock was {ready.clock_ahead_s} s ahead: set it right.",
            f"⚠ 上次同步时本机时钟快 {ready.clock_ahead_s} 秒：请校准。",
        )
    return report.pick("✔ The clock is right, as far as is known.", "✔ 据目前所知时钟准确。")
