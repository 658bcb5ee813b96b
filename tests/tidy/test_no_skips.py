"""The rule of tests/conftest.py, tried on a small suite of its own: with CI=true nothing may be skipped."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.house import ROOT

SUITE = {
    "test_inside.py": 'import pytest\n\ndef test_a():\n    pytest.skip("no card reader")\n',
    "test_mark.py": 'import pytest\n\n@pytest.mark.skip(reason="no browser")\ndef test_b():\n    pass\n',
    "test_module.py": 'import pytest\npytest.skip("no TPM", allow_module_level=True)\n',
    "test_xfail.py": "import pytest\n\n@pytest.mark.xfail\ndef test_c():\n    raise ValueError\n",
    "test_sound.py": "def test_d():\n    pass\n",
}


def run_suite(folder: Path, *, ci: str, processes: str) -> subprocess.CompletedProcess[str]:
    for name, text in SUITE.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "pytest.toml").write_text("[pytest]\n", encoding="utf-8")
    shutil.copy(ROOT / "tests" / "conftest.py", folder)
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")} | {"CI": ci}
    options = ["-p", "no:cacheprovider", "--continue-on-collection-errors", "-n", processes]
    command = [sys.executable, "-m", "pytest", *options]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("processes", ["0", "2"], ids=["alone", "xdist"])
def test_with_ci_every_skip_fails_and_is_named(tmp_path: Path, processes: str) -> None:
    done = run_suite(tmp_path, ci="true", processes=processes)
    assert done.returncode == 1
    assert "skipped although CI=true" in done.stdout
    assert "test_inside.py::test_a: no card reader" in done.stdout
    assert "test_mark.py::test_b: no browser" in done.stdout
    assert "test_module.py: no TPM" in done.stdout
    assert "1 failed, 1 passed, 1 xfailed, 2 errors" in done.stdout.splitlines()[-1]


def test_without_ci_a_skip_is_a_skip(tmp_path: Path) -> None:
    done = run_suite(tmp_path, ci="false", processes="0")
    assert done.returncode == 0
    assert "1 passed, 3 skipped, 1 xfailed" in done.stdout.splitlines()[-1]
