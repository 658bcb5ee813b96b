"""The sentences of the refusals that are about keys whose time is over; `refusal_words` holds them with all others."""

from typing import Final

from feiqian.protocol.words import Words, WordsTable

KEY_WORDS: Final[WordsTable] = {
    "key_retired": {
        "en": Words(
            "This was signed with a key that is no longer trusted.",
            "It was not used; nothing more was taken.",
            "Both sides go online once to renew, or pay another way.",
        ),
        "zh": Words(
            "签名所用的密钥已不再受信任。",
            "没有使用它，也没有多扣款。",
            "请双方联网更新一次，或改用其他方式付款。",
        ),
    },
    "terminal_revoked": {
        "en": Words(
            "The operator has revoked this payee's terminal, so what it signs no longer counts.",
            "Nothing was taken for it.",
            "Do not pay at this terminal; ask for another one, or pay another way.",
        ),
        "zh": Words(
            "运营方已吊销该收款方的这台终端，它的签名不再有效。",
            "没有因此扣款。",
            "请不要在这台终端付款；请换一台终端，或改用其他方式付款。",
        ),
    },
}
