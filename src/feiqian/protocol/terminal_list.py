"""Terminal list: which terminals were revoked, and from when on nothing that they sign counts (spec 05.1).

It stands in the trust pack, bound by its hash in the signed index. It names only terminals whose certificates have not
ended, so it stays short. Whoever does not know it goes by certificates alone, as before.
"""

from collections.abc import Mapping

from feiqian.protocol.ids import TerminalRef
from feiqian.protocol.layout import Layout, array
from feiqian.protocol.limits import REF_BYTES, TIME_MAX_S
from feiqian.protocol.refusals import RefusalCode, Refused

TERMINALS_MAX = 1024
TERMINAL_LIST_MAX_BYTES = 16_384

LAYOUT = Layout(None, array(1, "terminals", TERMINALS_MAX, low=1))


def decode_terminal_list(raw: bytes) -> dict[TerminalRef, int]:
    """When each of these terminals was revoked, Unix seconds. Raises Refused."""
    found: dict[TerminalRef, int] = {}
    last = b""
    for item in LAYOUT.decode(raw, max_bytes=TERMINAL_LIST_MAX_BYTES)["terminals"]:
        if type(item) is not list or [type(part) for part in item] != [bytes, int]:
            raise Refused(RefusalCode.FIELD_INVALID, "a revoked terminal has two parts")
        ref, revoked_at = item
        if len(ref) != REF_BYTES or not 0 <= revoked_at <= TIME_MAX_S or ref <= last:
            raise Refused(RefusalCode.FIELD_INVALID, "a revoked terminal's part is out of bounds, or out of order")
        found[TerminalRef(ref)] = revoked_at
        last = ref
    return found


def encode_terminal_list(terminals: Mapping[TerminalRef, int]) -> bytes:
    """The list of these terminals, at least one."""
    return LAYOUT.encode({"terminals": [[ref, terminals[ref]] for ref in sorted(terminals)]})
