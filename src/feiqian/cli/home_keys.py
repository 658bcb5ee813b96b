"""The operator's keys in its home: private halves, the key set in force, and how that is replaced.

    keys/issuer.key, acquirer.key, online.key      those that the home was made with
    keys/ROLE-KEYID.key                            those that were made since, for a role and named by their key id
    keys/token.json                                where all these live in a PKCS#11 token instead (`operator_token`)
    keys/key-set.cbor, key-set.signatures          the key set in force, and the root keys' signatures over it

A new private key lies here before the key set that names it is proposed, and that takes effect when the root keys have
signed it and it is put in place of the old one: first signatures of both, then the key set, then those of the new one
alone, so that whoever reads meanwhile finds a whole one. Every process looks once a second (`KeyWatch`).
"""

import json
import logging
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Final

from feiqian import __version__
from feiqian.cli.durable_files import write_durably, write_secret
from feiqian.cli.operator_home import (
    ACQUIRER_KEY,
    ISSUER_KEY,
    KEY_SET,
    KEYS,
    ONLINE_KEY,
    ROOT_KEYS,
    ROOT_SIGNATURES,
    ROOT_THRESHOLD,
    HomeTrouble,
)
from feiqian.cli.operator_token import FIRST_KEYS, token_of
from feiqian.issuer.key_life import ONLINE_PREPARED, ROLE_WORDS, changes_at
from feiqian.issuer.key_plan import first_plan
from feiqian.issuer.key_service import KeyMissing, KeysInForce
from feiqian.keys.software import SoftwareKey
from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import Signer, key_id_of
from feiqian.protocol.limits import WIRE_VERSION
from feiqian.protocol.policy import Policy
from feiqian.protocol.trust_pack import KeyRole, decode_key_set, sign_key_set
from feiqian.storage.crash import crash_point

_OWN_KEY: Final = re.compile(r"(issuer|acquirer|online)(-[0-9a-f]{8})?\.key", re.ASCII)
_LOOK_EVERY_S: Final = 1.0
_READS_MAX: Final = 20
PUBLISH_POINT: Final = "home.publish-keys"
PUBLISH_POINTS: Final = tuple(f"{PUBLISH_POINT}:{moment}" for moment in ("signatures", "key-set", "done"))
RootSignatures = Sequence[tuple[KeyId, bytes]]
_log = logging.getLogger("feiqian.server")


def make_first_keys(
    home: Path,
    *,
    deployment: str,
    currency: str,
    now: int,
    passkey_origin: str | None = None,
    code_above_minor: int | None = None,
) -> tuple[tuple[bytes, ...], int]:
    """The keys of a new home and its first key set, signed; its root keys and how many of them must sign."""
    token = token_of(home)
    by_files = (*(() if token is not None else FIRST_KEYS), *ROOT_KEYS)
    in_files = {name: SoftwareKey.generate() for name in by_files}
    for name, key in in_files.items():
        write_secret(home / KEYS / name, key.scalar.hex())
    made: dict[str, Signer] = {**in_files}
    if token is not None:
        made |= {name: token.key(name) for name in FIRST_KEYS}
    taken = {key_id_of(made[ONLINE_KEY].public_key)}
    prepared = [made[ONLINE_KEY], *(make_key(home, KeyRole.ONLINE, taken) for _ in range(ONLINE_PREPARED - 1))]
    roots = tuple(made[name].public_key for name in ROOT_KEYS)
    plan = first_plan(
        now,
        issuer=made[ISSUER_KEY].public_key,
        acquirer=made[ACQUIRER_KEY].public_key,
        online=[key.public_key for key in prepared],
        policies=[Policy(currency=currency, code_above_minor=code_above_minor)],
        least_wire=WIRE_VERSION,
        least_app=__version__,
        roots=roots,
        threshold=ROOT_THRESHOLD,
    )
    key_set = replace(plan, passkey_origin=passkey_origin).encode()
    signatures = [sign_key_set(made[name], deployment, key_set) for name in ROOT_KEYS[:ROOT_THRESHOLD]]
    _write_signatures(home, {key_set: signatures})
    write_durably(home / KEYS / KEY_SET, key_set)
    return roots, ROOT_THRESHOLD


def make_key(home: Path, role: KeyRole, taken: set[KeyId]) -> Signer:
    """A new private key where this home keeps them, durable when this returns. Its short id is none of the `taken`."""
    token = token_of(home)
    if token is not None:
        in_token = token.make(lambda made: f"{ROLE_WORDS[role]}-{key_id_of(made.public_key).hex()}.key")
        if key_id_of(in_token.public_key) in taken:
            return make_key(home, role, taken)
        taken.add(key_id_of(in_token.public_key))
        return in_token
    while True:
        key = SoftwareKey.generate()
        key_id = key_id_of(key.public_key)
        if key_id not in taken:
            break
    taken.add(key_id)
    write_secret(home / KEYS / f"{ROLE_WORDS[role]}-{key_id.hex()}.key", key.scalar.hex())
    return key


