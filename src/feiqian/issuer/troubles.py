"""What the issuer's service answers when it cannot do what was asked, in words for people."""

from typing import ClassVar

from feiqian.protocol.words import Trouble, Words, WordsTable

NOTHING_EN, NOTHING_ZH = "Nothing was changed; no money moved.", "没有任何改动，资金未变动。"


class IssuerTrouble(Trouble):
    """A coded trouble of the issuer."""

    table: ClassVar[WordsTable] = {
        "not_enough_money": {
            "en": Words(
                "There is not enough free money: {free} is free, {wanted} was asked for.",
                NOTHING_EN,
                "Add money, or ask for less.",
            ),
            "zh": Words("可用余额不足：可用 {free}，请求 {wanted}。", NOTHING_ZH, "请先充值，或减少金额。"),
        },
        "amount_out_of_range": {
            "en": Words(
                "The amount is not allowed here: it must be between {least} and {most}.",
                NOTHING_EN,
                "Choose another amount.",
            ),
            "zh": Words("金额不在允许范围内：须在 {least} 与 {most} 之间。", NOTHING_ZH, "请换一个金额。"),
        },
        "enrolment_code_invalid": {
            "en": Words(
                "This enrolment code is wrong, used or expired.",
                NOTHING_EN,
                "Check the code, or ask your operator for a new one.",
            ),
            "zh": Words("此开通码错误、已使用或已过期。", NOTHING_ZH, "请核对，或向运营方索取新的开通码。"),
        },
        "not_signed_in": {
            "en": Words(
                "This device is not signed in.", NOTHING_EN, "Enrol the device again with a code from your operator."
            ),
            "zh": Words("此设备未登录。", NOTHING_ZH, "请用运营方提供的开通码重新登记此设备。"),
        },
        "unknown_payer": {
            "en": Words("There is no such payer.", NOTHING_EN, "Check the payer's id."),
            "zh": Words("没有该付款人。", NOTHING_ZH, "请核对付款人编号。"),
        },
        "unknown_allowance": {
            "en": Words("There is no such allowance.", NOTHING_EN, "Check its reference."),
            "zh": Words("没有该额度。", NOTHING_ZH, "请核对额度编号。"),
        },
        "currency_not_served": {
            "en": Words("The currency {currency} is not served here.", NOTHING_EN, "Choose another currency."),
            "zh": Words("此处不支持币种 {currency}。", NOTHING_ZH, "请选择其他币种。"),
        },
        "name_invalid": {
            "en": Words("A name has 1 to 64 characters.", NOTHING_EN, "Choose another name."),
            "zh": Words("名称须为 1 至 64 个字符。", NOTHING_ZH, "请换一个名称。"),
        },
        "key_invalid": {
            "en": Words("An idempotency key or request id has the wrong form.", NOTHING_EN, "Update the program."),
            "zh": Words("幂等键或请求编号格式不正确。", NOTHING_ZH, "请更新程序。"),
        },
        "idempotency_reused": {
            "en": Words(
                "This operation's id was already used for something else.",
                "The first operation stands; nothing else was done.",
                "Start a new operation with a new id.",
            ),
            "zh": Words("此操作编号已用于另一操作。", "第一次操作有效，未做其他改动。", "请用新编号重新开始。"),
        },
        "too_many_allowances": {
            "en": Words(
                "There are already {most} live allowances.",
                NOTHING_EN,
                "Use them, or wait until one has ended.",
            ),
            "zh": Words("有效额度已达 {most} 个。", NOTHING_ZH, "请先使用，或等待其中一个结束。"),
        },
        "device_convicted": {
            "en": Words(
                "A device of this account signed cheques that contradict each other; it gets no new allowance.",
                NOTHING_EN,
                "Ask your operator to look into the case; if the device was lost or copied, report it.",
            ),
            "zh": Words(
                "此账户的一台设备签出了相互矛盾的支票，不能再获得新额度。",
                NOTHING_ZH,
                "请联系运营方核查；若设备遗失或被复制，请挂失。",
            ),
        },
        "device_key_used": {
            "en": Words(
                "This device key already has an allowance.", NOTHING_EN, "Let the wallet make a new key and try again."
            ),
            "zh": Words("此设备密钥已用于另一额度。", NOTHING_ZH, "请让钱包生成新密钥后重试。"),
        },
    }
