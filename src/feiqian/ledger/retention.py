"""What the operator keeps of people: why, for how long, and when it may be erased. Pure; docs/operations/privacy.md.

- Ids, amounts, postings, hashes and leaves of the audit log are never erased: without them the books prove nothing.
- Names and words are erased, and only when nothing is open any more: no money, no allowance, no dispute, and no time in
  which a dispute may still be opened.
- Whoever asks is told what is open, and until when.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import ClassVar, Final, NamedTuple

from feiqian.protocol.words import Language, Trouble, Words, WordsTable

DAY_S: Final = 86_400
DAYS_MAX: Final = 36_500


class PersonKind(StrEnum):
    """Whom the books serve."""

    PAYER = "payer"
    PAYEE = "payee"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionTerms:
    """How long things are kept. The operator sets the days by the law that binds it (`retention.json` of its home).

    `dispute_open_s` is how long after D a dispute can be opened; it is the program's, not the operator's.
    """

    dispute_open_s: int
    names_days: int = 180
    words_days: int = 180
    evidence_days: int = 3_650

    def __post_init__(self) -> None:
        for name in CHOSEN:
            days = getattr(self, name)
            if type(days) is not int or not 0 <= days <= DAYS_MAX:
                raise ValueError(name)


CHOSEN: Final = tuple(one.name for one in fields(RetentionTerms) if one.name.endswith("_days"))
"""The terms that an operator chooses."""


class Kept(NamedTuple):
    """One kind of thing that is kept. `term` names a field of `RetentionTerms`, or is empty."""

    what: str
    where: str
    term: str
    says: Mapping[Language, tuple[str, str, str]]
    """What it is, why it is kept, and how long."""


KEPT: Final = (
    Kept(
        "names",
        "payers.name, payees.name, terminals.certificate",
        "names_days",
        {
            "en": (
                "names of payers and payees",
                "to serve them, and to answer disputes",
                "{} days after all is closed",
            ),
            "zh": ("付款人与收款方名称", "提供服务、处理争议", "所有事项了结后 {} 天"),
        },
    ),
    Kept(
        "words",
        "dispute_steps.words, dispute_steps.evidence",
        "words_days",
        {
            "en": ("words and pictures in disputes", "to decide the dispute", "{} days after its end"),
            "zh": ("争议中的文字与图片", "裁定争议", "争议结束后 {} 天"),
        },
    ),
    Kept(
        "evidence",
        "batches, claims, testimonies, notes, payer_receipts, forks, allowances.raw",
        "evidence_days",
        {
            "en": (
                "cheques, receipts, notes, proofs: signed, with random ids and no payer's name",
                "they prove every amount in the books",
                "D, the time for disputes and {} days; after that kept, for verification needs them",
            ),
            "zh": (
                "支票、收据、凭证、证据：已签名，只含随机编号，不含付款人姓名",
                "证明账目中的每一笔金额",
                "截止日 D 与争议期之后 {} 天；此后仍保留，因核对账目需要",
            ),
        },
    ),
    Kept(
        "postings",
        "entries, postings, balances, audit_leaves",
        "",
        {
            "en": ("ids, amounts, postings, hashes, leaves", "the books and the audit log", "for ever"),
            "zh": ("编号、金额、分录、哈希、日志条目", "账目与审计日志本身", "永久"),
        },
    ),
    Kept(
        "staff",
        "staff, staff_acts",
        "",
        {
            "en": (
                "the operator's own people: sign-in names, what they did and looked at",
                "who did what can be shown",
                "for ever; whom it was about only as a hash",
            ),
            "zh": ("运营方工作人员：登录名、操作与查看记录", "可以证明谁做过什么", "永久；涉及的对象只存哈希"),
        },
    ),
    Kept(
        "keys",
        "identities, attested_keys, enrolment_pins",
        "",
        {
            "en": (
                "how payers were identified, sealed; what keys showed of where they live; hashed digits of codes",
                "only the payer gets its money; limits follow where a key lives",
                "what was identified is erased with the name; the rest for ever",
            ),
            "zh": (
                "如何核实付款人身份（已加密）；密钥存放之处的证明；开通码附加数字的哈希",
                "只有本人能取得其资金；限额随密钥存放之处而定",
                "身份信息随姓名一并抹除；其余永久",
            ),
        },
    ),
    Kept(
        "codes",
        "authenticators, code_uses, wrong_codes",
        "",
        {
            "en": (
                "authenticators' secrets, sealed; which step or count a payment used; codes that were wrong",
                "one-time codes are checked, and each counts once",
                "the secrets are erased with the name; the rest for ever",
            ),
            "zh": (
                "验证器密钥（已加密）；付款所用的时间步或计数；错误的验证码",
                "核对动态验证码，且每个只算一次",
                "密钥随姓名一并抹除；其余永久",
            ),
        },
    ),
    Kept(
        "devices",
        "device_locks, lock_decisions, lost_codes, till_recoveries",
        "",
        {
            "en": (
                "why and when wallets stopped paying by themselves; codes of lost devices as hashes",
                "to unlock or stop them, and to show who decided",
                "for ever; counts and times only",
            ),
            "zh": ("钱包自行停止付款的原因与时间；挂失码的哈希", "解锁或停用，可证明由谁决定", "永久；仅次数与时间"),
        },
    ),
    Kept(
        "answers",
        "answers.db",
        "",
        {
            "en": ("sealed answers under idempotency keys", "a retry gets the same answer", "a day while it serves"),
            "zh": ("按幂等键保存的答复（已加密）", "重试得到同一答复", "一天，服务期间自动删除"),
        },
    ),
    Kept(
        "logs",
        "standard error of the server",
        "",
        {
            "en": ("log lines: ids cut short, no name, no address", "to find faults", "as whoever collects them says"),
            "zh": ("日志行：编号截短，无姓名与地址", "排查故障", "由日志收集方决定"),
        },
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFacts:
    """A payer or payee as the books show it. Minor units, Unix seconds; None where there is nothing.

    `allowance_until` is the last deadline of what is open, `matter_at` when anything was last done with it,
    `claims_until` the last deadline of all its payments, `owed_minor` what its payments cost the operator.
    """

    kind: PersonKind
    person_id: bytes
    erased: bool
    balance_minor: int
    waiting_minor: int
    owed_minor: int
    allowance_until: int | None
    dispute_until: int | None
    code_until: int | None
    claims_until: int | None
    matter_at: int


class Obstacle(NamedTuple):
    """Why somebody cannot be erased now: a code, and until when that lasts; None if only an act ends it."""

    code: str
    until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What may be done with somebody's name. `due_at` is when a sweep erases it, None while something is open."""

    facts: PersonFacts
    obstacles: tuple[Obstacle, ...]
    due_at: int | None


