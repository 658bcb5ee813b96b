"""What is said of keys that need somebody's hand (`issuer.key_warnings`), in both languages."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from feiqian.issuer.key_warnings import KeyWarned, KeyWarning
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.words import Language


class Warned(NamedTuple):
    """A warning's two sentences."""

    message: str
    next: str


_PAGE: Final = "docs/operations/keys.md"
_ROLES: Final[Mapping[KeyRole, Mapping[Language, str]]] = {
    KeyRole.ISSUER: {"en": "issuer", "zh": "发行方"},
    KeyRole.ACQUIRER: {"en": "acquirer", "zh": "收单方"},
    KeyRole.ONLINE: {"en": "online", "zh": "在线"},
}

KEY_WARNINGS: Final[Mapping[KeyWarning, Mapping[Language, Warned]]] = {
    KeyWarning.KEY_SET_EXPIRED: {
        "en": Warned(
            "The key set has expired: devices believe no new statement any more.",
            f"Sign a new key set with root keys now: feiqian operator keys propose ({_PAGE}).",
        ),
        "zh": Warned(
            "密钥集已过期：设备不再相信任何新的声明。",
            f"请立即用根密钥签发新的密钥集：feiqian operator keys propose（{_PAGE}）。",
        ),
    },
    KeyWarning.ROLE_ENDED: {
        "en": Warned(
            "No {role} key serves any more: devices do not believe what is signed for it.",
            "Propose one now: feiqian operator keys rotate {name} --at-once",
        ),
        "zh": Warned(
            "已没有可用的{role}密钥：设备不再相信以该角色签署的内容。",
            "请立即提议新密钥：feiqian operator keys rotate {name} --at-once",
        ),
    },
    KeyWarning.KEY_SET_EXPIRES_SOON: {
        "en": Warned(
            "The key set expires in {days} days.",
            f"Plan the next signing: root keys come from where they are kept ({_PAGE}).",
        ),
        "zh": Warned("密钥集还有 {days} 天到期。", f"请安排下一次签发：需从保管处取出根密钥（{_PAGE}）。"),
    },
    KeyWarning.ROLE_ENDS_SOON: {
        "en": Warned(
            "In {days} days no {role} key serves any more.",
            "Propose the next key set: feiqian operator keys propose",
        ),
        "zh": Warned("{days} 天后将没有可用的{role}密钥。", "请提议下一版密钥集：feiqian operator keys propose"),
    },
    KeyWarning.KEY_DUE: {
        "en": Warned("The next {role} key is due.", "Propose it: feiqian operator keys propose"),
        "zh": Warned("该准备下一把{role}密钥了。", "请提议：feiqian operator keys propose"),
    },
    KeyWarning.KEY_DUE_SOON: {
        "en": Warned(
            "The next {role} key is due in {days} days.", f"Agree with the holders of root keys on a day ({_PAGE})."
        ),
        "zh": Warned("下一把{role}密钥须在 {days} 天内准备。", f"请与根密钥保管人约定签发日期（{_PAGE}）。"),
    },
    KeyWarning.INDEX_STALE: {
        "en": Warned(
            "The newest trust pack is {days} days old: payees take small amounts only.",
            "Check that devices reach /v1/trust-pack, and the server's log.",
        ),
        "zh": Warned(
            "最新的信任包已有 {days} 天：收款方只受理小额付款。",
            "请检查设备能否访问 /v1/trust-pack，并查看服务器日志。",
        ),
    },
    KeyWarning.INDEX_OLD: {
        "en": Warned(
            "No trust pack was published for a day: payees guarantee less the older their lists are.",
            "Check that devices reach /v1/trust-pack, and the server's log.",
        ),
        "zh": Warned(
            "已有一天没有发布信任包：名单越旧，收款方获得的担保越少。",
            "请检查设备能否访问 /v1/trust-pack，并查看服务器日志。",
        ),
    },
    KeyWarning.NO_SPARE_ROOT: {
        "en": Warned(
            "Every root key has to sign: if one is lost, nobody can make a key set any more.",
            f"Add a root key: feiqian operator keys new-root, then keys roots ({_PAGE}).",
        ),
        "zh": Warned(
            "每把根密钥都必须签名：只要丢失一把，就无法再签发密钥集。",
            f"请增加一把根密钥：feiqian operator keys new-root，然后 keys roots（{_PAGE}）。",
        ),
    },
}


def said_of(warned: KeyWarned, language: Language) -> Warned:
    """The sentences of this warning."""
    words = KEY_WARNINGS[warned.code][language]
    role = "" if warned.role is None else _ROLES[warned.role][language]
    values = {"role": role, "name": "" if warned.role is None else _ROLES[warned.role]["en"], "days": warned.days}
    return Warned(words.message.format(**values), words.next.format(**values))
