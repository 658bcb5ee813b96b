"""Every limit of the HTTP interface, named once."""

from typing import Final

from feiqian.protocol.limits import BATCH_MAX_BYTES

JSON_BODY_MAX_BYTES: Final = 64 * 1024
BATCH_BODY_MAX_BYTES: Final = BATCH_MAX_BYTES
HEADERS_MAX_BYTES: Final = 16 * 1024
"""Request line and headers together; above it the connection is answered with 400 and closed."""
JSON_NESTING_MAX: Final = 16
LANGUAGE_HEADER_MAX_CHARS: Final = 256
TOKEN_MAX_CHARS: Final = 128
NAME_MAX_CHARS: Final = 64
CONNECTIONS_MAX: Final = 1_000
DRAIN_S: Final = 10
"""How long a stop waits for requests that are being served."""
IDEMPOTENCY_KEPT_S: Final = 86_400
"""How long the answer to an idempotency key is kept: no longer than the one-time code that it may hold is good for."""
