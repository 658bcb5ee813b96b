"""The boundary in words: what each thing is called, and why it does not work, in English and Chinese.

The web apps say the same (web/risk/boundary_words.ts); tests/risk/boundary_cases.json holds both to one text.
"""

from collections.abc import Mapping
from typing import Final

from feiqian.protocol.words import Language
from feiqian.risk.boundary import What, Why

WHAT_WORDS: Final[Mapping[What, Mapping[Language, str]]] = {
    What.PAY_REQUEST: {"en": "Pay a request", "zh": "应答收款请求付款"},
    What.SHOW_CODE: {"en": "Show a payment code", "zh": "出示付款码"},
    What.KEY_SOFTWARE: {"en": "Pay with a key in software", "zh": "用软件中的密钥付款"},
    What.KEY_PASSKEY: {"en": "Pay with a key in a passkey", "zh": "用通行密钥中的密钥付款"},
    What.KEY_TPM: {"en": "Pay with a key in a TPM", "zh": "用 TPM 芯片中的密钥付款"},
    What.KEY_CARD: {"en": "Pay with a key on a card", "zh": "用卡上的密钥付款"},
    What.SHOW_AGAIN: {"en": "Show an earlier payment again", "zh": "再次出示先前的付款"},
    What.TAKE_RECEIPT: {"en": "Take a receipt or note", "zh": "收下收据或凭证"},
    What.ASK: {"en": "Ask for an amount", "zh": "发起收款请求"},
    What.ACCEPT: {"en": "Accept a payment", "zh": "受理付款"},
    What.TAKE_CODE: {"en": "Accept a payment code", "zh": "受理付款码"},
    What.GIVE_BACK: {"en": "Give a payment back", "zh": "退还付款"},
    What.CANCEL: {"en": "Cancel a request", "zh": "取消收款请求"},
    What.EXPORT: {"en": "Export what waits as files", "zh": "把待提交的付款导出为文件"},
    What.LOOK: {"en": "See balances, history and receipts", "zh": "查看余额、记录与收据"},
    What.LOCK: {"en": "Lock, change the PIN", "zh": "锁定、更换 PIN"},
    What.SYNC: {"en": "Sync with the operator", "zh": "与运营方同步"},
    What.TOP_UP: {"en": "Top up", "zh": "充值"},
    What.CLOSE: {"en": "End an allowance early", "zh": "提前结清额度"},
    What.DISPUTE: {"en": "Dispute a payment", "zh": "对付款提出争议"},
    What.SIGN_OUT: {"en": "Sign this terminal out", "zh": "注销此终端"},
}

WHY_WORDS: Final[Mapping[Why, Mapping[Language, str]]] = {
    Why.NOTHING_TO_SPEND: {
        "en": "Nothing is left to spend offline. Top up while there is a network.",
        "zh": "可离线支付的钱已用完。请在有网络时充值。",
    },
    Why.ALLOWANCE_ENDED: {
        "en": "The allowance has ended; what was not spent comes back. Top up while there is a network.",
        "zh": "额度已到期，未花完的部分会退回。请在有网络时充值。",
    },
    Why.ALLOWANCE_STOPPED: {
        "en": "The operator has stopped what this device could pay with. Sync, or ask the operator.",
        "zh": "运营方已停用此设备的支付额度。请同步，或联系运营方。",
    },
    Why.KEYS_AWAY: {
        "en": "The hardware that holds this wallet's keys does not let it pay. The wallet says why.",
        "zh": "存放此钱包密钥的硬件不允许付款。原因见钱包首页。",
    },
    Why.CHEQUES_USED_UP: {
        "en": "All cheques of the allowance are used. Top up while there is a network.",
        "zh": "额度的支付次数已用完。请在有网络时充值。",
    },
    Why.CLOCK_WRONG: {
        "en": "By this device's clock the allowance has not begun. Set the clock.",
        "zh": "按本设备时钟，额度尚未生效。请校准时钟。",
    },
    Why.ONE_PAYEE_ONLY: {
        "en": "This allowance may be spent at one payee only.",
        "zh": "此额度只能用于指定的收款方。",
    },
    Why.STRONGER_KEY: {
        "en": "More in one payment needs a stronger key, such as a passkey or a card.",
        "zh": "单笔更高金额需要更强的密钥，例如通行密钥或卡。",
    },
    Why.NO_CODES: {
        "en": "The operator takes no payment codes from a key of this kind.",
        "zh": "运营方不接受此类密钥的付款码。",
    },
    Why.NO_NETWORK: {
        "en": "Needs a network; the operator did not answer the last time.",
        "zh": "需要网络；上次联系运营方没有得到答复。",
    },
    Why.NETWORK_NOT_TRIED: {
        "en": "Needs a network; the operator has not been asked yet.",
        "zh": "需要网络；尚未联系过运营方。",
    },
    Why.CERTIFICATE_OVER: {
        "en": "This terminal's certificate has ended. Enrol it again with a new code.",
        "zh": "此终端的证书已到期。请用新的开通码重新开通。",
    },
    Why.CURRENCY_NOT_SERVED: {
        "en": "The operator does not serve this currency any more. Ask the operator.",
        "zh": "运营方已不再支持此币种。请联系运营方。",
    },
    Why.NOT_ALLOWED: {
        "en": "The operator has not allowed this terminal to do it.",
        "zh": "运营方未授权此终端这样做。",
    },
    Why.LISTS_OLD: {
        "en": "The lists are old, so limits are halved. Sync when there is a network.",
        "zh": "列表较旧，限额减半。请在有网络时同步。",
    },
    Why.LISTS_STALE: {
        "en": "The lists are too old: only small amounts. Sync when there is a network.",
        "zh": "列表过旧：只能受理小额。请在有网络时同步。",
    },
    Why.KEYS_OVER: {
        "en": "The operator's keys known here have ended: only small amounts, at your own risk. Sync.",
        "zh": "此处所知的运营方密钥已到期：只能受理小额，且风险自担。请同步。",
    },
    Why.QUEUE_EMPTY: {"en": "Nothing waits to be sent.", "zh": "没有待提交的内容。"},
    Why.QUEUE_WAITS: {
        "en": "Accepted payments still wait to be sent. Sync or export them first.",
        "zh": "仍有已受理的付款待提交。请先同步或导出。",
    },
}
