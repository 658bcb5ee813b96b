"""Where a key lives, in words: the same in every command; the web terminal says them likewise (words_*.ts)."""

from collections.abc import Mapping
from typing import Final

from feiqian.cli.report import Report
from feiqian.protocol.words import Language

TIER_NAMES: Final[Mapping[str, Mapping[Language, str]]] = {
    "software": {"en": "in software", "zh": "密钥在软件中"},
    "passkey": {"en": "in a passkey", "zh": "密钥在通行密钥中"},
    "tpm": {"en": "in a TPM", "zh": "密钥在 TPM 芯片中"},
    "card": {"en": "on a card", "zh": "密钥在卡上"},
}
"""By the name of a `protocol.allowance.Tier`, weakest first."""
_LEAST: Final = "software"


def tier_name(tier: int) -> str:
    """The name of a tier; one that this version does not know is trusted like the lowest (spec 06)."""
    names = tuple(TIER_NAMES)
    return names[tier - 1] if 1 <= tier <= len(names) else _LEAST


def tier_line(tier: int, report: Report) -> str:
    """Where the payer's key lives, as a sentence at the counter."""
    name = tier_name(tier)
    return report.pick(f"The payer's key is {tier_text(name, 'en')}.", f"付款方{tier_text(name, 'zh')}。")


def tier_text(name: str, language: Language) -> str:
    """Where such a key lives, for people."""
    return TIER_NAMES.get(name, TIER_NAMES[_LEAST])[language]
