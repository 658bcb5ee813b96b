"""What can be wrong with the smart card that holds a wallet's key: what happened, what is safe, what to do next."""

from typing import ClassVar, Final

from feiqian.protocol.words import Trouble, Words, WordsTable

_NOTHING_EN: Final = "Nothing was signed and no money moved."
_NOTHING_ZH: Final = "没有签发任何支付，资金未动。"

CARD_WORDS: Final[WordsTable] = {
    "card_library_missing": {
        "en": Words(
            "This wallet's key is on a smart card, and pyscard is not installed.",
            _NOTHING_EN,
            "Install it: pip install 'feiqian[pcsc]' (on Linux that needs gcc, swig and libpcsclite-dev).",
        ),
        "zh": Words(
            "此钱包的密钥在智能卡中，而 pyscard 尚未安装。",
            _NOTHING_ZH,
            "请安装：pip install 'feiqian[pcsc]'（Linux 上需要 gcc、swig 和 libpcsclite-dev）。",
        ),
    },
    "card_service_missing": {
        "en": Words(
            "This wallet's key is on a smart card, and the system's card service does not run.",
            _NOTHING_EN,
            "Install and start pcscd (on Debian: apt-get install pcscd), then try again.",
        ),
        "zh": Words(
            "此钱包的密钥在智能卡中，而系统的读卡服务未运行。",
            _NOTHING_ZH,
            "请安装并启动 pcscd（Debian：apt-get install pcscd），然后重试。",
        ),
    },
    "card_reader_missing": {
        "en": Words(
            "The reader for this wallet's card is not connected, or another program uses it ({why}).",
            _NOTHING_EN,
            "Connect it or end that program, and name it with FEIQIAN_CARD_READER if there are several.",
        ),
        "zh": Words(
            "此钱包所用的读卡器未连接，或正被其他程序使用（{why}）。",
            _NOTHING_ZH,
            "请接好读卡器或关闭该程序；有多个读卡器时，用 FEIQIAN_CARD_READER 指定。",
        ),
    },
    "card_absent": {
        "en": Words(
            "The card with this wallet's key is not in the reader.", _NOTHING_EN, "Put it in, then do the same again."
        ),
        "zh": Words("读卡器中没有此钱包的密钥卡。", _NOTHING_ZH, "请插入后重试同一操作。"),
    },
    "card_gone": {
        "en": Words(
            "The card was taken out, or does not answer any more.",
            _NOTHING_EN,
            "Put it in again, and do the same again.",
        ),
        "zh": Words("智能卡被拔出，或不再应答。", _NOTHING_ZH, "请重新插入后重试同一操作。"),
    },
    "card_not_piv": {
        "en": Words(
            "The card in the reader keeps no keys of this kind (PIV).", _NOTHING_EN, "Put in the card of this wallet."
        ),
        "zh": Words("读卡器中的卡不支持 PIV 密钥。", _NOTHING_ZH, "请插入此钱包的密钥卡。"),
    },
    "card_other": {
        "en": Words("This is another card than this wallet's.", _NOTHING_EN, "Put in the card of this wallet."),
        "zh": Words("这不是此钱包的密钥卡。", _NOTHING_ZH, "请插入此钱包的密钥卡。"),
    },
    "card_other_kind": {
        "en": Words(
            "The key on this card is of another kind than P-256.",
            _NOTHING_EN,
            "Make one of that kind with the card's own tool in the signature slot (9C), or use another card.",
        ),
        "zh": Words("此卡中的密钥不是 P-256 类型。", _NOTHING_ZH, "请用该卡自带的工具在签名槽（9C）生成，或换一张卡。"),
    },
    "card_no_key": {
        "en": Words(
            "This card has no key in its signature slot (9C) yet.",
            "Nothing was changed.",
            "Make a P-256 key there with the card's own tool, or give its management key: "
            "FEIQIAN_CARD_MANAGEMENT_KEY_FILE",
        ),
        "zh": Words(
            "此卡的签名槽（9C）中还没有密钥。",
            "没有任何改动。",
            "请用该卡自带的工具生成 P-256 密钥，或提供其管理密钥：FEIQIAN_CARD_MANAGEMENT_KEY_FILE",
        ),
    },
    "card_management_refused": {
        "en": Words(
            "The card does not take this management key.",
            "Nothing was changed.",
            "Check the file (32, 48 or 64 hexadecimal digits, AES), or make the key with the card's own tool.",
        ),
        "zh": Words(
            "智能卡不接受此管理密钥。",
            "没有任何改动。",
            "请检查该文件（32、48 或 64 位十六进制，AES），或用该卡自带的工具生成密钥。",
        ),
    },
    "card_pin_wrong": {
        "en": Words(
            "The card says that its PIN is wrong; {left} tries are left.",
            f"{_NOTHING_EN} This PIN is not sent again.",
            "Do the same again with the card's right PIN, which is not the wallet's.",
        ),
        "zh": Words(
            "智能卡提示其 PIN 错误，还可尝试 {left} 次。",
            f"{_NOTHING_ZH}不会再次发送此 PIN。",
            "请用智能卡自己的正确 PIN 重试（不是钱包的 PIN）。",
        ),
    },
    "card_pin_unfit": {
        "en": Words(
            "A card's PIN has at most eight characters.",
            f"{_NOTHING_EN} No try was counted.",
            "Do the same again with the card's PIN.",
        ),
        "zh": Words("智能卡的 PIN 最多八个字符。", f"{_NOTHING_ZH}未计入错误次数。", "请用智能卡的 PIN 重试。"),
    },
    "card_blocked": {
        "en": Words(
            "The card is blocked after too many wrong PINs.",
            f"{_NOTHING_EN} What was set aside and not spent returns at its deadline.",
            "Unblock it with its PUK and the card's own tool, then do the same again.",
        ),
        "zh": Words(
            "PIN 错误次数过多，智能卡已锁定。",
            f"{_NOTHING_ZH}已留出而未花的金额在截止日退回。",
            "请用 PUK 和该卡自带的工具解锁，然后重试同一操作。",
        ),
    },
    "card_key_damaged": {
        "en": Words(
            "A stored reference to a card's key cannot be read: it is damaged, or another key store made it.",
            _NOTHING_EN,
            "Run feiqian wallet sync, then enrol a new wallet; what was set aside comes back at its deadline.",
        ),
        "zh": Words(
            "无法读取所存的智能卡密钥引用：它已损坏，或出自另一种密钥存放方式。",
            _NOTHING_ZH,
            "请先运行 feiqian wallet sync，再开通新钱包；已留出的金额在截止日退回。",
        ),
    },
    "card_garbled": {
        "en": Words(
            "The card answers what is no answer.",
            _NOTHING_EN,
            "Take it out, put it in and try again; if it stays so, use another card.",
        ),
        "zh": Words("智能卡的应答无法识别。", _NOTHING_ZH, "请拔出后重新插入再试；若仍如此，请换一张卡。"),
    },
    "card_failed": {
        "en": Words(
            "The card refused what was asked of it ({status}).",
            _NOTHING_EN,
            "Take it out, put it in and try again; if it stays so, look at it with the card's own tool.",
        ),
        "zh": Words(
            "智能卡拒绝了请求（{status}）。",
            _NOTHING_ZH,
            "请拔出后重新插入再试；若仍如此，请用该卡自带的工具检查。",
        ),
    },
}


class CardTrouble(Trouble):
    """A smart card with a wallet's key did not do what was asked of it."""

    table: ClassVar[WordsTable] = CARD_WORDS
