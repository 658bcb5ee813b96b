"""Acquirer: the payee's operator. It certifies terminals, takes their batches exactly once and credits the payee."""
