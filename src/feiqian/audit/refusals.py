"""Refusals of the audit log: every reason to say no, in the order in which the reasons are tried (spec 09 section 7).

They meet people who hold a proof file in their hands, and operators of witnesses. Each sentence must be true for
both: what happened, what is safe, what to do next.
"""

from enum import StrEnum
from typing import Final

from feiqian.protocol.words import Coded, Language, Words, WordsTable


class AuditCode(StrEnum):
    """The coded refusals. Order of definition is the normative order of the checks."""

    # The bytes.
    TOO_LARGE = "audit_too_large"
    PROOF_MALFORMED = "audit_proof_malformed"
    NOTE_MALFORMED = "audit_note_malformed"
    CHECKPOINT_MALFORMED = "audit_checkpoint_malformed"
    KEY_MALFORMED = "audit_key_malformed"
    # Whose word it is.
    LOG_UNKNOWN = "audit_log_unknown"
    SIGNATURE_INVALID = "audit_signature_invalid"
    UNSIGNED = "audit_unsigned"
    WITNESSES_MISSING = "audit_witnesses_missing"
    # The tree.
    INCLUSION_INVALID = "audit_inclusion_invalid"
    ROLLED_BACK = "audit_rolled_back"
    LOG_FORKED = "audit_log_forked"
    CONSISTENCY_INVALID = "audit_consistency_invalid"
    # The leaf.
    LEAF_MALFORMED = "audit_leaf_malformed"
    UPDATE_NEEDED = "audit_update_needed"
    EVIDENCE_MISMATCH = "audit_evidence_mismatch"


class AuditRefused(Coded):
    """What the other side showed was refused. `detail` is for developers and holds no secret and no full id."""

    def __init__(self, code: AuditCode, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else str(code))
        self.reason = code
        self.detail = detail

    @property
    def code(self) -> AuditCode:
        """Which refusal it is."""
        return self.reason

    def words(self, language: Language = "en") -> Words:
        """The three sentences of this refusal in `language`."""
        return AUDIT_WORDS[self.code.value][language]


_NOTHING_EN, _NOTHING_ZH = "Nothing was taken from it and no money moved.", "没有采信其中任何内容，资金未变动。"
_KEEP_EN, _KEEP_ZH = (
    "Keep both files: they prove it. Show them to others who use this log.",
    "请保留两份文件，它们就是证据，并告知同样使用此日志的人。",
)


def _both(*sentences: str) -> dict[Language, Words]:
    """Message, safe and next in English, then the same in Chinese."""
    return {"en": Words(*sentences[:3]), "zh": Words(*sentences[3:])}


