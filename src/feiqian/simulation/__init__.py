"""Simulation: a whole world on one thread from one seed (docs/simulation.md).

Real wallets, terminals, issuer and acquirer over in-memory links and a virtual clock; messages are lost, repeated and
late, devices and operator die at any write, cheats copy and roll back. A second, dumber ledger watches the money.
"""
