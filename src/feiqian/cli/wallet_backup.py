"""`feiqian wallet backup` and `restore`: history and papers in a file under a passphrase, nothing that pays."""

import getpass
import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from feiqian.cli.device import read_secret
from feiqian.cli.durable_files import write_durably
from feiqian.cli.report import CommandTrouble, Report, rfc3339
from feiqian.cli.wallet_device import opened, opened_or_new
from feiqian.cli.wallet_words import facts_table
from feiqian.wallet.backup import Backup, decode_backup, encode_backup
from feiqian.wallet.backup_troubles import BackupTrouble
from feiqian.wallet.wording import instant_words


def add_passphrase_option(parser: ArgumentParser) -> None:
    """Where the passphrase comes from."""
    purpose = "read the backup's passphrase from this file"
    parser.add_argument("--passphrase-file", type=Path, metavar="P", help=purpose)


def backup(args: Namespace, report: Report) -> int:
    """Write history, receipts and papers into a file; no key, no allowance, no sign-in is in it."""
    from feiqian.keys.backup_file import Derivation, check_passphrase, seal_backup

    out: Path = args.out
    if out.exists():
        raise BackupTrouble("backup_exists", path=out.name)
    with opened(args, report) as found:
        held = found.wallet.back_up()
    content = encode_backup(held)
    passphrase = check_passphrase(_passphrase(args, report, twice=True))
    derivation = Derivation.PBKDF2 if args.for_browser else Derivation.ARGON2ID
    write_durably(out, seal_backup(content, passphrase, derivation))
    keys = _keys(held) | {"out": str(out), "bytes": out.stat().st_size, "for_browser": bool(args.for_browser)}
    return report.done(
        keys,
        report.pick(f"✔ The backup is in {out}.", f"✔ 备份已写入 {out}。"),
        lambda: facts_table(_rows(held, report)),
        report.pick(
            "It holds your history and your papers: whom you paid, what they signed. It holds no key, no allowance and"
            " no sign-in, so nobody can pay with it; but it can be read with its passphrase.",
            "备份包含付款记录与凭证（付给谁、对方签了什么），不含密钥、额度或登录信息，"
            "任何人都无法用它付款；但凭口令可以读取。",
        ),
        report.pick(
            "Keep the file and its passphrase elsewhere than on this device.", "请将文件与口令存放在此设备之外。"
        ),
    )


def restore(args: Namespace, report: Report) -> int:
    """Put the history of another device back, to be looked at and handed in; nothing of it can be spent."""
    from feiqian.keys.backup_file import FILE_MAX_BYTES, open_backup

    try:
        with args.backup.open("rb") as file:
            sealed = file.read(FILE_MAX_BYTES + 1)
    except FileNotFoundError:
        raise CommandTrouble("file_missing", path=args.backup.name) from None
    held = decode_backup(open_backup(sealed, _passphrase(args, report, twice=False)))
    with opened_or_new(args, report) as found:
        restored = found.wallet.put_back(held)
        enrolled = found.wallet.membership() is not None
    keys = _keys(held) | {"restored": restored.added, "known": restored.known, "enrolled": enrolled}
    return report.done(
        keys,
        report.pick(
            f"✔ {restored.added} payments of another device are here; {restored.known} were here before.",
            f"✔ 已恢复其他设备的付款 {restored.added} 笔；另有 {restored.known} 笔原已在此。",
        ),
        lambda: facts_table(_rows(held, report)),
        report.pick(
            "They are for looking at and for handing in; nothing of them can be spent.",
            "仅供查看与提交凭证，不能用于付款。",
        ),
        report.pick(
            "Next: feiqian wallet sync, which brings them up to date.", "下一步：feiqian wallet sync，更新其状态。"
        )
        if enrolled
        else report.pick(
            f"Next: feiqian wallet enrol --server {held.server}, with a new enrolment code from your operator.",
            f"下一步：向运营方索取新的开通码，运行 feiqian wallet enrol --server {held.server}。",
        ),
    )


def _keys(held: Backup) -> dict[str, Any]:
    return {
        "payer": held.payer_name,
        "currency": held.currency,
        "server": held.server,
        "deployment": held.deployment,
        "made_at": rfc3339(held.made_at),
        "payments": len(held.payments),
        "papers": held.papers,
    }


def _rows(held: Backup, report: Report) -> list[tuple[str, str]]:
    return [
        (report.pick("Of", "付款人"), held.payer_name),
        (report.pick("Made", "生成时间"), instant_words(held.made_at)),
        (report.pick("Payments", "付款"), str(len(held.payments))),
        (report.pick("with a receipt or note", "其中有收据或退款单"), str(held.papers)),
    ]


def _passphrase(args: Namespace, report: Report, *, twice: bool) -> str:
    """From --passphrase-file, else asked for without echo, never where there is no terminal. Raises BackupTrouble."""
    if args.passphrase_file is not None:
        return read_secret(args.passphrase_file)
    if not sys.stdin.isatty():
        raise BackupTrouble("passphrase_needed")
    passphrase = getpass.getpass(report.pick("Passphrase of the backup: ", "备份口令："))
    if twice and getpass.getpass(report.pick("Again: ", "再输一次：")) != passphrase:
        raise BackupTrouble("passphrases_differ")
    return passphrase
