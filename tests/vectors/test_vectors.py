"""Every file in vectors/ is answered as it says, is made by the generator, and stands beside its neighbour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feiqian.protocol.refusals import RefusalCode, Refused
from tests.vectors import door_scenarios, generate
from tests.vectors.reader import CHECKS, DECODERS, FOLDER, files, load, name_of, run
from tests.vectors.scenario import ACCEPTED

FILES = files()
NOT_A_FILE_OF_OURS = {"README.md"}
# A picture that nobody can read never becomes bytes: the refusal is made in links/, whose tests draw such pictures.
NOT_OF_BYTES = {RefusalCode.PICTURE_UNREADABLE}
KEYS = {"title", "why", "check", "input", "context", "expect"}


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_vector_is_answered_as_it_says(path: Path) -> None:
    vector = load(path)
    expected = (vector["expect"], vector.get("output"))
    found: tuple[str, Any]
    try:
        found = (ACCEPTED, run(vector))
    except Refused as refused:
        found = (refused.code.value, None)
    assert found == expected


def test_the_generator_reproduces_every_byte_and_no_file_is_stray(tmp_path: Path) -> None:
    generate.main(tmp_path)
    made = {path.relative_to(tmp_path).as_posix(): path for path in tmp_path.rglob("*") if path.is_file()}
    held = {name_of(path): path for path in FOLDER.rglob("*") if path.is_file()}
    assert held.keys() - made.keys() == NOT_A_FILE_OF_OURS
    assert made.keys() - held.keys() == set()
    assert [name for name, path in made.items() if path.read_bytes() != held[name].read_bytes()] == []


def test_every_refusal_has_a_vector() -> None:
    told = {load(path)["expect"] for path in FILES}
    assert {code.value for code in RefusalCode} - told == {code.value for code in NOT_OF_BYTES}


def test_a_refused_vector_has_an_accepted_neighbour_with_the_same_question() -> None:
    vectors = {name_of(path): load(path) for path in FILES}
    refused = {name: vector for name, vector in vectors.items() if vector["expect"] != ACCEPTED}
    assert [
        name
        for name, vector in refused.items()
        if vectors.get(vector["neighbour"], vector)["expect"] != ACCEPTED
        or vectors[vector["neighbour"]]["check"] != vector["check"]
        or (vectors[vector["neighbour"]]["input"], vectors[vector["neighbour"]]["context"])
        == (vector["input"], vector["context"])
    ] == []


def test_a_file_holds_what_the_readme_says() -> None:
    for path in FILES:
        vector = load(path)
        told = KEYS | ({"output"} if vector["expect"] == ACCEPTED else {"neighbour"})
        assert vector.keys() == told, path
        assert vector["title"]
        assert vector["why"].endswith((".", "?")), path


def test_the_readme_names_every_check_and_every_message() -> None:
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert [name for name in (*CHECKS, *DECODERS) if f"`{name}`" not in readme] == []
    assert {load(path)["check"] for path in FILES} == set(CHECKS)
    asked = {load(path)["input"]["message"] for path in FILES if load(path)["check"] == "decode"}
    assert asked == set(DECODERS)


def test_two_scenarios_of_one_name_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    once = door_scenarios.scenarios()
    monkeypatch.setattr(door_scenarios, "scenarios", lambda: once + once[:1])
    with pytest.raises(ValueError, match="cbor/zero"):
        generate.scenarios()
