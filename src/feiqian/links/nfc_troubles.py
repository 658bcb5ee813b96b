"""What can go wrong between a phone and a reader, in words: what happened, what is safe, what to do next.

A tap that broke off is never in doubt for the payee: what stands in the till is accepted, everything else is not.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

from feiqian.protocol.words import Language, Trouble, Words, WordsTable


def _both(english: tuple[str, str, str], chinese: tuple[str, str, str]) -> Mapping[Language, Words]:
    return {"en": Words(*english), "zh": Words(*chinese)}


_NOT_ACCEPTED_EN: Final = (
    "Nothing was accepted. If the payer's wallet has made a payment already, it answers this request only."
)
_NOT_ACCEPTED_ZH: Final = "没有受理。付款人的钱包若已生成付款，该付款只对应这一个收款请求。"
_UNTOUCHED_EN: Final = "Nothing was asked for, accepted or changed."
_UNTOUCHED_ZH: Final = "没有发起收款，没有受理，也没有任何改动。"
_AGAIN_EN: Final = "Hold the phone to the reader again: feiqian terminal tap --request {request}"
_AGAIN_ZH: Final = "请再次将手机靠近读卡器：feiqian terminal tap --request {request}"

TAP_WORDS: Final[WordsTable] = {
    "pcsc_missing": _both(
        (
            "Reading cards needs pyscard, which is not installed.",
            _UNTOUCHED_EN,
            "Install it: pip install 'feiqian[pcsc]' (on Linux that needs gcc, swig and libpcsclite-dev).",
        ),
        (
            "读卡需要 pyscard，但尚未安装。",
            _UNTOUCHED_ZH,
            "请安装：pip install 'feiqian[pcsc]'（Linux 上需从源码编译：gcc、swig 和 libpcsclite-dev）。",
        ),
    ),
    "pcscd_missing": _both(
        (
            "The system's card service does not run.",
            _UNTOUCHED_EN,
            "Install and start pcscd (on Debian: apt-get install pcscd), then try again.",
        ),
        (
            "系统的读卡服务未运行。",
            _UNTOUCHED_ZH,
            "请安装并启动 pcscd（Debian：apt-get install pcscd），然后重试。",
        ),
    ),
    "reader_missing": _both(
        ("No card reader is connected.", _UNTOUCHED_EN, "Connect one and try again, or take the payment by code."),
        ("没有连接读卡器。", _UNTOUCHED_ZH, "请连接读卡器后重试，或改为扫码收款。"),
    ),
    "reader_unknown": _both(
        ("There is no reader “{name}”. Connected: {known}.", _UNTOUCHED_EN, "Name one of those with --reader."),
        ("没有名为“{name}”的读卡器。已连接：{known}。", _UNTOUCHED_ZH, "请用 --reader 指定其中之一。"),
    ),
    "reader_gone": _both(
        (
            "The reader was pulled out or has failed.",
            _NOT_ACCEPTED_EN,
            "Connect it, then hold the phone to it again, or go on by code with the same request.",
        ),
        ("读卡器被拔出或出现故障。", _NOT_ACCEPTED_ZH, "请接好后再次将手机靠近，或用同一收款请求改为扫码。"),
    ),
    "reader_in_use": _both(
        (
            "Another program uses the card in the reader.",
            _NOT_ACCEPTED_EN,
            "End that program, or choose another reader with --reader.",
        ),
        ("其他程序正在使用读卡器中的卡。", _NOT_ACCEPTED_ZH, "请关闭该程序，或用 --reader 选择其他读卡器。"),
    ),
    "nobody_tapped": _both(
        (
            "No phone was held to the reader in time.",
            _NOT_ACCEPTED_EN,
            _AGAIN_EN,
        ),
        ("在时限内没有手机靠近读卡器。", _NOT_ACCEPTED_ZH, _AGAIN_ZH),
    ),
    "tap_which": _both(
        (
            "{count} requests are open, so an amount or a request must be named.",
            _UNTOUCHED_EN,
            "Name one of those listed: feiqian terminal tap --request ID; or ask anew: feiqian terminal tap AMOUNT",
        ),
        (
            "有 {count} 个待支付的收款请求，请指定金额或请求。",
            _UNTOUCHED_ZH,
            "请从所列中指定一个：feiqian terminal tap --request ID；或重新收款：feiqian terminal tap 金额",
        ),
    ),
    "card_removed": _both(
        ("The phone was taken away too early.", _NOT_ACCEPTED_EN, _AGAIN_EN),
        ("手机离开得太早。", _NOT_ACCEPTED_ZH, _AGAIN_ZH),
    ),
    "card_late": _both(
        (
            "The card in the reader does not answer.",
            _NOT_ACCEPTED_EN,
            "Take it away and hold it to the reader again; if it stays so, take the payment by code.",
        ),
        ("读卡器中的卡没有应答。", _NOT_ACCEPTED_ZH, "请拿开后再次靠近；若仍如此，请改为扫码收款。"),
    ),
    "card_garbled": _both(
        (
            "The card in the reader answers what is no answer.",
            _NOT_ACCEPTED_EN,
            "Take it away and hold the wallet to the reader; if it stays so, take the payment by code.",
        ),
        ("读卡器中的卡应答无法识别。", _NOT_ACCEPTED_ZH, "请拿开，再将钱包靠近；若仍如此，请改为扫码收款。"),
    ),
    "card_other": _both(
        (
            "The card in the reader is no Feiqian wallet.",
            _NOT_ACCEPTED_EN,
            "Let the payer open the wallet and hold the phone alone to the reader, without other cards.",
        ),
        (
            "读卡器中的卡不是飞钱钱包。",
            _NOT_ACCEPTED_ZH,
            "请付款人打开钱包，只将手机靠近读卡器，不要夹带其他卡片。",
        ),
    ),
    "card_newer": _both(
        (
            "The payer's wallet taps in a way that this version does not know.",
            _NOT_ACCEPTED_EN,
            "Take this payment by code, and update the app when you can.",
        ),
        ("付款人的钱包使用了此版本不支持的靠近支付方式。", _NOT_ACCEPTED_ZH, "此笔请改为扫码收款，并尽快更新应用。"),
    ),
    "wallet_locked": _both(
        ("The payer's wallet is locked.", _NOT_ACCEPTED_EN, "Let the payer unlock it and hold it to the reader again."),
        ("付款人的钱包已锁定。", _NOT_ACCEPTED_ZH, "请付款人解锁后再次靠近读卡器。"),
    ),
    "holder_not_asked": _both(
        (
            "The payer has not consented on the wallet in time.",
            _NOT_ACCEPTED_EN,
            _AGAIN_EN,
        ),
        ("付款人没有在时限内于钱包上确认。", _NOT_ACCEPTED_ZH, _AGAIN_ZH),
    ),
    "wallet_refused": _both(
        (
            "The payer's wallet refuses this request; its screen says why.",
            _NOT_ACCEPTED_EN,
            "Compare both clocks, and ask anew.",
        ),
        ("付款人的钱包拒绝了此收款请求，原因见其屏幕。", _NOT_ACCEPTED_ZH, "请核对双方的时钟，然后重新收款。"),
    ),
    "wallet_declined": _both(
        (
            "The payer's wallet does not pay this; its screen says why.",
            _NOT_ACCEPTED_EN,
            "Ask the payer what the screen says; take another means, or ask anew.",
        ),
        ("付款人的钱包无法支付此笔，原因见其屏幕。", _NOT_ACCEPTED_ZH, "请付款人查看屏幕；可换其他方式，或重新收款。"),
    ),
    "wallet_broken": _both(
        (
            "The payer's wallet cannot read or write its store.",
            _NOT_ACCEPTED_EN,
            "Let the payer look at the wallet's screen; take another means meanwhile.",
        ),
        ("付款人的钱包无法读写其数据。", _NOT_ACCEPTED_ZH, "请付款人查看钱包屏幕；此间可换其他方式。"),
    ),
    "field_unreachable": _both(
        (
            "There is no virtual reader at {place} ({why}).",
            "Nothing was signed and no money moved.",
            "Start pcscd with the driver vpcd (on Debian: pcscd and vsmartcard-vpcd), or name it with --card.",
        ),
        (
            "{place} 没有虚拟读卡器（{why}）。",
            "没有签发任何支付，资金未动。",
            "请启动带 vpcd 驱动的 pcscd（Debian：pcscd 与 vsmartcard-vpcd），或用 --card 指定位置。",
        ),
    ),
    "nobody_asked": _both(
        (
            "No reader asked this wallet for a payment in time.",
            "Nothing was signed and no money moved.",
            "Try again at the reader: feiqian wallet tap",
        ),
        (
            "在时限内没有读卡器向此钱包请求付款。",
            "没有签发任何支付，资金未动。",
            "请在读卡器旁重试：feiqian wallet tap",
        ),
    ),
}


class TapTrouble(Trouble):
    """A tap that did not come to its end."""

    table: ClassVar[WordsTable] = TAP_WORDS
