"""Every limit of the audit log, named once; parsers refuse above them before they spend work on the bytes (spec 09)."""

from feiqian.protocol.limits import TIME_MAX_S

HASH_BYTES = 32
SIZE_MAX = 2**53 - 1
"""Most leaves of a tree: what a double holds exactly, so that every language can carry it."""
PATH_MAX = 64
"""Most hashes of one proof; a consistency proof between trees of 2^53 leaves needs 54."""

NAME_MAX_BYTES = 255
"""A key's name, which is also a log's origin."""
NOTE_MAX_BYTES = 128 * 1024
SIGNATURES_MAX = 64
"""On one note; the signed-note specification asks for at least 16."""
PROOF_MAX_BYTES = NOTE_MAX_BYTES + 8 * 1024

LEAF_MAX_BYTES = 120
SUBJECT_MAX_BYTES = 32
SALT_BYTES = 32

COSIGNED_AT_MAX_S = TIME_MAX_S
