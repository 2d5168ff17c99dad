"""Suites that run the same cases on each implementation of an interface."""
