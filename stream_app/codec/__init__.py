"""Bytes to domain values and back: `records` for what is in the topics, `table` for what is in the state table."""
