"""The link that opens a web app with its enrolment code: shown by whoever makes codes, once.

The code stands behind the #, so that no server and no log gets it; the app takes it out of the address bar.
"""

import sys
from typing import Final, Literal
from urllib.parse import quote, urlsplit

from feiqian.cli.report import Report

App = Literal["wallet", "terminal"]

_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104  # compared, not bound
_LOCAL: Final = "localhost"


def site_of(address: str) -> str | None:
    """The address under which a browser lets the apps of this server work, None if it would not.

    Browsers give keys, camera and a life offline to https and to this machine's own name only.
    """
    parts = urlsplit(address)
    if parts.scheme == "https" and parts.hostname:
        return f"https://{parts.netloc}"
    if parts.scheme != "http" or parts.hostname not in _THIS_MACHINE:
        return None
    return f"http://{_LOCAL}" if parts.port is None else f"http://{_LOCAL}:{parts.port}"


def enrolment_link(address: str, app: App, code: str) -> str | None:
    """The link to this app with this code; None where a browser could not use it."""
    site = site_of(address)
    return None if site is None else f"{site}/{app}/#/enrol/{quote(code, safe='')}"


def show_link(report: Report, link: str | None) -> None:
    """The link on a line of its own, whole, so that it can be copied; in a window its code for a phone's camera.

    A link to this machine alone is no use to a phone, so it is not drawn.
    """
    if report.as_json or link is None:
        return
    if urlsplit(link).hostname == _LOCAL:
        print(
            report.pick("In a browser on this machine, with the code filled in:", "用本机的浏览器打开，开通码已填好：")
        )
        print(link, flush=True)
        return
    print(
        report.pick(
            "In a browser, or with a phone's camera, the code is filled in:", "用浏览器打开或用手机扫描，开通码已填好："
        )
    )
    print(link, flush=True)
    if sys.stdout.isatty():
        from feiqian.links.qr import draw_address

        print(draw_address(link, colour=True), flush=True)
