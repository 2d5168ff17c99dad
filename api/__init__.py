"""The HTTP sidecar: reports and live answers from the worker's RocksDB tables, which it only reads."""
