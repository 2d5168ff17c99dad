"""The pure domain, by hand-made examples."""
