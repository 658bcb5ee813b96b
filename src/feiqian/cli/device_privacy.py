"""`feiqian wallet privacy` and `terminal privacy`: what this device keeps, why, how long, and where.

One table a device; a test compares it with the tables that the store really has, and with the files beside it. Nothing
is opened and no PIN is asked for: what is kept is the same on every device of a kind. The web apps show the same rows
for what they keep as well (web/generate_kept.py).
"""

from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from feiqian.cli.report import Report
from feiqian.protocol.words import Language
from feiqian.wallet.retention import KEPT_DAYS

if TYPE_CHECKING:
    from rich.table import Table

SEALED: Final = ("encrypted, in vault.db", "已加密，存于 vault.db")
CLEAR: Final = ("in clear, readable by its owner only", "未加密，仅本人可读")
TITLE: Final = ("What this device keeps", "此设备保存的内容")
HEADINGS: Final = (("What", "内容"), ("Why", "用途"), ("How long", "期限"), ("How it is protected", "保护方式"))
STAYS: Final = ("as long as the device is enrolled", "设备开通期间")
BOOKS: Final = ("until the device is wiped: it is the only proof that you hold", "直到清除设备：这是您手中唯一的凭证")
OVER: Final = (
    f"{KEPT_DAYS} days after the deadline; longer while anything about it is open or contradicted",
    f"截止日后 {KEPT_DAYS} 天自动删除；尚未完结或与账目不符的不删",
)
"""What `wallet.retention` and `terminal.retention` do, by the time that the operator has signed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptHere:
    """One thing that is kept: in which tables or files, and in both languages what, why, how long and how safe."""

    where: tuple[str, ...]
    what: tuple[str, str]
    why: tuple[str, str]
    how_long: tuple[str, str]
    protected: tuple[str, str] = SEALED


WRAPPED_KEY: Final = KeptHere(
    where=("lock.json", "in-use.lock"),
    what=("the wrapped key, and how often a PIN was wrong", "加密后的密钥，以及 PIN 错误次数"),
    why=("the vault is opened with it", "用于打开钱库"),
    how_long=STAYS,
    protected=("the key under argon2id of the PIN; counts in clear", "密钥由 PIN 经 argon2id 保护；次数未加密"),
)
_BESIDE: Final = (
    WRAPPED_KEY,
    KeptHere(
        where=("pictures",),
        what=("names and times of the pictures that were drawn", "已生成图片的名称与时间"),
        why=("they are removed when their use is over", "用完即删"),
        how_long=("until the use is over, at most a day", "用完为止，至多一天"),
        protected=CLEAR,
    ),
)
WALLET_KEEPS: Final[Sequence[KeptHere]] = (
    KeptHere(
        where=("enrolment", "membership"),
        what=(
            "your name, the operator's address, this device's token and account key",
            "您的名称、运营方地址、设备令牌与账户密钥",
        ),
        why=("the operator knows this device by them", "运营方凭此识别设备"),
        how_long=STAYS,
    ),
    KeptHere(
        where=("trust", "heard"),
        what=("whom to believe, and the latest time that was signed", "信任列表与最近的签名时间"),
        why=("every statement is checked with it", "用于核验每份凭证"),
        how_long=STAYS,
    ),
    KeptHere(
        where=("key_home",),
        what=("where this wallet's keys live", "密钥存放位置"),
        why=("hardware is asked only for its own keys", "只向硬件请求其自身的密钥"),
        how_long=STAYS,
    ),
    KeptHere(
        where=("allowance",),
        what=("allowances with their keys and counters", "额度及其密钥与计数"),
        why=("payments are drawn on them", "用于付款"),
        how_long=OVER,
    ),
    KeptHere(
        where=("payment", "credit", "finding"),
        what=("whom you paid, when, how much, receipts", "付给谁、何时、多少，以及收据"),
        why=("they prove what you paid", "证明您已付款"),
        how_long=OVER,
    ),
    KeptHere(
        where=("payee",),
        what=("certificates of payees that you met", "遇到过的收款方的证书"),
        why=("they need not show them again", "对方无需再次出示"),
        how_long=OVER,
    ),
    KeptHere(
        where=("restored",),
        what=("payments of another device, put back from its backup", "从备份恢复的其他设备的付款"),
        why=("they prove what you paid; nothing is paid with them", "证明您已付款；不能用于付款"),
        how_long=BOOKS,
    ),
    KeptHere(
        where=("other_allowance", "other_cheque"),
        what=("what the operator says of your other devices", "运营方账上您其他设备的情况"),
        why=("what waits there is seen with no network", "离线也能看到其中的待定金额"),
        how_long=("until the next sync; at most 30 days after the deadline", "至下次同步；至多截止日后 30 天"),
    ),
    KeptHere(
        where=("paying_lock",),
        what=("when and why paying was locked", "付款被锁定的时间与原因"),
        why=("the operator unlocks it", "由运营方解锁"),
        how_long=STAYS,
    ),
    *_BESIDE,
)
TERMINAL_KEEPS: Final[Sequence[KeptHere]] = (
    KeptHere(
        where=("enrolment",),
        what=("the operator's address, this till's token, key and certificate", "运营方地址、终端令牌、密钥与证书"),
        why=("it signs receipts for its payee", "为收款方签发收据"),
        how_long=("until sign-out", "注销为止"),
    ),
    KeptHere(
        where=("trust", "moment", "heard"),
        what=(
            "whom to believe, and what was heard of the time and the operator",
            "信任列表，以及获知的时间与运营方消息",
        ),
        why=("every payment is checked with it", "用于核验每笔付款"),
        how_long=STAYS,
    ),
    KeptHere(
        where=("asked", "accepted", "allowance", "statement", "note", "paid", "shift"),
        what=(
            "requests, accepted payments and receipts; no payer's name",
            "收款请求、已受理付款与收据；不含付款人姓名",
        ),
        why=("they are claimed with them, and prove what was given back", "凭此结算，并证明退款"),
        how_long=OVER,
    ),
    KeptHere(
        where=("batch", "event"),
        what=("what was sent, the operator's answers, what became of it", "已上传的内容、运营方答复与结果"),
        why=("they prove what is paid", "证明已付款项"),
        how_long=OVER,
    ),
    KeptHere(
        where=("proof", "refusal"),
        what=("proofs of cheating, and what was refused", "违约证据，以及被拒绝的付款"),
        why=("they convict who signed twice; faults are found", "证明重复签名；查找故障"),
        how_long=OVER,
    ),
    KeptHere(
        where=("recovery.json",),
        what=("this till's key, sealed for its operator", "为运营方封存的本终端密钥"),
        why=("ten wrong PINs lose no payment", "PIN 错误十次也不丢失付款"),
        how_long=STAYS,
        protected=("sealed for the operator's recovery key", "以运营方的恢复密钥封存"),
    ),
    *_BESIDE,
)


def run_wallet_privacy(_: Namespace, report: Report) -> int:
    """`wallet privacy`."""
    return _told(WALLET_KEEPS, report)


def run_terminal_privacy(_: Namespace, report: Report) -> int:
    """`terminal privacy`."""
    return _told(TERMINAL_KEEPS, report)


def _told(kept: Sequence[KeptHere], report: Report) -> int:
    return report.done({"kept": [_keys(one, report.language) for one in kept]}, lambda: _table(kept, report))


def _keys(one: KeptHere, language: Language) -> Mapping[str, object]:
    number = 0 if language == "en" else 1
    said = {"what": one.what, "why": one.why, "how_long": one.how_long, "protected": one.protected}
    return {"where": list(one.where)} | {name: pair[number] for name, pair in said.items()}


def _table(kept: Sequence[KeptHere], report: Report) -> "Table":
    from rich.table import Table

    table = Table(title=report.pick(*TITLE))
    for heading in HEADINGS:
        table.add_column(report.pick(*heading), overflow="fold")
    for one in kept:
        table.add_row(*(report.pick(*pair) for pair in (one.what, one.why, one.how_long, one.protected)))
    return table
