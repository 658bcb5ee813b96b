"""The vault in a real browser: tries are counted before they are looked at, and no key rests in clear."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.sync_api import CDPSession, Page

from tests.browser.browsers import PIN, PROBE_PATH, Chromium, SwitchedSite, until

WRONG = "739265"
LABEL = "a label that must not rest in clear"
SCALAR_AT = 33 + 36  # behind the public point, where RFC 5958 and SEC 1 put the private number
SCALAR_BYTES = 32


def probe(chromium: Chromium, site: SwitchedSite) -> Page:
    return chromium.page(site.url + PROBE_PATH)


def test_wrong_pins_are_counted_across_reloads_and_restarts(chromium: Chromium, site: SwitchedSite) -> None:
    page = probe(chromium, site)
    assert page.evaluate("probe.create('123456')") == "pin_run"
    assert page.evaluate("probe.state()") == "none"
    assert page.evaluate(f"probe.create('{PIN}')") == ""
    for failures in (1, 2):
        page.reload()
        page.wait_for_selector("body[data-ready]")
        assert page.evaluate(f"probe.unlock('{WRONG}')") == "wrong_pin"
        assert page.evaluate("probe.failures()") == failures
    chromium.kill()
    chromium.start()
    page = probe(chromium, site)
    assert page.evaluate("probe.failures()") == 2
    for _ in range(2):
        assert page.evaluate(f"probe.unlock('{WRONG}')") == "wrong_pin"
    # From the fourth on one waits; the right PIN is not even looked at.
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate(f"probe.unlock('{PIN}')") == "pin_waiting"
    assert page.evaluate("probe.waitUntil()") > 0
    assert page.evaluate("probe.failures()") == 4


def test_a_kill_while_a_pin_is_tried_saves_no_try(chromium: Chromium, site: SwitchedSite) -> None:
    page = probe(chromium, site)
    page.evaluate(f"probe.create('{PIN}')")
    page.evaluate("probe.lock()")
    page.evaluate("crypto.subtle.deriveKey = () => { document.title = 'trying'; return new Promise(() => {}); }; 0")
    page.evaluate(f"void probe.unlock('{PIN}')")
    until(page, "document.title === 'trying'")
    chromium.kill()
    chromium.start()
    page = probe(chromium, site)
    assert page.evaluate("probe.failures()") == 1
    assert page.evaluate(f"probe.unlock('{PIN}')") == ""
    assert page.evaluate("probe.failures()") == 0


def test_a_new_pin_opens_and_the_old_one_does_not(chromium: Chromium, site: SwitchedSite) -> None:
    page = probe(chromium, site)
    page.evaluate(f"probe.create('{PIN}')")
    page.evaluate("probe.open()")
    assert page.evaluate("probe.draw('before')") == 1
    assert page.evaluate(f"probe.changePin('{WRONG}', '583920')") == "wrong_pin"
    assert page.evaluate(f"probe.changePin('{PIN}', '583920')") == ""
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate(f"probe.unlock('{PIN}')") == "wrong_pin"
    assert page.evaluate("probe.unlock('583920')") == ""
    assert page.evaluate("probe.open()") == ""
    assert page.evaluate("probe.counter()") == 1


def authenticator(page: Page) -> tuple[CDPSession, str]:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "ctap2Version": "ctap2_1",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "hasPrf": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return session, session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def test_a_passkey_opens_across_reloads_and_after_ten_wrong_pins(chromium: Chromium, site: SwitchedSite) -> None:
    page = probe(chromium, site)
    session, which = authenticator(page)
    page.evaluate(f"probe.create('{PIN}')")
    page.evaluate("probe.open()")
    page.evaluate("probe.draw('once')")
    assert page.evaluate("probe.addPasskey()") == ""
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("[probe.state(), probe.passkeyEnrolled()]") == ["locked", True]
    page.evaluate(TEN_WRONG_PINS)
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("probe.state()") == "blocked"
    assert page.evaluate(f"probe.unlock('{PIN}')") == "pin_locked"
    assert page.evaluate("probe.unlockWithPasskey()") == ""
    assert page.evaluate("probe.open()") == ""
    assert page.evaluate("[probe.counter(), probe.failures()]") == [1, 0]
    page.evaluate("probe.lock()")
    session.send("WebAuthn.setUserVerified", {"authenticatorId": which, "isUserVerified": False})
    assert page.evaluate("probe.unlockWithPasskey()") == "passkey_failed"
    assert page.evaluate("probe.state()") == "locked"


TEN_WRONG_PINS = """() => new Promise((done) => {
    const opening = indexedDB.open('feiqian-probe');
    opening.onsuccess = () => {
        const meta = opening.result.transaction('meta', 'readwrite').objectStore('meta');
        const asked = meta.get('vault');
        asked.onsuccess = () => { meta.put({ ...asked.result, failures: 10 }, 'vault'); };
        meta.transaction.oncomplete = () => { opening.result.close(); done(0); };
    };
})"""


def test_nothing_of_a_key_or_a_record_rests_in_clear(chromium: Chromium, site: SwitchedSite) -> None:
    page = probe(chromium, site)
    page.evaluate(f"probe.create('{PIN}')")
    page.evaluate("probe.open()")
    kept = bytes.fromhex(page.evaluate("probe.keepKey()"))
    assert page.evaluate("probe.keySigns()") is True
    page.evaluate(f"probe.drawMany('{LABEL}', 5)")
    sealed = bytes(page.evaluate(SEALED_KEY))
    page.evaluate("probe.lock()")
    page.evaluate(f"probe.unlock('{PIN}')")
    page.evaluate("probe.lock()")
    chromium.close()
    scalar = kept[SCALAR_AT : SCALAR_AT + SCALAR_BYTES]
    assert found(chromium.profile, sealed[:64])  # the search finds what is there
    for secret in (scalar, scalar.hex().encode(), base64.b64encode(scalar)[:-2], LABEL.encode(), PIN.encode()):
        assert found(chromium.profile, secret) == [], secret


SEALED_KEY = """() => new Promise((read) => {
    const opening = indexedDB.open('feiqian-probe');
    opening.onsuccess = () => {
        const asked = opening.result.transaction('records').objectStore('records').get('key');
        asked.onsuccess = () => { opening.result.close(); read([...asked.result.value.sealed]); };
    };
})"""


def found(folder: Path, what: bytes) -> list[str]:
    """The files below a folder that hold these bytes, also as UTF-16, in which browsers keep some texts."""
    spellings = {what, bytes(part for byte in what for part in (byte, 0))}
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(spelling in path.read_bytes() for spelling in spellings)]
