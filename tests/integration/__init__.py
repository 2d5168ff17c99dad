"""Against a real Kafka and real RocksDB files."""
