"""store-monitor's worker: polls and calendars from Kafka, folded into one RocksDB table."""
