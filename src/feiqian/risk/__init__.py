"""Risk: rules that take numbers and words and return a decision.

Pure: no I/O, no clock, no randomness. What a rule needs (an instant, a count of failures) is an argument,
so that every decision can be tested, replayed by the simulator and explained afterwards.
"""
