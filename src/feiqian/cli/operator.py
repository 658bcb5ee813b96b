"""`feiqian operator`: the operator's own acts, asked of its running server.

The server and the administrator's token come from the home on the same machine, or from --server and --token-file.
"""

import argparse
import re
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feiqian.cli import disputes, operator_disputes
from feiqian.cli import operator_attestation as attestation
from feiqian.cli import operator_audit as audit_acts
from feiqian.cli import operator_batches as batches
from feiqian.cli import operator_holders as holders
from feiqian.cli import operator_queue as queues
from feiqian.cli.enrolment_link import App, enrolment_link, show_link
from feiqian.cli.operator_authenticators import add_authenticator_acts
from feiqian.cli.operator_backup import run_backup
from feiqian.cli.operator_keys import add_keys_act
from feiqian.cli.operator_link import OperatorTrouble, address_for_people, connected, read_id
from feiqian.cli.operator_locks import add_lock_options, run_locks
from feiqian.cli.operator_migrate import run_migrate
from feiqian.cli.operator_personal import add_personal_acts
from feiqian.cli.operator_recovery import add_recovery_act
from feiqian.cli.operator_staff import add_staff_act
from feiqian.cli.operator_status import run_status
from feiqian.cli.operator_terminal import add_terminal_act
from feiqian.cli.operator_token import add_token_act
from feiqian.cli.report import DONE, Report, money, parse_money, rfc3339
from feiqian.cli.store_choice import SQLITE, STORE_HELP, store_address
from feiqian.protocol.words import Coded

if TYPE_CHECKING:
    from feiqian.acquirer.values import NewPayee
    from feiqian.issuer.values import NewPayer
    from feiqian.links.http import OperatorClient

_WITH_PIN = "six digits that are needed beside the code, to be told another way"
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


def configure(parser: argparse.ArgumentParser, common: argparse.ArgumentParser) -> None:
    """The acts and their options."""
    where = argparse.ArgumentParser(add_help=False)
    group = where.add_argument_group("where the server is")
    group.add_argument("--server", metavar="URL", help="default: the server that runs on --home")
    group.add_argument("--token-file", type=Path, metavar="F", help="the administrator's token; default: from --home")
    acts = parser.add_subparsers(title="acts", metavar="ACT", required=True)

    def act(name: str, run: Callable[[Namespace, Report], int], purpose: str) -> argparse.ArgumentParser:
        sub = acts.add_parser(name, help=purpose, description=purpose, parents=[common, where])
        sub.set_defaults(run=run, command_name=f"operator {name}")
        return sub

    payer = act("enrol-payer", run_enrol_payer, "a new payer and the code for its first device")
    payer.add_argument("--name", required=True, help="what the payer is called")
    payer.add_argument("--fund", metavar="AMOUNT", help="money to begin with, like 100.00")
    attestation.add_identity_options(payer)
    payee = act("enrol-payee", run_enrol_payee, "a new payee and the code for its first terminal")
    payee.add_argument("--name", required=True, help="what wallets show, at most 23 bytes")
    code = act("new-code", run_new_code, "another code: a payer's new phone, or one more terminal of a payee")
    for sub in (payer, code):
        sub.add_argument("--with-pin", action="store_true", help=_WITH_PIN)
    whose = code.add_mutually_exclusive_group(required=True)
    whose.add_argument("--payer", type=read_id, metavar="ID")
    whose.add_argument("--payee", type=read_id, metavar="ID")
    fund = act("fund", run_fund, "add money to a payer's free balance, or to the guarantee pool")
    fund.add_argument("payer", type=_id_or_pool, metavar="PAYER", help="a payer's id, or the word pool")
    fund.add_argument("amount", metavar="AMOUNT", help="like 100.00")
    fund.add_argument("--key", type=_key, metavar="KEY", help="the key of an earlier try whose answer was lost")
    for name, run, purpose in (
        ("payers", holders.run_payers, "every payer with what is free and what is set aside"),
        ("payees", holders.run_payees, "every payee with its balance and what waits"),
    ):
        listed = act(name, run, purpose)
        listed.add_argument("--after", type=read_id, metavar="ID", help="go on behind this id, the last one shown")
    _add_device_acts(act)
    take = act("take-batch", batches.run_take_batch, "take the files of a terminal that has no network, write answers")
    take.add_argument("files", type=Path, nargs="+", metavar="FILE", help="made by: feiqian terminal export")
    queue = act("queue", queues.run_queue, "what waits in the queue, and the batches that nobody could settle")
    release = "let this batch come again: its terminal still has it and sends it"
    queue.add_argument("--release", type=queues.read_batch, metavar="BATCH", help=release)
    forks = act("forks", run_forks, "who was convicted of signing two contradictory statements, with the proofs")
    forks.add_argument("--out", type=Path, metavar="DIR", help="write the proofs and a trust file to check them with")
    witness = act("witness", audit_acts.run_witness, "a witness whose cosignatures the audit log takes from now on")
    witness.add_argument("what", choices=("add",), metavar="add", help="take this witness")
    witness.add_argument("key", metavar="KEY", help="the witness's key, as it publishes it")
    act("status", run_status, "whether the server takes work, and what is to be done about its keys")
    act("summary", run_summary, "the books, what is at stake, and convictions")
    _add_dispute_acts(act)
    close = act("close-window", run_close_window, "end allowances whose deadline D has passed, now")
    close.add_argument("--now", type=_instant, metavar="TIME", help="as if it were this time; trial deployments only")
    _add_acts_on_the_home(acts, common)
    add_token_act(acts, common)
    add_personal_acts(acts, common)
    add_staff_act(acts, common)
    add_keys_act(acts, common)
    add_terminal_act(acts, common)
    for sub in (payer, payee, fund):
        sub.add_argument("--currency", type=_currency, metavar="CUR", help="default: the operator's own")


