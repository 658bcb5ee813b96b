"""House rules of docs/STYLE that no linter knows, each as one test that names file and line."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator

from tests.tidy.house import ROOT, Source, product, published, python

LONGEST_SOURCE_LINES = 450
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
SOURCE_SUFFIXES = {".py", ".ts", ".tsx"}


def test_every_source_file_opens_with_a_docstring() -> None:
    assert [source.place for source in python() if not ast.get_docstring(source.tree)] == []


def test_no_source_file_is_too_long_to_hold_in_mind() -> None:
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in published()
        if path.suffix in SOURCE_SUFFIXES and path.relative_to(ROOT).parts[0] in {"src", "web", "tasks", "dev.py"}
    }
    assert {place: lines for place, lines in lengths.items() if lines > LONGEST_SOURCE_LINES} == {}


def test_files_are_named_for_what_they_hold() -> None:
    places = [path.relative_to(ROOT) for path in published() if path.suffix in SOURCE_SUFFIXES]
    parts = ((place, part) for place in places for part in (*place.parts[:-1], place.stem))
    assert [str(place) for place, part in parts if part.removeprefix("test_") in NAMES_THAT_SAY_NOTHING] == []


def test_no_error_is_swallowed() -> None:
    assert [source.at(handler) for source in python() for handler in swallowing(source)] == []


def swallowing(source: Source) -> Iterator[ast.ExceptHandler]:
    """Yield handlers that catch everything, named or not, and neither raise nor do anything."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else ""
            idle = all(isinstance(line, ast.Pass | ast.Continue | ast.Expr) for line in node.body)
            calls = any(isinstance(inner, ast.Call) for line in node.body for inner in ast.walk(line))
            if not caught or (caught in {"Exception", "BaseException"} and idle and not calls):
                yield node


def test_only_the_command_line_prints() -> None:
    assert [
        source.at(node)
        for source in product()
        for node in ast.walk(source.tree)
        if not source.module.startswith("cli") and isinstance(node, ast.Call) and calls(node, "print")
    ] == []


def test_money_is_never_a_float() -> None:
    assert sorted({source.at(node) for source in python() for node in money_as_float(source)}) == []


def money_as_float(source: Source) -> Iterator[ast.expr | ast.stmt | ast.arg]:
    """Yield where something called *_minor is declared a float, made one, divided into one or set to one."""
    for node in ast.walk(source.tree):
        match node:
            case ast.AnnAssign(target=named, annotation=kind) if is_money(named) and says_float(kind):
                yield node
            case ast.arg(arg=name, annotation=kind) if name.endswith("_minor") and kind and says_float(kind):
                yield node
            case ast.FunctionDef(name=name, returns=kind) if name.endswith("_minor") and kind:
                if says_float(kind):
                    yield node
            case ast.BinOp(left=left, op=ast.Div(), right=right) if is_money(left) or is_money(right):
                yield node
            case ast.Call(args=[money, *_]) if calls(node, "float") and is_money(money):
                yield node
            case ast.keyword(arg=str(name), value=ast.Constant(value=float()) as value):
                if name.endswith("_minor"):
                    yield value
            case ast.Assign(targets=[named], value=ast.Constant(value=float())) if is_money(named):
                yield node


def is_money(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name.lower().endswith("_minor")
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name.endswith("_minor")
        case _:
            return False


def says_float(kind: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) and part.id == "float" for part in ast.walk(kind))


def calls(node: ast.Call, name: str) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == name


def test_nothing_is_left_for_later_in_a_comment() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX)\b")
    assert [
        f"{source.place}:{line}" for source in python() for line, text in remarks(source) if later.search(text)
    ] == []


def remarks(source: Source) -> Iterator[tuple[int, str]]:
    """Yield line and text of every comment and docstring."""
    for token in tokenize.generate_tokens(io.StringIO(source.text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield getattr(node, "lineno", 1), ast.get_docstring(node) or ""
