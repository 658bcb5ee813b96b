"""`feiqian operator terminal`: revoke a terminal that was stolen, and see which ones are revoked.

It works on the books themselves, whether the server runs or not, and is a leaf of the audit log. Devices hear of it in
the next trust pack: the running server makes one as soon as it is asked.
"""

import argparse
import time
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from feiqian.cli.operator_home import BOOKS, open_books, read_settings, storing
from feiqian.cli.operator_keys import read_moment
from feiqian.cli.operator_link import read_id
from feiqian.cli.report import MISSING, USAGE, CommandTrouble, Report, rfc3339
from feiqian.cli.store_choice import SQLITE, STORE_HELP, StoreMissing, is_store_missing, store_address

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.ledger.revocation import RevokedTerminal

_REVOKE, _LIST = "revoke", "list"


def add_terminal_act(acts: Any, common: argparse.ArgumentParser) -> None:
    """The act and its options."""
    purpose = "terminals that were stolen: revoke one, list those revoked"
    terminal = acts.add_parser("terminal", help=purpose, description=purpose, parents=[common])
    terminal.add_argument(
        "what", choices=(_REVOKE, _LIST), metavar="WHAT", help="revoke a terminal, or list those that are revoked"
    )
    terminal.add_argument(
        "ref", nargs="?", type=read_id, metavar="REF", help="the terminal's id: 16 hexadecimal digits"
    )
    terminal.add_argument(
        "--at", type=read_moment, metavar="TIME", help="since when it is in wrong hands (default: now)"
    )
    terminal.add_argument("--store", type=store_address, metavar="URL", default=SQLITE, help=STORE_HELP)
    terminal.set_defaults(run=run_terminal, command_name="operator terminal")


def run_terminal(args: Namespace, report: Report) -> int:
    """`operator terminal`."""
    if (args.ref is None) is (args.what == _REVOKE):
        form = "operator terminal revoke REF" if args.what == _REVOKE else "operator terminal list"
        report.finish({}, [CommandTrouble("usage", why=report.pick(f"it must read {form}", f"应写成 {form}"))])
        return USAGE
    if is_store_missing(args.store):
        report.finish({}, [StoreMissing("postgres_missing")])
        return MISSING
    return _revoke(args, report) if args.what == _REVOKE else _list(args, report)


def _revoke(args: Namespace, report: Report) -> int:
    from feiqian.acquirer.revoking import revoke_terminal
    from feiqian.protocol.ids import TerminalRef

    read_settings(args.home)
    with storing(BOOKS):
        store = open_books(args.home, args.store)
    try:
        revoked = revoke_terminal(store, TerminalRef(args.ref), int(time.time()), args.at)
    finally:
        store.close()
    told = report.pick(
        "Revoked. Wallets that have synced since refuse what it signs from then on; what it accepted before is still "
        "taken and paid. Its payee enrols another one with: feiqian operator new-code --payee ID",
        "已吊销。此后同步过的钱包会拒绝它从该时刻起的签名；它此前受理的款项仍会收下并付款。"
        "收款方可换一台终端：feiqian operator new-code --payee ID",
    )
    return report.done(_keys(revoked), told)


def _list(args: Namespace, report: Report) -> int:
    read_settings(args.home)
    with storing(BOOKS):
        store = open_books(args.home, args.store)
    try:
        with store.read() as reading:
            found = reading.revoked_terminals()
    finally:
        store.close()
    return report.done({"terminals": [_keys(one) for one in found]}, lambda: _table(found, report))


def _keys(one: "RevokedTerminal") -> dict[str, Any]:
    return {
        "terminal": one.terminal_ref.hex(),
        "revoked_at": rfc3339(one.revoked_at),
        "certificate_until": rfc3339(one.expires_at),
    }


def _table(found: "list[RevokedTerminal]", report: Report) -> "Table":
    from rich.table import Table

    shown = Table(title=report.pick("Revoked terminals", "已吊销的终端"))
    for heading in (("Terminal", "终端"), ("Revoked from", "吊销起始"), ("Certificate ends", "证书到期")):
        shown.add_column(report.pick(*heading), overflow="fold")
    for one in found:
        shown.add_row(one.terminal_ref.hex(), rfc3339(one.revoked_at), rfc3339(one.expires_at))
    return shown
