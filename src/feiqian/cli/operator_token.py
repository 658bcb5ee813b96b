"""The operator's keys in a PKCS#11 token instead of files, and `feiqian operator token`, which chooses that for a home.

    keys/token.json   module, the token's label, the file with its PIN, and for every key its label in the token

The PIN's file is named there, or by FEIQIAN_TOKEN_PIN_FILE; its owner alone may read it. Keys are called here as their
files would be. A key that was made in the token before a crash and is named nowhere signs nothing.
"""

import json
import os
import secrets
import stat
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from feiqian.cli.durable_files import write_durably
from feiqian.cli.operator_home import ACQUIRER_KEY, ISSUER_KEY, KEYS, ONLINE_KEY, SETTINGS, HomeTrouble, locked
from feiqian.cli.report import Report
from feiqian.keys.pkcs11 import Token
from feiqian.keys.token_troubles import TokenTrouble

if TYPE_CHECKING:
    from feiqian.keys.pkcs11 import TokenKey

RECORD: Final = "token.json"
PIN_FILE: Final = "FEIQIAN_TOKEN_PIN_FILE"
FIRST_KEYS: Final = (ISSUER_KEY, ACQUIRER_KEY, ONLINE_KEY)
_FORMAT: Final = 1
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeToken:
    """The token of one home. `labels` are those of its keys, by what their files would be called."""

    path: Path
    module: Path
    label: str
    pin_file: Path
    labels: dict[str, str]

    def signers(self) -> "list[TokenKey]":
        """All its keys. Raises TokenTrouble."""
        token = self._open()
        return [token.key(label) for label in self.labels.values()]

    def key(self, name: str) -> "TokenKey":
        """The key of this name, made if there is none. Raises TokenTrouble."""
        label = self.labels.get(name)
        return self._open().key(label) if label is not None else self.make(lambda _: name)

    def make(self, name_of: Callable[["TokenKey"], str]) -> "TokenKey":
        """A new key, remembered under the name that `name_of` gives it. Raises TokenTrouble."""
        key = self._open().make(f"feiqian {secrets.token_hex(8)}")
        self.labels[name_of(key)] = key.label
        write_durably(self.path, self._spelled())
        return key

    def _open(self) -> Token:
        pin_file = Path(os.environ.get(PIN_FILE) or self.pin_file)
        return opened_token(self.module, self.label, pin_file)

    def _spelled(self) -> bytes:
        spelled = {
            "format": _FORMAT,
            "module": str(self.module),
            "token": self.label,
            "pin_file": str(self.pin_file),
            "keys": self.labels,
        }
        return json.dumps(spelled, indent=1).encode()


def token_of(home: Path) -> HomeToken | None:
    """The token that this home's keys live in; None where they are in files. Raises HomeTrouble."""
    path = home / KEYS / RECORD
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        labels = {str(name): str(label) for name, label in content["keys"].items()}
        if content["format"] != _FORMAT:
            raise HomeTrouble("home_damaged", part=f"{KEYS}/{RECORD}")
        return HomeToken(
            path=path,
            module=Path(content["module"]),
            label=str(content["token"]),
            pin_file=Path(content["pin_file"]),
            labels=labels,
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise HomeTrouble("home_damaged", part=f"{KEYS}/{RECORD}") from None


def add_token_act(acts: Any, common: ArgumentParser) -> None:
    """`operator token`."""
    purpose = "keep the keys of a new --home in a PKCS#11 token; its PIN is in --pin-file"
    token = acts.add_parser("token", help=purpose, description=purpose, parents=[common])
    token.add_argument("--module", type=Path, required=True, metavar="F", help="the PKCS#11 library of its maker")
    token.add_argument("--token", required=True, metavar="LABEL", help="the token's label")
    token.set_defaults(run=run_token, command_name="operator token")


def run_token(args: Namespace, report: Report) -> int:
    """`operator token`."""
    if args.pin_file is None:
        raise TokenTrouble("token_pin_unreadable", path="--pin-file")
    with locked(args.home):
        keys = args.home / KEYS
        chosen = token_of(args.home)
        if (args.home / SETTINGS).exists() or (chosen is None and any(keys.glob("*.key"))):
            raise TokenTrouble("token_not_new")
        keys.mkdir(mode=0o700, exist_ok=True)
        known = (
            {}
            if chosen is None or (chosen.label, chosen.module) != (args.token, args.module.absolute())
            else chosen.labels
        )
        token = HomeToken(
            path=keys / RECORD,
            module=args.module.absolute(),
            label=args.token,
            pin_file=args.pin_file.absolute(),
            labels=known,
        )
        made = {name: token.key(name) for name in FIRST_KEYS}
    shown = {name.removesuffix(".key"): key.public_key.hex() for name, key in made.items()}
    return report.done(
        {"token": args.token, "keys": shown},
        report.pick(
            f"The keys are in the token “{args.token}” and cannot be taken out of it.",
            f"密钥已在令牌“{args.token}”中生成，无法导出。",
        ),
        report.pick("Next: feiqian serve", "下一步：feiqian serve"),
    )


@lru_cache(maxsize=4)
def opened_token(module: Path, label: str, pin_file: Path) -> Token:
    """One session a process, however often keys are read."""
    return Token(module, label, _read_pin(pin_file))


def _read_pin(path: Path) -> str:
    try:
        pin = path.read_text(encoding="utf-8").strip()
        if not pin or path.stat().st_mode & _OTHERS:
            raise TokenTrouble("token_pin_unreadable", path=path.name)
    except (OSError, UnicodeDecodeError):
        raise TokenTrouble("token_pin_unreadable", path=path.name) from None
    return pin
