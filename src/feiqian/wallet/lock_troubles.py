"""Why this wallet has stopped paying, in words: what happened, what is safe, what to do next."""

from typing import Final

from feiqian.protocol.words import Language, Trouble, Words, WordsTable
from feiqian.risk.anomaly import LockReason
from feiqian.wallet.records import LockAnswer, PayingLock
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.wording import amount_words

_SAFE_EN: Final = "No counter was used and no money moved. Receipts and history stay readable."
_SAFE_ZH: Final = "没有使用计数，资金未动。收据与历史仍可查看。"
_NEXT_EN: Final = "With a network, ask your operator to unlock it: feiqian wallet unlock-online"
_NEXT_ZH: Final = "请在有网络时请运营方解锁：feiqian wallet unlock-online"


def _locked(english: str, chinese: str) -> dict[Language, Words]:
    return {"en": Words(english, _SAFE_EN, _NEXT_EN), "zh": Words(chinese, _SAFE_ZH, _NEXT_ZH)}


LOCK_WORDS: Final[WordsTable] = {
    "locked_store_behind": {
        "en": Words(
            "This wallet has stopped paying: the operator knows of {seen} cheque(s) that it did not draw. It may be an"
            " older copy of itself, or somebody may have copied it.",
            _SAFE_EN,
            "With a network, run: feiqian wallet unlock-online. If you restored no copy, report this device lost.",
        ),
        "zh": Words(
            "此钱包已停止付款：运营方查到 {seen} 张并非由它签发的支票。它可能是较旧的副本，也可能被人复制。",
            _SAFE_ZH,
            "请在有网络时运行：feiqian wallet unlock-online。若您没有恢复过副本，请挂失此设备。",
        ),
    },
    "locked_clock_back": {
        "en": Words(
            "This wallet has stopped paying: its clock is {seen} h behind the time that others have signed.",
            _SAFE_EN,
            "Set the clock: it then pays again by itself. If the clock is right, run: feiqian wallet unlock-online",
        ),
        "zh": Words(
            "此钱包已停止付款：本机时钟比他人签名的时间慢 {seen} 小时。",
            _SAFE_ZH,
            "请校准时钟，之后会自动恢复付款。若时钟无误，请运行：feiqian wallet unlock-online",
        ),
    },
    "locked_guessed": _locked(
        "This wallet has stopped paying: {seen} wrong PINs, and then a large payment.",
        "此钱包已停止付款：PIN 连续输错 {seen} 次后随即支付大额。",
    ),
    "locked_burst": _locked(
        "This wallet has stopped paying: {seen} payments in a short time; {allowed} are usual at most.",
        "此钱包已停止付款：短时间内付款 {seen} 次，通常至多 {allowed} 次。",
    ),
    "locked_spree": _locked(
        "This wallet has stopped paying: {seen} within an hour is far more than it ever paid ({allowed}).",
        "此钱包已停止付款：一小时内支付 {seen}，远超以往（{allowed}）。",
    ),
    "lock_waits": {
        "en": Words(
            "The operator knows of the lock and has not decided yet.",
            _SAFE_EN,
            "Ask again later: feiqian wallet unlock-online. Or call your operator.",
        ),
        "zh": Words(
            "运营方已获知此锁定，尚未决定。", _SAFE_ZH, "请稍后再运行：feiqian wallet unlock-online，或致电运营方。"
        ),
    },
    "lock_refused": {
        "en": Words(
            "The operator has looked and does not unlock this wallet.",
            "What was set aside and not spent comes back at its deadline. Receipts and history stay readable.",
            "Ask your operator; a new device gets a new code and allowances of its own.",
        ),
        "zh": Words(
            "运营方核查后不予解锁此钱包。",
            "已留出而未花的钱在截止日退回。收据与历史仍可查看。",
            "请联系运营方；新设备可凭新的开通码获得自己的额度。",
        ),
    },
    "not_locked": {
        "en": Words("This wallet is not locked.", "Nothing was changed.", "Pay as usual."),
        "zh": Words("此钱包没有被锁定。", "没有任何改动。", "可照常付款。"),
    },
}


class PayingLocked(WalletTrouble):
    """This wallet has stopped paying, or what became of that."""

    table = LOCK_WORDS


def why_locked(lock: PayingLock, currency: str) -> Trouble:
    """The trouble that tells why this lock stands, with its numbers as people read them."""
    seen: object = lock.seen
    allowed: object = lock.allowed
    if lock.reason is LockReason.SPREE:
        seen, allowed = amount_words(lock.seen, currency), amount_words(lock.allowed, currency)
    elif lock.reason is LockReason.CLOCK_BACK:
        seen = lock.seen // 3600
    return PayingLocked(f"locked_{lock.reason.value}", seen=seen, allowed=allowed)


def what_operator_said(answer: LockAnswer) -> Trouble | None:
    """The trouble that tells that a lock stays; None once the operator has allowed paying, or was not asked."""
    code = {LockAnswer.WAITING: "lock_waits", LockAnswer.REFUSED: "lock_refused"}.get(answer)
    return None if code is None else PayingLocked(code)
