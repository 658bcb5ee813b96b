"""The server's log on standard error: lines for people, or one JSON object a line for programs.

Rules kept:

- Ids are written `masked`; tokens, codes, PINs and bodies are never given to the log. Beneath that lies a net: what
  looks like a key, a token or an id in a text that a library made is cut to its beginning.
- A request is one line, with its route's template and never its address. For people only those that failed.
"""

import json
import logging
import re
import sys
import time
from enum import StrEnum
from typing import Any, Final

from feiqian.server.watching import REQUEST_LOGGER

_LONG = re.compile(r"[A-Za-z0-9_-]{11,}", re.ASCII)
"""The shortest id is 8 bytes, 11 characters in base64url."""
_KEPT_CHARS: Final = 6
_DATE_DIGITS: Final = 8
_READABLE: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"


class LogForm(StrEnum):
    """For whom the log is."""

    TEXT = "text"
    JSON = "json"


def start_log(form: LogForm) -> None:
    """From now on everything goes to standard error in this form; each process may call it again with its place."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(0) if form is LogForm.JSON else ReadableLines(_READABLE))
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger(REQUEST_LOGGER).setLevel(logging.INFO if form is LogForm.JSON else logging.WARNING)


def name_worker(place: int) -> None:
    """Lines of this process say which of several it is."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, JsonLines):
            handler.setFormatter(JsonLines(place))


class JsonLines(logging.Formatter):
    """A record as one JSON object."""

    def __init__(self, worker: int) -> None:
        super().__init__()
        self._worker = worker

    def format(self, record: logging.LogRecord) -> str:
        """`time`, `level`, `event`, `worker`, and what the event carries."""
        content: dict[str, Any] = {
            "time": _instant(record.created),
            "level": record.levelname.lower(),
            "event": "message",
            "worker": self._worker,
        }
        fields: dict[str, Any] | None = getattr(record, "fields", None)
        if fields is not None:
            content |= fields
        else:
            content |= {"logger": record.name, "message": cut(record.getMessage())}
        if record.exc_info:
            content["trace"] = cut(self.formatException(record.exc_info))
        return json.dumps(content, ensure_ascii=False)


class ReadableLines(logging.Formatter):
    """A record as a line for people, with its trace below."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        if hasattr(record, "fields"):
            return super().format(record)  # it was made of known parts, and people quote its id
        return cut(super().format(record))


def cut(text: str) -> str:
    """The text with everything that could be an id or a secret cut to its beginning."""
    return _LONG.sub(lambda found: found[0] if _is_word(found[0]) else found[0][:_KEPT_CHARS] + "…", text)


def _is_word(text: str) -> bool:
    """Words and names of our own are small letters, or one capital before them; dates are a few digits."""
    return all(map(_is_plain, re.split(r"[_-]", text.strip("_-"))))


def _is_plain(part: str) -> bool:
    if part.isdigit():
        return len(part) <= _DATE_DIGITS
    return part.isalpha() and (part.islower() or part.istitle())


def _instant(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"
