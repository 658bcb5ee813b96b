"""Each outside library has one door, and the rules at the bottom touch no outside at all.

import-linter keeps the layers. These two laws are finer than its contracts: a door can be a single module,
and they have no words for "everyone except".
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.tidy.house import Source, product

# Library -> the modules (with all below them) that may import it. A library that is not here may be imported
# nowhere: a new dependency comes with its door and its ADR.
DOORS = {
    "PIL": ("links",),
    "argon2": ("storage.vault",),
    "cbor2": ("protocol.cbor",),
    "cryptography": (
        "protocol.cose",
        "protocol.keys",
        "audit",
        "keys",
        "storage.vault",
        "cli.bench_verify",  # measures the bare library against our check
    ),
    "fastapi": ("server",),
    "fido2": ("keys", "protocol.passkey"),
    "httpx": ("links",),
    "pkcs11": ("keys",),
    "psycopg": ("storage",),
    "pydantic": ("server",),
    "rich": ("cli",),
    "segno": ("links",),
    "smartcard": ("keys", "links"),
    "sqlcipher3": ("storage",),
    "sqlite3": ("storage",),  # of the standard library, and behind a door all the same
    "starlette": ("server",),
    "tpm2_pytss": ("keys",),
    "uvicorn": ("server",),
    "zxingcpp": ("links",),
}

VERIFIERS = (
    *("protocol.verify", "protocol.verify_allowance", "protocol.verify_credit", "protocol.verify_payee"),
    *("audit.note", "audit.checkpoint"),
)

PURE = ("protocol", "ledger", "risk", "audit")
IMPURE_MODULES = {
    *("asyncio", "concurrent", "ctypes", "fcntl", "glob", "http", "logging", "multiprocessing", "os"),
    *("pathlib", "random", "secrets", "select", "shutil", "signal", "socket", "subprocess"),
    *("sys", "tempfile", "threading", "time", "urllib", "uuid"),
}
IMPURE_CALLS = {"open", "input", "print", "exec", "eval", "__import__", "breakpoint"}
CLOCKS = {"now", "utcnow", "today"}


@pytest.mark.parametrize("library", sorted(DOORS))
def test_each_outside_library_has_one_door(library: str) -> None:
    assert [
        f"{source.at(node)} imports {name}"
        for source in product()
        for node, name in imports(source)
        if name.partition(".")[0] == library and not any(inside(source, door) for door in DOORS[library])
    ] == []


def test_no_library_comes_in_without_a_door() -> None:
    known = {*DOORS, *sys.stdlib_module_names, "feiqian"}
    assert [
        f"{source.at(node)} imports {name}"
        for source in product()
        for node, name in imports(source)
        if name.partition(".")[0] not in known
    ] == []


def test_only_the_verifiers_build_verified_values() -> None:
    """`verify_*` gives a verified value and nothing else does, or holding one would prove nothing."""
    built = [
        f"{source.at(node)} builds {name}"
        for source in product()
        if source.module not in VERIFIERS
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func).rpartition(".")[2]).startswith("Verified")
    ]
    assert built == []


@pytest.mark.parametrize("layer", PURE)
def test_rules_are_pure(layer: str) -> None:
    """Bytes, values, an instant and randomness come in as arguments, or two runs could differ."""
    sources = [source for source in product() if inside(source, layer)]
    assert [place for source in sources for place in impurities(source)] == []


def impurities(source: Source) -> Iterator[str]:
    for statement, name in imports(source):
        if name.partition(".")[0] in IMPURE_MODULES:
            yield f"{source.at(statement)} imports {name}"
    for node in ast.walk(source.tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in IMPURE_CALLS:
                yield f"{source.at(node)} calls {name}()"
            case ast.Attribute(attr=name, value=ast.Name(id=owner) | ast.Attribute(attr=owner)):
                if name in CLOCKS and owner in {"datetime", "date"}:
                    yield f"{source.at(node)} reads the clock with {owner}.{name}"
            case _:
                pass


def imports(source: Source) -> Iterator[tuple[ast.stmt, str]]:
    """Yield every import, also those inside functions and behind TYPE_CHECKING."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node, node.module


def inside(source: Source, door: str) -> bool:
    return source.module == door or source.module.startswith(f"{door}.")
