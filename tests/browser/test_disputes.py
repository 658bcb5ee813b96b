"""A payer disputes a payment, and the payee answers in the browser: the real server, the payer by command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.links.qr import read_message
from feiqian.protocol.qrtext import encode_text
from tests.browser.browsers import PIN, Chromium, until
from tests.browser.people import drawn

AMOUNT = "12.50"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path, "en") as stage:
        (stage.folder / "pictures").mkdir()
        stage.start_server()
        yield stage
        stage.stop_server()


def enrolled_by_link(page: Page, stage: Stage) -> None:
    made = stage.must(OPERATOR, "operator", "enrol-payee", "--name", "Tea House")
    page.goto(str(made["enrolment_link"]))
    for field in ("enrol-pin", "enrol-pin-again"):
        page.get_by_test_id(field).fill(PIN)
    page.get_by_test_id("enrol-submit").click()
    page.get_by_test_id("screen-sell").wait_for()


def shown(page: Page) -> str:
    return page.get_by_test_id("qr").get_attribute("data-text") or ""


def went_to(page: Page, route: str, screen: str) -> None:
    page.evaluate(f"location.hash = '#/{route}'")
    page.get_by_test_id(f"screen-{screen}").wait_for()


def synced(page: Page) -> None:
    went_to(page, "sync", "sync")
    page.get_by_test_id("sync-now").click()
    until(page, "document.querySelector('[data-testid=sync-now]').getAttribute('aria-busy') !== 'true'")


def paid(page: Page, stage: Stage) -> str:
    """A payment from the command line to the browser and back; the number that the wallet gives it."""
    for key in AMOUNT:
        page.keyboard.press(key)
    page.get_by_test_id("ask").click()
    page.get_by_test_id("screen-request").wait_for()
    drawn(shown(page)).save(stage.picture("request"))
    out = ["--out", str(stage.picture("payment"))]
    stage.must("alice", "wallet", "pay", "--yes", "--request-image", str(stage.picture("request")), *out)
    page.get_by_test_id("scan").click()
    page.get_by_test_id("camera-off").wait_for()  # there is none here, so the field opens by itself
    page.get_by_test_id("paste").fill(encode_text(read_message([stage.picture("payment")])))
    page.get_by_test_id("paste-submit").click()
    page.get_by_test_id("decision-F2").wait_for()
    drawn(shown(page)).save(stage.picture("receipt"))
    stage.must("alice", "wallet", "receipt", "--image", str(stage.picture("receipt")))
    (payment,) = stage.must("alice", "wallet", "history")["payments"]
    return str(payment["payment"])


def test_a_payer_disputes_and_the_payee_contests_in_the_browser(chromium: Chromium, stage: Stage) -> None:
    made = stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Alice", "--fund", "100")
    stage.must("alice", "wallet", "enrol", "--server", stage.url, "--code", str(made["enrolment_code"]))
    stage.must("alice", "wallet", "top-up", "50")
    page = chromium.context.new_page()
    enrolled_by_link(page, stage)
    number = paid(page, stage)
    synced(page)
    stage.must("alice", "wallet", "sync")
    told = stage.must(
        "alice", "wallet", "dispute", number, "--reason", "not_delivered", "--words", "The tea never came."
    )

    synced(page)
    went_to(page, "more", "more")
    page.get_by_test_id("more-disputes").get_by_text("1 dispute needs your answer").wait_for()
    page.get_by_test_id("more-disputes").click()
    page.get_by_test_id(f"case-{str(told['dispute'])[:8]}").click()
    page.get_by_text("The tea never came.").wait_for()
    page.get_by_test_id("case-words").fill("It was handed over at the counter.")
    page.get_by_test_id("contest").click()
    page.get_by_test_id("case-saved").wait_for()

    (dispute,) = stage.must("alice", "wallet", "disputes")["disputes"]
    assert (dispute["state"], dispute["moved_minor"]) == ("contested", 0)
    assert [step["words"] for step in dispute["steps"]] == ["The tea never came.", "It was handed over at the counter."]
    went_to(page, "more", "more")
    page.get_by_test_id("more-disputes").click()
    page.get_by_test_id(f"case-{str(told['dispute'])[:8]}").get_by_text("In progress").wait_for()
