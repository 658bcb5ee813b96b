"""docs/spec/errors.md is what its generator writes today, and lists every code once, in order."""

import re

from docs.spec.generate_errors import PAGE, errors_page
from feiqian.protocol.refusals import RefusalCode


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == errors_page(), "run: python docs/spec/generate_errors.py"


def test_the_page_lists_every_code_in_normative_order() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", errors_page(), re.MULTILINE)
    assert rows == [(str(number), code.value) for number, code in enumerate(RefusalCode, start=1)]
