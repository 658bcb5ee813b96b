"""Why somebody of the staff is turned away. Whoever is not signed in learns nothing about names."""

from typing import ClassVar, Final

from feiqian.protocol.words import Trouble, Words, WordsTable

_NOTHING_EN, _NOTHING_ZH = "Nothing was changed.", "没有任何改动。"

STAFF_WORDS: Final[WordsTable] = {
    "sign_in_refused": {
        "en": Words(
            "Name, password and code do not fit together.",
            "Nobody was signed in; the try was counted and noted.",
            "Check all three; wait for the next code if this one was used. An admin can reset them.",
        ),
        "zh": Words(
            "用户名、密码与验证码不匹配。",
            "未登录；本次尝试已计数并记录。",
            "请核对三项；若该验证码已用过，请等下一个。管理员可以重置。",
        ),
    },
    "sign_in_wait": {
        "en": Words(
            "There were too many misses in a row.",
            "Nobody was signed in, and this try was not looked at.",
            "Try again in {seconds} seconds, or ask an admin to reset the sign-in.",
        ),
        "zh": Words(
            "连续出错次数过多。",
            "未登录；本次尝试未作检查。",
            "请在 {seconds} 秒后再试，或请管理员重置登录信息。",
        ),
    },
    "sign_in_busy": {
        "en": Words(
            "Too many people are signing in at this moment.",
            "Nobody was signed in.",
            "Try again in a few seconds.",
        ),
        "zh": Words("此刻登录的人太多。", "未登录。", "请几秒后再试。"),
    },
    "session_over": {
        "en": Words(
            "You are not signed in, or not any more: a session ends after half an hour without use, after eight hours, "
            "and when the role changes.",
            _NOTHING_EN,
            "Sign in again.",
        ),
        "zh": Words(
            "您尚未登录或登录已失效：闲置半小时、满八小时或角色变更后会话即结束。", _NOTHING_ZH, "请重新登录。"
        ),
    },
    "csrf_missing": {
        "en": Words(
            "The request does not come from the console's own page.",
            _NOTHING_EN,
            "Load the console again and repeat what you did.",
        ),
        "zh": Words("此请求并非来自控制台自身的页面。", _NOTHING_ZH, "请重新载入控制台后再操作。"),
    },
    "not_permitted": {
        "en": Words("Your role may not do this.", _NOTHING_EN, "Ask an admin for another role, or a colleague."),
        "zh": Words("您的角色无权执行此操作。", _NOTHING_ZH, "请联系管理员调整角色，或请同事代办。"),
    },
    "password_change_needed": {
        "en": Words(
            "The password is the one that was handed out.",
            _NOTHING_EN,
            "Choose a password of your own first.",
        ),
        "zh": Words("当前密码仍是初始密码。", _NOTHING_ZH, "请先设置自己的密码。"),
    },
    "password_weak": {
        "en": Words(
            "This password is too easy to guess.",
            "The old password stays.",
            "Choose one of at least {least} characters, not all alike and without your name; a few words do well.",
        ),
        "zh": Words(
            "此密码太容易被猜到。",
            "原密码不变。",
            "请选择至少 {least} 个字符、字符不过于重复且不含用户名的密码；几个词连在一起就很好。",
        ),
    },
    "unknown_staff": {
        "en": Words("There is no such person on the staff.", _NOTHING_EN, "Look at the list of the staff."),
        "zh": Words("没有这位工作人员。", _NOTHING_ZH, "请查看人员列表。"),
    },
    "staff_name_invalid": {
        "en": Words(
            "This cannot be a name to sign in with.",
            _NOTHING_EN,
            "Take 2 to 32 small letters, digits, dots, - or _, beginning with a letter.",
        ),
        "zh": Words("此名称不能用于登录。", _NOTHING_ZH, "请用 2 至 32 位小写字母、数字、点、- 或 _，并以字母开头。"),
    },
    "staff_name_taken": {
        "en": Words(
            "Somebody of the staff has, or had, this name.",
            _NOTHING_EN,
            "Take another name: what was noted under a name stays that person's.",
        ),
        "zh": Words("此名称已有工作人员使用，或曾经使用。", _NOTHING_ZH, "请换一个名称：名下的记录始终属于原来的人。"),
    },
    "staff_full": {
        "en": Words("There are as many people on the staff as there can be.", _NOTHING_EN, "Ask for a larger limit."),
        "zh": Words("工作人员数量已达上限。", _NOTHING_ZH, "请申请提高上限。"),
    },
    "staff_self": {
        "en": Words(
            "Nobody changes or removes themselves.",
            _NOTHING_EN,
            "Ask another admin, or use: feiqian operator staff",
        ),
        "zh": Words("不能更改或移除自己。", _NOTHING_ZH, "请由另一位管理员操作，或使用：feiqian operator staff"),
    },
}


class StaffTrouble(Trouble):
    """A refusal of the staff's desk."""

    table: ClassVar[WordsTable] = STAFF_WORDS
