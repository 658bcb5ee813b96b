"""`feiqian operator recover-till`: gives a till that its PIN has locked its key back, for its payee only.

It works on the home itself: whoever may do this holds the recovery key. That key, keys/till-recovery.key, may be kept
elsewhere and be put there for this act. Each time is a leaf of the audit log, before anything is written.
"""

import argparse
import hashlib
import secrets
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from feiqian.cli.durable_files import write_secret
from feiqian.cli.operator_home import BOOKS, KEYS, HomeTrouble, open_books, read_key, read_settings, storing
from feiqian.cli.report import MISSING, Report
from feiqian.cli.store_choice import SQLITE, STORE_HELP, StoreMissing, is_store_missing, store_address
from feiqian.cli.till_recovery_file import (
    ANSWER,
    RECOVERY_KEY,
    REQUEST,
    RecoveryFile,
    RecoveryTrouble,
    read_recovery_file,
)

PUBLIC_HALF = "till-recovery.pub"


def add_recovery_act(acts: Any, common: argparse.ArgumentParser) -> None:
    """The act and its options."""
    purpose = "open a till again that ten wrong PINs have locked: its queue is not lost"
    sub = acts.add_parser("recover-till", help=purpose, description=purpose, parents=[common])
    sub.add_argument("request", type=Path, metavar="FILE", help="made by: feiqian terminal recover")
    sub.add_argument("--out", type=Path, required=True, metavar="FILE", help="the answer for the till")
    sub.add_argument("--store", type=store_address, metavar="URL", default=SQLITE, help=STORE_HELP)
    sub.set_defaults(run=run_recover_till, command_name="operator recover-till")


def run_recover_till(args: Namespace, report: Report) -> int:
    """`operator recover-till`."""
    from feiqian.acquirer.till_recovery import note_recovery
    from feiqian.keys.till_recovery import NotSealedForThis, open_as_operator, seal_for_payee
    from feiqian.protocol.possession import CODE_RANDOM_BYTES, spell_code

    if is_store_missing(args.store):
        report.finish({}, [StoreMissing("postgres_missing")])
        return MISSING
    settings = read_settings(args.home)
    asked = read_recovery_file(args.request, REQUEST)
    scalar = read_key(args.home, RECOVERY_KEY).scalar
    if asked.deployment != settings.deployment:
        raise RecoveryTrouble("recovery_not_ours", path=args.request.name)
    try:
        data_key = open_as_operator(scalar, asked.sealed, asked.deployment, asked.terminal_ref)
    except NotSealedForThis:
        raise RecoveryTrouble("recovery_not_ours", path=args.request.name) from None
    request_hash = hashlib.sha256(asked.encode()).digest()
    with storing(BOOKS), open_books(args.home, args.store) as store:
        at, randomness = int(time.time()), secrets.token_bytes
        terminal = note_recovery(store, asked.terminal_ref, request_hash, at=at, randomness=randomness)
    code = spell_code(secrets.token_bytes(CODE_RANDOM_BYTES))
    sealed = seal_for_payee(code, data_key, asked.deployment, asked.terminal_ref)
    answer = RecoveryFile(kind=ANSWER, deployment=asked.deployment, terminal_ref=asked.terminal_ref, sealed=sealed)
    answer.write(args.out)
    keys = {
        "terminal": asked.terminal_ref.hex(),
        "payee": terminal.payee_name,
        "answer": str(args.out),
        "code": code,
    }
    return report.done(
        keys,
        report.pick(
            f"✔ The answer for the till of {terminal.payee_name} is in {args.out}. Its code, shown only now: {code}",
            f"✔ {terminal.payee_name} 的终端答复已写入 {args.out}。恢复码（仅显示这一次）：{code}",
        ),
        report.pick(
            "Make sure who asks; send file and code by two ways. At the till: feiqian terminal recover --answer FILE",
            "请先核实对方身份；文件与恢复码须分两条途径送达。对方运行：feiqian terminal recover --answer 文件",
        ),
    )


def ensure_recovery_key(home: Path) -> bytes:
    """The public half of the recovery key, which tills seal their keys for; made once. Raises HomeTrouble.

    The public half stays when the private one is kept elsewhere.
    """
    from feiqian.keys.software import SoftwareKey

    public, private = home / KEYS / PUBLIC_HALF, home / KEYS / RECOVERY_KEY
    if not public.exists():
        if not private.exists():
            write_secret(private, SoftwareKey.generate().scalar.hex())
        write_secret(public, read_key(home, RECOVERY_KEY).public_key.hex())
    try:
        return bytes.fromhex(public.read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        raise HomeTrouble("home_damaged", part=f"{KEYS}/{PUBLIC_HALF}") from None
