"""`feiqian serve --tls`: HTTPS on a local network, and how phones come to trust it.

The address has a host name, since browsers give pages at a bare address neither camera nor keys nor a life offline.
Other machines find that name by the network's own name service: names ending in .local by multicast DNS, others as the
network's owner has set them up.
"""

import argparse
import base64
import html
import json
import socket
import ssl
import subprocess
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

from feiqian.cli.operator_tls import TlsFolder
from feiqian.cli.report import Report
from feiqian.keys.tls import LOCAL, is_host_name
from feiqian.protocol.words import Trouble, Words, WordsTable

EVERYWHERE = "0.0.0.0"  # noqa: S104  # that is what --tls is for
PORT_MAX = 65_535
_ELSEWHERE = ("192.0.2.1", 9)
"""An address that nobody has (RFC 5737): to ask which of our own would be used; nothing is sent."""


class TlsTrouble(Trouble):
    """Why a server does not speak TLS."""

    table: ClassVar[WordsTable] = {
        "authority_port_taken": {
            "en": Words(
                "Port {port} for the authority's certificate cannot be listened on: {why}.",
                "Nothing was changed.",
                "Choose another --ca-port, or leave it out and bring tls/ca.crt to the phones another way.",
            ),
            "zh": Words(
                "无法监听用于下发根证书的端口 {port}：{why}。",
                "没有任何改动。",
                "请换一个 --ca-port；或不用该选项，以其他方式把 tls/ca.crt 传到手机。",
            ),
        },
        "tls_only": {
            "en": Words(
                "{option} belongs to --tls.",
                "Nothing was changed.",
                "Add --tls, or leave {option} out.",
            ),
            "zh": Words("{option} 需与 --tls 一起使用。", "没有任何改动。", "请加上 --tls，或去掉 {option}。"),
        },
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Shield:
    """The TLS of one server."""

    folder: TlsFolder
    host_name: str

    def url(self, listener: socket.socket) -> str:
        """The address that phones open."""
        from feiqian.server.running import url_of

        return url_of(listener, self.host_name, tls=True)

    def url_here(self, listener: socket.socket, host: str) -> str:
        """The address for programs on this machine, which need not find the host name on the network."""
        from feiqian.server.running import url_of

        name = LOCAL if host in {EVERYWHERE, "::", "127.0.0.1", "::1", LOCAL} else self.host_name
        return url_of(listener, name, tls=True)

    def context(self, *, renews: bool) -> ssl.SSLContext:
        """The context of one process; one of them renews the certificate, all follow."""
        context = self.folder.context()
        self.folder.watch(context, renews=renews)
        return context


def configure_tls(parser: argparse.ArgumentParser) -> None:
    """The options of TLS."""
    parser.add_argument("--tls", action="store_true", help="serve HTTPS, TLS 1.3 only, under a local authority")
    parser.add_argument(
        "--host-name",
        type=_host_name,
        metavar="NAME",
        help="with --tls: the name in the address (default: this machine's name and .local)",
    )
    parser.add_argument(
        "--ca-port",
        type=read_port,
        metavar="PORT",
        help="with --tls: a plain HTTP port that gives phones the authority's certificate, 0 for a free one",
    )


def shield_of(args: Namespace) -> Shield | None:
    """The certificates, in order for this start; None without --tls. Raises TlsTrouble, OSError."""
    if not args.tls:
        for option, value in (("--host-name", args.host_name), ("--ca-port", args.ca_port)):
            if value is not None:
                raise TlsTrouble("tls_only", option=option)
        return None
    host_name = args.host_name or own_name()
    folder = TlsFolder(args.home, host_name)
    folder.ensure()
    return Shield(folder=folder, host_name=host_name)


def own_name() -> str:
    """This machine's name as others on its network find it."""
    name = socket.gethostname().partition(".")[0].lower()
    return f"{name}.local" if is_host_name(name) else "feiqian.local"


@contextmanager
def authority_door(host: str, port: int | None, shield: Shield, url: str) -> Iterator[str | None]:
    """Gives the authority's certificate over plain HTTP while the block runs; its address. Raises TlsTrouble.

    None without a port: then nobody asked for it.
    """
    if port is None:
        yield None
        return
    told = {
        "host": host,
        "port": port,
        "page": page(url, shield.folder.fingerprint()),
        "certificate": base64.b64encode(shield.folder.authority.read_bytes()).decode(),
    }
    command = [sys.executable, "-m", "feiqian.server.authority_door"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as door:  # noqa: S603
        if door.stdin is None or door.stdout is None:
            raise TypeError("pipes were asked for")
        door.stdin.write(json.dumps(told) + "\n")
        door.stdin.flush()
        said = json.loads(door.stdout.readline() or "{}")
        if "port" not in said:
            raise TlsTrouble("authority_port_taken", port=port, why=said.get("failed", "?"))
        try:
            yield f"http://{_address(host)}:{said['port']}/"
        finally:
            door.stdin.close()


def invite(report: Report, shield: Shield, url: str, door: str | None) -> None:
    """Says on standard error where the server is and how a phone comes to trust it; a code of the address, if seen."""
    file, fingerprint = shield.folder.authority, shield.folder.fingerprint()
    report.say(f"Serving {url}", f"服务地址：{url}")
    report.say(f"Phones trust it once they hold {file}", f"手机安装此证书后即可信任：{file}")
    if door is not None:
        report.say(f"They get it, and the steps, at {door}", f"手机可在此获取证书与步骤：{door}")
    report.say(f"SHA-256 fingerprint to compare: {fingerprint}", f"请核对 SHA-256 指纹：{fingerprint}")
    if sys.stderr.isatty():
        from feiqian.links.qr import draw_address

        print(draw_address(door or url, colour=True), file=sys.stderr, flush=True)


def page(url: str, fingerprint: str) -> str:
    """What a phone sees at the plain door: the certificate, how to install it, and where to go then."""
    shown, digits = html.escape(url), html.escape(fingerprint)
    return _PAGE.replace("{url}", shown).replace("{fingerprint}", digits)


def _address(host: str) -> str:
    """An address of this machine that phones on its network reach."""
    if host not in {EVERYWHERE, "::"}:
        return f"[{host}]" if ":" in host else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ELSEWHERE)
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _host_name(text: str) -> str:
    if not is_host_name(text):
        raise argparse.ArgumentTypeError("a host name has small letters, digits, - and dots, and is no bare address")
    return text


def read_port(text: str) -> int:
    """A port as people type it, 0 for a free one. Raises argparse.ArgumentTypeError."""
    if not (text.isascii() and text.isdigit() and int(text) <= PORT_MAX):
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Feiqian 飞钱</title>
<style>
body{font:17px/1.5 system-ui,"PingFang SC","Noto Sans SC",sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem}
a.get{display:block;padding:1rem;border-radius:.75rem;background:#0b5d4e;color:#fff;text-align:center;
text-decoration:none;font-weight:600}
code{word-break:break-all}section{margin-top:2.5rem}li{margin:.4rem 0}
@media (prefers-color-scheme:dark){body{background:#111;color:#eee}a{color:#7fd8c4}}
</style></head><body>
<h1>Feiqian 飞钱</h1>
<section><h2>Let this phone trust the operator's server</h2>
<ol>
<li>Compare this fingerprint with the one on the operator's screen; go on only if all of it is the same:<br>
<code>{fingerprint}</code></li>
<li><a class="get" href="/feiqian-ca.crt">Get the certificate</a></li>
<li><b>iPhone:</b> Settings › Profile Downloaded › Install; then Settings › General › About › Certificate Trust
Settings: switch “Feiqian local authority” on.<br>
<b>Android:</b> Settings › Security › Encryption &amp; credentials › Install a certificate › CA certificate: choose the
file.</li>
<li>Open <a href="{url}">{url}</a> and add it to the home screen.</li>
</ol>
<p>The certificate can vouch for this one server only, for no other site. Remove it in the same place.</p></section>
<section lang="zh"><h2>让此手机信任运营方的服务器</h2>
<ol>
<li>将下面的指纹与运营方屏幕上的逐位核对，完全一致才可继续：<br><code>{fingerprint}</code></li>
<li><a class="get" href="/feiqian-ca.crt">获取证书</a></li>
<li><b>iPhone：</b>设置 › 已下载描述文件 › 安装；再到 设置 › 通用 › 关于本机 › 证书信任设置，打开 “Feiqian local
authority”。<br>
<b>Android：</b>设置 › 安全 › 加密与凭据 › 安装证书 › CA 证书，选择该文件。</li>
<li>打开 <a href="{url}">{url}</a>，并添加到主屏幕。</li>
</ol>
<p>此证书只能为这一台服务器作证，对其他网站无效。可在同一处删除。</p></section>
</body></html>
"""
