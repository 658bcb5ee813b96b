"""The operator that the console's pages are looked at with answers as the real one does: the same fields, every one.

Else a page could be well tested against answers that nobody gives. The fields of the real one are those of its OpenAPI.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.server.console.office import an_office
from tests.web.node import node

MADE_UP = """
import { answersOf } from "./console/screens/fake_data.ts";
console.log(JSON.stringify([answersOf("busy"), answersOf("empty")]));
"""
ONE = {"payers": "payer_id", "payees": "payee_id", "allowances": "ref", "disputes": "dispute_id"}


def route(path: str) -> str:
    """The real route that a made-up answer stands for."""
    first, _, rest = path.partition("/")
    if rest.startswith("one"):
        return f"/v1/console/{first}/{{{ONE[first]}}}{rest.removeprefix('one')}"
    return "/v1/console/audit/leaves/{index}" if path == "audit/leaf" else f"/v1/console/{path}"


def differences(document: Any, schema: Any, value: Any, where: str) -> Iterator[str]:
    """Where this value has a field too many or too few, at any depth."""
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        if value is not None:
            yield from differences(document, schema["anyOf"][0], value, where)
    elif schema.get("type") == "array":
        for item in value:
            yield from differences(document, schema["items"], item, f"{where}[]")
    elif "properties" in schema:
        fields = schema["properties"]
        yield from (f"{where}.{name}" for name in sorted(fields.keys() ^ value.keys()))
        for name in fields.keys() & value.keys():
            yield from differences(document, fields[name], value[name], f"{where}.{name}")


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with an_office(tmp_path_factory.mktemp("office")) as office:
        return office.browser().get("/v1/openapi.json").json()


def test_made_up_answers_have_the_fields_of_real_ones(document: Any) -> None:
    days = json.loads(node("--input-type=module", "--eval", MADE_UP))
    found: list[str] = []
    for day in days:
        for path, answer in day.items():
            schema = document["paths"][route(path)]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            found += differences(document, schema, answer, path)
    assert sorted(set(found)) == []


def test_what_is_not_alike_is_found(document: Any) -> None:
    schema = document["paths"]["/v1/console/forks"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    wrong = {"forks": [{"ref": "AAAA"}], "more": True}
    found = set(differences(document, schema, wrong, "forks"))
    assert {"forks.next", "forks.more", "forks.forks[].payer_id"} <= found