AUDIT_WORDS: Final[WordsTable] = {
    AuditCode.TOO_LARGE: _both(
        "This file is larger than any proof or checkpoint of an audit log.",
        _NOTHING_EN,
        "Ask for the right file.",
        "此文件大于审计日志的任何证明或检查点。",
        _NOTHING_ZH,
        "请索取正确的文件。",
    ),
    AuditCode.PROOF_MALFORMED: _both(
        "This is not a proof of an audit log, or it was damaged on the way.",
        _NOTHING_EN,
        "Ask the operator for the proof again.",
        "这不是审计日志的证明，或已在传送中损坏。",
        _NOTHING_ZH,
        "请向运营方重新索取证明。",
    ),
    AuditCode.NOTE_MALFORMED: _both(
        "The signed part is not written as a signed note must be.",
        _NOTHING_EN,
        "Ask for the file again; copy it as a file, not as text from a window.",
        "签名部分不符合签名文本的写法。",
        _NOTHING_ZH,
        "请重新索取文件；请复制文件本身，不要从窗口复制文字。",
    ),
    AuditCode.CHECKPOINT_MALFORMED: _both(
        "The signed text is not a checkpoint of a log.",
        _NOTHING_EN,
        "Ask the operator for the checkpoint again.",
        "签名的文本不是日志的检查点。",
        _NOTHING_ZH,
        "请向运营方重新索取检查点。",
    ),
    AuditCode.KEY_MALFORMED: _both(
        "The key given for checking cannot be read.",
        "Nothing was checked and nothing has changed.",
        "Copy the key again, whole and on one line, from where the log or the witness publishes it.",
        "用于核对的密钥无法读取。",
        "没有进行核对，也没有任何改动。",
        "请从日志或见证方公布处重新完整复制密钥，保持一行。",
    ),
    AuditCode.LOG_UNKNOWN: _both(
        "This comes from a log that is not among those trusted here.",
        _NOTHING_EN,
        "Make sure that you chose the right operator's keys.",
        "它来自此处未信任的日志。",
        _NOTHING_ZH,
        "请确认选择了正确运营方的密钥。",
    ),
    AuditCode.SIGNATURE_INVALID: _both(
        "A signature on the checkpoint is false: the text was changed, or somebody else signed it.",
        _NOTHING_EN,
        "Keep the file, ask the operator for it again, and report it if that fails too.",
        "检查点上的一个签名不成立：内容被改动，或由他人签署。",
        _NOTHING_ZH,
        "请保留文件并向运营方重新索取；若仍失败，请举报。",
    ),
    AuditCode.UNSIGNED: _both(
        "The log did not sign this checkpoint with a key that is trusted here.",
        _NOTHING_EN,
        "Get the operator's current keys, then check again.",
        "日志没有用此处信任的密钥签署这个检查点。",
        _NOTHING_ZH,
        "请取得运营方当前的密钥后再核对。",
    ),
    AuditCode.WITNESSES_MISSING: _both(
        "Too few witnesses have cosigned this checkpoint.",
        "The operator's word alone was not taken; no money moved.",
        "Ask for a proof under a later checkpoint, which more witnesses may have seen.",
        "为这个检查点副署的见证方不够。",
        "没有只凭运营方一方之言采信，资金未变动。",
        "请索取较新检查点下的证明，可能已有更多见证方副署。",
    ),
    AuditCode.INCLUSION_INVALID: _both(
        "The proof does not lead to the log's signed state: this entry is not shown to be in the log.",
        _NOTHING_EN,
        "Keep the file and ask the operator for a new proof; if that fails too, the entry may be missing.",
        "证明不能推到日志签署的状态：未能证明这条记录在日志中。",
        _NOTHING_ZH,
        "请保留文件并向运营方索取新证明；若仍失败，这条记录可能缺失。",
    ),
    AuditCode.ROLLED_BACK: _both(
        "The log shows fewer entries than it has shown before.",
        "What was seen before stays trusted; the shorter state was not taken.",
        "Ask for the newest state. If the log goes on showing the shorter one, report it.",
        "日志显示的记录比以前少。",
        "以前看到的状态仍然有效，没有采信较短的状态。",
        "请索取最新状态；若日志始终显示较短的状态，请举报。",
    ),
    AuditCode.LOG_FORKED: _both(
        "The log signed two different states with the same number of entries: it tells people different things.",
        "The new state was not taken; what was seen before stays as it is.",
        _KEEP_EN,
        "日志对同样的记录数签署了两种不同状态：它对不同的人说法不一。",
        "没有采信新状态，以前看到的保持不变。",
        _KEEP_ZH,
    ),
    AuditCode.CONSISTENCY_INVALID: _both(
        "It is not shown that the log only added entries since the state seen before.",
        "The new state was not taken; what was seen before stays as it is.",
        "Ask for the consistency proof again. If there is none, the log's past was changed: keep both files.",
        "未能证明日志自上次看到的状态以来只增加了记录。",
        "没有采信新状态，以前看到的保持不变。",
        "请重新索取一致性证明；若给不出，说明日志的历史被改动，请保留两份文件。",
    ),
    AuditCode.LEAF_MALFORMED: _both(
        "The entry is in the log, but is not written as an entry of ours must be.",
        "Nothing was concluded from it and no money moved.",
        "Keep the file and show it to the operator: its log holds an entry that it should not.",
        "这条记录在日志中，但写法不符合规定。",
        "没有据此得出任何结论，资金未变动。",
        "请保留文件并出示给运营方：其日志中有不该有的记录。",
    ),
    AuditCode.UPDATE_NEEDED: _both(
        "The entry is in the log, but is of a kind that this version does not know.",
        "Nothing was concluded from it and no money moved.",
        "Update Feiqian, then check the same file again.",
        "这条记录在日志中，但此版本不认识它的种类。",
        "没有据此得出任何结论，资金未变动。",
        "请更新飞钱后再核对同一文件。",
    ),
    AuditCode.EVIDENCE_MISMATCH: _both(
        "The entry is in the log, but is about something else than the evidence that was shown with it.",
        "Nothing was concluded about this evidence and no money moved.",
        "Make sure that proof and evidence belong together, and that the evidence is the untouched file.",
        "这条记录在日志中，但与一同出示的证据不符。",
        "没有对此证据得出任何结论，资金未变动。",
        "请确认证明与证据配套，且证据文件未被改动。",
    ),
}
