"""Audit: the operator's append-only log, and the proofs from it that anybody checks offline. Pure (spec 09).

What the operator did is one leaf each in a Merkle tree (RFC 9162). Its root is signed as a C2SP checkpoint and may be
cosigned by witnesses; a proof file shows one leaf under such a root. `merkle` and `note` know nothing of payments.
"""
