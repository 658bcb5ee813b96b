"""The built web apps over HTTP: what is given, under which headers, and what is not."""

from __future__ import annotations

import asyncio
import gzip
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from feiqian.server.site import Site

PAGE = "<!doctype html><title>飞钱</title>" + " " * 2000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "site"
    for name, content in {
        "index.html": PAGE,
        "wallet/index.html": PAGE + "wallet",
        "console/index.html": PAGE + "console",
        "assets/wallet-0aB_c9-X.js": "export {}" * 200,
        "assets/reader.wasm": "\0asm",
        "sw.js": "self",
        "secret.txt": "s",
    }.items():
        file = made / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    (tmp_path / "outside.txt").write_text("outside")
    return made


class Browser:
    """Asks an application as over HTTP; paths are taken as they are written."""

    def __init__(self, folder: Path) -> None:
        self._app = Starlette(routes=[Mount("/", app=Site(folder))])

    def get(self, path: str, *, method: str = "GET", headers: dict[str, str] | None = None) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
                return await client.request(method, httpx.URL("http://test", raw_path=path.encode()), headers=headers)

        return asyncio.run(ask())


@pytest.fixture
def client(folder: Path) -> Browser:
    return Browser(folder)


@pytest.mark.parametrize("app", ["wallet", "console"])
def test_pages_are_given_with_their_guard(client: Browser, app: str) -> None:
    found = client.get(f"/{app}/")
    assert found.text.endswith(app)
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert found.headers["cache-control"] == "no-cache"
    policy = found.headers["content-security-policy"].split("; ")
    assert "script-src 'self' 'wasm-unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe-inline" not in found.headers["content-security-policy"]


def test_a_page_without_its_slash_moves(client: Browser) -> None:
    found = client.get("/wallet")
    assert (found.status_code, found.headers["location"]) == (308, "/wallet/")


def test_hashed_names_are_kept_and_others_are_asked_about(client: Browser) -> None:
    kept = client.get("/assets/wallet-0aB_c9-X.js")
    assert "immutable" in kept.headers["cache-control"]
    assert client.get("/assets/reader.wasm").headers["cache-control"] == "no-cache"
    again = client.get("/wallet/", headers={"if-none-match": client.get("/wallet/").headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/", headers={"if-none-match": '"another"'}).status_code == 200


def test_packed_for_who_takes_it_and_the_same_content(client: Browser) -> None:
    packed = client.get("/", headers={"accept-encoding": "gzip, br"})
    plain = client.get("/", headers={"accept-encoding": "identity"})
    assert (packed.headers["content-encoding"], packed.text) == ("gzip", plain.text)
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 10
    assert "content-encoding" not in client.get("/assets/reader.wasm").headers, "packing it would make it larger"


def test_the_service_worker_may_look_after_everything(client: Browser) -> None:
    assert client.get("/sw.js").headers["service-worker-allowed"] == "/"
    assert "service-worker-allowed" not in client.get("/").headers


@pytest.mark.parametrize(
    "path", ["/nothing", "/wallet/index", "/../outside.txt", "/%2e%2e/outside.txt", "//secret.txt"]
)
def test_nothing_else_is_there(client: Browser, path: str) -> None:
    assert client.get(path).status_code == 404


def test_nothing_can_be_changed(client: Browser) -> None:
    assert client.get("/wallet/", method="POST").status_code == 405
    assert client.get("/wallet/", method="HEAD").content == b""


def test_without_a_build_there_is_nothing(tmp_path: Path) -> None:
    assert Site(tmp_path / "none").is_empty


def test_what_was_packed_with_the_build_is_given_as_it_is(folder: Path) -> None:
    script = folder / "assets" / "wallet-0aB_c9-X.js"
    packed = gzip.compress(script.read_bytes(), 1, mtime=7)
    script.with_name(f"{script.name}.gz").write_bytes(packed)
    found = Browser(folder).get(f"/assets/{script.name}", headers={"accept-encoding": "gzip"})
    assert found.headers["content-length"] == str(len(packed))
    assert found.text == script.read_text()
    assert Browser(folder).get(f"/assets/{script.name}.gz").status_code == 404


@pytest.mark.parametrize(
    "packed",
    [gzip.compress(b"another file", mtime=0), b"no gzip", gzip.compress(b"cut short", mtime=0)[:-4]],
    ids=["another", "none", "cut"],
)
def test_a_packed_file_that_is_of_another_one_is_never_given(folder: Path, packed: bytes) -> None:
    script = folder / "assets" / "wallet-0aB_c9-X.js"
    script.with_name(f"{script.name}.gz").write_bytes(packed)
    found = Browser(folder).get(f"/assets/{script.name}", headers={"accept-encoding": "gzip"})
    assert found.headers["content-encoding"] == "gzip"
    assert found.text == script.read_text()
