"""The command line as its user runs it: real processes, a real Kafka, real files."""
