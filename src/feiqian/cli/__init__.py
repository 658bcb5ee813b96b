"""Commands for people, and the composition roots that choose the real parts behind every port."""
