"""The Chinese of `operator keys`, `operator terminal`, and of the trust packs that devices hand each other."""

from collections.abc import Mapping
from typing import Final

KEY_TEXTS: Final[Mapping[str, str]] = {
    "the operator's keys: how long each serves, and the next key set": "运营方密钥：各能用多久，以及下一版密钥集",
    "whether the server takes work, and what is to be done about its keys": "服务器是否正常受理，密钥有何待办事项",
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
    "the web address whose passkeys may sign payments from then on; none: no passkeys any more": (
        "此后可用其通行密钥签付款的网址；none 表示不再受理通行密钥"
    ),
    "apps below this version ask for an update; never lower than it is": "低于此版本的应用会提示更新；只升不降",
    "payments up to this are guaranteed to payees (a new home: 200)": "不超过此额的付款向收款方担保（新建时为 200）",
    "one-way codes up to this are taken (a new home: 50)": "单向付款码的受理上限（新建时为 50）",
    "wallets answer requests without a signature up to this (a new home: 20)": (
        "钱包应答未签名收款码的上限（新建时为 20）"
    ),
    "with stale lists payments up to this are taken (a new home: 50)": (
        "信任名单过期后仍可受理的付款上限（新建时为 50）"
    ),
    "from this age of their lists on devices warn and halve the caps (a new home: 24)": (
        "信任名单超过这么久，设备即提醒并将上限减半（新建时为 24）"
    ),
    "from this age on lists are stale (a new home: 72)": "信任名单超过这么久即为过期（新建时为 72）",
    "how long a one-way code lives at most (a new home: 60)": "单向付款码最长有效时间（新建时为 60）",
    "payments above this need a one-time code of payers who have an authenticator; none: at no amount": (
        "高于此额的付款须有动态验证码（限已登记验证器的付款人）；none 表示任何金额都不需要"
    ),
    "the least tier of a key that may pay by one-way code: software, passkey, tpm, card, or none": (
        "可出示单向付款码的最低密钥级别：software、passkey、tpm、card 或 none"
    ),
    "payments above this need a key of --least-tier; none: at no amount": (
        "高于此额的付款须有 --least-tier 级别的密钥；none 表示任何金额都不需要"
    ),
    "the least tier of a key that may pay more than --tier-above: software, passkey, tpm or card, or none": (
        "付款可高于 --tier-above 的最低密钥级别：software、passkey、tpm、card 或 none"
    ),
    "whose policy is changed (default: the operator's own)": "修改哪个币种的策略（默认：运营方本币）",
    "an age is 1 to 744 hours": "时长为 1 到 744 小时",
    "a life is 1 to 3600 seconds": "有效时间为 1 到 3600 秒",
    "a tier is software, passkey, tpm or card, or none": "级别为 software、passkey、tpm 或 card，或 none",
    "a version is numbers with dots, like 1.4": "版本号是带点的数字，如 1.4",
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
