"""`feiqian operator keys`: how the operator's keys stand, and how the next key set comes about.

Nothing here signs a key set but `sign`, which needs a root key and no home: it runs on a machine that is connected to
nothing. The others work on the home itself, whether its server runs or not; a running one takes the published key set
within a second.
"""

import argparse
import re
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from feiqian.cli.policy_options import add_policy_options, policy_changes, with_options
from feiqian.cli.report import Report, rfc3339

if TYPE_CHECKING:
    from feiqian.cli.key_proposal import Proposal
    from feiqian.issuer.key_plan import KeyPlan
    from feiqian.protocol.trust_pack import KeyRole

ROLES: Final = ("issuer", "acquirer", "online")
_KEY_ID: Final = re.compile(r"[0-9a-f]{8}", re.ASCII)
_POINT: Final = re.compile(r"0[23][0-9a-f]{64}", re.ASCII)
_OUT = "where to write the proposal (default: key-set-VERSION.proposal in the current folder)"
_ONTO = "change this proposal further instead of the key set in force"
Act = Callable[[Namespace, Report], int]


def add_keys_act(acts: Any, common: argparse.ArgumentParser) -> None:
    """The act and those below it."""
    purpose = "the operator's keys: how long each serves, and the next key set"
    keys = acts.add_parser("keys", help=purpose, description=purpose, parents=[common])
    keys.set_defaults(run=run_keys, command_name="operator keys")
    below = keys.add_subparsers(title="acts", metavar="ACT")

    def act(name: str, run: Act, purpose: str, *, proposes: bool = True) -> argparse.ArgumentParser:
        sub: argparse.ArgumentParser = below.add_parser(name, help=purpose, description=purpose, parents=[common])
        sub.set_defaults(run=run, command_name=f"operator keys {name}")
        if proposes:
            sub.add_argument("--out", type=Path, metavar="FILE", help=_OUT)
            sub.add_argument("--onto", type=Path, metavar="FILE", help=_ONTO)
        return sub

    propose = act("propose", run_propose, "propose the next key set, with all that is due")
    add_policy_options(propose)
    rotate = act("rotate", run_rotate, "propose a new key for a role, known to devices before it signs")
    rotate.add_argument("role", choices=ROLES, metavar="ROLE", help="issuer, acquirer or online")
    start = rotate.add_mutually_exclusive_group()
    start.add_argument("--head-start", type=_days, metavar="DAYS", help="how long it is known before (default 3)")
    start.add_argument("--at-once", action="store_true", help="it signs at once: devices that did not sync refuse it")
    revoke = act("revoke", run_revoke, "propose that a key is believed no more, with another one in its place at once")
    revoke.add_argument("role", choices=ROLES, metavar="ROLE", help="issuer, acquirer or online")
    revoke.add_argument("key_id", type=_key_id, metavar="KEYID", help="its id, from: feiqian operator keys")
    revoke.add_argument("--at", type=read_moment, metavar="TIME", help="since when it is in wrong hands (default: now)")
    act("renew", run_renew, "propose the same keys for another year")
    roots = act("roots", run_roots, "propose other root keys; old and new ones have to sign")
    roots.add_argument(
        "--root", type=_point, action="append", required=True, metavar="KEY", help="the public half of a root key"
    )
    roots.add_argument("--threshold", type=int, required=True, metavar="N", help="how many of them must sign")
    new = act("new-root", run_new_root, "make a root key on a machine that is connected to nothing", proposes=False)
    new.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to keep its private half")
    sign = act("sign", run_sign, "sign a proposal with a root key; needs no home and no network", proposes=False)
    sign.add_argument("proposal", type=Path, metavar="PROPOSAL", help="made by: feiqian operator keys propose")
    sign.add_argument("--root-key", type=Path, required=True, metavar="FILE", help="the file of the root key")
    sign.add_argument(
        "--out", type=Path, metavar="FILE", help="where to write the signature (default: beside PROPOSAL)"
    )
    publish = act("publish", run_publish, "put a signed proposal in force; running servers take it", proposes=False)
    publish.add_argument("proposal", type=Path, metavar="PROPOSAL", help="the proposal that was signed")
    publish.add_argument(
        "signatures", type=Path, nargs="+", metavar="SIGNATURE", help="made by: feiqian operator keys sign"
    )


