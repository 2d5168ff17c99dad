"""Producers: read the input files, and publish polls and calendars to Kafka."""
