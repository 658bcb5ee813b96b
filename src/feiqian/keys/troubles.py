"""What can be wrong with a place that holds private keys, in words: what happened, what is safe, what to do next."""

from typing import Final

from feiqian.protocol.words import Trouble, Words, WordsTable
from feiqian.wallet.troubles import WALLET_WORDS

_NOTHING_EN = "Nothing was signed and no money moved."
_NOTHING_ZH = "没有签发任何支付，资金未动。"
_HISTORY_EN = "Nothing was signed. History and receipts can be read as before."
_HISTORY_ZH = "没有签发任何支付。历史记录和收据仍可查看。"

KEY_WORDS: Final[WordsTable] = {
    "key_damaged": {
        "en": Words(
            "A stored key cannot be read: it is damaged, or another key store made it.",
            _NOTHING_EN,
            "Run feiqian wallet sync, then enrol a new wallet; what was set aside comes back at its deadline.",
        ),
        "zh": Words(
            "无法读取所存的密钥：它已损坏，或出自另一种密钥存放方式。",
            _NOTHING_ZH,
            "请先运行 feiqian wallet sync，再开通新钱包；已留出的金额在截止日退回。",
        ),
    },
    "tpm_library_missing": {
        "en": Words(
            "This wallet's keys live in a TPM, and the part of Feiqian that speaks to TPMs is not installed.",
            _HISTORY_EN,
            "Install it with: pip install 'feiqian[tpm]' (it needs a compiler and the headers of libtss2).",
        ),
        "zh": Words(
            "此钱包的密钥在 TPM 中，而与 TPM 通信的组件尚未安装。",
            _HISTORY_ZH,
            "请安装：pip install 'feiqian[tpm]'（需要编译器和 libtss2 头文件）。",
        ),
    },
    "tpm_not_named": {
        "en": Words(
            "This wallet's keys live in a TPM, and FEIQIAN_TPM does not say which.",
            _HISTORY_EN,
            "Set FEIQIAN_TPM, like device:/dev/tpmrm0, and try again.",
        ),
        "zh": Words(
            "此钱包的密钥在 TPM 中，而 FEIQIAN_TPM 未指明是哪一个。",
            _HISTORY_ZH,
            "请设置 FEIQIAN_TPM，例如 device:/dev/tpmrm0，然后重试。",
        ),
    },
    "tpm_unreachable": {
        "en": Words(
            "The TPM that holds this wallet's keys does not answer.",
            f"{_HISTORY_EN} The keys are still in the TPM.",
            "Check that FEIQIAN_TPM names it and that this user may use it, then try again.",
        ),
        "zh": Words(
            "存放此钱包密钥的 TPM 没有应答。",
            f"{_HISTORY_ZH}密钥仍在 TPM 中。",
            "请检查 FEIQIAN_TPM 的设置，以及当前用户是否有权使用，然后重试。",
        ),
    },
    "tpm_changed": WALLET_WORDS["tpm_changed"],
    "tpm_full": {
        "en": Words(
            "The TPM has no room for another counter.",
            "Nothing was changed.",
            "Remove counters that nobody needs any more (tpm2_nvundefine), then try again.",
        ),
        "zh": Words(
            "TPM 中没有空间再放一个计数器。",
            "没有任何改动。",
            "请用 tpm2_nvundefine 删除不再需要的计数器，然后重试。",
        ),
    },
    "tpm_failed": {
        "en": Words(
            "The TPM refused what was asked of it ({what}).",
            _HISTORY_EN,
            "Try again; if it stays so, start the machine anew or ask whoever looks after it.",
        ),
        "zh": Words("TPM 拒绝了请求（{what}）。", _HISTORY_ZH, "请重试；若仍如此，请重启机器或联系其管理员。"),
    },
    "tpm_no_certificate": {
        "en": Words(
            "This TPM holds no certificate of its maker, so nobody can tell that it is one.",
            "Nothing was changed.",
            "Use a TPM whose maker certified it, or keep the keys in software: feiqian wallet enrol --keys software",
        ),
        "zh": Words(
            "此 TPM 中没有制造商的证书，无从证明它是真的 TPM。",
            "没有任何改动。",
            "请使用带制造商证书的 TPM，或将密钥放在软件中：feiqian wallet enrol --keys software",
        ),
    },
    "tpm_credential_refused": {
        "en": Words(
            "The TPM cannot open what the operator sent: it is not meant for this TPM.",
            "Nothing was changed.",
            "Try again; if it stays so, tell the operator.",
        ),
        "zh": Words(
            "TPM 无法解开运营方发来的内容：它不是发给此 TPM 的。", "没有任何改动。", "请重试；若仍如此，请告知运营方。"
        ),
    },
}


class KeyTrouble(Trouble):
    """A place that holds private keys did not do what was asked of it."""

    table = KEY_WORDS
