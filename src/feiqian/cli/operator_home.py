"""The operator's home: a folder with its keys, books and settings, and the composition root that opens it.

    operator.json   deployment, currency, root keys; written last, so it says that the home is complete
    admin.token     the administrator's bearer token
    keys/           one private key a file; key-set.cbor and its root signatures
    operator.db     the books
    answers.db      answers kept under idempotency keys
    house.lock      held by the one of several processes that keeps house
    server.url      where the running server is reached from this machine
    site.url        where others reach it, which is what people open in a browser
    metrics.token   opens /metrics and nothing else; written at every start

Everything is readable by its owner only. A home that lacks a part is refused, never repaired by guessing: a new
issuer key in place of a lost one would leave every allowance in the field without an issuer.
"""

import fcntl
import json
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from feiqian.cli.durable_files import write_durably, write_secret
from feiqian.cli.store_choice import SQLITE, open_store
from feiqian.keys.software import SoftwareKey
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.words import Trouble, Words, WordsTable

if TYPE_CHECKING:
    from feiqian.server.numbers import Numbers
    from feiqian.server.operator import Operator
    from feiqian.server.tracing import Traces
    from feiqian.storage.operator_store import OperatorStore
    from feiqian.storage.postgres_store import PostgresStore

SETTINGS, ADMIN_TOKEN, SERVER_URL, LOCK = "operator.json", "admin.token", "server.url", "server.lock"
HOUSE_LOCK, METRICS_TOKEN, SITE_URL = "house.lock", "metrics.token", "site.url"
BOOKS, ANSWERS, KEYS = "operator.db", "answers.db", "keys"
KEY_SET, ROOT_SIGNATURES = "key-set.cbor", "key-set.signatures"
ISSUER_KEY, ACQUIRER_KEY, ONLINE_KEY = "issuer.key", "acquirer.key", "online.key"
ROOT_KEYS: Final = ("root-1.key", "root-2.key", "root-3.key")
ROOT_THRESHOLD: Final = 2
FORMAT: Final = 1

_KEYS_README: Final = """\
# Keys of this operator

issuer.key, issuer-ID.key       sign allowances and status lists
acquirer.key, acquirer-ID.key   sign terminal certificates and answers
online.key, online-ID.key       sign the trust index, one a week, and may do nothing else
till-recovery.key   opens keys that tills have sealed for you: feiqian operator recover-till. It may be kept elsewhere
log.key         signs the states of the audit log, and may do nothing else
data-1.key      opens names and words in the books; the highest number seals. Never keep it beside a copy of the books
root-1.key, root-2.key, root-3.key
                any two of them sign the key set, which says whom devices believe

The root keys were used once, for the first key set (key-set.cbor). The server does not need them to run. Move each
to a place of its own that is not connected to anything, and delete it here: whoever holds two of them can make
every device believe other keys. They are needed again for every next key set: feiqian operator keys says when.

Each file holds one private key, 32 bytes in hexadecimal: of P-256, log.key of Ed25519, data-N.key of AES-256.
"""


