"""The Chinese of `operator keys`, `operator terminal`, and of the trust packs that devices hand each other."""

from collections.abc import Mapping
from typing import Final

KEY_TEXTS: Final[Mapping[str, str]] = {
    "the operator's keys: how long each serves, and the next key set": "运营方密钥：各能用多久，以及下一版密钥集",
    "propose the next key set, with all that is due": "提出下一版密钥集，包含所有到期事项",
    "propose a new key for a role, known to devices before it signs": "为某角色提议新密钥，先让设备知晓再启用",
    "propose that a key is believed no more, with another one in its place at once": (
        "提议吊销一把密钥，并立即以另一把代替"
    ),
    "propose the same keys for another year": "提议现有密钥续用一年",
    "propose other root keys; old and new ones have to sign": "提议更换根密钥；新旧根密钥都要签名",
    "make a root key on a machine that is connected to nothing": "在不联网的机器上生成一把根密钥",
    "sign a proposal with a root key; needs no home and no network": "用根密钥为提案签名；无需数据文件夹和网络",
    "put a signed proposal in force; running servers take it": "让已签名的提案生效；运行中的服务器随即采用",
    "where to write the proposal (default: key-set-VERSION.proposal in the current folder)": (
        "提案写到哪里（默认：当前文件夹的 key-set-版本.proposal）"
    ),
    "change this proposal further instead of the key set in force": "在此提案上继续修改，而不是从现行密钥集开始",
    "the web address whose passkeys may sign payments from then on": "此后可用其通行密钥签付款的网址",
    "issuer, acquirer or online": "issuer（发行方）、acquirer（收单方）或 online（在线）",
    "how long it is known before (default 3)": "提前多少天让设备知晓（默认 3）",
    "it signs at once: devices that did not sync refuse it": "立即启用：尚未同步的设备会拒绝它",
    "its id, from: feiqian operator keys": "密钥编号，见：feiqian operator keys",
    "since when it is in wrong hands (default: now)": "自何时起落入他人之手（默认：现在）",
    "the public half of a root key": "根密钥的公开部分",
    "how many of them must sign": "须有多少把签名",
    "where to keep its private half": "私钥存放的文件",
    "made by: feiqian operator keys propose": "由此命令生成：feiqian operator keys propose",
    "the file of the root key": "根密钥文件",
    "where to write the signature (default: beside PROPOSAL)": "签名写到哪里（默认：与提案同一文件夹）",
    "the proposal that was signed": "已签名的提案",
    "made by: feiqian operator keys sign": "由此命令生成：feiqian operator keys sign",
    "terminals that were stolen: revoke one, list those revoked": "被盗的终端：吊销，或列出已吊销的",
    "revoke a terminal, or list those that are revoked": "revoke 吊销一台终端，list 列出已吊销的",
    "hand a newer trust pack to another device, or take one from it, with no network": (
        "不联网，把较新的信任包交给另一台设备，或从对方接收"
    ),
    "show the pack held here, or take one that was shown": "show 出示此设备的信任包，take 接收对方出示的",
    "the picture(s) of the other device's trust pack": "对方信任包的图片",
    "the pack as a file instead of pictures": "用文件代替图片",
    "the terminal's id: 16 hexadecimal digits": "终端编号：16 位十六进制数",
}
