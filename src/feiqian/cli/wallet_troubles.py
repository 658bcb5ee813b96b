"""What the wallet's commands say when the person who runs them has not said enough, in both languages."""

from feiqian.protocol.words import Trouble, Words, WordsTable

CONSENT_WORDS: WordsTable = {
    "consent_needed": {
        "en": Words(
            "This payment needs your consent: {amount} to {payee}.",
            "Nothing was signed and no money moved.",
            "Run it again with --yes, or at a terminal window without --json.",
        ),
        "zh": Words(
            "此付款需要您的同意：向 {payee} 支付 {amount}。",
            "没有签发任何支付，资金未动。",
            "请加 --yes 重试，或在终端窗口中不加 --json 运行。",
        ),
    },
    "consent_refused": {
        "en": Words("You did not consent.", "Nothing was signed and no money moved.", "Nothing to do."),
        "zh": Words("您没有同意。", "没有签发任何支付，资金未动。", "无需操作。"),
    },
    "pins_differ": {
        "en": Words("The two PINs are not the same.", "Nothing was changed.", "Try again."),
        "zh": Words("两次输入的 PIN 不一致。", "没有任何改动。", "请重试。"),
    },
    "keys_chosen": {
        "en": Words(
            "This wallet's keys live elsewhere already: {where}.",
            "Nothing was changed.",
            "Leave --keys out, or use another --home for another wallet.",
        ),
        "zh": Words(
            "此钱包的密钥已存放在：{where}。",
            "没有任何改动。",
            "请去掉 --keys，或用另一个 --home 开通另一个钱包。",
        ),
    },
    "reference_unreadable": {
        "en": Words(
            "“{text}” names no allowance that can be closed.",
            "Nothing was changed.",
            "Copy it from: feiqian wallet show",
        ),
        "zh": Words("“{text}”不是可关闭的额度编号。", "没有任何改动。", "请从 feiqian wallet show 中复制。"),
    },
    "close_which": {
        "en": Words(
            "There are {count} allowances that you could mean.",
            "Nothing was closed.",
            "Name one of those listed: feiqian wallet close ALLOWANCE",
        ),
        "zh": Words("有 {count} 个可能的额度。", "没有关闭任何额度。", "请从所列中指定一个：feiqian wallet close 编号"),
    },
}


class ConsentTrouble(Trouble):
    """What the wallet's commands ask of the person who runs them."""

    table = CONSENT_WORDS