def run_keys(args: Namespace, report: Report) -> int:
    """`operator keys`."""
    from feiqian.cli.home_keys import held_keys, read_key_set
    from feiqian.cli.key_shown import keys_of, table_of
    from feiqian.cli.operator_home import read_settings

    read_settings(args.home)
    payload, _ = read_key_set(args.home)
    keys = keys_of(payload, held_keys(args.home), int(time.time()), report)
    return report.done(keys, lambda: table_of(keys, report), *keys["todo"])


def run_propose(args: Namespace, report: Report) -> int:
    """`operator keys propose`: what a quarterly signing brings, and changes of the policy, in one proposal."""
    from feiqian.cli.home_keys import held_keys
    from feiqian.cli.operator_home import read_settings
    from feiqian.issuer.key_life import role_lives
    from feiqian.protocol.trust_pack import KeyRole

    def change(plan: "KeyPlan", make: "_Maker") -> "KeyPlan":
        held = held_keys(args.home)
        due = {life.role for life in role_lives(make.current, held, plan.now) if plan.now >= life.due_at}
        plan = plan.renewed()
        for role in (KeyRole.ISSUER, KeyRole.ACQUIRER):
            if role in due:
                plan = plan.rotated(role, make(role), _HEAD_START_S)
        return plan.with_online(make.online(plan))

    settings = read_settings(args.home)
    return _propose(args, report, change, lambda plan: with_options(plan, args, settings.currency))


def run_rotate(args: Namespace, report: Report) -> int:
    """`operator keys rotate`."""
    head_start_s = 0 if args.at_once else _HEAD_START_S if args.head_start is None else args.head_start * _DAY_S

    def change(plan: "KeyPlan", make: "_Maker") -> "KeyPlan":
        role = _role(args.role)
        return plan.rotated(role, make(role), head_start_s)

    return _propose(args, report, change)


def run_revoke(args: Namespace, report: Report) -> int:
    """`operator keys revoke`."""
    from feiqian.cli.key_words import KeyTrouble
    from feiqian.protocol.ids import KeyId
    from feiqian.protocol.trust_pack import KeyRole

    def change(plan: "KeyPlan", make: "_Maker") -> "KeyPlan":
        role = _role(args.role)
        try:
            plan = plan.revoked(role, KeyId(args.key_id), plan.now if args.at is None else args.at)
        except KeyError:
            raise KeyTrouble("unknown_key", role=args.role, key=args.key_id.hex()) from None
        if role is KeyRole.ONLINE:
            return plan.with_online(make.online(plan))
        return plan.rotated(role, make(role), 0) if role in plan.unserved() else plan

    return _propose(args, report, change)


def run_renew(args: Namespace, report: Report) -> int:
    """`operator keys renew`."""
    return _propose(args, report, lambda plan, _make: plan.renewed())


def run_roots(args: Namespace, report: Report) -> int:
    """`operator keys roots`."""
    from feiqian.cli.key_words import KeyTrouble

    if len(set(args.root)) < len(args.root) or not 1 <= args.threshold <= len(args.root):
        raise KeyTrouble("roots_unfit", why=f"{args.threshold} / {len(set(args.root))}")
    return _propose(args, report, lambda plan, _make: plan.with_roots(args.root, args.threshold))


