"""The operator's HTTP interface, version 1: the door through which devices and administrators reach the books."""
