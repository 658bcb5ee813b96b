"""What the issuer's service answers when it cannot do what was asked, in words for people."""

from typing import ClassVar

from feiqian.protocol.words import Trouble, Words, WordsTable

NOTHING_EN, NOTHING_ZH = "Nothing was changed; no money moved.", "没有任何改动，资金未变动。"


class IssuerTrouble(Trouble):
    """A coded trouble of the issuer."""

    table: ClassVar[WordsTable] = {
        "not_enough_money": {
            "en": Words(
                "There is not enough free money: {free} is free, {wanted} was asked for.",
                NOTHING_EN,
                "Add money, or ask for less.",
            ),
            "zh": Words("可用余额不足：可用 {free}，请求 {wanted}。", NOTHING_ZH, "请先充值，或减少金额。"),
        },
        "amount_out_of_range": {
            "en": Words(
                "The amount is not allowed here: it must be between {least} and {most}.",
                NOTHING_EN,
                "Choose another amount.",
            ),
            "zh": Words("金额不在允许范围内：须在 {least} 与 {most} 之间。", NOTHING_ZH, "请换一个金额。"),
        },
        "enrolment_code_invalid": {
            "en": Words(
                "This enrolment code is wrong, used or expired.",
                NOTHING_EN,
                "Check the code, or ask your operator for a new one.",
            ),
            "zh": Words("此开通码错误、已使用或已过期。", NOTHING_ZH, "请核对，或向运营方索取新的开通码。"),
        },
        "not_signed_in": {
            "en": Words(
                "This device is not signed in.", NOTHING_EN, "Enrol the device again with a code from your operator."
            ),
            "zh": Words("此设备未登录。", NOTHING_ZH, "请用运营方提供的开通码重新登记此设备。"),
        },
        "unknown_payer": {
            "en": Words("There is no such payer.", NOTHING_EN, "Check the payer's id."),
            "zh": Words("没有该付款人。", NOTHING_ZH, "请核对付款人编号。"),
        },
        "unknown_allowance": {
            "en": Words("There is no such allowance.", NOTHING_EN, "Check its reference."),
            "zh": Words("没有该额度。", NOTHING_ZH, "请核对额度编号。"),
        },
        "currency_not_served": {
            "en": Words("The currency {currency} is not served here.", NOTHING_EN, "Choose another currency."),
            "zh": Words("此处不支持币种 {currency}。", NOTHING_ZH, "请选择其他币种。"),
        },
        "name_invalid": {
            "en": Words("A name has 1 to 64 characters.", NOTHING_EN, "Choose another name."),
            "zh": Words("名称须为 1 至 64 个字符。", NOTHING_ZH, "请换一个名称。"),
        },
        "key_invalid": {
            "en": Words("An idempotency key or request id has the wrong form.", NOTHING_EN, "Update the program."),
            "zh": Words("幂等键或请求编号格式不正确。", NOTHING_ZH, "请更新程序。"),
        },
        "idempotency_reused": {
            "en": Words(
                "This operation's id was already used for something else.",
                "The first operation stands; nothing else was done.",
                "Start a new operation with a new id.",
            ),
            "zh": Words("此操作编号已用于另一操作。", "第一次操作有效，未做其他改动。", "请用新编号重新开始。"),
        },
        "too_many_allowances": {
            "en": Words(
                "There are already {most} live allowances.",
                NOTHING_EN,
                "Use them, or wait until one has ended.",
            ),
            "zh": Words("有效额度已达 {most} 个。", NOTHING_ZH, "请先使用，或等待其中一个结束。"),
        },
        "device_convicted": {
            "en": Words(
                "A device of this account signed cheques that contradict each other; it gets no new allowance.",
                NOTHING_EN,
                "Ask your operator to look into the case; if the device was lost or copied, report it.",
            ),
            "zh": Words(
                "此账户的一台设备签出了相互矛盾的支票，不能再获得新额度。",
                NOTHING_ZH,
                "请联系运营方核查；若设备遗失或被复制，请挂失。",
            ),
        },
        "no_authenticator": {
            "en": Words(
                "This payer has no authenticator.", NOTHING_EN, "Add one first, then confirm it with a code of it."
            ),
            "zh": Words("该付款人没有验证器。", NOTHING_ZH, "请先添加验证器，再用其验证码确认。"),
        },
        "authenticator_code_wrong": {
            "en": Words(
                "This is not the authenticator's code now.",
                NOTHING_EN,
                "Check the authenticator's time and try its next code; if that fails, give two codes in a row.",
            ),
            "zh": Words(
                "这不是该验证器当前的验证码。",
                NOTHING_ZH,
                "请核对验证器的时间，用下一个验证码重试；仍不行时，请连续提供两个验证码。",
            ),
        },
        "device_accused": {
            "en": Words(
                "A payment of this device carried a wrong or used one-time code; it gets no new allowance.",
                "Nothing was changed. The payee was paid; what is reserved comes back at its end.",
                "Ask your operator to look into it; then enrol this device, or another one, with a new code.",
            ),
            "zh": Words(
                "此设备有一笔付款的动态验证码错误或已用过，不能再获得新额度。",
                "没有任何改动。收款方已得款；已预留的余额到期退回。",
                "请联系运营方核查，然后用新的开通码重新登记此设备或另一台设备。",
            ),
        },
        "lost_code_invalid": {
            "en": Words(
                "This lost-device code is wrong, was replaced, or was tried too often.",
                NOTHING_EN,
                "Check the code. If you cannot find it, call your operator, which can suspend the device, too.",
            ),
            "zh": Words(
                "此挂失码错误、已被替换，或尝试次数过多。",
                NOTHING_ZH,
                "请核对挂失码。若找不到，请致电运营方，同样可以停用该设备。",
            ),
        },
        "too_many_locks": {
            "en": Words(
                "This device has reported more locks than anybody could look at.",
                NOTHING_EN,
                "Ask your operator to decide on those that wait.",
            ),
            "zh": Words("此设备上报的锁定过多。", NOTHING_ZH, "请联系运营方处理等待中的锁定。"),
        },
        "unknown_lock": {
            "en": Words("There is no such lock.", NOTHING_EN, "See: feiqian operator locks"),
            "zh": Words("没有该锁定记录。", NOTHING_ZH, "请查看：feiqian operator locks"),
        },
        "lock_decided": {
            "en": Words(
                "On this lock it was decided otherwise before.",
                "The first decision stands; nothing else was done.",
                "If the device was refused, give its payer a new code.",
            ),
            "zh": Words(
                "此锁定此前已有不同的决定。",
                "先前的决定有效，未做其他改动。",
                "若设备已被拒绝，请给付款人新的开通码。",
            ),
        },
        "device_key_used": {
            "en": Words(
                "This device key already has an allowance.", NOTHING_EN, "Let the wallet make a new key and try again."
            ),
            "zh": Words("此设备密钥已用于另一额度。", NOTHING_ZH, "请让钱包生成新密钥后重试。"),
        },
        "attestation_refused": {
            "en": Words(
                "Where this device keeps its key could not be confirmed: {why}.",
                NOTHING_EN,
                "Try again; if it stays so, ask your operator whether it trusts this kind of device.",
            ),
            "zh": Words(
                "无法确认此设备密钥的存放位置：{why}。",
                NOTHING_ZH,
                "请重试；若仍如此，请向运营方确认是否信任此类设备。",
            ),
        },
        "root_unfit": {
            "en": Words(
                "This file is not one certificate of an authority that is valid now.",
                NOTHING_EN,
                "Give the maker's root certificate as a PEM file with nothing else in it.",
            ),
            "zh": Words(
                "此文件不是一张当前有效的签发机构证书。",
                NOTHING_ZH,
                "请提供厂商的根证书（PEM 文件，只含这一张）。",
            ),
        },
        "root_unknown": {
            "en": Words(
                "No such root certificate is trusted here.", NOTHING_EN, "Look at: feiqian operator attestation list"
            ),
            "zh": Words("此处没有信任这张根证书。", NOTHING_ZH, "请查看：feiqian operator attestation list"),
        },
        "tpm_challenge_unknown": {
            "en": Words(
                "There is no open question to this device's TPM: it was answered, replaced, or is too old.",
                NOTHING_EN,
                "Ask for a new one and answer it within a few minutes.",
            ),
            "zh": Words(
                "没有等待此设备 TPM 回答的验证：已回答、已被替换或已过期。",
                NOTHING_ZH,
                "请重新发起，并在几分钟内回答。",
            ),
        },
        "enrolment_pin_needed": {
            "en": Words(
                "This enrolment code has a second secret: six digits that your operator gave you another way.",
                NOTHING_EN,
                "Enrol again with both.",
            ),
            "zh": Words(
                "此开通码还需要配套口令：运营方以另一种方式告诉你的六位数字。",
                NOTHING_ZH,
                "请同时输入两者，重新登记。",
            ),
        },
        "enrolment_pin_wrong": {
            "en": Words(
                "The six digits that belong to this enrolment code are wrong. Tries left: {left}.",
                NOTHING_EN,
                "Check them; after the last try you need a new code from your operator.",
            ),
            "zh": Words(
                "开通码的六位配套口令不正确，还可再试 {left} 次。",
                NOTHING_ZH,
                "请核对；次数用完后须向运营方索取新的开通码。",
            ),
        },
        "enrolment_pin_not_served": {
            "en": Words("Second secrets for enrolment codes are not served here.", NOTHING_EN, "Ask without one."),
            "zh": Words("此处不支持开通码的配套口令。", NOTHING_ZH, "请不带口令重试。"),
        },
        "reference_invalid": {
            "en": Words(
                "A reference to how somebody was identified has at most 128 characters, in one line.",
                NOTHING_EN,
                "Give a shorter one.",
            ),
            "zh": Words("身份核验依据至多 128 个字符，且只能一行。", NOTHING_ZH, "请缩短后重试。"),
        },
    }
