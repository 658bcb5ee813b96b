"""The payer's device: enrol, top up, pay with no network, take receipts, resume after a crash, sync, close.

`wallet.Wallet` is the one door. Rules stand in small files below it; what they need from outside stands in `ports`.
The order of every payment is the same and has no way back: check, burn counter and cheque in one durable write, and
only then let the bytes go (spec 07).
"""
