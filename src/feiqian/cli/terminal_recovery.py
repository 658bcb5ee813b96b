"""`feiqian terminal recover`: a till that ten wrong PINs have locked is opened again, with all that waits in it.

At enrolment, and at a sync where that was missed, the till seals its data key for its operator. Locked, it shows that
sealed key as a file; the operator's answer and the code that came by another way give the till a new PIN.
"""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.cli.device import read_pin, read_secret
from feiqian.cli.report import Report
from feiqian.cli.terminal_device import TERMINAL_FOLDER, Till
from feiqian.cli.till_recovery_file import ANSWER, REQUEST, RecoveryFile, RecoveryTrouble, read_recovery_file
from feiqian.protocol.certificate import terminal_ref
from feiqian.protocol.words import Coded
from feiqian.storage.vault import Vault
from feiqian.storage.vault_files import RECOVERY
from feiqian.terminal.troubles import TerminalTrouble

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient


def run_recover(args: Namespace, report: Report) -> int:
    """`terminal recover`."""
    folder: Path = args.home / TERMINAL_FOLDER
    if not folder.is_dir():
        raise TerminalTrouble("not_enrolled")
    if not (folder / RECOVERY).exists():
        raise RecoveryTrouble("recovery_missing")
    sealed = read_recovery_file(folder / RECOVERY, REQUEST)
    if args.answer is None:
        out: Path = args.out or args.home / f"till-{sealed.terminal_ref.hex()}.recovery.json"
        sealed.write(out)
        return report.done(
            {"request": str(out), "terminal": sealed.terminal_ref.hex()},
            report.pick(
                f"✔ Give this file to your operator: {out}. It opens nothing by itself.",
                f"✔ 请把此文件交给运营方：{out}。它本身打不开任何东西。",
            ),
            report.pick(
                "Then: feiqian terminal recover --answer FILE, with the code that your operator tells you.",
                "之后运行：feiqian terminal recover --answer 文件，并输入运营方告知的恢复码。",
            ),
        )
    _open_again(args, report, folder, sealed)
    return report.done(
        {"recovered": True, "terminal": sealed.terminal_ref.hex()},
        report.pick(
            "✔ The till is open again under the new PIN, with all that waits in it. Next: feiqian terminal sync",
            "✔ 终端已用新 PIN 重新打开，待上传的内容都在。下一步：feiqian terminal sync",
        ),
    )


def keep_recovery(till: Till, client: "OperatorClient") -> bool:
    """Seals the till's data key for its operator, if that was not done yet; whether there is one now.

    An operator of an older version gives no key: then there is nothing to seal it for.
    """
    from feiqian.keys.till_recovery import seal_for_operator

    enrolment = till.terminal.enrolment
    if till.vault.has_recovery():
        return True
    recovery_key = client.till_recovery_key()
    if recovery_key is None:
        return False
    ref = terminal_ref(enrolment.certificate_id)

    def seal(data_key: bytes) -> bytes:
        sealed = seal_for_operator(recovery_key, data_key, enrolment.deployment, ref)
        return RecoveryFile(kind=REQUEST, deployment=enrolment.deployment, terminal_ref=ref, sealed=sealed).encode()

    till.vault.keep_recovery(seal)
    return True


def kept_for_recovery(till: Till, client: "OperatorClient") -> bool:
    """As `keep_recovery`; a network that fails now is tried again with the next sync."""
    try:
        return keep_recovery(till, client)
    except Coded:
        return till.vault.has_recovery()


def _open_again(args: Namespace, report: Report, folder: Path, sealed: RecoveryFile) -> None:
    from feiqian.keys.till_recovery import NotSealedForThis, open_as_payee

    answer = read_recovery_file(args.answer, ANSWER)
    code = (
        read_secret(args.code_file)
        if args.code_file is not None
        else read_pin(Namespace(pin_file=None), report.pick("Code from your operator: ", "运营方告知的恢复码："))
    )
    new_pin = (
        read_secret(args.new_pin_file)
        if args.new_pin_file is not None
        else read_pin(Namespace(pin_file=None), report.pick("New PIN for this till: ", "为此终端设置新 PIN："))
    )
    if (answer.deployment, answer.terminal_ref) != (sealed.deployment, sealed.terminal_ref):
        raise RecoveryTrouble("recovery_code_wrong")
    try:
        data_key = open_as_payee(code, answer.sealed, answer.deployment, answer.terminal_ref)
    except NotSealedForThis:
        raise RecoveryTrouble("recovery_code_wrong") from None
    Vault.recover(folder, data_key, new_pin)
