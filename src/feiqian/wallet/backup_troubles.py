"""Why a backup is not made or not put back, in both languages."""

from typing import ClassVar

from feiqian.protocol.words import Trouble, Words, WordsTable


class BackupTrouble(Trouble):
    """What can go wrong with a wallet's backup. Nothing is changed by any of it."""

    table: ClassVar[WordsTable] = {
        "backup_unreadable": {
            "en": Words(
                "This is not a wallet's backup, or it was altered.",
                "Nothing was changed.",
                "Take another copy of the file, as it was made.",
            ),
            "zh": Words("这不是钱包备份，或文件已被改动。", "没有任何改动。", "请换用未经改动的备份文件。"),
        },
        "backup_passphrase_wrong": {
            "en": Words(
                "The passphrase does not open this backup, or the file was altered.",
                "Nothing was changed.",
                "Try again. A forgotten passphrase cannot be replaced; your money does not depend on the backup.",
            ),
            "zh": Words(
                "口令打不开此备份，或文件已被改动。",
                "没有任何改动。",
                "请重试。口令遗忘后无法找回；您的资金不依赖备份。",
            ),
        },
        "backup_too_new": {
            "en": Words(
                "This backup was made by a newer version of the wallet.", "Nothing was changed.", "Update this wallet."
            ),
            "zh": Words("此备份由较新版本的钱包生成。", "没有任何改动。", "请升级本钱包。"),
        },
        "backup_too_large": {
            "en": Words(
                "This history is too long for one backup.",
                "Nothing was changed; the history stays in this wallet.",
                "Keep this device. Your operator's statement has the payments, too.",
            ),
            "zh": Words(
                "付款记录过多，无法存入一份备份。",
                "没有任何改动，记录仍在本钱包中。",
                "请保留此设备；运营方的对账单中也有这些付款。",
            ),
        },
        "backup_other_payer": {
            "en": Words(
                "This backup is of another payer, or of another operator: {name}.",
                "Nothing was changed.",
                "Put it back into a wallet of that payer, or into one that is not enrolled.",
            ),
            "zh": Words(
                "此备份属于另一位付款人或另一家运营方：{name}。",
                "没有任何改动。",
                "请恢复到该付款人的钱包，或恢复到尚未开通的钱包。",
            ),
        },
        "backup_exists": {
            "en": Words(
                "There is a file {path} already.", "It was left as it is, and no backup was made.", "Give another name."
            ),
            "zh": Words("文件 {path} 已存在。", "该文件保持原样，没有生成备份。", "请换一个文件名。"),
        },
        "passphrase_needed": {
            "en": Words(
                "A passphrase is needed and there is no terminal to ask at.",
                "Nothing was changed.",
                "Give --passphrase-file FILE, a file that holds only the passphrase.",
            ),
            "zh": Words(
                "需要口令，但没有可供输入的终端。",
                "没有任何改动。",
                "请用 --passphrase-file 指定只含口令的文件。",
            ),
        },
        "passphrases_differ": {
            "en": Words("The two passphrases are not the same.", "Nothing was changed.", "Try again."),
            "zh": Words("两次输入的口令不一致。", "没有任何改动。", "请重试。"),
        },
        "passphrase_weak": {
            "en": Words(
                "This passphrase is too easy to guess: whoever has the file can try as often as they like.",
                "No backup was made.",
                "Take at least {least} characters, such as four words that have nothing to do with each other.",
            ),
            "zh": Words(
                "口令过于简单：得到文件的人可以无限次尝试。",
                "没有生成备份。",
                "请至少使用 {least} 个字符，例如四个互不相关的词。",
            ),
        },
    }
