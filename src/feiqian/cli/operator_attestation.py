"""`feiqian operator attestation | identify | devices`: whose word counts on keys, who payers are, where keys live."""

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from feiqian.cli.operator_link import connected, read_id
from feiqian.cli.report import USAGE, CommandTrouble, Report, rfc3339
from feiqian.cli.tier_words import TIER_NAMES, tier_text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from feiqian.issuer.values import Identity
    from feiqian.links.http_attestation import AttestedKeyReply, RootReply

IDENTITIES: Final = ("in_person", "document", "eid", "employer")
"""Those of `issuer.values.IdentityKind`, which a test compares; reading them there would cost every command."""
_TIERS: Final = tuple(name for name in TIER_NAMES if name != "software")
_KINDS: Final = {
    "in_person": ("seen in person", "当面核实"),
    "document": ("by an identity document", "凭证件核实"),
    "eid": ("by an electronic identity", "电子身份核实"),
    "employer": ("by an employer or school", "由单位或学校核实"),
}
_PEM_MAX_BYTES: Final = 16 * 1024
_FINGERPRINT_BYTES: Final = 32
Act = Callable[[str, Callable[[Namespace, Report], int], str], argparse.ArgumentParser]


def add_attestation_acts(act: Act) -> None:
    """The acts and their options."""
    roots = act("attestation", run_attestation, "makers whose word on where keys live is believed: add, list, remove")
    roots.add_argument("what", choices=("add", "list", "remove"), metavar="WHAT", help="add, list or remove")
    roots.add_argument(
        "subject", nargs="?", metavar="FILE", help="the root certificate (PEM); its SHA-256 to remove it"
    )
    roots.add_argument("--maker", metavar="NAME", help="what the maker is called")
    roots.add_argument("--tier", choices=_TIERS, help="for keys of which kind it vouches")
    identify = act("identify", run_identify, "how you made sure who a payer is")
    identify.add_argument("payer", type=read_id, metavar="PAYER", help="the payer's id")
    add_identity_options(identify, required=True)
    devices = act("devices", run_devices, "who a payer is, as far as it was checked, and where its keys live")
    devices.add_argument("payer", type=read_id, metavar="PAYER", help="the payer's id")


def add_identity_options(parser: argparse.ArgumentParser, *, required: bool = False) -> None:
    """--identity and --identity-reference."""
    parser.add_argument("--identity", choices=IDENTITIES, required=required, help="how you made sure who the payer is")
    parser.add_argument(
        "--identity-reference", default="", metavar="TEXT", help="by which paper or number; kept encrypted"
    )


def run_attestation(args: Namespace, report: Report) -> int:
    """`operator attestation`."""
    wanted = {"add": "add FILE --maker NAME --tier TIER", "list": "list", "remove": "remove SHA256"}[args.what]
    given = (args.subject is not None, args.maker is not None, args.tier is not None)
    if given != {"add": (True, True, True), "list": (False,) * 3, "remove": (True, False, False)}[args.what]:
        return _usage(report, f"operator attestation {wanted}")
    if args.what == "list":
        with connected(args, report) as client:
            found = client.attestation_roots()
        return report.done({"roots": [_root_keys(one) for one in found]}, _roots_table(report, found))
    if args.what == "remove":
        try:
            fingerprint = bytes.fromhex(args.subject)
        except ValueError:
            fingerprint = b""
        if len(fingerprint) != _FINGERPRINT_BYTES:
            return _usage(report, f"operator attestation {wanted}")
        with connected(args, report) as client:
            root = client.remove_attestation_root(fingerprint=fingerprint)
        return report.done(
            _root_keys(root),
            report.pick(
                f"✔ {root.maker} is not believed any more: no new allowance on its word. Allowances that were issued "
                "stay what they are.",
                f"✔ 今后不再相信 {root.maker} 的证明，不会据此发放新额度；已发放的额度不变。",
            ),
        )
    pem = _read_pem(Path(args.subject))
    with connected(args, report) as client:
        root = client.add_attestation_root(pem=pem, maker=args.maker, tier=args.tier)
    return report.done(
        _root_keys(root),
        report.pick(
            f"✔ Keys {tier_text(root.tier, 'en')} are believed from now on when {root.maker} vouches for them.",
            f"✔ 今后相信 {root.maker} 对“{tier_text(root.tier, 'zh')}”的证明。",
        ),
    )