def _add_device_acts(act: Callable[[str, Callable[[Namespace, Report], int], str], argparse.ArgumentParser]) -> None:
    suspend = act("suspend", run_suspend, "a payer's phone is lost: suspend its allowances at once, sign it out")
    suspend.add_argument("payer", type=read_id, metavar="PAYER", help="the payer's id")
    purpose = "wallets that have stopped paying by themselves, and whether they may go on"
    add_lock_options(act("locks", run_locks, purpose))
    attestation.add_attestation_acts(act)
    add_authenticator_acts(act)


def _add_dispute_acts(act: Callable[[str, Callable[[Namespace, Report], int], str], argparse.ArgumentParser]) -> None:
    act("disputes", operator_disputes.run_disputes, "what payers and payees dispute, what waits first")
    decide = act("decide", operator_disputes.run_decide, "decide a dispute: refund the payer, or let the payment stand")
    disputes.add_dispute_argument(decide)
    way = decide.add_mutually_exclusive_group(required=True)
    way.add_argument("--refund", metavar="AMOUNT", help="so much goes back to the payer, out of the payee's balance")
    way.add_argument("--uphold", action="store_true", help="the payment stands; no money moves")
    disputes.add_said_options(decide, evidence=False)


def _add_acts_on_the_home(acts: Any, common: argparse.ArgumentParser) -> None:
    """Acts that ask no server: they work on --home itself."""
    purpose = "copy --home while its server runs, verified; root keys are never copied"
    backup = acts.add_parser("backup", help=purpose, description=purpose, parents=[common])
    backup.add_argument("--out", type=Path, required=True, metavar="DIR", help="a folder that is not there yet")
    backup.add_argument(
        "--with-keys", action="store_true", help="private keys and tokens, too: whoever holds them can issue money"
    )
    backup.set_defaults(run=run_backup, command_name="operator backup")
    purpose = "bring the books to a version, up or down, while no server runs"
    migrate = acts.add_parser("migrate", help=purpose, description=purpose, parents=[common])
    migrate.add_argument("--to", type=int, metavar="N", help="which version (default: this program's newest)")
    migrate.add_argument(
        "--lose-rows", action="store_true", help="going down: what only newer versions hold may go for good"
    )
    migrate.add_argument(
        "--unseal", action="store_true", help="going down: names and words may stand unencrypted in the books"
    )
    migrate.add_argument("--store", type=store_address, metavar="URL", default=SQLITE, help=STORE_HELP)
    migrate.set_defaults(run=run_migrate, command_name="operator migrate")
    add_recovery_act(acts, common)