def run_new_root(args: Namespace, report: Report) -> int:
    """`operator keys new-root`."""
    from feiqian.cli.durable_files import write_secret
    from feiqian.cli.key_words import KeyTrouble
    from feiqian.keys.software import SoftwareKey

    if args.out.exists():
        raise KeyTrouble("file_exists", path=args.out.name)
    key = SoftwareKey.generate()
    write_secret(args.out, key.scalar.hex())
    told = report.pick(
        f"The root key is in {args.out}; nobody else has it. Its public half, which may be told to anybody:",
        f"根密钥已写入 {args.out}，别处没有副本。它的公开部分可以告诉任何人：",
    )
    return report.done({"file": str(args.out), "root": key.public_key.hex()}, told, key.public_key.hex())


def run_sign(args: Namespace, report: Report) -> int:
    """`operator keys sign`."""
    from feiqian.cli.key_proposal import read_proposal, read_root_key, sign_proposal
    from feiqian.cli.key_shown import changes_of, changes_table

    proposal = read_proposal(args.proposal)
    root = read_root_key(args.root_key)
    named = f"{args.proposal.name}.{root.public_key[1:5].hex()}.signature"
    out: Path = args.out or args.proposal.with_name(named)
    key_id = sign_proposal(proposal, root, out)
    keys = _proposal_keys(args.proposal, proposal) | {"signature": str(out), "root_key_id": key_id.hex()}
    told = report.pick(
        f"Signed. Compare the fingerprint with the one where it was proposed: {proposal.fingerprint}",
        f"已签名。请与提出提案处的指纹核对：{proposal.fingerprint}",
    )
    changes = {"changes": changes_of(proposal), "policy": policy_changes(proposal)}
    return report.done(keys | changes, lambda: changes_table(proposal, report), told)


def run_publish(args: Namespace, report: Report) -> int:
    """`operator keys publish`."""
    from feiqian.cli.home_keys import held_keys, put_key_set, read_key_set
    from feiqian.cli.key_proposal import check_publishable, read_proposal, read_signature
    from feiqian.cli.key_words import KeyTrouble
    from feiqian.cli.operator_home import read_settings
    from feiqian.issuer.key_life import ROLE_WORDS, signing_key
    from feiqian.protocol.trust_pack import KeyRole

    proposal = read_proposal(args.proposal)
    settings = read_settings(args.home)
    if proposal.deployment != settings.deployment:
        raise KeyTrouble("proposal_of_another", found=proposal.deployment)
    signatures = [read_signature(path, proposal) for path in args.signatures]
    current, _ = read_key_set(args.home)
    again = current == proposal.key_set
    if not again:
        check_publishable(proposal, current, signatures)
        held, now = held_keys(args.home), int(time.time())
        for role in KeyRole:
            if signing_key(proposal.decoded, role, held, now) is None:
                raise KeyTrouble("role_unserved", role=ROLE_WORDS[role])
        put_key_set(args.home, proposal.key_set, signatures)
    told = report.pick(
        f"Key set {proposal.decoded.version} is in force. Running servers take it within a second; "
        "devices take it when they sync.",
        f"第 {proposal.decoded.version} 版密钥集已生效。运行中的服务器一秒内采用，设备在同步时采用。",
    )
    return report.done(_proposal_keys(args.proposal, proposal) | {"again": again}, told)


class _Maker:
    """Makes the private keys that a proposal names, in the home."""

    def __init__(self, home: Path, current: bytes, proposed: bytes) -> None:
        from feiqian.protocol.keys import key_id_of
        from feiqian.protocol.trust_pack import decode_key_set

        self._home = home
        self.current = decode_key_set(current)
        self._taken = {key_id_of(key.key) for key in (*self.current.keys, *decode_key_set(proposed).keys)}

    def __call__(self, role: "KeyRole") -> bytes:
        """A new key's point."""
        from feiqian.cli.home_keys import make_key

        return make_key(self._home, role, self._taken).public_key

    def online(self, plan: "KeyPlan") -> list[bytes]:
        """As many online keys as are prepared ahead, less those that are there."""
        from feiqian.issuer.key_life import ONLINE_PREPARED
        from feiqian.protocol.trust_pack import KeyRole

        ahead = [
            key
            for key in plan.keys
            if key.role == KeyRole.ONLINE and key.revoked_at is None and key.not_after >= plan.now
        ]
        return [self(KeyRole.ONLINE) for _ in range(max(0, ONLINE_PREPARED - len(ahead)))]


