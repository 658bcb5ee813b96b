"""The sentences of the refusals that are about where the payer's key lives; `refusal_words` holds them, too."""

from typing import Final

from feiqian.protocol.words import Words, WordsTable

PASSKEY_WORDS: Final[WordsTable] = {
    "tier_too_low": {
        "en": Words(
            "This payment needs a key in safer hardware than the payer's device has.",
            "Nothing was taken.",
            "Agree on a smaller amount, let the payer scan a request, or pay another way.",
        ),
        "zh": Words(
            "这笔付款要求密钥存放在更安全的硬件中，付款方的设备达不到。",
            "没有扣款。",
            "请减少金额、改由付款方扫收款码，或改用其他方式付款。",
        ),
    },
    "signature_form_mismatch": {
        "en": Words(
            "This payment is not signed the way its allowance says.",
            "Nothing was taken.",
            "Ask the payer to pay from another allowance, or another way.",
        ),
        "zh": Words(
            "这笔付款的签名方式与额度上写的不一致。",
            "没有扣款。",
            "请付款方改用其他额度，或改用其他方式付款。",
        ),
    },
    "passkey_not_served": {
        "en": Words(
            "The payer pays with a passkey, and this device does not know of passkeys at this operator.",
            "Nothing was taken.",
            "Go online once to renew the trust list, or pay another way.",
        ),
        "zh": Words(
            "付款方用通行密钥付款，而本设备的信任名单里没有该运营方的通行密钥。",
            "没有扣款。",
            "请联网更新一次信任名单，或改用其他方式付款。",
        ),
    },
    "passkey_flags_refused": {
        "en": Words(
            "The payer's passkey is copied to other devices, or did not see its holder.",
            "Nothing was taken.",
            "Pay with a passkey that stays on one device, or with the PIN.",
        ),
        "zh": Words(
            "付款方的通行密钥会同步到其他设备，或没有确认持有人在场。",
            "没有扣款。",
            "请使用只留在一台设备上的通行密钥，或改用 PIN 付款。",
        ),
    },
    "holder_check_mismatch": {
        "en": Words(
            "The payment says another thing about finger, face or PIN than the passkey that signed it.",
            "Nothing was taken.",
            "Start again and let the payer confirm on their device.",
        ),
        "zh": Words(
            "付款上写的本人确认方式，与签名的通行密钥所记录的不一致。",
            "没有扣款。",
            "请重新开始，由付款方在自己的设备上确认。",
        ),
    },
}
