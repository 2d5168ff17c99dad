"""The API sidecar's parts, without Kafka."""
