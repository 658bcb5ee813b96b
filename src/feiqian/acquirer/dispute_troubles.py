"""What is answered when a dispute cannot be opened, answered or decided, in words for people."""

from typing import ClassVar

from feiqian.acquirer.troubles import NOTHING_EN, NOTHING_ZH
from feiqian.protocol.words import Trouble, Words, WordsTable


class DisputeTrouble(Trouble):
    """A coded trouble of a dispute."""

    table: ClassVar[WordsTable] = {
        "reason_unknown": {
            "en": Words(
                "This reason is not one that this side can give.",
                NOTHING_EN,
                "A payer says not_delivered, wrong_amount or not_me; a payee not_paid or wrong_amount.",
            ),
            "zh": Words(
                "这一方不能以此理由提出争议。",
                NOTHING_ZH,
                "付款人可选 not_delivered、wrong_amount 或 not_me；收款方可选 not_paid 或 wrong_amount。",
            ),
        },
        "words_too_long": {
            "en": Words(
                "The words or the evidence are too long.",
                NOTHING_EN,
                "Keep to {chars} characters and {kib} KiB of evidence.",
            ),
            "zh": Words("说明或证据过长。", NOTHING_ZH, "说明最多 {chars} 字，证据最多 {kib} KiB。"),
        },
        "nothing_to_dispute": {
            "en": Words(
                "There is nothing to dispute in this payment: nothing of it can be paid back or paid.",
                NOTHING_EN,
                "Check the payment. One that its payee has not claimed yet returns at its deadline; a payee shows the "
                "cheque of a claim that came too late.",
            ),
            "zh": Words(
                "这笔付款没有可争议的部分：既无款可退，也无款可付。",
                NOTHING_ZH,
                "请核对付款。收款方尚未提交的付款会在截止日退回；逾期的付款须由收款方出示支票。",
            ),
        },
        "several_payees": {
            "en": Words(
                "{count} payees were paid for this one code, so it is not clear which one is meant.",
                NOTHING_EN,
                "Ask your operator to look into it.",
            ),
            "zh": Words("这一个付款码有 {count} 个收款方得到付款，无法确定所指。", NOTHING_ZH, "请联系运营方处理。"),
        },
        "amount_over": {
            "en": Words(
                "The amount is too high: at most {most} is at stake here.", NOTHING_EN, "Take a smaller amount."
            ),
            "zh": Words("金额过高：此处最多涉及 {most}。", NOTHING_ZH, "请减少金额。"),
        },
        "dispute_too_late": {
            "en": Words(
                "This payment was decided more than {days} days ago, so it cannot be disputed here any more.",
                NOTHING_EN,
                "Settle it with the other side directly.",
            ),
            "zh": Words("此付款确定已超过 {days} 天，不能再在此提出争议。", NOTHING_ZH, "请与对方直接解决。"),
        },
        "dispute_differs": {
            "en": Words(
                "This payment is already disputed by you, for another reason or another amount.",
                "The first dispute stands; nothing else was done.",
                "Look at it, and add what is missing in an answer, or ask your operator.",
            ),
            "zh": Words(
                "您已就此付款以其他理由或金额提出争议。",
                "先前的争议有效，未做其他改动。",
                "请查看该争议；如需补充，请联系运营方。",
            ),
        },
        "unknown_dispute": {
            "en": Words("There is no such dispute.", NOTHING_EN, "Check its id in the list of disputes."),
            "zh": Words("没有该争议。", NOTHING_ZH, "请在争议列表中核对编号。"),
        },
        "not_yours_to_do": {
            "en": Words(
                "This is for the other side to do: one party opens or withdraws a dispute, the other one answers it.",
                NOTHING_EN,
                "Wait for the other side, or withdraw the dispute if it is yours.",
            ),
            "zh": Words(
                "此操作须由对方进行：一方提出或撤回争议，另一方答复。",
                NOTHING_ZH,
                "请等待对方；若争议是您提出的，可撤回。",
            ),
        },
        "not_answered": {
            "en": Words(
                "The other side still has time to answer this dispute.",
                NOTHING_EN,
                "Decide once it has answered, or once its time has passed.",
            ),
            "zh": Words("对方答复此争议的期限未到。", NOTHING_ZH, "请在对方答复后或期限届满后再裁定。"),
        },
        "dispute_over": {
            "en": Words(
                "This dispute is over, and this cannot be done in it any more.",
                "What was done in it stands; no money moved by this.",
                "Look at how it ended.",
            ),
            "zh": Words("此争议已结束，不能再进行此操作。", "已有的结果不变，资金未因此变动。", "请查看其结果。"),
        },
        "dispute_busy": {
            "en": Words("Others are acting in this dispute right now.", NOTHING_EN, "Try the same again in a moment."),
            "zh": Words("其他人正在处理此争议。", NOTHING_ZH, "请稍后重试同一操作。"),
        },
        "refund_impossible": {
            "en": Words(
                "In a payee's dispute there is nothing to refund, and only the payer can agree to pay more.",
                NOTHING_EN,
                "Let the payment stand, or wait for the payer's answer.",
            ),
            "zh": Words(
                "收款方提出的争议无款可退；只有付款人本人可以同意补付。",
                NOTHING_ZH,
                "请裁定维持原付款，或等待付款人答复。",
            ),
        },
        "claim_not_final": {
            "en": Words(
                "How this payment stands is decided at its deadline D, which has not passed.",
                NOTHING_EN,
                "Do this after D. Until then the payee can give the payment back at once: feiqian terminal void",
            ),
            "zh": Words(
                "此付款的结果要到截止日 D 才确定，现在还没有到。",
                NOTHING_ZH,
                "请在 D 之后再操作。在此之前收款方可直接退款：feiqian terminal void",
            ),
        },
        "payee_balance_short": {
            "en": Words(
                "The payee's balance does not hold {amount}.",
                "Nothing was changed; no money moved, and the dispute waits as it was.",
                "Try again when the payee has been paid more, or decide on a part.",
            ),
            "zh": Words(
                "收款方余额不足 {amount}。",
                "没有任何改动，资金未变动，争议仍按原状等待。",
                "待收款方再有入账后重试，或裁定部分退款。",
            ),
        },
        "payer_balance_short": {
            "en": Words(
                "The payer's free money does not hold {amount}.",
                "Nothing was changed; no money moved, and the dispute waits as it was.",
                "Add money to the account, then accept again.",
            ),
            "zh": Words(
                "付款人可用余额不足 {amount}。",
                "没有任何改动，资金未变动，争议仍按原状等待。",
                "请先充值，然后再次接受。",
            ),
        },
    }
