"""Terminal: the payee's device. It asks, accepts with no network, gives back, and claims when the network is there.

`terminal.Terminal` is the way in. What it needs from outside (a durable store, a link to the operator, a clock,
randomness, keys) is stated in `ports`; the law it keeps: nothing is shown before it is stored, nothing that is
stored twice counts twice, and nothing leaves the queue before the operator's signed answer is stored.
"""
