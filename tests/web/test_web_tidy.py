"""House rules of web/ that its linter does not know, each as one test that names file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.web import WEB
from tests.tidy.house import published

VERIFIERS = {"trust", "verified", "verify", "verify_allowance", "verify_credit", "verify_payee"}
SOURCES = [path for path in published() if path.is_relative_to(WEB) and path.suffix in {".ts", ".tsx"}]
PROTOCOL = [path for path in SOURCES if path.parent == WEB / "protocol"]

# What a pattern means -> the only files of web/protocol in which it may stand.
DOORS = {
    r"\bas (?!const\b)[A-Za-z{(\[]": {"typed"},  # a cast
    r"\bany\b[\])>,;| ]": set(),
    r"@ts-|biome-ignore": set(),
    r"crypto\.subtle": {"hash", "keys"},
    r"\bSEAL\b": VERIFIERS,
    r"Compression": {"inflate"},
}
IMPURE = re.compile(
    r"\b(Date|Math\.random|getRandomValues|fetch|localStorage|indexedDB|navigator|document|window|console|process|"
    r"setTimeout|performance)\b"
)


def code(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of every line, without comments and what `as` means in imports and mapped types."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"/\*.*?\*/", lambda found: "\n" * found[0].count("\n"), text, flags=re.DOTALL)
    for number, line in enumerate(text.splitlines(), start=1):
        bare = re.sub(r"^(import \*) as \w+|^(import .*)\bas \w+|(\[\w+ in .*)\bas ", r"\1\2\3", line)
        yield number, re.sub(r"(?<!:)//.*$", "", bare)


def without_texts(line: str) -> str:
    return re.sub(r'"[^"]*"|`[^`]*`', '""', line)


def test_every_file_opens_with_what_it_is() -> None:
    assert SOURCES
    assert [str(path) for path in SOURCES if not path.read_text(encoding="utf-8").startswith("/**")] == []


@pytest.mark.parametrize("pattern", DOORS)
def test_each_door_of_the_protocol_is_the_only_one(pattern: str) -> None:
    found = [
        (path, number)
        for path in PROTOCOL
        for number, line in code(path)
        if re.search(pattern, line if "from" in pattern else without_texts(line))
    ]
    assert [f"{path.name}:{number}" for path, number in found if path.stem not in DOORS[pattern]] == []
    assert {path.stem for path, _number in found} == DOORS[pattern]


def test_the_protocol_is_pure() -> None:
    """Bytes, values, an instant and randomness come in as arguments, or two runs could differ."""
    assert [
        f"{path.name}:{number}"
        for path in PROTOCOL
        for number, line in code(path)
        if IMPURE.search(without_texts(line))
    ] == []


def test_the_protocol_imports_nothing_from_above() -> None:
    imports = re.compile(r'(?:from|import) "([^"]+)"')
    assert {
        name
        for path in PROTOCOL
        for name in imports.findall(path.read_text(encoding="utf-8"))
        if not name.startswith("./")
    } == set()


# What a pattern means -> the only files of web/platform in which it may stand.
PLATFORM_DOORS = {
    r"\bindexedDB\b": {"idb"},
    r"\bnavigator\.locks\b": {"locks"},
    r"\bgetRandomValues\b": {"randomness"},
    r"(?<![.\w])fetch\(|globalThis\.fetch": {"http"},
    r"\bnavigator\.credentials\b": {"passkey", "paying_passkey"},
    r"\bmediaDevices\b": {"camera"},
    r"\bserviceWorker\b": {"install"},
    r"crypto\.subtle": {"keys", "sealing", "till_recovery"},
    r"\bnew BroadcastChannel\b": {"store"},
    r'from "zxing-wasm': {"qr_worker"},
}


@pytest.mark.parametrize("pattern", PLATFORM_DOORS)
def test_each_door_of_the_platform_is_the_only_one(pattern: str) -> None:
    found = {
        path.stem
        for path in SOURCES
        if path.parent == WEB / "platform"
        for _number, line in code(path)
        if re.search(pattern, line if "from" in pattern else without_texts(line))
    }
    assert found == PLATFORM_DOORS[pattern]


@pytest.mark.parametrize(("folder", "below"), [("risk", {"protocol"}), ("platform", {"protocol", "risk"})])
def test_the_layers_below_the_roles_import_only_downwards(folder: str, below: set[str]) -> None:
    imports = re.compile(r'from "\.\./(\w+)/')
    found = {
        (path.name, name)
        for path in SOURCES
        if path.parent == WEB / folder
        for name in imports.findall(path.read_text(encoding="utf-8"))
    }
    assert {name for _path, name in found} == below


def test_the_npm_lock_pins_every_package_by_hash_and_names_no_address() -> None:
    text = (WEB / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in text
    packages = json.loads(text)["packages"]
    pinned = {name: package for name, package in packages.items() if name}
    assert [name for name, package in pinned.items() if not package.get("integrity", "").startswith("sha512-")] == []
    # What another machine needs is there too, or `npm ci` would refuse to install anything on it or here.
    wanted = {name for package in packages.values() for name in package.get("optionalDependencies", {})}
    assert wanted - {name.rpartition("node_modules/")[2] for name in pinned} == set()


def test_the_versions_are_exact() -> None:
    package = json.loads((WEB / "package.json").read_text(encoding="utf-8"))
    told = {**package["dependencies"], **package["devDependencies"]}
    assert [name for name, version in told.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
