"""What two strangers must agree on to trust a payment with no network.

Messages, their exact bytes, the rules that make a chain of cheques safe, and the one check that terminal, wallet
and operator share. Pure: bytes, values and an instant go in, verified values or a coded refusal come out. Nothing
here reads a clock, a file, a socket or randomness. The normative text is docs/spec/; vectors/ holds the examples.
"""
