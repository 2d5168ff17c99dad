"""Properties: the real code agrees with the reference on whatever Hypothesis thinks of."""
