"""What can go wrong on the payer's device, in words: what happened, what is safe, what to do next."""

from typing import Final

from feiqian.protocol.words import Trouble, Words, WordsTable

_NOTHING_EN = "Nothing was signed and no money moved."
_NOTHING_ZH = "没有签发任何支付，资金未动。"


WALLET_WORDS: Final[WordsTable] = {
    "not_enrolled": {
        "en": Words(
            "This wallet is not enrolled yet.",
            _NOTHING_EN,
            "Enrol it: feiqian wallet enrol --server URL --code CODE",
        ),
        "zh": Words("此钱包尚未开通。", _NOTHING_ZH, "请先开通：feiqian wallet enrol --server URL --code CODE"),
    },
    "already_enrolled": {
        "en": Words(
            "This wallet is enrolled already, at {server}.",
            "What it holds was left as it is.",
            "Use another --home for another payer.",
        ),
        "zh": Words("此钱包已在 {server} 开通。", "原有内容未作改动。", "如为另一付款人，请使用另一个 --home。"),
    },
    "deployment_changed": {
        "en": Words(
            "The server answered for another deployment than it named first.",
            "Nothing of its answer was kept.",
            "Check the server's address and ask the operator for a new code.",
        ),
        "zh": Words(
            "服务器前后给出的系统名称不一致。", "其答复未被保存。", "请核对服务器地址，并向运营方索取新的开通码。"
        ),
    },
    "allowance_not_as_asked": {
        "en": Words(
            "The operator sent an allowance that is not the one asked for ({why}).",
            "It was not stored; the request stays open, and repeating it counts once.",
            "Try again; if it stays so, tell the operator.",
        ),
        "zh": Words(
            "运营方发来的额度与申请不符（{why}）。",
            "未予保存；申请仍然有效，重试只计一次。",
            "请重试；若仍如此，请告知运营方。",
        ),
    },
    "top_up_waits": {
        "en": Words(
            "A top-up of {amount} was begun and has no answer yet.",
            "It counts once, however often it is asked.",
            "Finish it first: repeat that amount, or run feiqian wallet sync.",
        ),
        "zh": Words(
            "已有一笔 {amount} 的充值尚未得到答复。",
            "无论重试多少次都只计一次。",
            "请先完成它：按该金额重试，或运行 feiqian wallet sync。",
        ),
    },
    "no_allowance": {
        "en": Words(
            "There is nothing on this device to pay with offline.", _NOTHING_EN, "Top up while there is a network."
        ),
        "zh": Words("此设备上没有可离线支付的额度。", _NOTHING_ZH, "请在有网络时充值。"),
    },
    "allowances_expired": {
        "en": Words(
            "The allowances on this device have ended.",
            "What was not spent returns to your account by {deadline}.",
            "Top up again while there is a network. If the date looks wrong, set this device's clock.",
        ),
        "zh": Words(
            "此设备上的额度均已到期。",
            "未花完的部分最迟于 {deadline} 退回您的账户。",
            "请在有网络时重新充值；若日期有误，请校准本设备时钟。",
        ),
    },
    "allowance_not_begun": {
        "en": Words(
            "By this device's clock the allowance has not begun yet.",
            _NOTHING_EN,
            "Set this device's clock, then try again.",
        ),
        "zh": Words("按本设备时钟，额度尚未生效。", _NOTHING_ZH, "请校准本设备时钟后重试。"),
    },
    "store_rolled_back": {
        "en": Words(
            "This wallet's store was put back from an older copy: it knows less than the counter in the TPM.",
            f"{_NOTHING_EN} Receipts can be taken, and sync works as before.",
            "Run feiqian wallet sync, then feiqian wallet top-up AMOUNT for a new allowance. What was set aside before"
            " cannot be paid with here any more; what nobody claimed of it comes back at its deadline.",
        ),
        "zh": Words(
            "此钱包的数据被旧副本覆盖：它比 TPM 中的计数器旧。",
            f"{_NOTHING_ZH}仍可收取收据，也可同步。",
            "请先运行 feiqian wallet sync，再运行 feiqian wallet top-up 金额 以取得新额度。"
            "此前留出的额度不能再在此支付；其中无人兑付的部分在截止日退回。",
        ),
    },
    "tpm_changed": {
        "en": Words(
            "This is not the TPM that this wallet was made with, or it was cleared: its keys or its counter are gone.",
            f"{_NOTHING_EN} History and receipts stay readable, and sync works as before.",
            "Name the right TPM in FEIQIAN_TPM. If it was cleared, sync, and enrol a new wallet in another --home;"
            " what was set aside comes back at its deadline.",
        ),
        "zh": Words(
            "这不是此钱包开通时的 TPM，或者它已被清空：其中的密钥或计数器已不存在。",
            f"{_NOTHING_ZH}历史记录和收据仍可查看，也可同步。",
            "请在 FEIQIAN_TPM 中指明正确的 TPM。若它已被清空，请同步，并用另一个 --home 开通新钱包；"
            "已留出的金额在截止日退回。",
        ),
    },
    "allowance_stopped": {
        "en": Words(
            "The operator has suspended or retired what this device could pay with.",
            _NOTHING_EN,
            "Sync, and ask the operator if you did not expect this.",
        ),
        "zh": Words("运营方已暂停或停用此设备的支付额度。", _NOTHING_ZH, "请同步；如有疑问，请联系运营方。"),
    },
    "other_payee_only": {
        "en": Words(
            "The allowances on this device may be spent at another payee only.",
            _NOTHING_EN,
            "Pay there, or top up without that condition.",
        ),
        "zh": Words("此设备上的额度只能用于另一收款方。", _NOTHING_ZH, "请在该处使用，或另行充值。"),
    },
    "currency_not_held": {
        "en": Words("This wallet holds no {currency}.", _NOTHING_EN, "Ask the payee for another currency."),
        "zh": Words("此钱包没有 {currency}。", _NOTHING_ZH, "请收款方改用其他币种。"),
    },
    "over_one_payment": {
        "en": Words(
            "{amount} is more than one payment may be; the limit is {limit}.",
            _NOTHING_EN,
            "Ask the payee for a smaller request, or pay online.",
        ),
        "zh": Words("{amount} 超过单笔上限 {limit}。", _NOTHING_ZH, "请收款方分开收款，或在线支付。"),
    },
    "over_one_way": {
        "en": Words(
            "{amount} is more than a one-way code may carry; the limit is {limit}.",
            _NOTHING_EN,
            "Let the payee show a request and pay that: it allows more.",
        ),
        "zh": Words("{amount} 超过单向付款码上限 {limit}。", _NOTHING_ZH, "请让收款方出示收款请求再付，限额更高。"),
    },
    "tier_too_low": {
        "en": Words(
            "{amount} asks for a key in safer hardware than this wallet's; with this key at most {limit} can be paid.",
            _NOTHING_EN,
            "Pay a smaller amount, answer a request instead of showing a code, or pay another way.",
        ),
        "zh": Words(
            "支付 {amount} 要求密钥存放在更安全的硬件中；以本钱包的密钥至多可付 {limit}。",
            _NOTHING_ZH,
            "请减少金额，或改为扫收款请求付款，或改用其他方式。",
        ),
    },
    "not_enough": {
        "en": Words(
            "{amount} is more than one allowance on this device still covers; at most {limit} can be paid at once.",
            _NOTHING_EN,
            "Top up while there is a network, or pay a smaller amount.",
        ),
        "zh": Words(
            "{amount} 超出单个额度的剩余；此刻单笔最多可付 {limit}。",
            _NOTHING_ZH,
            "请在有网络时充值，或支付较小金额。",
        ),
    },
    "cheques_used_up": {
        "en": Words(
            "All cheques of the allowances on this device are used.",
            "What was not spent returns to your account by {deadline}.",
            "Top up while there is a network.",
        ),
        "zh": Words("额度内的支票张数已用完。", "未花完的部分最迟于 {deadline} 退回您的账户。", "请在有网络时充值。"),
    },
    "one_time_code_needed": {
        "en": Words(
            "To pay {amount}, a one-time code from your authenticator is needed.",
            _NOTHING_EN,
            "Give the code that your authenticator shows now.",
        ),
        "zh": Words("支付 {amount} 需要验证器上的动态验证码。", _NOTHING_ZH, "请输入验证器当前显示的验证码。"),
    },
    "one_time_code_malformed": {
        "en": Words("A one-time code has six digits.", _NOTHING_EN, "Type the digits that your authenticator shows."),
        "zh": Words("动态验证码为六位数字。", _NOTHING_ZH, "请输入验证器显示的六位数字。"),
    },
    "one_time_code_used": {
        "en": Words(
            "This one-time code went into an earlier payment; each counts once.",
            _NOTHING_EN,
            "Wait until your authenticator shows the next code, and use that.",
        ),
        "zh": Words("此动态验证码已用于先前一笔付款，每个限用一次。", _NOTHING_ZH, "请等下一个验证码显示后再用。"),
    },
    "holder_check_needed": {
        "en": Words(
            "Above {limit} this device must check that it is you.",
            _NOTHING_EN,
            "Confirm with your PIN and try again.",
        ),
        "zh": Words("金额超过 {limit} 时须确认持有人身份。", _NOTHING_ZH, "请输入 PIN 确认后重试。"),
    },
    "clocks_differ": {
        "en": Words(
            "The payee's clock says {theirs}, this device's says {ours}, so the request looks out of date.",
            _NOTHING_EN,
            "Set the clock that is wrong, then let the payee make a new request.",
        ),
        "zh": Words(
            "收款方时钟为 {theirs}，本机为 {ours}，因此该请求看来已失效。",
            _NOTHING_ZH,
            "请校准有误的时钟，然后由收款方重新出示请求。",
        ),
    },
    "own_request": {
        "en": Words(
            "This request asks for money onto an allowance of this same wallet.",
            _NOTHING_EN,
            "There is nothing to pay.",
        ),
        "zh": Words("此请求的收款额度就在本钱包内。", _NOTHING_ZH, "无需支付。"),
    },
    "code_hidden": {
        "en": Words(
            "This one-way code has had its time and is not shown again.",
            "It pays at most once. If nobody took it, the amount returns by {deadline}.",
            "Make a new code if the payee did not take it.",
        ),
        "zh": Words(
            "此单向付款码已过期，不再显示。",
            "它最多支付一次；若无人收取，金额最迟于 {deadline} 退回。",
            "若收款方未收取，请生成新码。",
        ),
    },
    "payment_unknown": {
        "en": Words(
            "This wallet knows no payment {number}.", "Nothing was changed.", "Look it up: feiqian wallet history"
        ),
        "zh": Words("此钱包没有编号为 {number} 的付款。", "没有任何改动。", "请查询：feiqian wallet history"),
    },
    "about_no_payment": {
        "en": Words(
            "This receipt or note is about no payment of this wallet.",
            "Nothing was changed.",
            "Let the payee show the one for your payment; its number stands beside it.",
        ),
        "zh": Words("此收据或退款单与本钱包的任何付款无关。", "没有任何改动。", "请收款方出示与您付款编号相符的收据。"),
    },
    "nothing_to_close": {
        "en": Words("There is no allowance that could be closed.", "Nothing was changed.", "See: feiqian wallet show"),
        "zh": Words("没有可关闭的额度。", "没有任何改动。", "请查看：feiqian wallet show"),
    },
    "closing_needs_cheque": {
        "en": Words(
            "All cheques of this allowance are used, and closing it would need one.",
            "Nothing more can be spent on it.",
            "It ends by itself: what is left returns by {deadline}.",
        ),
        "zh": Words(
            "此额度的支票已用完，而关闭须用一张。",
            "它已不能再用于支付。",
            "它会自行结束：余额最迟于 {deadline} 退回。",
        ),
    },
    "wallet_changed": {
        "en": Words(
            "The wallet's store changed while this was being done.",
            "Nothing of this was written.",
            "Try again; if it stays so, keep the device as it is and tell the operator.",
        ),
        "zh": Words(
            "处理期间钱包数据发生了变化。", "本次操作没有写入。", "请重试；若仍如此，请保持设备原状并告知运营方。"
        ),
    },
    "amount_out_of_range": {
        "en": Words("This amount cannot be paid.", _NOTHING_EN, "Give an amount above zero."),
        "zh": Words("此金额无法支付。", _NOTHING_ZH, "请输入大于零的金额。"),
    },
}


class WalletTrouble(Trouble):
    """A rule of this wallet stops what was asked. Values are shown to people."""

    table = WALLET_WORDS
