"""The web apps as they were built: every file is read once at the start and given by its exact path, or not at all.

Rules kept:

- There is no way from a path to the disk, so there is nothing to climb out of.
- A page may load what this server gives and nothing else: no script from elsewhere, none written into a page, no frame
  around it, no address in a referrer (Content-Security-Policy level 3, https://www.w3.org/TR/CSP3/).
- What was packed when the apps were built is given as it is (`FILE.gz` beside `FILE`), if that is what it unpacks to.
- Names that carry a hash of their content are kept for ever; everything else is asked about every time, with an ETag,
  so that an update is seen at once and nothing is fetched twice.
"""

import gzip
import hashlib
import mimetypes
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

FOLDER: Final = Path(__file__).with_name("site")
INDEX: Final = "index.html"
SERVICE_WORKER: Final = "/sw.js"
_RULES: Final = (
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",  # the reader of codes is WebAssembly
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "worker-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
)
_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": "; ".join(_RULES),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(self), publickey-credentials-get=(self), publickey-credentials-create=(self), "
    "geolocation=(), microphone=(), payment=(), usb=()",
}
_HASHED: Final = re.compile(r"/assets/[^/]+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+")
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASKED: Final = "no-cache"
_PACKED: Final = frozenset({".html", ".js", ".css", ".json", ".svg", ".wasm", ".webmanifest", ".txt"})
_GZIP: Final = ".gz"
_KINDS: Final[Mapping[str, str]] = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """One file as it is given: as it is, and packed if that is smaller."""

    plain: bytes
    packed: bytes | None
    headers: Mapping[str, str]
    etag: str


class Site:
    """The ASGI application of the built web apps; mount it behind the routes of the API."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Reads everything; a folder that is not there gives nothing but 404."""
        self._files = {path: _read(file, path) for path, file in _walk(folder)}

    @property
    def is_empty(self) -> bool:
        """Whether no app was built."""
        return not self._files

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers GET and HEAD. Raises HTTPException 404, 405."""
        path = str(scope["path"])
        found = self._files.get(path + INDEX if path.endswith("/") else path)
        if found is None and f"{path}/{INDEX}" in self._files:  # its links are relative to the folder
            moved = Response(status_code=HTTPStatus.PERMANENT_REDIRECT, headers={"location": f"{path}/"})
            await moved(scope, receive, send)
            return
        if found is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED)
        await _given(found, Headers(scope=scope))(scope, receive, send)


def _given(found: _File, asked: Headers) -> Response:
    headers = {**_HEADERS, **found.headers, "etag": found.etag, "vary": "accept-encoding"}
    if found.etag in (tag.strip() for tag in asked.get("if-none-match", "").split(",")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    takes = {part.partition(";")[0].strip() for part in asked.get("accept-encoding", "").split(",")}
    if found.packed is not None and "gzip" in takes:
        return Response(found.packed, headers={**headers, "content-encoding": "gzip"})
    return Response(found.plain, headers=headers)


def _walk(folder: Path) -> list[tuple[str, Path]]:
    files = (file for file in folder.rglob("*") if file.is_file() and file.suffix != _GZIP)
    return [("/" + PurePosixPath(file.relative_to(folder)).as_posix(), file) for file in sorted(files)]


def _read(file: Path, path: str) -> _File:
    plain = file.read_bytes()
    packed = _packed(file, plain) if file.suffix in _PACKED else None
    kind = _KINDS.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    headers = {"content-type": kind, "cache-control": _FOR_EVER if _HASHED.fullmatch(path) else _ASKED}
    if path == SERVICE_WORKER:
        headers["service-worker-allowed"] = "/"
    return _File(
        plain=plain,
        packed=packed if packed is not None and len(packed) < len(plain) else None,
        headers=headers,
        etag=f'"{hashlib.sha256(plain).hexdigest()[:32]}"',
    )


def _packed(file: Path, plain: bytes) -> bytes:
    """The packed form that was built with it; made here where there is none, or where it is of another file."""
    built = file.with_name(file.name + _GZIP)
    try:
        packed = built.read_bytes()
        if gzip.decompress(packed) == plain:
            return packed
    except (OSError, EOFError, zlib.error):
        pass  # gzip.BadGzipFile is an OSError, as is a file that is not there
    return gzip.compress(plain, mtime=0)