def run_enrol_payer(args: Namespace, report: Report) -> int:
    """`operator enrol-payer`."""
    from feiqian.issuer.values import IdentityKind
    from feiqian.links.http import new_idempotency_key

    amount_minor = None if args.fund is None else parse_money(args.fund)
    with connected(args, report) as client:
        payer = client.enrol_payer(
            name=args.name,
            currency=args.currency,
            idempotency_key=new_idempotency_key(),
            identity=None if args.identity is None else (IdentityKind(args.identity), args.identity_reference),
            with_pin=args.with_pin,
        )
        keys = _payer_code_keys(args, payer) | {"name": args.name}
        failures: list[Coded] = []
        if amount_minor is not None:
            try:  # whatever comes now, the code must be shown: it is told once
                keys |= _add_money(args, client, payer.payer_id, amount_minor)
            except Coded as failure:
                failures.append(failure)
    status = report.finish(keys, failures, _shown(report, keys))
    show_link(report, keys["enrolment_link"])
    return status


def run_enrol_payee(args: Namespace, report: Report) -> int:
    """`operator enrol-payee`."""
    from feiqian.links.http import new_idempotency_key

    with connected(args, report) as client:
        payee = client.enrol_payee(name=args.name, currency=args.currency, idempotency_key=new_idempotency_key())
    keys = _payee_code_keys(args, payee) | {"name": args.name}
    report.done(keys, _shown(report, keys))
    show_link(report, keys["enrolment_link"])
    return DONE


def run_new_code(args: Namespace, report: Report) -> int:
    """`operator new-code`."""
    from feiqian.links.http import new_idempotency_key

    key = new_idempotency_key()
    with connected(args, report) as client:
        if args.payer is not None:
            made = client.new_payer_code(payer_id=args.payer, idempotency_key=key, with_pin=args.with_pin)
            keys = _payer_code_keys(args, made)
        else:
            keys = _payee_code_keys(args, client.new_payee_code(payee_id=args.payee, idempotency_key=key))
    report.done(keys, _shown(report, keys))
    show_link(report, keys["enrolment_link"])
    return DONE


def run_fund(args: Namespace, report: Report) -> int:
    """`operator fund`."""
    with connected(args, report) as client:
        keys = _add_money(args, client, args.payer, parse_money(args.amount))
    return report.done(keys, _shown(report, keys))


def _add_money(args: Namespace, client: "OperatorClient", payer_id: bytes | None, amount_minor: int) -> dict[str, Any]:
    """Adds money to a payer, or to the pool when `payer_id` is None; the balance after it, for the report.

    If the answer is lost, nobody may try again with another key: so the key is told.
    """
    from feiqian.links.http import new_idempotency_key
    from feiqian.links.http_trouble import LinkTrouble

    key = getattr(args, "key", None) or new_idempotency_key()
    currency = _currency_of(args, client)
    try:
        if payer_id is None:
            pool_minor = client.fund_pool(amount_minor=amount_minor, currency=currency, idempotency_key=key)
            return {"pool_minor": pool_minor, "currency": currency}
        free_minor = client.fund(payer_id=payer_id, amount_minor=amount_minor, currency=currency, idempotency_key=key)
    except LinkTrouble as trouble:
        payer = "pool" if payer_id is None else payer_id.hex()
        amount = f"{amount_minor // 100}.{amount_minor % 100:02d}"
        raise OperatorTrouble("money_unclear", payer=payer, amount=amount, key=key) from trouble
    return {"payer_id": payer_id.hex(), "free_minor": free_minor, "currency": currency}


