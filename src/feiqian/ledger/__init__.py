"""Ledger: accounts, postings, entries that sum to zero, and what must hold between the books. Pure.

Two books, the issuer's and the acquirer's, so that two operators can later be two processes: what one owes the other
stands in both and mirrors. Balances are never stored as facts; they derive from postings.
"""
