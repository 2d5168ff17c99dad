"""The producers without Kafka."""
