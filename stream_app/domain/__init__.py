"""The rules of the numbers: pure functions over values and columns; no I/O, no clock, no Faust, nothing of the project."""
