"""The operator's keys in a real PKCS#11 token in software: what it refuses, what breaks off, and several processes."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli import operator_token
from feiqian.cli.main import main
from feiqian.cli.operator_token import HomeToken, token_of
from feiqian.keys.pkcs11 import Token
from feiqian.keys.token_troubles import TOKEN_WORDS, TokenTrouble
from feiqian.protocol.keys import load_public_key
from feiqian.protocol.refusals import RefusalCode
from tests.keys.softhsm import LABEL, MODULE, TOKEN_PIN, SoftHsm, new_token


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoftHsm]:
    """A token of this test's own; the module forgets it afterwards."""
    token = new_token(tmp_path / "softhsm")
    monkeypatch.setenv("SOFTHSM2_CONF", token.settings["SOFTHSM2_CONF"])
    yield token
    forget_tokens()


def forget_tokens() -> None:
    """A process that ends does this: sessions are gone, and the module looks for tokens anew."""
    operator_token.opened_token.cache_clear()
    library: Any = __import__("pkcs11")
    library.lib(str(MODULE)).finalize()


@pytest.fixture
def token(own: SoftHsm) -> Iterator[Token]:
    del own
    with Token(MODULE, LABEL, TOKEN_PIN) as opened:
        yield opened


def refusal(act: Any, code: str) -> None:
    with pytest.raises(TokenTrouble) as caught:
        act()
    assert caught.value.code == code


def signs(token: Token, label: str) -> bool:
    key = token.key(label)
    digest = hashlib.sha256(b"x").digest()
    load_public_key(key.public_key).verify_digest(key.sign(b"x"), digest, RefusalCode.TERMINAL_SIGNATURE_INVALID)
    return True


def test_a_key_cannot_be_taken_out(token: Token) -> None:
    token.make("issuer")
    library: Any = __import__("pkcs11")
    session = library.lib(str(MODULE)).get_token(token_label=LABEL).open()
    private = session.get_key(object_class=library.ObjectClass.PRIVATE_KEY, label="issuer")
    assert private[library.Attribute.SENSITIVE]
    assert not private[library.Attribute.EXTRACTABLE]
    with pytest.raises(library.AttributeSensitive):
        private[library.Attribute.VALUE]
    session.close()


def test_a_label_names_one_key(token: Token) -> None:
    token.make("issuer")
    refusal(lambda: token.make("issuer"), "token_key_exists")
    refusal(lambda: token.key("acquirer"), "token_key_missing")


def test_a_wrong_pin_is_tried_once_and_then_said(own: SoftHsm) -> None:
    del own
    refusal(lambda: Token(MODULE, LABEL, "000000").key("issuer"), "token_pin_wrong")
    with Token(MODULE, LABEL, TOKEN_PIN) as right:
        right.make("issuer")


@pytest.mark.parametrize(
    ("module", "label", "code"),
    [
        (Path("/nowhere/module.so"), LABEL, "token_module_missing"),
        (Path(__file__), LABEL, "token_module_missing"),
        (MODULE, "another", "token_missing"),
    ],
    ids=["no-file", "no-module", "no-token"],
)
def test_what_is_not_there_is_said(own: SoftHsm, module: Path, label: str, code: str) -> None:
    del own
    refusal(lambda: Token(module, label, TOKEN_PIN).key("issuer"), code)


def locking_module(folder: Path) -> Path:
    """SoftHSM behind `locking_token.c`: it locks after three wrong PINs, which SoftHSM alone never does."""
    built = folder / "liblocking.so"
    source = Path(__file__).with_name("locking_token.c")
    command = ["gcc", "-shared", "-fPIC", "-O1", "-o", str(built), str(source), f'-DREAL="{MODULE}"', "-ldl"]
    subprocess.run(command, capture_output=True, check=True)
    return built


def test_a_token_that_locks_says_so_and_stays_locked(own: SoftHsm, tmp_path: Path) -> None:
    """A stand-in only for the count of a token that locks: module, session, log-in and library are the real ones."""
    del own
    module = locking_module(tmp_path)
    library: Any = __import__("pkcs11")
    try:
        with Token(module, LABEL, TOKEN_PIN) as right:
            right.make("issuer")
        for _ in range(3):
            refusal(lambda: Token(module, LABEL, "000000").key("issuer"), "token_pin_wrong")
        refusal(lambda: Token(module, LABEL, "000000").key("issuer"), "token_pin_locked")
        refusal(lambda: Token(module, LABEL, TOKEN_PIN).key("issuer"), "token_pin_locked")
    finally:
        library.lib(str(module)).finalize()


