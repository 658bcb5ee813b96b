"""`feiqian serve --tls` in a browser that trusts its authority as a phone does: no certificate error is passed over.

The host name leads to this machine by the browser's own name table; what it trusts stands in the NSS store of its home
(Debian's libnss3-tools), where a person's installed certificates go, too.
"""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from playwright.sync_api import Error, Playwright

from tests.browser.browsers import Chromium, running, until
from tests.server.test_serve import serving

NAME = "till.feiqian.test"
OTHER = "bank.feiqian.test"
WORDS = ("--host-resolver-rules=MAP *.feiqian.test 127.0.0.1",)
CERTUTIL = shutil.which("certutil")
SECURE = "isSecureContext && typeof PublicKeyCredential === 'function'"


@contextmanager
def phone(playwright: Playwright, folder: Path, authority: Path | None) -> Iterator[Chromium]:
    """A browser in a home of its own, which trusts this authority, or only those that everybody trusts."""
    trusted = folder / ".pki" / "nssdb"
    trusted.mkdir(parents=True)
    assert CERTUTIL is not None
    said = [CERTUTIL, "-d", f"sql:{trusted}"]
    subprocess.run([*said, "-N", "--empty-password"], check=True, capture_output=True)
    if authority is not None:
        subprocess.run([*said, "-A", "-t", "C,,", "-n", "Feiqian", "-i", str(authority)], check=True)
    with running(Chromium(playwright, folder / "profile", WORDS)) as browser:
        browser.start(env={**os.environ, "HOME": str(folder)})
        yield browser
        assert browser.complaints == []


@pytest.fixture(autouse=True)
def _certutil() -> None:
    if CERTUTIL is None:
        pytest.skip("no certutil: apt-get install libnss3-tools")


@pytest.mark.parametrize("app", ["wallet", "terminal"])
def test_an_app_opens_on_the_lan_and_again_with_the_server_dead(
    playwright: Playwright, tmp_path: Path, app: str
) -> None:
    home = tmp_path / "home"
    with (
        serving(home, "--tls", "--host-name", NAME) as (process, line),
        phone(playwright, tmp_path / "phone", home / "tls" / "ca.crt") as browser,
    ):
        page = browser.context.new_page()
        answer = page.goto(f"{line['url']}/{app}/")
        assert answer is not None
        assert (security := answer.security_details()) is not None
        assert security["protocol"] == "TLS 1.3"
        page.get_by_role("heading", level=1).first.wait_for()
        assert page.evaluate(SECURE)
        until(page, "navigator.serviceWorker.controller !== null")
        until(page, "navigator.serviceWorker.ready.then((it) => it.active.state === 'activated')")
        process.kill()
        process.wait()
        page.reload()
        page.get_by_role("heading", level=1).first.wait_for()
        assert page.url.startswith(f"https://{NAME}:")


def test_a_phone_that_does_not_trust_the_authority_shows_nothing(playwright: Playwright, tmp_path: Path) -> None:
    with (
        serving(tmp_path / "home", "--tls", "--host-name", NAME) as (_, line),
        phone(playwright, tmp_path / "phone", None) as browser,
        pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"),
    ):
        browser.context.new_page().goto(line["url"])


def test_whoever_took_the_authoritys_key_can_pose_as_nobody_else(playwright: Playwright, tmp_path: Path) -> None:
    """Phones that trust it look at what it may vouch for: not at a bank, whatever it signs."""
    home = tmp_path / "home"
    with serving(home, "--tls", "--host-name", NAME):
        pass
    with phone(playwright, tmp_path / "phone", home / "tls" / "ca.crt") as browser:
        page = browser.context.new_page()
        with posing(tmp_path, forged(home / "tls", NAME)) as port:
            assert page.goto(f"https://{NAME}:{port}") is not None  # else the next refusal would show nothing
        with posing(tmp_path, forged(home / "tls", OTHER)) as port, pytest.raises(Error, match="ERR_CERT_INVALID"):
            page.goto(f"https://{OTHER}:{port}")


@contextmanager
def posing(folder: Path, pair: bytes) -> Iterator[int]:
    """A server with this certificate and key; its port."""
    (folder / "forged.pem").write_bytes(pair)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "forged.pem")
    with ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def forged(folder: Path, name: str) -> bytes:
    """A certificate for this name that the authority in the folder has signed, and its key."""
    authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
    signs = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(signs, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(signs, hashes.SHA256())
    )
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*plain)