def _propose(
    args: Namespace,
    report: Report,
    change: "Callable[[KeyPlan, _Maker], KeyPlan]",
    first: "Callable[[KeyPlan], KeyPlan]" = lambda plan: plan,
) -> int:
    """`first` is what may be refused before any key is made."""
    from feiqian.cli.home_keys import read_key_set
    from feiqian.cli.key_proposal import Proposal, read_proposal, write_proposal
    from feiqian.cli.key_shown import changes_of, changes_table
    from feiqian.cli.key_words import KeyTrouble
    from feiqian.cli.operator_home import read_settings
    from feiqian.issuer.key_plan import KeyPlan
    from feiqian.protocol.refusals import Refused
    from feiqian.protocol.trust_pack import decode_key_set

    settings = read_settings(args.home)
    current, _ = read_key_set(args.home)
    now = int(time.time())
    if args.onto is None:
        base, plan = current, KeyPlan.after(decode_key_set(current), now)
    else:
        onto = read_proposal(args.onto)
        if onto.deployment != settings.deployment:
            raise KeyTrouble("proposal_of_another", found=onto.deployment)
        base, plan = onto.key_set, KeyPlan.onto(onto.decoded, now)
    out: Path = args.out or Path(f"key-set-{plan.version}.proposal")
    if out.exists():
        raise KeyTrouble("file_exists", path=out.name)
    try:
        key_set = change(first(plan), _Maker(args.home, current, base)).encode()
    except Refused as refused:
        raise KeyTrouble("roots_unfit", why=refused.detail) from None
    proposal = Proposal(deployment=settings.deployment, key_set=key_set, before=current)
    write_proposal(out, proposal)
    keys = _proposal_keys(out, proposal) | {"changes": changes_of(proposal), "policy": policy_changes(proposal)}
    held = decode_key_set(current)
    told = report.pick(
        f"Proposed in {out}; nothing has changed yet. Fingerprint: {proposal.fingerprint}. Have {held.threshold} of "
        f"the root keys sign it (feiqian operator keys sign), then: feiqian operator keys publish {out} SIGNATURE …",
        f"提案已写入 {out}，尚未生效。指纹：{proposal.fingerprint}。请用 {held.threshold} 把根密钥签名"
        f"（feiqian operator keys sign），然后运行：feiqian operator keys publish {out} SIGNATURE …",
    )
    return report.done(keys, lambda: changes_table(proposal, report), told)


def _proposal_keys(path: Path, proposal: "Proposal") -> dict[str, Any]:
    decoded = proposal.decoded
    return {
        "proposal": str(path),
        "deployment": proposal.deployment,
        "version": decoded.version,
        "expires_at": rfc3339(decoded.expires_at),
        "fingerprint": proposal.fingerprint,
        "threshold": decoded.threshold,
        "roots": [root.hex() for root in decoded.roots],
    }


def _role(name: str) -> "KeyRole":
    from feiqian.protocol.trust_pack import KeyRole

    return KeyRole[name.upper()]


_DAY_S: Final = 86_400
_HEAD_START_S: Final = 3 * _DAY_S
_HEAD_START_MAX_DAYS: Final = 90


def _days(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _HEAD_START_MAX_DAYS):
        raise argparse.ArgumentTypeError("a head start is 1 to 90 days")
    return int(text)


def _key_id(text: str) -> bytes:
    if _KEY_ID.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a key's id is 8 hexadecimal digits")
    return bytes.fromhex(text)


def _point(text: str) -> bytes:
    if _POINT.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("the public half of a key is 66 hexadecimal digits")
    return bytes.fromhex(text)


def read_moment(text: str) -> int:
    """An instant as people type it."""
    from feiqian.links.http_spelling import read_instant

    try:
        return read_instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
