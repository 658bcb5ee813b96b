"""How the wallet's commands write payments, allowances and what is open: keys for programs, tables for people."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from feiqian.cli.report import Report, money, rfc3339
from feiqian.protocol.cheque import ChequeForm
from feiqian.wallet.holdings import Standing
from feiqian.wallet.records import PaymentRecord
from feiqian.wallet.resume import OpenItem, WayOn
from feiqian.wallet.spending import Advice, AllowanceView
from feiqian.wallet.states import PaymentState
from feiqian.wallet.wording import instant_words

if TYPE_CHECKING:
    from rich.table import Table

Pair = tuple[str, str]

STATE_WORDS: dict[PaymentState, Pair] = {
    PaymentState.SHOWN: ("shown, receipt awaited", "已出示，等待收据"),
    PaymentState.UNCONFIRMED: ("no receipt yet", "尚无收据"),
    PaymentState.HIDDEN: ("code hidden, waits for settlement", "付款码已隐藏，等待结算"),
    PaymentState.ACCEPTED: ("accepted offline", "已离线受理"),
    PaymentState.VOIDED: ("given back", "已退回"),
    PaymentState.CANCELLED: ("cancelled, all given back", "已取消，全额退回"),
    PaymentState.CONTINGENT: ("claimed, decided at the deadline", "已提交，截止日决定"),
    PaymentState.REFUSED: ("not paid by the operator, returns at the deadline", "运营方不予支付，截止日退回"),
    PaymentState.SETTLED: ("paid, final", "已付，最终"),
    PaymentState.RETURNED: ("returned to your account", "已退回账户"),
}
GRADE_WORDS: dict[str | None, Pair] = {
    "F2": ("accepted offline, guaranteed", "已离线受理，有担保"),
    "F1": ("accepted offline, the payee's risk", "已离线受理，风险由收款方承担"),
}
"""As the payer sees it: the risk of an offline payment is never the payer's."""
STANDING_WORDS: dict[Standing, Pair] = {
    Standing.GOOD: ("ready", "可用"),
    Standing.NOT_BEGUN: ("not begun", "尚未生效"),
    Standing.ENDED: ("ended", "已到期"),
    Standing.STOPPED: ("suspended", "已停用"),
    Standing.CLOSING: ("closed", "已关闭"),
}
ADVICE_WORDS: dict[Advice, Pair] = {
    Advice.NOTHING_TO_SPEND: (
        "Nothing is left to spend offline: top up while there is a network.",
        "已无可离线支付的额度：请在有网络时充值。",
    ),
    Advice.TOP_UP_SUGGESTED: (
        "More than half is spent: top up while there is a network.",
        "额度已用过大半：请在有网络时充值。",
    ),
    Advice.ENDS_SOON: ("What you can spend offline ends soon: top up.", "离线额度即将到期：请充值。"),
    Advice.FEW_CHEQUES: ("Only a few offline payments are left: top up.", "可离线支付的次数所剩无几：请充值。"),
    Advice.TRUST_OLD: (
        "What this wallet knows of the operator is old: sync when you can.",
        "本机的信任资料较旧：有网络时请同步。",
    ),
    Advice.CLOCK_BEHIND: ("This device's clock seems to be behind.", "本设备的时钟似乎偏慢。"),
    Advice.UPDATE_NEEDED: (
        "The operator asks for a newer version of this app: payments still work; update when you can.",
        "运营方要求更新此应用：付款仍可使用，请尽快升级。",
    ),
    Advice.PAYEE_NOT_PROVED: (
        "Nobody vouches for this payee's name: look whom you pay.",
        "收款方身份未经证明：请确认付款对象。",
    ),
}


def payment_keys(payment: PaymentRecord) -> dict[str, Any]:
    """A payment, for programs."""
    return {
        "payment": payment.number,
        "form": payment.form.value,
        "state": payment.state.value,
        "status": payment.status.value,
        "grade": payment.grade,
        "payee": payment.payee_name,
        "payee_proved": payment.payee_proved,
        "reference": payment.reference,
        "amount_minor": payment.amount_minor,
        "up_to": payment.up_to,
        "final_minor": payment.final_minor,
        "currency": payment.currency,
        "drawn_at": rfc3339(payment.drawn_at),
        "expires_at": rfc3339(payment.expires_at),
        "deadline": None if payment.deadline_at is None else rfc3339(payment.deadline_at),
    }


def allowance_keys(view: AllowanceView) -> dict[str, Any]:
    """An allowance, for programs."""
    return {
        "allowance": view.ref.hex(),
        "standing": view.standing.value,
        "amount_minor": view.amount_minor,
        "payment_minor": view.payment_minor,
        "total_minor": view.total_minor,
        "cheques": view.cheques,
        "expires_at": rfc3339(view.expires_at),
        "deadline": rfc3339(view.deadline_at),
    }


def item_keys(item: OpenItem) -> dict[str, Any]:
    """An open operation, for programs."""
    keys: dict[str, Any] = {
        "way_on": item.way_on.value,
        "deadline": None if item.until is None else rfc3339(item.until),
    }
    if item.payment is not None:
        return payment_keys(item.payment) | keys
    if item.allowance is not None:
        keys |= {"amount_minor": item.allowance.amount_minor, "currency": item.allowance.currency}
        keys |= {"state": item.allowance.state.value}
    return keys


