"""A problem body (RFC 9457) as the operator's server sends it; anything else that looks like one is none."""

import json
from dataclasses import dataclass
from typing import Final

from feiqian.protocol.words import Words

PROBLEM_TYPE: Final = "application/problem+json"
_TEXT_MAX_CHARS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemBody:
    """A stable code and the operator's own sentences. `request_id` is what a person may quote; empty if unknown."""

    code: str
    words: Words
    request_id: str


def problem_in(kind: str, body: bytes) -> ProblemBody | None:
    """The problem in an answer with this Content-Type, or None."""
    if kind.partition(";")[0].strip() != PROBLEM_TYPE:
        return None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if type(content) is not dict:
        return None
    code, *sentences = (content.get(name) for name in ("code", "message", "safe", "next"))
    if not all(type(text) is str and 0 < len(text) <= _TEXT_MAX_CHARS for text in (code, *sentences)):
        return None
    request_id = content.get("request_id")
    return ProblemBody(
        code=str(code),
        words=Words(*map(str, sentences)),
        request_id=request_id if type(request_id) is str and len(request_id) <= _TEXT_MAX_CHARS else "",
    )