def test_one_wrong_pin_of_ours_is_one_try_at_the_token(own: SoftHsm, tmp_path: Path) -> None:
    """After two wrong PINs the right one still opens: no act of ours has tried a wrong one twice."""
    del own
    module = locking_module(tmp_path)
    library: Any = __import__("pkcs11")
    try:
        for _ in range(2):
            refusal(lambda: Token(module, LABEL, "000000").key("issuer"), "token_pin_wrong")
        with Token(module, LABEL, TOKEN_PIN) as right:
            right.make("issuer")
    finally:
        library.lib(str(module)).finalize()


def test_a_session_that_broke_off_is_opened_anew(token: Token) -> None:
    token.make("issuer")
    assert signs(token, "issuer")
    library: Any = __import__("pkcs11")
    library.lib(str(MODULE)).reinitialize()  # what a reset of the token does to everybody's session
    assert signs(token, "issuer")


def test_a_token_that_is_pulled_out_is_missed_and_serves_again(own: SoftHsm, token: Token) -> None:
    token.make("issuer")
    library: Any = __import__("pkcs11")
    tokens = own.folder / "tokens"
    tokens.rename(own.folder / "pulled")
    tokens.mkdir()
    library.lib(str(MODULE)).reinitialize()
    refusal(lambda: token.key("issuer"), "token_missing")
    tokens.rmdir()
    (own.folder / "pulled").rename(tokens)
    assert signs(token, "issuer")


def test_a_forked_process_opens_a_session_of_its_own(token: Token) -> None:
    token.make("issuer")
    for _ in range(3):
        child = os.fork()
        if not child:
            os._exit(0 if signs(token, "issuer") else 1)
        assert os.waitpid(child, 0)[1] == 0
    assert signs(token, "issuer")


def test_without_the_library_it_is_said_which_part_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pkcs11", None)
    refusal(lambda: Token(MODULE, LABEL, TOKEN_PIN).key("issuer"), "token_library_missing")


def test_every_trouble_is_said_in_both_languages() -> None:
    for code in TOKEN_WORDS:
        said = TokenTrouble(code, module="m", label="l", path="p", what="w")
        assert all(said.words("en"))
        assert all(said.words("zh"))


class TestHome:
    """`feiqian operator token`."""

    def run(self, capsys: pytest.CaptureFixture[str], home: Path, *words: str) -> tuple[int, Any]:
        status = main(["--home", str(home), "--json", "operator", "token", *words])
        return status, json.loads(capsys.readouterr().out)

    def words(self, own: SoftHsm, label: str = LABEL) -> list[str]:
        return ["--module", str(MODULE), "--token", label, "--pin-file", str(own.pin_file)]

    def test_a_new_home_has_its_keys_in_the_token(
        self, own: SoftHsm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        home = tmp_path / "home"
        status, said = self.run(capsys, home, *self.words(own))
        assert status == 0
        assert set(said["keys"]) == {"issuer", "acquirer", "online"}
        assert list((home / "keys").glob("*.key")) == []
        chosen = token_of(home)
        assert chosen is not None
        assert {key.public_key.hex() for key in chosen.signers()} == set(said["keys"].values())

        again, repeated = self.run(capsys, home, *self.words(own))
        assert (again, repeated["keys"]) == (0, said["keys"]), "said again it is the same keys"

    def test_a_home_that_has_keys_keeps_them(
        self, own: SoftHsm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "home" / "keys").mkdir(parents=True)
        (tmp_path / "home" / "keys" / "issuer.key").write_text("00")
        status, said = self.run(capsys, tmp_path / "home", *self.words(own))
        assert (status, said["failures"][0]["code"]) == (1, "token_not_new")

    def test_a_pin_that_others_can_read_is_not_used(
        self, own: SoftHsm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own.pin_file.chmod(0o644)
        status, said = self.run(capsys, tmp_path / "home", *self.words(own))
        assert (status, said["failures"][0]["code"]) == (1, "token_pin_unreadable")

    def test_a_missing_module_is_a_missing_part(
        self, own: SoftHsm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        words = ["--module", "/nowhere/p11.so", "--token", LABEL, "--pin-file", str(own.pin_file)]
        status, said = self.run(capsys, tmp_path / "home", *words)
        assert (status, said["failures"][0]["code"]) == (3, "token_module_missing")

    def test_a_damaged_record_is_not_guessed_at(
        self, own: SoftHsm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        home = tmp_path / "home"
        self.run(capsys, home, *self.words(own))
        for content in ("", "{}", '{"format": 2}', "[]"):
            (home / "keys" / "token.json").write_text(content)
            status, said = self.run(capsys, home, *self.words(own))
            assert (status, said["failures"][0]["code"]) == (1, "home_damaged")

    def test_another_token_of_the_same_label_has_not_our_keys(
        self, own: SoftHsm, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        home = tmp_path / "home"
        self.run(capsys, home, *self.words(own))
        forget_tokens()
        shutil.rmtree(own.folder)
        new_token(own.folder)
        chosen = token_of(home)
        assert isinstance(chosen, HomeToken)
        refusal(chosen.signers, "token_key_missing")
