"""What the acquirer's service answers when it cannot do what was asked, in words for people."""

from typing import ClassVar

from feiqian.protocol.words import Trouble, Words, WordsTable

NOTHING_EN, NOTHING_ZH = "Nothing was changed; no money moved.", "没有任何改动，资金未变动。"


class AcquirerTrouble(Trouble):
    """A coded trouble of the acquirer."""

    table: ClassVar[WordsTable] = {
        "batch_id_reused": {
            "en": Words(
                "This batch's id was already used for another batch.",
                "The first batch stands with its answer; this one was not taken.",
                "Send the first batch again to get its answer, and these claims under a new id.",
            ),
            "zh": Words(
                "此批次编号已用于另一批次。",
                "第一批及其答复有效；本批未受理。",
                "重发第一批可取回答复；本批请换新编号提交。",
            ),
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
                "This terminal is not signed in.",
                "What it has accepted stays stored on it.",
                "Enrol the terminal again with a code from your operator.",
            ),
            "zh": Words("此终端未登录。", "已收的款项仍保存在终端上。", "请用运营方提供的开通码重新登记此终端。"),
        },
        "unknown_payee": {
            "en": Words("There is no such payee.", NOTHING_EN, "Check the payee's id."),
            "zh": Words("没有该收款方。", NOTHING_ZH, "请核对收款方编号。"),
        },
        "unknown_terminal": {
            "en": Words(
                "This batch is of a terminal that is not known here.",
                NOTHING_EN,
                "Check that the file comes from a terminal of this operator.",
            ),
            "zh": Words("此批次所属的终端不在本运营方。", NOTHING_ZH, "请确认文件来自本运营方的终端。"),
        },
        "operator_busy": {
            "en": Words(
                "The operator is too busy with the same allowances to answer now.",
                "Nothing of this batch was taken.",
                "Send the same batch again in a moment.",
            ),
            "zh": Words("运营方正忙于处理同一批额度，暂时无法答复。", "本批次未受理。", "请稍后重发同一批次。"),
        },
        "currency_not_served": {
            "en": Words("The currency {currency} is not served here.", NOTHING_EN, "Choose another currency."),
            "zh": Words("此处不支持币种 {currency}。", NOTHING_ZH, "请选择其他币种。"),
        },
        "name_invalid": {
            "en": Words(
                "A payee's name has 1 to 23 bytes, all of them characters that every device can show.",
                NOTHING_EN,
                "Shorten the name, or leave out the unusual characters.",
            ),
            "zh": Words(
                "收款方名称须为 1 至 23 字节，且每个字符都能在各种设备上显示。",
                NOTHING_ZH,
                "请缩短名称，或去掉特殊字符。",
            ),
        },
        "terminal_key_used": {
            "en": Words(
                "This terminal key is already certified.",
                NOTHING_EN,
                "Let the terminal make a new key and enrol again.",
            ),
            "zh": Words("此终端密钥已被认证。", NOTHING_ZH, "请让终端生成新密钥后重新登记。"),
        },
    }