def run_suspend(args: Namespace, report: Report) -> int:
    """`operator suspend`."""
    from rich.table import Table

    with connected(args, report) as client:
        found = client.suspend(payer_id=args.payer)
    keys = {
        "payer_id": args.payer.hex(),
        "suspensions": [
            {
                "allowance": one.ref.hex(),
                "reason": one.reason.value,
                "at_risk_minor": one.at_risk_minor,
                "currency": one.currency,
                "deadline": rfc3339(one.deadline),
            }
            for one in found
        ],
    }
    title = report.pick("Suspended; the devices are signed out", "已停用，设备已登出")
    shown = Table(title=title)
    shown.add_column(report.pick("Allowance", "额度"), overflow="fold")
    shown.add_column(report.pick("Most at risk", "最大风险"), justify="right")
    shown.add_column(report.pick("The rest comes back at", "余额退回时间"))
    for one in found:
        shown.add_row(one.ref.hex(), money(one.at_risk_minor, one.currency), rfc3339(one.deadline))
    return report.done(keys, shown)


def run_forks(args: Namespace, report: Report) -> int:
    """`operator forks`."""
    from rich.table import Table

    from feiqian.cli.trust_file import write_trust_file

    with connected(args, report) as client:
        found = client.forks()
        root, pack = (client.trust_root(), client.trust_pack()) if args.out is not None else (None, None)
    trust_file: Path | None = None
    files: list[Path | None] = [None] * len(found)
    if args.out is not None and root is not None and pack is not None:
        args.out.mkdir(parents=True, exist_ok=True)
        trust_file = args.out / "trust.json"
        write_trust_file(trust_file, root, pack.raw)
        files = [args.out / f"fork-{number}-{one.ref.hex()}.cbor" for number, one in enumerate(found, start=1)]
        for path, one in zip(files, found, strict=True):
            if path is not None:
                path.write_bytes(one.proof)
    keys = {
        "forks": [
            {
                "allowance": one.ref.hex(),
                "reason": one.reason,
                "found_at": rfc3339(one.found_at),
                "file": None if path is None else str(path),
            }
            for path, one in zip(files, found, strict=True)
        ],
        "trust_file": None if trust_file is None else str(trust_file),
    }
    shown = Table(title=report.pick("Convictions", "违约证据"))
    for heading in (("Allowance", "额度"), ("Why", "原因"), ("Found at", "发现时间"), ("Proof", "证据文件")):
        shown.add_column(report.pick(*heading), overflow="fold")
    for path, one in zip(files, found, strict=True):
        shown.add_row(one.ref.hex(), one.reason, rfc3339(one.found_at), "" if path is None else path.name)
    return report.done(keys, shown)


def run_summary(args: Namespace, report: Report) -> int:
    """`operator summary`."""
    from rich.table import Table

    with connected(args, report) as client:
        books, exposures, forks = client.books(), client.exposures(), client.forks()
    ok = not books.mismatches and not any(books.sums.values())
    keys = {
        "books_ok": ok,
        "postings": books.postings,
        "sums": dict(books.sums),
        "mismatches": len(books.mismatches),
        "forks": len(forks),
        "exposures": [
            {
                "allowance": one.ref.hex(),
                "payer_id": one.payer_id.hex(),
                "currency": one.currency,
                "reserved_minor": one.reserved_minor,
                "from_free_minor": one.from_free_minor,
                "from_pool_minor": one.from_pool_minor,
                "from_loss_minor": one.from_loss_minor,
                "deadline": rfc3339(one.deadline),
            }
            for one in exposures
        ],
    }
    shown = Table(title=report.pick("Allowances", "额度"))
    for heading in (("Allowance", "额度"), ("Payer", "付款人")):
        shown.add_column(report.pick(*heading), overflow="fold")
    for heading in (("Reserved", "已预留"), ("From pool", "担保池垫付"), ("Loss", "损失")):
        shown.add_column(report.pick(*heading), justify="right")
    shown.add_column(report.pick("Deadline D", "截止时间 D"), overflow="fold")
    for one in exposures:
        amounts = (one.reserved_minor, one.from_pool_minor, one.from_loss_minor)
        shown.add_row(
            one.ref.hex(), one.payer_id.hex(), *(money(each, one.currency) for each in amounts), rfc3339(one.deadline)
        )
    verdict = report.pick("agree", "一致") if ok else report.pick("DO NOT AGREE", "不一致")
    shown.caption = report.pick(
        f"The books {verdict}: {books.postings} postings. Convictions: {len(forks)}.",
        f"账目{verdict}：{books.postings} 条分录。违约证据：{len(forks)}。",
    )
    return report.done(keys, shown)


