"""Issuer: the payer's operator. It holds the money, issues allowances, honours claims, settles forks.

Its status list, bound into the trust pack, tells every terminal what no longer counts.
"""
