"""The reference page of the interface (docs/api.md), written from its OpenAPI document."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from feiqian.server.crowd_trouble import CROWD_STATUS, CrowdTrouble
from feiqian.server.trouble import STATUS, ServerTrouble

_METHODS = ("get", "post")


def reference_of(document: Mapping[str, Any]) -> str:
    """The page in Markdown."""
    return "\n".join(_lines(document)) + "\n"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {document['info']['title']}: HTTP interface, version 1"
    yield ""
    yield "This page is made from the OpenAPI document that the server gives at `/v1/openapi.json`; a test compares."
    yield ""
    yield document["info"]["description"].strip()
    yield ""
    yield from _schemes(document)
    for tag in document["tags"]:
        yield f"## {tag['name'].capitalize()}"
        yield ""
        yield tag["description"]
        yield ""
        for path, item in document["paths"].items():
            for method in _METHODS:
                if tag["name"] in item.get(method, {}).get("tags", ()):
                    yield from _operation(path, method, item[method])
    yield from _schemas(document)
    yield from _codes()


def _schemes(document: Mapping[str, Any]) -> Iterator[str]:
    yield "| token | what it is |"
    yield "|---|---|"
    for name, scheme in document["components"]["securitySchemes"].items():
        how = "Bearer. " if scheme["type"] == "http" else ""
        yield f"| `{name}` | {how}{scheme['description']} |"
    yield ""


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"### `{method.upper()} {path}`"
    yield ""
    yield f"`{operation['operationId']}`. {operation['description'].strip()}"
    yield ""
    tokens = [f"`{name}`" for need in operation.get("security", ()) for name in need]
    others = [
        f"{one['in']} `{one['name']}`" for one in operation.get("parameters", ()) if one["in"] in {"header", "query"}
    ]
    if tokens or others:
        yield "Takes: " + ", ".join([*(f"token {token}" for token in tokens), *others])
        yield ""
    body = operation.get("requestBody", {}).get("content", {})
    for kind, content in body.items():
        yield f"Body: {_named(content['schema'])} (`{kind}`)"
        yield ""
    for status, response in operation["responses"].items():
        shapes = [f"{_named(content['schema'])} (`{kind}`)" for kind, content in response.get("content", {}).items()]
        yield f"- {status}: {', '.join(shapes) or 'empty'}"
    yield ""


def _schemas(document: Mapping[str, Any]) -> Iterator[str]:
    yield "## Shapes"
    yield ""
    for name, schema in document["components"]["schemas"].items():
        yield f"### {name}"
        yield ""
        yield schema["description"].strip()
        yield ""
        if schema.get("properties"):
            yield "| field | type | |"
            yield "|---|---|---|"
            for field, kind in schema["properties"].items():
                needed = "required" if field in schema.get("required", ()) else "may be absent"
                yield f"| `{field}` | {_typed(kind)} | {needed} |"
            yield ""
        for example in schema.get("examples", ()):
            yield "```json"
            yield json.dumps(example, ensure_ascii=False)
            yield "```"
            yield ""


def _codes() -> Iterator[str]:
    yield "## Codes of the door itself"
    yield ""
    yield "What the issuer and the acquirer refuse carries their own codes; refused bytes carry those of the protocol."
    yield ""
    yield "| code | status | message |"
    yield "|---|---|---|"
    table = {**ServerTrouble.table, **CrowdTrouble.table}
    for code, status in {**STATUS, **CROWD_STATUS}.items():
        yield f"| `{code}` | {int(status)} | {table[code]['en'].message} |"


def _named(schema: Mapping[str, Any]) -> str:
    return f"`{schema['$ref'].rpartition('/')[2]}`" if "$ref" in schema else "bytes"


def _typed(schema: Mapping[str, Any]) -> str:
    match schema:
        case {"$ref": _}:
            shown = _named(schema)
        case {"anyOf": choices}:
            shown = " or ".join(_typed(one) for one in choices)
        case {"type": "array", "items": items}:
            shown = f"list of {_typed(items)}"
        case {"type": "object", "additionalProperties": values}:
            shown = f"object of {_typed(values)}"
        case {"contentEncoding": _}:
            shown = "bytes in base64url" + _bounds(schema)
        case {"format": "date-time"}:
            shown = "RFC 3339 in UTC"
        case _:
            shown = f"{schema['type']}{_bounds(schema)}"
    return shown


def _bounds(schema: Mapping[str, Any]) -> str:
    if "maximum" in schema:
        return f", {schema['minimum']} to {schema['maximum']}"
    if "maxLength" in schema:
        low, high = schema["minLength"], schema["maxLength"]
        return f", {high} characters" if low == high else f", {low} to {high} characters"
    return f" `{schema['pattern']}`" if "pattern" in schema and "contentEncoding" not in schema else ""
