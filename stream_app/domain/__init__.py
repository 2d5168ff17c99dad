"""The rules of the numbers: pure functions of values and columns; no I/O, no clock, no Faust."""
