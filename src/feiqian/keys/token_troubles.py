"""What can be wrong with a PKCS#11 token, in words: what happened, what is safe, what to do next."""

from typing import Final

from feiqian.protocol.words import Trouble, Words, WordsTable

_NOTHING_EN = "Nothing was changed, and nothing was repaired by guessing. The keys stay in the token."
_NOTHING_ZH = "没有任何改动，也没有擅自修复。密钥仍在令牌中。"

TOKEN_WORDS: Final[WordsTable] = {
    "token_library_missing": {
        "en": Words(
            "This operator's keys live in a token, and the part of Feiqian that speaks to tokens is not installed.",
            _NOTHING_EN,
            "Install it with: pip install 'feiqian[pkcs11]'",
        ),
        "zh": Words(
            "运营方的密钥在令牌中，而与令牌通信的组件尚未安装。", _NOTHING_ZH, "请安装：pip install 'feiqian[pkcs11]'"
        ),
    },
    "token_module_missing": {
        "en": Words(
            "The token's PKCS#11 module cannot be loaded: {module}.",
            _NOTHING_EN,
            "Install the module that the token's maker provides, or correct the path in keys/token.json.",
        ),
        "zh": Words(
            "无法加载令牌的 PKCS#11 模块：{module}。",
            _NOTHING_ZH,
            "请安装令牌厂商提供的模块，或更正 keys/token.json 中的路径。",
        ),
    },
    "token_missing": {
        "en": Words(
            "There is no token labelled “{label}”.",
            _NOTHING_EN,
            "Plug it in, or correct the label; then try again.",
        ),
        "zh": Words("没有名为“{label}”的令牌。", _NOTHING_ZH, "请接上令牌或更正名称，然后重试。"),
    },
    "token_pin_unreadable": {
        "en": Words(
            "The file with the token's PIN cannot be read, or others can read it, too: {path}.",
            _NOTHING_EN,
            "Put the PIN on one line of a file that its owner alone can read (chmod 600), and name it with --pin-file"
            " or FEIQIAN_TOKEN_PIN_FILE.",
        ),
        "zh": Words(
            "无法读取存放令牌 PIN 的文件，或者其他人也能读取：{path}。",
            _NOTHING_ZH,
            "请把 PIN 单独写在一行，文件仅限属主读取（chmod 600），并用 --pin-file 或 FEIQIAN_TOKEN_PIN_FILE 指定。",
        ),
    },
    "token_pin_wrong": {
        "en": Words(
            "The token refused its PIN.",
            f"{_NOTHING_EN} It was tried once; a token counts wrong tries and locks.",
            "Correct the PIN in its file before you try again.",
        ),
        "zh": Words(
            "令牌拒绝了 PIN。",
            f"{_NOTHING_ZH}只尝试了一次；令牌会累计错误次数并锁定。",
            "请先更正文件中的 PIN，再重试。",
        ),
    },
    "token_pin_locked": {
        "en": Words(
            "The token is locked after too many wrong PINs.",
            _NOTHING_EN,
            "Let its security officer set a new PIN, and put that into the PIN's file.",
        ),
        "zh": Words("PIN 错误次数过多，令牌已锁定。", _NOTHING_ZH, "请由令牌的安全管理员重设 PIN，并写入 PIN 文件。"),
    },
    "token_key_missing": {
        "en": Words(
            "The token holds no key “{label}” that can sign for this operator.",
            _NOTHING_EN,
            "Plug in the token that this home was made with; a new key in its place would be believed by nobody.",
        ),
        "zh": Words(
            "令牌中没有可为此运营方签名的密钥“{label}”。",
            _NOTHING_ZH,
            "请接上创建此数据时所用的令牌；新密钥不会被任何设备信任。",
        ),
    },
    "token_key_exists": {
        "en": Words(
            "The token holds a key “{label}” already.",
            "Nothing was changed.",
            "Give this operator a token, or a label, of its own.",
        ),
        "zh": Words("令牌中已有密钥“{label}”。", "没有任何改动。", "请为此运营方使用单独的令牌或名称。"),
    },
    "token_key_weak": {
        "en": Words(
            "The token made a key that could be taken out of it (“{label}”).",
            "It was removed again, and is used for nothing.",
            "Use a token that keeps its private keys.",
        ),
        "zh": Words("令牌生成的密钥“{label}”可以被导出。", "该密钥已删除，未作任何用途。", "请使用能保住私钥的令牌。"),
    },
    "token_failed": {
        "en": Words(
            "The token did not do what was asked of it ({what}).",
            _NOTHING_EN,
            "Check that it is plugged in and ready, then try again.",
        ),
        "zh": Words("令牌未能完成请求（{what}）。", _NOTHING_ZH, "请确认令牌已接好并就绪，然后重试。"),
    },
    "token_not_new": {
        "en": Words(
            "This home has keys already; a token can only be chosen for a new one.",
            "Nothing was changed.",
            "Give a new --home. The keys of this one are replaced by rotation: feiqian operator keys",
        ),
        "zh": Words(
            "此数据文件夹已有密钥；只有新建时才能选用令牌。",
            "没有任何改动。",
            "请用 --home 指定新的文件夹。现有密钥通过轮换更替：feiqian operator keys",
        ),
    },
}


class TokenTrouble(Trouble):
    """A PKCS#11 token did not do what was asked of it."""

    table = TOKEN_WORDS