def run_identify(args: Namespace, report: Report) -> int:
    """`operator identify`."""
    from feiqian.issuer.values import IdentityKind

    with connected(args, report) as client:
        found = client.identify_payer(
            payer_id=args.payer, kind=IdentityKind(args.identity), reference=args.identity_reference
        )
    keys = {"payer_id": args.payer.hex(), "identity": identity_keys(found)}
    return report.done(keys, _identity_line(report, found))


def run_devices(args: Namespace, report: Report) -> int:
    """`operator devices`."""
    with connected(args, report) as client:
        found = client.payer_keys(payer_id=args.payer)
    keys = {
        "payer_id": args.payer.hex(),
        "identity": None if found.identity is None else identity_keys(found.identity),
        "keys": [_key_keys(one) for one in found.keys],
    }
    nobody = report.pick("Nobody has checked who this payer is.", "尚未核实此付款人的身份。")
    who = nobody if found.identity is None else _identity_line(report, found.identity)
    return report.done(keys, who, _keys_table(report, found.keys))


def identity_keys(identity: "Identity") -> dict[str, Any]:
    """An identity in JSON."""
    return {
        "kind": identity.kind.value,
        "reference": identity.reference,
        "checked_by": identity.checked_by,
        "checked_at": rfc3339(identity.checked_at),
    }


def _identity_line(report: Report, identity: "Identity") -> str:
    kind, at, by = _KINDS[identity.kind.value], rfc3339(identity.checked_at), identity.checked_by
    what = f": {identity.reference}" if identity.reference else ""
    return report.pick(f"Identity {kind[0]}{what} (by {by}, {at})", f"身份{kind[1]}{what}（{by}，{at}）")


def _root_keys(root: "RootReply") -> dict[str, Any]:
    return {
        "root": root.fingerprint.hex(),
        "tier": root.tier,
        "maker": root.maker,
        "added_at": rfc3339(root.added_at),
        "removed_at": None if root.removed_at is None else rfc3339(root.removed_at),
    }


def _key_keys(key: "AttestedKeyReply") -> dict[str, Any]:
    return {
        "key": key.key.hex(),
        "device_id": key.device_id.hex(),
        "tier": key.tier,
        "format": key.format,
        "maker": key.maker,
        "model": key.model,
        "identity": key.identity,
        "attested_at": rfc3339(key.attested_at),
        "trusted": key.trusted,
    }


def _roots_table(report: Report, found: "tuple[RootReply, ...]") -> "RenderableType":
    rows = [
        (
            one.fingerprint.hex(),
            report.pick(tier_text(one.tier, "en"), tier_text(one.tier, "zh")),
            one.maker,
            "-" if one.removed_at is None else rfc3339(one.removed_at),
        )
        for one in found
    ]
    headings = (("Root (SHA-256)", "根证书（SHA-256）"), ("Keys", "密钥"), ("Maker", "厂商"), ("Removed", "移除时间"))
    return _table(report, ("Believed makers", "受信任的厂商"), headings, rows)


def _keys_table(report: Report, found: "tuple[AttestedKeyReply, ...]") -> "RenderableType":
    rows = [
        (
            one.device_id.hex(),
            report.pick(tier_text(one.tier, "en"), tier_text(one.tier, "zh")),
            one.maker or "-",
            one.model or "-",
            rfc3339(one.attested_at),
            report.pick("yes", "是") if one.trusted else report.pick("no", "否"),
        )
        for one in found
    ]
    headings = (
        ("Device", "设备"),
        ("Key", "密钥"),
        ("Maker", "厂商"),
        ("Model", "型号"),
        ("Shown at", "证明时间"),
        ("Maker believed", "仍受信任"),
    )
    return _table(report, ("Keys outside of software", "软件之外的密钥"), headings, rows)


def _table(
    report: Report,
    title: tuple[str, str],
    headings: tuple[tuple[str, str], ...],
    rows: Sequence[tuple[str, ...]],
) -> "RenderableType":
    from rich.markup import escape
    from rich.table import Table

    if not rows:
        return report.pick(f"{title[0]}: none.", f"{title[1]}：无。")
    table = Table(title=report.pick(*title))
    for heading in headings:
        table.add_column(report.pick(*heading), overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return table


def _read_pem(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_PEM_MAX_BYTES).decode("ascii")
    except (OSError, UnicodeDecodeError):
        raise CommandTrouble("file_missing", path=path.name) from None


def _usage(report: Report, form: str) -> int:
    report.finish({}, [CommandTrouble("usage", why=report.pick(f"it must read {form}", f"应写成 {form}"))])
    return USAGE
