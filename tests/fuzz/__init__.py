"""Garbage of every kind at every door: records, CSV rows, table values, dead letters."""
