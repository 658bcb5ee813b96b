"""Ten wrong PINs lose nothing: the till's file, the real command of its operator, answer and code, a new PIN."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page

from feiqian.cli.demo_stage import OPERATOR, Stage
from tests.browser.browsers import Chromium, until
from tests.browser.test_disputes import enrolled_by_link, paid, synced, went_to

WRONG: Final = "739265"
NEW_PIN: Final = "583920"
PATIENCE_MS: Final = 60_000

IN_DATABASE: Final = """([store, key, change]) => new Promise((done) => {
    const opening = indexedDB.open('feiqian-terminal');
    opening.onsuccess = () => {
        const held = opening.result.transaction(store, 'readwrite').objectStore(store);
        const asked = held.get(key);
        let said;
        asked.onsuccess = () => {
            const value = asked.result;
            if (change === 'nine wrong') held.put({ ...value, failures: 9, lastFailureAt: 0 }, key);
            if (change === 'one byte') { value.value.sealed[0] ^= 1; held.put(value, key); }
            said = JSON.stringify(value, (_, part) => part instanceof Uint8Array ? [...part] : part);
        };
        held.transaction.oncomplete = () => { opening.result.close(); done(said); };
    };
})"""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path, "en") as stage:
        (stage.folder / "pictures").mkdir()
        stage.start_server()
        yield stage
        stage.stop_server()


def header(page: Page) -> str:
    """What rests in clear about the PIN."""
    return str(page.evaluate(IN_DATABASE, ["meta", "vault", ""]))


def gave_up(page: Page, pin: str = WRONG) -> None:
    """The tenth wrong PIN; the hours between the nine before are not waited for."""
    page.evaluate(IN_DATABASE, ["meta", "vault", "nine wrong"])
    page.reload()
    page.get_by_test_id("screen-unlock").wait_for()
    page.keyboard.type(pin)
    page.get_by_test_id("unlock-submit").click()
    page.get_by_test_id("screen-blocked").wait_for(timeout=PATIENCE_MS)


def tried(page: Page, answer: Path, code: str) -> None:
    page.get_by_test_id("recovery-answer").set_input_files(answer)
    for field, text in (("recovery-code", code), ("recovery-pin", NEW_PIN), ("recovery-pin-again", NEW_PIN)):
        page.get_by_test_id(field).fill(text)
    page.get_by_test_id("recovery-open").click()


def refused(page: Page, answer: Path, code: str, why: str) -> None:
    """Nothing about the PIN has changed by it."""
    before = header(page)
    tried(page, answer, code)
    page.get_by_test_id(f"notice-{why}").wait_for(timeout=PATIENCE_MS)
    until(page, "document.querySelector('[data-testid=recovery-open]').getAttribute('aria-busy') !== 'true'")
    assert header(page) == before


def test_a_till_that_takes_no_pin_any_more_is_opened_by_its_operator(
    chromium: Chromium, stage: Stage, tmp_path: Path
) -> None:
    made = stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Alice", "--fund", "100")
    stage.must("alice", "wallet", "enrol", "--server", stage.url, "--code", str(made["enrolment_code"]))
    stage.must("alice", "wallet", "top-up", "50")
    page = chromium.context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    enrolled_by_link(page, stage)
    paid(page, stage)
    gave_up(page)

    page.get_by_test_id("ask-operator").click()
    with page.expect_download(timeout=PATIENCE_MS) as downloading:
        page.get_by_test_id("recovery-file").click()
    request, answer = tmp_path / "till.recovery.json", tmp_path / "answer.json"
    downloading.value.save_as(request)
    assert json.loads(request.read_bytes())["kind"] == "till-recovery-request"
    given = stage.must(OPERATOR, "operator", "recover-till", str(request), "--out", str(answer))
    assert given["payee"] == "Tea House"

    refused(page, answer, "0000-0000-0000-0000", "recovery_code_wrong")
    refused(page, request, str(given["code"]), "recovery_unreadable")
    page.evaluate(IN_DATABASE, ["records", "accepted/1", "one byte"])
    refused(page, answer, str(given["code"]), "vault_damaged")
    page.evaluate(IN_DATABASE, ["records", "accepted/1", "one byte"])

    stage.stop_server()  # no network is needed; nothing is sent before it has been seen that it is there
    tried(page, answer, str(given["code"]))
    page.get_by_test_id("screen-recovered").get_by_text("1 to send").first.wait_for()
    stage.start_server()
    page.reload()
    page.get_by_test_id("screen-unlock").wait_for()
    page.keyboard.type(NEW_PIN)
    page.get_by_test_id("unlock-submit").click()
    page.get_by_test_id("screen-unlock").wait_for(state="detached")
    synced(page)
    went_to(page, "history", "history")
    page.get_by_test_id("line-1").wait_for()
    stage.must("alice", "wallet", "sync")
    (payment,) = stage.must("alice", "wallet", "history")["payments"]
    assert (payment["state"], payment["grade"], payment["final_minor"]) == ("settled", "F3", 1_250)
