"""`feiqian operator staff`: the operator's own people, who sign in to the console.

These acts work on the books themselves, whether the server runs or not: whoever holds the home may say who is on the
staff, and so lets the first admin in. Each is a leaf of the audit log.
"""

import argparse
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from feiqian.cli.enrolment_link import site_of
from feiqian.cli.operator_home import BOOKS, SITE_URL, HomeTrouble, open_books, read_settings, storing
from feiqian.cli.report import MISSING, USAGE, CommandTrouble, Report, rfc3339
from feiqian.cli.store_choice import SQLITE, STORE_HELP, StoreMissing, is_store_missing, store_address

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.staff.desk import StaffDesk
    from feiqian.staff.values import NewStaff, StaffLine

ROLES: Final = ("viewer", "support", "risk", "finance", "auditor", "admin")
"""Those of `staff.roles`, which a test compares; reading them there would cost every command."""
_ADD, _LIST, _ROLE, _RESET, _REMOVE = "add", "list", "role", "reset", "remove"
_TAKES: Final = {_ADD: (True, True), _LIST: (False, False), _ROLE: (True, True), _RESET: (True, False)}
"""Whether an act takes a name, and a role."""


def add_staff_act(acts: Any, common: argparse.ArgumentParser) -> None:
    """The act and its options."""
    purpose = "who signs in to the console: add, list, role, reset, remove"
    staff = acts.add_parser("staff", help=purpose, description=purpose, parents=[common])
    staff.add_argument(
        "what",
        choices=(_ADD, _LIST, _ROLE, _RESET, _REMOVE),
        metavar="WHAT",
        help="add somebody, list all, give another role, reset password and codes, or remove somebody",
    )
    staff.add_argument("name", nargs="?", metavar="NAME", help="the name to sign in with, like lin or zhao.wei")
    staff.add_argument("--role", choices=ROLES, help="what this person may do")
    staff.add_argument("--store", type=store_address, metavar="URL", default=SQLITE, help=STORE_HELP)
    staff.set_defaults(run=run_staff, command_name="operator staff")


def run_staff(args: Namespace, report: Report) -> int:
    """`operator staff`."""
    takes_name, takes_role = _TAKES.get(args.what, (True, False))
    if (args.name is not None) is not takes_name or (args.role is not None) is not takes_role:
        words = [word for word, needed in (("NAME", takes_name), ("--role ROLE", takes_role)) if needed]
        form = " ".join(["operator", "staff", args.what, *words])
        why = report.pick(f"it must read {form}", f"应写成 {form}")
        report.finish({}, [CommandTrouble("usage", why=why)])
        return USAGE
    if is_store_missing(args.store):
        report.finish({}, [StoreMissing("postgres_missing")])
        return MISSING
    with _desk(args) as desk:
        return _listed(report, desk) if args.what == _LIST else _done(args, report, desk)


def _done(args: Namespace, report: Report, desk: "StaffDesk") -> int:
    from feiqian.staff.roles import Role

    if args.what == _ADD:
        return _told_secret(report, desk.add(args.name, Role(args.role)), _console(args))
    staff_id = desk.named(args.name).staff_id
    if args.what == _RESET:
        return _told_secret(report, desk.reset(staff_id), _console(args))
    if args.what == _ROLE:
        desk.change_role(staff_id, Role(args.role))
    else:
        desk.remove(staff_id)
    return _told_line(report, desk.line(staff_id))


@contextmanager
def _desk(args: Namespace) -> "Iterator[StaffDesk]":
    """The desk over the books of a home that was served before. Raises HomeTrouble, SealTrouble."""
    from feiqian.cli.staff_desk import staff_desk

    settings, books = read_settings(args.home), args.home / BOOKS
    if args.store == SQLITE and not (books.exists() and books.stat().st_size):
        raise HomeTrouble("home_damaged", part=BOOKS)
    with storing(BOOKS), open_books(args.home, args.store) as store:
        yield staff_desk(store, settings.deployment, lambda: int(time.time()))