def held_keys(home: Path) -> dict[bytes, Signer]:
    """Every operational key whose private half is in this home, by its point. Raises HomeTrouble for a damaged one."""
    token = token_of(home)
    found: dict[bytes, Signer] = {} if token is None else {key.public_key: key for key in token.signers()}
    for path in sorted((home / KEYS).glob("*.key")):
        if _OWN_KEY.fullmatch(path.name) is not None:
            key = _key_in(path)
            found[key.public_key] = key
    return found


def read_key_set(home: Path) -> tuple[bytes, list[tuple[KeyId, bytes]]]:
    """The payload of the key set in force and its root signatures. Raises HomeTrouble."""
    for _ in range(_READS_MAX):
        try:
            payload = (home / KEYS / KEY_SET).read_bytes()
            content = json.loads((home / KEYS / ROOT_SIGNATURES).read_text(encoding="utf-8"))
            of_this = sha256(payload).hexdigest()
            signatures = [
                (KeyId(bytes.fromhex(one["key_id"])), bytes.fromhex(one["signature"]))
                for one in content
                if one.get("key_set_sha256", of_this) == of_this
            ]
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            break
        if signatures:
            return payload, signatures
    raise HomeTrouble("home_damaged", part=f"{KEYS}/{KEY_SET}")


def put_key_set(home: Path, payload: bytes, signatures: RootSignatures) -> None:
    """Puts a key set in force whose signatures were checked. Cut short anywhere, the old one or the new one holds."""
    old, old_signatures = read_key_set(home)
    _write_signatures(home, {old: old_signatures, payload: signatures})
    crash_point(f"{PUBLISH_POINT}:signatures")
    write_durably(home / KEYS / KEY_SET, payload)
    crash_point(f"{PUBLISH_POINT}:key-set")
    _write_signatures(home, {payload: signatures})
    crash_point(f"{PUBLISH_POINT}:done")


def read_keys(home: Path, now: int) -> KeysInForce:
    """The keys in force now. Raises HomeTrouble."""
    key_set, signatures = read_key_set(home)
    held = held_keys(home)
    try:
        return KeysInForce.at(now, key_set=key_set, root_signatures=signatures, held=held)
    except KeyMissing as missing:
        raise HomeTrouble("home_damaged", part=f"{KEYS}/{ROLE_WORDS[missing.role]}.key") from None


class KeyWatch:
    """Looks once a second whether other keys are in force: published anew, or because a key's time has come."""

    def __init__(self, home: Path, clock: Callable[[], int]) -> None:
        self._home, self._clock = home, clock
        self._ends = threading.Event()
        self._seen: tuple[object, ...] = ()
        self._changes_at = 0
        self._thread: threading.Thread | None = None

    def read(self) -> KeysInForce:
        """The keys in force now. Raises HomeTrouble."""
        mark, now = self._mark(), self._clock()
        keys = read_keys(self._home, now)
        self._seen, self._changes_at = mark, changes_at(decode_key_set(keys.key_set), now)
        return keys

    def start(self, take: Callable[[KeysInForce], None]) -> None:
        """From here on every change since the last reading is told to `take`."""
        self._thread = threading.Thread(target=self._run, args=(take,), name="keys", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Looks no more."""
        self._ends.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, take: Callable[[KeysInForce], None]) -> None:
        while not self._ends.wait(_LOOK_EVERY_S):
            try:
                if self._mark() != self._seen or self._clock() >= self._changes_at:
                    keys = self.read()
                    take(keys)
                    _log.info("other keys are in force: key set %d", decode_key_set(keys.key_set).version)
            except Exception as failure:  # noqa: BLE001  # whatever is wrong with the files, the keys of before still serve
                _log.error("the keys in the home cannot be read; those of before serve on", exc_info=failure)

    def _mark(self) -> tuple[object, ...]:
        try:
            found = (self._home / KEYS / KEY_SET).stat()
        except OSError:
            return ()
        return found.st_ino, found.st_mtime_ns, found.st_size


def _write_signatures(home: Path, by_key_set: Mapping[bytes, RootSignatures]) -> None:
    spelled = [
        {"key_set_sha256": sha256(payload).hexdigest(), "key_id": key_id.hex(), "signature": signature.hex()}
        for payload, signatures in by_key_set.items()
        for key_id, signature in signatures
    ]
    write_durably(home / KEYS / ROOT_SIGNATURES, json.dumps(spelled, indent=1).encode())


def _key_in(path: Path) -> SoftwareKey:
    try:
        return SoftwareKey(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except (OSError, ValueError):
        raise HomeTrouble("home_damaged", part=f"{KEYS}/{path.name}") from None
