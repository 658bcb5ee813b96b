"""How the operator's keys are shown: each with its state and time, what is due, and what a proposal changes."""

from collections.abc import Container
from typing import TYPE_CHECKING, Any

from feiqian.cli.key_words import ROLE_NAMES, STATE_NAMES
from feiqian.cli.policy_options import policy_rows
from feiqian.cli.report import Report, rfc3339
from feiqian.issuer.key_life import RENEW_BEFORE_S, ROLE_WORDS, days_left, key_lines, role_lives
from feiqian.protocol.trust_pack import KeyRole, decode_key_set

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.cli.key_proposal import Proposal

_CHANGES = {"new": "新增", "revoked": "吊销", "changed": "修改", "left out": "移除"}


def keys_of(payload: bytes, held: Container[bytes], now: int, report: Report) -> dict[str, Any]:
    """All keys of a key set for `--json`, and in words what is to be done."""
    key_set = decode_key_set(payload)
    lines, lives = key_lines(key_set, held, now), role_lives(key_set, held, now)
    set_days = days_left(key_set.expires_at, now)
    todo: list[str] = []
    if now > key_set.expires_at - RENEW_BEFORE_S:
        todo.append(_renew(set_days, report))
    for life in lives:
        name, word = report.pick(*ROLE_NAMES[life.role]), ROLE_WORDS[life.role]
        if now > life.ends_at:
            todo.append(
                report.pick(
                    f"No {name} key serves any more. Run now: feiqian operator keys rotate {name} --at-once",
                    f"已没有可用的{name}密钥。请立即运行：feiqian operator keys rotate {word} --at-once",
                )
            )
        elif now >= life.due_at:
            todo.append(
                report.pick(
                    f"The next {name} key is due. Run: feiqian operator keys propose",
                    f"该准备下一把{name}密钥了。请运行：feiqian operator keys propose",
                )
            )
    return {
        "version": key_set.version,
        "issued_at": rfc3339(key_set.issued_at),
        "expires_at": rfc3339(key_set.expires_at),
        "days_left": set_days,
        "roots": [root.hex() for root in key_set.roots],
        "threshold": key_set.threshold,
        "keys": [
            {
                "role": ROLE_WORDS[line.role],
                "key_id": line.key_id.hex(),
                "state": line.state.value,
                "from": rfc3339(line.not_before),
                "until": rfc3339(line.not_after),
                "signs_until": rfc3339(line.signs_until),
                "revoked_at": None if line.revoked_at is None else rfc3339(line.revoked_at),
                "held": line.held,
                "days_left": days_left(line.signs_until, now),
            }
            for line in lines
        ],
        "roles": [
            {
                "role": ROLE_WORDS[life.role],
                "days_left": days_left(life.ends_at, now),
                "due_at": rfc3339(life.due_at),
                "due": now >= life.due_at,
            }
            for life in lives
        ],
        "todo": todo or [report.pick("Nothing is due.", "目前无须处理。")],
        "due": bool(todo),
    }


def table_of(keys: dict[str, Any], report: Report) -> "Table":
    """The keys of `keys_of` as people read them."""
    from rich.table import Table

    title = report.pick(
        f"Key set {keys['version']}, until {keys['expires_at'][:10]} ({keys['days_left']} days)",
        f"第 {keys['version']} 版密钥集，至 {keys['expires_at'][:10]}（还有 {keys['days_left']} 天）",
    )
    shown = Table(title=title)
    for heading in (("Role", "角色"), ("Key", "密钥"), ("State", "状态"), ("Signs from", "启用"), ("To", "签名至")):
        shown.add_column(report.pick(*heading), no_wrap=True)
    shown.add_column(report.pick("Days left", "剩余天数"), justify="right")
    for key in keys["keys"]:
        shown.add_row(
            report.pick(*ROLE_NAMES[KeyRole[key["role"].upper()]]),
            key["key_id"],
            _state(key, report),
            key["from"][:10],
            key["signs_until"][:10],
            str(key["days_left"]) if key["state"] in ("active", "next") else "",
        )
    return shown


def changes_of(proposal: "Proposal") -> list[dict[str, Any]]:
    """What a proposal changes, for `--json`."""
    from feiqian.cli.key_proposal import spelled_key, what_changes

    return [
        {
            "change": change,
            "role": ROLE_WORDS.get(KeyRole(key.role), str(key.role)),
            "key_id": spelled_key(key),
            "from": rfc3339(key.not_before),
            "until": rfc3339(key.not_after),
        }
        for change, key in what_changes(proposal)
    ]


def changes_table(proposal: "Proposal", report: Report) -> "Table":
    """The same for people."""
    from rich.table import Table

    decoded = proposal.decoded
    shown = Table(
        title=report.pick(
            f"Key set {decoded.version} of {proposal.deployment}, until {rfc3339(decoded.expires_at)[:10]}",
            f"{proposal.deployment} 的第 {decoded.version} 版密钥集，至 {rfc3339(decoded.expires_at)[:10]}",
        )
    )
    for heading in (("Change", "变更"), ("Role", "角色"), ("Key", "密钥"), ("From", "启用"), ("Until", "至")):
        shown.add_column(report.pick(*heading))
    for one in changes_of(proposal):
        change = report.pick(one["change"], _CHANGES[one["change"]])
        role = report.pick(*ROLE_NAMES[KeyRole[one["role"].upper()]])
        shown.add_row(change, role, one["key_id"], one["from"][:10], one["until"][:10])
    for name, change in policy_rows(proposal, report):
        shown.add_row(report.pick("policy", "策略"), name, change, "", "")
    before = decode_key_set(proposal.before)
    if (decoded.roots, decoded.threshold) != (before.roots, before.threshold):
        words = f"{decoded.threshold} / {len(decoded.roots)}"
        shown.add_row(report.pick("new root keys", "新根密钥"), words, "", "", "")
    return shown


def _state(key: dict[str, Any], report: Report) -> str:
    state = report.pick(*STATE_NAMES[key["state"]])
    return state if key["held"] else report.pick(f"{state}; not here", f"{state}；私钥不在本机")


def _renew(days: int, report: Report) -> str:
    if days < 0:
        return report.pick(
            "The key set has ended: devices take no more than the least. Run now: feiqian operator keys propose",
            "密钥集已到期：设备只按最低限额受理。请立即运行：feiqian operator keys propose",
        )
    return report.pick(
        f"The key set ends in {days} days; devices need the next one before. Run: feiqian operator keys propose",
        f"密钥集还有 {days} 天到期；设备须在此之前拿到下一版。请运行：feiqian operator keys propose",
    )