def run_close_window(args: Namespace, report: Report) -> int:
    """`operator close-window`."""
    with connected(args, report) as client:
        closed = client.close_windows(now=args.now)
        currency = _currency_of(args, client)
    keys = {
        "allowances": closed.allowances,
        "paid_minor": closed.paid_minor,
        "returned_minor": closed.returned_minor,
        "currency": currency,
    }
    return report.done(keys, _shown(report, keys))


def _currency_of(args: Namespace, client: "OperatorClient") -> str:
    """What was asked for, else the one currency that the operator's published policy serves."""
    from feiqian.protocol.trust_pack import decode_trust_pack

    asked: str | None = getattr(args, "currency", None)
    if asked is not None:
        return asked
    pack = client.trust_pack()
    policies = () if pack is None else decode_trust_pack(pack.raw).key_set.policies
    if len(policies) != 1:
        raise OperatorTrouble("currency_needed")
    return policies[0].currency


def _payer_code_keys(args: Namespace, payer: "NewPayer") -> dict[str, Any]:
    keys = {"payer_id": payer.payer_id.hex()} | _code_keys(args, "wallet", payer.code, payer.code_expires_at)
    return keys | {"pin": payer.pin}


def _payee_code_keys(args: Namespace, payee: "NewPayee") -> dict[str, Any]:
    return {"payee_id": payee.payee_id.hex()} | _code_keys(args, "terminal", payee.code, payee.code_expires_at)


def _code_keys(args: Namespace, app: App, code: str, expires_at: int) -> dict[str, Any]:
    link = enrolment_link(address_for_people(args), app, code)
    return {"enrolment_code": code, "code_expires_at": rfc3339(expires_at), "enrolment_link": link}


_LABELS = {
    "payer_id": ("Payer", "付款人"),
    "payee_id": ("Payee", "收款方"),
    "name": ("Name", "名称"),
    "enrolment_code": ("Enrolment code (shown once)", "开通码（仅显示一次）"),
    "code_expires_at": ("Code is good until", "开通码有效至"),
    "pin": ("Six digits to tell another way (shown once)", "请以另一种方式告知的六位口令（仅显示一次）"),
    "free_minor": ("Free balance", "可用余额"),
    "pool_minor": ("Guarantee pool", "担保池"),
    "allowances": ("Allowances ended", "已结束的额度"),
    "paid_minor": ("Paid to waiting claims", "已付待结款项"),
    "returned_minor": ("Returned to payers", "已退回付款人"),
}


def _shown(report: Report, keys: dict[str, Any]) -> Any:
    """The keys as a table for people."""
    from rich.table import Table

    table = Table(show_header=False)
    for name, value in keys.items():
        if name in _LABELS and value is not None:
            text = money(value, keys["currency"]) if name.endswith("_minor") else str(value)
            table.add_row(report.pick(*_LABELS[name]), text)
    return table


def _id_or_pool(text: str) -> bytes | None:
    return None if text == "pool" else read_id(text)


def _currency(text: str) -> str:
    if _CURRENCY.fullmatch(text) is None:
        raise argparse.ArgumentTypeError("a currency is three capital letters, like CNY")
    return text


def _key(text: str) -> str:
    from feiqian.links.http_spelling import IDEMPOTENCY_KEY_PATTERN

    if re.match(IDEMPOTENCY_KEY_PATTERN, text, re.ASCII) is None:
        raise argparse.ArgumentTypeError("a key is 16 to 64 letters, digits, - or _")
    return text


def _instant(text: str) -> int:
    from feiqian.links.http_spelling import read_instant

    try:
        return read_instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
