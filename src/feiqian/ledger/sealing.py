"""Sealed columns: what the books hold of people is encrypted, and opens only with a key that lies elsewhere.

- A value is bound to its place: table, column and row. One that is moved to another row, or changed, does not open.
- A key has a number, which stands beside the value, so that keys can be changed while the books are in use.
- What cannot be opened is refused in words; nothing is guessed and nothing is shown in its stead.

The cipher itself stands in `keys/data_key.py`.
"""

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Final, Protocol

from feiqian.protocol.words import Trouble, Words, WordsTable

PLAIN: Final = 0
"""The key number of what an older version wrote and nobody has sealed yet."""
ERASED: Final = -1
"""The key number of what was erased; nothing is left of it."""


class SealTrouble(Trouble):
    """Why a sealed value cannot be read or written."""

    table: ClassVar[WordsTable] = {
        "sealed_value_damaged": {
            "en": Words(
                "An encrypted value in {table} does not open: it was changed, or belongs to another row.",
                "Nothing was changed; amounts, postings and evidence do not depend on it.",
                "Run: feiqian audit verify. Keep a copy of the books as they are, and look for the row in a backup.",
            ),
            "zh": Words(
                "{table} 中有一个加密值无法解开：它被改动过，或属于另一行。",
                "没有任何改动；金额、分录与凭证都不依赖它。",
                "请运行 feiqian audit verify，原样保留一份账目，并从备份恢复该行。",
            ),
        },
        "sealed_value_plain": {
            "en": Words(
                "A value in {table} that must be encrypted is not: somebody else wrote it.",
                "It is not shown, and nothing was changed.",
                "Run: feiqian audit verify. Keep a copy of the books as they are, and look for the row in a backup.",
            ),
            "zh": Words(
                "{table} 中本应加密的一个值没有加密：它不是本程序写入的。",
                "该值不会显示，也没有任何改动。",
                "请运行 feiqian audit verify，原样保留一份账目，并从备份恢复该行。",
            ),
        },
        "data_key_missing": {
            "en": Words(
                "The key that opens names and words in these books is missing here: data-{number}.key.",
                "Nothing was changed.",
                "Bring keys/data-{number}.key of this home back from a backup, or from the machine that made it.",
            ),
            "zh": Words(
                "缺少解开账目中名称与文字的密钥：data-{number}.key。",
                "没有任何改动。",
                "请从备份或生成它的机器取回此数据文件夹中的 keys/data-{number}.key。",
            ),
        },
        "data_key_wrong": {
            "en": Words(
                "The key data-{number}.key is not the one with which these books were encrypted.",
                "Nothing was changed.",
                "Bring keys/data-{number}.key of this home back from a backup, or from the machine that made it.",
            ),
            "zh": Words(
                "密钥 data-{number}.key 不是加密这些账目所用的那一个。",
                "没有任何改动。",
                "请从备份或生成它的机器取回此数据文件夹中的 keys/data-{number}.key。",
            ),
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedPart:
    """A column that is sealed: its table's key, its name, and whether it holds a text."""

    table: str
    key: tuple[str, ...]
    column: str
    is_text: bool


class Sealed(Enum):
    """Every sealed column of the books, and of the answers that are kept beside them."""

    PAYER_NAME = SealedPart(table="payers", key=("payer_id",), column="name", is_text=True)
    PAYEE_NAME = SealedPart(table="payees", key=("payee_id",), column="name", is_text=True)
    CERTIFICATE = SealedPart(table="terminals", key=("terminal_ref",), column="certificate", is_text=False)
    WORDS = SealedPart(table="dispute_steps", key=("dispute_id", "number"), column="words", is_text=True)
    EVIDENCE = SealedPart(table="dispute_steps", key=("dispute_id", "number"), column="evidence", is_text=False)
    STAFF_SECRET = SealedPart(table="staff", key=("staff_id",), column="secret", is_text=False)
    CODE_SECRET = SealedPart(table="authenticators", key=("authenticator_id",), column="secret", is_text=False)
    IDENTITY_REFERENCE = SealedPart(table="identities", key=("payer_id",), column="reference", is_text=True)
    PROOF = SealedPart(table="data_keys", key=("number",), column="proof", is_text=False)
    ANSWER = SealedPart(table="answer", key=("scope", "key"), column="sealed", is_text=False)


class Seals(Protocol):
    """Whoever holds the keys. Thread-safe."""

    def newest(self) -> int:
        """The number of the key that seals from now on, 1 or more. Raises SealTrouble data_key_missing."""

    def seal(self, part: Sealed, row: bytes, content: bytes, number: int) -> bytes:
        """The content sealed for this place with this key. Raises SealTrouble data_key_missing."""

    def open(self, part: Sealed, row: bytes, stored: bytes, number: int) -> bytes:
        """The content. Raises SealTrouble data_key_missing, sealed_value_damaged."""


class NoKeys:
    """The keys of whoever has none: books can be verified with it, names cannot be read or written."""

    def newest(self) -> int:
        raise SealTrouble("data_key_missing", number=1)

    def seal(self, part: Sealed, row: bytes, content: bytes, number: int) -> bytes:
        del part, row, content
        raise SealTrouble("data_key_missing", number=number)

    def open(self, part: Sealed, row: bytes, stored: bytes, number: int) -> bytes:
        del part, row, stored
        raise SealTrouble("data_key_missing", number=number)


NO_KEYS: Final = NoKeys()
