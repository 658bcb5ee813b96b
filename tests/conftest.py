"""What holds for every test: how hard hypothesis searches, and that CI skips nothing.

HYPOTHESIS_PROFILE=fast (the default) tries the same examples every time, so that a red run can be repeated;
HYPOTHESIS_PROFILE=deep looks for new ones, forty times as many.

With CI=true a skipped test is a failed test. The outcome is changed where the report is made, which is inside
the xdist worker, so that counts, exit status and closing line agree whichever process looks at them.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "fast",
    max_examples=50,
    deadline=None,  # a busy machine is no bug; pytest's own time limit catches a hang
    derandomize=True,
    print_blob=True,
)
settings.register_profile(
    "deep",
    max_examples=2000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

SKIP_SECTION = "skipped although CI=true"
NOTHING_MAY_BE_SKIPPED = os.environ.get("CI") == "true"

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
reasons: dict[str, str] = {}  # node id -> why it wanted to be skipped; filled in the process that reports


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return refuse_skip((yield))


def refuse_skip(report: Report) -> Report:
    """Turn a skip into a failure that keeps the reason; an expected failure (xfail) is not a skip."""
    if NOTHING_MAY_BE_SKIPPED and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"With CI=true nothing may be skipped. {reason}"
        report.sections.append((SKIP_SECTION, reason))
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    note_reason(report)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    note_reason(report)


def note_reason(report: pytest.TestReport | pytest.CollectReport) -> None:
    for title, reason in report.sections:
        if title == SKIP_SECTION:
            reasons[report.nodeid] = reason


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if reasons:
        terminalreporter.section(SKIP_SECTION, red=True)
        for nodeid, reason in sorted(reasons.items()):
            terminalreporter.line(f"{nodeid}: {reason.removeprefix('Skipped: ')}")
