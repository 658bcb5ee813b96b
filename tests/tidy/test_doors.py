"""Each outside library has one door, and the rules at the bottom touch no outside at all.

import-linter keeps the layers. These two laws are finer than its contracts: a door can be a single module,
and they have no words for "everyone except".
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator

import pytest

from tests.tidy.house import ROOT, Source, product

# Library -> the modules (with all below them) that may import it. A library that is not here may be imported
# nowhere: a new dependency comes with its door and its ADR.
DOORS = {
    "PIL": ("links",),
    "argon2": ("storage.vault", "keys.staff_secrets", "keys.backup_file"),
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
    "fido2": ("keys",),
    "httpx": ("links",),
    "nats": ("links.jetstream",),
    "opentelemetry": ("server.otlp_traces",),
    "pkcs11": ("keys",),
    "psycopg": ("storage",),
    "pydantic": ("server",),
    "pyotp": ("keys.one_time_codes",),
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


def test_nothing_but_a_simulated_world_verifies_in_another_way() -> None:
    """A `KeyReader` decides what a signature is worth: outside the simulation there is one, and it is handed on."""
    others = [source for source in product() if not inside(source, "simulation")]
    assert [place for source in others for place in other_readers(source)] == []


def test_another_way_to_verify_would_be_seen() -> None:
    text = """
class Lenient(PublicKey): ...
class Pretender:
    def verify_digest(self, signature, digest, code): ...
def first_trust(root, raw, read_key=Lenient): ...
Terminal(store, read_key=Lenient)
Found(Lenient)
first_trust(root, raw, Lenient)
OperatorKnowledge.of_key_set(name, raw, Lenient)
outside.read_key = Lenient
"""
    source = Source(path=ROOT / "src" / "feiqian" / "cli" / "x.py", text=text, tree=ast.parse(text))
    assert len(list(other_readers(source))) == 8


def test_the_simulation_is_entered_by_its_command_alone() -> None:
    entered = {
        source.module
        for source in product()
        if not inside(source, "simulation")
        for _, name in imports(source)
        if name.startswith("feiqian.simulation")
    }
    assert entered == {"cli.simulate"}


def test_stores_without_tables_are_for_simulated_devices_alone() -> None:
    """Nothing is encrypted, counted or durable in them."""
    used = {
        source.module.partition(".plain_")[0]
        for source in product()
        for _, name in imports(source)
        if name.startswith("feiqian.storage.plain_")
    }
    assert used == {"storage", "simulation.media"}


VERIFY = ("protocol.keys", "protocol.passkey")
"""Where signatures are verified; a passkey's by the plain key behind it."""


def other_readers(source: Source) -> Iterator[str]:
    """Keys that verify in a way of their own, and whatever is given as a reader and is neither ours nor was given."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("PublicKey") for base in node.bases):
            yield f"{source.at(node)} makes a key of its own"
        if isinstance(node, ast.FunctionDef) and node.name == "verify_digest" and source.module not in VERIFY:
            yield f"{source.at(node)} verifies in its own way"
        for value in readers_in(node):
            if ast.unparse(value).rpartition(".")[2] not in READERS:
                yield f"{source.at(value)} reads keys with {ast.unparse(value)}"


READERS = {"load_public_key", "read_key", "_read_key"}
READER_AT = {"Found": 0, "first_trust": 2, "of_key_set": 2}


def readers_in(node: ast.AST) -> list[ast.expr]:
    """What is given as a reader of keys here: to a call, as a default, or to be kept."""
    match node:
        case ast.FunctionDef(args=arguments):
            named = [*arguments.posonlyargs, *arguments.args]
            given = [*zip(named[len(named) - len(arguments.defaults) :], arguments.defaults, strict=True)]
            given += [*zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]  # type: ignore[list-item]
            return [value for argument, value in given if argument.arg == "read_key" and value is not None]
        case ast.Call():
            at = READER_AT.get(ast.unparse(node.func).rpartition(".")[2])
            found = [word.value for word in node.keywords if word.arg == "read_key"]
            return found if at is None else [*found, *node.args[at : at + 1]]
        case ast.Assign(targets=[ast.Attribute(attr="read_key" | "_read_key")], value=value):
            return [value]
        case ast.AnnAssign(target=ast.Name(id="read_key"), value=ast.Name() as value):
            return [value]
        case _:
            return []


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
