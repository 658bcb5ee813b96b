"""Writes vectors/ anew: `python -m tests.vectors.generate [FOLDER]`.

The same bytes on every machine and every day. Files that no scenario made are left alone; tests/vectors names them.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from tests.vectors import (
    code_scenarios,
    credit_scenarios,
    door_scenarios,
    evidence_scenarios,
    message_scenarios,
    passkey_scenarios,
    payee_scenarios,
    payment_scenarios,
    revocation_scenarios,
    tier_scenarios,
    trust_scenarios,
)
from tests.vectors.reader import FOLDER
from tests.vectors.scenario import Scenario


def scenarios() -> list[Scenario]:
    """Every scenario. Two of one name are a mistake of ours."""
    found = [
        *door_scenarios.scenarios(),
        *message_scenarios.scenarios(),
        *payment_scenarios.scenarios(),
        *credit_scenarios.scenarios(),
        *payee_scenarios.scenarios(),
        *passkey_scenarios.scenarios(),
        *tier_scenarios.scenarios(),
        *code_scenarios.scenarios(),
        *trust_scenarios.scenarios(),
        *revocation_scenarios.scenarios(),
        *evidence_scenarios.scenarios(),
    ]
    twice = [name for name, times in Counter(scenario.name for scenario in found).items() if times > 1]
    if twice:
        raise ValueError(f"two scenarios of one name: {', '.join(twice)}")
    return found


def main(folder: Path) -> None:
    """Writes every file below `folder`."""
    for scenario in scenarios():
        scenario.write(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
