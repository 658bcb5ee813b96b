"""Feiqian (飞钱): payments that two devices make and check with no network, and settle exactly once later.

The packages stand in layers, and each imports only from those below it (pyproject.toml holds the law):
cli, then server and simulation, then keys, storage and links, then the roles wallet, terminal, issuer and
acquirer, then audit, ledger and risk, then protocol.
"""

__version__ = "0.1.0"
