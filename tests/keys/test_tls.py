"""A server's TLS: what the authority may certify, what is renewed, and that less than TLS 1.3 is refused."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import verification

from feiqian.cli.operator_tls import TlsFolder
from feiqian.keys import tls

NOW = int(time.time())
NAME = "till.feiqian.test"


@contextmanager
def answering(context: ssl.SSLContext) -> Iterator[int]:
    """A server that says hello to everybody over TLS; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                plain, _ = listener.accept()
            except OSError:
                return
            try:
                with context.wrap_socket(plain, server_side=True) as shielded:
                    shielded.sendall(b"hello")
            except (ssl.SSLError, OSError):
                plain.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def hello(port: int, authority: Path, name: str = NAME, most: ssl.TLSVersion | None = None) -> str:
    """The version of TLS that was spoken, with every check that a browser makes."""
    context = ssl.create_default_context(cafile=authority)
    if most is not None:
        context.maximum_version = most
    with (
        socket.create_connection(("127.0.0.1", port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=name) as shielded,
    ):
        assert shielded.recv(5) == b"hello"
        return shielded.version() or ""


@pytest.fixture
def folder(tmp_path: Path) -> TlsFolder:
    made = TlsFolder(tmp_path, NAME)
    made.ensure()
    return made


@pytest.mark.parametrize("name", [NAME, "localhost"])
def test_whoever_trusts_the_authority_reaches_the_server_by_name(folder: TlsFolder, name: str) -> None:
    with answering(folder.context()) as port:
        assert hello(port, folder.authority, name) == "TLSv1.3"


def test_less_than_tls_1_3_is_refused(folder: TlsFolder) -> None:
    refused = pytest.raises(ssl.SSLError, match=r"PROTOCOL_VERSION|protocol version")
    with answering(folder.context()) as port, refused:
        hello(port, folder.authority, most=ssl.TLSVersion.TLSv1_2)


def test_another_name_or_authority_is_refused(folder: TlsFolder, tmp_path: Path) -> None:
    other = TlsFolder(tmp_path / "other", NAME)
    (tmp_path / "other").mkdir()
    other.ensure()
    with answering(folder.context()) as port:
        for authority, name in ((folder.authority, "bank.test"), (other.authority, NAME)):
            with pytest.raises(ssl.SSLCertVerificationError):
                hello(port, authority, name)


def test_the_authority_cannot_pose_as_another_site() -> None:
    """A stolen key is good for this one name: browsers keep to name constraints, and so does this verifier."""
    authority = tls.make_authority(NAME, NOW)
    root = x509.load_pem_x509_certificate(authority.certificate)
    store = verification.Store([root])

    def verified(name: str) -> None:
        leaf = x509.load_pem_x509_certificate(tls.issue_server(authority, name, NOW).certificate)
        builder = verification.PolicyBuilder().store(store)
        builder.build_server_verifier(x509.DNSName(name)).verify(leaf, [])

    verified(NAME)
    verified(f"sub.{NAME}")
    with pytest.raises(verification.VerificationError):
        verified("bank.test")


@pytest.mark.usefixtures("folder")
def test_a_second_start_changes_nothing_and_the_files_are_the_owners(tmp_path: Path) -> None:
    files = sorted((tmp_path / "tls").iterdir())
    before = {file.name: file.read_bytes() for file in files}
    assert sorted(before) == ["ca.crt", "ca.key", "server.crt", "server.key"]
    TlsFolder(tmp_path, NAME).ensure()
    assert {file.name: file.read_bytes() for file in files} == before
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert (tmp_path / "tls").stat().st_mode & 0o777 == 0o700


@pytest.mark.usefixtures("folder")
def test_it_is_renewed_before_its_end_under_the_same_authority(tmp_path: Path) -> None:
    files = tmp_path / "tls"
    authority, server = (files / "ca.crt").read_bytes(), (files / "server.crt").read_bytes()
    late = NOW + tls.SERVER_LIFETIME_S - tls.RENEWED_BEFORE_S - 2 * 86_400
    TlsFolder(tmp_path, NAME, clock=lambda: late).ensure()
    assert (files / "server.crt").read_bytes() == server
    TlsFolder(tmp_path, NAME, clock=lambda: late + 2 * 86_400).ensure()
    assert (files / "server.crt").read_bytes() != server
    assert (files / "ca.crt").read_bytes() == authority


def test_connections_follow_a_renewal(folder: TlsFolder, tmp_path: Path) -> None:
    context = folder.context()
    with answering(context) as port:
        hello(port, folder.authority)
        (tmp_path / "tls" / "server.crt").unlink()
        folder.ensure()
        folder.follow(context)
        assert hello(port, folder.authority) == "TLSv1.3"


@pytest.mark.parametrize("half", ["ca.key", "ca.crt", "server.key", "server.crt"])
def test_a_crash_in_between_is_made_good(folder: TlsFolder, tmp_path: Path, half: str) -> None:
    """One file of a pair is of another time: the next start makes a pair of them again."""
    other = tmp_path / "other"
    other.mkdir()
    TlsFolder(other, NAME).ensure()
    (tmp_path / "tls" / half).write_bytes((other / "tls" / half).read_bytes())
    folder.ensure()
    with answering(folder.context()) as port:
        assert hello(port, folder.authority) == "TLSv1.3"


def test_another_host_name_gets_another_authority(folder: TlsFolder, tmp_path: Path) -> None:
    before = folder.fingerprint()
    renamed = TlsFolder(tmp_path, "shop.feiqian.test")
    renamed.ensure()
    assert renamed.fingerprint() != before
    with answering(renamed.context()) as port:
        assert hello(port, renamed.authority, "shop.feiqian.test") == "TLSv1.3"


def test_keys_are_of_p256(tmp_path: Path, folder: TlsFolder) -> None:
    for name in ("ca.crt", "server.crt"):
        key = x509.load_pem_x509_certificate((tmp_path / "tls" / name).read_bytes()).public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        assert key.curve.name == "secp256r1"
    assert folder.fingerprint().count(":") == 31


@pytest.mark.parametrize("name", ["till.local", "localhost", "a", "a.b-c.d9"])
def test_host_names(name: str) -> None:
    assert tls.is_host_name(name)


@pytest.mark.parametrize(
    "name", ["192.168.1.7", "Till.local", "-a.local", "a..b", "", "a" * 64, "till.local.", "店.test", "a b", "[::1]"]
)
def test_no_host_names(name: str) -> None:
    assert not tls.is_host_name(name)