class HomeTrouble(Trouble):
    """What can be wrong with an operator's home."""

    table: ClassVar[WordsTable] = {
        "home_missing": {
            "en": Words(
                "There is no operator in the folder {home}.",
                "Nothing was changed.",
                "Give --home DIR, or start it there once with: feiqian serve",
            ),
            "zh": Words(
                "文件夹 {home} 中没有运营方数据。", "没有任何改动。", "请用 --home 指定，或先运行：feiqian serve"
            ),
        },
        "home_damaged": {
            "en": Words(
                "The operator's home lacks a part or holds a wrong one: {part}.",
                "Nothing was changed, and nothing was repaired by guessing.",
                "Bring the part back from a backup of this home.",
            ),
            "zh": Words("运营方数据缺失或有误：{part}。", "没有任何改动，也没有擅自修复。", "请从备份恢复该部分。"),
        },
        "disk_full": {
            "en": Words(
                "The disk is full: {part} cannot be written.",
                "What was stored before is whole, and nothing half done was kept.",
                "Make room on the disk, then start it again.",
            ),
            "zh": Words(
                "磁盘已满，无法写入 {part}。",
                "此前已保存的数据完好，没有留下做到一半的操作。",
                "请腾出磁盘空间，然后重新启动。",
            ),
        },
        "books_damaged": {
            "en": Words(
                "{part} is damaged: its bytes are not those that were written.",
                "Nothing was changed, and nothing was repaired by guessing.",
                "Keep a copy of this home as it is, bring {part} back from a backup, and start it again.",
            ),
            "zh": Words(
                "{part} 已损坏，内容与当初写入的不符。",
                "没有任何改动，也没有擅自修复。",
                "请原样保留此数据文件夹的副本，从备份恢复 {part}，然后重新启动。",
            ),
        },
        "disk_failed": {
            "en": Words(
                "The system does not let {part} be read or written.",
                "What was stored before is as it was, and nothing half done was kept.",
                "Check that the disk is sound, has room, and lets this user write; then start it again.",
            ),
            "zh": Words(
                "系统不允许读写 {part}。",
                "此前已保存的数据保持原样，没有留下做到一半的操作。",
                "请检查磁盘是否完好、有空间，且当前用户有写权限；然后重新启动。",
            ),
        },
        "home_in_use": {
            "en": Words(
                "A server already runs on this home.",
                "Nothing was changed; the running server goes on.",
                "Stop it first, or give this one another --home.",
            ),
            "zh": Words(
                "此数据文件夹已有服务器在运行。",
                "没有任何改动；运行中的服务器不受影响。",
                "请先停止它，或用 --home 指定另一个文件夹。",
            ),
        },
        "home_differs": {
            "en": Words(
                "This home was made for {found}, not for {wanted}.",
                "Nothing was changed.",
                "Leave the option out, or give another --home.",
            ),
            "zh": Words("此数据属于 {found}，而非 {wanted}。", "没有任何改动。", "请去掉该选项，或换一个 --home。"),
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What was fixed when the home was made."""

    deployment: str
    currency: str
    roots: tuple[bytes, ...]
    threshold: int
    passkey_without_attestation: bool = False

    @property
    def trust_root(self) -> TrustRoot:
        """What devices pin."""
        return TrustRoot(deployment=self.deployment, roots=self.roots, threshold=self.threshold)


def read_settings(home: Path) -> Settings:
    """The settings of a complete home. Raises HomeTrouble."""
    try:
        content = json.loads((home / SETTINGS).read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise HomeTrouble("home_damaged", part=SETTINGS)
        roots = tuple(bytes.fromhex(root) for root in content["roots"])
        return Settings(
            deployment=str(content["deployment"]),
            currency=str(content["currency"]),
            roots=roots,
            threshold=int(content["threshold"]),
            passkey_without_attestation=content.get("passkey_without_attestation") is True,
        )
    except FileNotFoundError:
        raise HomeTrouble("home_missing", home=home.name) from None
    except (OSError, ValueError, KeyError, TypeError):
        raise HomeTrouble("home_damaged", part=SETTINGS) from None


def make_home(
    home: Path,
    *,
    deployment: str,
    currency: str,
    now: int,
    passkey_origin: str | None = None,
    code_above_minor: int | None = None,
) -> None:
    """Makes an operator's home. What a start that was cut short left behind is made anew: nobody has seen it."""
    from feiqian.cli.home_keys import make_first_keys

    if (home / BOOKS).exists():
        raise HomeTrouble("home_damaged", part=SETTINGS)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    keys = home / KEYS
    keys.mkdir(mode=0o700, exist_ok=True)
    (keys / "README.md").write_text(_KEYS_README, encoding="utf-8")
    named = {"deployment": deployment, "currency": currency}
    roots, threshold = make_first_keys(
        home, **named, now=now, passkey_origin=passkey_origin, code_above_minor=code_above_minor
    )
    write_secret(home / ADMIN_TOKEN, secrets.token_urlsafe(32))
    settings = {
        "format": FORMAT,
        "deployment": deployment,
        "currency": currency,
        "roots": [root.hex() for root in roots],
        "threshold": threshold,
    }
    write_durably(home / SETTINGS, json.dumps(settings, indent=1).encode())


def read_key(home: Path, name: str) -> SoftwareKey:
    """A private key of this home. Raises HomeTrouble."""
    try:
        return SoftwareKey(bytes.fromhex((home / KEYS / name).read_text(encoding="ascii").strip()))
    except (OSError, ValueError):
        raise HomeTrouble("home_damaged", part=f"{KEYS}/{name}") from None


def read_admin_token(home: Path) -> str:
    """The administrator's token. Raises HomeTrouble."""
    try:
        return (home / ADMIN_TOKEN).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise HomeTrouble("home_missing", home=home.name) from None
    except (OSError, ValueError):
        raise HomeTrouble("home_damaged", part=ADMIN_TOKEN) from None


@contextmanager
def locked(home: Path) -> Iterator[None]:
    """Holds the home for one server. The kernel drops the lock when its holder dies. Raises HomeTrouble."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (home / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise HomeTrouble("home_in_use") from None
        yield


def ensure_home(
    home: Path,
    *,
    deployment: str | None,
    currency: str | None,
    passkey_origin: str | None = None,
    code_above_minor: int | None = None,
) -> Settings:
    """The settings of the home, which is made if there is none. Call while it is locked. Raises HomeTrouble."""
    if not (home / SETTINGS).exists():
        named = {"deployment": deployment or "test", "currency": currency or "CNY"}
        now = int(time.time())
        make_home(home, **named, now=now, passkey_origin=passkey_origin, code_above_minor=code_above_minor)
    settings = read_settings(home)
    for wanted, found in ((deployment, settings.deployment), (currency, settings.currency)):
        if wanted not in (None, found):
            raise HomeTrouble("home_differs", found=found, wanted=wanted)
    return settings


@contextmanager
def storing(part: str) -> Iterator[None]:
    """Says in words what disk and database cannot do with a part of the home. Raises HomeTrouble."""
    from feiqian.storage.disk import DATABASE_ERRORS, DiskFault, fault_of

    codes = {
        DiskFault.AWAY: "disk_failed",
        DiskFault.FULL: "disk_full",
        DiskFault.DAMAGED: "books_damaged",
        DiskFault.FAILED: "disk_failed",
    }
    try:
        yield
    except BrokenPipeError:  # whoever read our output has gone; that is no matter of the disk
        raise
    except OSError as error:
        fault = fault_of(error) or DiskFault.FAILED
        raise HomeTrouble(codes[fault], part=part) from error
    except DATABASE_ERRORS as error:  # one that tells nothing of the disk met a schema that is not ours
        fault = fault_of(error) or DiskFault.DAMAGED
        raise HomeTrouble(codes[fault], part=part) from error


def write_server_url(home: Path, url: str, site: str | None = None) -> None:
    """Says where the running server is reached: from this machine, and at `site` by others if that differs."""
    write_durably(home / SITE_URL, f"{site or url}\n".encode())
    write_durably(home / SERVER_URL, f"{url}\n".encode())


def write_metrics_token(home: Path) -> None:
    """Puts the token that opens /metrics and nothing else where whoever collects numbers may be given it."""
    from feiqian.server.operator import metrics_token, token_hash

    write_secret(home / METRICS_TOKEN, metrics_token(token_hash(read_admin_token(home))))


@contextmanager
def opened(
    home: Path,
    settings: Settings,
    numbers: "Numbers | None" = None,
    store_at: str = SQLITE,
    *,
    traces: "Traces | None" = None,
) -> "Iterator[Operator]":
    """The operator of this home, put together; closed at the end. Call while the home is locked.

    `numbers` are those of all its processes. Raises HomeTrouble, and StoreTooNew or MigrationFailed for the books.
    """
    from feiqian.acquirer.dispute_service import Disputes
    from feiqian.acquirer.service import Acquirer
    from feiqian.acquirer.values import CertifyingTerms
    from feiqian.cli.data_keys import HomeDataKeys
    from feiqian.cli.home_keys import KeyWatch
    from feiqian.cli.issuing_parts import attestations_of, enrolment_pins, read_issuing_terms
    from feiqian.cli.log_key import ensure_log_key, log_origin
    from feiqian.cli.operator_recovery import ensure_recovery_key
    from feiqian.cli.passkey_checks import passkeys_of
    from feiqian.cli.staff_desk import staff_desk
    from feiqian.issuer.knowledge import OperatorKnowledge
    from feiqian.issuer.publishing import Publisher
    from feiqian.issuer.service import Issuer
    from feiqian.keys.one_time_codes import code_at
    from feiqian.ledger.verify import verify_books
    from feiqian.server.audit_log import AuditLog
    from feiqian.server.clock import ServerClock
    from feiqian.server.numbers import Numbers
    from feiqian.server.observed import ObservedIssuer, ObservedStore
    from feiqian.server.operator import BookTotals, Operator, token_hash
    from feiqian.server.tracing import NO_TRACES
    from feiqian.storage.file_lock import FileLock
    from feiqian.storage.idempotency import IdempotencyStore

    clock, numbers, traces = ServerClock(), numbers or Numbers(), traces or NO_TRACES
    watch = KeyWatch(home, clock)
    with ExitStack() as stack:
        keys = watch.read()
        knowledge = OperatorKnowledge.of_key_set(settings.deployment, keys.key_set)
        with storing(BOOKS):
            store = open_books(home, store_at)
        stack.callback(store.close)
        with storing(ANSWERS):
            answers = IdempotencyStore(home / ANSWERS, HomeDataKeys(home).seals)
        stack.callback(answers.close)
        with store.read() as reading:
            log_key = ensure_log_key(home, has_signed=reading.size() > 0)
        house = FileLock(home / HOUSE_LOCK)
        stack.callback(house.close)
        observed = ObservedStore(store, numbers, traces)
        issuer = Issuer(
            store=observed,
            signer=keys.issuer,
            deployment=settings.deployment,
            knowledge=knowledge,
            terms=read_issuing_terms(home),
            clock=clock,
            randomness=secrets.token_bytes,
            attestations=attestations_of(
                observed,
                clock,
                passkeys=passkeys_of(
                    lambda: issuer.passkey_origin, clock, without_attestation=settings.passkey_without_attestation
                ),
            ),
            pins=enrolment_pins(),
            code_at=code_at,
        )
        operator = Operator(
            issuer=issuer,
            acquirer=Acquirer(
                store=observed,
                issuer=ObservedIssuer(issuer, numbers, traces),
                signer=keys.acquirer,
                deployment=settings.deployment,
                knowledge=knowledge,
                terms=CertifyingTerms(),
                clock=clock,
                randomness=secrets.token_bytes,
            ),
            disputes=Disputes(store=observed, cheques=issuer, clock=clock, randomness=secrets.token_bytes),
            publisher=Publisher(
                issuer=issuer,
                online=keys.online,
                key_set=keys.key_set,
                root_signatures=keys.root_signatures,
                lists=keys.lists,
                clock=clock,
            ),
            currency=settings.currency,
            admin_token_hash=token_hash(read_admin_token(home)),
            answers=answers,
            clock=clock,
            check_books=lambda: verify_books(store),
            audit=AuditLog(store=observed, signer=log_key, origin=log_origin(settings), clock=clock),
            keeps_house=house.try_take,
            numbers=numbers,
            traces=traces,
            probe=store.probe,
            totals=lambda: BookTotals.of(store),
            staff=staff_desk(store, settings.deployment, clock),
            console=store.read,
            till_recovery_key=ensure_recovery_key(home),
        )
        watch.start(operator.take_keys)
        stack.callback(watch.stop)
        yield operator


def open_books(home: Path, store_at: str) -> "OperatorStore | PostgresStore":
    """The books, with nothing about people left in plain. Raises HomeTrouble, SealTrouble, and as `opened` does.

    Books that are gone or empty in a home that has served before were lost: new ones would forget all money. So are
    keys that books were sealed with: a new one in their place would make every name unreadable.
    """
    from feiqian.cli.data_keys import HomeDataKeys
    from feiqian.ledger.personal import begin_sealing

    books, served_before = home / BOOKS, (home / SERVER_URL).exists()
    if store_at == SQLITE and served_before and not (books.exists() and books.stat().st_size):
        raise HomeTrouble("home_damaged", part=BOOKS)
    keys = HomeDataKeys(home)
    store = open_store(store_at, books, keys.seals, served_before=served_before)
    try:
        with store.read() as reading:
            if not (keys.numbers() or reading.data_keys() or reading.sealed_by(1)):
                keys.make(1)
        begin_sealing(store, keys.seals.newest(), int(time.time()))
    except BaseException:
        store.close()
        raise
    return store
