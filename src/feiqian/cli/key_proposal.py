"""A proposed key set as a file, and a root key's signature over it: what travels to the root keys and back.

Root keys live on machines that are connected to nothing: whoever signs needs the proposal, a root key and this program,
and no home. A proposal also holds the key set in force, so that the signer sees what would change.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from feiqian.cli.durable_files import write_durably
from feiqian.cli.key_words import KeyTrouble
from feiqian.cli.report import CommandTrouble
from feiqian.keys.software import SoftwareKey
from feiqian.protocol.ids import KeyId
from feiqian.protocol.keys import key_id_of
from feiqian.protocol.refusals import Refused
from feiqian.protocol.trust import check_key_set
from feiqian.protocol.trust_pack import KeySet, TrustedKey, decode_key_set, sign_key_set

PROPOSAL, SIGNATURE = "feiqian key set proposal", "feiqian key set signature"
SCHEMA: Final = 1
FILE_MAX_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A key set that waits for its signatures, and the one in force when it was proposed."""

    deployment: str
    key_set: bytes
    before: bytes

    @property
    def fingerprint(self) -> str:
        """What people compare by eye, also over the phone: 8 bytes of the SHA-256, in groups of four digits."""
        digits = hashlib.sha256(self.key_set).hexdigest()[:16]
        return " ".join(digits[at : at + 4] for at in range(0, 16, 4))

    @property
    def decoded(self) -> KeySet:
        """The proposed key set. Raises Refused."""
        return decode_key_set(self.key_set)

    @property
    def signers(self) -> set[bytes]:
        """The root keys whose signatures count: those of the key set in force, and those that the new one names."""
        return {*decode_key_set(self.before).roots, *self.decoded.roots}


def write_proposal(path: Path, proposal: Proposal) -> None:
    """Writes it; never over something. Raises KeyTrouble."""
    _write(
        path,
        {
            "kind": PROPOSAL,
            "schema": SCHEMA,
            "deployment": proposal.deployment,
            "key_set": proposal.key_set.hex(),
            "before": proposal.before.hex(),
        },
    )


def read_proposal(path: Path) -> Proposal:
    """The proposal in a file. Raises KeyTrouble, CommandTrouble."""
    content = _read(path, PROPOSAL)
    try:
        found = Proposal(
            deployment=str(content["deployment"]),
            key_set=bytes.fromhex(content["key_set"]),
            before=bytes.fromhex(content["before"]),
        )
        decode_key_set(found.before)
        decode_key_set(found.key_set)
    except (ValueError, KeyError, TypeError, Refused):
        raise KeyTrouble("proposal_unreadable", path=path.name) from None
    return found


def sign_proposal(proposal: Proposal, root: SoftwareKey, out: Path) -> KeyId:
    """Writes this root key's signature; its key id. Raises KeyTrouble not_a_root."""
    if root.public_key not in proposal.signers:
        raise KeyTrouble("not_a_root")
    key_id, signature = sign_key_set(root, proposal.deployment, proposal.key_set)
    _write(
        out,
        {
            "kind": SIGNATURE,
            "schema": SCHEMA,
            "key_set_sha256": hashlib.sha256(proposal.key_set).hexdigest(),
            "key_id": key_id.hex(),
            "signature": signature.hex(),
        },
    )
    return key_id


def read_signature(path: Path, proposal: Proposal) -> tuple[KeyId, bytes]:
    """A root key's signature over this proposal. Raises KeyTrouble, CommandTrouble."""
    content = _read(path, SIGNATURE)
    try:
        if content["key_set_sha256"] != hashlib.sha256(proposal.key_set).hexdigest():
            raise KeyTrouble("proposal_unreadable", path=path.name)
        return KeyId(bytes.fromhex(content["key_id"])), bytes.fromhex(content["signature"])
    except (ValueError, KeyError, TypeError):
        raise KeyTrouble("proposal_unreadable", path=path.name) from None


def check_publishable(proposal: Proposal, current: bytes, signatures: Sequence[tuple[KeyId, bytes]]) -> None:
    """Raises KeyTrouble unless every device that holds the key set in force would take this one after it."""
    held, new = decode_key_set(current), proposal.decoded
    if new.version != held.version + 1:
        raise KeyTrouble("proposal_outdated", found=new.version, wanted=held.version + 1)
    try:
        check_key_set(proposal.key_set, signatures, held.roots, held.threshold, proposal.deployment)
    except Refused as refused:
        raise KeyTrouble("signatures_missing", why=refused.detail) from None
    revoked = {(key.role, key.key) for key in held.keys if key.revoked_at is not None}
    if any((key.role, key.key) in revoked and key.revoked_at is None for key in new.keys):
        raise KeyTrouble("revocation_taken_back")


def what_changes(proposal: Proposal) -> list[tuple[str, TrustedKey]]:
    """Each key that the proposal adds, changes or leaves out, with one of these words."""
    before = {(key.role, key.key): key for key in decode_key_set(proposal.before).keys}
    after = {(key.role, key.key): key for key in proposal.decoded.keys}
    found = [("left out", key) for name, key in before.items() if name not in after]
    for name, key in after.items():
        old = before.get(name)
        if old is None:
            found.append(("new", key))
        elif key.revoked_at is not None and old.revoked_at is None:
            found.append(("revoked", key))
        elif key != old:
            found.append(("changed", key))
    return found


def read_root_key(path: Path) -> SoftwareKey:
    """A root key from its file. Raises KeyTrouble, CommandTrouble."""
    try:
        return SoftwareKey(bytes.fromhex(path.read_text(encoding="ascii").strip()))
    except OSError:
        raise CommandTrouble("file_missing", path=path.name) from None
    except ValueError:
        raise KeyTrouble("root_key_unreadable", path=path.name) from None


def spelled_key(key: TrustedKey) -> str:
    """A key's short id."""
    return key_id_of(key.key).hex()


def _write(path: Path, content: dict[str, Any]) -> None:
    if path.exists():
        raise KeyTrouble("file_exists", path=path.name)
    write_durably(path, (json.dumps(content, indent=1) + "\n").encode())


def _read(path: Path, kind: str) -> dict[str, Any]:
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise KeyTrouble("proposal_unreadable", path=path.name)
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise CommandTrouble("file_missing", path=path.name) from None
    except ValueError:
        raise KeyTrouble("proposal_unreadable", path=path.name) from None
    if not isinstance(content, dict) or (content.get("kind"), content.get("schema")) != (kind, SCHEMA):
        raise KeyTrouble("proposal_unreadable", path=path.name)
    return content
