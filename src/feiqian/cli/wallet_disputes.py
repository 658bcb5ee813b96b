"""`feiqian wallet present`, `dispute`, `disputes`, `answer-dispute`, `withdraw-dispute`: the payer's own door."""

from argparse import Namespace

from feiqian.acquirer.disputes import Party
from feiqian.cli import disputes
from feiqian.cli.report import Report, money, rfc3339
from feiqian.cli.wallet_device import online_client
from feiqian.ledger.papers import PapersState, PapersTaken


def present(args: Namespace, report: Report) -> int:
    """Hand the operator this wallet's copy of a payment, with the receipt or note that it holds."""
    with online_client(args, report) as (found, client):
        payment, papers, is_note = found.wallet.papers(args.payment)
        taken = client.present_note(papers) if is_note else client.present_cheque(papers)
    keys = {
        "payment": payment.number,
        "state": taken.state.value,
        "amount_minor": taken.amount_minor,
        "paid_minor": taken.paid_minor,
        "waiting_minor": taken.waiting_minor,
        "currency": taken.currency,
        "deadline": rfc3339(taken.deadline),
        "payee": taken.payee_name,
        "receipt_shown": papers.statement is not None and not is_note,
        "note_taken": taken.noted,
    }
    return report.done(keys, *_lines(taken, report))


def dispute(args: Namespace, report: Report) -> int:
    """Dispute a payment."""
    with online_client(args, report) as (found, client):
        cheque_id = found.wallet.papers(args.payment)[0].cheque_id
        return disputes.open_dispute(args, report, client, Party.PAYER, cheque_id)


def list_disputes(args: Namespace, report: Report) -> int:
    """The payer's disputes."""
    with online_client(args, report) as (_, client):
        return disputes.list_disputes(report, client, Party.PAYER)


def answer_dispute(args: Namespace, report: Report) -> int:
    """Answer a payee's dispute."""
    with online_client(args, report) as (_, client):
        return disputes.answer_dispute(args, report, client, Party.PAYER)


def withdraw_dispute(args: Namespace, report: Report) -> int:
    """Take the payer's own dispute back."""
    with online_client(args, report) as (_, client):
        return disputes.withdraw_dispute(args, report, client, Party.PAYER)


def _lines(taken: PapersTaken, report: Report) -> list[str]:
    """How the payment stands now: what happened, what is safe, what next."""
    until, paid = rfc3339(taken.deadline), money(taken.paid_minor, taken.currency)
    payee = taken.payee_name or report.pick("its payee", "收款方")
    if taken.state is PapersState.LATE:
        return [
            report.pick(
                f"The deadline {until} has passed: this changes nothing any more. {paid} was paid for it.",
                f"截止日 {until} 已过，不再有任何改变。此笔已付 {paid}。",
            ),
            report.pick(
                "If that is wrong, dispute it: feiqian wallet dispute", "如有误，请提出争议：feiqian wallet dispute"
            ),
        ]
    noted = report.pick("The note counts. ", "凭证已计入。") if taken.noted else ""
    if taken.state is PapersState.MISSING:
        return [
            report.pick(
                f"{noted}Nobody has claimed this payment yet; {payee} is told that a claim is missing.",
                f"{noted}尚无人提交此付款；已告知{payee}缺少一笔提交。",
            ),
            report.pick(
                f"Nothing is paid. The amount waits for {payee} until {until}, then it returns to you.",
                f"没有付出任何款项。金额为{payee}保留至 {until}，届时退回给您。",
            ),
        ]
    waiting = money(taken.waiting_minor, taken.currency)
    stands = report.pick(f"Paid {paid}, waiting {waiting}", f"已付 {paid}，待定 {waiting}")
    return [
        report.pick(f"{noted}{stands}; decided {until}.", f"{noted}{stands}；{until} 确定。"),
        report.pick("To see it in the history: feiqian wallet sync", "如需更新记录：feiqian wallet sync"),
    ]
