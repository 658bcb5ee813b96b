"""How the wallet's commands say that the operator's books differ from what this device knows."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from feiqian.cli.report import Report, money
from feiqian.protocol.words import Words, WordsTable
from feiqian.wallet.presenting import HandedIn
from feiqian.wallet.records import Finding, FindingKind

FINDING_WORDS: WordsTable = {
    FindingKind.NOT_OURS: {
        "en": Words(
            "Cheques that this wallet never drew were claimed on its allowances: {count}, {amount} in all. Somebody has"
            " a copy of it or of its key, or it was itself put back from an older copy.",
            "Your own payments stand as they are. You answer for nothing that is accepted after you report it.",
            "Report this device to your operator at once (feiqian wallet lost), and pay nothing more with it.",
        ),
        "zh": Words(
            "本钱包的额度上有并非由它签发的支票被提交：{count} 张，合计 {amount}。"
            "有人持有它或其密钥的副本，或它是从旧副本恢复的。",
            "您自己的付款不受影响。挂失之后受理的付款不由您承担。",
            "请立即向运营方挂失此设备（feiqian wallet lost），并停止用它付款。",
        ),
    },
    FindingKind.FORKED: {
        "en": Words(
            "Other cheques signed with this device's key contradict payments of it: {count}, {amount} in all. The"
            " operator has suspended the allowance.",
            "Your receipts prove what you paid. You answer for nothing that is accepted after you report it.",
            "Report this device to your operator at once (feiqian wallet lost), and pay nothing more with it.",
        ),
        "zh": Words(
            "有用本设备密钥签发的其他支票与本设备的付款相矛盾：{count} 笔，合计 {amount}。运营方已停用该额度。",
            "您手中的收据可证明已付款项。挂失之后受理的付款不由您承担。",
            "请立即向运营方挂失此设备（feiqian wallet lost），并停止用它付款。",
        ),
    },
    FindingKind.CODE_WRONG: {
        "en": Words(
            "Payments of this device carried a one-time code that was wrong or used before: {count}, {amount} in all."
            " The operator has suspended this device's allowances.",
            "The payees were paid, from your allowance. What is left of it returns to your account at its deadline.",
            "If you did not make these payments, report this device at once (feiqian wallet lost). If you did, ask your"
            " operator for a new enrolment code.",
        ),
        "zh": Words(
            "本设备有付款的动态验证码错误或已用过：{count} 笔，合计 {amount}。运营方已停用本设备的额度。",
            "收款方已从您的额度中得款；余额在截止日退回您的账户。",
            "若这些付款并非您所为，请立即挂失此设备（feiqian wallet lost）；若是您所为，请向运营方索取新的开通码。",
        ),
    },
    FindingKind.TOO_MUCH: {
        "en": Words(
            "The operator's books take more for payments than their payees signed for: {count}, {amount} too much.",
            "The receipts and notes in this wallet prove what you owe; before the deadline each sync hands them in.",
            "Sync again: feiqian wallet sync. If it is still too much after that, or the deadline has passed: feiqian "
            "wallet dispute",
        ),
        "zh": Words(
            "运营方账上扣款多于收款方所签：{count} 笔，合计多 {amount}。",
            "本钱包内的收据与退款单可证明应付金额；截止日之前，每次同步都会自动提交。",
            "请再次同步：feiqian wallet sync。若仍多扣，或截止日已过：feiqian wallet dispute",
        ),
    },
}


def finding_keys(findings: Iterable[Finding]) -> dict[str, Any]:
    """What differs, for programs: a count and an amount for each kind."""
    counted = _counted(findings)
    return {
        "findings": [
            {"kind": kind.value, "count": count, "amount_minor": amount_minor}
            for kind, (count, amount_minor) in counted.items()
        ]
    }


def handed_in_keys(one: HandedIn) -> dict[str, Any]:
    """A payment whose paper a sync handed in, for programs."""
    return {
        "payment": one.payment.number,
        "paper": "note" if one.is_note else "receipt",
        "state": one.taken.state.value,
        "paid_minor": one.taken.paid_minor,
        "waiting_minor": one.taken.waiting_minor,
    }


def handed_in_lines(handed_in: Sequence[HandedIn], report: Report) -> list[str]:
    """The same for people: what was handed in, and what is taken for it since."""
    lines = []
    for one in handed_in:
        number, currency = one.payment.number, one.taken.currency
        paid, waiting = money(one.taken.paid_minor, currency), money(one.taken.waiting_minor, currency)
        lines.append(
            report.pick(
                f"✔ {number}: the books took too much, so your {'note' if one.is_note else 'receipt'} was handed in. "
                f"Now paid {paid}, waiting {waiting}.",
                f"✔ {number}：账上多扣，已自动提交您手中的{'退款单' if one.is_note else '收据'}。"
                f"现已付 {paid}，待定 {waiting}。",
            )
        )
    return lines


def finding_lines(findings: Iterable[Finding], currency: str, report: Report) -> list[str]:
    """What differs, for people, most pressing first: what happened, what is safe, what to do."""
    lines = []
    for kind, (count, amount_minor) in _counted(findings).items():
        words = FINDING_WORDS[kind][report.language]
        told = words.message.format(count=count, amount=money(amount_minor, currency))
        lines += [f"! {told}", f"  {words.safe}", f"  → {words.next}"]
    return lines


def _counted(findings: Iterable[Finding]) -> dict[FindingKind, tuple[int, int]]:
    by_kind: defaultdict[FindingKind, list[int]] = defaultdict(list)
    for finding in findings:
        by_kind[finding.kind].append(finding.amount_minor)
    return {kind: (len(by_kind[kind]), sum(by_kind[kind])) for kind in FindingKind if kind in by_kind}