def payee_words(payment: PaymentRecord, report: Report) -> str:
    """Whom a payment went to, as far as anybody vouches for it."""
    if payment.payee_name is None:
        return report.pick("not known", "未知")
    return payment.payee_name if payment.payee_proved else f"{payment.payee_name} (?)"


def outcome_words(payment: PaymentRecord, report: Report) -> str:
    """What became of a payment, with its grade where there is one; never a bare "paid"."""
    graded = GRADE_WORDS.get(payment.grade) if payment.state is PaymentState.ACCEPTED else None
    if payment.state is PaymentState.CONTINGENT and payment.deadline_at is not None:
        day = instant_words(payment.deadline_at)
        return report.pick(f"claimed, decided {day}", f"已提交，{day} 决定")
    return report.pick(*(graded or STATE_WORDS[payment.state]))


def amount_of(payment: PaymentRecord, report: Report) -> str:
    """What a payment costs: the final amount, or what it may cost at most."""
    if payment.final_minor is not None:
        return money(payment.final_minor, payment.currency)
    shown = money(payment.amount_minor, payment.currency)
    return report.pick(f"up to {shown}", f"至多 {shown}") if payment.up_to else shown


def advice_lines(advice: Iterable[Advice], report: Report) -> list[str]:
    """What the holder should know, one line each."""
    return [f"! {report.pick(*ADVICE_WORDS[one])}" for one in advice]


def item_line(item: OpenItem, report: Report) -> str:
    """The way on for one open operation, in one or two sentences."""
    until = "" if item.until is None else instant_words(item.until)
    if item.payment is not None:
        number, amount = item.payment.number, money(item.payment.amount_minor, item.payment.currency)
        if item.way_on is WayOn.SHOW_AGAIN and item.payment.form is ChequeForm.ONE_WAY:
            ends = instant_words(item.payment.expires_at)
            return report.pick(
                f"{number}: this code of {amount} may be shown until {ends} (feiqian wallet again {number})."
                f" If nobody takes it, the amount returns by {until}.",
                f"{number}：此付款码 {amount} 可出示至 {ends}（feiqian wallet again {number}）；"
                f"若无人收取，金额最迟于 {until} 退回。",
            )
        if item.way_on is WayOn.SHOW_AGAIN:
            return report.pick(
                f"{number}: show {amount} again (feiqian wallet again {number}) and take a receipt, or ask the payee"
                f" for a cancel note. Otherwise it stays pending until {until}.",
                f"{number}：请再次出示 {amount}（feiqian wallet again {number}）并取得收据，或请收款方开取消单；"
                f"否则将待定至 {until}。",
            )
        if item.payment.state is PaymentState.REFUSED:
            return report.pick(
                f"{number}: the operator pays nothing for this cheque of {amount}; it returns by {until}.",
                f"{number}：运营方对此支票 {amount} 不予支付；金额最迟于 {until} 退回。",
            )
        return report.pick(
            f"{number}: {amount} waits for settlement; what nobody claims returns by {until}.",
            f"{number}：{amount} 等待结算；无人提交的部分最迟于 {until} 退回。",
        )
    amount = "" if item.allowance is None else money(item.allowance.amount_minor, item.allowance.currency)
    if item.way_on is WayOn.TOP_UP_AGAIN:
        return report.pick(
            f"Top-up of {amount}: no answer yet. It counts once: feiqian wallet sync",
            f"充值 {amount}：尚无答复，只计一次。请运行 feiqian wallet sync",
        )
    return report.pick(
        f"Closing of {amount}: not handed in yet: feiqian wallet sync",
        f"关闭额度 {amount}：尚未提交。请运行 feiqian wallet sync",
    )


def payments_table(payments: Sequence[PaymentRecord], report: Report) -> "Table":
    """Payments for people, newest first."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(report.pick("Number", "编号"), no_wrap=True)
    table.add_column(report.pick("When (UTC)", "时间 (UTC)"), no_wrap=True)
    table.add_column(report.pick("Payee", "收款方"), overflow="fold", min_width=14)
    table.add_column(report.pick("Amount", "金额"), justify="right", no_wrap=True)
    table.add_column(report.pick("Outcome", "结果"), overflow="fold")
    for payment in payments:
        table.add_row(
            payment.number,
            instant_words(payment.drawn_at).removesuffix(" UTC"),
            Text(payee_words(payment, report)),  # not read as markup: the name is a stranger's
            amount_of(payment, report),
            outcome_words(payment, report),
        )
    return table


def allowances_table(views: Sequence[AllowanceView], currency: str, report: Report) -> "Table":
    """Allowances for people."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(report.pick("Allowance", "额度"), no_wrap=True)
    table.add_column(report.pick("State", "状态"), no_wrap=True)
    table.add_column(report.pick(f"Left ({currency})", f"剩余 ({currency})"), justify="right", no_wrap=True)
    table.add_column(report.pick("Of", "总额"), justify="right", no_wrap=True)
    table.add_column(report.pick("Payments", "次数"), justify="right", no_wrap=True)
    table.add_column(report.pick("Until (UTC)", "有效期至 (UTC)"), no_wrap=True)
    for view in views:
        table.add_row(
            view.ref.hex(),
            report.pick(*STANDING_WORDS[view.standing]),
            money(view.total_minor, "").rstrip(),
            money(view.amount_minor, "").rstrip(),
            str(view.cheques),
            instant_words(view.expires_at).removesuffix(" UTC"),
        )
    return table


def facts_table(rows: Iterable[tuple[str, str]]) -> "Table":
    """Pairs of what and how much, without lines."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, Text(value))
    return table
