"""`feiqian wallet trust` and `feiqian terminal trust`: one device hands another a newer trust pack, with no network.

The pack is signed by the operator's keys, so whoever hands it over need not be trusted: it is checked as one from the
operator is, and an older, altered or mixed one is refused. It is shown as codes, one behind the other, or as a file.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from feiqian.cli.device import device_clock
from feiqian.cli.report import USAGE, CommandTrouble, Report, rfc3339
from feiqian.cli.shown import OutTrouble, add_image_option, check_out, read_shown, show_message
from feiqian.links.pictures import Pictures, PurposeId
from feiqian.protocol.limits import TRUST_PACK_MAX_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from feiqian.protocol.trust import Trust

SHOW, TAKE = "show", "take"
_PURPOSE: Final = PurposeId("trust-pack")


class TrustTrouble(Trouble):
    """Why a pack is not shown or taken."""

    table: ClassVar[WordsTable] = {
        "pack_too_large": {
            "en": Words(
                "The trust pack is too large for codes: {size} bytes.",
                "Nothing was drawn.",
                "Give it as a file: add --file FILE.",
            ),
            "zh": Words(
                "信任包太大（{size} 字节），无法用码出示。", "没有生成图片。", "请改用文件：加上 --file FILE。"
            ),
        },
    }


def add_trust_options(parser: ArgumentParser) -> None:
    """What is to be done, and with which pictures or file."""
    parser.add_argument(
        "what", choices=(SHOW, TAKE), metavar="WHAT", help="show the pack held here, or take one that was shown"
    )
    add_image_option(parser, "--image", "the other device's trust pack", required=False)
    parser.add_argument("--file", type=Path, metavar="FILE", help="the pack as a file instead of pictures")
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="the picture to draw (default: in the folder `shown` of --home)"
    )


def wallet_trust(args: Namespace, report: Report) -> int:
    """`wallet trust`."""
    from feiqian.cli.wallet_device import opened

    if (wrong := _misused(args, report)) is not None:
        return wrong
    with opened(args, report) as found:
        wallet = found.wallet
        if args.what == SHOW:
            return _show(args, report, wallet.trust_pack(), wallet.trust_view, found.pictures)
        return _take(args, report, wallet.take_trust, wallet.trust_view)


def terminal_trust(args: Namespace, report: Report) -> int:
    """`terminal trust`."""
    from feiqian.cli.terminal_device import opened

    if (wrong := _misused(args, report)) is not None:
        return wrong
    with opened(args, report) as till:
        terminal = till.terminal
        if args.what == SHOW:
            return _show(args, report, terminal.trust.raw, lambda: terminal.trust, till.answers, till.requests)
        return _take(args, report, terminal.take_trust, lambda: terminal.trust)


def _misused(args: Namespace, report: Report) -> int | None:
    pictures, file = args.images is not None, args.file is not None
    if args.what == SHOW and not pictures and not (file and args.out is not None):
        return None
    if args.what == TAKE and pictures is not file and args.out is None:
        return None
    form = "trust show [--out FILE | --file FILE]" if args.what == SHOW else "trust take (--image FILE … | --file FILE)"
    report.finish({}, [CommandTrouble("usage", why=report.pick(f"it must read {form}", f"应写成 {form}"))])
    return USAGE


def _show(args: Namespace, report: Report, raw: bytes, held: "Callable[[], Trust]", *registers: Pictures) -> int:
    keys: dict[str, Any] = _keys(held())
    if args.file is not None:
        if args.file.exists():
            raise OutTrouble("picture_exists", path=args.file)
        args.file.write_bytes(raw)
        told = report.pick(
            "Written. Give the file to the other device: … trust take --file FILE",
            "已写入。请把文件交给另一台设备：… trust take --file FILE",
        )
        return report.done(keys | {"file": str(args.file), "pictures": [], "message_bytes": len(raw)}, told)
    check_out(args, *registers)
    try:
        drawn = show_message(report, raw, args, registers[0], _PURPOSE)
    except Refused as refused:
        if refused.reason is RefusalCode.TOO_LARGE:
            raise TrustTrouble("pack_too_large", size=len(raw)) from None
        raise
    told = report.pick(
        f"Show these {len(drawn['pictures'])} codes to the other device: … trust take --image FILE",
        f"请向另一台设备出示这 {len(drawn['pictures'])} 个码：… trust take --image FILE",
    )
    return report.done(keys | drawn | {"file": None}, told, *drawn["pictures"])


def _take(args: Namespace, report: Report, take: Callable[[bytes], bool], held: "Callable[[], Trust]") -> int:
    newer = take(_given(args.file) if args.file is not None else read_shown(args.images))
    told = (
        report.pick("Taken: this device now knows what the other one knew.", "已采用：此设备现在与对方所知相同。")
        if newer
        else report.pick("This is the pack that is held already.", "与现有的信任包相同。")
    )
    return report.done(_keys(held()) | {"newer": newer}, told)


def _given(path: Path) -> bytes:
    try:
        if path.stat().st_size > TRUST_PACK_MAX_BYTES:
            raise Refused(RefusalCode.TOO_LARGE, "a trust pack is at most 4 MiB")
        return path.read_bytes()
    except OSError:
        raise CommandTrouble("file_missing", path=path.name) from None


def _keys(trust: "Trust") -> dict[str, Any]:
    return {
        "index_version": trust.index.version,
        "issued_at": rfc3339(trust.index.issued_at),
        "age_s": trust.list_age_s(device_clock()),
        "key_set_version": trust.key_set.version,
        "keys_expire_at": rfc3339(trust.key_set.expires_at),
        "revoked_terminals": len(trust.terminals),
    }
