"""What can be wrong with a key set on its way from proposal to publication, and how keys are called."""

from typing import ClassVar, Final

from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.words import Trouble, Words, WordsTable

ROLE_NAMES: Final = {
    KeyRole.ISSUER: ("issuer", "发行方"),
    KeyRole.ACQUIRER: ("acquirer", "收单方"),
    KeyRole.ONLINE: ("online", "在线"),
}
STATE_NAMES: Final = {
    "next": ("comes next", "待启用"),
    "active": ("signs now", "正在签名"),
    "retired": ("signs no more", "已退役"),
    "revoked": ("revoked", "已吊销"),
}


class KeyTrouble(Trouble):
    """Why a key set is not proposed, signed or published."""

    table: ClassVar[WordsTable] = {
        "proposal_unreadable": {
            "en": Words(
                "{path} is no proposal for a key set, or no signature over one.",
                "Nothing was changed.",
                "Take the file that feiqian operator keys propose or sign has written.",
            ),
            "zh": Words(
                "{path} 不是密钥集提案，也不是其签名。",
                "没有任何改动。",
                "请使用 feiqian operator keys propose 或 sign 写出的文件。",
            ),
        },
        "proposal_of_another": {
            "en": Words(
                "This proposal is of another deployment: {found}.",
                "Nothing was changed; the key set in force stays.",
                "Take the proposal that was made in this home.",
            ),
            "zh": Words(
                "此提案属于另一部署：{found}。", "没有任何改动；现行密钥集不变。", "请使用在此数据文件夹中生成的提案。"
            ),
        },
        "proposal_outdated": {
            "en": Words(
                "This proposal is for version {found}; the next one after the key set in force is {wanted}.",
                "Nothing was changed; the key set in force stays.",
                "Propose again and have the new proposal signed.",
            ),
            "zh": Words(
                "此提案是第 {found} 版；现行密钥集的下一版是第 {wanted} 版。",
                "没有任何改动；现行密钥集不变。",
                "请重新生成提案并让根密钥签名。",
            ),
        },
        "signatures_missing": {
            "en": Words(
                "Not enough root keys have signed: {why}.",
                "Nothing was changed; the key set in force stays.",
                "Have more of them sign: feiqian operator keys sign. New root keys sign as well as the old ones.",
            ),
            "zh": Words(
                "签名的根密钥不够：{why}。",
                "没有任何改动；现行密钥集不变。",
                "请让更多根密钥签名：feiqian operator keys sign。更换根密钥时，新旧双方都要签。",
            ),
        },
        "role_unserved": {
            "en": Words(
                "With this key set nobody here could sign as {role} now.",
                "Nothing was changed; the key set in force stays.",
                "Propose a new key for this role at once: feiqian operator keys rotate {role} --at-once",
            ),
            "zh": Words(
                "若采用此密钥集，这里现在没有能以 {role} 身份签名的密钥。",
                "没有任何改动；现行密钥集不变。",
                "请立即为该角色提议新密钥：feiqian operator keys rotate {role} --at-once",
            ),
        },
        "revocation_taken_back": {
            "en": Words(
                "This key set would believe a key again that was revoked.",
                "Nothing was changed; the key set in force stays.",
                "Propose again: a revoked key stays revoked.",
            ),
            "zh": Words(
                "此密钥集会让一把已吊销的密钥重新生效。",
                "没有任何改动；现行密钥集不变。",
                "请重新生成提案：吊销不可撤回。",
            ),
        },
        "unknown_key": {
            "en": Words(
                "There is no {role} key with the id {key}.",
                "Nothing was changed.",
                "See the ids with: feiqian operator keys",
            ),
            "zh": Words("没有编号为 {key} 的 {role} 密钥。", "没有任何改动。", "请查看编号：feiqian operator keys"),
        },
        "root_key_unreadable": {
            "en": Words(
                "{path} holds no root key.",
                "Nothing was signed.",
                "Give the file of a root key: one line of 64 hexadecimal digits.",
            ),
            "zh": Words("{path} 中没有根密钥。", "没有签名。", "请给出根密钥文件：一行 64 位十六进制数。"),
        },
        "not_a_root": {
            "en": Words(
                "This key is none of the root keys that may sign this key set.",
                "Nothing was signed.",
                "Take one of the root keys that devices hold now, or one that the proposal names.",
            ),
            "zh": Words(
                "这把密钥不是可为此密钥集签名的根密钥。",
                "没有签名。",
                "请使用设备目前信任的根密钥，或提案中写明的新根密钥。",
            ),
        },
        "file_exists": {
            "en": Words(
                "There is something at {path} already.", "Nothing was changed.", "Give --out a name that is not taken."
            ),
            "zh": Words("{path} 已存在。", "没有任何改动。", "请用 --out 指定一个未使用的名称。"),
        },
        "policy_currency_unknown": {
            "en": Words(
                "This operator has no policy for {currency}.",
                "Nothing was changed.",
                "Leave out --currency, or name the currency that was chosen at the first start.",
            ),
            "zh": Words(
                "此运营方没有 {currency} 的策略。", "没有任何改动。", "请省略 --currency，或写明首次启动时选定的币种。"
            ),
        },
        "policy_ages_crossed": {
            "en": Words(
                "Lists would be stale after {stale_h} hours, before devices warn after {warn_h}.",
                "Nothing was changed.",
                "Give --list-stale-age at least as many hours as --list-warn-age.",
            ),
            "zh": Words(
                "信任名单将在 {stale_h} 小时后过期，早于设备开始提醒的 {warn_h} 小时。",
                "没有任何改动。",
                "--list-stale-age 不得少于 --list-warn-age。",
            ),
        },
        "policy_tier_alone": {
            "en": Words(
                "An amount without a tier, or a tier without an amount, asks for nothing.",
                "Nothing was changed.",
                "Give --tier-above and --least-tier together, both none to ask for nothing.",
            ),
            "zh": Words(
                "只有金额没有级别，或只有级别没有金额，等于没有要求。",
                "没有任何改动。",
                "请同时给出 --tier-above 和 --least-tier；都写 none 表示不作要求。",
            ),
        },
        "least_app_falls": {
            "en": Words(
                "The least version of apps is {held} and never falls; {asked} is lower.",
                "Nothing was changed.",
                "Name a version that is at least as high, or leave out --least-app.",
            ),
            "zh": Words(
                "应用最低版本现为 {held}，只升不降；{asked} 更低。",
                "没有任何改动。",
                "请写不低于现值的版本，或省略 --least-app。",
            ),
        },
        "roots_unfit": {
            "en": Words(
                "The root keys do not fit: {why}.",
                "Nothing was changed.",
                "Name each root key once, and a threshold of at least 1 and at most their number.",
            ),
            "zh": Words(
                "根密钥设置不合适：{why}。",
                "没有任何改动。",
                "每把根密钥只写一次，门限至少为 1，至多为密钥数量。",
            ),
        },
    }
