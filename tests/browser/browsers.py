"""Debian's Chromium as tests drive it: profiles that outlive it, sudden death, and servers that can be switched off."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import BrowserContext, Page, Playwright
from starlette.middleware.exceptions import ExceptionMiddleware

from feiqian.server.site import Site
from tasks.web import WEB, node_first
from tests.tidy.house import ROOT

CHROMIUM = shutil.which("chromium")
PROBE_PATH = "/tests/probe/"
FIGURES = ROOT / "build" / "browser" / "figures.json"
PIN = "739264"


def build_site(folder: Path, *pages: str) -> Path:
    """Builds these pages, with the service worker, as the apps are built."""
    env = {**os.environ, **node_first()}
    done = subprocess.run(
        ["node", "build.ts", str(folder), *pages], cwd=WEB, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


class SwitchedSite:
    """A built folder under the product's own headers, at one address that survives being switched off and on."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """A secure context, without certificates."""
        return f"http://localhost:{self._port}"

    def on(self, folder: Path | None = None) -> None:
        """Serve, from another folder if one is given."""
        self.folder = folder or self.folder
        config = uvicorn.Config(
            ExceptionMiddleware(Site(self.folder)), host="127.0.0.1", port=self._port, log_level="error", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        deadline = time.monotonic() + 60
        while not self._server.started:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def off(self) -> None:
        """Be gone: connections are refused."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(10)
        self._server = None


class Chromium:
    """A browser on one profile. `kill` is SIGKILL to all of its processes; what it kept is on the disk or is not."""

    def __init__(self, playwright: Playwright, profile: Path, words: Sequence[str] = ()) -> None:
        self.profile = profile
        self._playwright = playwright
        self._words = tuple(words)
        self._context: BrowserContext | None = None
        self.complaints: list[str] = []

    def start(self, **options: Any) -> BrowserContext:
        """Start it, with what it kept before."""
        self._context = self._playwright.chromium.launch_persistent_context(
            str(self.profile), executable_path=CHROMIUM, headless=True, args=list(self._words), **options
        )
        self._context.on("console", lambda said: self._hear(said.type, said.text))
        return self._context

    @property
    def context(self) -> BrowserContext:
        """The running browser."""
        assert self._context is not None
        return self._context

    def page(self, address: str) -> Page:
        """A new tab; returns when its scripts have run."""
        page = self.context.new_page()
        page.goto(address)
        page.wait_for_selector("body[data-ready]")
        return page

    def close(self) -> None:
        """End it as a person does."""
        if self._context is not None:
            self._context.close()
            self._context = None

    def kill(self) -> None:
        """End it as a flat battery does."""
        for pid in self._processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with suppress(Exception):  # the connection to it is gone, which playwright reports in several ways
            self.context.close()
        self._context = None
        for left in self.profile.glob("Singleton*"):
            left.unlink(missing_ok=True)

    def _processes(self) -> Iterator[int]:
        mark = f"--user-data-dir={self.profile}".encode()
        for folder in Path("/proc").iterdir():
            with suppress(OSError):
                if folder.name.isdigit() and mark in (folder / "cmdline").read_bytes().split(b"\0"):
                    yield int(folder.name)

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and ("Content Security Policy" in text or "Trusted" in text):
            self.complaints.append(text)


class Heard(list[Any]):
    """What a page said to the test, in its order; `hear` is what the page is given to call."""

    def hear(self, said: object) -> None:
        """Keep it."""
        self.append(said)


def until(page: Page, expression: str, *, timeout_s: float = 20) -> None:
    """Waits until the expression is true in the page; playwright's own way asks for eval, which our policy forbids."""
    deadline = time.monotonic() + timeout_s
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(20)


def choose_language(page: Page, language: str) -> None:
    """Chooses it in the menu and waits until the screens speak it: the words of the other one come as a file."""
    page.get_by_test_id(f"language-{language}").click()
    until(page, f"document.documentElement.lang.startsWith('{language}')")


@contextmanager
def running(chromium: Chromium) -> Iterator[Chromium]:
    """Closed at the end, whatever happened."""
    try:
        yield chromium
    finally:
        chromium.close()


def keep_figures(name: str, figures: Mapping[str, float]) -> None:
    """Puts measured figures where `feiqian bench web` finds them."""
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    held = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}
    draft = FIGURES.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(held | {name: figures}, indent=1) + "\n", encoding="utf-8")
    draft.replace(FIGURES)
