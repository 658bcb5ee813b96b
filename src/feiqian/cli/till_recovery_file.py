"""The two files with which a till that is locked gets its key back: what lies on the till, and the operator's answer.

Both are JSON, small enough to be sent by any way; neither opens anything alone (`keys.till_recovery`).
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from feiqian.cli.durable_files import write_durably
from feiqian.protocol.ids import TerminalRef
from feiqian.protocol.limits import REF_BYTES
from feiqian.protocol.words import Trouble, Words, WordsTable

FORMAT: Final = 1
FILE_MAX_BYTES: Final = 4096
RECOVERY_KEY: Final = "till-recovery.key"
REQUEST, ANSWER = "till-recovery-request", "till-recovery-answer"


class RecoveryTrouble(Trouble):
    """Why a till does not get its key back."""

    table: ClassVar[WordsTable] = {
        "recovery_missing": {
            "en": Words(
                "This till holds no key that its operator could give back: it was set up before there were such keys,"
                " and never synced since.",
                "Its data stays where it is, encrypted.",
                "Report it to your operator and enrol another till; payers of what was not sent have receipts.",
            ),
            "zh": Words(
                "此终端没有可由运营方归还的密钥：它在此功能之前设置，之后从未同步。",
                "数据仍加密保存在本机。",
                "请向运营方报告并登记新终端；未上传的付款，请向付款人索取收据。",
            ),
        },
        "recovery_unreadable": {
            "en": Words(
                "{path} is not a file of this kind, or it was altered.",
                "Nothing was changed.",
                "Have the file made again, and bring it as it is.",
            ),
            "zh": Words("{path} 不是此类文件，或已被改动。", "没有任何改动。", "请重新生成该文件，并原样传递。"),
        },
        "recovery_not_ours": {
            "en": Words(
                "The key in {path} was sealed for another operator, or the file was altered.",
                "Nothing was changed, and no key was given back.",
                "Check that the file is of a till of this operator and came as it was made.",
            ),
            "zh": Words(
                "{path} 中的密钥不是为本运营方封存的，或文件已被改动。",
                "没有任何改动，也没有归还密钥。",
                "请确认该文件属于本运营方的终端，且未被改动。",
            ),
        },
        "recovery_code_wrong": {
            "en": Words(
                "The code does not open this answer, or the answer is for another till.",
                "Nothing was changed; the till stays as it is.",
                "Check the code with your operator. It belongs to one answer only.",
            ),
            "zh": Words(
                "恢复码无法打开此答复，或答复属于另一台终端。",
                "没有任何改动，终端保持原样。",
                "请与运营方核对恢复码；它只对应一份答复。",
            ),
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryFile:
    """A sealed key and what it is about."""

    kind: str
    deployment: str
    terminal_ref: TerminalRef
    sealed: bytes

    def encode(self) -> bytes:
        """The one way to write it."""
        fields = {
            "format": FORMAT,
            "kind": self.kind,
            "deployment": self.deployment,
            "terminal": self.terminal_ref.hex(),
            "sealed": self.sealed.hex(),
        }
        return (json.dumps(fields, indent=1) + "\n").encode()

    def write(self, path: Path) -> None:
        """Whole or not at all, for its owner only."""
        write_durably(path, self.encode())


def read_recovery_file(path: Path, kind: str) -> RecoveryFile:
    """A file of this kind. Raises RecoveryTrouble recovery_unreadable for any other bytes, OSError."""
    with path.open("rb") as file:
        content = file.read(FILE_MAX_BYTES + 1)
    try:
        if len(content) > FILE_MAX_BYTES:
            raise ValueError
        fields = json.loads(content)
        if fields["format"] != FORMAT or fields["kind"] != kind or type(fields["deployment"]) is not str:
            raise ValueError
        terminal_ref, sealed = bytes.fromhex(fields["terminal"]), bytes.fromhex(fields["sealed"])
        if len(terminal_ref) != REF_BYTES:
            raise ValueError
        deployment: str = fields["deployment"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RecoveryTrouble("recovery_unreadable", path=path.name) from None
    return RecoveryFile(kind=kind, deployment=deployment, terminal_ref=TerminalRef(terminal_ref), sealed=sealed)
