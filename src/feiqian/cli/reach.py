"""Asking whether the operator answers before anything is held: a sync must not close the till.

A device's vault serves one process at a time. So a command that needs the network first reads where the operator is,
lets go of the vault, and asks; only when somebody answers it opens the vault again for the round itself. A server that
hangs or drips then costs the waiting command its time and nobody else's.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from feiqian.protocol.words import Language

if TYPE_CHECKING:
    from feiqian.links.http import OperatorClient
    from feiqian.links.http_trouble import LinkTrouble

PROBE_TIMEOUT_S: Final = 3.0
PROBE_DEADLINE_S: Final = 6.0


def why_unreachable(server: str, language: Language, ca_file: Path | None) -> "LinkTrouble | None":
    """Why the operator does not answer; None if it does."""
    from feiqian.links.http import OperatorClient
    from feiqian.links.http_trouble import LinkTrouble

    try:
        with OperatorClient(
            server, timeout_s=PROBE_TIMEOUT_S, deadline_s=PROBE_DEADLINE_S, language=language, ca_file=ca_file
        ) as client:
            client.health()
    except LinkTrouble as trouble:
        return trouble
    return None


class Unreachable:
    """Stands in for the client of an operator that did not answer: every call fails at once with the same trouble."""

    def __init__(self, trouble: "LinkTrouble") -> None:
        self._trouble = trouble

    def __getattr__(self, name: str) -> Any:
        raise self._trouble


def unreachable_client(trouble: "LinkTrouble") -> "OperatorClient":
    """An `Unreachable` where a client is asked for."""
    stand_in: Any = Unreachable(trouble)
    client: OperatorClient = stand_in
    return client
