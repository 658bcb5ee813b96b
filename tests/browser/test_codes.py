"""Codes in a real browser: pictures and the camera are read by the self-hosted reader, offline too."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import segno
from PIL import Image
from playwright.sync_api import Error, Playwright

from feiqian.protocol.qrtext import encode_text
from tests.browser.browsers import PROBE_PATH, Chromium, SwitchedSite, running, until

TEXT = encode_text(bytes(range(256)) + bytes(93))
SIZE = (1280, 720)


def picture(text: str) -> Image.Image:
    """A code in the middle of a grey frame, as a camera would see it."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=6, border=4)
    code = Image.open(drawn).convert("L")
    frame = Image.new("L", SIZE, 120)
    frame.paste(code, ((SIZE[0] - code.width) // 2, (SIZE[1] - code.height) // 2))
    return frame


def video(path: Path, frame: Image.Image) -> Path:
    """What a fake camera plays, again and again (YUV4MPEG2)."""
    colours = bytes([128]) * (SIZE[0] * SIZE[1] // 4)
    head = f"YUV4MPEG2 W{SIZE[0]} H{SIZE[1]} F15:1 Ip A1:1 C420jpeg\n".encode()
    path.write_bytes(head + b"".join(b"FRAME\n" + frame.tobytes() + colours + colours for _ in range(3)))
    return path


def test_a_picture_is_read_with_the_server_dead(chromium: Chromium, site: SwitchedSite) -> None:
    page = chromium.page(site.url + PROBE_PATH)
    page.evaluate("probe.install()")
    until(page, "probe.installed().offlineReady")
    until(page, "navigator.serviceWorker.controller !== null")
    site.off()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    drawn = io.BytesIO()
    picture(TEXT).save(drawn, "PNG")
    assert page.evaluate("(bytes) => probe.readPicture(bytes)", list(drawn.getvalue())) == [TEXT]


def test_the_camera_is_read(playwright: Playwright, site: SwitchedSite, tmp_path: Path) -> None:
    played = video(tmp_path / "camera.y4m", picture(TEXT))
    words = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={played}",
    ]
    with running(Chromium(playwright, tmp_path / "profile", words)) as chromium:
        chromium.start(permissions=["camera"])
        page = chromium.page(site.url + PROBE_PATH)
        page.route(re.compile("qr_worker"), lambda route: route.abort(), times=1)  # a reader that fails is started anew
        assert page.evaluate("probe.scan()") == TEXT  # by whom was busy when it was seen first
        assert page.evaluate("document.querySelector('video').srcObject") is None
        page.evaluate(LEFT_AT_ONCE)
        with pytest.raises(Error, match="camera: busy"):
            page.evaluate("probe.scan()")
        assert page.evaluate("camerasOn()") == 0
        assert chromium.complaints == []


LEFT_AT_ONCE = """() => {
    const streams = [];
    const devices = navigator.mediaDevices;
    const ask = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wish) => { streams.push(await ask(wish)); return streams.at(-1); };
    document.addEventListener("play", ({ target }) => target.remove(), { capture: true });
    window.camerasOn = () => streams.flatMap((it) => it.getTracks()).filter((it) => it.readyState === "live").length;
}"""