def standing_of(facts: PersonFacts, terms: RetentionTerms, now: int) -> Standing:
    """Whether this person may be erased now, and when it is due."""
    obstacles = () if facts.erased else tuple(_obstacles(facts, terms, now))
    closed_at = max(facts.matter_at, _disputable_until(facts, terms) or 0)
    due_at = None if facts.erased or obstacles else closed_at + terms.names_days * DAY_S
    return Standing(facts=facts, obstacles=obstacles, due_at=due_at)


def _obstacles(facts: PersonFacts, terms: RetentionTerms, now: int) -> Iterator[Obstacle]:
    if facts.balance_minor or facts.waiting_minor:
        yield Obstacle("erasure_money_open", None)
    if facts.owed_minor:
        yield Obstacle("erasure_debt_open", None)
    timed = (
        ("erasure_allowance_open", facts.allowance_until),
        ("erasure_dispute_open", facts.dispute_until),
        ("erasure_code_open", facts.code_until),
        ("erasure_disputable", _disputable_until(facts, terms)),
    )
    for code, until in timed:
        if until is not None and (until >= now or code in _ENDED_BY_ACT):
            yield Obstacle(code, until)


_ENDED_BY_ACT: Final = frozenset({"erasure_allowance_open", "erasure_dispute_open"})
"""What stays open behind its time until the server closes it."""


def _disputable_until(facts: PersonFacts, terms: RetentionTerms) -> int | None:
    return None if facts.claims_until is None else facts.claims_until + terms.dispute_open_s


class ErasureTrouble(Trouble):
    """Why a name is not erased now."""

    table: ClassVar[WordsTable] = {
        "person_unknown": {
            "en": Words("There is nobody with this id.", "Nothing was changed.", "List them: feiqian operator payers"),
            "zh": Words("没有此编号的人。", "没有任何改动。", "请先列出：feiqian operator payers"),
        },
        "erasure_money_open": {
            "en": Words(
                "This name cannot be erased yet: money of theirs is in the books.",
                "Nothing was erased.",
                "Pay it out or settle it first, then ask again.",
            ),
            "zh": Words("还不能抹除此名称：账上仍有其款项。", "没有抹除任何内容。", "请先付清或结清，然后再试。"),
        },
        "erasure_debt_open": {
            "en": Words(
                "This name cannot be erased yet: payments of theirs cost the operator money that was not made good.",
                "Nothing was erased.",
                "Keep the name as long as the law lets you claim the loss.",
            ),
            "zh": Words(
                "还不能抹除此名称：其付款给运营方造成的损失尚未弥补。",
                "没有抹除任何内容。",
                "在法律允许追偿的期限内请保留此名称。",
            ),
        },
        "erasure_allowance_open": {
            "en": Words(
                "This name cannot be erased yet: an allowance or a payment is open until {until}.",
                "Nothing was erased.",
                "Ask again after that, when the server has closed it.",
            ),
            "zh": Words(
                "还不能抹除此名称：有额度或付款未了结，至 {until}。",
                "没有抹除任何内容。",
                "请在此后、服务器了结之后再试。",
            ),
        },
        "erasure_dispute_open": {
            "en": Words(
                "This name cannot be erased yet: a dispute is open until {until}.",
                "Nothing was erased.",
                "Decide it, or ask again when it is over.",
            ),
            "zh": Words(
                "还不能抹除此名称：争议未结，至 {until}。", "没有抹除任何内容。", "请先裁定，或在争议结束后再试。"
            ),
        },
        "erasure_code_open": {
            "en": Words(
                "This name cannot be erased yet: an enrolment code is good until {until}.",
                "Nothing was erased.",
                "Ask again after that.",
            ),
            "zh": Words("还不能抹除此名称：开通码有效至 {until}。", "没有抹除任何内容。", "请在此后再试。"),
        },
        "erasure_disputable": {
            "en": Words(
                "This name cannot be erased yet: their payments can be disputed until {until}.",
                "Nothing was erased.",
                "Ask again after that.",
            ),
            "zh": Words("还不能抹除此名称：其付款可被争议至 {until}。", "没有抹除任何内容。", "请在此后再试。"),
        },
    }
