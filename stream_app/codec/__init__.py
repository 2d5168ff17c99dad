"""Bytes to domain values and back: `records` for the topics, `table` for RocksDB, `store_values` for a store in it."""