def _told_secret(report: Report, new: "NewStaff", console: str | None) -> int:
    """What the new person signs in with, told once; as a code for the authenticator app where people read."""
    keys = {
        "staff_id": new.member.staff_id.hex(),
        "name": new.member.name,
        "role": new.member.role.value,
        "password": new.password,
        "otpauth_uri": new.otpauth_uri,
        "console": console,
    }
    told = report.pick(
        f"✔ {new.member.name} may sign in to the console as {new.member.role}. Told once:\n"
        f"  starting password  {new.password}   (to be changed at the first sign-in)\n"
        f"  one-time codes     {new.otpauth_uri}   (for an authenticator app)",
        f"✔ {new.member.name} 可以 {new.member.role} 角色登录控制台。以下内容仅显示一次：\n"
        f"  初始密码    {new.password}   （首次登录时必须更改）\n"
        f"  动态验证码  {new.otpauth_uri}   （导入验证器应用）",
    )
    where = [] if console is None else [report.pick(f"  sign in at         {console}", f"  登录地址    {console}")]
    status = report.done(keys, told, *where)
    if not report.as_json and sys.stdout.isatty():
        from feiqian.links.qr import draw_address

        print(draw_address(new.otpauth_uri, colour=True), flush=True)
    return status


def _console(args: Namespace) -> str | None:
    """Where the console is, as far as the home knows."""
    try:
        site = site_of((args.home / SITE_URL).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
    return None if site is None else f"{site}/console/"


def _told_line(report: Report, line: "StaffLine") -> int:
    name, role = line.member.name, line.member.role.value
    told = (
        report.pick(
            f"✔ {name} is {role} from now on and has to sign in again.", f"✔ {name} 的角色现为 {role}，需重新登录。"
        )
        if line.member.removed_at is None
        else report.pick(
            f"✔ {name} cannot sign in any more. What was noted under this name stays.",
            f"✔ {name} 不能再登录。此名下的记录会保留。",
        )
    )
    return report.done(_line_keys(line), told)


def _listed(report: Report, desk: "StaffDesk") -> int:
    lines = desk.lines()
    return report.done({"staff": [_line_keys(line) for line in lines]}, lambda: _table(report, lines))


def _table(report: Report, lines: "tuple[StaffLine, ...]") -> "Table":
    from rich.table import Table

    table = Table(title=report.pick("Staff", "工作人员"))
    headings = (
        ("Name", "名称"),
        ("Role", "角色"),
        ("Last sign-in", "最近登录"),
        ("Sessions", "会话"),
        ("State", "状态"),
    )
    for heading in headings:
        table.add_column(report.pick(*heading), overflow="fold")
    for line in lines:
        seen = "" if line.signed_in_at is None else rfc3339(line.signed_in_at)
        table.add_row(line.member.name, line.member.role.value, seen, str(line.sessions), _state(report, line))
    return table


def _state(report: Report, line: "StaffLine") -> str:
    if line.member.removed_at is not None:
        return report.pick("removed", "已移除")
    if line.waits_until is not None:
        return report.pick(f"waits until {rfc3339(line.waits_until)}", f"等待至 {rfc3339(line.waits_until)}")
    if line.member.is_starting:
        return report.pick("has not chosen a password yet", "尚未设置自己的密码")
    return report.pick("active", "可用")


def _line_keys(line: "StaffLine") -> dict[str, Any]:
    def instant(at: int | None) -> str | None:
        return None if at is None else rfc3339(at)

    member = line.member
    return {
        "staff_id": member.staff_id.hex(),
        "name": member.name,
        "role": member.role.value,
        "added_at": rfc3339(member.added_at),
        "removed_at": instant(member.removed_at),
        "last_sign_in_at": instant(line.signed_in_at),
        "sessions": line.sessions,
        "waits_until": instant(line.waits_until),
        "password_change_needed": member.is_starting and member.removed_at is None,
    }
